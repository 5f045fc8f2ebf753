package io.lancelot.kernels;

/// Writes bits into a byte array, low bits first: the streams that decoders read from their end.
final class ZstdBits {

  private final byte[] out;
  private int at;
  private long word;
  private int used;

  ZstdBits(byte[] out) {
    this.out = out;
  }

  void start(int at) {
    this.at = at;
    word = 0;
    used = 0;
  }

  /// Adds the low `width` bits of a value; no more than 56 between two calls of [#flush()].
  void add(long value, int width) {
    word |= (value & ((1L << width) - 1)) << used;
    used += width;
  }

  void flush() {
    Bytes.putLong(out, at, word);
    int bytes = used >>> 3;
    at += bytes;
    word = bytes == 8 ? 0 : word >>> (8 * bytes);
    used &= 7;
  }

  /// Pads the last byte with zeros and returns where the stream ends.
  int end() {
    flush();
    return used == 0 ? at : at + 1;
  }

  /// Adds the mark by which a decoder finds the last bit.
  int endWithMark() {
    flush();
    add(1, 1);
    return end();
  }

  int position() {
    return at;
  }
}
