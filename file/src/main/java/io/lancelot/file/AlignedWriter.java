package io.lancelot.file;

import io.lancelot.base.InvalidInputException;
import io.lancelot.storage.ObjectWriter;
import java.lang.foreign.MemorySegment;

/// The end of a data file under construction: places buffers on their alignment.
final class AlignedWriter {

  private static final int ALIGNMENT = 64;
  private static final byte PAD = 0x48;

  private final ObjectWriter out;
  private final MemorySegment padding;

  AlignedWriter(ObjectWriter out) {
    this.out = out;
    byte[] pad = new byte[ALIGNMENT];
    java.util.Arrays.fill(pad, PAD);
    this.padding = MemorySegment.ofArray(pad);
  }

  /// Writes a buffer on the next aligned position, which it returns.
  long writeAligned(MemorySegment bytes) {
    align();
    return write(bytes);
  }

  /// Moves on to the next aligned position, which it returns.
  long align() {
    long gap = -out.position() & (ALIGNMENT - 1);
    if (gap > 0) {
      out.write(padding.asSlice(0, gap));
    }
    return out.position();
  }

  /// Writes bytes right at the end and returns where.
  long write(MemorySegment bytes) {
    long at = out.position();
    if (bytes.byteSize() > 0) {
      out.write(bytes);
    }
    return at;
  }

  long position() {
    return out.position();
  }

  /// A limit of the format was met that only smaller rows can avoid.
  InvalidInputException tooLarge(String what, long limit, long found, String column) {
    return new InvalidInputException(
        what
            + " too large: expected<="
            + limit
            + ", found="
            + found
            + " (path="
            + out.path()
            + ", column="
            + column
            + ")");
  }
}
