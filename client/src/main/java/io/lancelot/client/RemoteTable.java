package io.lancelot.client;

import io.lancelot.Branches;
import io.lancelot.Distance;
import io.lancelot.Index;
import io.lancelot.OptimizeOptions;
import io.lancelot.OptimizeReport;
import io.lancelot.RemoteOptions;
import io.lancelot.Table;
import io.lancelot.TableStats;
import io.lancelot.Tags;
import io.lancelot.base.Context;
import io.lancelot.base.InvalidInputException;
import io.lancelot.base.NotFoundException;
import io.lancelot.base.Scratch;
import io.lancelot.base.UnsupportedFeatureException;
import io.lancelot.columnar.Batch;
import io.lancelot.columnar.BatchStream;
import io.lancelot.columnar.Schema;
import io.lancelot.engine.Alteration;
import io.lancelot.engine.Assignment;
import io.lancelot.engine.IndexInfo;
import io.lancelot.engine.MergeInsert;
import io.lancelot.engine.Query;
import io.lancelot.engine.SearchReport;
import io.lancelot.expr.Expr;
import io.lancelot.index.BuildEstimate;
import io.lancelot.index.BuildProgress;
import io.lancelot.index.text.Analyzer;
import io.lancelot.table.Blob;
import io.lancelot.table.ChangeFeed;
import io.lancelot.table.CleanupOptions;
import io.lancelot.table.CleanupReport;
import io.lancelot.table.VersionInfo;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// A table of a server. What is known of it, version and schema, is asked for again when it is
/// older than the connection's read consistency, and after each write of this handle.
final class RemoteTable extends Table {

  /// What `describe` said.
  private record Described(long version, Schema schema, String location, long atNanos) {}

  private final String name;
  private final String branch;
  private final Wire wire;
  private final Context context;
  private final RemoteOptions options;
  private final RemoteVersions versions;
  private final RemoteTags tags;
  private final RemoteBranches branches;
  private final RemoteIndices indices;
  private final RemoteQueries queries;
  private volatile OptionalLong pinned = OptionalLong.empty();
  private volatile @Nullable Described described;

  /// @param branch empty for the main line
  RemoteTable(String name, String branch, Wire wire, Context context, RemoteOptions options) {
    this.name = name;
    this.branch = branch;
    this.wire = wire;
    this.context = context;
    this.options = options;
    this.versions = new RemoteVersions(this);
    this.tags = new RemoteTags(this);
    this.branches = new RemoteBranches(this);
    this.indices = new RemoteIndices(this);
    this.queries = new RemoteQueries(this);
  }

  /// A request about this table; the body gets the branch, and reads the version that is pinned.
  @Nullable Object ask(
      Wire.Kind kind, String operation, Map<String, ? extends @Nullable Object> body) {
    Map<String, @Nullable Object> full = new LinkedHashMap<>(body);
    scope(kind, full);
    if (kind == Wire.Kind.WRITE) {
      described = null;
    }
    return wire.ask(kind, path(operation), full);
  }

  /// Says in a body which branch and version it is about.
  void scope(Wire.Kind kind, Map<String, @Nullable Object> body) {
    OptionalLong fixed = pinned;
    if (kind == Wire.Kind.READ && fixed.isPresent()) {
      body.putIfAbsent("version", fixed.getAsLong());
    }
    if (!branch.isEmpty()) {
      body.put("branch", branch);
    }
  }

  Map<?, ?> askObject(
      Wire.Kind kind, String operation, Map<String, ? extends @Nullable Object> body) {
    return ask(kind, operation, body) instanceof Map<?, ?> answer ? answer : Map.of();
  }

  /// A request about the table that names its branches itself.
  void askUnscoped(String operation, Map<String, ? extends @Nullable Object> body) {
    wire.ask(Wire.Kind.WRITE, path(operation), body);
  }

  String path(String operation) {
    return "/v1/table/" + Wire.part(name) + "/" + operation + "/";
  }

  /// Sends rows; parameters follow.
  private Map<?, ?> sendRows(String operation, BatchStream rows) {
    String address = path(operation.split("\\?")[0]);
    String parameters = operation.contains("?") ? operation.substring(operation.indexOf('?')) : "";
    if (!branch.isEmpty()) {
      parameters += (parameters.isEmpty() ? "?" : "&") + "branch=" + Wire.part(branch);
    }
    try {
      return wire.sendRows(address + parameters, rows, context.memory());
    } finally {
      described = null;
    }
  }

  static long number(Map<?, ?> json, String member) {
    return json.get(member) instanceof Number number ? number.longValue() : 0;
  }

  private Described described() {
    Described known = described;
    long oldest = System.nanoTime() - options.connection().readConsistency().toNanos();
    if (known != null && (pinned.isPresent() || known.atNanos() > oldest)) {
      return known;
    }
    return describe(pinned);
  }

  private Described describe(OptionalLong version) {
    Map<String, @Nullable Object> body = new LinkedHashMap<>();
    version.ifPresent(number -> body.put("version", number));
    long now = System.nanoTime();
    Map<?, ?> answer = askObject(Wire.Kind.READ, "describe", body);
    Described found =
        new Described(
            number(answer, "version"),
            BlobFields.known(JsonTypes.schema(answer.get("schema"))),
            answer.get("location") instanceof String at ? at : "",
            now);
    described = found;
    return found;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public Schema schema() {
    return described().schema();
  }

  @Override
  public long version() {
    return described().version();
  }

  @Override
  public String dataStorageVersion() {
    throw RemoteDatabase.onDisk("the version of the file format");
  }

  @Override
  public String uri() {
    return described().location();
  }

  @Override
  protected Context context() {
    return context;
  }

  @Override
  protected void checkNotPinned(String what) {
    OptionalLong fixed = pinned;
    if (fixed.isPresent()) {
      throw new InvalidInputException(
          what
              + " on a version that is checked out: expected=the latest version, found="
              + fixed.getAsLong()
              + " (table="
              + name
              + "); call checkoutLatest() or restore(version) first");
    }
  }

  /// A write that answers with the version it made.
  private long write(String operation, Map<String, ? extends @Nullable Object> body) {
    checkNotPinned(operation.replace('_', ' '));
    return number(askObject(Wire.Kind.WRITE, operation, body), "version");
  }

  @Override
  protected long append(BatchStream rows, boolean externalBlobs) {
    if (externalBlobs) {
      throw RemoteDatabase.onDisk("blobs outside the table");
    }
    return number(sendRows("insert", rows), "version");
  }

  @Override
  protected long replace(BatchStream rows) {
    return number(sendRows("insert?mode=overwrite", rows), "version");
  }

  @Override
  public DeleteResult delete(String predicate) {
    checkNotPinned("delete");
    Map<?, ?> answer =
        askObject(Wire.Kind.WRITE, "delete", Map.of("predicate", Expr.parse(predicate).toString()));
    return new DeleteResult(number(answer, "num_deleted_rows"), number(answer, "version"));
  }

  @Override
  protected UpdateResult updateRows(Optional<Expr> filter, List<Assignment> assignments) {
    checkNotPinned("update");
    List<List<String>> updates = new ArrayList<>();
    for (Assignment assignment : assignments) {
      String value =
          switch (assignment) {
            case Assignment.Computed computed -> computed.value().toString();
            case Assignment.Fixed fixed -> SqlLiterals.of(fixed.value());
          };
      updates.add(List.of(assignment.column(), value));
    }
    Map<String, @Nullable Object> body = new LinkedHashMap<>();
    body.put("predicate", filter.map(Expr::toString).orElse(null));
    body.put("updates", updates);
    Map<?, ?> answer = askObject(Wire.Kind.WRITE, "update", body);
    return new UpdateResult(number(answer, "rows_updated"), number(answer, "version"));
  }

  @Override
  protected MergeResult mergeRows(MergeInsert how, BatchStream rows) {
    StringBuilder parameters = new StringBuilder("merge_insert?");
    how.on().forEach(key -> parameters.append("on=").append(Wire.part(key)).append('&'));
    parameters
        .append("when_matched_update_all=")
        .append(how.updateMatched().isPresent())
        .append("&when_not_matched_insert_all=")
        .append(how.insertUnmatched())
        .append("&when_not_matched_by_source_delete=")
        .append(how.deleteMissing().isPresent());
    how.updateMatched()
        .flatMap(MergeInsert.When::condition)
        .ifPresent(condition ->
            parameters
                .append("&when_matched_update_all_filt=")
                .append(Wire.part(condition.toString())));
    how.deleteMissing()
        .flatMap(MergeInsert.When::condition)
        .ifPresent(condition ->
            parameters
                .append("&when_not_matched_by_source_delete_filt=")
                .append(Wire.part(condition.toString())));
    Map<?, ?> answer = sendRows(parameters.toString(), rows);
    return new MergeResult(
        number(answer, "num_inserted_rows"),
        number(answer, "num_updated_rows"),
        number(answer, "num_deleted_rows"),
        number(answer, "version"));
  }

  @Override
  public List<@Nullable Blob> takeBlobs(String column, long... rowIds) {
    List<@Nullable Blob> blobs = new ArrayList<>();
    long version = version();
    for (long row : rowIds) {
      String path =
          "/v1/table/"
              + Wire.part(name)
              + "/blob/"
              + Wire.part(column)
              + "/"
              + Long.toUnsignedString(row)
              + "/bytes?version="
              + version
              + (branch.isEmpty() ? "" : "&branch=" + Wire.part(branch));
      var head = wire.send(Wire.Kind.READ, "HEAD", path, null, Map.of());
      OptionalLong size = head.headers().firstValueAsLong("content-length");
      blobs.add(
          head.statusCode() == 204 ? null : Blob.of(new RemoteBlob(wire, path, size.orElse(0))));
    }
    return blobs;
  }

  @Override
  public long addColumns(Map<String, String> expressions) {
    List<Map<String, String>> columns = new ArrayList<>();
    expressions.forEach((column, expression) ->
        columns.add(Map.of("name", column, "expression", Expr.parse(expression).toString())));
    return write("add_columns", Map.of("new_columns", columns));
  }

  @Override
  public long addColumns(Schema columns) {
    checkNotPinned("add columns");
    return number(sendRows("add_columns", BatchStream.of(columns, List.of())), "version");
  }

  @Override
  public long addColumns(Schema columns, List<String> inputs, Function<Batch, Batch> function) {
    throw RemoteDatabase.onDisk("columns made by a function");
  }

  @Override
  public long addColumns(List<String> on, BatchStream rows) {
    rows.close();
    throw RemoteDatabase.onDisk("columns joined by key");
  }

  @Override
  protected long alter(List<Alteration> alterations) {
    List<Map<String, Object>> changes = new ArrayList<>();
    for (Alteration alteration : alterations) {
      Map<String, Object> change = new LinkedHashMap<>();
      change.put("path", alteration.path());
      alteration.rename().ifPresent(to -> change.put("rename", to));
      alteration.nullable().ifPresent(to -> change.put("nullable", to));
      alteration.type().ifPresent(to -> change.put("data_type", JsonSchema.type(to)));
      changes.add(change);
    }
    return write("alter_columns", Map.of("alterations", changes));
  }

  @Override
  public long dropColumns(String... columns) {
    return write("drop_columns", Map.of("columns", List.of(columns)));
  }

  @Override
  public long updateFieldMetadata(String column, Map<String, @Nullable String> changes) {
    Map<String, Object> update = new LinkedHashMap<>();
    update.put("path", column);
    update.put("metadata", changes);
    update.put("replace", false);
    return write("update_field_metadata", Map.of("updates", List.of(update)));
  }

  @Override
  public long updateSchemaMetadata(Map<String, @Nullable String> changes) {
    // The protocol replaces all of it.
    Map<String, @Nullable String> all = new LinkedHashMap<>(describe(pinned).schema().metadata());
    changes.forEach((key, value) -> {
      if (value == null) {
        all.remove(key);
      } else {
        all.put(key, value);
      }
    });
    checkNotPinned("update schema metadata");
    described = null;
    wire.ask(Wire.Kind.WRITE, path("schema_metadata/update"), all);
    return version();
  }

  @Override
  public long updateConfig(Map<String, @Nullable String> changes) {
    throw RemoteDatabase.onDisk("settings of a table");
  }

  @Override
  public Map<String, String> config() {
    throw RemoteDatabase.onDisk("settings of a table");
  }

  @Override
  public long countRows() {
    return count(Map.of());
  }

  @Override
  public long countRows(String predicate) {
    return count(Map.of("predicate", Expr.parse(predicate).toString()));
  }

  private long count(Map<String, Object> body) {
    return ask(Wire.Kind.READ, "count_rows", body) instanceof Number rows ? rows.longValue() : 0;
  }

  @Override
  public TableStats stats() {
    Map<?, ?> answer = askObject(Wire.Kind.READ, "stats", Map.of("with_fragment_rows", true));
    Map<?, ?> fragments =
        answer.get("fragment_stats") instanceof Map<?, ?> figures ? figures : Map.of();
    List<Long> rows = new ArrayList<>();
    if (fragments.get("rows") instanceof List<?> each) {
      each.forEach(count -> rows.add(count instanceof Number number ? number.longValue() : 0L));
    }
    return new TableStats(
        number(answer, "num_rows"),
        number(answer, "total_bytes"),
        List.copyOf(rows),
        (int) number(fragments, "num_small_fragments"));
  }

  @Override
  protected Batch takeOffsets(long[] offsets, Scratch scratch) {
    return RowsByOffset.take(this, offsets, scratch);
  }

  @Override
  public List<Analyzer.Token> tokenize(String column, String text) {
    throw RemoteDatabase.onDisk("the tokens of a text");
  }

  @Override
  public boolean warmUp(Distance metric, Duration patience) {
    return false;
  }

  @Override
  public IndexInfo createIndex(
      String column, Index index, Index.Options how, BuildProgress progress) {
    checkNotPinned("createIndex");
    return indices.create(column, index, how, progress);
  }

  @Override
  public BuildEstimate estimateIndex(String column, Index index) {
    throw new UnsupportedFeatureException(
        "estimate of an index: expected=a database on disk, found=one of a server");
  }

  @Override
  public List<IndexInfo> indices() {
    return indices.list();
  }

  @Override
  public IndexInfo index(String index) {
    return indices.one(index);
  }

  @Override
  public List<Map<String, Object>> indexStatistics(String index) {
    return indices.statistics(index);
  }

  @Override
  public void dropIndex(String index) {
    checkNotPinned("dropIndex");
    ask(Wire.Kind.WRITE, "index/" + Wire.part(index) + "/drop", Map.of());
  }

  @Override
  public void prewarmIndex(String index) {
    ask(Wire.Kind.READ, "index/" + Wire.part(index) + "/prewarm", Map.of());
  }

  /// The job behind a write that goes on after its answer.
  Wire wire() {
    return wire;
  }

  @Override
  public OptimizeReport optimize(OptimizeOptions how) {
    throw RemoteDatabase.onDisk("optimize");
  }

  @Override
  public CleanupReport cleanup(CleanupOptions how) {
    throw RemoteDatabase.onDisk("cleanup");
  }

  @Override
  public List<VersionInfo> versions() {
    return versions.all();
  }

  @Override
  public void checkout(long version) {
    describe(OptionalLong.of(version));
    pinned = OptionalLong.of(version);
  }

  @Override
  public void checkout(String tag) {
    checkout(tags.versionOf(tag));
  }

  @Override
  public void checkout(Instant asOf) {
    checkout(
        versions().stream()
            .filter(version -> !version.timestamp().isAfter(asOf))
            .mapToLong(VersionInfo::version)
            .max()
            .orElseThrow(() ->
                new NotFoundException(
                    "version not found: expected=one at " + asOf + " or before")));
  }

  @Override
  public Table pinned() {
    RemoteTable handle = new RemoteTable(name, branch, wire, context, options);
    handle.checkout(version());
    return handle;
  }

  @Override
  public void checkoutLatest() {
    pinned = OptionalLong.empty();
    described = null;
  }

  @Override
  public ChangeFeed changes(long from, long to) {
    throw RemoteDatabase.onDisk("changes between versions");
  }

  @Override
  public Tags tags() {
    return tags;
  }

  @Override
  public Branches branches() {
    return branches;
  }

  @Override
  public Optional<String> branch() {
    return branch.isEmpty() ? Optional.empty() : Optional.of(branch);
  }

  /// The same table on another branch.
  RemoteTable onBranch(String line) {
    return new RemoteTable(name, line, wire, context, options);
  }

  @Override
  public long restore(long version) {
    pinned = OptionalLong.empty();
    Map<?, ?> answer = askObject(Wire.Kind.WRITE, "restore", Map.of("version", version));
    long made = number(answer, "version");
    return made > 0 ? made : version();
  }

  @Override
  public long rollback() {
    checkNotPinned("rollback");
    List<VersionInfo> all = versions.all();
    if (all.size() < 2) {
      throw new NotFoundException("rollback: expected=an older version (table=" + name + ")");
    }
    return restore(all.get(all.size() - 2).version());
  }

  @Override
  public long restore(String tag) {
    return restore(tags.versionOf(tag));
  }

  @Override
  protected BatchStream run(Query query) {
    return queries.run(query);
  }

  @Override
  protected BatchStream run(Query query, Consumer<SearchReport> report) {
    return queries.run(query, report);
  }

  @Override
  protected Schema outputSchema(Query query) {
    try (BatchStream rows = run(query)) {
      return rows.schema();
    }
  }

  @Override
  protected String analyze(Query query) {
    return String.valueOf(ask(Wire.Kind.READ, "analyze_plan", QueryJson.of(query)));
  }

  @Override
  protected String explain(Query query) {
    return queries.explain(query);
  }

  @Override
  protected long verify(Query query) {
    throw RemoteDatabase.onDisk("comparing an answer with one without indices");
  }

  /// The connection stays open.
  @Override
  public void close() {
    described = null;
  }
}
