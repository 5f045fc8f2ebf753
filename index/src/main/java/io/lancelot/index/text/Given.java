package io.lancelot.index.text;

import java.util.Arrays;

/// Documents known beforehand, which add nothing to a score: those that a filter lets through. For
/// one thread.
final class Given implements Docs {

  private final int[] docs;
  private int at = -1;

  /// @param docs ascending
  Given(int[] docs) {
    this.docs = docs;
  }

  @Override
  public int doc() {
    return at < 0 ? -1 : at < docs.length ? docs[at] : END;
  }

  @Override
  public int advance(int target) {
    int low = Math.max(at, 0);
    if (at < 0 || at < docs.length && docs[at] < target) {
      int step = 1;
      int high = low;
      while (high < docs.length && docs[high] < target) {
        low = high + 1;
        high += step;
        step *= 2;
      }
      int found = Arrays.binarySearch(docs, low, Math.min(high, docs.length), target);
      at = found < 0 ? -found - 1 : found;
    }
    return doc();
  }

  @Override
  public boolean matches() {
    return true;
  }

  @Override
  public float score() {
    return 0;
  }

  @Override
  public void look(int target) {}

  @Override
  public float bound() {
    return 0;
  }

  @Override
  public int boundEnd() {
    return END - 1;
  }

  @Override
  public long docCount() {
    return docs.length;
  }
}
