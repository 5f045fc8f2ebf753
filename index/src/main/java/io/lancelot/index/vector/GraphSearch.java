package io.lancelot.index.vector;

import io.lancelot.index.VectorIndex.Rows;
import io.lancelot.index.VectorIndex.Search;
import io.lancelot.kernels.ByteDistances;
import io.lancelot.kernels.Kernels;
import io.lancelot.kernels.Metric;
import io.lancelot.kernels.QueryVector;
import io.lancelot.kernels.TopK;
import java.lang.foreign.MemorySegment;
import java.util.function.Supplier;

/// Searches partitions by their graphs, as part of one search. Not shared.
final class GraphSearch {

  /// What a node costs of those that a walk shall find, for each dimension besides, a sub-vector's
  /// look-up, and a number coded as a byte, where a byte of floats that is read in order costs 1:
  /// measured, 0.15 µs, 4 ns, 0.7 ns, 0.16 ns and 0.03 ns.
  private static final double VISIT_COST = 5_000;

  private static final double VISITED_DIMENSION_COST = 140;

  private static final int PRODUCT_COST = 23;

  private static final int BYTE_COST = 5;

  private static final int CODES_PER_ROW = 16;

  private final IvfIndex index;
  private final IvfModel model;
  private final Metric metric;
  private final Search search;
  private final Rows rows;
  private final float[] query;
  private final TopK candidates;
  private final Supplier<QueryVector> dense;
  private final int widening;
  private long comparisons;

  /// @param widening how many times as wide as usual walks shall be
  /// @param query as the index wants it
  /// @param candidates where rows go, with estimates
  /// @param dense the query as kernels compare it with stored vectors
  GraphSearch(
      IvfIndex index,
      Search search,
      int widening,
      float[] query,
      TopK candidates,
      Supplier<QueryVector> dense) {
    this.widening = widening;
    this.index = index;
    this.model = index.model();
    this.metric = model.metric();
    this.search = search;
    this.rows = search.rows();
    this.query = query;
    this.candidates = candidates;
    this.dense = dense;
  }

  /// Distances estimated.
  long comparisons() {
    return comparisons;
  }

  /// Walks the graph of a partition; false if that is no way to find k rows.
  boolean walked(Chunk chunk, int partition) {
    GraphLinks graph = chunk.graph();
    int count = index.partitionRows(partition);
    double share = search.share();
    if (graph == null || share * count < 4.0 * search.k() || share < 0.05) {
      return false;
    }
    double wanted = (double) widening * index.walkWidth(search.ef(), search.k()) / share;
    int width = (int) Math.min(count, Math.ceil(wanted));
    double visit = VISIT_COST + VISITED_DIMENSION_COST * model.type().dim();
    if ((double) count * scanCost() < width * visit || !tellsApart(count)) {
      return false;
    }
    GraphBlocks blocks = index.graphBlocks(partition, chunk);
    return blocks == null
        ? walkedLinks(graph, chunk, partition, width)
        : walkedBlocks(blocks, chunk, partition, width);
  }

  private boolean walkedLinks(GraphLinks graph, Chunk chunk, int partition, int width) {
    long base = index.partitionStart(partition) - chunk.firstRow();
    Walk.Distances distances = distances(chunk, partition, base);
    Walk walk = graph.walk();
    try {
      long before = walk.comparisons();
      int near = Walk.descend(walk, graph, graph.entry(), graph.topLevel(), 0, distances);
      walk.start(near, distances, width);
      walk.run(graph, 0, distances, width);
      comparisons += walk.comparisons() - before;
      int[] nodes = new int[walk.size()];
      float[] found = new float[nodes.length];
      for (int i = 0; i < nodes.length; i++) {
        nodes[i] = walk.node(i);
        found[i] = walk.distance(i);
      }
      return offered(chunk, partition, nodes, found);
    } finally {
      graph.giveBack(walk);
    }
  }

  /// Whether there are many more codes than rows. Rows of one code are each other's nearest, and
  /// walks do not leave them.
  private boolean tellsApart(int count) {
    return !(model.codec() instanceof PqCodec pq)
        || pq.subVectors() * pq.bits() >= Integer.SIZE
        || 1L << pq.subVectors() * pq.bits() > (long) CODES_PER_ROW * count;
  }

  /// What a row costs where all are compared.
  private int scanCost() {
    return switch (model.codec()) {
      case PqCodec pq -> PRODUCT_COST * pq.subVectors();
      case SqCodec sq -> BYTE_COST * sq.dim();
      case FlatCodec _, RqCodec _ -> model.codec().recordBytes();
    };
  }

  private boolean walkedBlocks(GraphBlocks blocks, Chunk chunk, int partition, int width) {
    BlockWalk walk = blocks.walk();
    float unit =
        switch (model.codec().coding()) {
          case SQ -> 1;
          case FLAT -> metric == Metric.COSINE ? blocks.squareUnit() / 2 : blocks.squareUnit();
          case PQ, RQ -> blocks.squareUnit();
        };
    try {
      GraphBlocks.Query asked = blocks.new Query(query);
      walk.run(asked, (int) Math.min(Integer.MAX_VALUE - 8, index.blockWidening() * width));
      comparisons += asked.entryCount() + 32L * walk.size();
      float[] distances = walk.distances();
      for (int i = 0; i < distances.length; i++) {
        distances[i] *= unit;
      }
      return offered(chunk, partition, walk.nodes(), distances);
    } finally {
      blocks.giveBack(walk);
    }
  }

  /// Makes the rows of a walk candidates that may be found; false if they are too few: for k, or
  /// for a filter that passes rows near the query as it does elsewhere. Those that it passes then
  /// lie beyond the walk.
  private boolean offered(Chunk chunk, int partition, int[] nodes, float[] distances) {
    long[] ids = new long[nodes.length];
    chunk.rowIds(index.partitionStart(partition), nodes, nodes.length, ids);
    int count = 0;
    for (int i = 0; i < ids.length; i++) {
      if (rows.allowed(ids[i])) {
        ids[count] = ids[i];
        distances[count++] = distances[i];
      }
    }
    int enough = Math.min(search.k(), index.partitionRows(partition));
    if (count < enough || count < search.share() * ids.length / 2) {
      return false;
    }
    for (int i = 0; i < count; i++) {
      candidates.offer(distances[i], ids[i]);
    }
    return true;
  }

  private Walk.Distances distances(Chunk chunk, int partition, long base) {
    if (model.codec() instanceof PqCodec codec) {
      float[] tables = PqTables.residual(codec, model, query, partition);
      return (nodes, count, out) -> {
        for (int i = 0; i < count; i++) {
          out[i] = PqTables.estimate(codec, tables, chunk.data(), base + nodes[i]);
        }
      };
    }
    if (model.codec() instanceof SqCodec sq
        && metric != Metric.DOT
        && sq.dim() <= ByteDistances.MAX_DIM) {
      byte[] bytes = sq.codes(query);
      MemorySegment rows =
          chunk.data().asSlice(base * sq.dim(), (long) index.partitionRows(partition) * sq.dim());
      return (nodes, count, out) -> ByteDistances.squares(bytes, rows, nodes, count, out);
    }
    QueryVector vector = dense.get();
    Kernels kernels = Kernels.current();
    return (nodes, count, out) -> kernels.distances(vector, chunk.data(), nodes, count, out);
  }
}
