package io.lancelot.engine;

import io.lancelot.base.AlreadyExistsException;
import io.lancelot.base.CommitConflictException;
import io.lancelot.base.CommitUnknownException;
import io.lancelot.base.Context;
import io.lancelot.base.InvalidInputException;
import io.lancelot.base.NotFoundException;
import io.lancelot.base.Scratch;
import io.lancelot.base.UnsupportedFeatureException;
import io.lancelot.index.BuildEstimate;
import io.lancelot.index.BuildProgress;
import io.lancelot.index.IndexFiles;
import io.lancelot.index.IndexKind;
import io.lancelot.index.IndexKinds;
import io.lancelot.index.IndexSpec;
import io.lancelot.index.OpenIndex;
import io.lancelot.index.RowMapping;
import io.lancelot.index.ScalarIndex;
import io.lancelot.index.vector.VectorKind;
import io.lancelot.table.Fragment;
import io.lancelot.table.IndexEntry;
import io.lancelot.table.Operation;
import io.lancelot.table.Snapshot;
import io.lancelot.table.Table;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.roaringbitmap.RoaringBitmap;

/// Makes, lists and drops the indices of a table. The segments of one index share its name.
/// Thread-safe.
final class Indexing {

  private static final int ATTEMPTS = 5;

  /// The fragment reuse index and the write-ahead log's entry are no indices on a column.
  private static final String SYSTEM_PREFIX = "__lance_";

  private final Table table;
  private final Context context;
  private final OpenSegments segments;

  Indexing(Table table, Context context, OpenSegments segments) {
    this.table = table;
    this.context = context;
    this.segments = segments;
  }

  /// Builds an index over all rows and commits it. Rows that others add meanwhile stay unindexed.
  ///
  /// @param name empty for the column's name with `_idx`, and a number if that is taken by another
  /// @param replace whether an index of that name gives way
  IndexInfo create(
      String column,
      IndexSpec spec,
      Optional<String> name,
      boolean replace,
      BuildProgress progress) {
    IndexKind kind = IndexKinds.ofType(spec.type());
    CommitConflictException last = null;
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
      Snapshot base = table.latest();
      base.readOnlyReason()
          .ifPresent(reason -> {
            throw new UnsupportedFeatureException(
                "table is read-only here: " + reason + " (path=" + table.uri() + ")");
          });
      IndexedColumn indexed = IndexedColumn.resolve(base, column);
      kind.check(indexed.field(), spec);
      String chosen = name.orElseGet(() -> freeName(base, indexed, kind));
      List<IndexEntry> replaced = segmentsOf(base, chosen);
      if (!replaced.isEmpty() && !replace) {
        throw new AlreadyExistsException(
            "index already exists: expected=another name, or replacement allowed, found="
                + chosen
                + " (path="
                + table.uri()
                + ")");
      }
      if (!replaced.isEmpty() && !onField(replaced.getFirst(), indexed.leaf().id())) {
        throw new InvalidInputException(
            "index of another column: expected="
                + columnOf(base, replaced.getFirst())
                + ", found="
                + indexed.name()
                + " (index="
                + chosen
                + ")");
      }
      IndexEntry entry = build(base, indexed, kind, spec, chosen, progress);
      try {
        return info(commit(base, entry, replaced), chosen);
      } catch (CommitConflictException e) {
        if (!e.retryable()) {
          throw e;
        }
        last = e;
      }
    }
    throw last == null ? new CommitConflictException("index: too many attempts") : last;
  }

  /// What building an index over a version's rows will take.
  BuildEstimate estimate(Snapshot snapshot, String column, IndexSpec spec) {
    IndexKind kind = IndexKinds.ofType(spec.type());
    IndexedColumn indexed = IndexedColumn.resolve(snapshot, column);
    kind.check(indexed.field(), spec);
    TableSource source =
        new TableSource(
            table, snapshot, context, indexed, snapshot.fragments(), TableSource.Held.NONE);
    return kind.estimate(source, spec, context);
  }

  private String freeName(Snapshot base, IndexedColumn column, IndexKind kind) {
    String stem = String.join(".", column.path()) + "_idx";
    String name = stem;
    for (int i = 2; ; i++) {
      List<IndexEntry> taken = segmentsOf(base, name);
      if (taken.isEmpty()
          || (onField(taken.getFirst(), column.leaf().id())
              && typeOf(taken.getFirst()).equals(kind.type()))) {
        return name;
      }
      name = stem + "_" + i;
    }
  }

  private IndexEntry build(
      Snapshot base,
      IndexedColumn column,
      IndexKind kind,
      IndexSpec spec,
      String name,
      BuildProgress progress) {
    UUID uuid = randomUuid();
    IndexFiles files = files(uuid);
    try {
      TableSource source =
          new TableSource(table, base, context, column, base.fragments(), TableSource.Held.NONE);
      IndexKind.Built built = kind.build(source, spec, files, progress);
      return entry(base, uuid, name, column, kind, built, files, ids(base.fragments()));
    } catch (RuntimeException | Error e) {
      deleteQuietly(files, e);
      throw e;
    }
  }

  /// Commits a new segment. Its files go if that fails, unless nobody knows whether it did.
  private Snapshot commit(Snapshot base, IndexEntry added, List<IndexEntry> removed) {
    try {
      return table.commit(base, new Operation.CreateIndex(List.of(added), removed));
    } catch (CommitUnknownException e) {
      throw e;
    } catch (RuntimeException e) {
      deleteQuietly(files(added.uuid()), e);
      throw e;
    }
  }

  private static void deleteQuietly(IndexFiles files, Throwable cause) {
    try {
      files.deleteAll();
    } catch (RuntimeException e) {
      cause.addSuppressed(e);
    }
  }

  private IndexEntry entry(
      Snapshot base,
      UUID uuid,
      String name,
      IndexedColumn column,
      IndexKind kind,
      IndexKind.Built built,
      IndexFiles files,
      RoaringBitmap fragments) {
    return IndexEntry.of(
        uuid,
        name,
        column.leaf().id(),
        base.version(),
        fragments,
        "/" + kind.detailsName(),
        built.details(),
        built.version(),
        files.sizes(),
        context.clock().instant().toEpochMilli());
  }

  private IndexFiles files(UUID uuid) {
    Table.IndexFolder folder = table.newIndexFolder(uuid);
    return new IndexFiles(folder.store(), folder.path(), context);
  }

  private UUID randomUuid() {
    long high = context.random().nextLong() & ~0xF000L | 0x4000L;
    long low = context.random().nextLong() & ~(3L << 62) | 1L << 63;
    return new UUID(high, low);
  }

  private static RoaringBitmap ids(List<Fragment> fragments) {
    RoaringBitmap ids = new RoaringBitmap();
    fragments.forEach(fragment -> ids.add((int) fragment.id()));
    return ids;
  }

  /// Removes an index; its files go with the versions that use it.
  void drop(String name) {
    Snapshot base = table.latest();
    List<IndexEntry> dropped = segmentsOf(base, name);
    if (dropped.isEmpty()) {
      throw missing(base, name);
    }
    table.commit(base, new Operation.CreateIndex(List.of(), dropped));
  }

  /// The indices of a version, by name.
  Scratch scratch() {
    return context.memory().scratch();
  }

  /// The memory budget.
  long memoryBytes() {
    return context.memory().limitBytes();
  }

  List<IndexInfo> list(Snapshot snapshot) {
    return byName(snapshot).keySet().stream().map(name -> info(snapshot, name)).toList();
  }

  /// @throws NotFoundException if there is no such index
  IndexInfo info(Snapshot snapshot, String name) {
    List<IndexEntry> entries = segmentsOf(snapshot, name);
    if (entries.isEmpty()) {
      throw missing(snapshot, name);
    }
    RoaringBitmap covered = covered(entries);
    long indexed = 0;
    long unindexed = 0;
    for (Fragment fragment : snapshot.fragments()) {
      if (covered.contains((int) fragment.id())) {
        indexed += fragment.liveRows();
      } else {
        unindexed += fragment.liveRows();
      }
    }
    IndexEntry newest = entries.getLast();
    long size = 0;
    for (IndexEntry entry : entries) {
      size += entry.files().values().stream().mapToLong(Long::longValue).sum();
    }
    return new IndexInfo(
        name,
        typeOf(newest),
        List.of(columnOf(snapshot, newest)),
        entries.stream().map(IndexEntry::uuid).toList(),
        indexed,
        unindexed,
        size,
        newest.indexVersion(),
        newest.detailsUrl(),
        newest.createdAtMillis() == 0
            ? Optional.empty()
            : Optional.of(Instant.ofEpochMilli(newest.createdAtMillis())));
  }

  /// Figures of each segment, oldest first; those we cannot open have none.
  List<Map<String, Object>> statistics(Snapshot snapshot, String name) {
    List<Map<String, Object>> figures = new ArrayList<>();
    for (IndexEntry entry : existing(snapshot, name)) {
      Optional<OpenSegments.Lease> lease = open(snapshot, entry);
      if (lease.isPresent()) {
        try (OpenSegments.Lease segment = lease.get()) {
          figures.add(segment.index().statistics());
        }
      } else {
        figures.add(Map.of());
      }
    }
    return figures;
  }

  /// How many segments have been opened so far.
  long openedSegments() {
    return segments.opened();
  }

  /// Loads all that queries over an index may need.
  void prewarm(Snapshot snapshot, String name) {
    for (IndexEntry entry : existing(snapshot, name)) {
      Optional<OpenSegments.Lease> lease = open(snapshot, entry);
      if (lease.isPresent()) {
        try (OpenSegments.Lease segment = lease.get()) {
          segment.index().prewarm();
        }
      }
    }
  }

  /// Opens a segment that queries may use; empty if it is of a kind or version we do not know, or
  /// does not say what it covers.
  Optional<OpenSegments.Lease> open(Snapshot snapshot, IndexEntry entry) {
    return resolve(snapshot, entry).flatMap(segment -> open(snapshot, segment));
  }

  /// Kind and column of a segment that queries may use.
  Optional<IndexQuery.Segment> resolve(Snapshot snapshot, IndexEntry entry) {
    return usableKind(snapshot, entry)
        .flatMap(kind ->
            IndexedColumn.ofId(snapshot, entry.fieldIds().getFirst())
                .map(column ->
                    new IndexQuery.Segment(
                        entry, kind, column.field(), entry.fragments().orElseThrow())));
  }

  /// Opens a segment of a known kind.
  Optional<OpenSegments.Lease> open(Snapshot snapshot, IndexQuery.Segment segment) {
    try {
      return Optional.of(segments.open(snapshot, segment.entry(), segment.kind(), segment.field()));
    } catch (UnsupportedFeatureException _) {
      // A form of the kind that we do not know: left alone.
      return Optional.empty();
    }
  }

  /// The kind of a segment that filters may use.
  Optional<IndexKind> filterKind(Snapshot snapshot, IndexEntry entry) {
    return entry.name().startsWith(SYSTEM_PREFIX)
        ? Optional.empty()
        : usableKind(snapshot, entry).filter(IndexKind::answersFilters);
  }

  /// Whether an entry is a segment of a vector index that queries may use.
  static boolean isVectorIndex(Snapshot snapshot, IndexEntry entry) {
    return !entry.name().startsWith(SYSTEM_PREFIX)
        && usableKind(snapshot, entry).filter(VectorKind.class::isInstance).isPresent();
  }

  /// The kind of a segment that queries may use.
  Optional<IndexKind> kind(Snapshot snapshot, IndexEntry entry) {
    return entry.name().startsWith(SYSTEM_PREFIX) ? Optional.empty() : usableKind(snapshot, entry);
  }

  private static Optional<IndexKind> usableKind(Snapshot snapshot, IndexEntry entry) {
    return snapshot.indicesUsable() && entry.fieldIds().size() == 1 && entry.fragments().isPresent()
        ? IndexKinds.ofDetails(entry.detailsUrl())
            .filter(kind -> entry.indexVersion() <= kind.maxVersion())
        : Optional.empty();
  }

  /// Brings every index up to date with a version's rows: indexes fragments it does not cover and
  /// forgets those that are gone.
  ///
  /// @param retrain whether vector indices are trained anew over all rows
  /// @return names of the indices that got a new segment
  List<String> update(boolean retrain, BuildProgress progress) {
    return byName(table.latest()).keySet().stream()
        .filter(name -> update(name, retrain, progress))
        .toList();
  }

  /// False if there was nothing to do, or the kind is not ours to touch.
  private boolean update(String name, boolean retrain, BuildProgress progress) {
    CommitConflictException last = null;
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
      Snapshot base = table.latest();
      List<IndexEntry> entries = segmentsOf(base, name);
      RoaringBitmap covered = covered(entries);
      List<Fragment> uncovered =
          base.fragments().stream()
              .filter(fragment -> !covered.contains((int) fragment.id()))
              .toList();
      if (entries.isEmpty()) {
        return false;
      }
      try {
        return update(base, name, entries, uncovered, retrain, progress);
      } catch (CommitConflictException e) {
        if (!e.retryable()) {
          throw e;
        }
        last = e;
      }
    }
    throw last == null ? new CommitConflictException("index: too many attempts") : last;
  }

  private boolean update(
      Snapshot base,
      String name,
      List<IndexEntry> entries,
      List<Fragment> uncovered,
      boolean retrain,
      BuildProgress progress) {
    Optional<IndexedColumn> column =
        IndexedColumn.ofId(base, entries.getFirst().fieldIds().getFirst());
    Optional<IndexKind> kind = usableKind(base, entries.getLast());
    if (column.isEmpty() || kind.isEmpty()) {
      return false;
    }
    if (uncovered.isEmpty() && !(kind.get() instanceof VectorKind)) {
      return false;
    }
    Map<OpenIndex, IndexEntry> opened = new LinkedHashMap<>();
    List<OpenSegments.Lease> leases = new ArrayList<>();
    try {
      for (IndexEntry entry : entries) {
        Optional<OpenSegments.Lease> lease = open(base, entry);
        if (lease.isPresent()) {
          leases.add(lease.get());
          opened.put(lease.get().index(), entry);
        }
      }
      return update(base, name, column.get(), kind.get(), opened, uncovered, retrain, progress);
    } finally {
      leases.forEach(OpenSegments.Lease::close);
    }
  }

  private boolean update(
      Snapshot base,
      String name,
      IndexedColumn column,
      IndexKind kind,
      Map<OpenIndex, IndexEntry> opened,
      List<Fragment> uncovered,
      boolean retrain,
      BuildProgress progress) {
    UUID uuid = randomUuid();
    IndexFiles files = files(uuid);
    List<OpenIndex> segments = List.copyOf(opened.keySet());
    Map<OpenIndex, RoaringBitmap> covered = new HashMap<>();
    opened.forEach((segment, old) -> covered.put(segment, old.fragments().orElseThrow()));
    TableSource.Held without = new TableSource.Held(covered, null);
    TableSource rows = new TableSource(table, base, context, column, uncovered, without);
    boolean anew = retrain && !segments.isEmpty();
    if (uncovered.isEmpty()
        && !(kind instanceof VectorKind vectors
            && (anew || vectors.outlived(segments, rows, files)))) {
      return false;
    }
    RowIdMap rowIds = base.stableRowIds() ? RowIdMap.of(table, base) : null;
    TableSource.Held held = new TableSource.Held(covered, rowIds);
    TableSource added = new TableSource(table, base, context, column, uncovered, held);
    RoaringBitmap fragments = ids(uncovered);
    List<IndexEntry> removed = new ArrayList<>();
    IndexEntry entry;
    try {
      IndexKind.Built built =
          anew && kind instanceof VectorKind vectors
              ? vectors.retrain(segments, added, files, progress)
              : kind.update(segments, liveRows(base, opened, rowIds), added, files, progress);
      for (OpenIndex replaced : built.replaced()) {
        IndexEntry old = opened.get(replaced);
        if (old != null) {
          removed.add(old);
          fragments.or(old.fragments().orElseThrow());
        }
      }
      fragments.and(ids(base.fragments()));
      entry = entry(base, uuid, name, column, kind, built, files, fragments);
    } catch (RuntimeException | Error e) {
      deleteQuietly(files, e);
      throw e;
    }
    commit(base, entry, removed);
    return true;
  }

  /// Rows of a version by its own numbers: where they were, unless they are dead or their entry is
  /// stale, which is so in fragments that its segment does not speak for.
  private RowMapping liveRows(
      Snapshot base, Map<OpenIndex, IndexEntry> opened, @Nullable RowIdMap ids) {
    Map<Integer, RoaringBitmap> deleted = new HashMap<>();
    base.fragments()
        .forEach(fragment -> deleted.put((int) fragment.id(), table.deletions(base, fragment)));
    Map<OpenIndex, RowMapping> mappings = new HashMap<>();
    opened.forEach((segment, entry) -> {
      RoaringBitmap covered = entry.fragments().orElseThrow();
      boolean addresses = segment instanceof ScalarIndex scalar && scalar.storesAddresses();
      RowIdMap byId = addresses ? null : ids;
      mappings.put(
          segment,
          row -> {
            long address = byId == null ? row : byId.address(row);
            int fragment = (int) (address >>> 32);
            RoaringBitmap gone = deleted.get(fragment);
            boolean live =
                address != -1
                    && covered.contains(fragment)
                    && gone != null
                    && !gone.contains((int) address);
            return live ? row : RowMapping.GONE;
          });
    });
    return new RowMapping() {
      @Override
      public long map(long row) {
        throw new IllegalStateException("a row is looked for without its segment: found=" + row);
      }

      @Override
      public RowMapping in(OpenIndex segment) {
        return Objects.requireNonNull(mappings.get(segment));
      }
    };
  }

  private List<IndexEntry> existing(Snapshot snapshot, String name) {
    List<IndexEntry> entries = segmentsOf(snapshot, name);
    if (entries.isEmpty()) {
      throw missing(snapshot, name);
    }
    return entries;
  }

  private NotFoundException missing(Snapshot snapshot, String name) {
    return new NotFoundException(
        "index not found: expected one of "
            + byName(snapshot).keySet()
            + ", found="
            + name
            + " (path="
            + table.uri()
            + ")");
  }

  private static Map<String, List<IndexEntry>> byName(Snapshot snapshot) {
    Map<String, List<IndexEntry>> indices = new LinkedHashMap<>();
    for (IndexEntry entry : snapshot.indices()) {
      if (!entry.name().startsWith(SYSTEM_PREFIX)) {
        indices.computeIfAbsent(entry.name(), _ -> new ArrayList<>()).add(entry);
      }
    }
    return indices;
  }

  private static List<IndexEntry> segmentsOf(Snapshot snapshot, String name) {
    return snapshot.indices().stream()
        .filter(entry -> entry.name().equals(name))
        .sorted(Comparator.comparingLong(IndexEntry::createdAtMillis))
        .toList();
  }

  private static RoaringBitmap covered(List<IndexEntry> entries) {
    RoaringBitmap covered = new RoaringBitmap();
    entries.forEach(entry -> entry.fragments().ifPresent(covered::or));
    return covered;
  }

  private static boolean onField(IndexEntry entry, int fieldId) {
    return !entry.fieldIds().isEmpty() && entry.fieldIds().getFirst() == fieldId;
  }

  private static String columnOf(Snapshot snapshot, IndexEntry entry) {
    return entry.fieldIds().isEmpty()
        ? ""
        : IndexedColumn.ofId(snapshot, entry.fieldIds().getFirst())
            .map(IndexedColumn::name)
            .orElse("#" + entry.fieldIds().getFirst());
  }

  private static String typeOf(IndexEntry entry) {
    return IndexKinds.ofDetails(entry.detailsUrl())
        .map(kind -> kind.typeOf(entry.details()))
        .orElse("UNKNOWN");
  }
}
