package io.lancelot.kernels;

/// Distances of rows of floats, four at a time: each number of the query is loaded once for four
/// rows, and multiplied and added in one step. A third faster than row by row.
final class RowsOfFour {

  /// Whether the processor multiplies and adds in one step. Where it does not, Java computes in big
  /// decimals, a hundred times slower.
  static final boolean FAST = fast();

  private RowsOfFour() {}

  private static boolean fast() {
    float sum = 0;
    long least = Long.MAX_VALUE;
    for (int round = 0; round < 5; round++) {
      long start = System.nanoTime();
      for (int i = 0; i < 20; i++) {
        sum = Math.fma(0.5f, i, sum);
      }
      least = Math.min(least, System.nanoTime() - start);
    }
    return least < 5_000 && sum > 0;
  }

  /// Writes the distances of as many of some rows as make fours to `out`, from `first` on.
  ///
  /// @return how many those are
  static int distances(Metric metric, float[] tile, int count, float[] q, float[] out, int first) {
    int whole = count & ~3;
    for (int r = 0; r < whole; r += 4) {
      switch (metric) {
        case L2 -> l2(tile, r * q.length, q, out, first + r);
        case DOT -> dot(tile, r * q.length, q, out, first + r);
        case COSINE -> cosine(tile, r * q.length, q, out, first + r);
        case HAMMING -> throw new AssertionError(metric);
      }
    }
    return whole;
  }

  private static void l2(float[] tile, int at, float[] q, float[] out, int to) {
    int dim = q.length;
    int b = at + dim;
    int c = b + dim;
    int d = c + dim;
    float a0 = 0;
    float a1 = 0;
    float b0 = 0;
    float b1 = 0;
    float c0 = 0;
    float c1 = 0;
    float d0 = 0;
    float d1 = 0;
    int j = 0;
    for (; j <= dim - 2; j += 2) {
      float p = q[j];
      float a2 = tile[at + j] - p;
      float b2 = tile[b + j] - p;
      float c2 = tile[c + j] - p;
      float d2 = tile[d + j] - p;
      a0 = Math.fma(a2, a2, a0);
      b0 = Math.fma(b2, b2, b0);
      c0 = Math.fma(c2, c2, c0);
      d0 = Math.fma(d2, d2, d0);
      float r = q[j + 1];
      float a3 = tile[at + j + 1] - r;
      float b3 = tile[b + j + 1] - r;
      float c3 = tile[c + j + 1] - r;
      float d3 = tile[d + j + 1] - r;
      a1 = Math.fma(a3, a3, a1);
      b1 = Math.fma(b3, b3, b1);
      c1 = Math.fma(c3, c3, c1);
      d1 = Math.fma(d3, d3, d1);
    }
    if (j < dim) {
      float p = q[j];
      a0 += (tile[at + j] - p) * (tile[at + j] - p);
      b0 += (tile[b + j] - p) * (tile[b + j] - p);
      c0 += (tile[c + j] - p) * (tile[c + j] - p);
      d0 += (tile[d + j] - p) * (tile[d + j] - p);
    }
    out[to] = a0 + a1;
    out[to + 1] = b0 + b1;
    out[to + 2] = c0 + c1;
    out[to + 3] = d0 + d1;
  }

  private static void dot(float[] tile, int at, float[] q, float[] out, int to) {
    int dim = q.length;
    int b = at + dim;
    int c = b + dim;
    int d = c + dim;
    float a0 = 0;
    float a1 = 0;
    float b0 = 0;
    float b1 = 0;
    float c0 = 0;
    float c1 = 0;
    float d0 = 0;
    float d1 = 0;
    int j = 0;
    for (; j <= dim - 2; j += 2) {
      float p = q[j];
      a0 = Math.fma(tile[at + j], p, a0);
      b0 = Math.fma(tile[b + j], p, b0);
      c0 = Math.fma(tile[c + j], p, c0);
      d0 = Math.fma(tile[d + j], p, d0);
      float r = q[j + 1];
      a1 = Math.fma(tile[at + j + 1], r, a1);
      b1 = Math.fma(tile[b + j + 1], r, b1);
      c1 = Math.fma(tile[c + j + 1], r, c1);
      d1 = Math.fma(tile[d + j + 1], r, d1);
    }
    if (j < dim) {
      a0 += tile[at + j] * q[j];
      b0 += tile[b + j] * q[j];
      c0 += tile[c + j] * q[j];
      d0 += tile[d + j] * q[j];
    }
    out[to] = 1 - (a0 + a1);
    out[to + 1] = 1 - (b0 + b1);
    out[to + 2] = 1 - (c0 + c1);
    out[to + 3] = 1 - (d0 + d1);
  }

  /// Products in the first, squared lengths in the second sum of each row.
  private static void cosine(float[] tile, int at, float[] q, float[] out, int to) {
    int dim = q.length;
    int b = at + dim;
    int c = b + dim;
    int d = c + dim;
    float a0 = 0;
    float a1 = 0;
    float b0 = 0;
    float b1 = 0;
    float c0 = 0;
    float c1 = 0;
    float d0 = 0;
    float d1 = 0;
    for (int j = 0; j < dim; j++) {
      float p = q[j];
      float a2 = tile[at + j];
      float b2 = tile[b + j];
      float c2 = tile[c + j];
      float d2 = tile[d + j];
      a0 = Math.fma(a2, p, a0);
      a1 = Math.fma(a2, a2, a1);
      b0 = Math.fma(b2, p, b0);
      b1 = Math.fma(b2, b2, b1);
      c0 = Math.fma(c2, p, c0);
      c1 = Math.fma(c2, c2, c1);
      d0 = Math.fma(d2, p, d0);
      d1 = Math.fma(d2, d2, d1);
    }
    out[to] = ScalarKernels.cosine(a0, a1);
    out[to + 1] = ScalarKernels.cosine(b0, b1);
    out[to + 2] = ScalarKernels.cosine(c0, c1);
    out[to + 3] = ScalarKernels.cosine(d0, d1);
  }
}
