package io.lancelot.index.vector;

import io.lancelot.base.Context;
import io.lancelot.base.Parallel;
import io.lancelot.index.BuildProgress;
import io.lancelot.kernels.Centroids;
import io.lancelot.kernels.Metric;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.LongConsumer;

/// Centres of many vectors, by Lloyd's rounds. Centres that lose all their rows take half of those
/// of the largest; where there are fewer different rows than centres, fewer come out. Under the
/// inner product centres are directions of length one, as a longer one would win all rows. Many
/// centres are found in two levels, by [TwoLevels].
final class KMeans {

  private static final int TASK_ROWS = 2048;

  /// Rounds end when the loss shrinks by less than this share.
  private static final double SETTLED = 0.003;

  /// After the rounds over a part of the rows so many over all of them are enough.
  private static final int WHOLE_ROUNDS = 4;

  /// The most centres that one level finds: below, two levels save less than half of the time and
  /// may lose 2 % more; from here on they lose about as little.
  static final int FLAT_CENTRES = 1536;

  private final Context context;
  private final Metric metric;
  private final float[] data;
  private final int offset;
  private final int stride;
  private final int rows;
  private final int dim;
  private final SplittableRandom random;

  /// Vectors in random order, the first at `offset`, `stride` numbers from one to the next.
  record Rows(float[] data, int offset, int stride, int count, int dim) {

    /// Vectors one after the other.
    static Rows of(float[] data, int dim) {
      return new Rows(data, 0, dim, data.length / dim, dim);
    }
  }

  /// @param metric L2 or, for directions, DOT
  KMeans(Context context, Metric metric, Rows from, long seed) {
    this.context = context;
    this.metric = metric;
    this.data = from.data();
    this.offset = from.offset();
    this.stride = from.stride();
    this.rows = from.count();
    this.dim = from.dim();
    this.random = new SplittableRandom(seed);
  }

  /// Centres, `dim` numbers each: `wanted` of them, or fewer if that many rows are not different.
  float[] train(int wanted, int maxRounds, BuildProgress progress) {
    return Math.min(wanted, rows) > FLAT_CENTRES
        ? new TwoLevels(context, metric, new Rows(data, offset, stride, rows, dim), random)
            .train(Math.min(wanted, rows), maxRounds, progress)
        : trainFlat(wanted, maxRounds, progress);
  }

  /// Looks for all centres at once: each round compares every row with every centre.
  float[] trainFlat(int wanted, int maxRounds, BuildProgress progress) {
    float[] centres = directions(firstCentres(wanted));
    int[] best = new int[rows];
    float[] scores = new float[rows];
    // The first rounds only find the rough shape: a part of the rows is enough for them.
    int part = Math.min(rows, Math.max(32 * wanted, rows / 4));
    double previous = Double.MAX_VALUE;
    boolean whole = part == rows;
    int wholeRounds = part == rows ? maxRounds : WHOLE_ROUNDS;
    for (int round = 0; round < maxRounds; round++) {
      int used = whole ? rows : part;
      long before = (long) round * rows;
      progress.report("k-means", before, (long) maxRounds * rows);
      LongConsumer assigned =
          done -> progress.report("k-means", before + done, (long) maxRounds * rows);
      double loss = assign(centres, used, best, scores, assigned);
      centres = directions(update(centres.length / dim, used, best));
      boolean settled = previous - loss <= SETTLED * Math.abs(previous);
      previous = loss;
      if (settled && !whole) {
        whole = true;
        previous = Double.MAX_VALUE;
      } else if (settled || (whole && --wholeRounds == 0)) {
        break;
      }
    }
    progress.report("k-means", (long) maxRounds * rows, (long) maxRounds * rows);
    return centres;
  }

  /// Moves centres by some rounds over all rows, and adds those that are missing.
  float[] refine(float[] from, int wanted, int rounds, BuildProgress progress) {
    float[] centres = from;
    int[] best = new int[rows];
    float[] scores = new float[rows];
    long total = (long) rounds * rows;
    for (int round = 0; round < rounds; round++) {
      long before = (long) round * rows;
      assign(centres, rows, best, scores, done -> progress.report("k-means", before + done, total));
      centres = directions(update(wanted, rows, best));
    }
    return centres;
  }

  /// The number of the nearest centre of each row.
  int[] nearest(float[] centres) {
    int[] best = new int[rows];
    assign(centres, rows, best, new float[rows], _ -> {});
    return best;
  }

  /// Under the inner product centres of length one; others as they are.
  private float[] directions(float[] centres) {
    for (int at = 0; metric == Metric.DOT && at < centres.length; at += dim) {
      VectorType.normalise(centres, at, dim);
    }
    return centres;
  }

  private float[] firstCentres(int wanted) {
    int count = Math.min(wanted, rows);
    int[] order = new int[rows];
    Arrays.setAll(order, i -> i);
    float[] centres = new float[count * dim];
    for (int i = 0; i < count; i++) {
      int other = i + random.nextInt(rows - i);
      int row = order[other];
      order[other] = order[i];
      System.arraycopy(data, offset + row * stride, centres, i * dim, dim);
    }
    return centres;
  }

  /// @param assigned hears how many rows are done
  private double assign(
      float[] centres, int used, int[] best, float[] scores, LongConsumer assigned) {
    Centroids centroids = IvfModel.centroids(metric, centres, dim);
    List<Integer> tasks = new ArrayList<>();
    for (int first = 0; first < used; first += TASK_ROWS) {
      tasks.add(first);
    }
    int[] done = {0};
    Parallel.run(
        context,
        tasks,
        first -> {
          int count = Math.min(TASK_ROWS, used - first);
          centroids.nearest(data, offset + first * stride, stride, count, best, scores, first);
          return count;
        },
        count -> {
          done[0] += count;
          assigned.accept(done[0]);
        });
    // In the order of the rows, whatever the order of the tasks: sums are the same each time.
    double total = 0;
    for (int i = 0; i < used; i++) {
      total += scores[i];
    }
    return metric == Metric.DOT ? total : total + squares(used);
  }

  private double squares(int used) {
    double sum = 0;
    for (int i = 0; i < used; i++) {
      int at = offset + i * stride;
      float square = 0;
      for (int d = 0; d < dim; d++) {
        square += data[at + d] * data[at + d];
      }
      sum += square;
    }
    return sum;
  }

  /// The middles of the rows of each centre; those without rows among the first `count` are filled.
  private float[] update(int count, int used, int[] best) {
    double[] sums = new double[count * dim];
    int[] sizes = new int[count];
    for (int i = 0; i < used; i++) {
      int at = offset + i * stride;
      int to = best[i] * dim;
      sizes[best[i]]++;
      for (int d = 0; d < dim; d++) {
        sums[to + d] += data[at + d];
      }
    }
    float[] next = new float[count * dim];
    for (int c = 0; c < count; c++) {
      for (int d = 0; sizes[c] > 0 && d < dim; d++) {
        next[c * dim + d] = (float) (sums[c * dim + d] / sizes[c]);
      }
    }
    return fillEmpty(next, sizes, used, best);
  }

  /// Gives a centre without rows a random row of the largest one's that has different ones; drops
  /// it if there is none.
  private float[] fillEmpty(float[] centres, int[] sizes, int used, int[] best) {
    int count = sizes.length;
    // Whose rows a centre shares: one that was just filled has none of its own yet.
    int[] owners = new int[count];
    Arrays.setAll(owners, c -> c);
    int kept = 0;
    for (int c = 0; c < count; c++) {
      kept += sizes[c] > 0 || fill(centres, c, sizes, owners, used, best) ? 1 : 0;
    }
    if (kept == count) {
      return centres;
    }
    float[] left = new float[kept * dim];
    int to = 0;
    for (int c = 0; c < count; c++) {
      if (sizes[c] > 0) {
        System.arraycopy(centres, c * dim, left, to * dim, dim);
        to++;
      }
    }
    return left;
  }

  private boolean fill(
      float[] centres, int empty, int[] sizes, int[] owners, int used, int[] best) {
    while (true) {
      int largest = 0;
      for (int c = 1; c < sizes.length; c++) {
        largest = sizes[c] > sizes[largest] ? c : largest;
      }
      if (sizes[largest] < 2) {
        return false;
      }
      int row = differentRow(centres, largest, owners[largest], used, best);
      if (row >= 0) {
        System.arraycopy(data, offset + row * stride, centres, empty * dim, dim);
        sizes[empty] = sizes[largest] / 2;
        sizes[largest] -= sizes[empty];
        owners[empty] = owners[largest];
        return true;
      }
      // All its rows are the same: it has none to give.
      sizes[largest] = 1;
    }
  }

  /// A random row of the owner's that is not the same as a centre; -1 if there is none.
  private int differentRow(float[] centres, int centre, int owner, int used, int[] best) {
    int start = random.nextInt(used);
    for (int n = 0; n < used; n++) {
      int i = start + n < used ? start + n : start + n - used;
      if (best[i] != owner) {
        continue;
      }
      int at = offset + i * stride;
      for (int d = 0; d < dim; d++) {
        if (Math.abs(data[at + d] - centres[centre * dim + d]) > 1e-6f * Math.abs(data[at + d])) {
          return i;
        }
      }
    }
    return -1;
  }
}
