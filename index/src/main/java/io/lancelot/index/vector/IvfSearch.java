package io.lancelot.index.vector;

import io.lancelot.index.VectorIndex.Rows;
import io.lancelot.index.VectorIndex.Search;
import io.lancelot.index.VectorIndex.Searched;
import io.lancelot.kernels.ByteDistances;
import io.lancelot.kernels.ElementType;
import io.lancelot.kernels.Kernels;
import io.lancelot.kernels.Metric;
import io.lancelot.kernels.QueryVector;
import io.lancelot.kernels.Ranking;
import io.lancelot.kernels.TopK;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// Searches a segment: partitions in the order of their centres, estimates from what the index
/// stores, exact distances for the best of them.
final class IvfSearch {

  /// By how many times candidates may become more.
  private static final int MOST = 64;

  /// How much farther, squared, than the k-th row a search by sign codes reaches where a filter
  /// passes rows far away. Other codes reach as far as their last candidate is.
  private static final float FARTHER = 1.5f;

  /// What a candidate of product quantisation costs, where a byte of floats that is read in order
  /// costs 1: 1.2 µs, most of it to look its row up, and 0.054 ns.
  private static final double CANDIDATE_COST = 22_000;

  /// How many rows at the most are compared to see how far the k-th is.
  private static final int SOME = 64;

  private final IvfIndex index;

  IvfSearch(IvfIndex index) {
    this.index = index;
  }

  Searched search(Search search) {
    return new Run(search).run();
  }

  /// One search. Not shared.
  private final class Run {
    private final Search search;
    private final Rows rows;
    private final TopK best;
    private final IvfModel model = index.model();
    private final Metric metric = model.metric();
    private final float[] query;
    private final Probes probes;
    private float[] scratch = new float[0];
    private long comparisons;
    private long refined;
    private int loaded;

    /// Rows by estimate, to be refined in the end; not used for RaBitQ, whose bounds say at once
    /// which rows matter. Where rows hold lists of vectors, they are what is found.
    private TopK candidates;

    /// Partitions scanned, to be scanned again where candidates turn out too few.
    private int[] scanned = new int[16];

    private int scannedCount;

    /// How many times as many candidates as usual are looked for.
    private int widening = 1;

    /// Whether a graph was walked, so that wider walks may find more.
    private boolean walked;

    private boolean vague;

    private float reach = Float.POSITIVE_INFINITY;
    private @Nullable BlockScan blockScan;
    private @Nullable QueryVector dense;

    /// The query as scalar quantisation codes it, where rows are compared as bytes.
    private byte[] coded = {};

    /// A partition that was read for this search alone.
    private @Nullable Chunk passing;

    private @Nullable UnloadedRows unloaded;

    Run(Search search) {
      this.search = search;
      this.rows = search.rows();
      this.best = search.best();
      this.query = prepare(search.vector());
      this.probes =
          new Probes(
              index.centres(),
              index.partitionCount(),
              model.width(),
              metric,
              query,
              search.effort());
      if (search.filtered()) {
        probes.expectFilter();
      }
      this.candidates =
          model.type().lists() ? TopK.ofDistinct(search.k()) : new TopK(refineCount());
    }

    private float[] prepare(float[] vector) {
      if (metric == Metric.HAMMING) {
        float[] bits = new float[vector.length * 8];
        for (int i = 0; i < bits.length; i++) {
          bits[i] = (int) vector[i / 8] >>> (i % 8) & 1;
        }
        return bits;
      }
      float[] prepared = vector.clone();
      if (metric == Metric.COSINE) {
        VectorType.normalise(prepared, 0, prepared.length);
      }
      return prepared;
    }

    private int refineCount() {
      int k = search.k();
      long count =
          switch (model.codec().coding()) {
            case FLAT -> k + 8L;
            case SQ -> 2L * k + 16;
            case PQ -> Math.max(40L * k, 400);
            case RQ -> 20L * k;
          };
      if (search.refine() > 0 && model.codec().coding() != Coding.FLAT) {
        count = Math.max(k, (long) search.refine() * k);
      }
      return (int) Math.min(count, Math.max(1, Math.min(index.rowCount(), 1 << 24)));
    }

    Searched run() {
      try {
        return probe();
      } finally {
        closePassing();
        if (unloaded != null) {
          unloaded.close();
          index.loadWanted();
        }
      }
    }

    private Searched probe() {
      int probed = 0;
      int skipped = 0;
      int most = search.maxProbes() > 0 ? search.maxProbes() : Integer.MAX_VALUE;
      int least = search.minProbes() > 0 ? search.minProbes() : 1;
      boolean ruled = search.maxProbes() == 0 || search.minProbes() < search.maxProbes();
      for (int p = probes.next(); p >= 0; p = probes.next()) {
        if (index.partitionRows(p) == 0) {
          continue;
        }
        if (probed == 0) {
          probes.startAt(p);
        }
        if (enough()) {
          if (probed >= most) {
            break;
          }
          if (ruled && probed >= least && !probes.worthwhile(p, reach)) {
            if (++skipped > 64 + index.partitionCount() / 8) {
              break;
            }
            continue;
          }
        }
        look(p, ++probed);
      }
      if (model.type().lists()) {
        offerCandidates();
      } else if (model.codec().coding() == Coding.PQ) {
        refineProducts();
      } else {
        refineCandidates();
      }
      long byBounds = 0;
      if (blockScan != null) {
        blockScan.near().finish();
        byBounds = blockScan.near().refined();
      }
      return new Searched(probed, comparisons, refined + byBounds, loaded, vague);
    }

    /// Whether k rows are there already, exact or as candidates.
    private boolean enough() {
      return (blockScan == null ? best.size() : blockScan.near().found()) >= search.k()
          || candidates.size() >= Math.min(search.k(), candidates.k());
    }

    private void updateReach(int probed) {
      if (model.type().lists()) {
        // Most of the list serves to find rows that are near in sum: its end may be far away.
        if ((probed & (probed - 1)) == 0 && candidates.size() == candidates.k()) {
          reach = estimateSquared(candidates.ranking().distance(candidates.k() / 4));
        }
        return;
      }
      switch (model.codec().coding()) {
        case RQ -> {
          float worst = blockScan().near().limit();
          reach = worst * (float) Math.min(probes.away(worst), FARTHER);
        }
        case FLAT -> reach = estimateSquared(candidates.worst());
        case SQ -> {
          if (candidates.size() >= search.k()) {
            reach = estimateSquared(candidates.worst());
          }
        }
        case PQ -> {
          if ((probed & (probed - 1)) == 0 && probed <= 16 && candidates.size() >= search.k()) {
            reach = worstOfBest();
          }
        }
      }
    }

    /// The squared distance of the k-th candidate or so: those estimated nearest are compared.
    private float worstOfBest() {
      long[] some = candidates.ranking(Math.min(search.k(), SOME)).ids();
      float worst = 0;
      if (blockScan != null) {
        for (float square : blockScan.compare(some, false)) {
          worst = Math.max(worst, square);
        }
        return worst;
      }
      Arrays.sort(some);
      float[] exact = new float[some.length];
      rows.distances(some, some.length, exact);
      refined += some.length;
      for (float distance : exact) {
        worst = Math.max(worst, distance);
      }
      return squared(worst);
    }

    /// An exact distance as a squared Euclidean one.
    private float squared(float distance) {
      return metric == Metric.COSINE ? 2 * distance : distance;
    }

    /// An estimate as a squared Euclidean distance.
    private float estimateSquared(float estimate) {
      return switch (model.codec()) {
        case FlatCodec _ -> squared(estimate);
        case SqCodec sq -> {
          double unit = (sq.end() - sq.start()) / 255;
          yield (float) (estimate * unit * unit);
        }
        case PqCodec _, RqCodec _ -> estimate;
      };
    }

    private void offerCandidates() {
      Ranking ranking = candidates.ranking();
      for (int i = 0; i < ranking.size(); i++) {
        float square = estimateSquared(ranking.distance(i));
        best.offer(metric == Metric.COSINE ? square / 2 : square, ranking.id(i));
      }
    }

    private Chunk chunk(int partition) {
      Chunk kept = index.chunk(partition);
      if (kept != null) {
        return kept;
      }
      closePassing();
      Chunk read = index.read(partition);
      passing = read;
      return read;
    }

    private void closePassing() {
      if (passing != null) {
        passing.memory().close();
        passing = null;
      }
    }

    /// As long as the chunk of a partition is not loaded, all the rows of the partition are
    /// compared.
    private void look(int partition, int probed) {
      if (model.type().lists() || !index.goesWithout(partition)) {
        if (scannedCount == scanned.length) {
          scanned = Arrays.copyOf(scanned, 2 * scannedCount);
        }
        scanned[scannedCount++] = partition;
        scan(partition);
        updateReach(probed);
        return;
      }
      UnloadedRows own = unloaded == null ? index.unloadedRows() : unloaded;
      unloaded = own;
      int compared = own.compare(partition, rows, best);
      comparisons += compared;
      refined += compared;
      reach = Math.min(reach, squared(best.worst()));
    }

    private void scan(int partition) {
      loaded += index.isLoaded(partition) ? 0 : 1;
      Chunk chunk = chunk(partition);
      Chunk.Blocks blocks = chunk.blocks();
      if (chunk.graph() != null) {
        GraphSearch graph =
            new GraphSearch(index, search, widening, query, candidates, this::denseQuery);
        boolean found = graph.walked(chunk, partition);
        comparisons += graph.comparisons();
        if (found) {
          walked = true;
          return;
        }
      }
      comparisons += index.partitionRows(partition);
      if (blocks != null) {
        blockScan().scan(chunk, blocks, partition, candidates);
      } else if (model.codec() instanceof PqCodec codec) {
        scanPqRows(codec, chunk, partition);
      } else {
        scanDense(chunk, partition);
      }
    }

    private BlockScan blockScan() {
      BlockScan scan = blockScan;
      if (scan == null) {
        scan = new BlockScan(index, search, query, probes);
        blockScan = scan;
      }
      return scan;
    }

    private void scanPqRows(PqCodec codec, Chunk chunk, int partition) {
      float[] tables = PqTables.residual(codec, model, query, partition);
      int count = index.partitionRows(partition);
      long first = index.partitionStart(partition);
      for (int r = 0; r < count; r++) {
        long id = chunk.rowId(first + r);
        float estimate =
            PqTables.estimate(codec, tables, chunk.data(), first - chunk.firstRow() + r);
        if (estimate < candidates.worst() && rows.allowed(id)) {
          candidates.offer(estimate, id);
        }
      }
    }

    private QueryVector denseQuery() {
      QueryVector vector = dense;
      if (vector == null) {
        vector =
            model.codec() instanceof SqCodec sq
                ? sqQuery(sq)
                : switch (metric) {
                  // Stored vectors have length one.
                  case COSINE -> QueryVector.of(Metric.DOT, model.type().element(), query);
                  case HAMMING ->
                      QueryVector.of(Metric.HAMMING, ElementType.UINT8, search.vector());
                  case L2, DOT -> QueryVector.of(metric, model.type().element(), query);
                };
        dense = vector;
      }
      return vector;
    }

    /// The query in the unit of codes. Codes are rounded down: on average half a unit is missing.
    private QueryVector sqQuery(SqCodec sq) {
      float[] coded = new float[query.length];
      for (int d = 0; d < coded.length; d++) {
        coded[d] =
            metric == Metric.DOT ? query[d] : (query[d] - (float) sq.start()) * sq.scale() - 0.5f;
      }
      return QueryVector.of(
          metric == Metric.DOT ? Metric.DOT : Metric.L2, ElementType.UINT8, coded);
    }

    private void scanDense(Chunk chunk, int partition) {
      QueryVector vector = denseQuery();
      long first = index.partitionStart(partition);
      int count = index.partitionRows(partition);
      float worst = candidates.worst();
      if (scratch.length == 0) {
        scratch = new float[Kernels.BLOCK];
      }
      for (int at = 0; at < count; at += Kernels.BLOCK) {
        int some = Math.min(Kernels.BLOCK, count - at);
        estimate(vector, chunk, first - chunk.firstRow() + at, some);
        for (int i = 0; i < some; i++) {
          if (scratch[i] <= worst) {
            long id = chunk.rowId(first + at + i);
            if (rows.allowed(id) && candidates.offer(scratch[i], id)) {
              worst = candidates.worst();
            }
          }
        }
      }
    }

    /// Distances of rows one after the other, to `scratch`. Bytes are compared as such once that is
    /// compiled: of whole numbers nothing is lost then (0.997 instead of 0.982 without refinement).
    private void estimate(QueryVector vector, Chunk chunk, long from, int count) {
      if (model.codec() instanceof SqCodec sq
          && metric != Metric.DOT
          && sq.dim() <= ByteDistances.MAX_DIM
          && ByteDistances.vectorised()) {
        if (coded.length == 0) {
          coded = sq.codes(query);
        }
        ByteDistances.squares(coded, chunk.data(), from * sq.dim(), count, scratch);
      } else {
        Kernels.current().distances(vector, chunk.data(), from, from + count, scratch);
      }
    }

    private void refineCandidates() {
      if (candidates.size() == 0) {
        return;
      }
      long[] chosen = promising(candidates, search, metric);
      offerExact(chosen, 0, chosen.length);
    }

    /// Compares the best by estimate exactly. Where many of the nearest stand late among them,
    /// others stand farther behind: estimates say little, and four times as many are compared, as
    /// long as that takes less than to compare all rows.
    private void refineProducts() {
      int known = 0;
      while (candidates.size() > known) {
        long[] chosen = candidates.ranking().ids();
        int half = Math.max(known, chosen.length / 2);
        compare(chosen, known, half);
        float[] late = compare(chosen, half, chosen.length);
        float worst = blockScan == null ? best.worst() : blockScan.near().limit();
        int near = 0;
        for (float distance : late) {
          near += distance <= worst ? 1 : 0;
        }
        boolean asked = search.refine() > 0 || (model.graph() && search.ef() > 0);
        boolean all = chosen.length < candidates.k() && !walked;
        if (asked || all || near < Math.max(1, search.k() / 10)) {
          return;
        }
        long next = Math.min(index.rowCount(), 4L * candidates.k());
        boolean faster = allIsFaster(next);
        if (faster || widening == MOST) {
          vague = faster && search.maxProbes() == 0 && Double.isNaN(search.effort());
          return;
        }
        known = chosen.length;
        widen((int) next);
      }
    }

    /// Whether comparing all rows of the table takes no longer than so many candidates.
    private boolean allIsFaster(long candidates) {
      double bytes = (double) search.allowed() * model.width() * Float.BYTES;
      return candidates * CANDIDATE_COST >= bytes;
    }

    private void widen(int count) {
      long before = comparisons;
      widening *= 4;
      walked = false;
      candidates = new TopK(count);
      for (int i = 0; i < scannedCount; i++) {
        scan(scanned[i]);
      }
      // The same rows once more.
      comparisons = before;
    }

    /// Compares candidates of product quantisation, which are slots where they come from blocks.
    ///
    /// @return their distances, squared and about where they come from blocks
    private float[] compare(long[] chosen, int from, int to) {
      return blockScan == null
          ? offerExact(chosen, from, to)
          : blockScan.compare(Arrays.copyOfRange(chosen, from, to), true);
    }

    /// @return the exact distances
    private float[] offerExact(long[] ids, int from, int to) {
      refined += to - from;
      return search.compare(Arrays.copyOfRange(ids, from, to));
    }
  }

  /// The candidates that may be among the k nearest. Rounding to bytes moves a distance by less
  /// than half a unit in most cases, so that two stand in the wrong order by more than three in
  /// none that matter.
  private long[] promising(TopK candidates, Search search, Metric metric) {
    int k = search.k();
    if (index.model().codec().coding() != Coding.SQ
        || metric == Metric.DOT
        || search.refine() > 0
        || candidates.size() <= k) {
      return candidates.ids();
    }
    Ranking ranking = candidates.ranking();
    double limit = Math.sqrt(ranking.distance(k - 1)) + 3;
    int count = k;
    while (count < ranking.size() && ranking.distance(count) <= limit * limit) {
      count++;
    }
    return Arrays.copyOf(ranking.ids(), count);
  }
}
