package io.lancelot.engine;

import io.lancelot.columnar.FixedColumn;
import io.lancelot.columnar.VarColumn;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/// Rows ordered by the unsigned bytes of their keys ([io.lancelot.expr.KeyBytes]). Most pairs are
/// told apart by eight bytes of the key, which are kept as a word.
final class KeyOrderedRows {

  private static final ValueLayout.OfLong BIG_LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

  private final MemorySegment data;
  private final MemorySegment offsets;
  private final int count;

  KeyOrderedRows(VarColumn keys) {
    this.data = keys.data();
    this.offsets = keys.offsets();
    this.count = keys.length();
  }

  private long from(int row) {
    return offsets.get(FixedColumn.INT, 4L * row);
  }

  /// Eight bytes of a key from a position on, turned so that they compare as signed words; zeros
  /// behind its end.
  private long word(int row, int skip) {
    long at = from(row) + skip;
    long end = from(row + 1);
    if (at + 8 <= end) {
      return data.get(BIG_LONG, at) ^ Long.MIN_VALUE;
    }
    long word = 0;
    for (int i = 0; i < 8; i++) {
      word = word << 8 | (at + i < end ? data.get(ValueLayout.JAVA_BYTE, at + i) & 0xFFL : 0);
    }
    return word ^ Long.MIN_VALUE;
  }

  int compare(int row, KeyOrderedRows other, int otherRow) {
    return compare(
        data, from(row), from(row + 1), other.data, other.from(otherRow), other.from(otherRow + 1));
  }

  boolean isBelow(int row, byte[] key) {
    MemorySegment other = MemorySegment.ofArray(key);
    return compare(data, from(row), from(row + 1), other, 0, key.length) < 0;
  }

  byte[] bytes(int row) {
    return data.asSlice(from(row), from(row + 1) - from(row)).toArray(ValueLayout.JAVA_BYTE);
  }

  private static int compare(
      MemorySegment a, long aFrom, long aTo, MemorySegment b, long bFrom, long bTo) {
    long common = Math.min(aTo - aFrom, bTo - bFrom);
    if (common >= 8) {
      int found = Long.compareUnsigned(a.get(BIG_LONG, aFrom), b.get(BIG_LONG, bFrom));
      if (found != 0) {
        return found;
      }
    }
    long at = MemorySegment.mismatch(a, aFrom, aFrom + common, b, bFrom, bFrom + common);
    if (at < 0) {
      return Long.compare(aTo - aFrom, bTo - bFrom);
    }
    return Byte.compareUnsigned(
        a.get(ValueLayout.JAVA_BYTE, aFrom + at), b.get(ValueLayout.JAVA_BYTE, bFrom + at));
  }

  /// All rows in order; rows of equal keys keep theirs.
  int[] sorted() {
    int skip = common();
    long[] words = new long[count];
    int[] rows = new int[count];
    for (int i = 0; i < count; i++) {
      words[i] = word(i, skip);
      rows[i] = i;
    }
    int[] other = rows.clone();
    sort(other, rows, words, 0, count);
    return rows;
  }

  /// One if all keys begin with the same byte, as they do where no part of them is null.
  private int common() {
    if (count == 0 || from(1) == from(0)) {
      return 0;
    }
    byte first = data.get(ValueLayout.JAVA_BYTE, from(0));
    for (int i = 1; i < count; i++) {
      if (data.get(ValueLayout.JAVA_BYTE, from(i)) != first) {
        return 0;
      }
    }
    return 1;
  }

  /// Sorts `from` into `to`, which hold the same rows.
  private void sort(int[] from, int[] to, long[] words, int low, int high) {
    if (high - low < 2) {
      return;
    }
    int middle = (low + high) >>> 1;
    sort(to, from, words, low, middle);
    sort(to, from, words, middle, high);
    int a = low;
    int b = middle;
    for (int i = low; i < high; i++) {
      boolean left = b >= high || a < middle && !isAbove(from[a], from[b], words);
      to[i] = left ? from[a++] : from[b++];
    }
  }

  private boolean isAbove(int a, int b, long[] words) {
    return words[a] != words[b] ? words[a] > words[b] : compare(a, this, b) > 0;
  }
}
