package io.lancelot.index.scalar;

import io.lancelot.columnar.FixedColumn;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;

/// Bits that tell in one look how many ones are before a place: each 512 bits lie next to the
/// number of ones before them.
final class RankedBits {

  private static final int GROUP_WORDS = 8;
  private static final int GROUP_SHIFT = 9;
  private static final int GROUP_BYTES = 8 + 8 * GROUP_WORDS;

  private final MemorySegment groups;
  private final int length;

  private RankedBits(MemorySegment groups, int length) {
    this.groups = groups;
    this.length = length;
  }

  /// Zeros, to be set and then counted.
  static RankedBits zeros(int length, SegmentAllocator memory) {
    long bytes = ((length >>> GROUP_SHIFT) + 1L) * GROUP_BYTES;
    return new RankedBits(memory.allocate(bytes, 8).fill((byte) 0), length);
  }

  int length() {
    return length;
  }

  int wordCount() {
    return (length + 63) >>> 6;
  }

  private static long place(int word) {
    return (long) (word / GROUP_WORDS) * GROUP_BYTES + 8 + 8L * (word % GROUP_WORDS);
  }

  long word(int word) {
    return groups.get(FixedColumn.LONG, place(word));
  }

  void setWord(int word, long bits) {
    groups.set(FixedColumn.LONG, place(word), bits);
  }

  void set(int at) {
    long place = place(at >>> 6);
    groups.set(FixedColumn.LONG, place, groups.get(FixedColumn.LONG, place) | 1L << at);
  }

  /// Counts the ones, after all are set. Bits past the end become zeros.
  void count() {
    if ((length & 63) != 0) {
      int last = wordCount() - 1;
      setWord(last, word(last) & (1L << length) - 1);
    }
    long ones = 0;
    for (long group = 0; group < groups.byteSize(); group += GROUP_BYTES) {
      groups.set(FixedColumn.LONG, group, ones);
      for (int i = 0; i < GROUP_WORDS; i++) {
        ones += Long.bitCount(groups.get(FixedColumn.LONG, group + 8 + 8L * i));
      }
    }
  }

  /// The ones among the bits `[0, to)`.
  int ones(int to) {
    return (int) (onesAndBit(to) >>> 1);
  }

  /// Twice the ones among the bits `[0, at)`, and 1 if bit `at` is one.
  long onesAndBit(int at) {
    long group = (long) (at >>> GROUP_SHIFT) * GROUP_BYTES;
    long ones = groups.get(FixedColumn.LONG, group);
    long last = group + 8 + ((long) at >>> 6 & GROUP_WORDS - 1) * 8;
    for (long place = group + 8; place < last; place += 8) {
      ones += Long.bitCount(groups.get(FixedColumn.LONG, place));
    }
    long word = groups.get(FixedColumn.LONG, last);
    ones += Long.bitCount(word & (1L << at) - 1);
    return ones << 1 | word >>> at & 1;
  }
}
