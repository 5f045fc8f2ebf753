package io.lancelot.kernels;

import java.util.Arrays;

/// The k nearest rows seen so far: a heap of (distance, row id) whose root is the worst.
///
/// Nearer means smaller distance, and among equal distances smaller row id, so that the result does
/// not depend on the order of offers or on how the work was split. Distances that are not numbers
/// or lie outside the distance range never enter. Not thread-safe: one per thread, then [#merge].
public final class TopK {

  private static final int FIRST_CAPACITY = 64;

  private final int k;
  private final float lower;
  private final float upper;
  private final boolean distinct;
  private float[] distances;
  private long[] ids;
  private int size;

  /// The `k` nearest of all rows.
  public TopK(int k) {
    this(k, Float.NaN, Float.NaN);
  }

  /// The `k` nearest of the rows with `lower <= distance < upper`; NaN means no bound on that side.
  ///
  /// Format: `distance_range` of the real Lance, which includes the lower bound and not the upper.
  public TopK(int k, float lower, float upper) {
    this(k, lower, upper, false);
  }

  private TopK(int k, float lower, float upper, boolean distinct) {
    if (k < 1) {
      throw new IllegalArgumentException("k must be at least 1: " + k);
    }
    this.k = k;
    this.lower = lower;
    this.upper = upper;
    this.distinct = distinct;
    this.distances = new float[Math.min(k, FIRST_CAPACITY)];
    this.ids = new long[distances.length];
  }

  /// The `k` nearest rows where a row may be offered several times: it is held once, with the least
  /// of its distances. A row that enters is looked for among those held, so that `k` should be some
  /// hundreds at the most.
  public static TopK ofDistinct(int k) {
    return new TopK(k, Float.NaN, Float.NaN, true);
  }

  public int k() {
    return k;
  }

  /// Rows held, at most k.
  public int size() {
    return size;
  }

  /// No row farther than this can enter any more: the worst distance held once k rows are held,
  /// infinity before. A row at exactly this distance may still enter by its id.
  public float worst() {
    return size < k ? Float.POSITIVE_INFINITY : distances[0];
  }

  /// Takes the row in if it is among the k nearest so far, and tells whether it was. A distance of
  /// minus zero is zero.
  public boolean offer(float given, long id) {
    float distance = given + 0f;
    if (Float.isNaN(distance) || distance < lower || distance >= upper) {
      return false;
    }
    if (size == k && !worse(distances[0], ids[0], distance, id)) {
      return false;
    }
    if (distinct) {
      int held = indexOf(id);
      if (held >= 0) {
        if (distance >= distances[held]) {
          return false;
        }
        siftDown(distances, ids, size, held, distance, id);
        return true;
      }
    }
    if (size < k) {
      if (size == distances.length) {
        int capacity = (int) Math.min(k, 2L * size);
        distances = Arrays.copyOf(distances, capacity);
        ids = Arrays.copyOf(ids, capacity);
      }
      siftUp(size++, distance, id);
      return true;
    }
    siftDown(distances, ids, size, 0, distance, id);
    return true;
  }

  private int indexOf(long id) {
    for (int i = 0; i < size; i++) {
      if (ids[i] == id) {
        return i;
      }
    }
    return -1;
  }

  /// Offers everything `other` holds.
  public void merge(TopK other) {
    for (int i = 0; i < other.size; i++) {
      offer(other.distances[i], other.ids[i]);
    }
  }

  /// What is held now, nearest first. The heap itself stays as it is.
  public Ranking ranking() {
    // Several times as fast as to take the rows from the heap.
    long[] order = new long[size];
    for (int i = 0; i < size; i++) {
      // Of two negative numbers the one with the larger bits is less.
      int bits = Float.floatToRawIntBits(distances[i]);
      order[i] = (long) (bits ^ (bits >> 31 & Integer.MAX_VALUE)) << 32 | i;
    }
    Arrays.sort(order);
    float[] sortedDistances = new float[size];
    long[] sortedIds = new long[size];
    for (int i = 0; i < size; i++) {
      sortedDistances[i] = distances[(int) order[i]];
      sortedIds[i] = ids[(int) order[i]];
    }
    for (int from = 0, to = 1; from < size; from = to++) {
      while (to < size && sortedDistances[to] == sortedDistances[from]) {
        to++;
      }
      if (to > from + 1) {
        Arrays.sort(sortedIds, from, to);
      }
    }
    return new Ranking(sortedDistances, sortedIds);
  }

  /// The nearest of what is held now, nearest first: faster than to rank all.
  public Ranking ranking(int most) {
    TopK nearest = new TopK(most);
    nearest.merge(this);
    return nearest.ranking();
  }

  /// The rows held now, in no order.
  public long[] ids() {
    return Arrays.copyOf(ids, size);
  }

  private static boolean worse(float distanceA, long idA, float distanceB, long idB) {
    return distanceA > distanceB || (distanceA == distanceB && idA > idB);
  }

  private void siftUp(int from, float distance, long id) {
    int at = from;
    while (at > 0) {
      int parent = (at - 1) >>> 1;
      if (!worse(distance, id, distances[parent], ids[parent])) {
        break;
      }
      distances[at] = distances[parent];
      ids[at] = ids[parent];
      at = parent;
    }
    distances[at] = distance;
    ids[at] = id;
  }

  /// Puts an entry that is no worse in place of the one at `from`, in the heap of the first `size`
  /// entries.
  private static void siftDown(
      float[] distances, long[] ids, int size, int from, float distance, long id) {
    int at = from;
    while (2L * at + 1 < size) {
      int child = 2 * at + 1;
      if (child + 1 < size
          && worse(distances[child + 1], ids[child + 1], distances[child], ids[child])) {
        child++;
      }
      if (!worse(distances[child], ids[child], distance, id)) {
        break;
      }
      distances[at] = distances[child];
      ids[at] = ids[child];
      at = child;
    }
    distances[at] = distance;
    ids[at] = id;
  }
}
