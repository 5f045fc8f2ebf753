package io.lancelot.index;

/// Rows that a text search found, the best first.
///
/// @param rows by the numbers that the index stores
/// @param scores how well each answers
public record TextHits(long[] rows, float[] scores) {

  public int size() {
    return rows.length;
  }
}
