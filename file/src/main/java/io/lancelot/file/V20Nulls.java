package io.lancelot.file;

import io.lancelot.columnar.Bits;
import io.lancelot.columnar.FixedColumn;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// Which slots of a read are null: a bitmap that is absent until the first null turns up.
final class V20Nulls {

  private @Nullable SegmentAllocator memory;
  private MemorySegment words = MemorySegment.NULL;
  private int expected;

  /// Starts anew in memory of `newMemory`, for about `slots`.
  void start(SegmentAllocator newMemory, int slots) {
    memory = newMemory;
    words = MemorySegment.NULL;
    expected = slots;
  }

  /// Says that a slot is null.
  void add(int slot) {
    reserve(slot + 1L);
    long at = slot >>> 6 << 3;
    words.set(FixedColumn.LONG, at, words.get(FixedColumn.LONG, at) & ~(1L << (slot & 63)));
  }

  /// Says that slots `[from, from + count)` are null.
  void add(int from, int count) {
    reserve((long) from + count);
    for (int done = 0; done < count; done += 64) {
      int step = Math.min(64, count - done);
      keep(from + done, step == 64 ? 0 : -1L << step);
    }
  }

  /// Says that the slots from `from` on are null where a bit is zero.
  void addZeros(Bits valid, int from) {
    if (valid.count() == valid.length()) {
      return;
    }
    reserve((long) from + valid.length());
    for (int done = 0; done < valid.length(); done += 64) {
      int left = valid.length() - done;
      keep(from + done, left >= 64 ? valid.word(done) : valid.word(done) | -1L << left);
    }
  }

  /// Clears the bits from `slot` on that are zero in `word`.
  private void keep(int slot, long word) {
    long at = slot >>> 6 << 3;
    int shift = slot & 63;
    long low = word << shift | (1L << shift) - 1;
    words.set(FixedColumn.LONG, at, words.get(FixedColumn.LONG, at) & low);
    if (shift > 0) {
      long high = word >>> (64 - shift) | -1L << shift;
      words.set(FixedColumn.LONG, at + 8, words.get(FixedColumn.LONG, at + 8) & high);
    }
  }

  /// Makes the bitmap present, with ones, up to `slots` and a word beyond.
  private void reserve(long slots) {
    long needed = (slots + 63) / 64 * 8 + 8;
    if (words.byteSize() >= needed) {
      return;
    }
    long likely = Math.max((expected + 63L) / 64 * 8 + 8, words.byteSize() * 2);
    MemorySegment larger = Objects.requireNonNull(memory).allocate(Math.max(needed, likely), 64);
    MemorySegment.copy(words, 0, larger, 0, words.byteSize());
    larger.asSlice(words.byteSize()).fill((byte) 0xFF);
    words = larger;
  }

  /// The validity of the first `count` slots; null if none of them is null.
  @Nullable Bits validity(int count) {
    if (words.byteSize() == 0) {
      return null;
    }
    reserve(count);
    Bits bits = new Bits(words, 0, count);
    return bits.count() == count ? null : bits;
  }
}
