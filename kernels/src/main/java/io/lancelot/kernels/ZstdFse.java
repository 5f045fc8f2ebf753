package io.lancelot.kernels;

import java.util.Arrays;

/// One decoding table of finite state entropy, as Zstandard stores it.
///
/// Format: RFC 8878, section 4.1.
final class ZstdFse {

  static final int MAX_LOG = 9;

  /// Per state: base value `<< 32`, base of the next state `<< 16`, extra bits of the value `<< 8`,
  /// bits of the next state.
  final long[] entries = new long[1 << MAX_LOG];

  int log;
  boolean present;

  /// Where the description that was read last ends.
  int end;

  private final short[] counts = new short[256];
  private final byte[] states = new byte[1 << MAX_LOG];
  private final int[] next = new int[256];

  static ZstdFse predefined(short[] counts, int log, int[] bases, byte[] bits) {
    var table = new ZstdFse();
    System.arraycopy(counts, 0, table.counts, 0, counts.length);
    table.build(counts.length, log, bases, bits);
    return table;
  }

  /// A table of a single symbol, which takes no bits.
  void single(int base, int bits) {
    entries[0] = ((long) base << 32) | ((long) bits << 8);
    log = 0;
    present = true;
  }

  /// Reads a distribution of the symbols `0..maxSymbol` at `in[at…limit)` and builds its table.
  void read(byte[] in, int at, int limit, int maxSymbol, int maxLog, int[] bases, byte[] bits) {
    long start = at * 8L;
    long position = start;
    if (at >= limit) {
      throw ZstdDecoder.corrupt("fse table", "a byte", "the end of the block");
    }
    int accuracy = (in[at] & 15) + 5;
    if (accuracy > maxLog) {
      throw ZstdDecoder.corrupt("fse accuracy", "at most " + maxLog, accuracy);
    }
    position += 4;
    int remaining = 1 << accuracy;
    int symbol = 0;
    Arrays.fill(counts, (short) 0);
    while (remaining > 0) {
      if (symbol > maxSymbol || position > limit * 8L) {
        throw ZstdDecoder.corrupt("fse distribution", "a sum of " + (1 << accuracy), "less");
      }
      int width = Integer.SIZE - Integer.numberOfLeadingZeros(remaining + 1);
      int value = (int) bits(in, position) & ((1 << width) - 1);
      int lowMask = (1 << (width - 1)) - 1;
      int threshold = (1 << width) - 2 - remaining;
      if ((value & lowMask) < threshold) {
        value &= lowMask;
        position += width - 1;
      } else {
        position += width;
        value -= value > lowMask ? threshold : 0;
      }
      int count = value - 1;
      remaining -= Math.abs(count);
      counts[symbol++] = (short) count;
      if (count == 0) {
        int repeat = 3;
        while (repeat == 3 && symbol <= maxSymbol) {
          repeat = (int) bits(in, position) & 3;
          position += 2;
          symbol += repeat;
        }
      }
    }
    end = (int) ((position + 7) >>> 3);
    if (remaining != 0 || symbol > maxSymbol + 1 || end > limit) {
      throw ZstdDecoder.corrupt(
          "fse distribution", "at most " + maxSymbol + " in " + limit, symbol + " in " + end);
    }
    build(symbol, accuracy, bases, bits);
  }

  private static long bits(byte[] in, long position) {
    return Bytes.longAt(in, (int) (position >>> 3)) >>> (position & 7);
  }

  private void build(int symbols, int accuracy, int[] bases, byte[] bits) {
    int size = 1 << accuracy;
    ZstdTables.spread(counts, symbols, accuracy, states);
    for (int symbol = 0; symbol < symbols; symbol++) {
      next[symbol] = Math.abs(counts[symbol]);
    }
    for (int state = 0; state < size; state++) {
      int symbol = states[state] & 0xff;
      int following = next[symbol]++;
      int width = accuracy - (31 - Integer.numberOfLeadingZeros(following));
      long base = ((long) following << width) - size;
      entries[state] =
          ((long) bases[symbol] << 32) | (base << 16) | ((long) bits[symbol] << 8) | width;
    }
    log = accuracy;
    present = true;
  }
}
