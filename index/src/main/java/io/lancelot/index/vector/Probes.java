package io.lancelot.index.vector;

import io.lancelot.columnar.FixedColumn;
import io.lancelot.kernels.ElementType;
import io.lancelot.kernels.Kernels;
import io.lancelot.kernels.Metric;
import io.lancelot.kernels.QueryVector;
import java.lang.foreign.MemorySegment;

/// The partitions of a segment in the order in which a query looks into them, and when it has seen
/// enough.
///
/// A neighbour at distance r lies in another cell than the query's own only if it is on the far
/// side of the plane between the two centres. Its step across is r times the cosine of an angle
/// that in many dimensions is mostly near a right one; so a cell whose plane is farther away than a
/// share of r is left out. That share decides over recall and time.
final class Probes {

  /// Share of the k-th distance within which cells are looked into.
  static final float REACH = Float.parseFloat(System.getProperty("lancelot.vector.reach", "0.5"));

  private final MemorySegment centres;
  private final int dim;
  private final Metric metric;

  /// What the reach is multiplied with: 0 for the query's own cell alone, infinite for all cells.
  private final double wider;

  /// Cells that may be looked into by inner products, for which planes say nothing.
  private final double most;

  /// Squared distance from the query of each partition's centre; for inner products what they rank
  /// by.
  private final float[] distances;

  /// A heap of ranks (upper half) and partitions; the nearest first.
  private final long[] heap;

  private int size;
  private int given;
  private float nearest;
  private int startedAt = -1;
  private boolean filtered;

  /// Squared distances from the nearest centre, computed when they are first asked for.
  private float[] fromNearest = new float[0];

  /// @param effort how far to look, from 0 to 1; NaN for 0.5, which is as far as few neighbours are
  ///   missed
  Probes(MemorySegment centres, int count, int dim, Metric metric, float[] query, double effort) {
    double share = Double.isNaN(effort) ? 0.5 : effort;
    this.wider = share / (1 - share);
    this.most = 2 * share * count;
    this.centres = centres;
    this.dim = dim;
    this.metric = metric;
    this.distances = new float[count];
    QueryVector vector =
        QueryVector.of(metric == Metric.DOT ? Metric.DOT : Metric.L2, ElementType.FLOAT32, query);
    Kernels.current().distances(vector, centres, 0, count, distances);
    this.heap = new long[count];
    for (int p = 0; p < count; p++) {
      int bits = Float.floatToRawIntBits(distances[p]);
      heap[p] = (long) (bits ^ (bits >> 31 & 0x7fff_ffff)) << 32 | p;
    }
    this.size = count;
    for (int i = count / 2 - 1; i >= 0; i--) {
      sift(i, heap[i]);
    }
  }

  /// The nearest partition not yet given out, or -1.
  int next() {
    if (size == 0) {
      return -1;
    }
    long top = heap[0];
    size--;
    given++;
    if (size > 0) {
      sift(0, heap[size]);
    }
    return (int) top;
  }

  private void sift(int at, long entry) {
    while (2 * at + 1 < size) {
      int child = 2 * at + 1;
      if (child + 1 < size && heap[child + 1] < heap[child]) {
        child++;
      }
      if (heap[child] >= entry) {
        break;
      }
      heap[at] = heap[child];
      at = child;
    }
    heap[at] = entry;
  }

  /// The squared distance of a partition's centre; under the inner product `1 − q·c`.
  float distance(int partition) {
    return distances[partition];
  }

  /// Makes a partition the one that the query lies in.
  void startAt(int partition) {
    nearest = distances[partition];
    startedAt = partition;
  }

  /// Says that a filter passes only some of the rows. Where these lie far from the query they may
  /// all lie in one direction: then steps across planes are long, up to the whole distance.
  void expectFilter() {
    filtered = true;
  }

  /// How many times as far, squared, rows at a squared distance are as rows of the query's own
  /// cell: these are about twice as far apart, squared, as from their centre. 1 where no filter
  /// passes only rows that are farther.
  double away(float squared) {
    return filtered ? Math.max(1, squared / Math.max(2 * nearest, Float.MIN_NORMAL)) : 1;
  }

  private double reach(float squared) {
    return Math.min(REACH * Math.sqrt(away(squared)), Math.max(REACH, 1));
  }

  private void measureFromNearest() {
    float[] centre = new float[dim];
    MemorySegment.copy(centres, FixedColumn.FLOAT, 4L * dim * startedAt, centre, 0, dim);
    fromNearest = new float[distances.length];
    Kernels.current()
        .distances(
            QueryVector.of(Metric.L2, ElementType.FLOAT32, centre),
            centres,
            0,
            distances.length,
            fromNearest);
  }

  /// Whether rows nearer than a squared distance may well lie in a partition.
  boolean worthwhile(int partition, float squared) {
    if (metric == Metric.DOT) {
      return given <= most;
    }
    if (wider == 0) {
      return false;
    }
    if (!(squared < Float.POSITIVE_INFINITY) || wider == Double.POSITIVE_INFINITY) {
      return true;
    }
    if (fromNearest.length == 0) {
      measureFromNearest();
    }
    float apart = fromNearest[partition];
    if (apart <= 0) {
      return true;
    }
    double plane = (distances[partition] - nearest) / (2 * Math.sqrt(apart));
    return plane <= wider * reach(squared) * Math.sqrt(Math.max(0, squared));
  }
}
