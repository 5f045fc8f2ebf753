package io.lancelot.columnar;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/// An immutable view of a bitmap: bit `i` is bit `(offset + i) % 8`, counted from the least
/// significant, of byte `(offset + i) / 8`. As validity, 1 means valid.
///
/// @param segment the bytes
/// @param offset position of the first bit, in bits
/// @param length number of bits
public record Bits(MemorySegment segment, long offset, int length) {

  private static final ValueLayout.OfLong LONG_LE =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  public Bits {
    if (offset < 0 || length < 0 || (offset + length + 7) / 8 > segment.byteSize()) {
      throw new IllegalArgumentException(
          "bitmap too short: expected="
              + (offset + length)
              + " bits, found="
              + segment.byteSize() * 8);
    }
  }

  /// A bitmap that starts at the first bit of `segment`.
  public static Bits of(MemorySegment segment, int length) {
    return new Bits(segment, 0, length);
  }

  /// Bit `index`, which must be below [#length()]: this is not checked here.
  public boolean get(int index) {
    long bit = offset + index;
    return (segment.get(ValueLayout.JAVA_BYTE, bit >>> 3) >>> (bit & 7) & 1) != 0;
  }

  /// Bits `[index, index + 64)` as a word, bit `index` lowest; bits at and past [#length()] are
  /// zero.
  public long word(int index) {
    int left = length - index;
    if (left <= 0) {
      return 0;
    }
    long bit = offset + index;
    long at = bit >>> 3;
    int shift = (int) (bit & 7);
    long available = segment.byteSize() - at;
    long low;
    if (available >= 8) {
      low = segment.get(LONG_LE, at) >>> shift;
      if (shift != 0 && available > 8) {
        low |= (segment.get(ValueLayout.JAVA_BYTE, at + 8) & 0xFFL) << (64 - shift);
      }
    } else {
      low = 0;
      for (int i = 0; i < available; i++) {
        low |= (segment.get(ValueLayout.JAVA_BYTE, at + i) & 0xFFL) << (8 * i);
      }
      low >>>= shift;
    }
    return left >= 64 ? low : low & ((1L << left) - 1);
  }

  /// Number of ones.
  public int count() {
    int ones = 0;
    for (long i = 0; i < length; i += 64) {
      ones += Long.bitCount(word((int) i));
    }
    return ones;
  }

  public Bits slice(int from, int count) {
    if (from < 0 || count < 0 || from > length - count) {
      throw new IndexOutOfBoundsException("bits [" + from + ", +" + count + ") of " + length);
    }
    return new Bits(segment, offset + from, count);
  }

  /// A copy that starts at bit 0 and whose unused last bits are zero; as many bytes as the bits
  /// need, rounded up to eight.
  public Bits compact(SegmentAllocator allocator) {
    long words = (length + 63L) / 64;
    MemorySegment copy = allocator.allocate(words * 8, 8);
    for (int i = 0; i < words; i++) {
      copy.set(LONG_LE, i * 8L, word(i * 64));
    }
    return new Bits(copy, 0, length);
  }

  /// `length` ones.
  public static Bits ones(int length, SegmentAllocator allocator) {
    MemorySegment bytes = allocator.allocate((length + 63L) / 64 * 8, 8);
    bytes.fill((byte) 0xFF);
    return new Bits(bytes, 0, length);
  }
}
