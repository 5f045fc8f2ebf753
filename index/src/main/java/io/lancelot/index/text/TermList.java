package io.lancelot.index.text;

/// A posting list with what searches derive from it: the last document and the highest score of
/// each block, before the weight of the token. They are computed from the documents themselves, so
/// that they are exact whatever the statistics of the search are. Immutable.
///
/// @param averageLength the statistics that the scores hold for
/// @param max the highest of all blocks
record TermList(
    Posting posting, int[] lastDocs, float[] maxScores, float max, float averageLength) {

  static TermList of(Posting posting, float[] norms, float averageLength) {
    int blocks = posting.blockCount();
    int[] lastDocs = new int[blocks];
    float[] maxScores = new float[blocks];
    int[] docs = new int[posting.format().blockSize()];
    int[] freqs = new int[docs.length];
    float max = 0;
    for (int block = 0; block < blocks; block++) {
      int count = posting.docs(block, docs);
      posting.freqs(block, freqs);
      float best = 0;
      for (int i = 0; i < count; i++) {
        float freq = freqs[i];
        best = Math.max(best, freq / (freq + norms[docs[i]]));
      }
      lastDocs[block] = docs[count - 1];
      // A little more than what rounding could add.
      maxScores[block] = best * (Bm25.K1 + 1) * 1.000002f;
      max = Math.max(max, maxScores[block]);
    }
    return new TermList(posting, lastDocs, maxScores, max, averageLength);
  }

  long heldBytes() {
    return posting.heldBytes() + 8L * lastDocs.length + 48;
  }
}
