package io.lancelot.bench;

/// A system under test that also searches by vector, and by words and vector together.
sealed interface HybridContender extends TextContender permits LancelotTexts, LuceneTexts {

  /// Rows that a search in the graph of the vectors keeps at a time.
  int EF = 80;

  /// Builds the index of the vectors, once.
  void buildVectors();

  /// Rows near to a vector.
  long[] near(float[] vector, int k);

  /// Rows by any of some words and a vector, in one ranking by reciprocal ranks.
  long[] hybrid(String words, float[] vector, int k);
}
