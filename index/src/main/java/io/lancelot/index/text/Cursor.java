package io.lancelot.index.text;

/// Walks through a posting list, document by document, scoring. For one thread.
final class Cursor implements Docs {

  private final TermList list;
  private final Posting posting;
  private final int[] lastDocs;
  private final float[] norms;
  private final float weight;
  private final int[] docs;
  private final int[] freqs;
  private int block = -1;
  private int ahead;
  private int count;
  private int at;
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
    int size = Math.min(posting.docCount(), posting.format().blockSize());
    // Full blocks are unpacked in one go.
    int room =
        posting.docCount() >= posting.format().blockSize() ? posting.format().blockSize() : size;
    this.docs = new int[room];
    this.freqs = new int[room];
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
    if (++at < count) {
      doc = docs[at];
      return doc;
    }
    return enter(block + 1);
  }

  private int enter(int wanted) {
    if (wanted >= lastDocs.length) {
      block = lastDocs.length;
      count = 0;
      doc = END;
      return doc;
    }
    block = wanted;
    count = posting.docs(wanted, docs);
    at = 0;
    doc = docs[0];
    return doc;
  }

  @Override
  public int advance(int target) {
    if (doc >= target) {
      return doc;
    }
    if (block < 0 || block < lastDocs.length && lastDocs[block] < target) {
      int wanted = blockOf(target, Math.max(block, 0));
      if (enter(wanted) >= target) {
        return doc;
      }
    }
    if (doc == END) {
      return doc;
    }
    int low = at;
    int high = count - 1;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (docs[middle] < target) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    at = low;
    doc = docs[at];
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

  /// Unpacks a block and scores its documents, without moving to any of them.
  ///
  /// @return how many there are
  int scores(int b, float[] scores) {
    int size = posting.docs(b, docs);
    posting.freqs(b, freqs);
    for (int i = 0; i < size; i++) {
      scores[i] = weight * Bm25.score(freqs[i], norms[docs[i]]);
    }
    return size;
  }

  /// The documents of the block unpacked last.
  int[] docs() {
    return docs;
  }

  int freq() {
    if (freqBlock != block) {
      posting.freqs(block, freqs);
      freqBlock = block;
    }
    return freqs[at];
  }

  @Override
  public boolean matches() {
    return true;
  }

  @Override
  public float score() {
    return weight * Bm25.score(freq(), norms[doc]);
  }

  /// Where the token stands in the document.
  ///
  /// @return how many places
  int positions(PositionBuffer out) {
    int freq = freq();
    if (positionBlock != block) {
      positionStarts = new int[count + 1];
      for (int i = 0; i < count; i++) {
        positionStarts[i + 1] = Math.addExact(positionStarts[i], freqs[i]);
      }
      if (deltas.length < positionStarts[count]) {
        deltas = new int[positionStarts[count] + 16];
      }
      posting.positionDeltas(block, positionStarts[count], deltas);
      positionBlock = block;
    }
    out.reserve(freq);
    int from = positionStarts[at];
    int position = 0;
    for (int i = 0; i < freq; i++) {
      position += deltas[from + i];
      out.values[i] = position;
    }
    out.count = freq;
    return freq;
  }

  /// Adds the scores of all documents.
  void addAll(float[] scores, int[] hits, int group) {
    for (int b = 0; b < lastDocs.length; b++) {
      int size = posting.docs(b, docs);
      posting.freqs(b, freqs);
      for (int i = 0; i < size; i++) {
        int d = docs[i];
        if (hits[d] >= group) {
          scores[d] += weight * Bm25.score(freqs[i], norms[d]);
          hits[d] = group + 1;
        }
      }
    }
    freqBlock = -1;
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
