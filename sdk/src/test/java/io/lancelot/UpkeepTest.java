package io.lancelot;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class UpkeepTest {

  record Row(long id, String name) {}

  /// lancedb#1526: who writes single rows ends up with as many files.
  @Test
  void manySmallWritesLeaveFewFragments() {
    ConnectOptions options = ConnectOptions.defaults().withAutoOptimize();
    int rows = Integer.getInteger("lancelot.upkeep.rows", 500);
    try (Database database = Lancelot.connect("memory://", options)) {
      try (Table table = database.createTable("t", List.of(new Row(0, "first")))) {
        for (int i = 1; i < rows; i++) {
          table
              .mergeInsert("id")
              .whenMatchedUpdateAll()
              .whenNotMatchedInsertAll()
              .execute(List.of(new Row(i, "row " + i)));
        }
        assertThat(table.countRows()).isEqualTo(rows);
        assertThat(table.optimize().compaction().fragmentsRemoved()).isLessThanOrEqualTo(50);
      }
    }
  }
}
