package io.lancelot.bench;

import io.lancelot.columnar.Batch;
import io.lancelot.columnar.Column;
import io.lancelot.columnar.ColumnBuilder;
import io.lancelot.columnar.Field;
import io.lancelot.columnar.Schema;
import io.lancelot.columnar.Types;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;

/// Made-up rows to filter: `id` (every number below the number of rows, in no order), `x` in [0,
/// 1), `c` of 50 and `k` of 1,000 numbers, `name` of three words, `tags` of up to three of 200.
final class FilterRows {

  private static final Schema SCHEMA =
      Schema.of(
          Field.nullable("id", Types.INT64),
          Field.nullable("x", Types.FLOAT64),
          Field.nullable("c", Types.INT32),
          Field.nullable("k", Types.INT32),
          Field.nullable("name", Types.UTF8),
          Field.nullable("tags", Types.listOf(Types.UTF8)));

  /// A prime: its multiples meet every number below one that it does not divide.
  private static final long STEP = 2_654_435_761L;

  private final SplittableRandom random;

  FilterRows(long seed) {
    random = new SplittableRandom(seed);
  }

  DataSet table(int rows) {
    Arena arena = Arena.ofShared();
    List<Batch> batches = new ArrayList<>();
    for (long first = 0; first < rows; first += DataSet.BATCH_ROWS) {
      int count = (int) Math.min(DataSet.BATCH_ROWS, rows - first);
      batches.add(batch(arena, first, count, rows));
    }
    return new DataSet("filterable-" + rows, arena, SCHEMA, batches, Optional.empty());
  }

  private Batch batch(Arena arena, long first, int count, long rows) {
    List<ColumnBuilder> columns = new ArrayList<>();
    for (Field field : SCHEMA.fields()) {
      columns.add(ColumnBuilder.of(field.type(), arena));
    }
    for (int i = 0; i < count; i++) {
      columns.get(0).append((first + i) * STEP % rows);
      columns.get(1).append(random.nextDouble());
      columns.get(2).append(random.nextInt(50));
      columns.get(3).append(random.nextInt(1000));
      columns.get(4).append(word() + " " + word() + " " + word());
      List<String> tags = new ArrayList<>();
      for (int tag = random.nextInt(4); tag > 0; tag--) {
        tags.add("t" + random.nextInt(200));
      }
      columns.get(5).append(tags);
    }
    List<Column> built = columns.stream().map(ColumnBuilder::build).toList();
    return new Batch(SCHEMA, count, built);
  }

  private String word() {
    return "w" + Integer.toString(random.nextInt(100_000), 36);
  }
}
