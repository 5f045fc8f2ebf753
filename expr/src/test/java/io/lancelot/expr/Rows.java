package io.lancelot.expr;

import io.lancelot.base.Memory;
import io.lancelot.base.Scratch;
import io.lancelot.columnar.Batch;
import io.lancelot.columnar.Bits;
import io.lancelot.columnar.Column;
import io.lancelot.columnar.ColumnBuilder;
import io.lancelot.columnar.DataType;
import io.lancelot.columnar.Field;
import io.lancelot.columnar.Schema;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Small batches for tests, and the rows a filter picks from them.
final class Rows implements AutoCloseable {

  private final Memory memory = Memory.ofLimit(64 << 20);
  private final Scratch data = memory.scratch();
  private final Scratch scratch = memory.scratch();
  private final List<Field> fields = new ArrayList<>();
  private final List<Column> columns = new ArrayList<>();

  Rows with(String name, DataType type, @Nullable Object... values) {
    ColumnBuilder builder = ColumnBuilder.of(type, data);
    for (Object value : values) {
      builder.append(value);
    }
    fields.add(Field.nullable(name, type));
    columns.add(builder.build());
    return this;
  }

  Schema schema() {
    return Schema.of(fields);
  }

  Batch batch() {
    return new Batch(schema(), columns.getFirst().length(), columns);
  }

  List<Integer> pick(String sql) {
    scratch.reset();
    return picked(Filter.parse(sql, schema()).evaluate(batch(), scratch));
  }

  Column compute(String sql) {
    scratch.reset();
    return Projection.parse(sql, schema()).evaluate(batch(), scratch);
  }

  static List<Integer> picked(Bits bits) {
    List<Integer> rows = new ArrayList<>();
    for (int i = 0; i < bits.length(); i++) {
      if (bits.get(i)) {
        rows.add(i);
      }
    }
    return rows;
  }

  @Override
  public void close() {
    data.close();
    scratch.close();
    memory.close();
  }
}
