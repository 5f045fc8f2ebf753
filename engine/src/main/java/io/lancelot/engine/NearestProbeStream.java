package io.lancelot.engine;

import io.lancelot.base.Parallel;
import io.lancelot.base.ResourceExhaustedException;
import io.lancelot.columnar.Batch;
import io.lancelot.index.VectorIndex;
import io.lancelot.kernels.Ranking;
import io.lancelot.kernels.TopK;
import io.lancelot.table.Fragment;
import io.lancelot.table.IndexEntry;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
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
  private static final int BATCH = 1024;

  NearestProbeStream(Execution execution, Plan.NearestProbe plan) {
    super(execution, plan);
  }

  @Override
  Batch find() {
    return NearestStream.result(search(), schema(), scratch);
  }

  /// Which rows take part, by fragment id; a null bitmap stands for all live rows.
  private record Allowed(Map<Long, RoaringBitmap> matches, long rows, long total) {
    double share() {
      return total == 0 ? 0 : (double) rows / total;
    }
  }

  private TopK[] search() {
    RowFilter filter = RowFilter.of(execution, plan.scan().filter(), plan.scan().index());
    VectorIndexes vectors = execution.indices().vectors();
    List<Fragment> fragments = execution.snapshot().fragments();
    if (plan.tuning().fastSearch()) {
      RoaringBitmap covered = new RoaringBitmap();
      plan.segments().forEach(segment -> covered.or(segment.fragments().orElseThrow()));
      fragments = vectors.fragments(covered);
    }
    Allowed allowed = allowed(filter, fragments);
    TopK[] heaps = new TopK[plan.scan().queries().size()];
    for (int i = 0; i < heaps.length; i++) {
      heaps[i] = new TopK(plan.scan().k());
    }
    if (allowed.rows() == 0) {
      return heaps;
    }
    VectorColumn column = vectors.column(execution, plan.scan().column());
    try {
      if (allowed.rows() <= Math.max(FEW_ROWS, 2L * plan.scan().k())
          || (allowed.share() < SMALL_SHARE && allowed.rows() < MANY_ROWS)) {
        Map<Long, RoaringBitmap> rows = fragments(fragments, allowed);
        forQueries(heaps, (i, heap) -> compareAll(column, rows, i, heap));
        return heaps;
      }
      probe(filter, allowed, column, heaps);
    } finally {
      column.release();
    }
    return heaps;
  }

  private Allowed allowed(RowFilter filter, List<Fragment> fragments) {
    long total = 0;
    for (Fragment fragment : fragments) {
      total += fragment.liveRows();
    }
    if (plan.scan().filter().isEmpty()) {
      return new Allowed(Map.of(), total, total);
    }
    Map<Long, RoaringBitmap> matches = matches(filter, fragments);
    long rows = 0;
    for (RoaringBitmap found : matches.values()) {
      rows += found.getLongCardinality();
    }
    return new Allowed(matches, rows, total);
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

  private void compareAll(
      VectorColumn column, Map<Long, RoaringBitmap> rows, int query, TopK heap) {
    VectorColumn.Distances distances = column.new Distances(plan.scan().queries().get(query));
    long[] addresses = new long[BATCH];
    float[] out = new float[BATCH];
    rows.forEach((fragment, matches) -> {
      PeekableIntIterator each = matches.getIntIterator();
      while (each.hasNext()) {
        int count = 0;
        while (count < BATCH && each.hasNext()) {
          addresses[count++] = fragment << 32 | Integer.toUnsignedLong(each.next());
        }
        distances.compute(addresses, count, out);
        for (int i = 0; i < count; i++) {
          if (out[i] <= heap.worst()) {
            heap.offer(out[i], addresses[i]);
          }
        }
      }
    });
  }

  private void probe(RowFilter filter, Allowed allowed, VectorColumn column, TopK[] heaps) {
    List<OpenSegments.Lease> leases = new ArrayList<>();
    try {
      for (IndexEntry entry : plan.segments()) {
        Optional<OpenSegments.Lease> lease = execution.indices().open(entry);
        if (lease.isEmpty()) {
          scanAll(filter, heaps);
          return;
        }
        leases.add(lease.get());
      }
      forQueries(
          heaps,
          (i, heap) -> {
            for (int s = 0; s < leases.size(); s++) {
              VectorIndex index = (VectorIndex) leases.get(s).index();
              probe(index, plan.segments().get(s), allowed, column, i, heap);
            }
          });
    } catch (ResourceExhaustedException _) {
      // No room to load the index: slower, and the same answer.
      scanAll(filter, heaps);
      return;
    } finally {
      leases.forEach(OpenSegments.Lease::close);
    }
    addUncovered(filter, heaps);
    for (TopK heap : heaps) {
      if (heap.size() < Math.min(plan.scan().k(), allowed.rows())) {
        scanAll(filter, heaps);
        return;
      }
    }
  }

  /// Rows that no segment covers are compared one by one.
  private void addUncovered(RowFilter filter, TopK[] heaps) {
    NearestStream rest = new NearestStream(execution, plan.scan());
    try (rest) {
      if (!plan.uncovered().isEmpty()) {
        List<Fragment> fragments = execution.indices().vectors().fragments(plan.uncovered());
        TopK[] found = rest.search(fragments, filter);
        for (int i = 0; i < heaps.length; i++) {
          heaps[i].merge(found[i]);
        }
      }
    }
  }

  /// An exact search of everything instead.
  private void scanAll(RowFilter filter, TopK[] heaps) {
    List<Fragment> fragments = execution.snapshot().fragments();
    if (plan.tuning().fastSearch()) {
      RoaringBitmap covered = new RoaringBitmap();
      plan.segments().forEach(segment -> covered.or(segment.fragments().orElseThrow()));
      fragments = execution.indices().vectors().fragments(covered);
    }
    try (NearestStream scan = new NearestStream(execution, plan.scan())) {
      TopK[] found = scan.search(fragments, filter);
      System.arraycopy(found, 0, heaps, 0, heaps.length);
    }
  }

  private void probe(
      VectorIndex index,
      IndexEntry entry,
      Allowed allowed,
      VectorColumn column,
      int query,
      TopK heap) {
    double[] wide = plan.vectors().get(query);
    float[] vector = new float[wide.length];
    for (int i = 0; i < vector.length; i++) {
      vector[i] = (float) wide[i];
    }
    Nearest.Tuning tuning = plan.tuning();
    boolean stable = execution.snapshot().stableRowIds();
    TopK best = stable ? new TopK(plan.scan().k()) : heap;
    // A heap that other segments have filled would hide what this one finds too early.
    TopK own = best.size() == 0 ? best : new TopK(plan.scan().k());
    SegmentRows rows =
        new SegmentRows(entry, allowed, column.new Distances(plan.scan().queries().get(query)));
    VectorIndex.Searched cost =
        index.search(
            new VectorIndex.Search(
                vector,
                plan.scan().k(),
                tuning.minProbes(),
                tuning.maxProbes(),
                tuning.ef(),
                tuning.refine(),
                allowed.share(),
                rows,
                own));
    Analysis analysis = execution.analysis();
    if (analysis != null) {
      analysis.searched(entry.uuid(), cost);
    }
    if (stable) {
      Ranking ranking = own.ranking();
      for (int i = 0; i < ranking.size(); i++) {
        heap.offer(ranking.distance(i), rows.address(ranking.id(i)));
      }
    } else if (own != heap) {
      heap.merge(own);
    }
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
  }
}
