package io.lancelot.file;

import io.lancelot.base.Scratch;
import io.lancelot.columnar.FixedColumn;
import io.lancelot.file.proto.CompressiveEncoding;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/// The values of a page, encoded and cut into mini-block chunks. Format: lance-format sections
/// 2.3.1 and 2.6.
///
/// @param encoding what a reader has to undo
/// @param buffers value buffers per chunk
/// @param counts values of each chunk; of all but the last a power of two, at least two
/// @param sizes bytes of each buffer, chunk by chunk
/// @param bytes the buffers without gaps, chunk by chunk
record ValueChunks(
    CompressiveEncoding encoding, int buffers, int[] counts, int[] sizes, MemorySegment bytes) {

  private static final int MAX_VALUES = 4096;
  private static final int FLAT_BUDGET = 8186;
  private static final int VARIABLE_BUDGET = 4096;
  private static final byte PAD = 0x48;

  /// Bytes of all buffers.
  long totalBytes() {
    long total = 0;
    for (int size : sizes) {
      total += size;
    }
    return total;
  }

  /// Chunk lengths for `count` values in chunks of `size`.
  static int[] evenCounts(int count, int size) {
    int chunks = Math.max(1, (int) ((count + (long) size - 1) / size));
    int[] counts = new int[chunks];
    Arrays.fill(counts, size);
    counts[chunks - 1] = count - (chunks - 1) * size;
    return counts;
  }

  /// Slots as they are.
  static ValueChunks flat(PageSlots.Fixed slots, Scratch scratch) {
    int size = 2;
    while (size < MAX_VALUES && (2L * size * slots.bits() + 7) / 8 < FLAT_BUDGET) {
      size *= 2;
    }
    int[] counts = evenCounts(slots.count(), size);
    for (PageSlots.FixedLists layer : slots.lists()) {
      if (layer.validity() != null) {
        return flatWithValidity(slots, counts, scratch);
      }
    }
    int[] sizes = new int[counts.length];
    for (int i = 0; i < counts.length; i++) {
      sizes[i] = (int) (((long) counts[i] * slots.bits() + 7) / 8);
    }
    return new ValueChunks(Encodings.fixed(slots), 1, counts, sizes, slots.data());
  }

  private static ValueChunks flatWithValidity(
      PageSlots.Fixed slots, int[] counts, Scratch scratch) {
    int buffers = 1;
    long total = slots.data().byteSize() + 8L * counts.length;
    for (PageSlots.FixedLists layer : slots.lists()) {
      if (layer.validity() != null) {
        buffers++;
        total += layer.validity().byteSize() + 8L * counts.length;
      }
    }
    int[] sizes = new int[counts.length * buffers];
    MemorySegment bytes = scratch.allocateBytes(total);
    long at = 0;
    int from = 0;
    for (int i = 0; i < counts.length; i++) {
      PageSlots.Fixed chunk = slots.slice(from, counts[i], scratch);
      int buffer = i * buffers;
      for (PageSlots.FixedLists layer : chunk.lists()) {
        MemorySegment validity = layer.validity();
        if (validity != null) {
          MemorySegment.copy(validity, 0, bytes, at, validity.byteSize());
          at += validity.byteSize();
          sizes[buffer++] = (int) validity.byteSize();
        }
      }
      MemorySegment.copy(chunk.data(), 0, bytes, at, chunk.data().byteSize());
      at += chunk.data().byteSize();
      sizes[buffer] = (int) chunk.data().byteSize();
      from += counts[i];
    }
    return new ValueChunks(Encodings.fixed(slots), buffers, counts, sizes, bytes.asSlice(0, at));
  }

  /// Values of varying size, each chunk with its own offsets.
  ///
  /// @param encoding what was done to the values before, with the plain form inside
  /// @param budget target bytes of a chunk; 0 for the usual ones
  static ValueChunks variable(
      PageSlots.Variable slots, CompressiveEncoding encoding, int budget, Scratch scratch) {
    int width = slots.offsetBits() / 8;
    int count = slots.count();
    int[] counts = variableCounts(slots, budget > 0 ? budget : VARIABLE_BUDGET);
    int[] sizes = new int[counts.length];
    long total = slots.totalBytes() + (count + 2L * counts.length) * width;
    MemorySegment bytes = scratch.allocateBytes(total);
    long at = 0;
    int slot = 0;
    for (int i = 0; i < counts.length; i++) {
      long start = slots.from(slot);
      long head = (counts[i] + 1L) * width;
      for (int j = 0; j <= counts[i]; j++) {
        long offset = head + (j == 0 ? 0 : slots.end(slot + j - 1) - start);
        if (width == 4) {
          bytes.set(FixedColumn.INT, at + 4L * j, (int) offset);
        } else {
          bytes.set(FixedColumn.LONG, at + 8L * j, offset);
        }
      }
      slot += counts[i];
      long length = counts[i] == 0 ? 0 : slots.end(slot - 1) - start;
      MemorySegment.copy(slots.data(), start, bytes, at + head, length);
      long size = head + length;
      long padded = (size + width - 1) & -width;
      bytes.asSlice(at + size, padded - size).fill(PAD);
      at += padded;
      sizes[i] = Math.toIntExact(padded);
    }
    return new ValueChunks(encoding, 1, counts, sizes, bytes.asSlice(0, at));
  }

  private static int[] variableCounts(PageSlots.Variable slots, int budget) {
    int width = slots.offsetBits() / 8;
    int count = slots.count();
    int[] counts = new int[count / 2 + 1];
    int chunks = 0;
    int from = 0;
    while (from < count) {
      int left = count - from;
      long start = slots.from(from);
      int size = 2;
      if (left <= MAX_VALUES && (left + 1L) * width + slots.end(count - 1) - start <= budget) {
        size = left;
      } else {
        while (size * 2 <= Math.min(left, MAX_VALUES)
            && (2L * size + 1) * width + slots.end(from + 2 * size - 1) - start <= budget) {
          size *= 2;
        }
      }
      size = Math.min(size, left);
      counts[chunks++] = size;
      from += size;
    }
    return Arrays.copyOf(counts, Math.max(1, chunks));
  }
}
