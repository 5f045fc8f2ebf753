package io.lancelot.index.text;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// Writes posting lists in blocks of 128, with what is known of the scores in each block. For one
/// thread. Format: lance-format sections 4.12.3 to 4.12.6.
final class PostingEncoder {

  private static final int BLOCK = Bits32.BLOCK;
  private static final int GROUP_BLOCKS = 32;

  /// A list as it goes to a file.
  ///
  /// @param impacts of each block, then of each 32 blocks
  record Encoded(Posting posting, float maxScore, List<byte[]> impacts) {}

  private final int[] lengths;
  private final float averageLength;
  private final int docCount;
  private final GrowingBytes blocks = new GrowingBytes(1 << 12);
  private final GrowingBytes packedPositions = new GrowingBytes(1 << 12);
  private final int[] work = new int[BLOCK];

  /// @param lengths tokens of each document
  PostingEncoder(int[] lengths, int docCount, long totalTokens) {
    this.lengths = lengths;
    this.docCount = docCount;
    this.averageLength = (float) totalTokens / docCount;
  }

  /// @param deltas positions as distances, all documents' one after another; empty if not kept
  Encoded encode(int[] docs, int[] freqs, int count, int[] deltas, boolean positions) {
    blocks.clear();
    packedPositions.clear();
    int blockCount = (count + BLOCK - 1) / BLOCK;
    int[] starts = new int[blockCount + 1];
    int[] positionStarts = new int[positions ? blockCount + 1 : 0];
    float max = 0;
    int delta = 0;
    for (int block = 0; block < blockCount; block++) {
      int from = block * BLOCK;
      int size = Math.min(BLOCK, count - from);
      starts[block] = blocks.length;
      float score = maxScore(docs, freqs, from, size, count);
      max = Math.max(max, score);
      blocks.writeInt(Float.floatToRawIntBits(score));
      block(docs, freqs, from, size);
      if (positions) {
        positionStarts[block] = packedPositions.length;
        int total = 0;
        for (int i = 0; i < size; i++) {
          total += freqs[from + i];
        }
        positions(deltas, delta, total);
        delta += total;
      }
    }
    starts[blockCount] = blocks.length;
    if (positions) {
      positionStarts[blockCount] = packedPositions.length;
    }
    Posting posting =
        new Posting(
            PostingFormat.CURRENT,
            count,
            blocks.toArray(),
            starts,
            positions ? packedPositions.toArray() : null,
            positions ? positionStarts : null);
    return new Encoded(posting, max, impacts(docs, freqs, count));
  }

  private void block(int[] docs, int[] freqs, int from, int size) {
    if (size == BLOCK) {
      blocks.writeInt(docs[from]);
      work[0] = 0;
      for (int i = 1; i < BLOCK; i++) {
        work[i] = docs[from + i] - docs[from + i - 1];
      }
      pack(blocks);
      System.arraycopy(freqs, from, work, 0, BLOCK);
      pack(blocks);
      return;
    }
    int before = 0;
    for (int i = 0; i < size; i++) {
      blocks.writeVarint(docs[from + i] - before);
      before = docs[from + i];
    }
    for (int i = 0; i < size; i++) {
      blocks.writeVarint(freqs[from + i]);
    }
  }

  private void pack(GrowingBytes out) {
    int width = Bits32.width(work, BLOCK);
    out.writeByte(width);
    Bits32.pack(work, 4, width, out);
  }

  private void positions(int[] deltas, int from, int total) {
    int done = 0;
    for (; total - done >= BLOCK; done += BLOCK) {
      System.arraycopy(deltas, from + done, work, 0, BLOCK);
      pack(packedPositions);
    }
    for (; done < total; done++) {
      packedPositions.writeVarint(deltas[from + done]);
    }
  }

  private float maxScore(int[] docs, int[] freqs, int from, int size, int count) {
    float max = 0;
    for (int i = from; i < from + size; i++) {
      float freq = freqs[i];
      max = Math.max(max, freq / (freq + Bm25.norm(lengths[docs[i]], averageLength)));
    }
    return max * Bm25.idf(count, docCount) * (Bm25.K1 + 1);
  }

  private List<byte[]> impacts(int[] docs, int[] freqs, int count) {
    List<byte[]> all = new ArrayList<>();
    for (int from = 0; from < count; from += BLOCK) {
      all.add(impact(docs, freqs, from, Math.min(count, from + BLOCK)));
    }
    int group = GROUP_BLOCKS * BLOCK;
    for (int from = 0; from < count; from += group) {
      all.add(impact(docs, freqs, from, Math.min(count, from + group)));
    }
    return all;
  }

  /// The pairs of frequency and length that no other document of the range beats in both.
  private byte[] impact(int[] docs, int[] freqs, int from, int to) {
    long[] pairs = new long[to - from];
    for (int i = from; i < to; i++) {
      pairs[i - from] = (long) freqs[i] << 32 | lengths[docs[i]];
    }
    Arrays.sort(pairs);
    // From the highest frequency down, pairs with strictly smaller lengths.
    int kept = 0;
    int[] keptFreqs = new int[pairs.length];
    int[] codes = new int[pairs.length];
    int shortest = Integer.MAX_VALUE;
    for (int i = pairs.length - 1; i >= 0; i--) {
      int freq = (int) (pairs[i] >>> 32);
      while (i > 0 && (int) (pairs[i - 1] >>> 32) == freq) {
        i--;
      }
      int length = (int) pairs[i];
      if (length < shortest) {
        shortest = length;
        int code = lengthCode(length);
        if (kept == 0 || codes[kept - 1] != code) {
          keptFreqs[kept] = freq;
          codes[kept++] = code;
        }
      }
    }
    GrowingBytes out = new GrowingBytes(8 + 3 * kept);
    out.writeVarint(docs[to - 1]);
    out.writeVarint(kept);
    int freq = 0;
    int code = 0;
    for (int i = kept - 1; i >= 0; i--) {
      boolean explicit = codes[i] - code != 1;
      out.writeVarint(keptFreqs[i] - freq - 1 << 1 | (explicit ? 1 : 0));
      if (explicit) {
        out.writeByte(codes[i] - code);
      }
      freq = keptFreqs[i];
      code = codes[i];
    }
    return out.toArray();
  }

  /// A length in a byte, rounded down: exact below eight, then its first four bits.
  static int lengthCode(int length) {
    if (length < 8) {
      return length;
    }
    int bits = Integer.SIZE - Integer.numberOfLeadingZeros(length);
    return length >> (bits - 4) & 7 | (bits - 3) << 3;
  }
}
