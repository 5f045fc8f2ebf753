package io.lancelot.bench;

import java.util.Arrays;

/// Repeated measurements of one thing.
final class Samples {

  private double[] values = new double[8];
  private int count;

  void add(double value) {
    if (count == values.length) {
      values = Arrays.copyOf(values, count * 2);
    }
    values[count++] = value;
  }

  int count() {
    return count;
  }

  double median() {
    double[] sorted = sorted();
    return count % 2 == 1 ? sorted[count / 2] : (sorted[count / 2 - 1] + sorted[count / 2]) / 2;
  }

  /// The value that a share of all are not above.
  double quantile(double share) {
    return sorted()[Math.min(count - 1, (int) (share * count))];
  }

  double min() {
    return sorted()[0];
  }

  double max() {
    return sorted()[count - 1];
  }

  private double[] sorted() {
    if (count == 0) {
      throw new IllegalStateException("no measurements");
    }
    double[] sorted = Arrays.copyOf(values, count);
    Arrays.sort(sorted);
    return sorted;
  }
}
