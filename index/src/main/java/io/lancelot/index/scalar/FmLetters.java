package io.lancelot.index.scalar;

import io.lancelot.base.CorruptDataException;
import io.lancelot.base.Scratch;
import io.lancelot.columnar.FixedColumn;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.function.IntConsumer;

/// The letters of a partition of an FM index, in memory: finds all suffixes that begin with a
/// needle and where they start (Ferragina and Manzini, 2000). A suffix goes by its *rank* in the
/// order of all. Immutable.
final class FmLetters {

  private final int length;
  private final HuffmanTree tree;
  private final RankedBits[] bits;

  /// The rank of the first suffix that begins with each letter.
  private final int[] starts = new int[HuffmanTree.BYTES + 1];

  /// Where the suffixes of every [#sampleRate]th rank start.
  private final MemorySegment samples;

  private final int sampleRate;
  private final String place;

  FmLetters(
      FmFile file,
      HuffmanTree tree,
      RankedBits[] bits,
      long[] starts,
      MemorySegment samples,
      String place) {
    this.length = file.length();
    this.tree = tree;
    this.bits = bits;
    this.samples = samples;
    this.sampleRate = file.sampleRate();
    this.place = place;
    for (int i = 0; i < starts.length; i++) {
      this.starts[i] = (int) starts[i];
    }
  }

  /// Ranks `[from, to)`.
  record Ranks(int from, int to) {
    static final Ranks NONE = new Ranks(0, 0);

    int count() {
      return to - from;
    }
  }

  /// The suffixes that begin with a needle: letter by letter from its end.
  ///
  /// @param needle not empty
  Ranks find(byte[] needle) {
    int from = 0;
    int to = length;
    for (int i = needle.length - 1; i >= 0; i--) {
      int letter = needle[i] & 0xFF;
      int[] path = tree.path(letter);
      if (path == null) {
        return Ranks.NONE;
      }
      for (int level = 0; level < path.length; level++) {
        RankedBits turns = bits[path[level]];
        int onesFrom = turns.ones(from);
        int onesTo = turns.ones(to);
        boolean right = tree.turnsRight(path, level, letter);
        from = right ? onesFrom : from - onesFrom;
        to = right ? onesTo : to - onesTo;
      }
      from += starts[letter];
      to += starts[letter];
      if (from >= to) {
        return Ranks.NONE;
      }
    }
    return new Ranks(from, to);
  }

  /// Goes from a suffix to the one that starts a letter before it.
  ///
  /// @return the rank of that one, and above it the letter
  private long before(int rank) {
    int node = 0;
    int at = rank;
    while (true) {
      long look = bits[node].onesAndBit(at);
      int ones = (int) (look >>> 1);
      int child;
      if ((look & 1) != 0) {
        at = ones;
        child = tree.right(node);
      } else {
        at -= ones;
        child = tree.left(node);
      }
      if (child < 0) {
        return (long) ~child << 32 | starts[~child] + at;
      }
      node = child;
    }
  }

  /// Tells where suffixes start, some perhaps twice. From most, the next sample is about
  /// [#sampleRate] steps away; in texts that repeat themselves it may be very far, so that after as
  /// many steps as there are letters it goes through all of them once instead.
  void starts(Ranks ranks, IntConsumer out) {
    long steps = 0;
    for (int rank = ranks.from; rank < ranks.to; rank++) {
      int at = rank;
      int own = 0;
      while (at % sampleRate != 0) {
        at = (int) before(at);
        own++;
        if (steps + own > length) {
          walk(ranks, out);
          return;
        }
      }
      steps += own;
      long start = (long) samples.get(FixedColumn.INT, 4L * (at / sampleRate)) + own;
      out.accept((int) (start < length ? start : start - length));
    }
  }

  /// Goes through all suffixes from the last to the first, before which the last comes again.
  private void walk(Ranks ranks, IntConsumer out) {
    int rank = 0;
    for (int start = length - 1; start >= 0; start--) {
      if (rank >= ranks.from && rank < ranks.to) {
        out.accept(start);
      }
      rank = (int) before(rank);
    }
    if (rank != 0) {
      throw new CorruptDataException(
          "letters of an FM index: expected=a circle of "
              + length
              + ", found=rank "
              + rank
              + " after them "
              + place);
    }
  }

  /// All letters but the last, in the order of the texts.
  MemorySegment restored(Scratch scratch) {
    MemorySegment all = scratch.allocateBytes(Math.max(0, length - 1));
    int rank = 0;
    for (int i = length - 2; i >= 0; i--) {
      long step = before(rank);
      all.set(ValueLayout.JAVA_BYTE, i, (byte) (step >>> 32));
      rank = (int) step;
    }
    return all;
  }
}
