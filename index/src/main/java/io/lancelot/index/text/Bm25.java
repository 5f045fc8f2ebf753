package io.lancelot.index.text;

/// How well a document answers: by how often it has a word, how long it is, and how rare the word
/// is. In single precision, as other readers of the format compute it.
final class Bm25 {

  static final float K1 = 1.2f;
  static final float B = 0.75f;

  private Bm25() {}

  /// @param docs documents that have the token
  /// @param all documents there are
  static float idf(long docs, long all) {
    float n = docs;
    return (float) Math.log((all - n + 0.5f) / (n + 0.5f) + 1.0f);
  }

  /// What a document's length adds to a frequency.
  static float norm(int length, float averageLength) {
    return K1 * (1 - B + B * length / averageLength);
  }

  /// The score of a document, before the weight of the token.
  static float score(float freq, float norm) {
    return (K1 + 1) * freq / (freq + norm);
  }
}
