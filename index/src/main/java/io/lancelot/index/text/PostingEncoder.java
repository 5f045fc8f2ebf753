package io.lancelot.index.text;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// Writes posting lists in blocks, with what is known of the scores in each block. For one thread.
/// Format: lance-format sections 4.12.3 to 4.12.6.
final class PostingEncoder {

  private static final int GROUP_BLOCKS = 32;

  /// Frequencies of a block that may be larger than the others are packed for, at the most.
  private static final int MAX_PATCHES = 31;

  /// Positions are packed in groups of this size, whatever the size of blocks.
  private static final int POSITION_GROUP = Bits32.BLOCK;

  /// A list as it goes to a file.
  ///
  /// @param impacts of each block, then of each 32 blocks
  record Encoded(Posting posting, float maxScore, List<byte[]> impacts) {}

  private final PostingFormat format;
  private final int blockSize;
  private final int[] lengths;
  private final float averageLength;
  private final int docCount;
  private final GrowingBytes blocks = new GrowingBytes(1 << 12);
  private final GrowingBytes packedPositions = new GrowingBytes(1 << 12);
  private final int[] work;

  /// @param lengths tokens of each document
  PostingEncoder(PostingFormat format, int[] lengths, int docCount, long totalTokens) {
    this.format = format;
    this.blockSize = format.blockSize();
    this.work = new int[blockSize];
    this.lengths = lengths;
    this.docCount = docCount;
    this.averageLength = (float) totalTokens / docCount;
  }

  /// @param deltas positions as distances, all documents' one after another; empty if not kept
  Encoded encode(int[] docs, int[] freqs, int count, int[] deltas, boolean positions) {
    blocks.clear();
    packedPositions.clear();
    int blockCount = (count + blockSize - 1) / blockSize;
    int[] starts = new int[blockCount + 1];
    int[] positionStarts = new int[positions ? blockCount + 1 : 0];
    float max = 0;
    int delta = 0;
    for (int block = 0; block < blockCount; block++) {
      int from = block * blockSize;
      int size = Math.min(blockSize, count - from);
      starts[block] = blocks.length;
      float score = maxScore(docs, freqs, from, size, count);
      max = Math.max(max, score);
      if (format.scored()) {
        blocks.writeInt(Float.floatToRawIntBits(score));
      }
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
            format,
            count,
            blocks.toArray(),
            starts,
            positions ? packedPositions.toArray() : null,
            positions ? positionStarts : null);
    return new Encoded(posting, max, impacts(docs, freqs, count));
  }

  private void block(int[] docs, int[] freqs, int from, int size) {
    if (size == blockSize) {
      blocks.writeInt(docs[from]);
      work[0] = 0;
      for (int i = 1; i < blockSize; i++) {
        work[i] = docs[from + i] - docs[from + i - 1];
      }
      pack(blocks, format.lanes());
      System.arraycopy(freqs, from, work, 0, blockSize);
      if (format.patchedFreqs()) {
        patch();
      } else {
        pack(blocks, format.lanes());
      }
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

  private void pack(GrowingBytes out, int lanes) {
    int width = Bits32.width(work, 32 * lanes);
    out.writeByte(width);
    Bits32.pack(work, lanes, width, out);
  }

  /// Writes frequencies as narrowly as is shortest, the upper bits of those that need more apart.
  private void patch() {
    int width = patchedWidth();
    int mask = width == Integer.SIZE ? -1 : (1 << width) - 1;
    GrowingBytes patches = new GrowingBytes(0);
    int count = 0;
    for (int i = 0; i < blockSize; i++) {
      if ((work[i] & ~mask) != 0) {
        patches.writeByte(i);
        patches.writeVarint(work[i] >>> width);
        work[i] &= mask;
        count++;
      }
    }
    blocks.writeByte(width);
    blocks.writeByte(count);
    Bits32.pack(work, format.lanes(), width, blocks);
    blocks.write(patches, 0);
  }

  private int patchedWidth() {
    int widest = Bits32.width(work, blockSize);
    int best = widest;
    int least = blockSize * widest / Byte.SIZE;
    for (int width = widest - 1; width >= 0; width--) {
      int patches = 0;
      int bytes = blockSize * width / Byte.SIZE;
      for (int i = 0; i < blockSize; i++) {
        int upper = work[i] >>> width;
        if (upper != 0) {
          patches++;
          bytes += 1 + (Integer.SIZE - Integer.numberOfLeadingZeros(upper) + 6) / 7;
        }
      }
      if (patches > MAX_PATCHES) {
        break;
      }
      if (bytes < least) {
        least = bytes;
        best = width;
      }
    }
    return best;
  }

  private void positions(int[] deltas, int from, int total) {
    int done = 0;
    for (; total - done >= POSITION_GROUP; done += POSITION_GROUP) {
      System.arraycopy(deltas, from + done, work, 0, POSITION_GROUP);
      pack(packedPositions, POSITION_GROUP / 32);
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
    for (int from = 0; from < count; from += blockSize) {
      all.add(impact(docs, freqs, from, Math.min(count, from + blockSize)));
    }
    int group = GROUP_BLOCKS * blockSize;
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
        int code = DocLengths.code(length);
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
}
