package io.lancelot.engine;

import io.lancelot.base.InvalidInputException;
import io.lancelot.base.ResourceExhaustedException;
import io.lancelot.columnar.Batch;
import io.lancelot.columnar.BatchStream;
import io.lancelot.columnar.DataType;
import io.lancelot.columnar.FixedColumn;
import io.lancelot.index.IndexKind;
import io.lancelot.index.IndexSource;
import io.lancelot.index.IndexSpec;
import io.lancelot.index.TextIndex;
import io.lancelot.index.text.Analyzer;
import io.lancelot.index.text.InvertedIndex;
import io.lancelot.index.text.TextParams;
import io.lancelot.table.Fragment;
import io.lancelot.table.IndexEntry;
import io.lancelot.table.Snapshot;
import io.lancelot.table.Table;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import org.roaringbitmap.RoaringBitmap;

/// What text searches of one version read: the segments of text indices, and the rows that none of
/// them covers, collected in memory when they are first searched. Thread-safe.
final class TextSources {

  private static final String KIND = "FTS";

  /// How rows are cut where a column has no index: as an index without settings would.
  private static final TextParams UNINDEXED = TextParams.of(new IndexSpec(KIND, Map.of()));

  private final Table table;
  private final Snapshot snapshot;
  private final io.lancelot.base.Context context;
  private final Indexing indexing;
  private final ReentrantLock lock = new ReentrantLock();
  private final Map<String, InvertedIndex> tails = new HashMap<>();

  /// The fragments there are.
  private final RoaringBitmap live = new RoaringBitmap();

  /// Segments of the newest text index of each column, by the column's name.
  private final Map<String, List<IndexEntry>> byColumn = new TreeMap<>();

  /// What a search reads of a column, by what the column was called.
  private final Map<String, Layout> layouts = new ConcurrentHashMap<>();

  /// @param segments those that are searched
  /// @param params how they cut text, and the rows outside
  /// @param uncovered fragments that none of them speaks for
  private record Layout(
      IndexedColumn column, List<Segment> segments, TextParams params, RoaringBitmap uncovered) {}

  private record Segment(IndexQuery.Segment index, RoaringBitmap fragments) {}

  TextSources(Table table, Snapshot snapshot, io.lancelot.base.Context context, Indexing indexing) {
    this.table = table;
    this.snapshot = snapshot;
    this.context = context;
    this.indexing = indexing;
    snapshot.fragments().forEach(fragment -> live.add((int) fragment.id()));
    Map<String, List<IndexEntry>> byName = new LinkedHashMap<>();
    for (IndexEntry entry : snapshot.indices()) {
      if (indexing.kind(snapshot, entry).map(IndexKind::type).orElse("").equals(KIND)) {
        byName.computeIfAbsent(entry.name(), _ -> new ArrayList<>()).add(entry);
      }
    }
    for (List<IndexEntry> entries : byName.values()) {
      IndexedColumn.ofId(snapshot, entries.getLast().fieldIds().getFirst())
          .ifPresent(column -> byColumn.put(column.name(), entries));
    }
  }

  /// The columns that have a text index.
  List<String> columns() {
    return List.copyOf(byColumn.keySet());
  }

  /// The tokens that an index of a column makes of a text.
  ///
  /// @throws InvalidInputException if the column has no text index
  List<Analyzer.Token> tokenize(String name, String text) {
    IndexedColumn column = IndexedColumn.resolve(snapshot, name);
    for (IndexEntry entry : byColumn.getOrDefault(column.name(), List.of())) {
      Optional<OpenSegments.Lease> lease = indexing.open(snapshot, entry);
      if (lease.isPresent()) {
        try (OpenSegments.Lease open = lease.get()) {
          return new Analyzer(((InvertedIndex) open.index()).params()).document(text);
        }
      }
    }
    throw new InvalidInputException(
        "tokenize: expected=a column with a text index, found="
            + column.name()
            + " (indexed columns="
            + columns()
            + ")");
  }

  /// A segment or the rows outside all segments, and the fragments that it speaks for.
  record Source(TextIndex index, RoaringBitmap fragments) {}

  /// What a search over a column reads.
  ///
  /// @param leases of the segments, to be closed after the search
  /// @param indexedOnly whether rows that no segment covers are left out
  List<Source> open(String name, List<OpenSegments.Lease> leases, boolean indexedOnly) {
    Layout layout = layout(name);
    List<Source> sources = new ArrayList<>();
    for (Segment segment : layout.segments) {
      OpenSegments.Lease lease = indexing.open(snapshot, segment.index).orElseThrow();
      leases.add(lease);
      sources.add(new Source((InvertedIndex) lease.index(), segment.fragments));
    }
    if (!layout.uncovered.isEmpty() && !indexedOnly) {
      sources.add(
          new Source(tail(layout.column, layout.params, layout.uncovered), layout.uncovered));
    }
    return sources;
  }

  private Layout layout(String name) {
    Layout known = layouts.get(name);
    if (known == null) {
      known = newLayout(name);
      layouts.put(name, known);
    }
    return known;
  }

  private Layout newLayout(String name) {
    IndexedColumn column = IndexedColumn.resolve(snapshot, name);
    RoaringBitmap uncovered = live.clone();
    List<Segment> segments = new ArrayList<>();
    TextParams params = UNINDEXED;
    for (IndexEntry entry : byColumn.getOrDefault(column.name(), List.of())) {
      Optional<IndexQuery.Segment> known = indexing.resolve(snapshot, entry);
      Optional<OpenSegments.Lease> lease = known.flatMap(each -> indexing.open(snapshot, each));
      if (lease.isEmpty()) {
        continue;
      }
      try (OpenSegments.Lease open = lease.get()) {
        TextParams own = ((InvertedIndex) open.index()).params();
        if (!segments.isEmpty() && !own.equals(params)) {
          // Settings that differ would cut the same query differently: its rows are read instead.
          continue;
        }
        params = own;
      }
      RoaringBitmap covered = RoaringBitmap.and(entry.fragments().orElseThrow(), live);
      segments.add(new Segment(known.orElseThrow(), covered));
      uncovered.andNot(covered);
    }
    return new Layout(column, List.copyOf(segments), params, uncovered);
  }

  private InvertedIndex tail(IndexedColumn column, TextParams params, RoaringBitmap fragments) {
    DataType type =
        column.leaf().type() instanceof DataType.ListOf(var item, _)
            ? item.type()
            : column.leaf().type();
    if (!(type instanceof DataType.Utf8)) {
      throw new InvalidInputException(
          "full-text search: expected=a column of text, found="
              + column.leaf().type().arrowName()
              + " (column="
              + column.name()
              + ")");
    }
    lock.lock();
    try {
      InvertedIndex known = tails.get(column.name());
      if (known == null) {
        known = collect(column, params, fragments);
        tails.put(column.name(), known);
      }
      return known;
    } finally {
      lock.unlock();
    }
  }

  private InvertedIndex collect(IndexedColumn column, TextParams params, RoaringBitmap fragments) {
    List<Fragment> parts =
        snapshot.fragments().stream()
            .filter(fragment -> fragments.contains((int) fragment.id()))
            .toList();
    long limit = Runtime.getRuntime().maxMemory() / 3;
    InvertedIndex.Collector collector = new InvertedIndex.Collector(params);
    TableSource source =
        new TableSource(table, snapshot, context, column, parts, TableSource.Held.NONE);
    try (BatchStream rows = source.rows()) {
      for (Batch batch = rows.next(); batch != null; batch = rows.next()) {
        collector.add(batch.column(0), (FixedColumn) batch.column(IndexSource.ROW_ID));
        if (collector.bytes() > limit) {
          throw new ResourceExhaustedException(
              "full-text search: too many rows without an index to hold in memory: build an index,"
                  + " or bring it up to date with optimize (column="
                  + column.name()
                  + ", needed="
                  + collector.bytes()
                  + ", limit="
                  + limit
                  + " bytes)");
        }
      }
    }
    return collector.build();
  }
}
