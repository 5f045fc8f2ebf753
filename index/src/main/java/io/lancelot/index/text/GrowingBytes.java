package io.lancelot.index.text;

import java.util.Arrays;

/// Bytes that grow.
final class GrowingBytes {
  byte[] bytes;
  int length;

  GrowingBytes(int capacity) {
    bytes = new byte[capacity];
  }

  void reserve(int more) {
    if (bytes.length - length < more) {
      bytes = Arrays.copyOf(bytes, Math.max(length + more, bytes.length + (bytes.length >> 1) + 8));
    }
  }

  void writeByte(int value) {
    reserve(1);
    bytes[length++] = (byte) value;
  }

  void writeInt(int value) {
    reserve(4);
    Bits32.put(bytes, length, value);
    length += 4;
  }

  void writeVarint(int value) {
    reserve(5);
    int rest = value;
    while ((rest & ~0x7f) != 0) {
      bytes[length++] = (byte) (rest | 0x80);
      rest >>>= 7;
    }
    bytes[length++] = (byte) rest;
  }

  /// Adds what another holds from a place on.
  void write(GrowingBytes other, int from) {
    int more = other.length - from;
    reserve(more);
    System.arraycopy(other.bytes, from, bytes, length, more);
    length += more;
  }

  byte[] toArray() {
    return Arrays.copyOf(bytes, length);
  }

  void clear() {
    length = 0;
  }
}
