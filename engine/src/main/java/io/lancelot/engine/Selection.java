package io.lancelot.engine;

import io.lancelot.base.Scratch;
import io.lancelot.columnar.Bits;
import io.lancelot.columnar.FixedColumn;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;
import org.roaringbitmap.PeekableIntIterator;
import org.roaringbitmap.RoaringBitmap;

/// Which rows of a range take part, as bitmaps and as row numbers.
final class Selection {

  private Selection() {}

  /// Writes the positions of the ones to `rows` and returns how many there are.
  static int of(Bits bits, int[] rows) {
    int count = 0;
    for (int at = 0; at < bits.length(); at += 64) {
      long word = bits.word(at);
      while (word != 0) {
        rows[count++] = at + Long.numberOfTrailingZeros(word);
        word &= word - 1;
      }
    }
    return count;
  }

  /// The same where no bitmap stands for `length` ones.
  static int of(@Nullable Bits bits, int length, int[] rows) {
    if (bits != null) {
      return of(bits, rows);
    }
    for (int row = 0; row < length; row++) {
      rows[row] = row;
    }
    return length;
  }

  /// The rows `[first, first + count)` that are not deleted; null if none of them is.
  static @Nullable Bits live(RoaringBitmap deleted, long first, int count, Scratch scratch) {
    if (deleted.isEmpty() || !deleted.intersects(first, first + count)) {
      return null;
    }
    MemorySegment words = Bits.ones(count, scratch).segment();
    PeekableIntIterator rows = deleted.getIntIterator();
    rows.advanceIfNeeded((int) first);
    while (rows.hasNext()) {
      long row = Integer.toUnsignedLong(rows.next()) - first;
      if (row >= count) {
        break;
      }
      long at = row / 64 * 8;
      words.set(FixedColumn.LONG, at, words.get(FixedColumn.LONG, at) & ~(1L << (row % 64)));
    }
    return Bits.of(words, count);
  }

  /// The rows of `[first, first + count)` that are in a set.
  static Bits among(RoaringBitmap set, long first, int count, Scratch scratch) {
    MemorySegment words = scratch.allocateBytes((count + 63L) / 64 * 8).fill((byte) 0);
    PeekableIntIterator rows = set.getIntIterator();
    rows.advanceIfNeeded((int) first);
    while (rows.hasNext()) {
      long row = Integer.toUnsignedLong(rows.next()) - first;
      if (row >= count) {
        break;
      }
      long at = row / 64 * 8;
      words.set(FixedColumn.LONG, at, words.get(FixedColumn.LONG, at) | 1L << (row % 64));
    }
    return Bits.of(words, count);
  }

  /// Ones where both have ones; a missing bitmap is all ones.
  static @Nullable Bits and(@Nullable Bits a, @Nullable Bits b, Scratch scratch) {
    if (a == null) {
      return b;
    }
    if (b == null) {
      return a;
    }
    int length = a.length();
    MemorySegment words = scratch.allocateBytes((length + 63L) / 64 * 8);
    for (int at = 0; at < length; at += 64) {
      words.set(FixedColumn.LONG, at / 8L, a.word(at) & b.word(at));
    }
    return Bits.of(words, length);
  }

  /// The physical number of the `n`-th row, from 0, that is not deleted.
  static long liveRow(RoaringBitmap deleted, long n) {
    if (deleted.isEmpty()) {
      return n;
    }
    long low = n;
    long high = n + deleted.getLongCardinality();
    while (low < high) {
      long middle = (low + high) >>> 1;
      if (middle + 1 - deleted.rankLong((int) middle) > n) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    return low;
  }
}
