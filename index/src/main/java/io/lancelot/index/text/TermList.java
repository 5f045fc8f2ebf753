package io.lancelot.index.text;

/// A posting list with what searches derive from it, before the weight of the token: the last
/// document and the highest score of each block, and the documents that score highest in the whole
/// list. They are computed from the documents themselves, so that they are exact whatever the
/// statistics of the search are. Immutable.
///
/// @param averageLength the statistics that the scores hold for
/// @param max the highest of all blocks
/// @param bestDocs the documents with the highest scores, the best first
/// @param bestScores their scores
record TermList(
    Posting posting,
    int[] lastDocs,
    float[] maxScores,
    float max,
    float averageLength,
    int[] bestDocs,
    float[] bestScores) {

  /// How many of the best documents are kept: more than a search usually asks for, so that it still
  /// has enough where some of them are deleted or score the same.
  private static final int BEST = 32;

  static TermList of(Posting posting, float[] norms, float averageLength) {
    int blocks = posting.blockCount();
    int[] lastDocs = new int[blocks];
    float[] maxScores = new float[blocks];
    int[] docs = new int[posting.format().blockSize()];
    int[] freqs = new int[docs.length];
    int[] bestDocs = new int[Math.min(BEST, posting.docCount())];
    float[] bestScores = new float[bestDocs.length];
    int kept = 0;
    float max = 0;
    for (int block = 0; block < blocks; block++) {
      int count = posting.docs(block, docs);
      posting.freqs(block, freqs);
      float best = 0;
      for (int i = 0; i < count; i++) {
        float score = Bm25.score(freqs[i], norms[docs[i]]);
        best = Math.max(best, score);
        if (kept < bestScores.length || score > bestScores[kept - 1]) {
          int at = kept < bestScores.length ? kept++ : kept - 1;
          while (at > 0 && bestScores[at - 1] < score) {
            bestScores[at] = bestScores[at - 1];
            bestDocs[at] = bestDocs[at - 1];
            at--;
          }
          bestScores[at] = score;
          bestDocs[at] = docs[i];
        }
      }
      lastDocs[block] = docs[count - 1];
      // A little more than what rounding could add.
      maxScores[block] = best * 1.000002f;
      max = Math.max(max, maxScores[block]);
    }
    return new TermList(posting, lastDocs, maxScores, max, averageLength, bestDocs, bestScores);
  }

  long heldBytes() {
    return posting.heldBytes() + 8L * (lastDocs.length + bestDocs.length) + 80;
  }
}
