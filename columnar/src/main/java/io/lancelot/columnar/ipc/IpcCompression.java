package io.lancelot.columnar.ipc;

import io.lancelot.base.CorruptDataException;
import io.lancelot.base.Scratch;
import io.lancelot.base.UnsupportedFeatureException;
import io.lancelot.columnar.FixedColumn;
import io.lancelot.kernels.Zstd;
import java.lang.foreign.MemorySegment;
import org.apache.arrow.flatbuf.BodyCompression;
import org.apache.arrow.flatbuf.CompressionType;

/// Compressed buffers: an 8-byte length (−1 for "stored as it is"), then the compressed bytes.
final class IpcCompression {

  /// A block of at most 128 KiB takes at least four bytes; beyond this ratio the length is damaged.
  private static final long MAX_RATIO = 128 << 10;

  private IpcCompression() {}

  static MemorySegment decompress(
      BodyCompression compression, MemorySegment buffer, Scratch scratch) {
    if (buffer.byteSize() < 8) {
      throw new CorruptDataException(
          "Arrow IPC: compressed buffer: expected>=8 bytes, found=" + buffer.byteSize());
    }
    long plainBytes = buffer.get(FixedColumn.LONG, 0);
    if (plainBytes == -1) {
      return buffer.asSlice(8);
    }
    if (compression.codec() != CompressionType.ZSTD) {
      throw new UnsupportedFeatureException(
          "Arrow IPC: body compression: expected=zstd, found=" + compression.codec());
    }
    MemorySegment frames = buffer.asSlice(8);
    if (plainBytes < 0 || plainBytes / MAX_RATIO > frames.byteSize()) {
      throw new CorruptDataException(
          "Arrow IPC: plain length of a compressed buffer: expected at most "
              + frames.byteSize() * MAX_RATIO
              + ", found="
              + Long.toUnsignedString(plainBytes));
    }
    MemorySegment plain = scratch.allocateBytes(plainBytes);
    new Zstd().decompress(frames, plain);
    return plain;
  }
}
