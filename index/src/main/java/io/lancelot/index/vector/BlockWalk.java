package io.lancelot.index.vector;

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

  int node(int i) {
    return visited[i];
  }

  /// The exact distance of a node visited, in the codes' unit.
  float distance(int i) {
    return exact[i];
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
    int entry = query.entry(sums, estimates);
    visit(query, entry, Float.POSITIVE_INFINITY, width);
    int at = 0;
    while (at < size) {
      long best = pool[at];
      int node = (int) best >>> 1;
      if ((best & VISITED) != 0 || (seen[node >>> 6] & 1L << node) != 0) {
        pool[at++] = best | VISITED;
        continue;
      }
      pool[at] = best | VISITED;
      sink = query.touch(next(at + 1, node));
      float limit =
          size < width ? Float.POSITIVE_INFINITY : Walk.number((int) (pool[size - 1] >> 32));
      at = Math.min(at + 1, visit(query, node, limit, width));
    }
  }

  private void clear() {
    for (int i = 0; i < count; i++) {
      seen[visited[i] >>> 6] = 0;
    }
    count = 0;
    size = 0;
  }

  private int next(int from, int otherwise) {
    int at = from;
    while (at < size && (pool[at] & VISITED) != 0) {
      at++;
    }
    return at < size ? (int) pool[at] >>> 1 : otherwise;
  }

  /// Returns the lowest rank that a neighbour took.
  private int visit(GraphBlocks.Query query, int node, float limit, int width) {
    float own = query.distance(node);
    seen[node >>> 6] |= 1L << node;
    if (count == visited.length) {
      visited = java.util.Arrays.copyOf(visited, 2 * count);
      exact = java.util.Arrays.copyOf(exact, 2 * count);
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
