package io.lancelot.index.vector;

/// A search through a graph: from node to nearer node, keeping the best seen. One thread; its
/// arrays serve one search after the other.
final class Walk {

  /// Where edges lead.
  interface Links {
    /// Copies the neighbours of a node to `out`, grown if it must be, and returns them.
    int neighbours(int level, int node, int[] out);

    /// Loads the beginning of a node's neighbours, as it may be asked for them next: memory is
    /// slow, and has time meanwhile.
    ///
    /// @return anything
    default int touch(int node) {
      return node;
    }

    /// The most neighbours a node has.
    int maxDegree();
  }

  /// How far nodes are from what is searched.
  interface Distances {
    void compute(int[] nodes, int count, float[] out);
  }

  private static final int EXPANDED = 1;

  /// A bit for each node seen, and those nodes: bits stay in the first-level cache, and are cleared
  /// one by one.
  private final long[] seen;

  private int[] touched = new int[1024];
  private int touchedCount;
  private int[] nodes;
  private float[] distances;

  /// Distance in the upper half, in an order that integers have; node and mark in the lower.
  private long[] pool = new long[64];

  private int size;
  private long comparisons;

  /// Keeps loads that are made for their own sake.
  int sink;

  Walk(int nodeCount, int maxDegree) {
    this.seen = new long[(nodeCount + 63) / 64];
    this.nodes = new int[Math.max(maxDegree, 1)];
    this.distances = new float[nodes.length];
  }

  /// Distances computed so far.
  long comparisons() {
    return comparisons;
  }

  int size() {
    return size;
  }

  int node(int rank) {
    return (int) pool[rank] >>> 1;
  }

  float distance(int rank) {
    return Float.intBitsToFloat(sortable((int) (pool[rank] >> 32)));
  }

  /// Float bits to integers of the same order, and back.
  static int sortable(int bits) {
    return bits ^ (bits >> 31 & 0x7fff_ffff);
  }

  /// The number of a sortable integer.
  static float number(int sortable) {
    return Float.intBitsToFloat(sortable(sortable));
  }

  /// Starts over from a node.
  void start(int entry, Distances query, int width) {
    for (int i = 0; i < touchedCount; i++) {
      seen[touched[i] >>> 6] = 0;
    }
    touchedCount = 0;
    if (pool.length < width + 1) {
      pool = new long[width + 1];
    }
    size = 0;
    nodes[0] = entry;
    query.compute(nodes, 1, distances);
    comparisons++;
    seen[entry >>> 6] |= 1L << entry;
    touched[touchedCount++] = entry;
    insert(distances[0], entry, width);
  }

  /// Has the search that was started pass a node by.
  void leaveOut(int node) {
    seen[node >>> 6] |= 1L << node;
    touched[touchedCount++] = node;
  }

  /// Goes down the levels above the lowest, keeping one node.
  static int descend(
      Walk walk, Links links, int entry, int fromLevel, int toLevel, Distances query) {
    int best = entry;
    for (int level = fromLevel; level > toLevel; level--) {
      walk.start(best, query, 1);
      walk.run(links, level, query, 1);
      best = walk.node(0);
    }
    return best;
  }

  /// Expands nodes until the best `width` are all expanded.
  void run(Links links, int level, Distances query, int width) {
    int at = 0;
    while (at < size) {
      if ((pool[at] & EXPANDED) != 0) {
        at++;
        continue;
      }
      pool[at] |= EXPANDED;
      int count = fresh(links.neighbours(level, (int) pool[at] >>> 1, nodes));
      if (count == 0) {
        continue;
      }
      if (level == 0) {
        sink = links.touch(next(at + 1));
      }
      query.compute(nodes, count, distances);
      comparisons += count;
      int lowest = at + 1;
      for (int i = 0; i < count; i++) {
        int place = insert(distances[i], nodes[i], width);
        lowest = Math.min(lowest, place);
      }
      at = lowest;
    }
  }

  /// The nearest node that is not expanded, from a rank on.
  private int next(int from) {
    int at = from;
    while (at < size && (pool[at] & EXPANDED) != 0) {
      at++;
    }
    return at < size ? (int) pool[at] >>> 1 : (int) pool[0] >>> 1;
  }

  private int fresh(int degree) {
    if (touched.length < touchedCount + degree) {
      touched = java.util.Arrays.copyOf(touched, Math.max(2 * touched.length, 2 * degree));
    }
    // No branches: whether a node has been seen cannot be predicted.
    int count = 0;
    for (int i = 0; i < degree; i++) {
      int node = nodes[i];
      long word = seen[node >>> 6];
      seen[node >>> 6] = word | 1L << node;
      nodes[count] = node;
      touched[touchedCount + count] = node;
      count += (int) (~word >>> node) & 1;
    }
    touchedCount += count;
    return count;
  }

  /// Returns where the node went, or a large number if it is too far.
  private int insert(float distance, int node, int width) {
    if (Float.isNaN(distance)) {
      return Integer.MAX_VALUE;
    }
    long entry =
        (long) sortable(Float.floatToRawIntBits(distance)) << 32 | (long) node << 1 & 0xffff_ffffL;
    if (size == width && entry >= (pool[size - 1] & ~(long) EXPANDED)) {
      return Integer.MAX_VALUE;
    }
    int low = place(pool, size, entry);
    int end = size == width ? size - 1 : size++;
    System.arraycopy(pool, low, pool, low + 1, end - low);
    pool[low] = entry;
    return low;
  }

  /// How many of the first `size` entries are smaller: a search of as many steps for every entry,
  /// with nothing to predict.
  static int place(long[] pool, int size, long entry) {
    if (size == 0) {
      return 0;
    }
    int low = 0;
    int left = size;
    while (left > 1) {
      int half = left >>> 1;
      low = pool[low + half - 1] < entry ? low + half : low;
      left -= half;
    }
    return pool[low] < entry ? low + 1 : low;
  }
}
