package io.lancelot.engine;

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
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.roaringbitmap.RoaringBitmap;

/// The indices of one version that filters can use, by column.
final class IndexCatalog {

  private final Snapshot snapshot;
  private final Map<List<String>, List<IndexQuery.Index>> byPath = new HashMap<>();
  private final Map<Integer, Long> rowsOfFragments = new HashMap<>();

  private final Table table;
  private final Indexing indexing;
  private final ReentrantLock lock = new ReentrantLock();
  private @Nullable RowIdMap rowIds;
  private @Nullable TextSources texts;

  private IndexCatalog(Table table, Snapshot snapshot, Indexing indexing) {
    this.table = table;
    this.snapshot = snapshot;
    this.indexing = indexing;
  }

  static IndexCatalog of(Table table, Snapshot snapshot, Indexing indexing) {
    IndexCatalog catalog = new IndexCatalog(table, snapshot, indexing);
    RoaringBitmap live = new RoaringBitmap();
    for (Fragment fragment : snapshot.fragments()) {
      live.add((int) fragment.id());
      catalog.rowsOfFragments.put((int) fragment.id(), fragment.physicalRows());
    }
    Map<String, List<IndexEntry>> byName = new LinkedHashMap<>();
    Map<String, IndexKind> kinds = new HashMap<>();
    for (IndexEntry entry : snapshot.indices()) {
      Optional<IndexKind> kind = indexing.filterKind(snapshot, entry);
      if (kind.isPresent()) {
        byName.computeIfAbsent(entry.name(), _ -> new ArrayList<>()).add(entry);
        kinds.put(entry.name(), kind.get());
      }
    }
    byName.forEach((name, entries) -> {
      IndexEntry newest = entries.getLast();
      entries.removeIf(entry -> !entry.fieldIds().equals(newest.fieldIds()));
      RoaringBitmap covered = new RoaringBitmap();
      entries.forEach(entry -> covered.or(entry.fragments().orElseThrow()));
      covered.and(live);
      Optional<IndexedColumn> column = IndexedColumn.ofId(snapshot, newest.fieldIds().getFirst());
      if (column.isPresent() && !covered.isEmpty()) {
        String type = kinds.get(name).type();
        catalog
            .byPath
            .computeIfAbsent(column.get().path(), _ -> new ArrayList<>())
            .add(
                new IndexQuery.Index(
                    name, type, column.get().path(), List.copyOf(entries), covered));
      }
    });
    return catalog;
  }

  Snapshot snapshot() {
    return snapshot;
  }

  Optional<OpenSegments.Lease> open(IndexEntry segment) {
    return indexing.open(snapshot, segment);
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
