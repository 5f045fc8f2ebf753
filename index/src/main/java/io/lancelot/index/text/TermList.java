package io.lancelot.index.text;

import org.jspecify.annotations.Nullable;

/// A posting list with what searches derive from it, before the weight of the token: the last
/// document and the highest score of each block, the documents that score highest in the whole
/// list, and where memory allows all documents and scores unpacked. They are computed from the
/// documents themselves, so that they are exact whatever the statistics of the search are.
/// Immutable.
///
/// @param averageLength the statistics that the scores hold for
/// @param max the highest of all blocks
/// @param bestDocs the documents with the highest scores, the best first
/// @param bestScores their scores
/// @param plain all documents, unpacked; null where they are not kept so
record TermList(
    Posting posting,
    int[] lastDocs,
    float[] maxScores,
    float max,
    float averageLength,
    int[] bestDocs,
    float[] bestScores,
    @Nullable Plain plain) {

  /// How many of the best documents are kept: more than a search usually asks for, so that it still
  /// has enough where some of them are deleted or score the same.
  private static final int BEST = 32;

  /// Documents, ascending, and the score of each.
  record Plain(int[] docs, float[] scores) {

    static long bytes(int docCount) {
      return 8L * docCount + 48;
    }
  }

  /// @param unpacked whether all documents are kept unpacked
  static TermList of(Posting posting, float[] norms, float averageLength, boolean unpacked) {
    int blocks = posting.blockCount();
    int[] lastDocs = new int[blocks];
    float[] maxScores = new float[blocks];
    int[] docs = new int[posting.format().blockSize()];
    int[] freqs = new int[docs.length];
    float[] scores = new float[docs.length];
    Plain plain =
        unpacked ? new Plain(new int[posting.docCount()], new float[posting.docCount()]) : null;
    Best best = new Best(Math.min(BEST, posting.docCount()));
    float max = 0;
    for (int block = 0; block < blocks; block++) {
      int count = posting.docs(block, docs);
      posting.freqs(block, freqs);
      float highest = 0;
      for (int i = 0; i < count; i++) {
        scores[i] = Bm25.score(freqs[i], norms[docs[i]]);
        highest = Math.max(highest, scores[i]);
        best.offer(docs[i], scores[i]);
      }
      if (plain != null) {
        System.arraycopy(docs, 0, plain.docs, block * docs.length, count);
        System.arraycopy(scores, 0, plain.scores, block * docs.length, count);
      }
      lastDocs[block] = docs[count - 1];
      // A little more than what rounding could add.
      maxScores[block] = highest * 1.000002f;
      max = Math.max(max, maxScores[block]);
    }
    return new TermList(
        posting, lastDocs, maxScores, max, averageLength, best.docs, best.scores, plain);
  }

  long heldBytes() {
    return posting.heldBytes()
        + 8L * (lastDocs.length + bestDocs.length)
        + 80
        + (plain == null ? 0 : Plain.bytes(plain.docs.length));
  }

  /// The documents with the highest scores so far; of equal ones the first.
  private static final class Best {
    private final int[] docs;
    private final float[] scores;
    private int kept;

    Best(int size) {
      docs = new int[size];
      scores = new float[size];
    }

    void offer(int doc, float score) {
      if (kept == scores.length && score <= scores[kept - 1]) {
        return;
      }
      int at = kept < scores.length ? kept++ : kept - 1;
      while (at > 0 && scores[at - 1] < score) {
        scores[at] = scores[at - 1];
        docs[at] = docs[at - 1];
        at--;
      }
      scores[at] = score;
      docs[at] = doc;
    }
  }
}
