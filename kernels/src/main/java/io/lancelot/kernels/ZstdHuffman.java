package io.lancelot.kernels;

import java.util.Arrays;

/// The decoding table of Zstandard's Huffman-coded literals.
///
/// Format: RFC 8878, section 4.2.
final class ZstdHuffman {

  static final int MAX_BITS = 11;
  private static final int MAX_WEIGHT_LOG = 6;

  private static final int[] WEIGHTS_THEMSELVES = new int[256];
  private static final byte[] NO_BITS = new byte[256];

  static {
    Arrays.setAll(WEIGHTS_THEMSELVES, i -> i);
  }

  /// By the next bits of a stream: length of the code `<< 8`, symbol.
  private final short[] table = new short[1 << MAX_BITS];

  private final byte[] weights = new byte[256];
  private final int[] starts = new int[MAX_BITS + 2];
  private final ZstdFse weightTable = new ZstdFse();
  private int bits;
  boolean present;

  /// Reads the description of a tree at `in[at…limit)` and returns where it ends.
  int read(byte[] in, int at, int limit) {
    present = false;
    if (at >= limit) {
      throw ZstdDecoder.corrupt("huffman tree", "a byte", "the end of the literals");
    }
    int header = in[at++] & 0xff;
    int bytes = header < 128 ? header : (header - 126) / 2;
    if (bytes > limit - at) {
      throw ZstdDecoder.corrupt("huffman tree", bytes + " bytes", limit - at);
    }
    int count;
    if (header < 128) {
      count = readCodedWeights(in, at, at + bytes);
    } else {
      count = header - 127;
      for (int i = 0; i < count; i++) {
        int pair = in[at + i / 2] & 0xff;
        weights[i] = (byte) (i % 2 == 0 ? pair >>> 4 : pair & 15);
      }
    }
    build(count);
    return at + bytes;
  }

  private int readCodedWeights(byte[] in, int at, int limit) {
    weightTable.read(in, at, limit, MAX_BITS + 1, MAX_WEIGHT_LOG, WEIGHTS_THEMSELVES, NO_BITS);
    long start = weightTable.end * 8L;
    long position = ZstdDecoder.streamEnd(in, weightTable.end, limit);
    int log = weightTable.log;
    position -= 2L * log;
    if (position < start) {
      throw ZstdDecoder.corrupt("huffman weights", "two states", "the end of the stream");
    }
    long[] entries = weightTable.entries;
    int state = bits(in, position + log, log);
    int other = bits(in, position, log);
    int count = 0;
    while (count < 254) {
      long entry = entries[state];
      weights[count++] = (byte) (entry >>> 32);
      int width = (int) entry & 0xff;
      position -= width;
      if (position < start) {
        weights[count++] = (byte) (entries[other] >>> 32);
        return count;
      }
      state = other;
      other = ((int) (entry >>> 16) & 0xffff) + bits(in, position, width);
    }
    throw ZstdDecoder.corrupt("huffman weights", "at most 255", "more");
  }

  private static int bits(byte[] in, long position, int width) {
    return (int) (Bytes.longAt(in, (int) (position >>> 3)) >>> (position & 7)) & ((1 << width) - 1);
  }

  /// Completes the weights by the last one, which is not stored, and lays out the codes.
  private void build(int count) {
    int sum = 0;
    Arrays.fill(starts, 0);
    for (int i = 0; i < count; i++) {
      int weight = weights[i];
      if (weight > MAX_BITS) {
        throw ZstdDecoder.corrupt("huffman weight", "at most " + MAX_BITS, weight);
      }
      sum += 1 << weight >> 1;
      starts[weight]++;
    }
    bits = Integer.SIZE - Integer.numberOfLeadingZeros(sum);
    int left = (1 << bits) - sum;
    if (sum == 0 || bits > MAX_BITS || (left & (left - 1)) != 0) {
      throw ZstdDecoder.corrupt(
          "huffman weights", "a complete tree of at most 11 bits", "a sum of " + sum);
    }
    weights[count] = (byte) (Integer.numberOfTrailingZeros(left) + 1);
    starts[weights[count]]++;
    int at = 0;
    for (int weight = 1; weight <= bits; weight++) {
      int symbols = starts[weight];
      starts[weight] = at;
      at += symbols << (weight - 1);
    }
    for (int symbol = 0; symbol <= count; symbol++) {
      int weight = weights[symbol];
      if (weight > 0) {
        int cells = 1 << (weight - 1);
        short entry = (short) (((bits + 1 - weight) << 8) | symbol);
        Arrays.fill(table, starts[weight], starts[weight] + cells, entry);
        starts[weight] += cells;
      }
    }
    present = true;
  }

  /// Decodes `count` symbols of the single stream `in[at…limit)`.
  void decodeOne(byte[] in, int at, int limit, byte[] out, int to, int count) {
    long start = at * 8L;
    long position = ZstdDecoder.streamEnd(in, at, limit);
    finish(in, start, position, out, to, to + count);
  }

  /// Decodes `count` symbols of the four streams that follow their jump table at `in[at…limit)`.
  void decodeFour(byte[] in, int at, int limit, byte[] out, int to, int count) {
    int quarter = (count + 3) / 4;
    if (limit - at < 10 || 3 * quarter > count) {
      throw ZstdDecoder.corrupt("four literal streams", "at least 10 bytes", limit - at);
    }
    int first = at + 6;
    int second = first + Bytes.unsignedShort(in, at);
    int third = second + Bytes.unsignedShort(in, at + 2);
    int fourth = third + Bytes.unsignedShort(in, at + 4);
    if (fourth >= limit) {
      throw ZstdDecoder.corrupt("literal streams", "at most " + (limit - first), fourth - first);
    }
    long a = ZstdDecoder.streamEnd(in, first, second);
    long b = ZstdDecoder.streamEnd(in, second, third);
    long c = ZstdDecoder.streamEnd(in, third, fourth);
    long d = ZstdDecoder.streamEnd(in, fourth, limit);
    long startA = first * 8L;
    long startB = second * 8L;
    long startC = third * 8L;
    long startD = fourth * 8L;
    int shift = Long.SIZE - bits;
    int safe = (count - 3 * quarter) / 5 * 5;
    for (int i = to; i < to + safe; i += 5) {
      a = decodeFive(in, a, shift, out, i);
      b = decodeFive(in, b, shift, out, i + quarter);
      c = decodeFive(in, c, shift, out, i + 2 * quarter);
      d = decodeFive(in, d, shift, out, i + 3 * quarter);
      if (((a - startA) | (b - startB) | (c - startC) | (d - startD)) < 0) {
        throw ZstdDecoder.corrupt("literal streams", count + " symbols", "fewer");
      }
    }
    finish(in, startA, a, out, to + safe, to + quarter);
    finish(in, startB, b, out, to + safe + quarter, to + 2 * quarter);
    finish(in, startC, c, out, to + safe + 2 * quarter, to + 3 * quarter);
    finish(in, startD, d, out, to + safe + 3 * quarter, to + count);
  }

  /// Five codes of eleven bits are what one load of eight bytes is sure to hold.
  private long decodeFive(byte[] in, long position, int shift, byte[] out, int to) {
    short[] codes = table;
    long word = ZstdDecoder.bitsBelow(in, position);
    int first = codes[(int) (word >>> shift)];
    out[to] = (byte) first;
    word <<= first >>> 8;
    int second = codes[(int) (word >>> shift)];
    out[to + 1] = (byte) second;
    word <<= second >>> 8;
    int third = codes[(int) (word >>> shift)];
    out[to + 2] = (byte) third;
    word <<= third >>> 8;
    int fourth = codes[(int) (word >>> shift)];
    out[to + 3] = (byte) fourth;
    word <<= fourth >>> 8;
    int fifth = codes[(int) (word >>> shift)];
    out[to + 4] = (byte) fifth;
    return position
        - ((first >>> 8) + (second >>> 8) + (third >>> 8) + (fourth >>> 8) + (fifth >>> 8));
  }

  private void finish(byte[] in, long start, long position, byte[] out, int to, int end) {
    int shift = Long.SIZE - bits;
    while (to <= end - 5 && position >= start) {
      position = decodeFive(in, position, shift, out, to);
      to += 5;
    }
    while (to < end && position >= start) {
      int code = table[(int) (ZstdDecoder.bitsBelow(in, position) >>> shift)];
      out[to++] = (byte) code;
      position -= code >>> 8;
    }
    if (position != start) {
      throw ZstdDecoder.corrupt("literal stream", "all bits used", position - start + " left");
    }
  }
}
