package io.lancelot;

import io.lancelot.base.Context;
import io.lancelot.base.InvalidInputException;
import io.lancelot.base.NotFoundException;
import io.lancelot.base.Scratch;
import io.lancelot.columnar.Batch;
import io.lancelot.columnar.BatchStream;
import io.lancelot.columnar.Schema;
import io.lancelot.engine.Assignment;
import io.lancelot.engine.Engine;
import io.lancelot.engine.IndexInfo;
import io.lancelot.engine.MergeInsert;
import io.lancelot.expr.Expr;
import io.lancelot.index.BuildProgress;
import io.lancelot.index.IndexSpec;
import io.lancelot.table.CompactionReport;
import io.lancelot.table.DataFile;
import io.lancelot.table.Fragment;
import io.lancelot.table.Snapshot;
import io.lancelot.table.VersionInfo;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// A table: rows in columns, with every version it ever had. Thread-safe.
///
/// A handle reads the latest version, looking for commits of others at the interval the connection
/// was opened with, until [#checkout] pins it to one version.
public final class Table implements AutoCloseable {

  private final String name;
  private final io.lancelot.table.Table table;
  private final Context context;
  private final Engine engine;
  private final long checkNanos;
  private volatile @Nullable Snapshot pinned;
  private volatile long checkedAt = System.nanoTime();

  Table(String name, io.lancelot.table.Table table, Context context, ConnectOptions options) {
    this.name = name;
    this.table = table;
    this.context = context;
    this.engine = new Engine(table, context);
    this.checkNanos = options.readConsistency().toNanos();
  }

  public String name() {
    return name;
  }

  /// The columns of the version this handle reads.
  public Schema schema() {
    return snapshot().schema().arrow();
  }

  /// The version this handle reads.
  public long version() {
    return snapshot().version();
  }

  /// The version of the file format that new rows are written in: `2.2`.
  public String dataStorageVersion() {
    return snapshot().fileVersion().text();
  }

  private Snapshot snapshot() {
    Snapshot fixed = pinned;
    if (fixed != null) {
      return fixed;
    }
    long now = System.nanoTime();
    if (now - checkedAt >= checkNanos) {
      checkedAt = now;
      return table.latest();
    }
    return table.snapshot();
  }

  /// Adds rows: records or maps.
  ///
  /// @return the new version
  /// @throws InvalidInputException if a row does not fit the schema; nothing was added
  public long add(Collection<?> rows) {
    Schema schema = schema();
    try (Scratch scratch = context.memory().scratch()) {
      Batch batch = RecordMapping.toBatch(schema, rows, scratch);
      return add(BatchStream.of(schema, List.of(batch)));
    }
  }

  /// Adds the rows of a stream, which is read to its end and closed. Columns may come in another
  /// order; nullable ones may be missing.
  ///
  /// @return the new version
  public long add(BatchStream rows) {
    checkNotPinned("add");
    try (rows) {
      return table.append(rows).version();
    }
  }

  /// Replaces all rows, and the schema, by those of a stream, which is read to its end and closed.
  /// Older versions stay.
  ///
  /// @return the new version
  public long overwrite(BatchStream rows) {
    checkNotPinned("overwrite");
    try (rows) {
      return table.overwrite(rows).version();
    }
  }

  /// What a deletion did.
  ///
  /// @param rows how many rows it removed
  /// @param version the version it made; the version read if there was nothing to remove
  public record DeleteResult(long rows, long version) {}

  /// Deletes the rows for which a predicate is true.
  public DeleteResult delete(String predicate) {
    checkNotPinned("delete");
    Engine.Deleted deleted = engine.delete(Expr.parse(predicate));
    return new DeleteResult(deleted.rows(), deleted.version());
  }

  /// What an update did.
  ///
  /// @param rowsUpdated how many rows have new values
  /// @param version the version it made; the version read if there was nothing to change
  public record UpdateResult(long rowsUpdated, long version) {}

  /// Gives rows new values: `update().where("id = 7").set("name", "x").execute()`.
  public UpdateBuilder update() {
    return new UpdateBuilder(this);
  }

  UpdateResult update(Optional<Expr> filter, List<Assignment> assignments) {
    checkNotPinned("update");
    Engine.Updated updated = engine.update(filter, assignments);
    return new UpdateResult(updated.rows(), updated.version());
  }

  /// What a merge did.
  ///
  /// @param version the version it made; the version read if there was nothing to change
  public record MergeResult(long numInserted, long numUpdated, long numDeleted, long version) {}

  /// Merges rows by key: `mergeInsert("id").whenMatchedUpdateAll().whenNotMatchedInsertAll()
  /// .execute(rows)`.
  ///
  /// @param on the key columns; none for the table's primary key
  public MergeInsertBuilder mergeInsert(String... on) {
    return new MergeInsertBuilder(this, List.of(on));
  }

  MergeResult merge(MergeInsert how, Collection<?> rows) {
    Schema schema = schema();
    List<String> given = RecordMapping.columnsOf(rows);
    Schema source = schema.select(schema.names().stream().filter(given::contains).toList());
    try (Scratch scratch = context.memory().scratch()) {
      Batch batch = RecordMapping.toBatch(source, rows, scratch);
      return merge(how, BatchStream.of(source, List.of(batch)));
    }
  }

  MergeResult merge(MergeInsert how, BatchStream rows) {
    checkNotPinned("merge");
    try (rows) {
      MergeInsert.Result merged = engine.merge(how, rows);
      return new MergeResult(
          merged.inserted(), merged.updated(), merged.deleted(), merged.version());
    }
  }

  public long countRows() {
    return snapshot().rowCount();
  }

  /// Counts the rows for which a predicate is true.
  public long countRows(String predicate) {
    return engine.count(snapshot(), Optional.of(Expr.parse(predicate)));
  }

  /// Where the table lies.
  public String uri() {
    return table.uri();
  }

  /// What a version consists of.
  ///
  /// @param totalBytes of its data files
  /// @param fragmentRows rows of each fragment, without deleted ones
  /// @param smallFragments fragments that compaction would take together
  public record Stats(long rowCount, long totalBytes, List<Long> fragmentRows, int smallFragments) {
    private static final long SMALL_ROWS = 100_000;

    static Stats of(Snapshot snapshot) {
      long bytes = 0;
      List<Long> rows = new ArrayList<>();
      for (Fragment fragment : snapshot.fragments()) {
        rows.add(fragment.liveRows());
        for (DataFile file : fragment.files()) {
          bytes += file.sizeBytes();
        }
      }
      int small = (int) rows.stream().filter(count -> count < SMALL_ROWS).count();
      return new Stats(snapshot.rowCount(), bytes, List.copyOf(rows), small);
    }
  }

  /// Figures about the version this handle reads.
  public Stats stats() {
    return Stats.of(snapshot());
  }

  /// All rows, to be narrowed down.
  public ScanQuery query() {
    return new ScanQuery(this);
  }

  /// The rows nearest to a vector.
  public VectorQuery search(float... vector) {
    return search(widen(vector));
  }

  /// The rows nearest to a vector.
  public VectorQuery search(double... vector) {
    return new VectorQuery(this, List.of(vector));
  }

  /// The rows that have some of these words, the best first, over all columns with a text index.
  public TextQuery search(String words) {
    return search(io.lancelot.index.FullTextQuery.Match.of(words));
  }

  /// The rows that answer a full-text query, the best first.
  public TextQuery search(io.lancelot.index.FullTextQuery query) {
    return new TextQuery(this, query);
  }

  /// A search by a vector and by words.
  public HybridQuery hybrid() {
    return new HybridQuery(this);
  }

  /// The rows nearest to each of several vectors: for each of them `limit` rows, told apart by
  /// `query_index`.
  public VectorQuery searchAll(List<float[]> vectors) {
    List<double[]> wide = new ArrayList<>();
    vectors.forEach(vector -> wide.add(widen(vector)));
    return new VectorQuery(this, wide);
  }

  /// The rows nearest to each of several vectors of doubles.
  public VectorQuery searchAllDoubles(List<double[]> vectors) {
    return new VectorQuery(this, vectors);
  }

  private static double[] widen(float[] vector) {
    double[] wide = new double[vector.length];
    for (int i = 0; i < wide.length; i++) {
      wide[i] = vector[i];
    }
    return wide;
  }

  /// Waits until searches of this table's vectors by that distance run at full speed. In a fresh
  /// JVM they do so after about a second of searching by themselves; a server, or a benchmark, may
  /// want to have that behind it.
  ///
  /// @return whether they do, for every vector column that has this distance
  public boolean warmUp(Distance metric, Duration patience) {
    return engine.warmUp(snapshot(), metric.metric(), patience);
  }

  /// Builds an index over all rows and waits for it; see [Index] for the kinds. An index of the
  /// same name is replaced.
  ///
  /// @param column its name, or its path with dots: `stats.magic`
  /// @throws InvalidInputException if the column cannot be indexed so, or a setting makes no sense
  public IndexInfo createIndex(String column, Index index) {
    return createIndex(column, index, Index.Options.DEFAULT);
  }

  /// Builds an index over all rows and waits for it.
  ///
  /// @throws io.lancelot.base.AlreadyExistsException if the name is taken and may not be replaced
  public IndexInfo createIndex(String column, Index index, Index.Options options) {
    checkNotPinned("createIndex");
    return engine.createIndex(
        column,
        new IndexSpec(index.type(), index.params()),
        options.name(),
        options.replace(),
        BuildProgress.NONE);
  }

  /// The indices of the version this handle reads.
  public List<IndexInfo> indices() {
    return engine.indices(snapshot());
  }

  /// One index.
  ///
  /// @throws NotFoundException if there is none of that name
  public IndexInfo index(String name) {
    return engine.index(snapshot(), name);
  }

  /// Figures about an index, one map for each of its segments; what they hold depends on the kind.
  ///
  /// @throws NotFoundException if there is none of that name
  public List<Map<String, Object>> indexStatistics(String name) {
    return engine.indexStatistics(snapshot(), name);
  }

  /// Removes an index.
  ///
  /// @throws NotFoundException if there is none of that name
  public void dropIndex(String name) {
    checkNotPinned("dropIndex");
    engine.dropIndex(name);
  }

  /// Loads an index into memory, as far as the budget goes, so that the first query finds it there.
  ///
  /// @throws NotFoundException if there is none of that name
  public void prewarmIndex(String name) {
    engine.prewarm(snapshot(), name);
  }

  /// Writes small fragments together and frees the space of deleted rows. Rows, their order within
  /// a fragment, and older versions stay. Readers and writers go on meanwhile.
  ///
  /// @throws io.lancelot.base.CommitConflictException if others kept changing the same files
  public OptimizeReport optimize() {
    return optimize(OptimizeOptions.defaults());
  }

  /// Optimizes with options.
  public OptimizeReport optimize(OptimizeOptions options) {
    checkNotPinned("optimize");
    CompactionReport compaction = table.compact(options.compaction());
    return new OptimizeReport(compaction, table.snapshot().version());
  }

  /// The table's history, oldest version first.
  public List<VersionInfo> versions() {
    return table.versions();
  }

  /// Reads an older version from now on. Nothing can be written meanwhile.
  ///
  /// @throws io.lancelot.base.NotFoundException if there is no such version
  public void checkout(long version) {
    pinned = table.checkout(version);
  }

  /// Reads the version of that name from now on.
  ///
  /// @throws io.lancelot.base.NotFoundException if there is no such tag
  public void checkout(String tag) {
    checkout(versionOf(tag));
  }

  private long versionOf(String tag) {
    Map<String, Long> tags = table.tags();
    Long version = tags.get(tag);
    if (version == null) {
      throw new NotFoundException(
          "tag not found: expected one of "
              + tags.keySet()
              + ", found="
              + tag
              + " (table="
              + name
              + ")");
    }
    return version;
  }

  /// The names given to versions.
  public Map<String, Long> tags() {
    return table.tags();
  }

  /// Reads the latest version from now on.
  public void checkoutLatest() {
    pinned = null;
    table.latest();
  }

  /// Makes an older version's content the newest version, and reads that from now on.
  ///
  /// @return the new version
  public long restore(long version) {
    long restored = table.restore(version).version();
    pinned = null;
    return restored;
  }

  /// Makes the content of the version of that name the newest version, and reads that from now on.
  ///
  /// @return the new version
  public long restore(String tag) {
    return restore(versionOf(tag));
  }

  private void checkNotPinned(String what) {
    Snapshot fixed = pinned;
    if (fixed != null) {
      throw new InvalidInputException(
          what
              + " on a version that is checked out: expected=the latest version, found="
              + fixed.version()
              + " (table="
              + name
              + "); call checkoutLatest() or restore(version) first");
    }
  }

  BatchStream run(io.lancelot.engine.Query query) {
    return JsonText.of(engine.run(snapshot(), query), context.memory());
  }

  String explain(io.lancelot.engine.Query query) {
    return engine.plan(snapshot(), query).explain();
  }

  /// Releases the files this handle has open; its streams end with it.
  @Override
  public void close() {
    engine.close();
    table.close();
  }
}
