package io.lancelot.index.text;

import io.lancelot.base.CorruptDataException;
import org.jspecify.annotations.Nullable;

/// The documents of a token, ascending, with how often it stands in each, in blocks; and where, if
/// positions are kept. Immutable. Format: lance-format section 4.12.3.
///
/// @param docCount how many documents
/// @param data the blocks one after another
/// @param starts where each block begins, and the end of the last
/// @param positions where it stands in the documents; null if not kept
/// @param positionStarts where the positions of each block begin, and the end
record Posting(
    PostingFormat format,
    int docCount,
    byte[] data,
    int[] starts,
    byte @Nullable [] positions,
    int @Nullable [] positionStarts) {

  static final Posting EMPTY =
      new Posting(PostingFormat.CURRENT, 0, new byte[0], new int[] {0}, null, null);

  int blockCount() {
    return starts.length - 1;
  }

  /// Documents of a block.
  int size(int block) {
    return Math.min(format.blockSize(), docCount - block * format.blockSize());
  }

  long heldBytes() {
    return 64L
        + data.length
        + 4L * starts.length
        + (positions == null ? 0 : positions.length)
        + (positionStarts == null ? 0 : 4L * positionStarts.length);
  }

  /// Reads the documents of a block.
  ///
  /// @return how many there are
  int docs(int block, int[] docs) {
    int count = size(block);
    int at = starts[block] + (format.scored() ? 4 : 0);
    if (count == format.blockSize()) {
      int first = Bits32.get(data, at);
      int width = width(at + 4);
      Bits32.unpack(data, at + 5, format.lanes(), width, docs);
      int doc = first;
      for (int i = 0; i < count; i++) {
        doc += docs[i];
        docs[i] = doc;
      }
      return count;
    }
    if (!format.varintTail()) {
      for (int i = 0; i < count; i++) {
        docs[i] = Bits32.get(data, at + 4 * i);
      }
      return count;
    }
    VarintReader in = new VarintReader(data, at);
    int doc = 0;
    for (int i = 0; i < count; i++) {
      doc += in.next();
      docs[i] = doc;
    }
    return count;
  }

  /// Reads how often the token stands in the documents of a block.
  void freqs(int block, int[] freqs) {
    int count = size(block);
    int at = starts[block] + (format.scored() ? 4 : 0);
    if (count == format.blockSize()) {
      at += 5 + 4 * format.lanes() * width(at + 4);
      if (format.patchedFreqs()) {
        patched(at, freqs);
      } else {
        Bits32.unpack(data, at + 1, format.lanes(), width(at), freqs);
      }
      return;
    }
    if (!format.varintTail()) {
      for (int i = 0; i < count; i++) {
        freqs[i] = Bits32.get(data, at + 4 * (count + i));
      }
      return;
    }
    VarintReader in = new VarintReader(data, at);
    for (int i = 0; i < count; i++) {
      in.next();
    }
    for (int i = 0; i < count; i++) {
      freqs[i] = in.next();
    }
  }

  /// Most frequencies packed narrowly, the upper bits of the others apart.
  private void patched(int from, int[] freqs) {
    int width = width(from);
    int exceptions = data[from + 1] & 0xff;
    int at = Bits32.unpack(data, from + 2, format.lanes(), width, freqs);
    for (int i = 0; i < exceptions; i++) {
      VarintReader in = new VarintReader(data, at + 1);
      freqs[data[at] & 0xff] |= in.next() << width;
      at = in.at();
    }
  }

  private int width(int at) {
    int width = data[at];
    if (width < 0 || width > 32) {
      throw new CorruptDataException("posting block: expected=width 0 to 32, found=" + width);
    }
    return width;
  }

  /// Reads the distances between positions in all documents of a block, one document after another;
  /// in each the first counts from zero.
  ///
  /// @param total how many there are: the sum of the frequencies
  void positionDeltas(int block, int total, int[] deltas) {
    byte[] in = positions;
    int[] from = positionStarts;
    if (in == null || from == null) {
      throw new IllegalStateException("positions are not kept");
    }
    int at = from[block];
    int done = 0;
    if (format.packedPositions()) {
      int[] group = new int[Bits32.BLOCK];
      for (; total - done >= Bits32.BLOCK; done += Bits32.BLOCK) {
        int width = in[at];
        if (width < 0 || width > 32) {
          throw new CorruptDataException("position block: expected=width 0 to 32, found=" + width);
        }
        at = Bits32.unpack(in, at + 1, 4, width, group);
        System.arraycopy(group, 0, deltas, done, Bits32.BLOCK);
      }
    }
    VarintReader rest = new VarintReader(in, at);
    for (; done < total; done++) {
      deltas[done] = rest.next();
    }
  }

  /// Reads numbers of seven bits a byte.
  static final class VarintReader {
    private final byte[] bytes;
    private int at;

    VarintReader(byte[] bytes, int at) {
      this.bytes = bytes;
      this.at = at;
    }

    int at() {
      return at;
    }

    int next() {
      byte b = bytes[at++];
      if (b >= 0) {
        return b;
      }
      int value = b & 0x7f;
      for (int shift = 7; shift < 35; shift += 7) {
        b = bytes[at++];
        value |= (b & 0x7f) << shift;
        if (b >= 0) {
          return value;
        }
      }
      throw new CorruptDataException("number in a posting list: expected=5 bytes at most");
    }
  }
}
