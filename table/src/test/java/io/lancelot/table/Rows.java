package io.lancelot.table;

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
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/// The rows that the tests of this module write: `id` counts, `name` is `n<id>` or null.
final class Rows {

  static final Schema SCHEMA =
      Schema.of(Field.required("id", Types.INT64), Field.nullable("name", Types.UTF8));

  private Rows() {}

  static BatchStream of(long first, int count) {
    return BatchStream.of(SCHEMA, List.of(batch(first, count)));
  }

  static Batch batch(long first, int count) {
    return new Batch(
        SCHEMA,
        count,
        List.of(
            column(SCHEMA.fields().get(0), count, i -> first + i),
            column(SCHEMA.fields().get(1), count, i -> name(first + i))));
  }

  static @Nullable String name(long id) {
    return id % 7 == 3 ? null : "n" + id;
  }

  static Column column(Field field, int count, IntFunction<@Nullable Object> values) {
    ColumnBuilder builder = ColumnBuilder.of(field.type(), Arena.ofAuto());
    for (int i = 0; i < count; i++) {
      builder.append(values.apply(i));
    }
    return builder.build();
  }

  static StagedRows staged(Table table, Snapshot base, BatchStream rows) {
    StagedRows staged = table.stage(base);
    staged.add(rows, new MovedRows());
    return staged;
  }

  /// The `id` column of a version, checked against its names.
  static List<Long> ids(Table table, Snapshot snapshot) {
    List<Long> ids = new ArrayList<>();
    try (BatchStream rows = table.scan(snapshot, ScanOptions.of(List.of("id", "name")))) {
      for (Batch batch = rows.next(); batch != null; batch = rows.next()) {
        for (int i = 0; i < batch.rowCount(); i++) {
          long id = ((FixedColumn) batch.column(0)).longAt(i);
          ids.add(id);
          Object name = Values.at(batch.column(1), i);
          if (name != null && !name.equals("n" + id)) {
            throw new AssertionError("name of row " + id + ": " + name);
          }
        }
      }
    }
    return ids;
  }

  static List<Long> longs(Table table, Snapshot snapshot, String column) {
    List<Long> values = new ArrayList<>();
    try (BatchStream rows = table.scan(snapshot, ScanOptions.of(List.of(column)))) {
      for (Batch batch = rows.next(); batch != null; batch = rows.next()) {
        FixedColumn longs = (FixedColumn) batch.column(0);
        for (int i = 0; i < longs.length(); i++) {
          values.add(longs.longAt(i));
        }
      }
    }
    return values;
  }

  static List<Long> range(long from, long to) {
    List<Long> ids = new ArrayList<>();
    for (long id = from; id < to; id++) {
      ids.add(id);
    }
    return ids;
  }
}
