package io.lancelot.index.scalar;

import io.lancelot.columnar.Batch;
import io.lancelot.columnar.Column;
import io.lancelot.columnar.DataType;
import io.lancelot.columnar.Field;
import io.lancelot.columnar.Schema;
import io.lancelot.columnar.StructColumn;
import io.lancelot.expr.Filter;
import java.util.List;

/// Values of an index as a batch of the table, for conditions to be tried on.
final class KeyBatch {

  private KeyBatch() {}

  /// @param condition reads one column, or one field inside a column
  static Batch of(Filter condition, Column values) {
    List<String> path = condition.paths().getFirst();
    Column column = values;
    for (int i = path.size() - 1; i > 0; i--) {
      Field field = Field.nullable(path.get(i), column.type());
      column =
          new StructColumn(
              new DataType.Struct(List.of(field)), values.length(), List.of(column), null);
    }
    Field field = Field.nullable(path.getFirst(), column.type());
    return new Batch(Schema.of(field), values.length(), List.of(column));
  }
}
