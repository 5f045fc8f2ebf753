package io.lancelot.kernels;

import java.util.Arrays;

/// One encoding table of finite state entropy, the mirror image of [ZstdFse].
final class ZstdFseEncoder {

  private static final int MAX_SYMBOLS = 64;

  private final short[] counts = new short[MAX_SYMBOLS];
  private final short[] stateTable = new short[1 << ZstdFse.MAX_LOG];
  private final int[] deltaBits = new int[MAX_SYMBOLS];
  private final int[] deltaState = new int[MAX_SYMBOLS];
  private final byte[] states = new byte[1 << ZstdFse.MAX_LOG];
  private final int[] cumulated = new int[MAX_SYMBOLS + 1];
  private int symbols;
  private int log;

  static ZstdFseEncoder predefined(short[] counts, int log) {
    var encoder = new ZstdFseEncoder();
    System.arraycopy(counts, 0, encoder.counts, 0, counts.length);
    encoder.symbols = counts.length;
    encoder.log = log;
    encoder.build();
    return encoder;
  }

  /// Scales a histogram of at least two different symbols to `1 << log` and builds its table.
  void fit(int[] histogram, int symbols, int total, int log) {
    this.symbols = symbols;
    this.log = log;
    Arrays.fill(counts, (short) 0);
    int left = 1 << log;
    int largest = 0;
    for (int symbol = 0; symbol < symbols; symbol++) {
      if (histogram[symbol] > 0) {
        int scaled = (int) (((long) histogram[symbol] << log) / total);
        counts[symbol] = (short) Math.max(scaled, 1);
        left -= counts[symbol];
        if (histogram[symbol] > histogram[largest]) {
          largest = symbol;
        }
      }
    }
    // What rounding left over goes to the largest; what it took too much comes from the larger
    // ones.
    while (left < 0) {
      int richest = 0;
      for (int symbol = 1; symbol < symbols; symbol++) {
        if (counts[symbol] > counts[richest]) {
          richest = symbol;
        }
      }
      counts[richest]--;
      left++;
    }
    counts[largest] += (short) left;
    build();
  }

  private void build() {
    int size = 1 << log;
    ZstdTables.spread(counts, symbols, log, states);
    int total = 0;
    for (int symbol = 0; symbol < symbols; symbol++) {
      int count = Math.abs(counts[symbol]);
      cumulated[symbol] = total;
      deltaState[symbol] = total - count;
      if (count == 1) {
        deltaBits[symbol] = (log << 16) - size;
      } else if (count > 1) {
        int most = log - (31 - Integer.numberOfLeadingZeros(count - 1));
        deltaBits[symbol] = (most << 16) - (count << most);
      }
      total += count;
    }
    for (int state = 0; state < size; state++) {
      stateTable[cumulated[states[state]]++] = (short) (size + state);
    }
  }

  /// The state that the stream ends in, encoding its last symbol without any bits.
  int firstState(int symbol) {
    int width = (deltaBits[symbol] + (1 << 15)) >>> 16;
    int value = (width << 16) - deltaBits[symbol];
    return stateTable[(value >>> width) + deltaState[symbol]];
  }

  int encode(ZstdBits bits, int state, int symbol) {
    int width = (state + deltaBits[symbol]) >>> 16;
    bits.add(state, width);
    return stateTable[(state >>> width) + deltaState[symbol]];
  }

  void writeState(ZstdBits bits, int state) {
    bits.add(state, log);
  }

  /// The bits that the histogram takes with this table, or a huge number if it cannot be coded.
  double cost(int[] histogram, int length) {
    double sum = 0;
    for (int symbol = 0; symbol < length; symbol++) {
      if (histogram[symbol] > 0) {
        if (symbol >= symbols || counts[symbol] == 0) {
          return Double.MAX_VALUE;
        }
        sum += histogram[symbol] * (log - Math.log(Math.abs(counts[symbol])) / Math.log(2));
      }
    }
    return sum;
  }

  /// Writes the description of the table and returns where it ends.
  int write(ZstdBits bits, int at) {
    bits.start(at);
    bits.add(log - 5, 4);
    int remaining = 1 << log;
    for (int symbol = 0; remaining > 0; symbol++) {
      int count = counts[symbol];
      int value = count + 1;
      int width = Integer.SIZE - Integer.numberOfLeadingZeros(remaining + 1);
      int lowMask = (1 << (width - 1)) - 1;
      int threshold = (1 << width) - 2 - remaining;
      if (value < threshold) {
        bits.add(value, width - 1);
      } else {
        bits.add(value > lowMask ? value + threshold : value, width);
      }
      remaining -= Math.abs(count);
      if (count == 0) {
        int zeros = 0;
        while (counts[symbol + 1] == 0) {
          zeros++;
          symbol++;
        }
        for (; zeros >= 3; zeros -= 3) {
          bits.add(3, 2);
          bits.flush();
        }
        bits.add(zeros, 2);
      }
      bits.flush();
    }
    return bits.end();
  }
}
