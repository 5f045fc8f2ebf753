package io.lancelot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lancelot.base.InvalidInputException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// What users of other systems ran into while their tables grew, each case under the thread that
/// tells of it.
class UpstreamUpkeepTest {

  record Item(long id, byte[] value) {}

  private final Database database = Lancelot.connect("memory://");

  @AfterEach
  void close() {
    assertThat(database.memoryInUse()).isZero();
    database.close();
  }

  private static List<Item> items(int from, int to, int bytes) {
    Random random = new Random(from);
    List<Item> items = new ArrayList<>();
    for (int i = from; i < to; i++) {
      byte[] value = new byte[bytes];
      random.nextBytes(value);
      items.add(new Item(i, value));
    }
    return items;
  }

  /// haiku#554, lancedb#2325: each optimize after a small append wrote a large table anew.
  @Test
  void optimizingAfterSmallAppendsWritesLittle() {
    try (Table table = database.createTable("t", items(0, 80, 512 << 10))) {
      long written = 0;
      for (int i = 80; i < 90; i++) {
        table.add(items(i, i + 1, 1 << 10));
        written += table.optimize().compaction().bytesWritten();
      }
      assertThat(written).isLessThan(1 << 20);
      assertThat(table.countRows()).isEqualTo(90);
    }
  }

  /// milvus#52047: of rows with one key in one batch the last won, after a compaction the first.
  @Test
  void aKeyThatASourceHoldsTwiceIsRefused() {
    try (Table table = database.createTable("t", items(0, 5, 10))) {
      List<Item> source = new ArrayList<>(items(3, 7, 20));
      source.addAll(items(5, 6, 30));
      assertThatThrownBy(() ->
              table
                  .mergeInsert("id")
                  .whenMatchedUpdateAll()
                  .whenNotMatchedInsertAll()
                  .execute(source))
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining("id=5");
      assertThat(table.version()).isEqualTo(1);
      assertThat(table.query().select("id").toMaps())
          .containsExactlyElementsOf(
              items(0, 5, 0).stream()
                  .map(item -> Map.<String, Object>of("id", item.id()))
                  .toList());
    }
  }
}
