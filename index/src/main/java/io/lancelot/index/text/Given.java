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

  /// The documents of some rows.
  ///
  /// @param rows ascending: those from `first` to before `end` are meant
  /// @param rowIds of all documents, ascending
  static Given of(long[] rows, int first, int end, long[] rowIds) {
    int[] docs = new int[Math.min(end - first, rowIds.length)];
    int count = 0;
    int from = 0;
    for (int i = first; i < end; i++) {
      long row = rows[i];
      // Mostly each row is a document, so the distance tells where it is.
      long near = count == 0 ? 0 : docs[count - 1] + row - rowIds[docs[count - 1]];
      if (near >= from && near < rowIds.length && rowIds[(int) near] == row) {
        from = (int) near;
      } else {
        int found = Arrays.binarySearch(rowIds, from, rowIds.length, row);
        from = found < 0 ? -found - 1 : found;
      }
      if (from < rowIds.length && rowIds[from] == row) {
        docs[count++] = from++;
      }
    }
    return new Given(Arrays.copyOf(docs, count));
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
