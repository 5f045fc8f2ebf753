package io.lancelot.bench;

import io.lancelot.columnar.FixedColumn;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/// R, the yardstick for searches on a machine that is never the same twice: a plain exact search
/// for the ten nearest of the first 20,000 rows, one thread, floats in an array. A query's time is
/// the best of eight, R is the median of forty queries.
final class Reference {

  private static final int ROWS = 20_000;
  private static final int QUERIES = 40;
  private static final int TRIES = 8;
  private static final int K = 10;
  private static final int BLOCK = 500;

  private final int dim;
  private final int rows;
  private final float[] data;
  private final float[][] queries;
  private final float[] distances = new float[BLOCK];
  private final float[] best = new float[K];

  Reference(Vectors vectors) {
    dim = vectors.dim();
    rows = (int) Math.min(ROWS, vectors.count()) / BLOCK * BLOCK;
    data = new float[rows * dim];
    MemorySegment.copy(vectors.rows(), FixedColumn.FLOAT, 0, data, 0, data.length);
    queries = Arrays.copyOf(vectors.queries(), Math.min(QUERIES, vectors.queries().length));
  }

  /// Microseconds.
  double micros() {
    Samples all = new Samples();
    for (float[] query : queries) {
      double least = Double.MAX_VALUE;
      for (int i = 0; i < TRIES; i++) {
        long start = System.nanoTime();
        search(query);
        least = Math.min(least, (System.nanoTime() - start) / 1e3);
      }
      all.add(least);
    }
    return all.median();
  }

  private void search(float[] query) {
    Arrays.fill(best, Float.POSITIVE_INFINITY);
    for (int from = 0; from < rows; from += BLOCK) {
      ReferenceKernel.squares(query, data, from * dim, distances);
      for (float distance : distances) {
        if (distance < best[K - 1]) {
          insert(distance);
        }
      }
    }
  }

  private void insert(float distance) {
    int at = K - 1;
    for (; at > 0 && best[at - 1] > distance; at--) {
      best[at] = best[at - 1];
    }
    best[at] = distance;
  }
}
