package io.lancelot;

import io.lancelot.base.Context;
import io.lancelot.base.InvalidInputException;
import io.lancelot.base.Scratch;
import io.lancelot.base.UnsupportedFeatureException;
import io.lancelot.columnar.Batch;
import io.lancelot.columnar.BatchStream;
import io.lancelot.columnar.Schema;
import io.lancelot.engine.Alteration;
import io.lancelot.engine.Assignment;
import io.lancelot.engine.Engine;
import io.lancelot.engine.IndexInfo;
import io.lancelot.engine.MergeInsert;
import io.lancelot.engine.SearchReport;
import io.lancelot.expr.Expr;
import io.lancelot.index.BuildEstimate;
import io.lancelot.index.BuildProgress;
import io.lancelot.index.IndexSpec;
import io.lancelot.table.BackupReport;
import io.lancelot.table.Blob;
import io.lancelot.table.ChangeFeed;
import io.lancelot.table.CleanupOptions;
import io.lancelot.table.CleanupReport;
import io.lancelot.table.CompactionOptions;
import io.lancelot.table.CompactionReport;
import io.lancelot.table.Operation;
import io.lancelot.table.Operation.UpdateConfig.Changes;
import io.lancelot.table.Snapshot;
import io.lancelot.table.TagInfo;
import io.lancelot.table.VersionInfo;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// A table whose files this process reads and writes.
final class LocalTable extends Table {

  private static final int FUNCTION_ROWS = 8192;
  private final String name;
  private final io.lancelot.table.Table table;
  private final Context context;
  private final Engine engine;
  private final ConnectOptions options;
  private final Optional<Upkeep> upkeep;
  private final long checkNanos;
  private final boolean owner;
  private volatile @Nullable Snapshot pinned;
  private volatile @Nullable Described described;

  private final AtomicLong checkedAt = new AtomicLong(System.nanoTime());

  LocalTable(String name, io.lancelot.table.Table table, Context context, ConnectOptions options) {
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
    this.owner = true;
  }

  /// What another handle has open, at a version.
  private LocalTable(LocalTable other, Snapshot version) {
    name = other.name;
    table = other.table;
    context = other.context;
    engine = other.engine;
    options = other.options;
    upkeep = other.upkeep;
    checkNanos = other.checkNanos;
    owner = false;
    pinned = version;
    described = other.described;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public Schema schema() {
    Snapshot snapshot = snapshot();
    Described known = described;
    if (known == null || known.snapshot != snapshot) {
      known = new Described(snapshot, snapshot.schema().arrow());
      described = known;
    }
    return known.schema;
  }

  /// A version and its columns: queries look at them once for each column they name.
  private record Described(Snapshot snapshot, Schema schema) {}

  @Override
  public long version() {
    return snapshot().version();
  }

  @Override
  public String dataStorageVersion() {
    return snapshot().fileVersion().text();
  }

  private Snapshot snapshot() {
    Snapshot fixed = pinned;
    if (fixed != null) {
      return fixed;
    }
    if (checkNanos == 0) {
      // Whoever reads has to see what was committed before, whoever else is looking just now.
      return table.latest();
    }
    long now = System.nanoTime();
    long last = checkedAt.get();
    // Of several threads that find the version too old, one looks.
    if (now - last >= checkNanos && checkedAt.compareAndSet(last, now)) {
      return table.latest();
    }
    return table.snapshot();
  }

  @Override
  protected Context context() {
    return context;
  }

  @Override
  protected long append(BatchStream rows, boolean externalBlobs) {
    try (BatchStream stored = stored(rows)) {
      long version = table.append(stored, externalBlobs).version();
      upkeep.ifPresent(Upkeep::committed);
      return version;
    }
  }

  @Override
  protected long replace(BatchStream rows) {
    try (BatchStream stored = StoredRows.of(rows, Schema.of(), context.memory())) {
      return table.overwrite(stored).version();
    }
  }

  private BatchStream stored(BatchStream rows) {
    return StoredRows.of(rows, schema(), context.memory());
  }

  @Override
  public DeleteResult delete(String predicate) {
    checkNotPinned("delete");
    Engine.Deleted deleted = engine.delete(Expr.parse(predicate));
    upkeep.ifPresent(Upkeep::committed);
    return new DeleteResult(deleted.rows(), deleted.version());
  }

  @Override
  protected UpdateResult updateRows(Optional<Expr> filter, List<Assignment> assignments) {
    checkNotPinned("update");
    Engine.Updated updated = engine.update(filter, assignments);
    upkeep.ifPresent(Upkeep::committed);
    return new UpdateResult(updated.rows(), updated.version());
  }

  @Override
  protected MergeResult mergeRows(MergeInsert how, BatchStream rows) {
    try (BatchStream stored = stored(rows)) {
      MergeInsert.Result merged = engine.merge(how, stored);
      upkeep.ifPresent(Upkeep::committed);
      return new MergeResult(
          merged.inserted(), merged.updated(), merged.deleted(), merged.version());
    }
  }

  @Override
  public List<@Nullable Blob> takeBlobs(String column, long... rowIds) {
    return table.takeBlobs(snapshot(), column, rowIds);
  }

  @Override
  public long addColumns(Map<String, String> expressions) {
    checkNotPinned("add columns");
    Map<String, Expr> parsed = new LinkedHashMap<>();
    expressions.forEach((name, expression) -> parsed.put(name, Expr.parse(expression)));
    return engine.addColumns(parsed).version();
  }

  @Override
  public long addColumns(Schema columns) {
    checkNotPinned("add columns");
    return engine.addColumns(StoredRows.stored(columns, Schema.of())).version();
  }

  @Override
  public long addColumns(Schema columns, List<String> inputs, Function<Batch, Batch> function) {
    checkNotPinned("add columns");
    if (!StoredRows.stored(columns, Schema.of()).equals(columns.fields())) {
      throw new UnsupportedFeatureException(
          "columns of JSON from a function: expected=text without the name of JSON, found="
              + columns.names());
    }
    return engine.addColumns(columns, inputs, FUNCTION_ROWS, function).version();
  }

  @Override
  public long addColumns(List<String> on, BatchStream rows) {
    checkNotPinned("add columns");
    try (rows;
        BatchStream stored = stored(rows)) {
      return engine.addColumns(on, stored).version();
    }
  }

  @Override
  protected long alter(List<Alteration> alterations) {
    checkNotPinned("alter columns");
    return engine.alterColumns(alterations).version();
  }

  @Override
  public long dropColumns(String... columns) {
    checkNotPinned("drop columns");
    return engine.dropColumns(List.of(columns)).version();
  }

  @Override
  public long updateFieldMetadata(String column, Map<String, @Nullable String> changes) {
    checkNotPinned("update field metadata");
    return engine.updateFieldMetadata(column, changes(changes)).version();
  }

  @Override
  public long updateSchemaMetadata(Map<String, @Nullable String> changes) {
    checkNotPinned("update schema metadata");
    return engine
        .updateConfig(
            new Operation.UpdateConfig(Changes.NONE, Changes.NONE, changes(changes), Map.of()))
        .version();
  }

  @Override
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

  @Override
  public Map<String, String> config() {
    return snapshot().config();
  }

  @Override
  public long countRows() {
    return snapshot().rowCount();
  }

  @Override
  public long countRows(String predicate) {
    return engine.count(snapshot(), Optional.of(Expr.parse(predicate)));
  }

  @Override
  public String uri() {
    return table.uri();
  }

  @Override
  public TableStats stats() {
    return TableStats.of(snapshot());
  }

  @Override
  protected Batch takeOffsets(long[] offsets, Scratch scratch) {
    Snapshot snapshot = snapshot();
    return engine.takeOffsets(snapshot, offsets, snapshot.schema().arrow().names(), scratch);
  }

  @Override
  public List<io.lancelot.index.text.Analyzer.Token> tokenize(String column, String text) {
    return engine.tokenize(snapshot(), column, text);
  }

  @Override
  public boolean warmUp(Distance metric, Duration patience) {
    return engine.warmUp(snapshot(), metric.metric(), patience);
  }

  @Override
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

  @Override
  public BuildEstimate estimateIndex(String column, Index index) {
    return engine.estimateIndex(snapshot(), column, new IndexSpec(index.type(), index.params()));
  }

  @Override
  public List<IndexInfo> indices() {
    return engine.indices(snapshot());
  }

  @Override
  public IndexInfo index(String name) {
    return engine.index(snapshot(), name);
  }

  @Override
  public List<Map<String, Object>> indexStatistics(String name) {
    return engine.indexStatistics(snapshot(), name);
  }

  @Override
  public void dropIndex(String name) {
    checkNotPinned("dropIndex");
    engine.dropIndex(name);
  }

  @Override
  public void prewarmIndex(String name) {
    engine.prewarm(snapshot(), name);
  }

  @Override
  public OptimizeReport optimize(OptimizeOptions options) {
    checkNotPinned("optimize");
    CompactionReport compaction =
        options.cleanup().dryRun()
            ? table.planCompaction(options.compaction())
            : table.compact(options.compaction());
    List<String> indices = List.of();
    if (!options.cleanup().dryRun()) {
      indices =
          options.retrain()
              ? engine.retrainIndices(BuildProgress.NONE)
              : engine.updateIndices(BuildProgress.NONE);
    }
    CleanupReport cleanup = table.cleanup(options.cleanup());
    return new OptimizeReport(compaction, indices, cleanup, table.snapshot().version());
  }

  @Override
  public List<VersionInfo> versions() {
    return table.versions();
  }

  @Override
  public void checkout(long version) {
    pinned = table.checkout(version);
  }

  @Override
  public void checkout(String tag) {
    checkout(versionOf(tag));
  }

  @Override
  public void checkout(Instant asOf) {
    pinned = table.checkout(asOf);
  }

  @Override
  public ChangeFeed changes(long from, long to) {
    return table.changes(table.checkout(from), table.checkout(to));
  }

  @Override
  public CleanupReport cleanup(CleanupOptions options) {
    checkNotPinned("cleanup");
    return table.cleanup(options);
  }

  private long versionOf(String tag) {
    TagInfo found = table.refs().tag(tag);
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
              + "); open that with branches().open(…) first");
    }
    return found.version();
  }

  @Override
  public Tags tags() {
    return new LocalTags(table, this::snapshot);
  }

  @Override
  public Branches branches() {
    return new LocalBranches(
        table.refs(),
        this::snapshot,
        table::checkout,
        opened -> new LocalTable(name, opened, context, options));
  }

  @Override
  public Optional<String> branch() {
    return snapshot().branch();
  }

  @Override
  public Table pinned() {
    return new LocalTable(this, snapshot());
  }

  @Override
  public void checkoutLatest() {
    pinned = null;
    table.latest();
  }

  @Override
  public long restore(long version) {
    long restored = table.restore(version).version();
    pinned = null;
    return restored;
  }

  @Override
  public long rollback() {
    checkNotPinned("rollback");
    return table.rollback().version();
  }

  @Override
  public long restore(String tag) {
    return restore(versionOf(tag));
  }

  @Override
  protected void checkNotPinned(String what) {
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
    table.refs().cloneTo(snapshot(), store, path);
  }

  @Override
  protected BatchStream run(io.lancelot.engine.Query query) {
    return ShownRows.of(engine.run(snapshot(), query), context.memory());
  }

  @Override
  protected BatchStream run(io.lancelot.engine.Query query, Consumer<SearchReport> report) {
    return ShownRows.of(engine.run(snapshot(), query, report), context.memory());
  }

  @Override
  protected Schema outputSchema(io.lancelot.engine.Query query) {
    return ShownRows.of(engine.plan(snapshot(), query).schema());
  }

  @Override
  protected String analyze(io.lancelot.engine.Query query) {
    return engine.analyze(snapshot(), query);
  }

  @Override
  protected long verify(io.lancelot.engine.Query query) {
    return engine.verify(snapshot(), query);
  }

  @Override
  protected String explain(io.lancelot.engine.Query query) {
    return engine.plan(snapshot(), query).explain();
  }

  @Override
  public void close() {
    if (!owner) {
      return;
    }
    upkeep.ifPresent(Upkeep::close);
    engine.close();
    table.close();
  }
}
