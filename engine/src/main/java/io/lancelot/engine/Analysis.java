package io.lancelot.engine;

import io.lancelot.columnar.Batch;
import io.lancelot.columnar.BatchStream;
import io.lancelot.columnar.Schema;
import io.lancelot.index.IndexWork;
import io.lancelot.index.VectorIndex;
import io.lancelot.table.IndexEntry;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/// What a run did: each step's rows and time, steps below included, and how its vector search went.
final class Analysis {

  private final IdentityHashMap<Plan, Figures> figures = new IdentityHashMap<>();
  private final Map<UUID, Segment> segments = new ConcurrentHashMap<>();
  private final LongAdder compared = new LongAdder();
  private final LongAdder scanned = new LongAdder();
  private final boolean steps;
  private final long opened;
  private SearchReport.@Nullable Path path;
  private long rows;
  private int queries;

  /// @param steps whether each step is watched, and not the vector search alone
  /// @param opened how many segments of indices had been opened when the run began
  Analysis(boolean steps, long opened) {
    this.steps = steps;
    this.opened = opened;
  }

  private static final class Figures {
    private long rows;
    private long nanos;
  }

  /// What searches through a segment of a vector index cost.
  private static final class Segment {
    private final LongAdder partitions = new LongAdder();
    private final LongAdder comparisons = new LongAdder();
    private final LongAdder refined = new LongAdder();
    private final LongAdder loaded = new LongAdder();
    private final LongAdder nanos = new LongAdder();
    private volatile int ranked;
    private volatile boolean opened;
  }

  /// Notes which way a vector search goes.
  ///
  /// @param of live rows that it searches
  /// @param vectors that it looks for
  void goes(SearchReport.Path way, long of, int vectors) {
    path = way;
    rows = of;
    queries = vectors;
  }

  /// Notes a search through a segment.
  ///
  /// @param lease of the segment
  /// @param partitions that it has
  void searched(OpenSegments.Lease lease, int partitions, VectorIndex.Searched cost, long nanos) {
    Segment sums = segments.computeIfAbsent(lease.uuid(), _ -> new Segment());
    sums.partitions.add(cost.partitions());
    sums.comparisons.add(cost.comparisons());
    sums.refined.add(cost.refined());
    sums.loaded.add(cost.loaded());
    sums.nanos.add(nanos);
    sums.ranked = partitions;
    sums.opened |= lease.number() > opened;
  }

  /// Notes rows that a filter left, all of which are compared.
  void compared(long count) {
    compared.add(count);
  }

  /// Notes rows compared in the order of the table.
  void scanned(long count) {
    scanned.add(count);
  }

  /// How the vector search went; empty if there was none, or it has not begun.
  Optional<SearchReport> report() {
    SearchReport.Path way = path;
    if (way == null) {
      return Optional.empty();
    }
    long partitions = 0;
    long searched = 0;
    long estimated = 0;
    long exactly = compared.sum() + scanned.sum();
    for (Segment segment : segments.values()) {
      partitions += (long) segment.ranked * queries;
      searched += segment.partitions.sum();
      estimated += segment.comparisons.sum();
      exactly += segment.refined.sum();
    }
    double all = Math.max(1, (double) rows * queries);
    double fraction =
        way == SearchReport.Path.INDEX ? Math.min(1, (estimated + scanned.sum()) / all) : 1;
    return Optional.of(
        new SearchReport(way, rows, partitions, searched, estimated, exactly, fraction));
  }

  /// A stream that is watched.
  BatchStream watch(Plan plan, BatchStream stream) {
    if (!steps) {
      return stream;
    }
    Figures own = figures.computeIfAbsent(plan, _ -> new Figures());
    return new BatchStream() {
      @Override
      public Schema schema() {
        return stream.schema();
      }

      @Override
      public @Nullable Batch next() {
        long start = System.nanoTime();
        Batch batch = stream.next();
        own.nanos += System.nanoTime() - start;
        own.rows += batch == null ? 0 : batch.rowCount();
        return batch;
      }

      @Override
      public void close() {
        stream.close();
      }
    };
  }

  /// The plan as a tree with its figures, a step a line.
  String print(Plan plan, IndexWork work) {
    StringBuilder text = new StringBuilder();
    print(plan, work, 0, text);
    return text.toString();
  }

  private void print(Plan plan, IndexWork work, int depth, StringBuilder text) {
    Metrics metrics = new Metrics();
    Figures own = figures.get(plan);
    if (own != null) {
      metrics.add("output_rows", own.rows);
      metrics.add("elapsed_compute", own.nanos / 1000 + "us");
    }
    switch (plan) {
      case Plan.IndexLookup _ -> {
        metrics.add("output_rows", work.rowsFound());
        metrics.add("index_comparisons", work.comparisons());
        metrics.add("parts_loaded", work.partsLoaded());
        metrics.add("bytes_read", work.bytesRead());
      }
      case Plan.NearestProbe _ -> printSearch(metrics);
      case Plan.Partitions(IndexEntry segment, _, _) -> printSegment(segment.uuid(), metrics);
      case Plan.NearestScan _ -> metrics.add("rows_compared", scanned.sum());
      case Plan.Vectors _ -> metrics.add("output_rows", scanned.sum());
      default -> {}
    }
    text.append("  ".repeat(depth))
        .append(plan.label())
        .append(", metrics=[")
        .append(metrics)
        .append("]\n");
    for (Plan input : plan.inputs()) {
      print(input, work, depth + 1, text);
    }
  }

  /// A search through an index, in all of its segments.
  private void printSearch(Metrics metrics) {
    Optional<SearchReport> report = report();
    if (report.isEmpty()) {
      return;
    }
    metrics.add("index_comparisons", report.get().rowsEstimated());
    metrics.add("rows_compared", report.get().rowsCompared());
    metrics.add("partitions_searched", report.get().partitionsSearched());
    metrics.add("indices_loaded", segments.values().stream().filter(each -> each.opened).count());
    metrics.add(
        "parts_loaded", segments.values().stream().mapToLong(each -> each.loaded.sum()).sum());
    metrics.add("path", report.get().path().text());
    metrics.add("exact", report.get().exact());
    metrics.add(
        "fraction_searched", String.format(java.util.Locale.ROOT, "%.4f", report.get().fraction()));
  }

  private void printSegment(UUID segment, Metrics metrics) {
    Segment sums = segments.getOrDefault(segment, new Segment());
    metrics.add("elapsed_compute", sums.nanos.sum() / 1000 + "us");
    metrics.add("partitions_ranked", sums.ranked);
    metrics.add("partitions_searched", sums.partitions.sum());
    metrics.add("index_comparisons", sums.comparisons.sum());
    metrics.add("rows_refined", sums.refined.sum());
    metrics.add("indices_loaded", sums.opened ? 1 : 0);
    metrics.add("parts_loaded", sums.loaded.sum());
  }

  /// `name=value` with commas between.
  private static final class Metrics {
    private final StringBuilder text = new StringBuilder();

    void add(String name, Object value) {
      text.append(text.isEmpty() ? "" : ", ").append(name).append('=').append(value);
    }

    @Override
    public String toString() {
      return text.toString();
    }
  }
}
