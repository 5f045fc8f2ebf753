package io.lancelot.file;

import io.lancelot.base.Scratch;
import io.lancelot.columnar.FixedColumn;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/// General compression around values that are encoded already. Format: lance-format section 2.6.7.
final class GeneralValues {

  /// Bytes that are tried before all values of a page are compressed unasked.
  private static final long SAMPLE_BYTES = 256 << 10;

  private GeneralValues() {}

  /// A whole buffer.
  static MemorySegment compress(MemorySegment bytes, GeneralCodec codec, Scratch scratch) {
    MemorySegment packed = scratch.allocateBytes(codec.maxBytes(bytes.byteSize()));
    return packed.asSlice(0, codec.compress(bytes, packed));
  }

  /// Compresses the first buffer of each chunk; null if that does not make the chunks smaller.
  static @Nullable ValueChunks chunks(ValueChunks plain, GeneralCodec codec, Scratch scratch) {
    int[] sizes = plain.sizes().clone();
    long bound = plain.bytes().byteSize();
    for (int i = 0; i < plain.counts().length; i++) {
      int first = sizes[i * plain.buffers()];
      bound += codec.maxBytes(first) - first;
    }
    MemorySegment packed = scratch.allocateBytes(bound);
    long from = 0;
    long at = 0;
    for (int i = 0; i < sizes.length; i++) {
      int size = sizes[i];
      if (i % plain.buffers() == 0) {
        sizes[i] = (int) codec.compress(plain.bytes().asSlice(from, size), packed.asSlice(at));
      } else {
        MemorySegment.copy(plain.bytes(), from, packed, at, size);
      }
      from += size;
      at += sizes[i];
    }
    return at >= from
        ? null
        : new ValueChunks(
            Encodings.general(codec.message(), plain.encoding()),
            plain.buffers(),
            plain.counts(),
            sizes,
            packed.asSlice(0, at));
  }

  /// Whether the first values of a page suggest that compressing each of them pays.
  static boolean promising(PageSlots.Variable slots, GeneralCodec codec, Scratch scratch) {
    long plain = 0;
    long compressed = 0;
    for (int i = 0; i < slots.count() && plain < SAMPLE_BYTES; i++) {
      long from = slots.from(i);
      long length = Math.min(slots.end(i) - from, SAMPLE_BYTES);
      if (length > 0) {
        plain += length;
        compressed += compress(slots.data().asSlice(from, length), codec, scratch).byteSize();
      }
    }
    return compressed < plain - plain / 10;
  }

  /// Compresses each value; the values as they were if that does not make them smaller.
  static TextEncoder.Coded each(TextEncoder.Coded plain, GeneralCodec codec, Scratch scratch) {
    PageSlots.Variable slots = plain.slots();
    long bound = 0;
    for (int i = 0; i < slots.count(); i++) {
      bound += codec.maxBytes(slots.end(i) - slots.from(i));
    }
    if (bound > Integer.MAX_VALUE) {
      return plain;
    }
    MemorySegment data = scratch.allocateBytes(bound);
    MemorySegment offsets = scratch.allocateBytes(4L * slots.count() + 4);
    offsets.set(FixedColumn.INT, 0, 0);
    long at = 0;
    for (int i = 0; i < slots.count(); i++) {
      long from = slots.from(i);
      long length = slots.end(i) - from;
      if (length > 0) {
        at += codec.compress(slots.data().asSlice(from, length), data.asSlice(at));
      }
      offsets.set(FixedColumn.INT, 4L * i + 4, (int) at);
    }
    if (at >= slots.totalBytes()) {
      return plain;
    }
    return new TextEncoder.Coded(
        new PageSlots.Variable(
            slots.count(), slots.offsetBits(), slots.text(), offsets, data.asSlice(0, at)),
        Encodings.general(codec.message(), plain.encoding()));
  }
}
