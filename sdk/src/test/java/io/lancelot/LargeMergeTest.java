package io.lancelot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lancelot.base.InvalidInputException;
import io.lancelot.columnar.Batch;
import io.lancelot.columnar.BatchStream;
import io.lancelot.columnar.Column;
import io.lancelot.columnar.ColumnBuilder;
import io.lancelot.columnar.Field;
import io.lancelot.columnar.FixedColumn;
import io.lancelot.columnar.Schema;
import io.lancelot.columnar.Types;
import io.lancelot.columnar.Values;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.List;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Merges whose source is larger than the memory they get. `-Dlancelot.merge.rows=N` makes it
/// larger still.
class LargeMergeTest {

  private static final int SOURCE = Integer.getInteger("lancelot.merge.rows", 200_000);
  private static final int IN_TABLE = 50_000;
  private static final int OVERLAP = 20_000;
  private static final int BATCH = 5000;

  /// Every so many source rows have no key.
  private static final int NO_KEY = 1000;

  private static final Schema SCHEMA =
      Schema.of(
          Field.nullable("id", Types.INT64),
          Field.nullable("name", Types.UTF8),
          Field.nullable("n", Types.INT64));

  @TempDir private Path folder;

  private Database open(long memoryBytes) {
    return Lancelot.connect(
        folder.toString(), ConnectOptions.defaults().withMemoryBytes(memoryBytes));
  }

  /// Rows made as they are pulled.
  private static BatchStream rows(int count, IntFunction<@Nullable Long> id, long n) {
    return new BatchStream() {
      private int next;
      private Arena arena = Arena.ofConfined();

      @Override
      public Schema schema() {
        return SCHEMA;
      }

      @Override
      public @Nullable Batch next() {
        arena.close();
        arena = Arena.ofConfined();
        int rows = Math.min(BATCH, count - next);
        if (rows == 0) {
          return null;
        }
        int first = next;
        next += rows;
        return new Batch(
            SCHEMA,
            rows,
            List.of(
                column("id", rows, i -> id.apply(first + i)),
                column("name", rows, i -> name(id.apply(first + i))),
                column("n", rows, _ -> n)));
      }

      private Column column(String name, int rows, IntFunction<@Nullable Object> values) {
        ColumnBuilder builder = ColumnBuilder.of(SCHEMA.field(name).orElseThrow().type(), arena);
        for (int i = 0; i < rows; i++) {
          builder.append(values.apply(i));
        }
        return builder.build();
      }

      @Override
      public void close() {
        arena.close();
        arena = Arena.ofConfined();
      }
    };
  }

  private static @Nullable String name(@Nullable Long id) {
    return id == null ? null : "a name that takes its room in memory: " + id * 0x9E3779B97F4A7C15L;
  }

  /// Ids in no order: those that the table ends with, and new ones.
  private static @Nullable Long id(int row) {
    return row % NO_KEY == 0 ? null : IN_TABLE - OVERLAP + row * 7919L % SOURCE;
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void sourcesMayBeLargerThanMemory(boolean stableRowIds) {
    TableOptions options = TableOptions.defaults();
    try (Database database = open(24 << 20);
        Table table =
            database.createTable(
                "t",
                rows(IN_TABLE, row -> (long) row, 1),
                stableRowIds ? options.withStableRowIds() : options)) {
      int withoutKey = SOURCE / NO_KEY;
      int absent = 0;
      for (int row = 0; row < SOURCE; row += NO_KEY) {
        absent += row * 7919L % SOURCE < OVERLAP ? 1 : 0;
      }
      Table.MergeResult result =
          table
              .mergeInsert("id")
              .whenMatchedUpdateAll()
              .whenNotMatchedInsertAll()
              .whenNotMatchedBySourceDelete("id % 2 = 0 AND n = 1")
              .execute(rows(SOURCE, LargeMergeTest::id, 2));
      int updated = OVERLAP - absent;
      assertThat(result.numUpdated()).isEqualTo(updated);
      assertThat(result.numInserted()).isEqualTo(SOURCE - updated);
      // Ids that were to come in rows without a key are even.
      assertThat(result.numDeleted()).isEqualTo((IN_TABLE - OVERLAP) / 2 + absent);
      check(table, withoutKey, IN_TABLE - updated - result.numDeleted());
      assertThat(database.memoryInUse()).isZero();
      assertThat(database.checkTable("t").findings()).isEmpty();
    }
  }

  private static void check(Table table, int withoutKey, long untouched) {
    BitSet seen = new BitSet();
    long old = 0;
    int nulls = 0;
    long rows = 0;
    try (BatchStream all = table.query().stream()) {
      for (Batch batch = all.next(); batch != null; batch = all.next()) {
        FixedColumn ids = (FixedColumn) batch.column(0);
        FixedColumn n = (FixedColumn) batch.column(2);
        for (int i = 0; i < batch.rowCount(); i++) {
          rows++;
          if (ids.isNull(i)) {
            nulls++;
            continue;
          }
          int id = (int) ids.longAt(i);
          assertThat(seen.get(id)).as("id %d once", id).isFalse();
          seen.set(id);
          assertThat(Values.at(batch.column(1), i)).isEqualTo(name((long) id));
          old += n.longAt(i) == 1 ? 1 : 0;
          if (n.longAt(i) == 1) {
            assertThat(id % 2).as("id %d stays", id).isEqualTo(1);
          }
        }
      }
    }
    assertThat(nulls).isEqualTo(withoutKey);
    assertThat(old).isEqualTo(untouched);
    assertThat(rows).isEqualTo(SOURCE + old);
    assertThat(table.countRows()).isEqualTo(rows);
  }

  @Test
  void rowsOfOneKeyAreToldByTheirPlaceInTheSource() {
    try (Database database = open(24 << 20);
        Table table = database.createTable("t", rows(10, row -> (long) row, 1))) {
      assertThatThrownBy(() ->
              table
                  .mergeInsert("id")
                  .whenNotMatchedInsertAll()
                  .execute(rows(SOURCE, row -> row == SOURCE - 1 ? 3L : Long.valueOf(row), 2)))
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining("rows 3 and " + (SOURCE - 1))
          .hasMessageContaining("id=3");
      assertThat(table.version()).isEqualTo(1);
      assertThat(database.memoryInUse()).isZero();
      assertThat(folder.resolve("t.lance/data")).isDirectoryContaining("glob:**.lance");
    }
  }
}
