package io.lancelot.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lancelot.base.InvalidInputException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class FoldersTest {

  @TempDir Path folder;

  @Test
  void readsVectorsWithTheirTruth() throws IOException {
    Path set = Files.createDirectories(folder.resolve("bytes"));
    Files.writeString(
        set.resolve("meta.json"),
        "{\"name\":\"bytes\",\"n\":3,\"dim\":2,\"dtype\":\"u8\",\"nq\":1,\"metric\":\"l2\",\"k_gt\":2}");
    Files.write(set.resolve("base.u8"), new byte[] {0, 0, 10, 10, (byte) 200, 0});
    Files.write(set.resolve("queries.u8"), new byte[] {(byte) 199, 1});
    Files.write(set.resolve("gt2.i32"), ints(2, 1));
    Files.write(set.resolve("image.i32"), ints(7, 8, 9));
    Files.write(set.resolve("rows.i32"), ints(0, 1, 2));
    Folders.Place place = Folders.find(folder).getFirst();
    try (DataSet data = place.load()) {
      assertThat(data.columns())
          .containsExactly("id", "image", "category", "text", "price", "vector");
      assertThat(data.rows()).isEqualTo(3);
      Vectors vectors = data.vectors().orElseThrow();
      assertThat(vectors.queries()[0]).containsExactly(199, 1);
      assertThat(vectors.farthest(Similarity.L2, 0, 1)).isEqualTo(2);
      assertThat(vectors.hits(Similarity.L2, 0, new long[] {2, 2, 0}, 2)).isEqualTo(1);
    }
  }

  @Test
  void readsJsonLines() throws IOException {
    Files.writeString(
        folder.resolve("films.jsonl"),
        """
        {"id":1,"title":"A","year":1999,"cast":["x","y"],"score":1}
        {"id":2,"title":null,"year":2001,"cast":[],"score":1.5}
        """);
    try (DataSet data = Folders.find(folder).getFirst().load()) {
      assertThat(data.schema().fields().stream().map(field -> field.type().arrowName()))
          .containsExactly("int64", "string", "int64", "list<item: string>", "double");
      assertThat(data.predicate()).isEqualTo("year >= 2001");
      assertThat(data.matching()).isEqualTo(1);
      assertThat(data.pair()).containsExactly("id", "year");
    }
  }

  @Test
  void tellsWhatADataFolderShouldHold() throws IOException {
    Files.writeString(folder.resolve("notes.txt"), "");
    assertThatThrownBy(() -> Folders.find(folder))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("expected=a folder with meta.json")
        .hasMessageContaining("notes.txt");
  }

  private static byte[] ints(int... values) {
    ByteBuffer bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    for (int value : values) {
      bytes.putInt(value);
    }
    return bytes.array();
  }
}
