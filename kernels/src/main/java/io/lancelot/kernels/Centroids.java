package io.lancelot.kernels;

import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;

/// Finds, for each of many vectors, the nearest of many centres: the inner loop of k-means, of
/// codebooks and of assigning rows to partitions. Immutable and thread-safe.
///
/// Scores are `|c|² − 2·x·c`, which rank centres as the squared distance does; adding `|x|²` gives
/// the distance itself. For inner products the norms are left out.
public final class Centroids {

  /// Centres of one panel: what the vector kernel keeps sums for at once.
  static final int PANEL = 32;

  /// Padding centres can never win.
  static final float NEVER = Float.MAX_VALUE;

  private static final boolean VECTOR = Kernels.current().name().startsWith("vector");

  private static final AtomicBoolean STARTED = new AtomicBoolean();
  private static volatile boolean ready;

  private final int count;
  private final int dim;

  /// Panels of 32 centres, each dimension-major: `panel[d * 32 + c]`.
  private final float[] panels;

  /// `|c|²`, or zero for inner products; padding is [#NEVER].
  private final float[] norms;

  private final boolean vector;

  /// Whether plain Java serves until the vector twin is compiled.
  private final boolean waits;

  private Centroids(
      float[] rows, int count, int dim, boolean products, boolean vector, boolean waits) {
    this.count = count;
    this.dim = dim;
    this.vector = vector;
    this.waits = waits;
    int padded = (count + PANEL - 1) / PANEL * PANEL;
    this.panels = new float[padded * dim];
    this.norms = new float[padded];
    for (int c = 0; c < padded; c++) {
      float norm = 0;
      int panel = c / PANEL * PANEL * dim + c % PANEL;
      for (int d = 0; c < count && d < dim; d++) {
        float x = rows[c * dim + d];
        panels[panel + d * PANEL] = x;
        norm += x * x;
      }
      norms[c] = c >= count ? NEVER : products ? 0 : norm;
    }
  }

  /// Centres by squared Euclidean distance.
  ///
  /// @param rows `count × dim` numbers, row after row; copied
  public static Centroids ofL2(float[] rows, int count, int dim) {
    return of(rows, count, dim, false, VECTOR, true);
  }

  /// Centres by greatest inner product.
  public static Centroids ofProduct(float[] rows, int count, int dim) {
    return of(rows, count, dim, true, VECTOR, true);
  }

  static Centroids of(float[] rows, int count, int dim, boolean products, boolean vector) {
    return of(rows, count, dim, products, vector, false);
  }

  private static Centroids of(
      float[] rows, int count, int dim, boolean products, boolean vector, boolean waits) {
    if (count < 1 || dim < 1) {
      throw new IllegalArgumentException("centres: " + count + " of " + dim);
    }
    Objects.checkFromIndexSize(0, Math.multiplyExact(count, dim), rows.length);
    return new Centroids(rows, count, dim, products, vector, waits);
  }

  public int count() {
    return count;
  }

  /// Writes the number of the best centre of rows `from` to `from + rowCount - 1` of `data` to
  /// `best`, and its score, where `stride` numbers lie between the beginnings of two rows.
  ///
  /// @param offset of the first number of row 0 in `data`
  public void nearest(
      float[] data, int offset, int stride, int rowCount, int[] best, float[] scores, int at) {
    Objects.checkFromIndexSize(at, rowCount, best.length);
    Objects.checkFromIndexSize(at, rowCount, scores.length);
    if (rowCount == 0) {
      return;
    }
    Objects.checkFromIndexSize(offset, (rowCount - 1) * stride + dim, data.length);
    if (vector && (ready || !waits)) {
      VectorCentroids.nearest(data, offset, stride, rowCount, panels, norms, dim, best, scores, at);
    } else {
      if (vector) {
        warmSoon();
      }
      plain(data, offset, stride, rowCount, best, scores, at);
    }
  }

  /// Compiles the vector twin in the background, once per JVM, by running it on made-up rows: until
  /// then each of its operations makes an object, and plain Java is many times faster.
  private static void warmSoon() {
    if (STARTED.compareAndSet(false, true)) {
      Thread thread = new Thread(Centroids::warm, "lancelot-centre-warmup");
      thread.setDaemon(true);
      thread.start();
    }
  }

  private static void warm() {
    int dim = 16;
    int rows = 6;
    Centroids some = new Centroids(new float[2 * PANEL * dim], 2 * PANEL, dim, false, true, false);
    float[] data = new float[rows * dim];
    int[] best = new int[rows];
    float[] scores = new float[rows];
    long end = System.nanoTime() + 2_000_000_000L;
    int steady = 0;
    while (System.nanoTime() < end && steady < 100) {
      long start = System.nanoTime();
      VectorCentroids.nearest(data, 0, dim, rows, some.panels, some.norms, dim, best, scores, 0);
      steady = System.nanoTime() - start < 6000 ? steady + 1 : 0;
    }
    ready = true;
  }

  /// Scores of every centre for one vector: `|c|² − 2·x·c`.
  public void scores(float[] data, int offset, float[] out) {
    Objects.checkFromIndexSize(0, count, out.length);
    float[] sums = new float[PANEL];
    for (int first = 0; first < count; first += PANEL) {
      products(data, offset, first, sums);
      for (int c = first; c < Math.min(count, first + PANEL); c++) {
        out[c] = norms[c] - 2 * sums[c - first];
      }
    }
  }

  private void products(float[] data, int offset, int first, float[] sums) {
    java.util.Arrays.fill(sums, 0);
    int panel = first * dim;
    for (int d = 0; d < dim; d++) {
      float x = data[offset + d];
      for (int c = 0; c < PANEL; c++) {
        sums[c] += x * panels[panel + d * PANEL + c];
      }
    }
  }

  private void plain(
      float[] data, int offset, int stride, int rowCount, int[] best, float[] scores, int at) {
    float[] sums = new float[PANEL];
    for (int r = 0; r < rowCount; r++) {
      float least = Float.POSITIVE_INFINITY;
      int winner = 0;
      for (int first = 0; first < count; first += PANEL) {
        products(data, offset + r * stride, first, sums);
        for (int c = 0; c < PANEL; c++) {
          float score = norms[first + c] - 2 * sums[c];
          if (score < least) {
            least = score;
            winner = first + c;
          }
        }
      }
      best[at + r] = winner;
      scores[at + r] = least;
    }
  }
}
