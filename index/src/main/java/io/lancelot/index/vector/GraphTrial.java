package io.lancelot.index.vector;

import io.lancelot.kernels.ByteDistances;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.SplittableRandom;

/// Tries a graph out, to learn how wide searches through it must be: some of its rows are searched
/// as if they were not there. What is found by a very wide walk is taken for all that can be.
///
/// Vectors that models make lie on something of few dimensions, and are found easily. Where no
/// dimension says more than another, many more of them are nearly as near, so that walks must be
/// wider, and the signs of differences by which [GraphBlocks] estimates say too little.
final class GraphTrial {

  /// The usual width, in nodes.
  static final int WIDTH = 64;

  private static final int WIDEST = 4 * WIDTH;

  /// The share to be found. A row that is left out leaves a gap in the graph, so that it is found
  /// less easily than a query: 0.87 here was 0.91 there.
  private static final double ENOUGH = 0.92;

  /// By how much walks over blocks may find less than those by distances.
  private static final double LESS = 0.01;

  /// How many times as wide walks over blocks are: estimates lead astray now and then. Wider still,
  /// they take as long as walks by distances.
  private static final double[] WIDER = {1.75, 2.5, 3.5};

  private static final int SAMPLES = 96;
  private static final int K = 10;

  private final GraphLinks links;
  private final MemorySegment rows;
  private final int dim;

  /// The rows left out, and the nearest to each that are known.
  private final int[] without;

  private final int[][] truths;
  private final int usual;
  private final double found;

  /// @param rows bytes of the nodes
  GraphTrial(GraphLinks links, MemorySegment rows, int nodes, int dim) {
    this.links = links;
    this.rows = rows;
    this.dim = dim;
    this.without =
        new SplittableRandom(41)
            .ints(SAMPLES, 0, nodes)
            .filter(node -> node != links.entry())
            .toArray();
    this.truths = nearest(2 * WIDEST);
    this.found = share(nearest(WIDTH));
    int width = WIDTH;
    for (double share = found; share < ENOUGH && width < WIDEST; ) {
      width *= 2;
      share = share(nearest(width));
    }
    this.usual = width;
  }

  /// How wide a search should be that does not say so.
  int usualWidth() {
    return usual;
  }

  /// How many times as wide walks over blocks must be to find about as much as walks by distances;
  /// 0 if that is too wide.
  double wider(GraphBlocks blocks) {
    for (double wider : WIDER) {
      if (share(nearest(blocks, (int) (wider * WIDTH))) >= found - LESS) {
        return wider;
      }
    }
    return 0;
  }

  private int[][] nearest(GraphBlocks blocks, int width) {
    BlockWalk walk = blocks.walk();
    try {
      int[][] nearest = new int[without.length][];
      for (int i = 0; i < without.length; i++) {
        walk.runWithout(blocks.new Query(bytes(without[i])), width, without[i]);
        nearest[i] = nearest(walk);
      }
      return nearest;
    } finally {
      blocks.giveBack(walk);
    }
  }

  private byte[] bytes(int node) {
    return rows.asSlice((long) node * dim, dim).toArray(ValueLayout.JAVA_BYTE);
  }

  private int[][] nearest(int width) {
    Walk walk = links.walk();
    try {
      int[][] nearest = new int[without.length][];
      for (int i = 0; i < without.length; i++) {
        byte[] query = bytes(without[i]);
        Walk.Distances distances =
            (nodes, count, out) -> ByteDistances.squares(query, rows, nodes, count, out);
        int near = Walk.descend(walk, links, links.entry(), links.topLevel(), 0, distances);
        walk.start(near == without[i] ? links.entry() : near, distances, width);
        walk.leaveOut(without[i]);
        walk.run(links, 0, distances, width);
        nearest[i] = new int[Math.min(K, walk.size())];
        for (int n = 0; n < nearest[i].length; n++) {
          nearest[i][n] = walk.node(n);
        }
      }
      return nearest;
    } finally {
      links.giveBack(walk);
    }
  }

  private static int[] nearest(BlockWalk walk) {
    int[] nodes = walk.nodes();
    float[] distances = walk.distances();
    long[] ranked = new long[nodes.length];
    for (int i = 0; i < ranked.length; i++) {
      int distance = Float.floatToRawIntBits(distances[i]);
      ranked[i] = (long) distance << 32 | nodes[i];
    }
    Arrays.sort(ranked);
    return Arrays.stream(ranked).limit(K).mapToInt(entry -> (int) entry).toArray();
  }

  /// How much of the truth was found. Rows may be as far as others, but seldom are.
  private double share(int[][] nearest) {
    int hits = 0;
    int all = 0;
    for (int i = 0; i < truths.length; i++) {
      all += truths[i].length;
      for (int node : nearest[i]) {
        hits += Arrays.stream(truths[i]).anyMatch(known -> known == node) ? 1 : 0;
      }
    }
    return all == 0 ? 1 : (double) hits / all;
  }
}
