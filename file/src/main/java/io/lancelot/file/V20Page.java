package io.lancelot.file;

import io.lancelot.file.proto.BufferCompression;
import io.lancelot.file.proto.Encodings20;
import org.jspecify.annotations.Nullable;

/// A page of a 2.0 file with all buffers its encoding may refer to.
///
/// @param context the page and its own buffers
/// @param columnBuffers position and size of each buffer of the column
/// @param fileBuffers position and size of each buffer of the file
record V20Page(PageContext context, long[] columnBuffers, long[] fileBuffers) {

  /// @param compression how all of the buffer is compressed, as the encoding says
  V20Buffer buffer(Encodings20.Buffer buffer, Encodings20.@Nullable Compression compression) {
    int index = buffer.getBufferIndex();
    BufferCompression general = compression == null ? null : general(compression);
    return switch (buffer.getBufferType()) {
      case PAGE -> {
        require(index, context.bufferCount());
        yield new V20Buffer(context, context.positions()[index], context.sizes()[index], general);
      }
      case COLUMN -> other(columnBuffers, index, general);
      case FILE -> other(fileBuffers, index, general);
      case UNRECOGNIZED -> throw context.corrupt("owner of a buffer", "0, 1 or 2", "another");
    };
  }

  private V20Buffer other(long[] buffers, int index, @Nullable BufferCompression compression) {
    require(index, buffers.length / 2);
    return new V20Buffer(context, buffers[2 * index], buffers[2 * index + 1], compression);
  }

  private void require(int index, int count) {
    context.require(
        index >= 0 && index < count, "buffer", "below " + count, Integer.toUnsignedString(index));
  }

  private @Nullable BufferCompression general(Encodings20.Compression compression) {
    BufferCompression.Scheme scheme =
        switch (compression.getScheme()) {
          case "", "none" -> null;
          case "zstd" -> BufferCompression.Scheme.ZSTD;
          case "lz4" -> BufferCompression.Scheme.LZ4;
          default -> throw context.unsupported("compression scheme " + compression.getScheme());
        };
    return scheme == null ? null : BufferCompression.newBuilder().setScheme(scheme).build();
  }
}
