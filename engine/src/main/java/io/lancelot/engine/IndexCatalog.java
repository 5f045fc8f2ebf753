package io.lancelot.engine;

import io.lancelot.base.Scratch;
import io.lancelot.columnar.Field;
import io.lancelot.columnar.Schema;
import io.lancelot.file.LanceField;
import io.lancelot.index.IndexKind;
import io.lancelot.index.IndexWork;
import io.lancelot.index.RowSet;
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
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.roaringbitmap.RoaringBitmap;

/// What queries over one version have in common: the indices that filters can use, by column, and
/// what is costly to make anew for each query.
final class IndexCatalog implements AutoCloseable {

  private static final int MOST_SHAPES = 64;

  /// Of the memory budget, what rows that pass filters may take.
  private static final int FILTERS_SHARE = 64;

  private final Snapshot snapshot;
  private final Map<List<String>, List<IndexQuery.Index>> byPath = new HashMap<>();
  private final Map<Integer, Long> rowsOfFragments = new HashMap<>();

  private final Table table;
  private final Indexing indexing;
  private final ReentrantLock lock = new ReentrantLock();
  private final Schema schema;
  private final IdleReaders readers = new IdleReaders();
  private final Map<ShapeKey, Planner.ScanShape> shapes = new ConcurrentHashMap<>();
  private final Map<FoundKey, Planner.FoundShape> foundShapes = new ConcurrentHashMap<>();
  private final Map<UUID, Optional<IndexQuery.Segment>> resolved = new ConcurrentHashMap<>();
  private @Nullable RowIdMap rowIds;
  private final VectorIndexes vectors;
  private final KnownFilters filters;
  private @Nullable TextSources texts;

  private IndexCatalog(Table table, Snapshot snapshot, Indexing indexing) {
    this.table = table;
    this.snapshot = snapshot;
    List<Field> readable = new ArrayList<>(snapshot.schema().arrow().fields());
    for (LanceField field : snapshot.hiddenFields()) {
      if (snapshot.schema().field(field.name()).isEmpty()) {
        readable.add(field.field());
      }
    }
    this.schema = new Schema(readable, snapshot.schema().arrow().metadata());
    this.indexing = indexing;
    this.filters = new KnownFilters(schema, indexing.memoryBytes() / FILTERS_SHARE);
    this.vectors = new VectorIndexes(table, snapshot, indexing);
  }

  /// A version as if it had no indices.
  static IndexCatalog without(Table table, Snapshot snapshot, Indexing indexing) {
    return new IndexCatalog(table, snapshot, indexing);
  }

  static IndexCatalog of(Table table, Snapshot snapshot, Indexing indexing) {
    IndexCatalog catalog = new IndexCatalog(table, snapshot, indexing);
    RoaringBitmap live = new RoaringBitmap();
    for (Fragment fragment : snapshot.fragments()) {
      live.add((int) fragment.id());
      catalog.rowsOfFragments.put((int) fragment.id(), fragment.physicalRows());
    }
    Map<String, List<IndexQuery.Segment>> byName = new LinkedHashMap<>();
    for (IndexEntry entry : snapshot.indices()) {
      Optional<IndexKind> kind = indexing.filterKind(snapshot, entry);
      Optional<IndexedColumn> column =
          IndexedColumn.ofId(
              snapshot, entry.fieldIds().isEmpty() ? -1 : entry.fieldIds().getFirst());
      if (kind.isPresent() && column.isPresent()) {
        byName
            .computeIfAbsent(entry.name(), _ -> new ArrayList<>())
            .add(
                new IndexQuery.Segment(
                    entry, kind.get(), column.get().field(), entry.fragments().orElseThrow()));
      }
    }
    byName.forEach((name, segments) -> {
      IndexEntry newest = segments.getLast().entry();
      segments.removeIf(segment -> !segment.entry().fieldIds().equals(newest.fieldIds()));
      RoaringBitmap covered = new RoaringBitmap();
      segments.forEach(segment -> covered.or(segment.fragments()));
      covered.and(live);
      if (!covered.isEmpty()) {
        List<String> path =
            IndexedColumn.ofId(snapshot, newest.fieldIds().getFirst()).orElseThrow().path();
        catalog
            .byPath
            .computeIfAbsent(path, _ -> new ArrayList<>())
            .add(
                new IndexQuery.Index(
                    name, segments.getLast().kind().type(), List.copyOf(segments), covered));
      }
    });
    return catalog;
  }

  /// Memory for what is looked up while planning.
  Scratch scratch() {
    return indexing.scratch();
  }

  Snapshot snapshot() {
    return snapshot;
  }

  /// The columns that the version shows.
  Schema shown() {
    return snapshot.schema().arrow();
  }

  /// The columns that can be read: those of the table's schema and hidden ones.
  Schema schema() {
    return schema;
  }

  /// Readers between two uses.
  IdleReaders readers() {
    return readers;
  }

  /// The filters that searches came with lately.
  KnownFilters filters() {
    return filters;
  }

  private record ShapeKey(List<Query.Output> select, boolean withRowId, boolean withRowAddress) {}

  /// What a kind of scan needs, computed at its first use.
  Planner.ScanShape shape(Query query, Supplier<Planner.ScanShape> maker) {
    ShapeKey key = new ShapeKey(query.select(), query.withRowId(), query.withRowAddress());
    Planner.ScanShape known = shapes.get(key);
    if (known == null) {
      known = maker.get();
      if (shapes.size() < MOST_SHAPES) {
        shapes.put(key, known);
      }
    }
    return known;
  }

  /// What the shape of a search depends on.
  private record FoundKey(List<Query.Output> select, boolean withRowId, List<Field> last) {

    /// By names alone: the hash codes of all records in it take a while to be made at first use.
    @Override
    public int hashCode() {
      int hash = last.size();
      for (Query.Output output : select) {
        hash = 31 * hash + output.name().hashCode();
      }
      return hash;
    }
  }

  /// The shape of a search: of small use to make anew for each.
  ///
  /// @param last what comes out behind the columns asked for
  Planner.FoundShape foundShape(Query query, List<Field> last, Supplier<Planner.FoundShape> maker) {
    FoundKey key = new FoundKey(query.select(), query.withRowId(), last);
    Planner.FoundShape known = foundShapes.get(key);
    if (known == null) {
      known = maker.get();
      if (foundShapes.size() < MOST_SHAPES) {
        foundShapes.put(key, known);
      }
    }
    return known;
  }

  /// Opens a segment; empty if it is of a form that we do not know.
  Optional<OpenSegments.Lease> open(IndexQuery.Segment segment) {
    return indexing.open(snapshot, segment);
  }

  /// Opens a segment of any kind; empty if it is of a form that we do not know.
  Optional<OpenSegments.Lease> open(IndexEntry segment) {
    return resolved
        .computeIfAbsent(segment.uuid(), _ -> indexing.resolve(snapshot, segment))
        .flatMap(known -> indexing.open(snapshot, known));
  }

  /// Gives back what is kept for the version, as soon as nobody uses it.
  @Override
  public void close() {
    readers.close();
    vectors.close();
  }

  /// The addresses of rows that indices find, in the fragments that a lookup covers; null if an
  /// index could not answer after all.
  @Nullable RowSet run(Plan.IndexLookup lookup, IndexWork work) {
    return new IndexRun(this, lookup.covered(), work).rows(lookup.query());
  }

  /// Where rows are by their stable ids; read once.
  RowIdMap rowIds() {
    lock.lock();
    try {
      RowIdMap known = rowIds;
      if (known == null) {
        known = RowIdMap.of(table, snapshot);
        rowIds = known;
      }
      return known;
    } finally {
      lock.unlock();
    }
  }

  /// The vector indices of the version.
  VectorIndexes vectors() {
    return vectors;
  }

  /// What text searches of this version read; found once.
  TextSources texts(io.lancelot.base.Context context) {
    lock.lock();
    try {
      TextSources known = texts;
      if (known == null) {
        known = new TextSources(table, snapshot, context, indexing);
        texts = known;
      }
      return known;
    } finally {
      lock.unlock();
    }
  }

  boolean isEmpty() {
    return byPath.isEmpty();
  }

  /// The indices of a column.
  List<IndexQuery.Index> of(List<String> path) {
    return byPath.getOrDefault(path, List.of());
  }

  /// Rows of some fragments, deleted ones included.
  long physicalRows(RoaringBitmap fragments) {
    long rows = 0;
    for (int fragment : fragments) {
      rows += rowsOfFragments.getOrDefault(fragment, 0L);
    }
    return rows;
  }

  long physicalRows(int fragment) {
    return rowsOfFragments.getOrDefault(fragment, 0L);
  }
}
