package io.lancelot.columnar.ipc;

import io.lancelot.base.CorruptDataException;
import io.lancelot.base.Scratch;
import io.lancelot.base.UnsupportedFeatureException;
import io.lancelot.columnar.FixedColumn;
import io.lancelot.kernels.Lz4;
import io.lancelot.kernels.Zstd;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.apache.arrow.flatbuf.BodyCompression;
import org.apache.arrow.flatbuf.BodyCompressionMethod;
import org.apache.arrow.flatbuf.CompressionType;

/// Compressed buffers: an 8-byte length (−1 for "stored as it is"), then an LZ4 or Zstandard frame.
final class IpcCompression {

  private static final int LZ4_MAGIC = 0x184D2204;

  private IpcCompression() {}

  static MemorySegment decompress(
      BodyCompression compression, MemorySegment buffer, Scratch scratch) {
    if (buffer.byteSize() < 8) {
      throw new CorruptDataException(
          "Arrow IPC: compressed buffer: expected>=8 bytes, found=" + buffer.byteSize());
    }
    if (compression.method() != BodyCompressionMethod.BUFFER) {
      throw new UnsupportedFeatureException(
          "Arrow IPC: body compression method: expected=0, found=" + compression.method());
    }
    long length = buffer.get(FixedColumn.LONG, 0);
    MemorySegment frame = buffer.asSlice(8);
    if (length == -1) {
      return frame;
    }
    // No format reaches this ratio on real data; a larger claim is damage, not data.
    if (length < 0 || length / 100_000 > frame.byteSize()) {
      throw new CorruptDataException("Arrow IPC: length of a compressed buffer: found=" + length);
    }
    MemorySegment plain = scratch.allocateBytes(length);
    switch (compression.codec()) {
      case CompressionType.LZ4_FRAME -> decompressLz4Frame(frame, plain);
      case CompressionType.ZSTD -> new Zstd().decompress(frame, plain);
      default ->
          throw new UnsupportedFeatureException(
              "Arrow IPC: unknown body compression: found=" + compression.codec());
    }
    return plain;
  }

  /// Format: LZ4 frame format 1.6, without dictionaries. Blocks of one frame may refer to the plain
  /// bytes before them; checksums are skipped.
  private static void decompressLz4Frame(MemorySegment frame, MemorySegment plain) {
    check(frame.byteSize() >= 7 && frame.get(FixedColumn.INT, 0) == LZ4_MAGIC, "magic number");
    int flags = frame.get(ValueLayout.JAVA_BYTE, 4);
    check((flags >>> 6 & 3) == 1, "version");
    boolean blockChecksums = (flags & 0x10) != 0;
    boolean contentSize = (flags & 0x08) != 0;
    check((flags & 0x01) == 0, "dictionary");
    long at = 7 + (contentSize ? 8 : 0);
    long written = 0;
    Lz4 lz4 = new Lz4();
    while (true) {
      check(at <= frame.byteSize() - 4, "block size");
      int word = frame.get(FixedColumn.INT, at);
      at += 4;
      if (word == 0) {
        break;
      }
      int size = word & 0x7FFF_FFFF;
      check(size <= frame.byteSize() - at, "block");
      MemorySegment block = frame.asSlice(at, size);
      at += size + (blockChecksums ? 4 : 0);
      if (word < 0) {
        check(size <= plain.byteSize() - written, "stored block");
        MemorySegment.copy(block, 0, plain, written, size);
        written += size;
      } else {
        written = lz4.decompressBehind(block, plain, written);
      }
    }
    check(written == plain.byteSize(), "length");
  }

  private static void check(boolean holds, String what) {
    if (!holds) {
      throw new CorruptDataException("Arrow IPC: damaged LZ4 frame: " + what);
    }
  }
}
