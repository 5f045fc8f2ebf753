package io.lancelot.file;

import io.lancelot.columnar.Bits;

/// A bit per value, least significant first.
record V20Bitmap(V20Buffer buffer) {

  /// Bits `[from, to)`.
  Bits read(long from, long to, V20State state) {
    long first = from >>> 3;
    long bytes = ((to + 7) >>> 3) - first;
    return new Bits(buffer.bytes(first, bytes, state), from & 7, Math.toIntExact(to - from));
  }
}
