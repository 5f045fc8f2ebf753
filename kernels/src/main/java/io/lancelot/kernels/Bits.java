package io.lancelot.kernels;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/// One bit per row, least significant bit of each byte first, as in Arrow: bit `offset + i` of
/// `bytes` belongs to row `i`. A view; whoever made the memory owns it.
public record Bits(MemorySegment bytes, long offset) {

  private static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  public Bits {
    if (offset < 0) {
      throw new IndexOutOfBoundsException("negative bit offset: " + offset);
    }
  }

  /// The bits of the first rows of `bytes`.
  public static Bits of(MemorySegment bytes) {
    return new Bits(bytes, 0);
  }

  /// The bits of 64 rows from `row` on. Bits beyond the end of the memory are zero.
  long word(long row) {
    long bit = offset + row;
    long at = bit >>> 3;
    int shift = (int) (bit & 7);
    long size = bytes.byteSize();
    if (at + 9 <= size) {
      long low = bytes.get(LONG, at) >>> shift;
      return shift == 0
          ? low
          : low | (long) bytes.get(ValueLayout.JAVA_BYTE, at + 8) << (64 - shift);
    }
    long word = 0;
    for (int i = 0; i <= 8 && at + i < size; i++) {
      long next = bytes.get(ValueLayout.JAVA_BYTE, at + i) & 0xffL;
      int to = 8 * i - shift;
      word |= to < 0 ? next >>> -to : to < 64 ? next << to : 0;
    }
    return word;
  }

  /// @throws IndexOutOfBoundsException if there are fewer than `rows` bits
  void check(long rows) {
    long available = bytes.byteSize() > Long.MAX_VALUE / 8 ? Long.MAX_VALUE : bytes.byteSize() * 8;
    if (rows > available - offset) {
      throw new IndexOutOfBoundsException(
          "bitmap too short: expected="
              + rows
              + " bits from "
              + offset
              + ", found="
              + bytes.byteSize()
              + " bytes");
    }
  }
}
