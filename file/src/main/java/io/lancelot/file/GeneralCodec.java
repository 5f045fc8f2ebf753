package io.lancelot.file;

import io.lancelot.columnar.FixedColumn;
import io.lancelot.file.proto.BufferCompression;
import io.lancelot.kernels.Lz4;
import io.lancelot.kernels.Zstd;
import java.lang.foreign.MemorySegment;

/// General compression of single buffers, each with its plain length in front. Keeps its work area
/// from buffer to buffer. Format: lance-format section 2.6.7.
sealed interface GeneralCodec {

  /// The most bytes that [#compress] writes for `bytes` plain bytes.
  long maxBytes(long bytes);

  /// Writes the length of `plain` and its compressed form to the head of `target`; returns the
  /// bytes written.
  long compress(MemorySegment plain, MemorySegment target);

  /// How pages name the codec.
  BufferCompression message();

  /// Length in 32 bits, then a block.
  record Lz4Codec(Lz4 lz4) implements GeneralCodec {
    @Override
    public long maxBytes(long bytes) {
      return 4 + Lz4.maxCompressedBytes(bytes);
    }

    @Override
    public long compress(MemorySegment plain, MemorySegment target) {
      target.set(FixedColumn.INT, 0, (int) plain.byteSize());
      return 4 + lz4.compress(plain, target.asSlice(4));
    }

    @Override
    public BufferCompression message() {
      return BufferCompression.newBuilder().setScheme(BufferCompression.Scheme.LZ4).build();
    }
  }

  /// Length in 64 bits, then a frame.
  ///
  /// @param level what the field asks for; 0 for the usual one
  record ZstdCodec(Zstd zstd, int level) implements GeneralCodec {
    @Override
    public long maxBytes(long bytes) {
      return 8 + Zstd.maxCompressedBytes(bytes);
    }

    @Override
    public long compress(MemorySegment plain, MemorySegment target) {
      target.set(FixedColumn.LONG, 0, plain.byteSize());
      return 8 + zstd.compress(plain, target.asSlice(8), level);
    }

    @Override
    public BufferCompression message() {
      return BufferCompression.newBuilder()
          .setScheme(BufferCompression.Scheme.ZSTD)
          .setLevel(level)
          .build();
    }
  }
}
