package io.lancelot.columnar;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.ValueLayout;

/// Memory that doubles as it fills.
final class GrowingBuffer {

  private final SegmentAllocator allocator;
  private MemorySegment segment;
  private long size;

  GrowingBuffer(SegmentAllocator allocator) {
    this.allocator = allocator;
    this.segment = MemorySegment.NULL;
  }

  long size() {
    return size;
  }

  /// Makes room for `bytes` more and returns the position where they go.
  long extend(long bytes) {
    long at = size;
    if (at + bytes > segment.byteSize()) {
      MemorySegment grown =
          allocator.allocate(Math.max(Math.max(at + bytes, segment.byteSize() * 2), 256), 8);
      MemorySegment.copy(segment, 0, grown, 0, at);
      segment = grown;
    }
    size = at + bytes;
    return at;
  }

  /// Forgets everything from position `bytes` on.
  void truncate(long bytes) {
    size = bytes;
  }

  /// Forgets the bits of a bitmap from `bits` on.
  void truncateBits(int bits) {
    size = (bits + 7L) / 8;
    if (bits % 8 != 0) {
      byte last = segment.get(ValueLayout.JAVA_BYTE, size - 1);
      segment.set(ValueLayout.JAVA_BYTE, size - 1, (byte) (last & (1 << bits % 8) - 1));
    }
  }

  boolean bit(int index) {
    return (segment.get(ValueLayout.JAVA_BYTE, index >>> 3) >>> (index & 7) & 1) != 0;
  }

  void addByte(byte value) {
    long at = extend(1);
    segment.set(ValueLayout.JAVA_BYTE, at, value);
  }

  void addShort(short value) {
    long at = extend(2);
    segment.set(FixedColumn.SHORT, at, value);
  }

  void addInt(int value) {
    long at = extend(4);
    segment.set(FixedColumn.INT, at, value);
  }

  void addLong(long value) {
    long at = extend(8);
    segment.set(FixedColumn.LONG, at, value);
  }

  void addBytes(byte[] bytes) {
    long at = extend(bytes.length);
    MemorySegment.copy(bytes, 0, segment, ValueLayout.JAVA_BYTE, at, bytes.length);
  }

  void addFloats(float[] values) {
    long at = extend(4L * values.length);
    MemorySegment.copy(values, 0, segment, FixedColumn.FLOAT, at, values.length);
  }

  void addZeros(long bytes) {
    long at = extend(bytes);
    segment.asSlice(at, bytes).fill((byte) 0);
  }

  /// Sets bit `index` of a bitmap whose bytes are added as needed.
  void addBit(int index, boolean value) {
    if ((index & 7) == 0) {
      addByte((byte) 0);
    }
    if (value) {
      Columns.setBit(segment, index);
    }
  }

  /// What was added so far.
  MemorySegment bytes() {
    return segment.asSlice(0, size);
  }
}
