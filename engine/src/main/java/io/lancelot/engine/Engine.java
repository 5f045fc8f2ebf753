package io.lancelot.engine;

import io.lancelot.base.CommitConflictException;
import io.lancelot.base.Context;
import io.lancelot.base.Parallel;
import io.lancelot.columnar.BatchStream;
import io.lancelot.columnar.DataType;
import io.lancelot.columnar.Field;
import io.lancelot.expr.Expr;
import io.lancelot.expr.Filter;
import io.lancelot.index.BuildProgress;
import io.lancelot.index.IndexSpec;
import io.lancelot.index.IndexWork;
import io.lancelot.kernels.ElementType;
import io.lancelot.kernels.Kernels;
import io.lancelot.kernels.Metric;
import io.lancelot.kernels.QueryVector;
import io.lancelot.table.Snapshot;
import io.lancelot.table.Table;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.roaringbitmap.RoaringBitmap;

/// Answers queries over one table, and finds the rows that deletions concern. Thread-safe.
public final class Engine implements AutoCloseable {

  private static final int DELETE_ATTEMPTS = 20;

  private final Table table;
  private final Context context;
  private final OpenSegments segments;
  private final Indexing indexing;
  private final ReentrantLock cataloguing = new ReentrantLock();
  private volatile @Nullable IndexCatalog catalog;

  public Engine(Table table, Context context) {
    this.table = table;
    this.context = context;
    this.segments = new OpenSegments(table, context);
    this.indexing = new Indexing(table, context, segments);
  }

  /// Builds an index over all rows of the latest version and commits it.
  ///
  /// @param column its name, or its path with dots
  /// @param name empty for a name made from the column's
  /// @param replace whether an index of that name gives way
  /// @throws io.lancelot.base.InvalidInputException if the column cannot be indexed so
  /// @throws io.lancelot.base.AlreadyExistsException if the name is taken and may not be replaced
  public IndexInfo createIndex(
      String column,
      IndexSpec spec,
      Optional<String> name,
      boolean replace,
      BuildProgress progress) {
    return indexing.create(column, spec, name, replace, progress);
  }

  /// Removes an index.
  ///
  /// @throws io.lancelot.base.NotFoundException if there is none of that name
  public void dropIndex(String name) {
    indexing.drop(name);
  }

  /// The indices of a version.
  public List<IndexInfo> indices(Snapshot snapshot) {
    return indexing.list(snapshot);
  }

  /// One index.
  ///
  /// @throws io.lancelot.base.NotFoundException if there is none of that name
  public IndexInfo index(Snapshot snapshot, String name) {
    return indexing.info(snapshot, name);
  }

  /// Figures of each segment of an index, oldest first.
  public List<Map<String, Object>> indexStatistics(Snapshot snapshot, String name) {
    return indexing.statistics(snapshot, name);
  }

  /// Loads an index into memory, as far as the budget goes.
  public void prewarm(Snapshot snapshot, String name) {
    indexing.prewarm(snapshot, name);
  }

  /// Indexes the rows that came after the indices were built.
  ///
  /// @return names of the indices that had such rows
  public List<String> updateIndices(BuildProgress progress) {
    return indexing.update(progress);
  }

  /// The rows of a query, over one version of the table. The caller closes the stream.
  ///
  /// @throws io.lancelot.base.InvalidInputException if the query does not fit the table
  public BatchStream run(Snapshot snapshot, Query query) {
    return execution(snapshot).run(plan(snapshot, query));
  }

  /// How a query would run.
  public Plan plan(Snapshot snapshot, Query query) {
    return Planner.plan(
        snapshot.schema().arrow(), query, Optional.of(new IndexPlanner(catalog(snapshot))));
  }

  private Execution execution(Snapshot snapshot) {
    return new Execution(table, snapshot, context, catalog(snapshot), new IndexWork());
  }

  /// The indices of a version: found once, for handles stay on one version for long.
  private IndexCatalog catalog(Snapshot snapshot) {
    IndexCatalog known = catalog;
    if (known != null && known.snapshot() == snapshot) {
      return known;
    }
    cataloguing.lock();
    try {
      known = catalog;
      if (known == null || known.snapshot() != snapshot) {
        IndexCatalog before = known;
        known = IndexCatalog.of(table, snapshot, indexing);
        catalog = known;
        if (before != null) {
          before.close();
        }
      }
      return known;
    } finally {
      cataloguing.unlock();
    }
  }

  /// Waits until the kernels of a metric are compiled for the table's vector columns.
  ///
  /// @return whether they all are
  public boolean warmUp(Snapshot snapshot, Metric metric, Duration patience) {
    boolean warm = true;
    for (Field field : snapshot.schema().arrow().fields()) {
      Optional<ElementType> type = Planner.elementType(field).filter(metric::supports);
      if (type.isPresent()
          && field.type() instanceof DataType.FixedSizeList(_, int dim)
          && dim > 0) {
        double[] ones = new double[dim];
        Arrays.fill(ones, 1);
        warm &= Kernels.current().warm(QueryVector.of(metric, type.get(), ones), patience);
      }
    }
    return warm;
  }

  /// The number of rows, or of those for which a filter is true.
  public long count(Snapshot snapshot, Optional<Expr> filter) {
    if (filter.isEmpty()) {
      return snapshot.rowCount();
    }
    RowFilter rows = rows(snapshot, filter.get());
    long[] total = {0};
    Parallel.run(
        context,
        snapshot.fragments(),
        fragment -> rows.matches(fragment).getLongCardinality(),
        found -> total[0] += found);
    return total[0];
  }

  /// A filter at work on a version.
  private RowFilter rows(Snapshot snapshot, Expr filter) {
    Filter bound = Filter.of(filter, snapshot.schema().arrow());
    Optional<Plan.IndexLookup> lookup = new IndexPlanner(catalog(snapshot)).plan(bound);
    return RowFilter.of(execution(snapshot), Optional.of(bound), lookup);
  }

  /// What a deletion did.
  ///
  /// @param rows how many rows it removed
  /// @param version the version it made; the version read if there was nothing to remove
  public record Deleted(long rows, long version) {}

  /// Deletes the rows for which a filter is true. A concurrent change to the same rows makes it
  /// look again.
  public Deleted delete(Expr filter) {
    CommitConflictException last = null;
    for (int attempt = 0; attempt < DELETE_ATTEMPTS; attempt++) {
      Snapshot base = table.latest();
      RowFilter matching = rows(base, filter);
      Map<Long, RoaringBitmap> rows = new HashMap<>();
      long[] total = {0};
      Parallel.run(
          context,
          base.fragments(),
          fragment -> Map.entry(fragment.id(), matching.matches(fragment)),
          found -> {
            if (!found.getValue().isEmpty()) {
              rows.put(found.getKey(), found.getValue().clone());
              total[0] += found.getValue().getLongCardinality();
            }
          });
      if (rows.isEmpty()) {
        return new Deleted(0, base.version());
      }
      try {
        return new Deleted(total[0], table.delete(base, rows, filter.toString()).version());
      } catch (CommitConflictException e) {
        if (!e.retryable()) {
          throw e;
        }
        last = e;
      }
    }
    throw last == null ? new CommitConflictException("delete: too many attempts") : last;
  }

  /// Closes the indices that are open.
  @Override
  public void close() {
    IndexCatalog known = catalog;
    if (known != null) {
      known.close();
    }
    segments.close();
  }
}
