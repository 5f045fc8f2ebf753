package io.lancelot.expr;

import io.lancelot.columnar.DataType;
import io.lancelot.columnar.FixedColumn;
import io.lancelot.kernels.Bounds;
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
      case 4 -> Bounds.ints(data, full, (int) low, (int) high, ~flip, out);
      case 8 -> Bounds.longs(data, full, low, high, ~flip, out);
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

  // Values of up to 16 bits leave room for the sign of a difference to be the answer.

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
      case 4, 8 -> floatsOrDoubles(column, test, bound, flip, out);
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

  private static void floatsOrDoubles(
      FixedColumn column, FloatTest test, double bound, long flip, MemorySegment out) {
    MemorySegment data = column.data();
    int full = column.length() & -64;
    // Every number is at most infinite, and NaN is not.
    double limit = test == FloatTest.NOT_NAN ? Double.POSITIVE_INFINITY : bound;
    Bounds.Test kind =
        switch (test) {
          case BELOW -> Bounds.Test.BELOW;
          case AT_MOST, NOT_NAN, ALWAYS -> Bounds.Test.AT_MOST;
          case EQUAL -> Bounds.Test.EQUAL;
        };
    if (test == FloatTest.ALWAYS) {
      out.asSlice(0, full / 8).fill((byte) ~flip);
    } else if (column.width() == 4) {
      Bounds.floats(data, full, kind, (float) limit, flip, out);
    } else {
      Bounds.doubles(data, full, kind, limit, flip, out);
    }
    if (full < column.length()) {
      long word = 0;
      for (int i = full; i < column.length(); i++) {
        word |= (holds(test, column.floatingAt(i), bound) ? 1L : 0L) << (i - full);
      }
      out.set(FixedColumn.LONG, full >>> 3, word ^ flip);
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
