package io.lancelot.file;

import io.lancelot.base.Scratch;
import io.lancelot.columnar.FixedColumn;
import io.lancelot.kernels.BitPacking;
import io.lancelot.kernels.ByteStreamSplit;
import io.lancelot.kernels.RunLengths;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/// Encodes numbers for mini-block pages: the smallest of plain, packed to few bits, and runs.
/// Format: lance-format sections 2.6.1, 2.6.3 and 2.6.5.
final class FixedEncoder {

  private static final int BLOCK = BitPacking.BLOCK;
  private static final int CHUNK_OVERHEAD = 16;
  private static final int STREAMS_BYTES = 4096;

  private FixedEncoder() {}

  static ValueChunks encode(PageSlots.Fixed slots, EncodingOptions options, Scratch scratch) {
    int bits = slots.bits();
    boolean number = bits == 8 || bits == 16 || bits == 32 || bits == 64;
    if (!number
        || !slots.lists().isEmpty()
        || options.compression() == EncodingOptions.Compression.NONE) {
      return ValueChunks.flat(slots, scratch);
    }
    long plain = slots.data().byteSize() + chunks(slots.count(), 4096 * 8 / bits) * CHUNK_OVERHEAD;
    int[] widths = widths(slots);
    long packed = 0;
    for (int width : widths) {
      packed += bits / 8 + BitPacking.packedBytes(width) + CHUNK_OVERHEAD;
    }
    int runChunk = runChunk(bits);
    long runs = 0;
    for (int from = 0; from < slots.count(); from += runChunk) {
      int count = Math.min(runChunk, slots.count() - from);
      runs += RunLengths.countRuns(bits, slots.data(), (long) from * bits / 8, count);
    }
    long runBytes = runs * (bits / 8 + 1) + chunks(slots.count(), runChunk) * CHUNK_OVERHEAD;
    boolean fewRuns = options.runThreshold() == 1 || runs < options.runThreshold() * slots.count();
    if (fewRuns && runBytes < plain && runBytes < packed) {
      return runs(slots, runs, scratch);
    }
    return packed < plain ? packed(slots, widths, scratch) : ValueChunks.flat(slots, scratch);
  }

  /// The bytes of numbers in streams, all first bytes of a chunk before all second ones: a form
  /// that only compresses better. Null for slots that are not numbers of 32 or 64 bits.
  static @Nullable ValueChunks byteStreams(PageSlots.Fixed slots, Scratch scratch) {
    int bits = slots.bits();
    if (bits != 32 && bits != 64 || !slots.lists().isEmpty()) {
      return null;
    }
    int[] counts = ValueChunks.evenCounts(slots.count(), STREAMS_BYTES * 8 / bits);
    int[] sizes = new int[counts.length];
    MemorySegment bytes = scratch.allocateBytes(slots.data().byteSize());
    ByteStreamSplit streams = new ByteStreamSplit();
    long at = 0;
    for (int i = 0; i < sizes.length; i++) {
      sizes[i] = counts[i] * bits / 8;
      streams.split(bits, slots.data(), at, counts[i], bytes.asSlice(at, sizes[i]));
      at += sizes[i];
    }
    return new ValueChunks(Encodings.byteStreamSplit(bits), 1, counts, sizes, bytes);
  }

  private static long chunks(int count, int size) {
    return (count + size - 1L) / size;
  }

  /// The worst chunk must stay below 32 KiB in 2.1.
  private static int runChunk(int bits) {
    return bits == 64 ? 2048 : 4096;
  }

  private static int[] widths(PageSlots.Fixed slots) {
    int[] widths = new int[(int) chunks(slots.count(), BLOCK)];
    int bits = slots.bits();
    for (int i = 0; i < widths.length; i++) {
      int from = i * BLOCK;
      int count = Math.min(BLOCK, slots.count() - from);
      widths[i] = BitPacking.bitWidth(bits, slots.data(), (long) from * bits / 8, count);
    }
    return widths;
  }

  private static ValueChunks packed(PageSlots.Fixed slots, int[] widths, Scratch scratch) {
    int bits = slots.bits();
    int[] counts = ValueChunks.evenCounts(slots.count(), BLOCK);
    int[] sizes = new int[counts.length];
    long total = 0;
    for (int i = 0; i < sizes.length; i++) {
      sizes[i] = bits / 8 + BitPacking.packedBytes(widths[i]);
      total += sizes[i];
    }
    MemorySegment bytes = scratch.allocateBytes(total);
    BitPacking packing = new BitPacking();
    long at = 0;
    for (int i = 0; i < sizes.length; i++) {
      putWidth(bytes, at, bits, widths[i]);
      MemorySegment block = slots.data();
      long from = (long) i * BLOCK * bits / 8;
      if (counts[i] < BLOCK) {
        block = scratch.allocateBytes((long) BLOCK * bits / 8);
        long used = (long) counts[i] * bits / 8;
        MemorySegment.copy(slots.data(), from, block, 0, used);
        block.asSlice(used).fill((byte) 0);
        from = 0;
      }
      packing.pack(bits, widths[i], block, from, bytes, at + bits / 8);
      at += sizes[i];
    }
    return new ValueChunks(Encodings.inlineBitpacking(bits), 1, counts, sizes, bytes);
  }

  private static void putWidth(MemorySegment target, long at, int bits, int width) {
    switch (bits) {
      case 8 -> target.set(ValueLayout.JAVA_BYTE, at, (byte) width);
      case 16 -> target.set(FixedColumn.SHORT, at, (short) width);
      case 32 -> target.set(FixedColumn.INT, at, width);
      default -> target.set(FixedColumn.LONG, at, width);
    }
  }

  private static ValueChunks runs(PageSlots.Fixed slots, long runCount, Scratch scratch) {
    int bits = slots.bits();
    int[] counts = ValueChunks.evenCounts(slots.count(), runChunk(bits));
    int[] sizes = new int[2 * counts.length];
    MemorySegment bytes = scratch.allocateBytes(runCount * (bits / 8 + 1));
    long at = 0;
    long from = 0;
    for (int i = 0; i < counts.length; i++) {
      long runs = RunLengths.countRuns(bits, slots.data(), from, counts[i]);
      long valueBytes = runs * bits / 8;
      RunLengths.encode(
          bits,
          slots.data(),
          from,
          counts[i],
          bytes.asSlice(at, valueBytes),
          bytes.asSlice(at + valueBytes, runs));
      sizes[2 * i] = (int) valueBytes;
      sizes[2 * i + 1] = (int) runs;
      at += valueBytes + runs;
      from += (long) counts[i] * bits / 8;
    }
    return new ValueChunks(Encodings.rle(bits), 2, counts, sizes, bytes);
  }
}
