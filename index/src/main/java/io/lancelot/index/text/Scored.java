package io.lancelot.index.text;

import java.util.Arrays;
import java.util.stream.IntStream;

/// Rows with their scores, ascending by row.
record Scored(long[] rows, float[] scores) {

  interface Sink {
    void add(long row, float score);
  }

  void forEach(Sink sink) {
    for (int i = 0; i < rows.length; i++) {
      sink.add(rows[i], scores[i]);
    }
  }

  private interface Join {
    float scores(float a, float b);
  }

  /// Walks through both.
  ///
  /// @param left whether rows of this one alone are kept
  /// @param right whether rows of the other alone are kept
  private Scored merge(Scored other, boolean left, boolean right, boolean both, Join join) {
    int most = (left ? rows.length : 0) + (right ? other.rows.length : 0);
    Builder out = new Builder(Math.max(most, Math.min(rows.length, other.rows.length)));
    int i = 0;
    int j = 0;
    while (i < rows.length || j < other.rows.length) {
      int order =
          i == rows.length
              ? 1
              : j == other.rows.length ? -1 : Long.compareUnsigned(rows[i], other.rows[j]);
      if (order < 0) {
        if (left) {
          out.add(rows[i], scores[i]);
        }
        i++;
      } else if (order > 0) {
        if (right) {
          out.add(other.rows[j], other.scores[j]);
        }
        j++;
      } else {
        if (both) {
          out.add(rows[i], join.scores(scores[i], other.scores[j]));
        }
        i++;
        j++;
      }
    }
    return out.build();
  }

  /// Rows of both; scores add up.
  Scored and(Scored other) {
    return merge(other, false, false, true, Float::sum);
  }

  /// Rows of either; scores add up.
  Scored or(Scored other) {
    return merge(other, true, true, true, Float::sum);
  }

  /// These rows; scores of the other add up.
  Scored plus(Scored other) {
    return merge(other, true, false, true, Float::sum);
  }

  /// Rows of either, with the higher score.
  Scored max(Scored other) {
    return merge(other, true, true, true, Math::max);
  }

  Scored without(Scored other) {
    return merge(other, true, false, false, Float::sum);
  }

  /// These rows, their scores less a share of the other's.
  Scored lower(Scored other, float share) {
    return merge(other, true, false, true, (a, b) -> a - share * b);
  }

  /// Collects rows in any order, fastest ascending.
  static final class Builder implements Sink {
    private long[] rows;
    private float[] scores;
    private int size;
    private boolean sorted = true;

    Builder() {
      this(64);
    }

    /// @param room rows that it takes without growing
    Builder(int room) {
      rows = new long[Math.max(1, room)];
      scores = new float[rows.length];
    }

    @Override
    public void add(long row, float score) {
      if (size == rows.length) {
        rows = Arrays.copyOf(rows, 2 * size);
        scores = Arrays.copyOf(scores, 2 * size);
      }
      sorted &= size == 0 || Long.compareUnsigned(rows[size - 1], row) < 0;
      rows[size] = row;
      scores[size++] = score;
    }

    Scored build() {
      if (sorted && size == rows.length) {
        return new Scored(rows, scores);
      }
      if (sorted) {
        return new Scored(Arrays.copyOf(rows, size), Arrays.copyOf(scores, size));
      }
      int[] order =
          IntStream.range(0, size)
              .boxed()
              .sorted((a, b) -> Long.compareUnsigned(rows[a], rows[b]))
              .mapToInt(Integer::intValue)
              .toArray();
      long[] sortedRows = new long[size];
      float[] sortedScores = new float[size];
      int count = 0;
      for (int i : order) {
        if (count == 0 || sortedRows[count - 1] != rows[i]) {
          sortedRows[count] = rows[i];
          sortedScores[count++] = scores[i];
        }
      }
      return new Scored(Arrays.copyOf(sortedRows, count), Arrays.copyOf(sortedScores, count));
    }
  }
}
