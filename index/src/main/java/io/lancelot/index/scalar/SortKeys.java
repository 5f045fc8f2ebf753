package io.lancelot.index.scalar;

import io.lancelot.columnar.BoolColumn;
import io.lancelot.columnar.Column;
import io.lancelot.columnar.DataType;
import io.lancelot.columnar.FixedColumn;
import io.lancelot.columnar.NullColumn;
import io.lancelot.columnar.VarColumn;
import io.lancelot.kernels.XxHash64;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;

/// The order of values in index files: nulls first, then ascending, floats in IEEE 754's total
/// order (-NaN, numbers with -0 before 0, NaN), text and bytes as unsigned bytes. Equal values keep
/// their order.
final class SortKeys {

  private static final ValueLayout.OfLong BIG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

  private SortKeys() {}

  /// The rows of a column in order.
  static int[] order(Column column) {
    int length = column.length();
    int[] rows = new int[length];
    int nulls = 0;
    if (column instanceof NullColumn) {
      nulls = length;
      for (int i = 0; i < length; i++) {
        rows[i] = i;
      }
      return rows;
    }
    for (int i = 0; i < length; i++) {
      if (column.isNull(i)) {
        rows[nulls++] = i;
      }
    }
    int count = length - nulls;
    long[] keys = new long[count];
    int[] order = new int[count];
    int at = 0;
    for (int i = 0; i < length; i++) {
      if (nulls == 0 || !column.isNull(i)) {
        keys[at] = prefix(column, i);
        order[at++] = i;
      }
    }
    radix(keys, order);
    if (!decisive(column)) {
      settleTies(column, keys, order);
    }
    System.arraycopy(order, 0, rows, nulls, count);
    return rows;
  }

  /// Whether [#prefix] alone tells values apart.
  private static boolean decisive(Column column) {
    return column instanceof BoolColumn
        || column instanceof FixedColumn fixed
            && fixed.width() <= 8
            && !(fixed.type() instanceof DataType.FixedSizeBinary);
  }

  /// A number that equal values share. Its upper bits are the better ones.
  static long hash(Column column, int row) {
    long mixed = prefix(column, row) * 0x9E37_79B9_7F4A_7C15L;
    if (decisive(column)) {
      return mixed;
    }
    MemorySegment bytes = KeyValues.bytes(column, row);
    return bytes.byteSize() <= 8 ? mixed ^ bytes.byteSize() : XxHash64.hash(bytes);
  }

  /// Whether values of one hash are equal.
  static boolean hashDecides(Column column) {
    return decisive(column);
  }

  private static void settleTies(Column column, long[] keys, int[] order) {
    for (int from = 0; from < keys.length; ) {
      int to = from + 1;
      while (to < keys.length && keys[to] == keys[from]) {
        to++;
      }
      if (to - from > 1) {
        Integer[] tied = new Integer[to - from];
        for (int i = from; i < to; i++) {
          tied[i - from] = order[i];
        }
        Arrays.sort(tied, (a, b) -> compareWhole(column, a, column, b));
        for (int i = from; i < to; i++) {
          order[i] = tied[i - from];
        }
      }
      from = to;
    }
  }

  /// Compares two values of the same type, nulls first.
  static int compare(Column a, int i, Column b, int j) {
    boolean aNull = a instanceof NullColumn || a.isNull(i);
    boolean bNull = b instanceof NullColumn || b.isNull(j);
    if (aNull || bNull) {
      return Boolean.compare(bNull, aNull);
    }
    int order = Long.compareUnsigned(prefix(a, i), prefix(b, j));
    return order != 0 || decisive(a) ? order : compareWhole(a, i, b, j);
  }

  private static int compareWhole(Column a, int i, Column b, int j) {
    if (a instanceof VarColumn x && b instanceof VarColumn y) {
      return compareBytes(
          x.data(), x.offset(i), x.offset(i + 1), y.data(), y.offset(j), y.offset(j + 1));
    }
    FixedColumn x = (FixedColumn) a;
    FixedColumn y = (FixedColumn) b;
    int width = x.width();
    if (x.type() instanceof DataType.FixedSizeBinary) {
      return compareBytes(
          x.data(),
          (long) i * width,
          (i + 1L) * width,
          y.data(),
          (long) j * width,
          (j + 1L) * width);
    }
    // The most significant word of a decimal is in the prefix already.
    for (int at = width - 16; at >= 0; at -= 8) {
      int order =
          Long.compareUnsigned(
              x.data().get(FixedColumn.LONG, (long) i * width + at),
              y.data().get(FixedColumn.LONG, (long) j * width + at));
      if (order != 0) {
        return order;
      }
    }
    return 0;
  }

  private static int compareBytes(
      MemorySegment a, long aFrom, long aTo, MemorySegment b, long bFrom, long bTo) {
    long common = Math.min(aTo - aFrom, bTo - bFrom);
    long at = MemorySegment.mismatch(a, aFrom, aFrom + common, b, bFrom, bFrom + common);
    if (at < 0) {
      return Long.compare(aTo - aFrom, bTo - bFrom);
    }
    return Byte.compareUnsigned(
        a.get(ValueLayout.JAVA_BYTE, aFrom + at), b.get(ValueLayout.JAVA_BYTE, bFrom + at));
  }

  /// A number whose unsigned order is that of the values, as far as 64 bits can tell.
  private static long prefix(Column column, int row) {
    return switch (column) {
      case BoolColumn bool -> bool.booleanAt(row) ? 1 : 0;
      case VarColumn var -> bytes(var.data(), var.offset(row), var.offset(row + 1));
      case FixedColumn fixed ->
          switch (fixed.type()) {
            case DataType.Floating(int bits) -> floating(fixed, row, bits);
            case DataType.FixedSizeBinary(int width) ->
                bytes(fixed.data(), (long) row * width, (row + 1L) * width);
            case DataType.Decimal(int bits, _, _) ->
                fixed.data().get(FixedColumn.LONG, (row + 1L) * (bits / 8) - 8) ^ Long.MIN_VALUE;
            case DataType.Int(int bits, boolean signed) when bits == 64 && !signed ->
                fixed.longAt(row);
            default -> fixed.integerAt(row) ^ Long.MIN_VALUE;
          };
      default -> throw new IllegalArgumentException("no order: " + column.type().arrowName());
    };
  }

  private static long floating(FixedColumn column, int row, int bits) {
    long raw =
        switch (bits) {
          case 16 -> (long) column.shortAt(row) << 48;
          case 32 -> (long) column.intAt(row) << 32;
          default -> column.longAt(row);
        };
    return raw < 0 ? ~raw : raw ^ Long.MIN_VALUE;
  }

  private static long bytes(MemorySegment data, long from, long to) {
    if (to - from >= 8) {
      return data.get(BIG, from);
    }
    long word = 0;
    int shift = 56;
    for (long i = from; i < to; i++, shift -= 8) {
      word |= (data.get(ValueLayout.JAVA_BYTE, i) & 0xFFL) << shift;
    }
    return word;
  }

  /// Sorts numbers, taken as unsigned, with what goes along, byte by byte from the lowest; bytes
  /// that all numbers share cost nothing.
  private static void radix(long[] keys, int[] along) {
    int count = keys.length;
    int[][] counts = new int[8][256];
    for (long key : keys) {
      for (int b = 0; b < 8; b++) {
        counts[b][(int) (key >>> (8 * b)) & 0xFF]++;
      }
    }
    long[] fromKeys = keys;
    int[] from = along;
    long[] toKeys = new long[count];
    int[] to = new int[count];
    for (int b = 0; b < 8 && count > 0; b++) {
      int[] places = counts[b];
      if (places[(int) (fromKeys[0] >>> (8 * b)) & 0xFF] == count) {
        continue;
      }
      int sum = 0;
      for (int i = 0; i < 256; i++) {
        int own = places[i];
        places[i] = sum;
        sum += own;
      }
      for (int i = 0; i < count; i++) {
        int place = places[(int) (fromKeys[i] >>> (8 * b)) & 0xFF]++;
        toKeys[place] = fromKeys[i];
        to[place] = from[i];
      }
      long[] swapKeys = fromKeys;
      int[] swap = from;
      fromKeys = toKeys;
      from = to;
      toKeys = swapKeys;
      to = swap;
    }
    if (fromKeys != keys) {
      System.arraycopy(fromKeys, 0, keys, 0, count);
      System.arraycopy(from, 0, along, 0, count);
    }
  }
}
