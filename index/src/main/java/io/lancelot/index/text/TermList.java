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
  ///
  /// @param places where each document is among them, if there are many
  record Plain(int[] docs, float[] scores, @Nullable Places places) {

    static long bytes(int docCount, int all) {
      return 8L * docCount + 48 + (Places.worthIt(docCount, all) ? Places.bytes(all) : 0);
    }
  }

  /// Tells in one step where a document is in a list, or the next one.
  ///
  /// @param bits one for each document that there is
  /// @param before documents of the list before each 64
  record Places(long[] bits, int[] before) {
    private static final int SPARSE = 32;

    static boolean worthIt(int docCount, int all) {
      return docCount >= all / SPARSE && docCount > SPARSE;
    }

    static long bytes(int all) {
      return 12L * (all / 64 + 1) + 32;
    }

    static Places of(int[] docs, int all) {
      long[] bits = new long[all / 64 + 1];
      for (int doc : docs) {
        bits[doc >>> 6] |= 1L << doc;
      }
      int[] before = new int[bits.length];
      for (int i = 1; i < before.length; i++) {
        before[i] = before[i - 1] + Long.bitCount(bits[i - 1]);
      }
      return new Places(bits, before);
    }

    /// How many documents of the list are before one.
    int of(int doc) {
      int word = doc >>> 6;
      return word >= bits.length
          ? Integer.MAX_VALUE
          : before[word] + Long.bitCount(bits[word] & (1L << doc) - 1);
    }
  }

  /// @param norms of all documents
  /// @param unpacked whether those of the list are kept unpacked
  static TermList of(Posting posting, float[] norms, float averageLength, boolean unpacked) {
    int blocks = posting.blockCount();
    int[] lastDocs = new int[blocks];
    float[] maxScores = new float[blocks];
    int[] docs = new int[posting.format().blockSize()];
    int[] freqs = new int[docs.length];
    float[] scores = new float[docs.length];
    int[] allDocs = new int[unpacked ? posting.docCount() : 0];
    float[] allScores = new float[allDocs.length];
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
      if (unpacked) {
        System.arraycopy(docs, 0, allDocs, block * docs.length, count);
        System.arraycopy(scores, 0, allScores, block * docs.length, count);
      }
      lastDocs[block] = docs[count - 1];
      // A little more than what rounding could add.
      maxScores[block] = highest * 1.000002f;
      max = Math.max(max, maxScores[block]);
    }
    Plain plain = unpacked ? plain(allDocs, allScores, norms.length) : null;
    return new TermList(
        posting, lastDocs, maxScores, max, averageLength, best.docs, best.scores, plain);
  }

  private static Plain plain(int[] docs, float[] scores, int all) {
    boolean many = Places.worthIt(docs.length, all);
    return new Plain(docs, scores, many ? Places.of(docs, all) : null);
  }

  long heldBytes() {
    return posting.heldBytes()
        + 8L * (lastDocs.length + bestDocs.length)
        + 80
        + (plain == null ? 0 : 8L * plain.docs.length + 48)
        + (plain == null || plain.places == null ? 0 : 12L * plain.places.bits.length + 32);
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
