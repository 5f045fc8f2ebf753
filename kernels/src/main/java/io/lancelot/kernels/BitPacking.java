package io.lancelot.kernels;

import io.lancelot.base.InvalidInputException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;

/// Packs and unpacks blocks of 1,024 unsigned integers of 8, 16, 32 or 64 bits in the transposed
/// layout of FastLanes.
///
/// A row of the transposed block is always 128 bytes, whatever the type: so many lanes lie side by
/// side. Rows are therefore worked on as sixteen longs, each holding several lanes, and one loop
/// serves every type; a mask repeated over the lanes keeps bits from crossing between them.
///
/// An instance holds its work area and is not thread-safe.
///
/// Format: `InlineBitpacking` and `OutOfLineBitpacking` of Lance; FastLanes, VLDB 2023.
public final class BitPacking {

  /// Values in a block.
  public static final int BLOCK = 1024;

  private static final int ROW_LONGS = 16;
  private static final int ROW_BYTES = 8 * ROW_LONGS;
  private static final int[] ROW_GROUP_ORDER = {0, 4, 2, 6, 1, 5, 3, 7};

  /// Where each number stands in that order.
  private static final int[] GROUP_OF = {0, 4, 2, 6, 1, 5, 3, 7};

  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final long[] packed = new long[BLOCK];
  private final long[] plain = new long[BLOCK];

  /// The bytes of a block packed to `width` bits a value.
  public static int packedBytes(int width) {
    return BLOCK / Byte.SIZE * width;
  }

  /// Unpacks one block: reads [#packedBytes] of `width` at `sourceOffset`, writes 1,024 values of
  /// `bits` bits at `targetOffset`.
  ///
  /// @throws io.lancelot.base.CorruptDataException if `width` exceeds `bits` or the source ends
  ///   early
  public void unpack(
      int bits,
      int width,
      MemorySegment source,
      long sourceOffset,
      MemorySegment target,
      long targetOffset) {
    checkBits(bits);
    checkBlock(bits, width, source, sourceOffset);
    MemorySegment.copy(source, LONG, sourceOffset, packed, 0, ROW_LONGS * width);
    unpackRows(bits, width, packed, plain);
    MemorySegment.copy(plain, 0, target, LONG, targetOffset, ROW_LONGS * bits);
  }

  /// One value of a packed block: where few are wanted, cheaper than unpacking all.
  ///
  /// @param index of the value in the block
  /// @throws io.lancelot.base.CorruptDataException if the source ends early
  public static long value(int bits, int width, MemorySegment source, long offset, int index) {
    checkBits(bits);
    checkBlock(bits, width, source, offset);
    if (width == 0) {
      return 0;
    }
    int lanes = BLOCK / bits;
    int within = index & 127;
    int row = GROUP_OF[within / lanes * lanes >>> 4] << 3 | index >>> 7;
    int lane = within % lanes;
    int bit = row * width;
    long at = offset + (long) (bit / bits) * ROW_BYTES + (long) lane * bits / Byte.SIZE;
    int shift = bit % bits;
    long value = word(bits, source, at) >>> shift;
    if (shift + width > bits) {
      value |= word(bits, source, at + ROW_BYTES) << (bits - shift);
    }
    return width == Long.SIZE ? value : value & (1L << width) - 1;
  }

  private static long word(int bits, MemorySegment source, long at) {
    return switch (bits) {
      case 8 -> source.get(ValueLayout.JAVA_BYTE, at) & 0xffL;
      case 16 -> source.get(ScalarKernels.SHORT, at) & 0xffffL;
      case 32 -> source.get(INT, at) & 0xffff_ffffL;
      default -> source.get(LONG, at);
    };
  }

  private static void checkBlock(int bits, int width, MemorySegment source, long offset) {
    if (width < 0 || width > bits) {
      throw Bytes.corrupt("bit packing", "width", "0.." + bits, width, offset);
    }
    if (offset < 0 || packedBytes(width) > source.byteSize() - offset) {
      throw Bytes.corrupt(
          "bit packing",
          "block of width " + width,
          packedBytes(width) + " bytes",
          source.byteSize() - offset,
          offset);
    }
  }

  /// Packs one block of 1,024 values of `bits` bits to their low `width` bits; higher bits are
  /// dropped. Writes [#packedBytes] of `width`.
  public void pack(
      int bits,
      int width,
      MemorySegment source,
      long sourceOffset,
      MemorySegment target,
      long targetOffset) {
    checkBits(bits);
    if (width < 0 || width > bits) {
      throw new InvalidInputException(
          "bit packing: width: expected 0.." + bits + ", found " + width);
    }
    MemorySegment.copy(source, LONG, sourceOffset, plain, 0, ROW_LONGS * bits);
    packRows(bits, width, plain, packed);
    MemorySegment.copy(packed, 0, target, LONG, targetOffset, ROW_LONGS * width);
  }

  private static void unpackRows(int bits, int width, long[] in, long[] out) {
    for (int row = 0; row < bits; row++) {
      int to = rowStart(bits, row);
      int bit = row * width;
      int from = bit / bits * ROW_LONGS;
      int shift = bit % bits;
      int low = Math.min(width, bits - shift);
      long lowMask = repeatedMask(bits, low);
      if (low == width) {
        takeWhole(in, from, shift, lowMask, out, to);
      } else {
        long highMask = repeatedMask(bits, width) & ~lowMask;
        takeSplit(in, from, shift, lowMask, bits - shift, highMask, out, to);
      }
    }
  }

  private static void takeWhole(long[] in, int from, int shift, long mask, long[] out, int to) {
    for (int i = 0; i < ROW_LONGS; i++) {
      out[to + i] = in[from + i] >>> shift & mask;
    }
  }

  private static void takeSplit(
      long[] in, int from, int down, long lowMask, int up, long highMask, long[] out, int to) {
    for (int i = 0; i < ROW_LONGS; i++) {
      out[to + i] = (in[from + i] >>> down & lowMask) | (in[from + ROW_LONGS + i] << up & highMask);
    }
  }

  private static void packRows(int bits, int width, long[] in, long[] out) {
    Arrays.fill(out, 0, ROW_LONGS * width, 0);
    for (int row = 0; row < bits && width > 0; row++) {
      int from = rowStart(bits, row);
      int bit = row * width;
      int to = bit / bits * ROW_LONGS;
      int shift = bit % bits;
      int low = Math.min(width, bits - shift);
      long lowMask = repeatedMask(bits, low);
      for (int i = 0; i < ROW_LONGS; i++) {
        out[to + i] |= (in[from + i] & lowMask) << shift;
      }
      if (low < width) {
        long highMask = repeatedMask(bits, width) & ~lowMask;
        for (int i = 0; i < ROW_LONGS; i++) {
          out[to + ROW_LONGS + i] |= (in[from + i] & highMask) >>> low;
        }
      }
    }
  }

  /// Where the values of a transposed row start, in longs.
  private static int rowStart(int bits, int row) {
    return (ROW_GROUP_ORDER[row >>> 3] * 16 + (row & 7) * 128) * bits / Long.SIZE;
  }

  /// The low `width` bits of every lane of `bits` bits in a long.
  private static long repeatedMask(int bits, int width) {
    long mask = width == Long.SIZE ? -1L : (1L << width) - 1;
    for (int b = bits; b < Long.SIZE; b <<= 1) {
      mask |= mask << b;
    }
    return mask;
  }

  /// The bits that the largest of `count` unsigned values of `bits` bits needs, 0 if all are zero.
  public static int bitWidth(int bits, MemorySegment values, long offset, long count) {
    checkBits(bits);
    long bytes = count * (bits / Byte.SIZE);
    long whole = bytes & -Long.BYTES;
    long any = 0;
    for (long i = 0; i < whole; i += Long.BYTES) {
      any |= values.get(LONG, offset + i);
    }
    for (long i = whole; i < bytes; i++) {
      long b = values.get(ValueLayout.JAVA_BYTE, offset + i) & 0xffL;
      any |= b << (i % Long.BYTES * Byte.SIZE);
    }
    for (int b = Long.SIZE / 2; b >= bits; b >>>= 1) {
      any |= any >>> b;
    }
    if (bits < Long.SIZE) {
      any &= (1L << bits) - 1;
    }
    return Long.SIZE - Long.numberOfLeadingZeros(any);
  }

  static void checkBits(int bits) {
    if (bits != 8 && bits != 16 && bits != 32 && bits != 64) {
      throw new InvalidInputException("value bits: expected 8, 16, 32 or 64, found " + bits);
    }
  }
}
