package io.lancelot.expr;

import io.lancelot.columnar.BoolColumn;
import io.lancelot.columnar.Column;
import io.lancelot.columnar.DataType;
import io.lancelot.columnar.FixedColumn;
import io.lancelot.columnar.NullColumn;
import io.lancelot.columnar.Values;
import io.lancelot.columnar.VarColumn;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// The arguments of a function in one row. One object serves all rows: what a body is given is
/// valid until it returns.
final class Arguments {

  private final List<Column> columns;
  private int row;

  Arguments(List<Column> columns) {
    this.columns = columns;
  }

  void move(int to) {
    row = to;
  }

  int count() {
    return columns.size();
  }

  boolean has(int index) {
    return index < columns.size();
  }

  DataType type(int index) {
    return columns.get(index).type();
  }

  boolean isNull(int index) {
    return columns.get(index) instanceof NullColumn || columns.get(index).isNull(row);
  }

  String text(int index) {
    return ((VarColumn) columns.get(index)).stringAt(row);
  }

  String text(int index, String otherwise) {
    return has(index) ? text(index) : otherwise;
  }

  byte[] bytes(int index) {
    return ((VarColumn) columns.get(index)).bytesAt(row).toArray(ValueLayout.JAVA_BYTE);
  }

  long integer(int index) {
    return ((FixedColumn) columns.get(index)).integerAt(row);
  }

  /// An integer that says how many or where: anything beyond 32 bits is as good as the limit.
  int small(int index) {
    return Math.clamp(integer(index), Integer.MIN_VALUE + 1, Integer.MAX_VALUE - 8);
  }

  double floating(int index) {
    return NumberMath.toDouble((FixedColumn) columns.get(index), row);
  }

  boolean flag(int index) {
    return ((BoolColumn) columns.get(index)).booleanAt(row);
  }

  /// The value in the form of constants; nested values as [Values] gives them.
  @Nullable Object constant(int index) {
    Column column = columns.get(index);
    return column instanceof NullColumn ? null : Comparisons.constantOf(column, row, column.type());
  }

  /// The value as [Values] gives it.
  @Nullable Object value(int index) {
    return item(Values.at(columns.get(index), row));
  }

  /// The items of a list; bytes are wrapped, so that equal items are equal objects.
  List<@Nullable Object> items(int index) {
    return list(Values.at(columns.get(index), row));
  }

  static List<@Nullable Object> list(@Nullable Object value) {
    List<@Nullable Object> items = new ArrayList<>();
    switch (value) {
      case List<?> list -> list.forEach(entry -> items.add(item(entry)));
      case float[] floats -> {
        for (float entry : floats) {
          items.add(entry);
        }
      }
      case null, default -> throw new IllegalStateException("not a list");
    }
    return items;
  }

  /// A value as functions see it.
  private static @Nullable Object item(@Nullable Object value) {
    return switch (value) {
      case byte[] bytes -> ByteBuffer.wrap(bytes);
      case float[] floats -> list(floats);
      case null, default -> value;
    };
  }

  @SuppressWarnings("unchecked")
  Map<Object, @Nullable Object> map(int index) {
    return (Map<Object, @Nullable Object>)
        Objects.requireNonNull(Values.at(columns.get(index), row));
  }
}
