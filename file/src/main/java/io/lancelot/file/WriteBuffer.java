package io.lancelot.file;

import io.lancelot.base.Memory;
import io.lancelot.base.Scratch;
import io.lancelot.columnar.FixedColumn;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/// Bytes that grow at the end, in native memory of the budget. Keeps its memory when cleared.
final class WriteBuffer implements AutoCloseable {

  private final Memory memory;
  private @Nullable Scratch scratch;
  private MemorySegment segment = MemorySegment.NULL;
  private long size;

  WriteBuffer(Memory memory) {
    this.memory = memory;
  }

  long size() {
    return size;
  }

  /// The memory, valid until the buffer next grows; bytes past [#size()] are undefined.
  MemorySegment segment() {
    return segment;
  }

  MemorySegment bytes() {
    return segment.asSlice(0, size);
  }

  /// Makes room for `extra` more bytes and counts them as written. Returns where they start.
  long extend(long extra) {
    long at = size;
    if (size + extra > segment.byteSize()) {
      grow(size + extra);
    }
    size += extra;
    return at;
  }

  private void grow(long needed) {
    Scratch fresh = memory.scratch();
    MemorySegment larger;
    try {
      larger = fresh.allocateBytes(Math.max(needed, Math.min(segment.byteSize() * 2, 1L << 40)));
    } catch (RuntimeException e) {
      fresh.close();
      throw e;
    }
    MemorySegment.copy(segment, 0, larger, 0, size);
    if (scratch != null) {
      scratch.close();
    }
    scratch = fresh;
    segment = larger;
  }

  void append(MemorySegment source, long from, long bytes) {
    long at = extend(bytes);
    MemorySegment.copy(source, from, segment, at, bytes);
  }

  void appendZeros(long bytes) {
    long at = extend(bytes);
    segment.asSlice(at, bytes).fill((byte) 0);
  }

  void appendInt(int value) {
    long at = extend(4);
    segment.set(FixedColumn.INT, at, value);
  }

  /// Appends the bits of `source` after the first `bitCount` bits, which the buffer holds.
  void appendBits(long bitCount, long word, int bits) {
    long need = (bitCount + bits + 63) / 64 * 8;
    if (need > size) {
      appendZeros(need - size);
    }
    long at = bitCount / 64 * 8;
    int shift = (int) (bitCount % 64);
    segment.set(FixedColumn.LONG, at, segment.get(FixedColumn.LONG, at) | word << shift);
    if (shift != 0 && shift + bits > 64) {
      segment.set(FixedColumn.LONG, at + 8, word >>> (64 - shift));
    }
  }

  void clear() {
    size = 0;
  }

  @Override
  public void close() {
    size = 0;
    segment = MemorySegment.NULL;
    if (scratch != null) {
      scratch.close();
      scratch = null;
    }
  }
}
