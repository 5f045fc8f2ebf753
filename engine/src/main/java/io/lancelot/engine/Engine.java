package io.lancelot.engine;

import io.lancelot.base.Context;
import io.lancelot.base.CorruptDataException;
import io.lancelot.base.InvalidInputException;
import io.lancelot.base.Parallel;
import io.lancelot.base.Scratch;
import io.lancelot.columnar.Batch;
import io.lancelot.columnar.BatchStream;
import io.lancelot.columnar.Field;
import io.lancelot.columnar.Schema;
import io.lancelot.expr.Expr;
import io.lancelot.expr.Filter;
import io.lancelot.file.LanceField;
import io.lancelot.index.BuildEstimate;
import io.lancelot.index.BuildProgress;
import io.lancelot.index.IndexSpec;
import io.lancelot.index.IndexWork;
import io.lancelot.index.text.Analyzer;
import io.lancelot.kernels.Kernels;
import io.lancelot.kernels.Metric;
import io.lancelot.kernels.QueryVector;
import io.lancelot.table.Fragment;
import io.lancelot.table.MovedRows;
import io.lancelot.table.Operation;
import io.lancelot.table.Snapshot;
import io.lancelot.table.StagedRows;
import io.lancelot.table.Table;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.roaringbitmap.RoaringBitmap;

/// Answers queries over one table, and finds the rows that deletions concern. Thread-safe.
public final class Engine implements AutoCloseable {

  private static final Expr TRUE = Expr.parse("true");
  private static final int COUNT_ROWS = 1 << 18;

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

  /// What building an index over a version's rows will take of memory, disk and time.
  ///
  /// @throws io.lancelot.base.UnsupportedFeatureException for kinds that cannot tell
  public BuildEstimate estimateIndex(Snapshot snapshot, String column, IndexSpec spec) {
    return indexing.estimate(snapshot, column, spec);
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

  /// The tokens that the text index of a column makes of a text.
  ///
  /// @throws io.lancelot.base.InvalidInputException if the column has no text index
  public List<Analyzer.Token> tokenize(Snapshot snapshot, String column, String text) {
    return catalog(snapshot).texts(context).tokenize(column, text);
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
    return indexing.update(false, progress);
  }

  /// The same; vector indices are trained anew over all rows, whether rows came or not.
  public List<String> retrainIndices(BuildProgress progress) {
    return indexing.update(true, progress);
  }

  /// The rows of a query, over one version of the table. The caller closes the stream.
  ///
  /// @throws io.lancelot.base.InvalidInputException if the query does not fit the table
  public BatchStream run(Snapshot snapshot, Query query) {
    return query.within().equals(Query.Within.ALL)
        ? execution(snapshot).run(plan(snapshot, query))
        : runWithin(snapshot, query, null);
  }

  /// The same, and how its vector search went: told when it is known, before the first rows come
  /// out; never for a query without one.
  public BatchStream run(Snapshot snapshot, Query query, Consumer<SearchReport> report) {
    return runWithin(snapshot, query, report);
  }

  private BatchStream runWithin(
      Snapshot snapshot, Query query, @Nullable Consumer<SearchReport> report) {
    return TimedStream.of(
        query.within().timeout(),
        () -> {
          Reading reading = reading(snapshot, query);
          try {
            Analysis analysis =
                report == null ? null : new Analysis(false, indexing.openedSegments());
            Execution execution =
                new Execution(
                    table,
                    reading.snapshot(),
                    context,
                    reading.catalog(),
                    new IndexWork(),
                    analysis);
            BatchStream rows = execution.run(reading.plan(query));
            return new Reading.Rows(rows, reading, analysis, report);
          } catch (RuntimeException | Error e) {
            reading.close();
            throw e;
          }
        });
  }

  /// What a query reads: the fragments that it names, or all.
  private Reading reading(Snapshot snapshot, Query query) {
    Instant now = context.clock().instant();
    Optional<List<Long>> only = query.within().fragments();
    if (only.isEmpty()) {
      return new Reading(snapshot, catalog(snapshot), now, false);
    }
    Snapshot some = snapshot.only(only.get());
    return new Reading(some, IndexCatalog.of(table, some, indexing), now, true);
  }

  /// How a query would run.
  public Plan plan(Snapshot snapshot, Query query) {
    try (Reading reading = reading(snapshot, query)) {
      return reading.plan(query);
    }
  }

  /// Runs a query to its end and says what each step of it did.
  public String analyze(Snapshot snapshot, Query query) {
    Analysis analysis = new Analysis(true, indexing.openedSegments());
    IndexWork work = new IndexWork();
    try (Reading reading = reading(snapshot, query)) {
      Execution execution =
          new Execution(table, reading.snapshot(), context, reading.catalog(), work, analysis);
      Plan plan = reading.plan(query);
      try (BatchStream rows = TimedStream.of(query.within().timeout(), () -> execution.run(plan))) {
        while (rows.next() != null) {
          // Only the figures are wanted.
        }
      }
      return analysis.print(plan, work);
    }
  }

  /// Runs a query as planned and without any index, and compares the rows.
  ///
  /// @return how many rows there are
  /// @throws CorruptDataException if they differ: an index does not say what the table says
  public long verify(Snapshot snapshot, Query query) {
    Query asked = query.at(context.clock().instant());
    Snapshot read =
        query.within().fragments().isPresent()
            ? snapshot.only(query.within().fragments().get())
            : snapshot;
    IndexCatalog bare = IndexCatalog.without(table, read, indexing);
    Execution scanning = new Execution(table, read, context, bare, new IndexWork(), null);
    try (BatchStream planned = run(snapshot, asked);
        BatchStream scanned = scanning.run(Planner.plan(bare, asked))) {
      return SameRows.compare(planned, scanned, plan(snapshot, asked).explain());
    } finally {
      bare.close();
    }
  }

  private Execution execution(Snapshot snapshot) {
    return new Execution(table, snapshot, context, catalog(snapshot), new IndexWork(), null);
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
      Optional<VectorColumns.Shape> shape =
          VectorColumns.Shape.of(field).filter(of -> of.dim() > 0 && metric.supports(of.element()));
      if (shape.isPresent()) {
        double[] ones = new double[shape.get().dim()];
        Arrays.fill(ones, 1);
        QueryVector query = QueryVector.of(metric, shape.get().element(), ones);
        warm &= Kernels.current().warm(query, patience);
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
    List<Part> parts = new ArrayList<>();
    for (Fragment fragment : snapshot.fragments()) {
      for (long from = 0; from == 0 || from < fragment.physicalRows(); from += COUNT_ROWS) {
        parts.add(new Part(fragment, from));
      }
    }
    Parallel.run(
        context,
        parts,
        part -> rows.count(part.fragment(), part.from(), part.from() + COUNT_ROWS),
        found -> total[0] += found);
    return total[0];
  }

  /// Rows of a fragment that one task counts.
  private record Part(Fragment fragment, long from) {}

  /// A filter at work on a version.
  private RowFilter rows(Snapshot snapshot, Expr filter) {
    Filter bound = Filter.of(filter.at(context.clock().instant()), catalog(snapshot).schema());
    Optional<Plan.IndexLookup> lookup = new IndexPlanner(catalog(snapshot)).plan(bound);
    return RowFilter.of(execution(snapshot), Optional.of(bound), lookup);
  }

  /// The rows at positions in the order of a scan, in the order asked for.
  ///
  /// @param columns names of columns
  /// @return rows in memory of `scratch`
  /// @throws io.lancelot.base.InvalidInputException if a position is not below the number of rows
  public Batch takeOffsets(
      Snapshot snapshot, long[] offsets, List<String> columns, Scratch scratch) {
    long[] addresses = new long[offsets.length];
    for (int i = 0; i < offsets.length; i++) {
      addresses[i] = address(snapshot, offsets[i]);
    }
    return table.take(snapshot, addresses, addresses.length, columns, scratch);
  }

  private long address(Snapshot snapshot, long offset) {
    long left = offset;
    for (Fragment fragment : snapshot.fragments()) {
      if (left >= 0 && left < fragment.liveRows()) {
        return fragment.id() << 32 | Selection.liveRow(table.deletions(snapshot, fragment), left);
      }
      left -= fragment.liveRows();
    }
    throw new InvalidInputException(
        "row offset: expected=0 to " + (snapshot.rowCount() - 1) + ", found=" + offset);
  }

  /// What a deletion did.
  ///
  /// @param rows how many rows it removed
  /// @param version the version it made; the version read if there was nothing to remove
  public record Deleted(long rows, long version) {}

  /// Deletes the rows for which a filter is true. A concurrent change to the same rows makes it
  /// look again.
  public Deleted delete(Expr filter) {
    Expr fixed = filter.at(context.clock().instant());
    return Attempts.run(context, () -> tryDelete(fixed));
  }

  private Deleted tryDelete(Expr filter) {
    Snapshot base = table.latest();
    Found found = find(base, Optional.of(filter));
    if (found.count() == 0) {
      return new Deleted(0, base.version());
    }
    return new Deleted(
        found.count(), table.delete(base, found.rows(), filter.toString()).version());
  }

  /// Rows of a version.
  ///
  /// @param rows for each fragment its rows; none are empty
  private record Found(Map<Long, RoaringBitmap> rows, long count) {}

  private Found find(Snapshot base, Optional<Expr> filter) {
    RowFilter matching = rows(base, filter.orElse(TRUE));
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
    return new Found(rows, total[0]);
  }

  /// What an update did.
  ///
  /// @param rows how many rows have new values
  /// @param version the version it made; the version read if there was nothing to change
  public record Updated(long rows, long version) {}

  /// Gives new values to the rows for which a filter is true; to all rows without one. The rows
  /// move to new fragments; with stable row ids they keep their ids. A concurrent change to the
  /// same rows makes it look again.
  ///
  /// @throws io.lancelot.base.InvalidInputException if a value does not fit its column; nothing was
  ///   changed
  public Updated update(Optional<Expr> filter, List<Assignment> assignments) {
    Instant now = context.clock().instant();
    Optional<Expr> fixed = filter.map(expr -> expr.at(now));
    List<Assignment> values = assignments.stream().map(each -> each.at(now)).toList();
    return Attempts.run(context, () -> tryUpdate(fixed, values));
  }

  private Updated tryUpdate(Optional<Expr> filter, List<Assignment> assignments) {
    Snapshot base = table.latest();
    Assignments bound = Assignments.of(assignments, base.schema().arrow());
    Found found = find(base, filter);
    if (found.count() == 0) {
      return new Updated(0, base.version());
    }
    Set<Integer> changed = new HashSet<>();
    for (LanceField field : base.schema().fields()) {
      if (bound.sets(field.name())) {
        field.forEach(part -> changed.add(part.id()));
      }
    }
    MovedRows moved = new MovedRows();
    StagedRows staged = table.stage(base);
    try (UpdatedRows rows = new UpdatedRows(execution(base), bound, found.rows(), moved)) {
      staged.add(rows, moved);
    }
    Snapshot made = table.update(base, found.rows(), staged, changed, _ -> {});
    return new Updated(found.count(), made.version());
  }

  /// Merges rows into the table. A concurrent change to the same rows, or new rows of the same
  /// keys, make it look again.
  ///
  /// @param rows the source: all or some of the table's columns. What does not fit into memory goes
  ///   to temporary files
  /// @throws io.lancelot.base.InvalidInputException if the source does not fit the table, or two of
  ///   its rows have the same key; nothing was changed
  public MergeInsert.Result merge(MergeInsert how, BatchStream rows) {
    Merging.check(how);
    Schema schema = table.snapshot().schema().arrow();
    try (MergeSource source = MergeSource.read(rows, how, schema, context)) {
      Merging merging = new Merging(table, this::execution, how, source);
      return Attempts.run(context, merging::attempt);
    }
  }

  private SchemaEvolution evolution() {
    return new SchemaEvolution(
        table,
        context,
        this::execution,
        rows -> count(rows.snapshot(), Optional.of(rows.filter())));
  }

  /// Adds columns computed from the rows there are: path to expression. Only the new columns are
  /// written. A path such as `stats.magic` adds a field to a struct.
  public Snapshot addColumns(Map<String, Expr> expressions) {
    return evolution().addComputed(expressions);
  }

  /// Adds columns that are null in all rows there are. Nothing is written.
  public Snapshot addColumns(List<Field> fields) {
    return evolution().addNulls(fields);
  }

  /// Adds columns that a function makes of the rows there are, batch by batch. It runs on several
  /// threads at once.
  ///
  /// @param columns what it makes
  /// @param inputs columns that it gets; empty for all
  /// @param batchRows rows per call, at most
  public Snapshot addColumns(
      Schema columns, List<String> inputs, int batchRows, Function<Batch, Batch> function) {
    return evolution().addMade(columns, inputs, batchRows, function);
  }

  /// Adds the columns of a source, joined by key; rows without a partner get nulls.
  public Snapshot addColumns(List<String> on, BatchStream rows) {
    try (SourceRows source = SourceRows.read(rows, on, context)) {
      return evolution().addJoined(source, on);
    }
  }

  /// Changes names, nullability and types of columns. Values are written anew only for another
  /// type.
  public Snapshot alterColumns(List<Alteration> alterations) {
    return evolution().alter(alterations);
  }

  /// Removes columns, and the indices on them. Nothing is written; older versions keep them.
  public Snapshot dropColumns(List<String> paths) {
    return evolution().drop(paths);
  }

  /// Changes what is noted about a column.
  public Snapshot updateFieldMetadata(String path, Operation.UpdateConfig.Changes changes) {
    return evolution().annotate(path, changes);
  }

  /// Changes the table's settings, or what is noted about the table or its schema.
  public Snapshot updateConfig(Operation.UpdateConfig changes) {
    return evolution().configure(changes);
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
