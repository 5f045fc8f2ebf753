package io.lancelot.columnar.ipc;

import static io.lancelot.columnar.RandomData.contents;
import static org.assertj.core.api.Assertions.assertThat;

import io.lancelot.base.Memory;
import io.lancelot.columnar.Batch;
import io.lancelot.columnar.Values;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// Files that pyarrow wrote, see `src/test/golden/make_ipc.py`.
class IpcGoldenTest {

  private final Memory memory = Memory.ofLimit(64 << 20);

  @AfterEach
  void nothingLeaks() {
    assertThat(memory.usedBytes()).isZero();
    memory.close();
  }

  static byte[] golden(String name) {
    try (InputStream in = IpcGoldenTest.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new IllegalStateException("resource missing: " + name);
      }
      return in.readAllBytes();
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private List<List<@Nullable Object>> columns(IpcReader reader) {
    List<List<@Nullable Object>> columns = new ArrayList<>();
    reader.schema().fields().forEach(_ -> columns.add(new ArrayList<>()));
    try (reader) {
      for (Batch batch = reader.next(); batch != null; batch = reader.next()) {
        for (int i = 0; i < columns.size(); i++) {
          columns.get(i).addAll(contents(batch.column(i)));
        }
      }
    }
    return columns;
  }

  private IpcReader open(String name) {
    return IpcReader.open(name, MemorySegment.ofArray(golden(name)), memory);
  }

  private void checkTable(IpcReader source, int rows) {
    int row = 0;
    try (IpcReader reader = source) {
      for (Batch batch = reader.next(); batch != null; batch = reader.next()) {
        for (int i = 0; i < batch.rowCount(); i++, row++) {
          Map<String, @Nullable Object> expected = new LinkedHashMap<>();
          expected.put("id", (long) row);
          expected.put("text", row % 7 == 0 ? null : "row " + row % 100);
          expected.put("vector", new float[] {row % 13, row % 5});
          expected.put("flag", row % 3 == 0);
          expected.put("word", "w" + row % 4);
          List<Object> list = new ArrayList<>();
          for (int j = 0; j < row % 4; j++) {
            list.add(j);
          }
          expected.put("list", list);
          expected.put("price", new BigDecimal(row * 25L).movePointLeft(2));
          Map<String, @Nullable Object> found = Values.row(batch, i);
          assertThat((float[]) found.remove("vector"))
              .isEqualTo((float[]) expected.remove("vector"));
          assertThat(found).isEqualTo(expected);
        }
      }
    }
    assertThat(row).isEqualTo(rows);
  }

  @Test
  void readsCompressedFiles() {
    checkTable(open("lz4.arrow"), 17_000);
    checkTable(open("zstd.arrow"), 17_000);
  }

  @Test
  void readsCompressedStreams() {
    for (String name : List.of("lz4.arrows", "zstd.arrows")) {
      checkTable(open(name), 500);
      checkTable(
          IpcReader.stream(
              name, Channels.newChannel(new ByteArrayInputStream(golden(name))), memory),
          500);
    }
  }

  @Test
  void readsOlderLayouts() {
    checkTable(open("v4.arrows"), 10);
    checkTable(open("legacy.arrows"), 10);
  }

  @Test
  void readsViewsAndDictionariesInsideDictionaries() {
    for (String name : List.of("views.arrow", "views.arrows")) {
      assertThat(columns(open(name)))
          .isEqualTo(
              List.of(
                  Arrays.asList("short", null, "a string of more than twelve bytes", ""),
                  Arrays.asList(
                      ByteBuffer.wrap(new byte[1]),
                      ByteBuffer.wrap("x".repeat(20).getBytes(StandardCharsets.UTF_8)),
                      null,
                      ByteBuffer.wrap(new byte[0])),
                  Arrays.asList(List.of("a"), List.of("a"), null, Arrays.asList("b", null))));
    }
  }

  @Test
  void readsDictionariesThatGrowOrAreReplaced() {
    List<@Nullable Object> first = Arrays.asList("a", "b", "a", "c", "a", "c");
    List<@Nullable Object> replaced = new ArrayList<>(first);
    replaced.addAll(List.of("d", "d"));
    assertThat(columns(open("replaced.arrows"))).isEqualTo(List.of(replaced));
    List<@Nullable Object> grown = new ArrayList<>(first);
    grown.addAll(List.of("a", "d"));
    assertThat(columns(open("deltas.arrows"))).isEqualTo(List.of(grown));
  }

  @Test
  void replacedDictionariesAreFreed() {
    byte[] bytes = golden("replaced.arrows");
    try (IpcReader reader = IpcReader.open("replaced", MemorySegment.ofArray(bytes), memory)) {
      long most = 0;
      while (reader.next() != null) {
        most = Math.max(most, memory.usedBytes());
      }
      assertThat(most).isLessThanOrEqualTo(64 << 10);
    }
  }
}
