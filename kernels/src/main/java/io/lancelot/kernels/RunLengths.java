package io.lancelot.kernels;

import io.lancelot.base.InvalidInputException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/// Run-length coding: values of 8, 16, 32 or 64 bits beside one unsigned byte of run length each.
/// Runs longer than 255 are repeated.
///
/// Format: `Rle` of Lance up to 2.2.
public final class RunLengths {

  private static final int MAX_RUN = 255;

  private static final ValueLayout.OfByte BYTE = ValueLayout.JAVA_BYTE;
  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private RunLengths() {}

  /// Expands the runs to exactly `count` values at `targetOffset`. The number of runs is the length
  /// of `lengths`.
  ///
  /// @throws io.lancelot.base.CorruptDataException if there are not as many values as lengths, or
  ///   the lengths do not add up to `count`
  public static void expand(
      int bits,
      MemorySegment values,
      MemorySegment lengths,
      MemorySegment target,
      long targetOffset,
      long count) {
    BitPacking.checkBits(bits);
    int size = bits / Byte.SIZE;
    long runs = lengths.byteSize();
    if (values.byteSize() != runs * size) {
      throw Bytes.corrupt("run lengths", "bytes of values", runs * size, values.byteSize(), 0);
    }
    long at = 0;
    for (long run = 0; run < runs; run++) {
      int length = lengths.get(BYTE, run) & 0xff;
      if (length > count - at) {
        throw Bytes.corrupt("run lengths", "run", "at most " + (count - at), length, run);
      }
      fill(bits, values, run, target, targetOffset + at * size, length);
      at += length;
    }
    if (at != count) {
      throw Bytes.corrupt("run lengths", "sum of the runs", count, at, runs);
    }
  }

  private static void fill(
      int bits, MemorySegment values, long run, MemorySegment target, long at, int length) {
    switch (bits) {
      case 8 -> {
        byte value = values.get(BYTE, run);
        for (int i = 0; i < length; i++) {
          target.set(BYTE, at + i, value);
        }
      }
      case 16 -> {
        short value = values.get(SHORT, run * 2);
        for (int i = 0; i < length; i++) {
          target.set(SHORT, at + i * 2L, value);
        }
      }
      case 32 -> {
        int value = values.get(INT, run * 4);
        for (int i = 0; i < length; i++) {
          target.set(INT, at + i * 4L, value);
        }
      }
      default -> {
        long value = values.get(LONG, run * 8);
        for (int i = 0; i < length; i++) {
          target.set(LONG, at + i * 8L, value);
        }
      }
    }
  }

  /// The number of runs that [#encode] writes for the values.
  public static long countRuns(int bits, MemorySegment source, long sourceOffset, long count) {
    BitPacking.checkBits(bits);
    long runs = 0;
    for (long at = 0; at < count; runs++) {
      at += runLength(bits, source, sourceOffset, at, count);
    }
    return runs;
  }

  /// Writes the runs of `count` values and returns their number, at most `count`.
  ///
  /// @throws InvalidInputException if `values` or `lengths` has no room for them
  public static long encode(
      int bits,
      MemorySegment source,
      long sourceOffset,
      long count,
      MemorySegment values,
      MemorySegment lengths) {
    BitPacking.checkBits(bits);
    int size = bits / Byte.SIZE;
    long room = Math.min(values.byteSize() / size, lengths.byteSize());
    long runs = 0;
    for (long at = 0; at < count; runs++) {
      if (runs == room) {
        throw new InvalidInputException(
            "run lengths: room for runs: expected more than " + room + ", found " + room);
      }
      int length = runLength(bits, source, sourceOffset, at, count);
      MemorySegment.copy(source, sourceOffset + at * size, values, runs * size, size);
      lengths.set(BYTE, runs, (byte) length);
      at += length;
    }
    return runs;
  }

  private static int runLength(int bits, MemorySegment source, long offset, long at, long count) {
    int most = (int) Math.min(MAX_RUN, count - at);
    long value = valueAt(bits, source, offset, at);
    int length = 1;
    while (length < most && valueAt(bits, source, offset, at + length) == value) {
      length++;
    }
    return length;
  }

  private static long valueAt(int bits, MemorySegment source, long offset, long index) {
    return switch (bits) {
      case 8 -> source.get(BYTE, offset + index);
      case 16 -> source.get(SHORT, offset + index * 2);
      case 32 -> source.get(INT, offset + index * 4);
      default -> source.get(LONG, offset + index * 8);
    };
  }
}
