package io.lancelot.expr;

import io.lancelot.columnar.DataType;
import io.lancelot.columnar.FixedColumn;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// The numbers of a column with what depends on its type settled once, for loops over rows.
record Numbers(MemorySegment data, int width, boolean unsigned) {

  static Numbers of(FixedColumn column) {
    boolean unsigned = column.type() instanceof DataType.Int(_, boolean signed) && !signed;
    return new Numbers(column.data(), column.width(), unsigned);
  }

  /// An integer, or anything stored as one, widened to 64 bits.
  long integer(int row) {
    return switch (width) {
      case 1 -> {
        long value = data.get(ValueLayout.JAVA_BYTE, row);
        yield unsigned ? value & 0xFF : value;
      }
      case 2 -> {
        long value = data.get(FixedColumn.SHORT, 2L * row);
        yield unsigned ? value & 0xFFFF : value;
      }
      case 4 -> {
        long value = data.get(FixedColumn.INT, 4L * row);
        yield unsigned ? value & 0xFFFF_FFFFL : value;
      }
      default -> data.get(FixedColumn.LONG, 8L * row);
    };
  }

  /// A float, widened to 64 bits.
  double floating(int row) {
    return switch (width) {
      case 2 -> Float.float16ToFloat(data.get(FixedColumn.SHORT, 2L * row));
      case 4 -> data.get(FixedColumn.FLOAT, 4L * row);
      default -> data.get(FixedColumn.DOUBLE, 8L * row);
    };
  }
}
