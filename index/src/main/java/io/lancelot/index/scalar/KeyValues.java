package io.lancelot.index.scalar;

import io.lancelot.columnar.BoolColumn;
import io.lancelot.columnar.Column;
import io.lancelot.columnar.DataType;
import io.lancelot.columnar.FixedColumn;
import io.lancelot.columnar.VarColumn;
import io.lancelot.expr.KeyOrder;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.math.BigInteger;
import java.util.Arrays;

/// The values of a column as [KeyOrder] has them, and searches in ascending ones.
final class KeyValues {

  private KeyValues() {}

  /// A value that is not null, in the form its order names.
  static Object at(Column column, int row, KeyOrder order) {
    return switch (order) {
      case SIGNED, UNSIGNED -> ((FixedColumn) column).integerAt(row);
      case FLOATING -> ((FixedColumn) column).floatingAt(row);
      case DECIMAL -> unscaled(((FixedColumn) column).bytesAt(row));
      case BYTES -> bytes(column, row).toArray(ValueLayout.JAVA_BYTE);
      case BOOLEAN -> ((BoolColumn) column).booleanAt(row);
    };
  }

  static MemorySegment bytes(Column column, int row) {
    return column instanceof VarColumn var ? var.bytesAt(row) : ((FixedColumn) column).bytesAt(row);
  }

  private static BigInteger unscaled(MemorySegment littleEndian) {
    byte[] bytes = littleEndian.toArray(ValueLayout.JAVA_BYTE);
    for (int i = 0, j = bytes.length - 1; i < j; i++, j--) {
      byte swap = bytes[i];
      bytes[i] = bytes[j];
      bytes[j] = swap;
    }
    return new BigInteger(bytes);
  }

  /// Compares a value that is not null with a key.
  static int compare(Column column, int row, Object key, KeyOrder order) {
    return switch (order) {
      case SIGNED -> Long.compare(((FixedColumn) column).integerAt(row), (Long) key);
      case UNSIGNED -> Long.compareUnsigned(((FixedColumn) column).longAt(row), (Long) key);
      case FLOATING -> KeyOrder.compareFloats(((FixedColumn) column).floatingAt(row), (Double) key);
      case BYTES -> compareBytes(bytes(column, row), (byte[]) key);
      case DECIMAL, BOOLEAN -> order.compare(at(column, row, order), key);
    };
  }

  private static int compareBytes(MemorySegment value, byte[] key) {
    MemorySegment other = MemorySegment.ofArray(key);
    long at = value.mismatch(other);
    if (at < 0) {
      return 0;
    }
    if (at == value.byteSize() || at == other.byteSize()) {
      return Long.compare(value.byteSize(), other.byteSize());
    }
    return Byte.compareUnsigned(
        value.get(ValueLayout.JAVA_BYTE, at), other.get(ValueLayout.JAVA_BYTE, at));
  }

  /// The first of ascending rows `[from, to)` whose value is at least a key, or above it; `to` if
  /// there is none.
  static int lowerBound(
      Column column, int from, int to, Object key, boolean above, KeyOrder order) {
    if (order == KeyOrder.SIGNED && ((FixedColumn) column).width() == 8) {
      return lowerBound((FixedColumn) column, from, to, (Long) key, above);
    }
    int low = from;
    int high = to;
    while (low < high) {
      int middle = (low + high) >>> 1;
      int found = compare(column, middle, key, order);
      if (found < 0 || above && found == 0) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  private static int lowerBound(FixedColumn column, int from, int to, long key, boolean above) {
    MemorySegment data = column.data();
    int low = from;
    int high = to;
    while (low < high) {
      int middle = (low + high) >>> 1;
      long found = data.get(FixedColumn.LONG, 8L * middle);
      if (found < key || above && found == key) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  /// The value for users, as index statistics show it.
  static String text(Column column, int row) {
    if (column.isNull(row)) {
      return "NULL";
    }
    DataType type = column.type();
    return switch (column) {
      case BoolColumn bool -> String.valueOf(bool.booleanAt(row));
      case VarColumn var when type instanceof DataType.Utf8 -> var.stringAt(row);
      case VarColumn var -> hex(var.bytesAt(row).toArray(ValueLayout.JAVA_BYTE));
      case FixedColumn fixed ->
          switch (type) {
            case DataType.FixedSizeBinary _ ->
                hex(fixed.bytesAt(row).toArray(ValueLayout.JAVA_BYTE));
            case DataType.Floating _ -> String.valueOf(fixed.floatingAt(row));
            case DataType.Decimal(_, int precision, int scale) ->
                "Some(" + unscaled(fixed.bytesAt(row)) + ")," + precision + "," + scale;
            case DataType.Int(int bits, boolean signed) when bits == 64 && !signed ->
                Long.toUnsignedString(fixed.longAt(row));
            case DataType.Date(DataType.DateUnit unit) when unit == DataType.DateUnit.DAY ->
                java.time.LocalDate.ofEpochDay(fixed.intAt(row)).toString();
            default -> String.valueOf(fixed.integerAt(row));
          };
      default -> type.arrowName();
    };
  }

  private static String hex(byte[] bytes) {
    String hex =
        java.util.HexFormat.of()
            .withUpperCase()
            .formatHex(Arrays.copyOf(bytes, Math.min(10, bytes.length)));
    return bytes.length > 10 ? hex + "..." : hex;
  }
}
