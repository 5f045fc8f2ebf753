package io.lancelot.engine;

import io.lancelot.base.Parallel;
import io.lancelot.base.ResourceExhaustedException;
import io.lancelot.columnar.Batch;
import io.lancelot.expr.Filter;
import io.lancelot.index.VectorIndex;
import io.lancelot.kernels.Ranking;
import io.lancelot.kernels.TopK;
import io.lancelot.table.Fragment;
import io.lancelot.table.IndexEntry;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.roaringbitmap.PeekableIntIterator;
import org.roaringbitmap.RoaringBitmap;

/// A search through an index. Rows that a filter leaves are found first: few of them are compared
/// one by one, of many the index finds the nearest. Fewer than k finds are made up for by an exact
/// search, so that k rows come out whenever k match.
final class NearestProbeStream extends SearchStream<Plan.NearestProbe> {

  /// So few rows are compared exactly instead.
  private static final long FEW_ROWS = 4096;

  /// A filter that leaves less than this share, and not too many rows, is searched exactly.
  private static final double SMALL_SHARE = 0.04;

  private static final long MANY_ROWS = 50_000;

  /// A graph's walk gets longer as a filter's share gets smaller: comparing all rows is faster up
  /// to a number whose square is so many times the rows of the table and the walk's usual width.
  private static final double WALK_WEIGHT = 10;

  private static final double LARGE_SHARE = 0.25;

  /// To compare a row that holds a list of vectors takes as long as to compare so many others.
  private static final int LIST_WEIGHT = 8;

  private static final int BATCH = 1024;
  private static final int LIST_BATCH = 32;

  NearestProbeStream(Execution execution, Plan.NearestProbe plan) {
    super(execution, plan);
  }

  @Override
  Batch find() {
    return NearestStream.result(search(), schema(), scratch);
  }

  /// Which rows take part, by fragment id; without a filter no matches stand for all live rows.
  private record Allowed(KnownFilters.Rows passing, long rows, long total) {
    Map<Long, RoaringBitmap> matches() {
      return passing.byFragment();
    }

    double share() {
      return total == 0 ? 0 : (double) rows / total;
    }
  }

  private TopK[] search() {
    VectorIndexes vectors = execution.indices().vectors();
    List<Fragment> fragments = fragments();
    Allowed allowed = allowed(fragments);
    TopK[] heaps = new TopK[plan.scan().queries().size()];
    for (int i = 0; i < heaps.length; i++) {
      heaps[i] = new TopK(plan.scan().k());
    }
    boolean few = allowed.rows() == 0 || isSmall(allowed);
    goes(few ? SearchReport.Path.FILTERED_ROWS : SearchReport.Path.INDEX, allowed);
    if (allowed.rows() == 0) {
      return heaps;
    }
    VectorColumn column = vectors.column(execution, plan.scan().column());
    try {
      if (few) {
        long[] addresses =
            allowed.passing().few().orElseGet(() -> addresses(fragments(fragments, allowed)));
        if (execution.analysis() != null) {
          execution.analysis().compared((long) heaps.length * addresses.length);
        }
        if (plan.scan().lists()) {
          compareLists(column, addresses, heaps[0]);
        } else {
          List<QueryVectors> queries = plan.scan().queries();
          forQueries(
              heaps,
              (i, heap) -> compareAll(column.new Distances(queries.get(i)), addresses, heap));
        }
        return heaps;
      }
      probe(allowed, column, heaps);
    } finally {
      column.release();
    }
    return heaps;
  }

  /// Says which way the search goes, to whoever wants to know.
  private void goes(SearchReport.Path path, Allowed allowed) {
    Analysis analysis = execution.analysis();
    if (analysis != null) {
      List<QueryVectors> queries = plan.scan().queries();
      int vectors = plan.scan().lists() ? queries.getFirst().vectors().size() : queries.size();
      analysis.goes(path, allowed.total(), vectors);
    }
  }

  /// Whether it is faster to compare all of the rows.
  private boolean isSmall(Allowed allowed) {
    boolean lists = plan.scan().lists();
    long weight = lists ? LIST_WEIGHT : 1;
    long rows = allowed.rows();
    return rows <= Math.max(FEW_ROWS / weight, (lists ? 20L : 2L) * plan.scan().k())
        || (allowed.share() < SMALL_SHARE && rows < MANY_ROWS / weight)
        || (allowed.share() < LARGE_SHARE
            && (double) rows * rows < WALK_WEIGHT * walkWidth() / weight * allowed.total());
  }

  private int walkWidth() {
    try {
      Optional<OpenSegments.Lease> first = execution.indices().open(plan.segments().getFirst());
      if (first.isEmpty()) {
        return 0;
      }
      try (OpenSegments.Lease segment = first.get()) {
        return ((VectorIndex) segment.index()).walkWidth(plan.tuning().ef(), plan.scan().k());
      }
    } catch (ResourceExhaustedException _) {
      return 0;
    }
  }

  /// The fragments searched.
  private List<Fragment> fragments() {
    if (!plan.tuning().fastSearch()) {
      return execution.snapshot().fragments();
    }
    RoaringBitmap covered = new RoaringBitmap();
    plan.segments().forEach(segment -> covered.or(segment.fragments().orElseThrow()));
    return execution.indices().vectors().fragments(covered);
  }

  private Allowed allowed(List<Fragment> fragments) {
    long total = 0;
    for (Fragment fragment : fragments) {
      total += fragment.liveRows();
    }
    Optional<Filter> filter = plan.scan().filter();
    if (filter.isEmpty()) {
      return new Allowed(KnownFilters.Rows.NONE, total, total);
    }
    KnownFilters.Rows passing =
        plan.tuning().fastSearch()
            ? passing(plan.scan().index(), filter, fragments)
            : execution
                .indices()
                .filters()
                .rows(filter.get(), () -> passing(plan.scan().index(), filter, fragments));
    return new Allowed(passing, passing.count(), total);
  }

  /// The rows that take part, by fragment.
  private Map<Long, RoaringBitmap> fragments(List<Fragment> fragments, Allowed allowed) {
    if (plan.scan().filter().isPresent()) {
      return allowed.matches();
    }
    Map<Long, RoaringBitmap> rows = new HashMap<>();
    for (Fragment fragment : fragments) {
      RoaringBitmap live = new RoaringBitmap();
      live.add(0L, fragment.physicalRows());
      live.andNot(execution.table().deletions(execution.snapshot(), fragment));
      rows.put(fragment.id(), live);
    }
    return rows;
  }

  private interface Work {
    void run(int query, TopK heap);
  }

  private void forQueries(TopK[] heaps, Work work) {
    if (heaps.length == 1) {
      work.run(0, heaps[0]);
      return;
    }
    List<Integer> queries = new ArrayList<>();
    for (int i = 0; i < heaps.length; i++) {
      queries.add(i);
    }
    Parallel.run(
        execution.context(),
        queries,
        i -> {
          work.run(i, heaps[i]);
          return i;
        },
        _ -> {});
  }

  private static long[] addresses(Map<Long, RoaringBitmap> rows) {
    long count = 0;
    for (RoaringBitmap matches : rows.values()) {
      count += matches.getLongCardinality();
    }
    long[] addresses = new long[Math.toIntExact(count)];
    int[] next = {0};
    rows.forEach((fragment, matches) -> {
      PeekableIntIterator each = matches.getIntIterator();
      while (each.hasNext()) {
        addresses[next[0]++] = fragment << 32 | Integer.toUnsignedLong(each.next());
      }
    });
    return addresses;
  }

  private static void compareAll(VectorColumn.Distances distances, long[] addresses, TopK heap) {
    for (int from = 0; from < addresses.length; from += BATCH) {
      compare(distances, addresses, from, BATCH, heap);
    }
  }

  /// The same for rows that hold lists of vectors, side by side.
  private void compareLists(VectorColumn column, long[] addresses, TopK heap) {
    List<Integer> tasks = new ArrayList<>();
    for (int from = 0; from < addresses.length; from += LIST_BATCH) {
      tasks.add(from);
    }
    QueryVectors query = plan.scan().queries().getFirst();
    Parallel.run(
        execution.context(),
        tasks,
        from -> {
          TopK best = new TopK(heap.k());
          compare(column.new Distances(query), addresses, from, LIST_BATCH, best);
          return best;
        },
        heap::merge);
  }

  /// Compares rows from `from` on, `most` of them.
  private static void compare(
      VectorColumn.Distances distances, long[] addresses, int from, int most, TopK heap) {
    int count = Math.min(most, addresses.length - from);
    long[] some = Arrays.copyOfRange(addresses, from, from + count);
    float[] out = new float[count];
    distances.compute(some, count, out);
    for (int i = 0; i < count; i++) {
      if (out[i] <= heap.worst()) {
        heap.offer(out[i], some[i]);
      }
    }
  }

  private void probe(Allowed allowed, VectorColumn column, TopK[] heaps) {
    List<OpenSegments.Lease> leases = new ArrayList<>();
    AtomicBoolean vague = new AtomicBoolean();
    try {
      for (IndexEntry entry : plan.segments()) {
        Optional<OpenSegments.Lease> lease = execution.indices().open(entry);
        if (lease.isEmpty()) {
          scanAll(allowed, heaps);
          return;
        }
        leases.add(lease.get());
      }
      if (plan.scan().lists()) {
        probeLists(leases, allowed, column, heaps[0]);
      } else {
        forQueries(
            heaps,
            (i, heap) -> {
              QueryVectors query = plan.scan().queries().get(i);
              float[] vector = numbers(query.numbers().getFirst());
              if (probe(leases, allowed, column.new Distances(query), vector, heap)) {
                vague.set(true);
              }
            });
      }
    } catch (ResourceExhaustedException _) {
      // No room to load the index: slower, and the same answer.
      scanAll(allowed, heaps);
      return;
    } finally {
      leases.forEach(OpenSegments.Lease::close);
    }
    if (!vague.get()) {
      addUncovered(heaps);
    }
    long enough = Math.min(plan.scan().k(), allowed.rows());
    if (vague.get() || Arrays.stream(heaps).anyMatch(heap -> heap.size() < enough)) {
      scanAll(allowed, heaps);
    }
  }

  /// Rows that no segment covers are compared one by one.
  private void addUncovered(TopK[] heaps) {
    NearestStream rest = new NearestStream(execution, plan.scan());
    try (rest) {
      if (!plan.uncovered().isEmpty()) {
        List<Fragment> fragments = execution.indices().vectors().fragments(plan.uncovered());
        TopK[] found = rest.search(fragments, filter());
        for (int i = 0; i < heaps.length; i++) {
          heaps[i].merge(found[i]);
        }
      }
    }
  }

  /// An exact search of everything instead.
  private void scanAll(Allowed allowed, TopK[] heaps) {
    goes(SearchReport.Path.INDEX_THEN_SCAN, allowed);
    try (NearestStream scan = new NearestStream(execution, plan.scan())) {
      TopK[] found = scan.search(fragments(), filter());
      System.arraycopy(found, 0, heaps, 0, heaps.length);
    }
  }

  private RowFilter filter() {
    return RowFilter.of(execution, plan.scan().filter(), plan.scan().index());
  }

  /// Looks for rows with a vector near to each of the query's, and compares those exactly that are
  /// the nearest in sum: as many as the query says, or twice as many again as long as one of them
  /// is among the k nearest.
  private void probeLists(
      List<OpenSegments.Lease> leases, Allowed allowed, VectorColumn column, TopK heap) {
    QueryVectors query = plan.scan().queries().getFirst();
    TopK[] found = LateInteraction.heaps(query.vectors().size(), heap.k(), allowed.rows());
    forQueries(
        found,
        (i, each) ->
            probe(
                leases,
                allowed,
                column.new Distances(query),
                numbers(query.numbers().get(i)),
                each));
    long[] candidates = LateInteraction.candidates(found);
    int refine = plan.tuning().refine();
    long end = refine > 0 ? (long) refine * heap.k() : LateInteraction.first(heap.k());
    for (int from = 0; from < candidates.length; end *= 2) {
      int to = (int) Math.min(end, candidates.length);
      float before = heap.worst();
      long[] next = Arrays.copyOfRange(candidates, from, to);
      Arrays.sort(next);
      if (execution.analysis() != null) {
        execution.analysis().compared(next.length);
      }
      compareLists(column, next, heap);
      if (heap.size() == heap.k() && (refine > 0 || heap.worst() == before)) {
        return;
      }
      from = to;
    }
  }

  private static float[] numbers(double[] numbers) {
    float[] vector = new float[numbers.length];
    for (int i = 0; i < vector.length; i++) {
      vector[i] = (float) numbers[i];
    }
    return vector;
  }

  /// Looks for rows near to a vector in all segments.
  ///
  /// @return whether one of them is too vague
  private boolean probe(
      List<OpenSegments.Lease> leases,
      Allowed allowed,
      VectorColumn.Distances distances,
      float[] vector,
      TopK heap) {
    boolean vague = false;
    for (int s = 0; s < leases.size(); s++) {
      vague |= probe(leases.get(s), plan.segments().get(s), allowed, distances, vector, heap);
    }
    return vague;
  }

  private boolean probe(
      OpenSegments.Lease lease,
      IndexEntry entry,
      Allowed allowed,
      VectorColumn.Distances distances,
      float[] vector,
      TopK heap) {
    VectorIndex index = (VectorIndex) lease.index();
    Nearest.Tuning tuning = plan.tuning();
    Analysis analysis = execution.analysis();
    long begun = analysis == null ? 0 : System.nanoTime();
    boolean stable = execution.snapshot().stableRowIds();
    TopK best = stable ? new TopK(heap.k()) : heap;
    // A heap that other segments have filled would hide what this one finds too early.
    TopK own = best.size() == 0 ? best : new TopK(heap.k());
    SegmentRows rows = new SegmentRows(entry, allowed, distances);
    VectorIndex.Searched cost =
        index.search(
            new VectorIndex.Search(
                vector,
                heap.k(),
                tuning.minProbes(),
                tuning.maxProbes(),
                tuning.ef(),
                tuning.refine(),
                tuning.effort(),
                tuning.approximation(),
                allowed.rows(),
                allowed.total(),
                rows,
                own));
    if (analysis != null) {
      analysis.searched(lease, index.partitionCount(), cost, System.nanoTime() - begun);
    }
    if (stable) {
      Ranking ranking = own.ranking();
      for (int i = 0; i < ranking.size(); i++) {
        heap.offer(ranking.distance(i), rows.address(ranking.id(i)));
      }
    } else if (own != heap) {
      heap.merge(own);
    }
    return cost.vague();
  }

  /// The rows of a segment: those in its fragments that are alive and match.
  private final class SegmentRows implements VectorIndex.Rows {
    private static final long GONE = -1;

    private final VectorColumn.Distances distances;
    private final @Nullable RowIdMap ids;
    private final Map<Long, RoaringBitmap> rows = new HashMap<>();
    private final boolean matches;
    private @Nullable RoaringBitmap current;
    private long currentId = GONE;
    private long[] addresses = new long[0];

    SegmentRows(IndexEntry entry, Allowed allowed, VectorColumn.Distances distances) {
      this.distances = distances;
      this.matches = plan.scan().filter().isPresent();
      this.ids = execution.snapshot().stableRowIds() ? execution.indices().rowIds() : null;
      RoaringBitmap covered = entry.fragments().orElseThrow();
      for (Fragment fragment : execution.snapshot().fragments()) {
        if (covered.contains((int) fragment.id())) {
          RoaringBitmap own =
              matches
                  ? allowed.matches().getOrDefault(fragment.id(), new RoaringBitmap())
                  : execution.table().deletions(execution.snapshot(), fragment);
          rows.put(fragment.id(), own);
        }
      }
    }

    long address(long row) {
      return ids == null ? row : ids.address(row);
    }

    @Override
    public boolean allowed(long row) {
      long address = address(row);
      if (address == GONE) {
        return false;
      }
      long fragment = address >>> 32;
      if (fragment != currentId) {
        current = rows.get(fragment);
        currentId = fragment;
      }
      RoaringBitmap own = current;
      if (own == null) {
        return false;
      }
      return matches ? own.contains((int) address) : own.isEmpty() || !own.contains((int) address);
    }

    @Override
    public void distances(long[] wanted, int count, float[] out) {
      if (ids == null) {
        distances.compute(wanted, count, out);
        return;
      }
      if (addresses.length < count) {
        addresses = new long[count];
      }
      for (int i = 0; i < count; i++) {
        addresses[i] = ids.address(wanted[i]);
      }
      distances.compute(addresses, count, out);
    }

    @Override
    public boolean vector(long row, float[] out) {
      return distances.vector(address(row), out);
    }
  }
}
