package io.lancelot.server;

import io.lancelot.QueryBuilder;
import io.lancelot.QueryRequest;
import io.lancelot.Table;
import io.lancelot.TableOptions;
import io.lancelot.base.AlreadyExistsException;
import io.lancelot.base.InvalidInputException;
import io.lancelot.base.Memory;
import io.lancelot.base.NotFoundException;
import io.lancelot.base.StorageException;
import io.lancelot.columnar.Batch;
import io.lancelot.columnar.BatchStream;
import io.lancelot.columnar.ipc.IpcReader;
import io.lancelot.columnar.ipc.IpcWriter;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/// What can be asked of a table.
final class TableRoutes implements AutoCloseable {

  private static final String ARROW_FILE = "application/vnd.apache.arrow.file";

  private final Databases databases;
  private final Memory memory;
  private final Jobs jobs;
  private final Uploads uploads;
  private final WriteRoutes writes;

  TableRoutes(Databases databases, Jobs jobs, Memory memory) {
    this.databases = databases;
    this.jobs = jobs;
    this.memory = memory;
    this.uploads = new Uploads(memory);
    this.writes = new WriteRoutes(memory);
  }

  /// @param words what comes after the table's identifier
  void route(Exchange exchange, Databases.Place place, String name, List<String> words) {
    if (words.size() == 3 && words.getFirst().equals("index")) {
      onBranch(
          exchange,
          place,
          name,
          table -> IndexRoutes.index(exchange, table, words.get(1), words.get(2)));
      return;
    }
    if (words.size() == 4 && words.getFirst().equals("blob") && words.getLast().equals("bytes")) {
      Map<String, Object> version = new LinkedHashMap<>();
      exchange.param("version").ifPresent(text -> version.put("version", number(text)));
      exchange.param("branch").ifPresent(text -> version.put("branch", text));
      reading(
          place,
          name,
          version,
          table -> BlobRoutes.bytes(exchange, table, words.get(1), words.get(2)));
      return;
    }
    String operation = String.join("/", words);
    String missing = NotBuilt.TABLE.get(operation);
    if (missing != null) {
      throw NotBuilt.failure(operation, missing);
    }
    if (!lifecycle(exchange, place, name, operation) && !reads(exchange, place, name, operation)) {
      onBranch(exchange, place, name, table -> changes(exchange, place, table, operation));
    }
  }

  private static long number(String text) {
    try {
      return Long.parseLong(text);
    } catch (NumberFormatException e) {
      throw new InvalidInputException("version: expected=a number, found=" + text, e);
    }
  }

  /// Operations on a table as a whole; false if this is none of them.
  private boolean lifecycle(
      Exchange exchange, Databases.Place place, String name, String operation) {
    switch (operation) {
      case "create" -> create(exchange, place, name);
      case "exists" -> {
        table(place, name);
        exchange.answer(Map.of());
      }
      case "drop" -> drop(exchange, place, name);
      case "rename" -> rename(exchange, place, name);
      case "clone" -> copy(exchange, place, name);
      default -> {
        return false;
      }
    }
    return true;
  }

  /// Operations that read some version; false if this is none of them.
  private boolean reads(Exchange exchange, Databases.Place place, String name, String operation) {
    switch (operation) {
      case "describe" -> describe(exchange, place, name);
      case "query" -> query(exchange, place, name);
      case "count_rows" -> count(exchange, place, name);
      case "explain_plan" -> explain(exchange, place, name);
      case "analyze_plan" ->
          reading(
              place,
              name,
              exchange.body(),
              table -> exchange.answer(QueryRequest.toQuery(table, exchange.body()).analyze()));
      case "index/list" ->
          reading(place, name, exchange.body(), table -> IndexRoutes.list(exchange, table));
      case "fetch_blobs" ->
          reading(place, name, exchange.body(), table -> BlobRoutes.fetch(exchange, table, memory));
      default -> {
        return false;
      }
    }
    return true;
  }

  private void changes(Exchange exchange, Databases.Place place, Table table, String operation) {
    Path path = databases.folder(place).resolve(table.name());
    switch (operation) {
      case "insert" -> insert(exchange, table, path);
      case "multipart_write/create" -> exchange.answer(Map.of("upload_id", uploads.begin(path)));
      case "multipart_write/complete" ->
          WriteRoutes.answerVersion(
              exchange, table, uploads.complete(uploadId(exchange), path, table));
      case "multipart_write/abort" -> {
        uploads.abort(uploadId(exchange));
        exchange.answer(Map.of());
      }
      case "merge_insert" -> writes.merge(exchange, table);
      case "update" -> WriteRoutes.update(exchange, table);
      case "delete" -> WriteRoutes.delete(exchange, table);
      case "add_columns" -> ColumnRoutes.add(exchange, table, writes);
      case "alter_columns" -> ColumnRoutes.alter(exchange, table);
      case "drop_columns" -> ColumnRoutes.drop(exchange, table);
      case "update_field_metadata" -> ColumnRoutes.updateFieldMetadata(exchange, table);
      case "schema_metadata/update" -> ColumnRoutes.updateSchemaMetadata(exchange, table);
      case "version/list" -> HistoryRoutes.versions(exchange, table);
      case "version/describe" -> HistoryRoutes.describeVersion(exchange, table);
      case "restore" -> HistoryRoutes.restore(exchange, table);
      case "tags/list" -> HistoryRoutes.tags(exchange, table);
      case "tags/version", "tags/create", "tags/update", "tags/delete" ->
          HistoryRoutes.tag(exchange, table, operation.substring("tags/".length()));
      case "branches/list" -> HistoryRoutes.branches(exchange, table);
      case "branches/create" -> HistoryRoutes.createBranch(exchange, table);
      case "branches/delete" -> HistoryRoutes.deleteBranch(exchange, table);
      case "stats" -> stats(exchange, table);
      case "create_index", "create_scalar_index" ->
          IndexRoutes.create(exchange, table, jobs, databases.folder(place.root()));
      case "page_cache/prewarm" -> prewarm(exchange, table);
      case "get_lsm_write_spec" -> answerNull(exchange, "lsm_write_spec");
      case "get_lsm_stats" -> answerNull(exchange, "lsm_stats");
      case "get_rte_spec" -> answerNull(exchange, "rte_spec");
      case "get_rte_stats" -> answerNull(exchange, "rte_stats");
      // There is nothing to switch off.
      case "unset_lsm_write_spec", "disable_rte" -> exchange.answer(Map.of());
      default -> throw Router.notFound(exchange);
    }
  }

  private static void answerNull(Exchange exchange, String member) {
    Map<String, @Nullable Object> answer = new LinkedHashMap<>();
    answer.put(member, null);
    exchange.answer(answer);
  }

  private static String uploadId(Exchange exchange) {
    return exchange
        .param("upload_id")
        .orElseThrow(() -> new InvalidInputException("upload_id: expected=text, found=nothing"));
  }

  private void insert(Exchange exchange, Table table, Path path) {
    if (exchange.param("upload_id").isEmpty()) {
      writes.insert(exchange, table);
      return;
    }
    String part =
        exchange
            .param("upload_part_id")
            .orElseThrow(
                () -> new InvalidInputException("upload_part_id: expected=text, found=nothing"));
    boolean overwrite = exchange.param("mode").filter("overwrite"::equals).isPresent();
    uploads.put(uploadId(exchange), path, part, overwrite, exchange.stream());
    exchange.answer(Map.of());
  }

  /// Reads columns once, so that the system has their pages at hand.
  private static void prewarm(Exchange exchange, Table table) {
    List<String> columns =
        exchange.body().get("columns") instanceof List<?> names
            ? names.stream().map(String::valueOf).toList()
            : List.of();
    try (BatchStream rows = table.query().select(columns).stream()) {
      while (rows.next() != null) {}
    }
    exchange.answer(Map.of());
  }

  private Table table(Databases.Place place, String name) {
    return databases.table(place, name);
  }

  /// What is done with a table at some version or on some branch.
  private interface Use {
    void with(Table table);
  }

  /// The table on the branch that a request names: in the query string, or in a body of JSON.
  private void onBranch(Exchange exchange, Databases.Place place, String name, Use use) {
    Optional<String> named = exchange.param("branch");
    if (named.isEmpty() && exchange.hasJson()) {
      named =
          Body.text(exchange.body(), "branch").or(() -> Body.text(exchange.body(), "from_branch"));
    }
    onBranch(place, name, Body.branch(named), use);
  }

  private void onBranch(Databases.Place place, String name, Optional<String> branch, Use use) {
    Table main = table(place, name);
    if (branch.isEmpty()) {
      use.with(main);
      return;
    }
    Table other;
    try {
      other = main.branch(branch.get());
    } catch (NotFoundException e) {
      throw new Failures.Coded(Failures.Code.BRANCH_NOT_FOUND, String.valueOf(e.getMessage()));
    }
    try (other) {
      use.with(other);
    }
  }

  /// The table at the version that a request names; at the latest if it names none.
  private void reading(Databases.Place place, String name, Map<String, Object> body, Use use) {
    Optional<String> branch = Body.branch(Body.text(body, "branch"));
    OptionalLong version = Body.number(body, "version");
    if (version.isEmpty()) {
      onBranch(place, name, branch, use);
      return;
    }
    // A handle of its own, since checking out would pin everybody's.
    try (Table own = databases.database(place).openTable(name);
        Table pinned = branch.isEmpty() ? own : own.branch(branch.get())) {
      try {
        pinned.checkout(version.getAsLong());
      } catch (NotFoundException e) {
        throw new Failures.Coded(Failures.Code.VERSION_NOT_FOUND, String.valueOf(e.getMessage()));
      }
      use.with(pinned);
    }
  }

  private void create(Exchange exchange, Databases.Place place, String name) {
    String mode = exchange.param("mode").orElse("create").replace("_", "").toLowerCase(Locale.ROOT);
    TableOptions.Existing existing =
        switch (mode) {
          case "create" -> TableOptions.Existing.FAIL;
          case "existok" -> TableOptions.Existing.OPEN;
          case "overwrite" -> TableOptions.Existing.OVERWRITE;
          default ->
              throw new InvalidInputException(
                  "mode: expected one of create, exist_ok, overwrite, found=" + mode);
        };
    try (IpcReader rows = writes.rows(exchange);
        Table created =
            databases
                .database(place)
                .createTable(name, rows, TableOptions.defaults().ifExists(existing))) {
      WriteRoutes.answerVersion(exchange, created, created.version());
    } catch (AlreadyExistsException e) {
      throw new Failures.Coded(
          Failures.Code.TABLE_EXISTS,
          exchange.slash() ? 400 : 409,
          "table " + name + " already exists");
    }
  }

  private void describe(Exchange exchange, Databases.Place place, String name) {
    reading(
        place,
        name,
        exchange.body(),
        table -> {
          Map<String, Object> answer = new LinkedHashMap<>();
          answer.put("table", name);
          answer.put("namespace", place.namespace());
          answer.put("version", table.version());
          answer.put("location", table.uri());
          answer.put("table_uri", table.uri());
          answer.put("schema", JsonSchema.of(table.schema()));
          exchange.withHeader("x-lancedb-version", Long.toString(table.version()));
          exchange.answer(answer);
        });
  }

  private void drop(Exchange exchange, Databases.Place place, String name) {
    databases.database(place).dropTable(name);
    databases.forget(place, name);
    Map<String, Object> answer = new LinkedHashMap<>();
    List<String> id = new ArrayList<>(place.namespace());
    id.add(name);
    answer.put("id", id);
    exchange.answer(answer);
  }

  private void query(Exchange exchange, Databases.Place place, String name) {
    reading(
        place,
        name,
        exchange.body(),
        table -> {
          QueryBuilder<?> query = QueryRequest.toQuery(table, exchange.body());
          try (BatchStream rows = query.stream()) {
            // The first rows decide whether there is an answer or an error.
            Batch first = rows.next();
            exchange.withHeader("x-lancedb-version", Long.toString(table.version()));
            try (OutputStream out = exchange.answerStream(ARROW_FILE);
                IpcWriter writer =
                    IpcWriter.file(Channels.newChannel(out), rows.schema(), memory)) {
              for (Batch batch = first; batch != null; batch = rows.next()) {
                writer.write(batch);
              }
              writer.finish();
            }
          } catch (IOException e) {
            throw new StorageException("cannot send the answer: " + e.getMessage(), e);
          }
        });
  }

  private void count(Exchange exchange, Databases.Place place, String name) {
    reading(
        place,
        name,
        exchange.body(),
        table -> {
          long rows =
              Body.text(exchange.body(), "predicate")
                  .filter(predicate -> !predicate.isBlank())
                  .map(table::countRows)
                  .orElseGet(table::countRows);
          exchange.withHeader("x-lancedb-version", Long.toString(table.version()));
          exchange.answer(rows);
        });
  }

  private void explain(Exchange exchange, Databases.Place place, String name) {
    Map<String, Object> body = Body.object(exchange.body().getOrDefault("query", ""), "query");
    reading(
        place, name, body, table -> exchange.answer(QueryRequest.toQuery(table, body).explain()));
  }

  private static void stats(Exchange exchange, Table table) {
    Map<String, Object> answer = new LinkedHashMap<>();
    Table.Stats stats = table.stats();
    answer.put("total_bytes", stats.totalBytes());
    answer.put("num_rows", stats.rowCount());
    answer.put("num_indices", table.indices().size());
    Map<String, Object> fragments = new LinkedHashMap<>();
    fragments.put("num_fragments", stats.fragmentRows().size());
    fragments.put("num_small_fragments", stats.smallFragments());
    List<Long> rows = stats.fragmentRows().stream().sorted().toList();
    Map<String, Object> lengths = new LinkedHashMap<>();
    lengths.put("min", percentile(rows, 0));
    lengths.put("max", percentile(rows, 100));
    lengths.put(
        "mean", rows.isEmpty() ? 0 : rows.stream().mapToLong(Long::longValue).sum() / rows.size());
    for (int p : new int[] {25, 50, 75, 99}) {
      lengths.put("p" + p, percentile(rows, p));
    }
    fragments.put("lengths", lengths);
    answer.put("fragment_stats", fragments);
    exchange.answer(answer);
  }

  private static long percentile(List<Long> sorted, int percent) {
    return sorted.isEmpty() ? 0 : sorted.get((int) ((sorted.size() - 1L) * percent / 100));
  }

  private void rename(Exchange exchange, Databases.Place place, String name) {
    Map<String, Object> body = exchange.body();
    String to = Body.requiredText(body, "new_table_name");
    Object space =
        body.get("new_namespace_id") != null
            ? body.get("new_namespace_id")
            : body.get("new_namespace");
    Databases.Place target =
        space instanceof List<?> parts && !parts.isEmpty()
            ? new Databases.Place(place.database(), parts.stream().map(String::valueOf).toList())
            : place;
    try {
      databases.rename(place, name, target, to);
    } catch (AlreadyExistsException e) {
      throw new Failures.Coded(Failures.Code.TABLE_EXISTS, String.valueOf(e.getMessage()));
    }
    exchange.answer(Map.of());
  }

  /// Makes a table from another of this server: one that shares its files, or one with its rows.
  private void copy(Exchange exchange, Databases.Place place, String name) {
    Map<String, Object> body = exchange.body();
    try (Table source = databases.tableAt(Body.requiredText(body, "source_location"))) {
      try {
        Body.number(body, "source_version").ifPresent(source::checkout);
        Body.text(body, "source_tag").ifPresent(source::checkout);
      } catch (NotFoundException e) {
        throw new Failures.Coded(Failures.Code.VERSION_NOT_FOUND, String.valueOf(e.getMessage()));
      }
      boolean shallow = !Boolean.FALSE.equals(body.get("is_shallow"));
      try (Table made =
          shallow
              ? databases.database(place).cloneTable(name, source)
              : databases.database(place).createTable(name, source.query().stream())) {
        WriteRoutes.answerVersion(exchange, made, made.version());
      }
    } catch (AlreadyExistsException e) {
      throw new Failures.Coded(
          Failures.Code.TABLE_EXISTS, 400, "table " + name + " already exists");
    }
  }

  @Override
  public void close() {
    uploads.close();
  }
}
