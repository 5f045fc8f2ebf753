package io.lancelot;

import io.lancelot.base.Context;
import io.lancelot.base.InvalidInputException;
import io.lancelot.base.Scratch;
import io.lancelot.columnar.Batch;
import io.lancelot.columnar.BatchStream;
import io.lancelot.columnar.Schema;
import io.lancelot.columnar.Values;
import io.lancelot.engine.Assignment;
import io.lancelot.engine.Engine;
import io.lancelot.engine.IndexInfo;
import io.lancelot.engine.MergeInsert;
import io.lancelot.expr.Expr;
import io.lancelot.index.BuildProgress;
import io.lancelot.index.IndexSpec;
import io.lancelot.table.BackupReport;
import io.lancelot.table.Blob;
import io.lancelot.table.BranchInfo;
import io.lancelot.table.ChangeFeed;
import io.lancelot.table.CleanupOptions;
import io.lancelot.table.CleanupReport;
import io.lancelot.table.CompactionOptions;
import io.lancelot.table.CompactionReport;
import io.lancelot.table.DataFile;
import io.lancelot.table.Fragment;
import io.lancelot.table.Operation;
import io.lancelot.table.Operation.UpdateConfig.Changes;
import io.lancelot.table.Snapshot;
import io.lancelot.table.TagInfo;
import io.lancelot.table.VersionInfo;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// A table: rows in columns, with every version it ever had. Thread-safe.
///
/// A handle reads the latest version, looking for commits of others at the interval the connection
/// was opened with, until [#checkout] pins it to one version.
public final class Table implements AutoCloseable {

  private static final int FUNCTION_ROWS = 8192;

  private final String name;
  private final io.lancelot.table.Table table;
  private final Context context;
  private final Engine engine;
  private final ConnectOptions options;
  private final Optional<Upkeep> upkeep;
  private final long checkNanos;
  private volatile @Nullable Snapshot pinned;
  private final AtomicLong checkedAt = new AtomicLong(System.nanoTime());

  Table(String name, io.lancelot.table.Table table, Context context, ConnectOptions options) {
    this.name = name;
    this.table = table;
    this.context = context;
    this.engine = new Engine(table, context);
    this.options = options;
    this.upkeep =
        options.autoOptimize()
            ? Optional.of(
                new Upkeep(
                    () -> table.compactable(CompactionOptions.DEFAULT),
                    () -> {
                      table.compact(CompactionOptions.DEFAULT);
                      engine.updateIndices(BuildProgress.NONE);
                    }))
            : Optional.empty();
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
    long last = checkedAt.get();
    // Of several threads that find the version too old, one looks.
    if (now - last >= checkNanos && checkedAt.compareAndSet(last, now)) {
      return table.latest();
    }
    return table.snapshot();
  }

  /// Adds rows: records or maps.
  ///
  /// @return the new version
  /// @throws InvalidInputException if a row does not fit the schema, or a vector has not-a-number
  ///   in it; nothing was added
  public long add(Collection<?> rows) {
    return add(rows, BadVectors.error());
  }

  /// Adds rows: records or maps.
  ///
  /// @return the new version
  public long add(Collection<?> rows, BadVectors badVectors) {
    BadVectors policy = badVectors.in(RecordMapping.vectorsOf(rows));
    Schema schema = schema();
    Schema given = policy.policy() == BadVectors.Policy.ERROR ? schema : policy.accepts(schema);
    try (Scratch scratch = context.memory().scratch()) {
      Batch batch = RecordMapping.toBatch(given, rows, scratch);
      return add(BatchStream.of(batch.schema(), List.of(batch)), policy);
    }
  }

  /// Adds the rows of a stream, which is read to its end and closed. Columns may come in another
  /// order; nullable ones may be missing.
  ///
  /// @return the new version
  public long add(BatchStream rows) {
    return add(rows, BadVectors.error());
  }

  /// Adds the rows of a stream, which is read to its end and closed.
  ///
  /// @return the new version
  public long add(BatchStream rows, BadVectors badVectors) {
    return add(rows, badVectors, false);
  }

  /// Adds the rows of a stream, which is read to its end and closed.
  ///
  /// @param externalBlobs whether values of columns of blobs may stay where their URIs say, outside
  ///   the table: nothing keeps them from changing or going away
  /// @return the new version
  public long add(BatchStream rows, BadVectors badVectors, boolean externalBlobs) {
    try (rows) {
      checkNotPinned("add");
      try (BatchStream checked =
          CheckedVectors.of(rows, Optional.of(schema()), badVectors, context)) {
        long version = table.append(checked, externalBlobs).version();
        upkeep.ifPresent(Upkeep::committed);
        return version;
      }
    }
  }

  /// Replaces all rows, and the schema, by those of a stream, which is read to its end and closed.
  /// Older versions stay.
  ///
  /// @return the new version
  public long overwrite(BatchStream rows) {
    return overwrite(rows, BadVectors.error());
  }

  /// Replaces all rows, and the schema, by those of a stream, which is read to its end and closed.
  ///
  /// @return the new version
  public long overwrite(BatchStream rows, BadVectors badVectors) {
    try (rows) {
      checkNotPinned("overwrite");
      try (BatchStream checked = CheckedVectors.of(rows, Optional.empty(), badVectors, context)) {
        return table.overwrite(checked).version();
      }
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
    upkeep.ifPresent(Upkeep::committed);
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
    upkeep.ifPresent(Upkeep::committed);
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
      return merge(how, BatchStream.of(batch.schema(), List.of(batch)));
    }
  }

  MergeResult merge(MergeInsert how, BatchStream rows) {
    try (rows) {
      checkNotPinned("merge");
      MergeInsert.Result merged;
      try (BatchStream checked =
          CheckedVectors.of(rows, Optional.of(schema()), BadVectors.error(), context)) {
        merged = engine.merge(how, checked);
      }
      upkeep.ifPresent(Upkeep::committed);
      return new MergeResult(
          merged.inserted(), merged.updated(), merged.deleted(), merged.version());
    }
  }

  /// Opens the values of a column of blobs, without reading them: of each, any range can be read.
  /// The caller closes them.
  ///
  /// @param rowIds as `_rowid` gives them, in any order
  /// @return one handle per id, null where the value is null
  /// @throws InvalidInputException if the column is not one of blobs, or an id is none of a row
  ///   that is there
  public List<@Nullable Blob> takeBlobs(String column, long... rowIds) {
    return table.takeBlobs(snapshot(), column, rowIds);
  }

  /// Adds columns computed from the rows there are: name to SQL expression, such as
  /// `Map.of("gross", "net * 1.19")`. Only the new columns are written. A name such as
  /// `stats.magic` adds a field to a struct.
  ///
  /// @return the new version
  public long addColumns(Map<String, String> expressions) {
    checkNotPinned("add columns");
    Map<String, Expr> parsed = new LinkedHashMap<>();
    expressions.forEach((name, expression) -> parsed.put(name, Expr.parse(expression)));
    return engine.addColumns(parsed).version();
  }

  /// Adds columns that are null in all rows there are. No data is written.
  ///
  /// @return the new version
  public long addColumns(Schema columns) {
    checkNotPinned("add columns");
    return engine.addColumns(columns.fields()).version();
  }

  /// Adds columns that a function makes of the rows there are. It gets a batch of the columns it
  /// asks for, and returns one of as many rows that has the new columns; several threads call it.
  ///
  /// @param columns what it makes
  /// @param inputs the columns that it gets; empty for all
  /// @return the new version
  public long addColumns(Schema columns, List<String> inputs, Function<Batch, Batch> function) {
    checkNotPinned("add columns");
    return engine.addColumns(columns, inputs, FUNCTION_ROWS, function).version();
  }

  /// Adds the columns of a stream, joined to the rows there are by key; rows without a partner get
  /// nulls. The stream is read to its end, held in memory, and closed.
  ///
  /// @param on columns that both have
  /// @return the new version
  public long addColumns(List<String> on, BatchStream rows) {
    checkNotPinned("add columns");
    try (rows) {
      return engine.addColumns(on, rows).version();
    }
  }

  /// Changes names, types and nullability: `alterColumns(ColumnAlteration.of("x").rename("y"))`.
  /// Data is written anew only for another type.
  ///
  /// @return the new version
  public long alterColumns(ColumnAlteration... alterations) {
    checkNotPinned("alter columns");
    return engine
        .alterColumns(Arrays.stream(alterations).map(ColumnAlteration::spec).toList())
        .version();
  }

  /// Removes columns, and the indices on them. Older versions keep them.
  ///
  /// @return the new version
  public long dropColumns(String... columns) {
    checkNotPinned("drop columns");
    return engine.dropColumns(List.of(columns)).version();
  }

  /// Changes what is noted about a column, or a field inside one: keys get new values, or go where
  /// the value is null.
  ///
  /// @return the new version
  public long updateFieldMetadata(String column, Map<String, @Nullable String> changes) {
    checkNotPinned("update field metadata");
    return engine.updateFieldMetadata(column, changes(changes)).version();
  }

  /// Changes what is noted about the schema; as [#updateFieldMetadata].
  ///
  /// @return the new version
  public long updateSchemaMetadata(Map<String, @Nullable String> changes) {
    checkNotPinned("update schema metadata");
    return engine
        .updateConfig(
            new Operation.UpdateConfig(Changes.NONE, Changes.NONE, changes(changes), Map.of()))
        .version();
  }

  /// Changes the table's settings (`lance.*` are the format's own); as [#updateFieldMetadata].
  ///
  /// @return the new version
  public long updateConfig(Map<String, @Nullable String> changes) {
    checkNotPinned("update config");
    return engine
        .updateConfig(
            new Operation.UpdateConfig(changes(changes), Changes.NONE, Changes.NONE, Map.of()))
        .version();
  }

  private static Changes changes(Map<String, @Nullable String> values) {
    Map<String, Optional<String>> entries = new LinkedHashMap<>();
    values.forEach((key, value) -> entries.put(key, Optional.ofNullable(value)));
    return new Changes(entries, false);
  }

  /// The table's settings.
  public Map<String, String> config() {
    return snapshot().config();
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

  /// The rows at positions in the order of a scan, as maps, in the order asked for and as often.
  ///
  /// @throws InvalidInputException if a position is not below the number of rows
  public List<Map<String, @Nullable Object>> takeOffsets(long... offsets) {
    List<Map<String, @Nullable Object>> rows = new ArrayList<>();
    try (Scratch scratch = context.memory().scratch()) {
      Batch batch = takeOffsets(offsets, scratch);
      for (int i = 0; i < batch.rowCount(); i++) {
        rows.add(Values.row(batch, i));
      }
    }
    return rows;
  }

  /// The rows at positions in the order of a scan, as records.
  public <T> List<T> takeOffsets(Class<T> recordClass, long... offsets) {
    try (Scratch scratch = context.memory().scratch()) {
      return RecordMapping.toRecords(recordClass, takeOffsets(offsets, scratch));
    }
  }

  private Batch takeOffsets(long[] offsets, Scratch scratch) {
    Snapshot snapshot = snapshot();
    return engine.takeOffsets(snapshot, offsets, snapshot.schema().arrow().names(), scratch);
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

  /// The tokens that the text index of a column makes of a text, with their places: what a search
  /// finds the text by.
  ///
  /// @throws InvalidInputException if the column has no text index
  public List<io.lancelot.index.text.Analyzer.Token> tokenize(String column, String text) {
    return engine.tokenize(snapshot(), column, text);
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
    return createIndex(column, index, options, BuildProgress.NONE);
  }

  /// Builds an index and tells how far it is; `progress` may stop it by a
  /// [io.lancelot.base.CancelledException].
  public IndexInfo createIndex(
      String column, Index index, Index.Options options, BuildProgress progress) {
    checkNotPinned("createIndex");
    return engine.createIndex(
        column,
        new IndexSpec(index.type(), index.params()),
        options.name(),
        options.replace(),
        progress);
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

  /// Writes small fragments together, drops deleted rows from files, indexes rows that no index
  /// covers yet, and removes versions older than seven days. Readers and writers go on meanwhile.
  ///
  /// @throws io.lancelot.base.CommitConflictException if others kept changing the same files
  public OptimizeReport optimize() {
    return optimize(OptimizeOptions.defaults());
  }

  /// Optimizes with options.
  public OptimizeReport optimize(OptimizeOptions options) {
    checkNotPinned("optimize");
    CompactionReport compaction =
        options.cleanup().dryRun()
            ? table.planCompaction(options.compaction())
            : table.compact(options.compaction());
    List<String> indices =
        options.cleanup().dryRun() ? List.of() : engine.updateIndices(BuildProgress.NONE);
    CleanupReport cleanup = table.cleanup(options.cleanup());
    return new OptimizeReport(compaction, indices, cleanup, table.snapshot().version());
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
  /// @throws InvalidInputException if the tag is on another branch
  public void checkout(String tag) {
    checkout(versionOf(tag));
  }

  /// Reads the newest version that was there at a time from now on. Nothing can be written
  /// meanwhile.
  ///
  /// @throws io.lancelot.base.NotFoundException if the table has none so old
  public void checkout(Instant asOf) {
    pinned = table.checkout(asOf);
  }

  /// What became of rows between two versions: inserted, updated and deleted ones. Only for tables
  /// with stable row ids.
  ///
  /// @throws io.lancelot.base.NotFoundException if there is no such version
  public ChangeFeed changes(long from, long to) {
    return table.changes(table.checkout(from), table.checkout(to));
  }

  /// Removes versions older than seven days and files that no version refers to.
  public CleanupReport cleanup() {
    return cleanup(CleanupOptions.DEFAULT);
  }

  /// Removes old versions, and files that no version refers to. Never the latest version, one with
  /// a tag, or one that a branch began at; nor files of commits under way.
  public CleanupReport cleanup(CleanupOptions options) {
    checkNotPinned("cleanup");
    return table.cleanup(options);
  }

  private long versionOf(String tag) {
    TagInfo found = table.tag(tag);
    if (!found.branch().equals(branch())) {
      throw new InvalidInputException(
          "tag on another branch: expected="
              + branch().orElse("main")
              + ", found="
              + found.branch().orElse("main")
              + " (tag="
              + tag
              + ", table="
              + name
              + "); open that with branch(…) first");
    }
    return found.version();
  }

  /// The names given to versions of this table and its branches.
  public Map<String, TagInfo> tags() {
    return table.tags();
  }

  /// Gives the version this handle reads a name.
  ///
  /// @throws io.lancelot.base.AlreadyExistsException if the name is taken
  public void createTag(String tag) {
    table.createTag(tag, snapshot());
  }

  /// Gives a version a name. Named versions are not cleaned up.
  ///
  /// @throws io.lancelot.base.AlreadyExistsException if the name is taken
  public void createTag(String tag, long version) {
    table.createTag(tag, table.checkout(version));
  }

  /// Lets a name stand for another version.
  ///
  /// @throws io.lancelot.base.NotFoundException if there is no such tag
  public void updateTag(String tag, long version) {
    table.updateTag(tag, table.checkout(version));
  }

  /// Takes a name away; the version stays.
  ///
  /// @throws io.lancelot.base.NotFoundException if there is no such tag
  public void deleteTag(String tag) {
    table.deleteTag(tag);
  }

  /// The branch this handle is on; empty for the main line.
  public Optional<String> branch() {
    return snapshot().branch();
  }

  /// The branches of the table.
  public Map<String, BranchInfo> branches() {
    return table.branches();
  }

  /// Opens a branch: a line of versions of its own, read and written without the others.
  ///
  /// @throws io.lancelot.base.NotFoundException if there is no such branch
  public Table branch(String branch) {
    return new Table(name, table.branch(branch), context, options);
  }

  /// Begins a branch at the version this handle reads, and opens it. No data is copied.
  ///
  /// @throws io.lancelot.base.AlreadyExistsException if there is one of that name
  public Table createBranch(String branch) {
    return new Table(name, table.createBranch(branch, snapshot()), context, options);
  }

  /// Begins a branch at a version, and opens it. No data is copied.
  ///
  /// @throws io.lancelot.base.AlreadyExistsException if there is one of that name
  public Table createBranch(String branch, long version) {
    return new Table(name, table.createBranch(branch, table.checkout(version)), context, options);
  }

  /// Removes a branch with all its versions.
  ///
  /// @throws io.lancelot.base.NotFoundException if there is no such branch
  /// @throws InvalidInputException if other branches or tags stand on it
  public void deleteBranch(String branch) {
    table.deleteBranch(branch);
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

  BackupReport backupTo(io.lancelot.storage.ObjectStore store, String path) {
    return table.backup(store, path);
  }

  /// Makes a table that refers to the files of the version this handle reads.
  void cloneTo(io.lancelot.storage.ObjectStore store, String path) {
    table.cloneTo(snapshot(), store, path);
  }

  BatchStream run(io.lancelot.engine.Query query) {
    return ShownRows.of(engine.run(snapshot(), query), context.memory());
  }

  String analyze(io.lancelot.engine.Query query) {
    return engine.analyze(snapshot(), query);
  }

  long verify(io.lancelot.engine.Query query) {
    return engine.verify(snapshot(), query);
  }

  String explain(io.lancelot.engine.Query query) {
    return engine.plan(snapshot(), query).explain();
  }

  /// Releases the files this handle has open; its streams end with it.
  @Override
  public void close() {
    upkeep.ifPresent(Upkeep::close);
    engine.close();
    table.close();
  }
}
