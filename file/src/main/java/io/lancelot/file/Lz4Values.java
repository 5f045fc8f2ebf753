package io.lancelot.file;

import io.lancelot.base.Scratch;
import io.lancelot.columnar.FixedColumn;
import io.lancelot.kernels.Lz4;
import java.lang.foreign.MemorySegment;

/// LZ4 around values, where a field asks for it. Format: lance-format section 2.6.7.
final class Lz4Values {

  private Lz4Values() {}

  /// Length of the plain bytes, then the block.
  static MemorySegment compress(MemorySegment bytes, Lz4 lz4, Scratch scratch) {
    MemorySegment packed = scratch.allocateBytes(4 + Lz4.maxCompressedBytes(bytes.byteSize()));
    return packed.asSlice(0, compress(bytes, lz4, packed));
  }

  private static long compress(MemorySegment bytes, Lz4 lz4, MemorySegment packed) {
    packed.set(FixedColumn.INT, 0, (int) bytes.byteSize());
    return 4 + lz4.compress(bytes, packed.asSlice(4));
  }

  /// Compresses the first buffer of each chunk; the chunks as they were if that does not make them
  /// smaller.
  static ValueChunks chunks(ValueChunks plain, Scratch scratch) {
    int[] sizes = plain.sizes().clone();
    long bound = plain.bytes().byteSize();
    for (int i = 0; i < plain.counts().length; i++) {
      int first = sizes[i * plain.buffers()];
      bound += 4 + Lz4.maxCompressedBytes(first) - first;
    }
    MemorySegment packed = scratch.allocateBytes(bound);
    Lz4 lz4 = new Lz4();
    long from = 0;
    long at = 0;
    for (int i = 0; i < sizes.length; i++) {
      int size = sizes[i];
      if (i % plain.buffers() == 0) {
        sizes[i] = (int) compress(plain.bytes().asSlice(from, size), lz4, packed.asSlice(at));
      } else {
        MemorySegment.copy(plain.bytes(), from, packed, at, size);
      }
      from += size;
      at += sizes[i];
    }
    return at >= from
        ? plain
        : new ValueChunks(
            Encodings.lz4(plain.encoding()),
            plain.buffers(),
            plain.counts(),
            sizes,
            packed.asSlice(0, at));
  }

  /// Compresses each value.
  static TextEncoder.Coded each(TextEncoder.Coded plain, Scratch scratch) {
    PageSlots.Variable slots = plain.slots();
    long bound = 0;
    for (int i = 0; i < slots.count(); i++) {
      bound += 4 + Lz4.maxCompressedBytes(slots.end(i) - slots.from(i));
    }
    if (bound > Integer.MAX_VALUE) {
      return plain;
    }
    MemorySegment data = scratch.allocateBytes(bound);
    MemorySegment offsets = scratch.allocateBytes(4L * slots.count() + 4);
    offsets.set(FixedColumn.INT, 0, 0);
    Lz4 lz4 = new Lz4();
    long at = 0;
    for (int i = 0; i < slots.count(); i++) {
      long from = slots.from(i);
      long length = slots.end(i) - from;
      if (length > 0) {
        at += compress(slots.data().asSlice(from, length), lz4, data.asSlice(at));
      }
      offsets.set(FixedColumn.INT, 4L * i + 4, (int) at);
    }
    if (at >= slots.totalBytes()) {
      return plain;
    }
    return new TextEncoder.Coded(
        new PageSlots.Variable(
            slots.count(), slots.offsetBits(), slots.text(), offsets, data.asSlice(0, at)),
        Encodings.lz4(plain.encoding()));
  }
}
