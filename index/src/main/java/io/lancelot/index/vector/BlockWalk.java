package io.lancelot.index.vector;

import java.util.Arrays;

/// A search through [GraphBlocks]: visits the node that is estimated nearest, notes its exact
/// distance, and takes its neighbours in by their estimates. A node may stand in the pool more than
/// once, by estimates of several neighbours: that finds more than holding on to the first one. One
/// thread; its arrays serve one search after the other.
final class BlockWalk {

  private static final long VISITED = 1;

  /// A bit for each node visited, and those nodes with their exact distances.
  private final long[] seen;

  private int[] visited = new int[256];
  private float[] exact = new float[256];
  private int count;

  /// Estimates in the upper half, in an order that integers have; node and mark in the lower.
  private long[] pool = new long[64];

  private int size;
  private final short[] sums = new short[32];
  private final float[] estimates = new float[32];

  /// Keeps loads that are made for their own sake.
  int sink;

  BlockWalk(int nodes) {
    this.seen = new long[(nodes + 63) / 64];
  }

  /// Nodes visited by the last search.
  int size() {
    return count;
  }

  /// Those nodes, in the order of visits.
  int[] nodes() {
    return Arrays.copyOf(visited, count);
  }

  /// Their exact distances, in the codes' unit.
  float[] distances() {
    return Arrays.copyOf(exact, count);
  }

  /// Visits nodes until the `width` that are estimated nearest have all been.
  void run(GraphBlocks.Query query, int width) {
    clear();
    walk(query, width);
  }

  /// Does so as if a node were not there.
  void runWithout(GraphBlocks.Query query, int width, int node) {
    clear();
    seen[node >>> 6] |= 1L << node;
    walk(query, width);
    seen[node >>> 6] &= ~(1L << node);
  }

  private void walk(GraphBlocks.Query query, int width) {
    if (pool.length < width + 1) {
      pool = new long[width + 1];
    }
    int node = query.entry(sums, estimates);
    seen[node >>> 6] |= 1L << node;
    visit(query, node, width);
    int at = 0;
    // A node is settled on, and its block loaded, while the one before it is visited. That one may
    // bring a nearer node, which then comes next: the order hardly matters, waiting does.
    int loading = -1;
    while (true) {
      at = nextOpen(at);
      int next = at < size ? open(query, at) : -1;
      if (loading >= 0) {
        at = Math.min(at, visit(query, loading, width));
      } else if (next < 0) {
        return;
      }
      loading = next;
    }
  }

  /// The rank of the nearest node that has not been visited, from a rank on; `size` for none.
  private int nextOpen(int from) {
    int at = from;
    while (at < size) {
      long entry = pool[at];
      int node = (int) entry >>> 1;
      if ((entry & VISITED) == 0 && (seen[node >>> 6] & 1L << node) == 0) {
        return at;
      }
      pool[at++] = entry | VISITED;
    }
    return at;
  }

  private int open(GraphBlocks.Query query, int rank) {
    int node = (int) pool[rank] >>> 1;
    pool[rank] |= VISITED;
    seen[node >>> 6] |= 1L << node;
    sink = query.touch(node);
    return node;
  }

  private void clear() {
    for (int i = 0; i < count; i++) {
      seen[visited[i] >>> 6] = 0;
    }
    count = 0;
    size = 0;
  }

  /// Returns the lowest rank that a neighbour took.
  private int visit(GraphBlocks.Query query, int node, int width) {
    float own = query.distance(node);
    float limit =
        size < width ? Float.POSITIVE_INFINITY : Walk.number((int) (pool[size - 1] >> 32));
    if (count == visited.length) {
      visited = Arrays.copyOf(visited, 2 * count);
      exact = Arrays.copyOf(exact, 2 * count);
    }
    visited[count] = node;
    exact[count++] = own;
    int lowest = Integer.MAX_VALUE;
    for (int hits = query.neighbours(node, own, limit, sums, estimates);
        hits != 0;
        hits &= hits - 1) {
      int slot = Integer.numberOfTrailingZeros(hits);
      int neighbour = query.neighbour(node, slot);
      if ((seen[neighbour >>> 6] & 1L << neighbour) == 0) {
        lowest = Math.min(lowest, insert(estimates[slot], neighbour, width));
      }
    }
    return lowest;
  }

  private int insert(float estimate, int node, int width) {
    long entry =
        (long) Walk.sortable(Float.floatToRawIntBits(estimate)) << 32
            | (long) node << 1 & 0xffff_ffffL;
    if (size == width && entry >= (pool[size - 1] & ~VISITED)) {
      return Integer.MAX_VALUE;
    }
    int low = Walk.place(pool, size, entry);
    int end = size == width ? size - 1 : size++;
    System.arraycopy(pool, low, pool, low + 1, end - low);
    pool[low] = entry;
    return low;
  }
}
