package io.lancelot.expr;

import io.lancelot.columnar.DataType;
import io.lancelot.columnar.FixedColumn;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// Loops that test fixed-width values against bounds, 64 rows to a word. One bit per row goes to
/// `out`; bits past the last row are zero or arbitrary.
final class Ranges {

  private Ranges() {}

  /// `low <= value <= high`, or not if `outside`. Bounds are in the type's own order: those of an
  /// unsigned 64-bit type are bit patterns.
  static void integers(
      FixedColumn column, long low, long high, boolean outside, MemorySegment out) {
    boolean signed = !(column.type() instanceof DataType.Int(_, boolean s)) || s;
    long flip = outside ? 0 : -1L;
    int rows = column.length();
    MemorySegment data = column.data();
    int full = rows & -64;
    switch (column.width()) {
      case 1 -> bytes(data, full, signed ? -1L : 0xFFL, low, high, flip, out);
      case 2 -> shorts(data, full, signed ? -1L : 0xFFFFL, low, high, flip, out);
      case 4 -> {
        if (signed) {
          ints(data, full, low, high, flip, out);
        } else {
          unsignedInts(data, full, low, high, flip, out);
        }
      }
      case 8 -> longs(data, full, low, high, flip, out);
      default -> throw new IllegalArgumentException(column.type().arrowName());
    }
    if (full < rows) {
      long word = 0;
      for (int i = full; i < rows; i++) {
        if (Long.compareUnsigned(column.integerAt(i) - low, high - low) > 0) {
          word |= 1L << (i - full);
        }
      }
      out.set(FixedColumn.LONG, full >>> 3, word ^ flip);
    }
  }

  // Values of up to 32 bits leave room for the sign of a difference to be the answer.

  private static void bytes(
      MemorySegment data, int rows, long mask, long low, long high, long flip, MemorySegment out) {
    for (int i = 0; i < rows; i += 64) {
      long word = 0;
      for (int j = 0; j < 64; j++) {
        long x = data.get(ValueLayout.JAVA_BYTE, (long) i + j) & mask;
        word |= ((x - low) | (high - x)) >>> 63 << j;
      }
      out.set(FixedColumn.LONG, i >>> 3, word ^ flip);
    }
  }

  private static void shorts(
      MemorySegment data, int rows, long mask, long low, long high, long flip, MemorySegment out) {
    for (int i = 0; i < rows; i += 64) {
      long word = 0;
      for (int j = 0; j < 64; j++) {
        long x = data.get(FixedColumn.SHORT, 2L * (i + j)) & mask;
        word |= ((x - low) | (high - x)) >>> 63 << j;
      }
      out.set(FixedColumn.LONG, i >>> 3, word ^ flip);
    }
  }

  private static void ints(
      MemorySegment data, int rows, long low, long high, long flip, MemorySegment out) {
    for (int i = 0; i < rows; i += 64) {
      long word = 0;
      for (int j = 0; j < 64; j++) {
        long x = data.get(FixedColumn.INT, 4L * (i + j));
        word |= ((x - low) | (high - x)) >>> 63 << j;
      }
      out.set(FixedColumn.LONG, i >>> 3, word ^ flip);
    }
  }

  private static void unsignedInts(
      MemorySegment data, int rows, long low, long high, long flip, MemorySegment out) {
    for (int i = 0; i < rows; i += 64) {
      long word = 0;
      for (int j = 0; j < 64; j++) {
        long x = data.get(FixedColumn.INT, 4L * (i + j)) & 0xFFFF_FFFFL;
        word |= ((x - low) | (high - x)) >>> 63 << j;
      }
      out.set(FixedColumn.LONG, i >>> 3, word ^ flip);
    }
  }

  private static void longs(
      MemorySegment data, int rows, long low, long high, long flip, MemorySegment out) {
    long span = high - low + Long.MIN_VALUE;
    for (int i = 0; i < rows; i += 64) {
      long word = 0;
      for (int j = 0; j < 64; j++) {
        long x = data.get(FixedColumn.LONG, 8L * (i + j)) - low + Long.MIN_VALUE;
        word |= (x > span ? 1L : 0L) << j;
      }
      out.set(FixedColumn.LONG, i >>> 3, word ^ flip);
    }
  }

  /// How a float is tested. NaN is above every number, so "greater" is "not at most".
  enum FloatTest {
    BELOW,
    AT_MOST,
    EQUAL,
    NOT_NAN,
    ALWAYS
  }

  /// The test on values of any float width, or its opposite if `outside`.
  static void floats(
      FixedColumn column, FloatTest test, double bound, boolean outside, MemorySegment out) {
    long flip = outside ? -1L : 0;
    int rows = column.length();
    switch (column.width()) {
      case 2 -> {
        for (int i = 0; i < rows; i += 64) {
          int count = Math.min(64, rows - i);
          long word = 0;
          for (int j = 0; j < count; j++) {
            double x = Float.float16ToFloat(column.data().get(FixedColumn.SHORT, 2L * (i + j)));
            word |= (holds(test, x, bound) ? 1L : 0L) << j;
          }
          out.set(FixedColumn.LONG, i >>> 3, word ^ flip);
        }
      }
      case 4 -> floats32(column.data(), rows, test, (float) bound, flip, out);
      case 8 -> floats64(column.data(), rows, test, bound, flip, out);
      default -> throw new IllegalArgumentException(column.type().arrowName());
    }
  }

  private static boolean holds(FloatTest test, double x, double bound) {
    return switch (test) {
      case BELOW -> x < bound;
      case AT_MOST -> x <= bound;
      case EQUAL -> x == bound;
      case NOT_NAN -> !Double.isNaN(x);
      case ALWAYS -> true;
    };
  }

  private static void floats32(
      MemorySegment data, int rows, FloatTest test, float bound, long flip, MemorySegment out) {
    for (int i = 0; i < rows; i += 64) {
      int count = Math.min(64, rows - i);
      long word = 0;
      switch (test) {
        case BELOW -> {
          for (int j = 0; j < count; j++) {
            word |= (data.get(FixedColumn.FLOAT, 4L * (i + j)) < bound ? 1L : 0L) << j;
          }
        }
        case AT_MOST -> {
          for (int j = 0; j < count; j++) {
            word |= (data.get(FixedColumn.FLOAT, 4L * (i + j)) <= bound ? 1L : 0L) << j;
          }
        }
        case EQUAL -> {
          for (int j = 0; j < count; j++) {
            word |= (data.get(FixedColumn.FLOAT, 4L * (i + j)) == bound ? 1L : 0L) << j;
          }
        }
        case NOT_NAN -> {
          for (int j = 0; j < count; j++) {
            word |= (Float.isNaN(data.get(FixedColumn.FLOAT, 4L * (i + j))) ? 0L : 1L) << j;
          }
        }
        case ALWAYS -> word = -1L;
      }
      out.set(FixedColumn.LONG, i >>> 3, word ^ flip);
    }
  }

  private static void floats64(
      MemorySegment data, int rows, FloatTest test, double bound, long flip, MemorySegment out) {
    for (int i = 0; i < rows; i += 64) {
      int count = Math.min(64, rows - i);
      long word = 0;
      switch (test) {
        case BELOW -> {
          for (int j = 0; j < count; j++) {
            word |= (data.get(FixedColumn.DOUBLE, 8L * (i + j)) < bound ? 1L : 0L) << j;
          }
        }
        case AT_MOST -> {
          for (int j = 0; j < count; j++) {
            word |= (data.get(FixedColumn.DOUBLE, 8L * (i + j)) <= bound ? 1L : 0L) << j;
          }
        }
        case EQUAL -> {
          for (int j = 0; j < count; j++) {
            word |= (data.get(FixedColumn.DOUBLE, 8L * (i + j)) == bound ? 1L : 0L) << j;
          }
        }
        case NOT_NAN -> {
          for (int j = 0; j < count; j++) {
            word |= (Double.isNaN(data.get(FixedColumn.DOUBLE, 8L * (i + j))) ? 0L : 1L) << j;
          }
        }
        case ALWAYS -> word = -1L;
      }
      out.set(FixedColumn.LONG, i >>> 3, word ^ flip);
    }
  }

  /// `low <= value <= high` for decimals of 128 or 256 bits, or not if `outside`.
  ///
  /// @param low little-endian words, as many as a value has
  static void decimals(
      FixedColumn column,
      MemorySegment low,
      MemorySegment high,
      boolean outside,
      MemorySegment out) {
    int width = column.width();
    MemorySegment data = column.data();
    for (int i = 0; i < column.length(); i += 64) {
      int count = Math.min(64, column.length() - i);
      long word = 0;
      for (int j = 0; j < count; j++) {
        long at = (long) (i + j) * width;
        boolean inside = compare(data, at, low) >= 0 && compare(data, at, high) <= 0;
        word |= (inside != outside ? 1L : 0L) << j;
      }
      out.set(FixedColumn.LONG, i >>> 3, word);
    }
  }

  /// Compares a little-endian two's complement number in memory with another.
  private static int compare(MemorySegment data, long at, MemorySegment bound) {
    long word = bound.byteSize() - 8;
    int order =
        Long.compare(data.get(FixedColumn.LONG, at + word), bound.get(FixedColumn.LONG, word));
    for (word -= 8; word >= 0 && order == 0; word -= 8) {
      order =
          Long.compareUnsigned(
              data.get(FixedColumn.LONG, at + word), bound.get(FixedColumn.LONG, word));
    }
    return order;
  }
}
