package io.lancelot.expr;

import io.lancelot.columnar.Column;
import io.lancelot.columnar.FixedColumn;
import io.lancelot.columnar.VarColumn;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;

/// Text and bytes of a column by position, without objects per row: variable and fixed width behind
/// one face. Compared as unsigned bytes, which for UTF-8 is the order of code points.
record ByteStrings(MemorySegment data, MemorySegment offsets, int offsetWidth, int width) {

  static ByteStrings of(Column column) {
    return switch (column) {
      case VarColumn var ->
          new ByteStrings(
              var.data(), var.offsets(), var.length() == 0 ? 0 : var.large() ? 8 : 4, 0);
      case FixedColumn fixed -> new ByteStrings(fixed.data(), MemorySegment.NULL, 0, fixed.width());
      default -> throw new IllegalArgumentException("not text: " + column.type().arrowName());
    };
  }

  long from(int row) {
    return switch (offsetWidth) {
      case 4 -> offsets.get(FixedColumn.INT, 4L * row);
      case 8 -> offsets.get(FixedColumn.LONG, 8L * row);
      default -> (long) row * width;
    };
  }

  byte at(long position) {
    return data.get(ValueLayout.JAVA_BYTE, position);
  }

  /// Compares a value with bytes.
  int compare(int row, MemorySegment other) {
    return compare(data, from(row), from(row + 1), other, 0, other.byteSize());
  }

  int compare(int row, ByteStrings other, int otherRow) {
    return compare(
        data, from(row), from(row + 1), other.data, other.from(otherRow), other.from(otherRow + 1));
  }

  boolean equal(int row, MemorySegment other) {
    long from = from(row);
    long to = from(row + 1);
    return to - from == other.byteSize()
        && MemorySegment.mismatch(data, from, to, other, 0, other.byteSize()) < 0;
  }

  /// Texts in the order of their UTF-8 bytes.
  static int compare(String a, String b) {
    return java.util.Arrays.compareUnsigned(
        a.getBytes(StandardCharsets.UTF_8), b.getBytes(StandardCharsets.UTF_8));
  }

  private static int compare(
      MemorySegment a, long aFrom, long aTo, MemorySegment b, long bFrom, long bTo) {
    long common = Math.min(aTo - aFrom, bTo - bFrom);
    long at = MemorySegment.mismatch(a, aFrom, aFrom + common, b, bFrom, bFrom + common);
    if (at < 0) {
      return Long.compare(aTo - aFrom, bTo - bFrom);
    }
    return Byte.compareUnsigned(
        a.get(ValueLayout.JAVA_BYTE, aFrom + at), b.get(ValueLayout.JAVA_BYTE, bFrom + at));
  }
}
