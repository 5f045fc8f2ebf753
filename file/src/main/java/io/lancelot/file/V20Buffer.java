package io.lancelot.file;

import io.lancelot.file.proto.BufferCompression;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/// A buffer of a page of a 2.0 file, plain or compressed as a whole.
final class V20Buffer {

  private final PageContext page;
  private final long position;
  private final long size;
  private final @Nullable BufferCompression compression;

  /// @param position where it lies in the file, checked
  /// @param size stored bytes
  V20Buffer(PageContext page, long position, long size, @Nullable BufferCompression compression) {
    this.page = page;
    this.position = position;
    this.size = size;
    this.compression = compression;
  }

  PageContext page() {
    return page;
  }

  /// Plain bytes `[from, from + length)`, valid as long as the memory of the read.
  MemorySegment bytes(long from, long length, V20State state) {
    if (compression == null) {
      if (from < 0 || length < 0 || from > size - length) {
        throw page.corrupt("range of a page buffer", "inside " + size, from + "+" + length);
      }
      return page.file().view(position + from, length, state.scratch());
    }
    MemorySegment plain = state.plain(this);
    if (from < 0 || length < 0 || from > plain.byteSize() - length) {
      throw page.corrupt(
          "range of a page buffer", "inside " + plain.byteSize(), from + "+" + length);
    }
    return plain.asSlice(from, length);
  }

  /// All plain bytes of a compressed buffer, in memory of their own.
  MemorySegment decompress(V20State state) {
    MemorySegment stored = page.file().view(position, size, state.scratch());
    return BlockDecoder.decompress(
        java.util.Objects.requireNonNull(compression),
        stored,
        state.codecs(),
        GrowingMemory.lasting(),
        page);
  }
}
