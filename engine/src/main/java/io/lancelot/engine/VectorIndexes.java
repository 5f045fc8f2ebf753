package io.lancelot.engine;

import io.lancelot.base.UnsupportedFeatureException;
import io.lancelot.index.VectorIndex;
import io.lancelot.kernels.Metric;
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
import org.roaringbitmap.RoaringBitmap;

/// The vector indices of one version, and the vectors themselves where searches fetch them row by
/// row. Thread-safe.
final class VectorIndexes {

  /// An index that can answer a query.
  ///
  /// @param uncovered live fragments that no segment covers
  record Choice(String name, Metric metric, List<IndexEntry> segments, RoaringBitmap uncovered) {}

  private final Table table;
  private final Snapshot snapshot;
  private final Indexing indexing;
  private final ReentrantLock lock = new ReentrantLock();
  private final Map<List<String>, List<Choice>> byPath = new HashMap<>();
  private final Map<List<String>, VectorColumn> columns = new HashMap<>();
  private boolean found;
  private boolean closed;

  VectorIndexes(Table table, Snapshot snapshot, Indexing indexing) {
    this.table = table;
    this.snapshot = snapshot;
    this.indexing = indexing;
  }

  /// The newest index on a column that measures as asked.
  Optional<Choice> choose(List<String> path, Optional<Metric> metric) {
    lock.lock();
    try {
      if (!found) {
        find();
        found = true;
      }
      List<Choice> choices = byPath.getOrDefault(path, List.of());
      for (int i = choices.size() - 1; i >= 0; i--) {
        if (metric.isEmpty() || metric.get() == choices.get(i).metric()) {
          return Optional.of(choices.get(i));
        }
      }
      return Optional.empty();
    } finally {
      lock.unlock();
    }
  }

  private void find() {
    Map<String, List<IndexEntry>> byName = new LinkedHashMap<>();
    for (IndexEntry entry : snapshot.indices()) {
      if (Indexing.isVectorIndex(snapshot, entry)) {
        byName.computeIfAbsent(entry.name(), _ -> new ArrayList<>()).add(entry);
      }
    }
    byName.forEach((name, entries) -> {
      Optional<IndexedColumn> column =
          IndexedColumn.ofId(snapshot, entries.getFirst().fieldIds().getFirst());
      Optional<Metric> metric = column.flatMap(_ -> metricOf(entries));
      if (metric.isPresent()) {
        RoaringBitmap uncovered = new RoaringBitmap();
        snapshot.fragments().forEach(fragment -> uncovered.add((int) fragment.id()));
        entries.forEach(entry -> uncovered.andNot(entry.fragments().orElseThrow()));
        byPath
            .computeIfAbsent(column.get().path(), _ -> new ArrayList<>())
            .add(new Choice(name, metric.get(), List.copyOf(entries), uncovered));
      }
    });
  }

  /// What all segments of an index measure by; empty if they do not agree, or one of them cannot be
  /// read by this version.
  private Optional<Metric> metricOf(List<IndexEntry> entries) {
    Metric metric = null;
    for (IndexEntry entry : entries) {
      try {
        Optional<OpenSegments.Lease> lease = indexing.open(snapshot, entry);
        if (lease.isEmpty()) {
          return Optional.empty();
        }
        try (OpenSegments.Lease segment = lease.get()) {
          if (!(segment.index() instanceof VectorIndex index)
              || (metric != null && metric != index.metric())) {
            return Optional.empty();
          }
          metric = index.metric();
        }
      } catch (UnsupportedFeatureException _) {
        return Optional.empty();
      }
    }
    return Optional.ofNullable(metric);
  }

  /// The vectors of a column, for fetching rows; to be released.
  VectorColumn column(Execution execution, IndexedColumn wanted) {
    lock.lock();
    try {
      VectorColumn column = columns.get(wanted.path());
      if (column == null) {
        column = new VectorColumn(table, snapshot, execution.context(), wanted);
        if (!closed) {
          columns.put(wanted.path(), column);
        } else {
          column.drop();
        }
      }
      column.acquire();
      return column;
    } finally {
      lock.unlock();
    }
  }

  /// The fragments of the version by id.
  List<Fragment> fragments(RoaringBitmap ids) {
    return snapshot.fragments().stream()
        .filter(fragment -> ids.contains((int) fragment.id()))
        .toList();
  }

  void close() {
    lock.lock();
    try {
      closed = true;
      columns.values().forEach(VectorColumn::drop);
      columns.clear();
    } finally {
      lock.unlock();
    }
  }
}
