package io.lancelot.kernels;

import java.util.Arrays;

/// Builds a Huffman code for the literals of a block and writes them with it.
final class ZstdHuffmanEncoder {

  private static final int MAX_BITS = ZstdHuffman.MAX_BITS;

  private final int[] lengths = new int[256];
  private final int[] codes = new int[256];
  private final int[] weights = new int[256];
  private final long[] order = new long[256];
  private final int[] nodeCounts = new int[512];
  private final int[] parents = new int[512];
  private final ZstdFseEncoder weightTable = new ZstdFseEncoder();
  private final int[] weightHistogram = new int[MAX_BITS + 2];
  private int bits;
  private int last;

  /// Builds a code for a histogram of at least two different bytes; returns the bits it takes.
  long build(int[] histogram) {
    int symbols = 0;
    for (int symbol = 0; symbol < 256; symbol++) {
      lengths[symbol] = 0;
      if (histogram[symbol] > 0) {
        order[symbols++] = ((long) histogram[symbol] << 8) | symbol;
        last = symbol;
      }
    }
    Arrays.sort(order, 0, symbols);
    assignLengths(symbols);
    limitLengths(symbols);
    bits = 0;
    long total = 0;
    for (int i = 0; i < symbols; i++) {
      int symbol = (int) order[i] & 0xff;
      bits = Math.max(bits, lengths[symbol]);
      total += (long) lengths[symbol] * histogram[symbol];
    }
    assignCodes();
    return total;
  }

  /// The classic merge of the two rarest nodes, with leaves and inner nodes in two sorted queues.
  private void assignLengths(int symbols) {
    for (int i = 0; i < symbols; i++) {
      nodeCounts[i] = (int) (order[i] >>> 8);
    }
    int leaf = 0;
    int inner = symbols;
    int nodes = 2 * symbols - 1;
    for (int node = symbols; node < nodes; node++) {
      int sum = 0;
      for (int child = 0; child < 2; child++) {
        boolean takeLeaf =
            leaf < symbols && (inner >= node || nodeCounts[leaf] <= nodeCounts[inner]);
        int taken = takeLeaf ? leaf++ : inner++;
        sum += nodeCounts[taken];
        parents[taken] = node;
      }
      nodeCounts[node] = sum;
    }
    // From here on the counts are depths.
    nodeCounts[nodes - 1] = 0;
    for (int node = nodes - 2; node >= 0; node--) {
      nodeCounts[node] = nodeCounts[parents[node]] + 1;
    }
    for (int i = 0; i < symbols; i++) {
      lengths[(int) order[i] & 0xff] = Math.min(nodeCounts[i], MAX_BITS);
    }
  }

  /// Lengthens rare codes until the cut ones fit, then shortens others until the tree is complete.
  private void limitLengths(int symbols) {
    int room = 1 << MAX_BITS;
    for (int i = 0; i < symbols; i++) {
      room -= 1 << (MAX_BITS - lengths[(int) order[i] & 0xff]);
    }
    while (room < 0) {
      for (int i = 0; i < symbols && room < 0; i++) {
        int symbol = (int) order[i] & 0xff;
        if (lengths[symbol] < MAX_BITS) {
          lengths[symbol]++;
          room += 1 << (MAX_BITS - lengths[symbol]);
          break;
        }
      }
    }
    while (room > 0) {
      for (int i = symbols - 1; i >= 0; i--) {
        int symbol = (int) order[i] & 0xff;
        int gain = 1 << (MAX_BITS - lengths[symbol]);
        if (gain <= room) {
          lengths[symbol]--;
          room -= gain;
          break;
        }
      }
    }
  }

  private void assignCodes() {
    int at = 0;
    for (int length = bits; length >= 1; length--) {
      for (int symbol = 0; symbol <= last; symbol++) {
        if (lengths[symbol] == length) {
          codes[symbol] = at >>> (bits - length);
          at += 1 << (bits - length);
        }
      }
    }
    for (int symbol = 0; symbol <= last; symbol++) {
      weights[symbol] = lengths[symbol] == 0 ? 0 : bits + 1 - lengths[symbol];
    }
  }

  /// Writes the description of the tree and returns where it ends, or -1 if it cannot be written.
  int writeTree(ZstdBits writer, byte[] out, int at) {
    int coded = writeCodedWeights(writer, at + 1);
    int direct = last > 128 ? Integer.MAX_VALUE : (last + 1) / 2;
    if (coded >= 0 && coded - at - 1 < Math.min(direct, 128)) {
      out[at] = (byte) (coded - at - 1);
      return coded;
    }
    if (last > 128) {
      return -1;
    }
    out[at++] = (byte) (127 + last);
    for (int i = 0; i < last; i += 2) {
      int second = i + 1 < last ? weights[i + 1] : 0;
      out[at++] = (byte) ((weights[i] << 4) | second);
    }
    return at;
  }

  /// The last weight follows from the others and is not written; -1 if they are all the same.
  private int writeCodedWeights(ZstdBits writer, int at) {
    Arrays.fill(weightHistogram, 0);
    int most = 0;
    int largest = 0;
    for (int i = 0; i < last; i++) {
      most = Math.max(most, ++weightHistogram[weights[i]]);
      largest = Math.max(largest, weights[i]);
    }
    if (last < 3 || most == last) {
      return -1;
    }
    weightTable.fit(weightHistogram, largest + 1, last, 6);
    int streamAt = weightTable.write(writer, at);
    writer.start(streamAt);
    // Two states take turns, the first with the even weights; written from the end.
    int i = last - 1;
    int[] state = new int[2];
    state[i & 1] = weightTable.firstState(weights[i]);
    i--;
    state[i & 1] = weightTable.firstState(weights[i]);
    for (i--; i >= 0; i--) {
      state[i & 1] = weightTable.encode(writer, state[i & 1], weights[i]);
      writer.flush();
    }
    weightTable.writeState(writer, state[1]);
    weightTable.writeState(writer, state[0]);
    return writer.endWithMark();
  }

  /// Writes one stream of the bytes `from..to` and returns where it ends.
  int writeStream(ZstdBits writer, int at, byte[] literals, int from, int to) {
    writer.start(at);
    int i = to - 1;
    for (; i >= from + 3; i -= 4) {
      for (int j = 0; j < 4; j++) {
        int symbol = literals[i - j] & 0xff;
        writer.add(codes[symbol], lengths[symbol]);
      }
      writer.flush();
    }
    for (; i >= from; i--) {
      int symbol = literals[i] & 0xff;
      writer.add(codes[symbol], lengths[symbol]);
      writer.flush();
    }
    return writer.endWithMark();
  }
}
