package io.lancelot.file;

import io.lancelot.base.Scratch;
import io.lancelot.columnar.FixedColumn;
import io.lancelot.file.proto.CompressiveEncoding;
import io.lancelot.kernels.BitPacking;
import io.lancelot.kernels.RunLengths;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/// One stream of levels of a page, encoded chunk by chunk. Format: lance-format sections 2.3.2 and
/// 2.6.8.
///
/// @param encoding what a reader has to undo
/// @param sizes bytes of each chunk's levels
/// @param bytes the chunks' levels without gaps
record LevelChunks(CompressiveEncoding encoding, int[] sizes, MemorySegment bytes) {

  private static final int BITS = 16;
  private static final int BLOCK = BitPacking.BLOCK;
  private static final int MAX_BYTES = 0xFFFF;

  /// The smallest form of the levels.
  ///
  /// @param ends where each chunk's levels end
  /// @param runs whether the version knows run lengths for levels
  /// @return null if a chunk's levels are too long in every form
  static @Nullable LevelChunks of(MemorySegment levels, int[] ends, boolean runs, Scratch scratch) {
    return of(levels, ends, runs, MAX_BYTES, scratch);
  }

  /// The smallest form of the levels of a page without chunks.
  static LevelChunks single(MemorySegment levels, int count, Scratch scratch) {
    int[] ends = {count};
    LevelChunks smallest = of(levels, ends, true, Integer.MAX_VALUE, scratch);
    return smallest != null
        ? smallest
        : new LevelChunks(Encodings.flat(BITS), plainSizes(ends), levels);
  }

  private static @Nullable LevelChunks of(
      MemorySegment levels, int[] ends, boolean runs, int maxBytes, Scratch scratch) {
    int[] plain = plainSizes(ends);
    int[] packed = inline(ends) ? inlineSizes(levels, ends) : blockSizes(levels, ends);
    int[] run = runs ? runSizes(levels, ends) : plain;
    long plainBytes = total(plain, maxBytes);
    long packedBytes = total(packed, maxBytes);
    long runBytes = total(run, maxBytes);
    if (runs && runBytes < plainBytes && runBytes <= packedBytes) {
      return runs(levels, ends, run, scratch);
    }
    if (packedBytes < plainBytes) {
      return inline(ends)
          ? inline(levels, ends, packed, scratch)
          : blocks(levels, ends, packed, scratch);
    }
    return plainBytes == Long.MAX_VALUE
        ? null
        : new LevelChunks(Encodings.flat(BITS), plain, levels);
  }

  private static long total(int[] sizes, int maxBytes) {
    long total = 0;
    for (int size : sizes) {
      if (size > maxBytes) {
        return Long.MAX_VALUE;
      }
      total += (size + 7) & -8;
    }
    return total;
  }

  private static int from(int[] ends, int chunk) {
    return chunk == 0 ? 0 : ends[chunk - 1];
  }

  private static int[] plainSizes(int[] ends) {
    int[] sizes = new int[ends.length];
    for (int i = 0; i < ends.length; i++) {
      sizes[i] = 2 * (ends[i] - from(ends, i));
    }
    return sizes;
  }

  private static boolean inline(int[] ends) {
    for (int i = 0; i < ends.length; i++) {
      if (ends[i] - from(ends, i) > BLOCK) {
        return false;
      }
    }
    return true;
  }

  private static int[] inlineSizes(MemorySegment levels, int[] ends) {
    int[] sizes = new int[ends.length];
    for (int i = 0; i < ends.length; i++) {
      int from = from(ends, i);
      int width = BitPacking.bitWidth(BITS, levels, 2L * from, ends[i] - from);
      sizes[i] = 2 + BitPacking.packedBytes(width);
    }
    return sizes;
  }

  private static LevelChunks inline(
      MemorySegment levels, int[] ends, int[] sizes, Scratch scratch) {
    MemorySegment bytes = scratch.allocateBytes(exact(sizes));
    BitPacking packing = new BitPacking();
    MemorySegment padded = scratch.allocateBytes(2L * BLOCK);
    long at = 0;
    for (int i = 0; i < ends.length; i++) {
      int from = from(ends, i);
      int width = (sizes[i] - 2) / BitPacking.packedBytes(1);
      bytes.set(FixedColumn.SHORT, at, (short) width);
      copyPadded(levels, from, ends[i] - from, padded);
      packing.pack(BITS, width, padded, 0, bytes, at + 2);
      at += sizes[i];
    }
    return new LevelChunks(Encodings.inlineBitpacking(BITS), sizes, bytes);
  }

  private static void copyPadded(MemorySegment levels, int from, int count, MemorySegment padded) {
    MemorySegment.copy(levels, 2L * from, padded, 0, 2L * count);
    padded.asSlice(2L * count).fill((byte) 0);
  }

  private static int width(MemorySegment levels, int[] ends) {
    return BitPacking.bitWidth(BITS, levels, 0, ends[ends.length - 1]);
  }

  /// Whether the last, partial block of a chunk is packed rather than stored as it is. A reader
  /// tells by the length, so equal lengths must be raw.
  private static boolean packsTail(int width, int tail) {
    return width * (BLOCK - tail) < (BITS - width) * tail;
  }

  private static int[] blockSizes(MemorySegment levels, int[] ends) {
    int width = width(levels, ends);
    int[] sizes = new int[ends.length];
    for (int i = 0; i < ends.length; i++) {
      int count = ends[i] - from(ends, i);
      int tail = count % BLOCK;
      int tailBytes = packsTail(width, tail) && tail > 0 ? BitPacking.packedBytes(width) : 2 * tail;
      sizes[i] = count / BLOCK * BitPacking.packedBytes(width) + tailBytes;
    }
    return sizes;
  }

  private static LevelChunks blocks(
      MemorySegment levels, int[] ends, int[] sizes, Scratch scratch) {
    int width = width(levels, ends);
    MemorySegment bytes = scratch.allocateBytes(exact(sizes));
    BitPacking packing = new BitPacking();
    MemorySegment padded = scratch.allocateBytes(2L * BLOCK);
    long at = 0;
    for (int i = 0; i < ends.length; i++) {
      int from = from(ends, i);
      for (; from + BLOCK <= ends[i]; from += BLOCK) {
        packing.pack(BITS, width, levels, 2L * from, bytes, at);
        at += BitPacking.packedBytes(width);
      }
      int tail = ends[i] - from;
      if (tail > 0 && packsTail(width, tail)) {
        copyPadded(levels, from, tail, padded);
        packing.pack(BITS, width, padded, 0, bytes, at);
        at += BitPacking.packedBytes(width);
      } else {
        MemorySegment.copy(levels, 2L * from, bytes, at, 2L * tail);
        at += 2L * tail;
      }
    }
    return new LevelChunks(Encodings.outOfLineBitpacking(BITS, width), sizes, bytes);
  }

  private static int[] runSizes(MemorySegment levels, int[] ends) {
    int[] sizes = new int[ends.length];
    for (int i = 0; i < ends.length; i++) {
      int from = from(ends, i);
      sizes[i] = 8 + 3 * (int) RunLengths.countRuns(BITS, levels, 2L * from, ends[i] - from);
    }
    return sizes;
  }

  private static LevelChunks runs(MemorySegment levels, int[] ends, int[] sizes, Scratch scratch) {
    MemorySegment bytes = scratch.allocateBytes(exact(sizes));
    long at = 0;
    for (int i = 0; i < ends.length; i++) {
      int from = from(ends, i);
      long runs = (sizes[i] - 8) / 3;
      bytes.set(FixedColumn.LONG, at, 2 * runs);
      RunLengths.encode(
          BITS,
          levels,
          2L * from,
          ends[i] - from,
          bytes.asSlice(at + 8, 2 * runs),
          bytes.asSlice(at + 8 + 2 * runs, runs));
      at += sizes[i];
    }
    return new LevelChunks(Encodings.rle(BITS), sizes, bytes);
  }

  private static long exact(int[] sizes) {
    long total = 0;
    for (int size : sizes) {
      total += size;
    }
    return total;
  }
}
