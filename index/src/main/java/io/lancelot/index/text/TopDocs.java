package io.lancelot.index.text;

import java.util.Arrays;

/// The best rows so far: by score, then by row. For one thread.
final class TopDocs {

  private final int k;
  private float[] scores;
  private long[] rows;
  private int size;
  private float floor = Float.NEGATIVE_INFINITY;

  TopDocs(int k) {
    this.k = k;
    this.scores = new float[Math.min(k, 64) + 1];
    this.rows = new long[Math.min(k, 64) + 1];
  }

  /// Rows that do not score more are not among the best. Rows that score the same may be, if they
  /// come earlier: they are let through.
  float threshold() {
    return size < k ? floor : Math.max(floor, Math.nextDown(scores[0]));
  }

  /// At least as many rows as are wanted score as much or more, though they are not added yet.
  void atLeast(float score) {
    floor = Math.max(floor, Math.nextDown(score));
  }

  /// How many rows are wanted.
  int wanted() {
    return k;
  }

  int size() {
    return size;
  }

  void add(long row, float score) {
    if (size < k) {
      if (size + 1 >= scores.length) {
        scores = Arrays.copyOf(scores, 2 * scores.length);
        rows = Arrays.copyOf(rows, scores.length);
      }
      scores[size] = score;
      rows[size] = row;
      up(size++);
      return;
    }
    if (k > 0 && worse(scores[0], rows[0], score, row)) {
      scores[0] = score;
      rows[0] = row;
      down();
    }
  }

  private static boolean worse(float score, long row, float thanScore, long thanRow) {
    return score < thanScore || score == thanScore && Long.compareUnsigned(row, thanRow) > 0;
  }

  private void up(int from) {
    int i = from;
    while (i > 0) {
      int parent = (i - 1) >>> 1;
      if (!worse(scores[i], rows[i], scores[parent], rows[parent])) {
        return;
      }
      swap(i, parent);
      i = parent;
    }
  }

  private void down() {
    int i = 0;
    while (true) {
      int child = 2 * i + 1;
      if (child >= size) {
        return;
      }
      if (child + 1 < size
          && worse(scores[child + 1], rows[child + 1], scores[child], rows[child])) {
        child++;
      }
      if (!worse(scores[child], rows[child], scores[i], rows[i])) {
        return;
      }
      swap(i, child);
      i = child;
    }
  }

  private void swap(int i, int j) {
    float score = scores[i];
    scores[i] = scores[j];
    scores[j] = score;
    long row = rows[i];
    rows[i] = rows[j];
    rows[j] = row;
  }

  /// Empties it.
  io.lancelot.index.TextHits best() {
    int count = size;
    long[] bestRows = new long[count];
    float[] bestScores = new float[count];
    for (int i = count - 1; i >= 0; i--) {
      bestRows[i] = rows[0];
      bestScores[i] = scores[0];
      size--;
      rows[0] = rows[size];
      scores[0] = scores[size];
      down();
    }
    return new io.lancelot.index.TextHits(bestRows, bestScores);
  }
}
