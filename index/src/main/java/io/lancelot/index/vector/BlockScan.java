package io.lancelot.index.vector;

import io.lancelot.index.VectorIndex.Rows;
import io.lancelot.index.VectorIndex.Search;
import io.lancelot.kernels.CodeScan;
import io.lancelot.kernels.Metric;
import io.lancelot.kernels.SignQuery;
import io.lancelot.kernels.TopK;
import java.util.Arrays;

/// Scans partitions whose codes are laid out in blocks, as part of one search. Not shared.
///
/// Sign codes come with a bound of their error, which says at once whether a row must be compared
/// exactly; product codes make candidates.
final class BlockScan {

  /// RaBitQ's factors bound an error with 1.9 standard deviations; fewer find nearly as much.
  private static final float SPREAD =
      Float.parseFloat(System.getProperty("lancelot.vector.spread", "1.5")) / 1.9f;

  /// As much of the error as is allowed for where the nearest rows differ by little: 1.9 standard
  /// deviations leave out 3 % of them.
  private static final float WHOLE = 2.4f / 1.9f;

  /// A refine factor above this asks for more than the usual share of the error compares.
  private static final int USUAL_REFINE = 20;

  private static final long[] NONE = {};

  private final IvfIndex index;
  private final IvfModel model;
  private final Metric metric;
  private final Search search;
  private final Rows rows;
  private final float[] query;
  private final Probes probes;
  private final QueryTables tables;

  private short[] sums = new short[0];
  private float[] estimates = new float[0];
  private long[] mask = new long[0];
  private final CodeScan.Room room = new CodeScan.Room();
  private final int[] picked = new int[2 * CodeScan.BLOCK];
  private final long[] pickedIds = new long[2 * CodeScan.BLOCK];
  private int pickedCount;

  /// Rows that were candidates once, and their places in the segment.
  private long[] slotIds = new long[1024];

  private int[] slotPlaces = new int[1024];
  private int slots;
  private final NearRows near;

  /// @param query as the index wants it
  BlockScan(IvfIndex index, Search search, float[] query, Probes probes) {
    this.index = index;
    this.model = index.model();
    this.metric = model.metric();
    this.search = search;
    this.rows = search.rows();
    this.query = query;
    this.probes = probes;
    this.tables = QueryTables.of(model.codec(), query);
    this.near = new NearRows(index, search, query);
  }

  /// What a query is looked up in.
  private sealed interface QueryTables {
    record Signs(RqCodec codec, SignQuery query) implements QueryTables {}

    record Products(PqCodec codec, PqTables tables) implements QueryTables {}

    static QueryTables of(Codec codec, float[] query) {
      return switch (codec) {
        case RqCodec rq -> new Signs(rq, new SignQuery(rq.rotation().apply(query, 0)));
        case PqCodec pq -> new Products(pq, PqTables.ofProducts(pq, query));
        case FlatCodec _, SqCodec _ -> throw new IllegalArgumentException("no blocks: " + codec);
      };
    }
  }

  /// The codes of one partition.
  ///
  /// @param count of blocks
  /// @param base what all estimates have in common
  private record Part(
      Chunk chunk, Chunk.Blocks blocks, int start, int count, long first, float base) {

    /// Where its factors begin.
    long factors() {
      return 4L * start * CodeScan.BLOCK;
    }
  }

  /// The rows that may be among the nearest.
  NearRows near() {
    return near;
  }

  /// How much of the error is allowed for. Rows that a filter passes may all lie far away, where
  /// the nearest differ by little, and so may those with the greatest inner products.
  ///
  /// @param limit the squared distance, if it is one, that rows must be nearer than
  private float spread(float limit) {
    float whole = Math.max(WHOLE, SPREAD);
    boolean thorough = search.refine() > USUAL_REFINE;
    return switch (search.approximation()) {
      case FAST -> SPREAD / 2;
      case NORMAL ->
          metric == Metric.DOT || thorough
              ? whole
              : (float) Math.min(whole, SPREAD * probes.away(limit));
      case ACCURATE -> whole;
    };
  }

  /// Looks through a partition: rows go to the search's best, or by estimate to the candidates.
  void scan(Chunk chunk, Chunk.Blocks blocks, int partition, TopK candidates) {
    int start = chunk.blockStart(partition);
    int count = (index.partitionRows(partition) + CodeScan.BLOCK - 1) / CodeScan.BLOCK;
    long first = index.partitionStart(partition);
    if (mask.length < count) {
      mask = new long[count];
      sums = new short[count * CodeScan.BLOCK];
      estimates = new float[count * CodeScan.BLOCK];
    }
    float centre = probes.distance(partition);
    switch (tables) {
      case QueryTables.Signs(RqCodec codec, SignQuery signs) -> {
        // The inner product's base is −q·c, where its rank is 1 − q·c.
        float base = metric == Metric.DOT ? centre - 1 : centre;
        scanSigns(
            codec,
            signs,
            new Part(chunk, blocks, start, count, first, base),
            partition,
            candidates);
      }
      case QueryTables.Products(PqCodec codec, PqTables products) -> {
        float base = products.bias + (codec.residual() ? centre : 1);
        scanProducts(
            codec, products, new Part(chunk, blocks, start, count, first, base), candidates);
      }
    }
  }

  private void scanSigns(
      RqCodec codec, SignQuery signs, Part part, int partition, TopK candidates) {
    long codeBytes = SignQuery.codeBytes(codec.dim() / 8);
    signs.sums(
        part.blocks().codes(), part.start() * codeBytes * CodeScan.BLOCK, part.count(), sums);
    if (model.type().lists()) {
      estimate(signs, part, 0, candidates.worst());
      collect(part, candidates);
      return;
    }
    long[] seeds = near.found() < search.k() ? seed(signs, part) : NONE;
    float limit = near.limit();
    estimate(signs, part, index.hasErrors() ? spread(limit) * away(partition) : 0, limit);
    for (int block = 0; block < part.count(); ) {
      block = pick(part, block);
      for (int i = 0; i < pickedCount; i++) {
        int place = picked[i];
        if (estimates[place] < limit
            && Arrays.binarySearch(seeds, place) < 0
            && rows.allowed(pickedIds[i])
            && near.compareSoon(pickedIds[i], part.first() + place)) {
          limit = near.limit();
        }
      }
    }
    near.compare();
  }

  /// Estimates less what they may miss, and marks those below a limit.
  private void estimate(SignQuery signs, Part part, float spread, float limit) {
    CodeScan.below(
        sums,
        part.count(),
        part.blocks().add(),
        part.blocks().scale(),
        part.blocks().error(),
        part.factors(),
        part.base(),
        signs.step(),
        signs.bias(),
        spread,
        limit,
        estimates,
        mask,
        room);
  }

  /// How far the query is from a partition's centre.
  private float away(int partition) {
    if (metric != Metric.DOT) {
      return (float) Math.sqrt(Math.max(0, probes.distance(partition)));
    }
    int dim = model.width();
    double sum = 0;
    for (int d = 0; d < dim; d++) {
      double x = query[d] - model.centres()[partition * dim + d];
      sum += x * x;
    }
    return (float) Math.sqrt(sum);
  }

  /// Gets a first limit: compares the rows that are estimated nearest.
  ///
  /// @return their places, ascending
  private long[] seed(SignQuery signs, Part part) {
    estimate(signs, part, 0, Float.POSITIVE_INFINITY);
    TopK nearest = new TopK(Math.max(16, search.k() + search.k() / 2));
    for (int block = 0; block < part.count(); ) {
      block = pick(part, block);
      for (int i = 0; i < pickedCount; i++) {
        float estimate = estimates[picked[i]];
        if (estimate < nearest.worst() && rows.allowed(pickedIds[i])) {
          nearest.offer(estimate, picked[i]);
        }
      }
    }
    long[] places = nearest.ids();
    Arrays.sort(places);
    for (long place : places) {
      long row = part.first() + place;
      near.compareSoon(part.chunk().rowId(row), row);
    }
    near.compare();
    return places;
  }

  private void scanProducts(PqCodec codec, PqTables products, Part part, TopK candidates) {
    int lines = codec.recordBytes();
    long at = (long) part.start() * lines * CodeScan.BLOCK;
    if (codec.bits() == 8) {
      CodeScan.sums8(part.blocks().codes(), at, lines, part.count(), products.bytes, sums);
    } else {
      CodeScan.sums4(part.blocks().codes(), at, lines, part.count(), products.bytes, sums);
    }
    CodeScan.offsets(
        sums,
        part.count(),
        part.blocks().add(),
        part.factors(),
        part.base(),
        products.step,
        candidates.worst(),
        estimates,
        mask,
        room);
    collect(part, candidates);
  }

  /// Candidates are rows of lists' vectors by their numbers, others by their slots.
  private void collect(Part part, TopK candidates) {
    boolean bySlot = !model.type().lists();
    float worst = candidates.worst();
    for (int block = 0; block < part.count(); ) {
      block = pick(part, block);
      for (int i = 0; i < pickedCount; i++) {
        float estimate = estimates[picked[i]];
        long id = pickedIds[i];
        if (estimate < worst
            && rows.allowed(id)
            && candidates.offer(estimate, bySlot ? slot(id, part.first() + picked[i]) : id)) {
          worst = candidates.worst();
        }
      }
    }
  }

  private int slot(long id, long place) {
    if (slots == slotIds.length) {
      slotIds = Arrays.copyOf(slotIds, 2 * slots);
      slotPlaces = Arrays.copyOf(slotPlaces, 2 * slots);
    }
    slotIds[slots] = id;
    slotPlaces[slots] = (int) place;
    return slots++;
  }

  /// Compares candidates.
  ///
  /// @param offered whether they are to be found; each once
  /// @return their squared distances, about
  float[] compare(long[] candidates, boolean offered) {
    long[] ids = new long[candidates.length];
    int[] places = new int[candidates.length];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = slotIds[(int) candidates[i]];
      places[i] = slotPlaces[(int) candidates[i]];
    }
    return near.compare(ids, places, offered);
  }

  /// Picks rows that the mask names, from a block on, as many as fit: their numbers are fetched
  /// together, as memory answers many questions in the time of one.
  ///
  /// @return a block to go on from
  private int pick(Part part, int from) {
    pickedCount = 0;
    int block = from;
    for (; block < part.count() && pickedCount <= picked.length - CodeScan.BLOCK; block++) {
      for (long hits = mask[block]; hits != 0; hits &= hits - 1) {
        picked[pickedCount++] = block * CodeScan.BLOCK + Long.numberOfTrailingZeros(hits);
      }
    }
    part.chunk().rowIds(part.first(), picked, pickedCount, pickedIds);
    return block;
  }
}
