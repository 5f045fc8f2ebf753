package io.lancelot.columnar.ipc;

import io.lancelot.base.CorruptDataException;
import io.lancelot.base.Scratch;
import io.lancelot.base.UnsupportedFeatureException;
import io.lancelot.columnar.FixedColumn;
import java.lang.foreign.MemorySegment;
import org.apache.arrow.flatbuf.BodyCompression;

/// Compressed buffers: an 8-byte length (−1 for "stored as it is"), then the compressed bytes.
final class IpcCompression {

  private IpcCompression() {}

  static MemorySegment decompress(
      BodyCompression compression, MemorySegment buffer, Scratch scratch) {
    if (buffer.byteSize() < 8) {
      throw new CorruptDataException(
          "Arrow IPC: compressed buffer: expected>=8 bytes, found=" + buffer.byteSize());
    }
    if (buffer.get(FixedColumn.LONG, 0) == -1) {
      return buffer.asSlice(8);
    }
    throw new UnsupportedFeatureException(
        "Arrow IPC: body compression: found=" + compression.codec());
  }
}
