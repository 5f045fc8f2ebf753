package io.lancelot.index.text;

import org.jspecify.annotations.Nullable;

/// Walks through a posting list, document by document, scoring. For one thread.
final class Cursor implements Docs {

  private final TermList list;
  private final Posting posting;
  private final int[] lastDocs;
  private final float[] norms;
  private final float weight;
  private final int blockSize;

  /// Whether documents and scores of the whole list lie unpacked.
  private final boolean plain;

  /// Those of the whole list, or of the block that was unpacked last.
  private final int[] docs;

  /// Of the whole list; empty if it is not unpacked.
  private final float[] scores;

  private final TermList.@Nullable Places places;

  private int[] freqs = {};

  /// The block unpacked last; where lists lie unpacked, the block of the document it stands at is
  /// told by its place.
  private int block = -1;

  private int ahead;

  /// Where it stands in `docs`, and how many of them count.
  private int at = -1;

  private int end;
  private int freqBlock = -1;
  private int doc = -1;
  private int[] positionStarts = {};
  private int[] deltas = {};
  private int positionBlock = -1;

  /// @param weight what a document's score is multiplied with
  Cursor(TermList list, float[] norms, float weight) {
    this.list = list;
    this.posting = list.posting();
    this.lastDocs = list.lastDocs();
    this.norms = norms;
    this.weight = weight;
    this.blockSize = posting.format().blockSize();
    TermList.Plain unpacked = list.plain();
    this.plain = unpacked != null;
    if (unpacked != null) {
      this.docs = unpacked.docs();
      this.scores = unpacked.scores();
      this.end = docs.length;
      this.places = unpacked.places();
    } else {
      // Full blocks are unpacked in one go.
      this.docs = new int[Math.min(posting.docCount(), blockSize)];
      this.scores = new float[0];
      this.places = null;
    }
  }

  @Override
  public int doc() {
    return doc;
  }

  @Override
  public long docCount() {
    return posting.docCount();
  }

  /// No document scores more.
  float maxScore() {
    return list.max() * weight;
  }

  int next() {
    if (++at < end) {
      doc = docs[at];
      return doc;
    }
    return enter(block + 1);
  }

  /// Goes to the first document of a block.
  private int enter(int wanted) {
    if (plain || wanted >= lastDocs.length) {
      block = lastDocs.length;
      end = 0;
      doc = END;
      return doc;
    }
    block = wanted;
    end = posting.docs(wanted, docs);
    at = 0;
    doc = docs[0];
    return doc;
  }

  @Override
  public int advance(int target) {
    if (doc >= target) {
      return doc;
    }
    if (places != null) {
      at = places.of(target);
      doc = at < end ? docs[at] : END;
      return doc;
    }
    if (!plain && (block < 0 || block < lastDocs.length && lastDocs[block] < target)) {
      int wanted = blockOf(target, Math.max(block, 0));
      if (enter(wanted) >= target) {
        return doc;
      }
    }
    // In ever larger steps, since the next one wanted is mostly near.
    int low = at + 1;
    int high = low;
    for (int step = 1; high < end && docs[high] < target; step *= 2) {
      low = high + 1;
      high += step;
    }
    high = Math.min(high, end);
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (docs[middle] < target) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    at = low;
    doc = at < end ? docs[at] : END;
    return doc;
  }

  /// The block in which a document would be; the number of blocks if it is behind all.
  private int blockOf(int target, int from) {
    int low = from;
    int step = 1;
    int high = low;
    while (high < lastDocs.length && lastDocs[high] < target) {
      low = high + 1;
      high += step;
      step *= 2;
    }
    high = Math.min(high, lastDocs.length);
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (lastDocs[middle] < target) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  /// Without unpacking anything.
  @Override
  public void look(int target) {
    ahead = blockOf(target, ahead);
  }

  @Override
  public float bound() {
    return ahead == lastDocs.length ? 0 : list.maxScores()[ahead] * weight;
  }

  @Override
  public int boundEnd() {
    return ahead == lastDocs.length ? END - 1 : lastDocs[ahead];
  }

  /// The documents that score highest, the best first.
  int[] bestDocs() {
    return list.bestDocs();
  }

  /// The score of one of them.
  float bestScore(int i) {
    return weight * list.bestScores()[i];
  }

  /// The block that it looks at.
  int ahead() {
    return ahead;
  }

  int blockCount() {
    return lastDocs.length;
  }

  /// No document of a block scores more.
  float blockBound(int b) {
    return list.maxScores()[b] * weight;
  }

  /// Scores the documents of a block, without moving to any of them. They are in [#docs] from
  /// [#first] on.
  ///
  /// @param out as long as a block
  /// @return how many there are
  int scores(int b, float[] out) {
    if (plain) {
      int first = b * blockSize;
      int count = Math.min(blockSize, docs.length - first);
      for (int i = 0; i < count; i++) {
        out[i] = weight * scores[first + i];
      }
      return count;
    }
    int count = posting.docs(b, docs);
    unpackFreqs(b);
    for (int i = 0; i < count; i++) {
      out[i] = weight * Bm25.score(freqs[i], norms[docs[i]]);
    }
    return count;
  }

  /// Documents: those of a block begin at [#first].
  int[] docs() {
    return docs;
  }

  /// Where the documents of a block begin.
  int first(int b) {
    return plain ? b * blockSize : 0;
  }

  int blockSize() {
    return blockSize;
  }

  private void unpackFreqs(int b) {
    if (freqs.length == 0) {
      freqs = new int[Math.min(posting.docCount(), blockSize)];
    }
    posting.freqs(b, freqs);
    freqBlock = b;
  }

  /// How often the token stands in the document.
  private int freq() {
    int own = plain ? at / blockSize : block;
    if (freqBlock != own) {
      unpackFreqs(own);
    }
    return freqs[plain ? at % blockSize : at];
  }

  @Override
  public boolean matches() {
    return true;
  }

  @Override
  public float score() {
    return weight * (plain ? scores[at] : Bm25.score(freq(), norms[doc]));
  }

  /// Where the token stands in the document.
  ///
  /// @return how many places
  int positions(PositionBuffer out) {
    int freq = freq();
    if (positionBlock != freqBlock) {
      int count = posting.size(freqBlock);
      positionStarts = new int[count + 1];
      for (int i = 0; i < count; i++) {
        positionStarts[i + 1] = Math.addExact(positionStarts[i], freqs[i]);
      }
      if (deltas.length < positionStarts[count]) {
        deltas = new int[positionStarts[count] + 16];
      }
      posting.positionDeltas(freqBlock, positionStarts[count], deltas);
      positionBlock = freqBlock;
    }
    out.reserve(freq);
    int from = positionStarts[plain ? at % blockSize : at];
    int position = 0;
    for (int i = 0; i < freq; i++) {
      position += deltas[from + i];
      out.values[i] = position;
    }
    out.count = freq;
    return freq;
  }

  /// Adds the scores of all documents.
  void addAll(float[] sums, int[] hits, int group) {
    float[] own = new float[blockSize];
    for (int b = 0; b < lastDocs.length; b++) {
      int count = scores(b, own);
      int first = first(b);
      for (int i = 0; i < count; i++) {
        int d = docs[first + i];
        if (hits[d] >= group) {
          sums[d] += own[i];
          hits[d] = group + 1;
        }
      }
    }
  }

  /// Places of a token in a document.
  static final class PositionBuffer {
    int[] values = new int[16];
    int count;

    void reserve(int size) {
      if (values.length < size) {
        values = new int[2 * size];
      }
    }
  }
}
