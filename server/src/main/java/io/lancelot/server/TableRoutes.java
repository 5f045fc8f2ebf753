package io.lancelot.server;

import io.lancelot.QueryBuilder;
import io.lancelot.Table;
import io.lancelot.TableOptions;
import io.lancelot.base.AlreadyExistsException;
import io.lancelot.base.InvalidInputException;
import io.lancelot.base.Memory;
import io.lancelot.base.NotFoundException;
import io.lancelot.base.StorageException;
import io.lancelot.base.UnsupportedFeatureException;
import io.lancelot.columnar.Batch;
import io.lancelot.columnar.BatchStream;
import io.lancelot.columnar.ipc.IpcReader;
import io.lancelot.columnar.ipc.IpcWriter;
import io.lancelot.table.TagInfo;
import io.lancelot.table.VersionInfo;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;

/// What can be asked of a table.
final class TableRoutes {

  private static final String ARROW_FILE = "application/vnd.apache.arrow.file";

  private final Databases databases;
  private final Memory memory;
  private final WriteRoutes writes;

  TableRoutes(Databases databases, Memory memory) {
    this.databases = databases;
    this.memory = memory;
    this.writes = new WriteRoutes(memory);
  }

  /// @param words what comes after the table's identifier
  void route(Exchange exchange, Databases.Place place, String name, List<String> words) {
    if (words.size() == 3 && words.getFirst().equals("index")) {
      IndexRoutes.index(exchange, table(place, name), words.get(1), words.get(2));
      return;
    }
    switch (String.join("/", words)) {
      case "create" -> create(exchange, place, name);
      case "describe" -> describe(exchange, place, name);
      case "exists" -> {
        table(place, name);
        exchange.answer(Map.of());
      }
      case "drop" -> drop(exchange, place, name);
      case "insert" -> writes.insert(exchange, table(place, name));
      case "merge_insert" -> writes.merge(exchange, table(place, name));
      case "update" -> WriteRoutes.update(exchange, table(place, name));
      case "delete" -> WriteRoutes.delete(exchange, table(place, name));
      case "query" -> query(exchange, place, name);
      case "count_rows" -> count(exchange, place, name);
      case "explain_plan" -> explain(exchange, place, name);
      case "analyze_plan" ->
          reading(
              place,
              name,
              exchange.body(),
              table -> exchange.answer(QueryBody.toQuery(table, exchange.body()).analyze()));
      case "version/list" -> versions(exchange, table(place, name));
      case "restore" -> restore(exchange, table(place, name));
      case "stats" -> stats(exchange, table(place, name));
      case "create_index", "create_scalar_index" ->
          IndexRoutes.create(exchange, table(place, name));
      case "index/list" -> IndexRoutes.list(exchange, table(place, name));
      case "tags/list" -> tags(exchange, table(place, name));
      case "tags/version" -> tagVersion(exchange, table(place, name));
      default ->
          throw new UnsupportedFeatureException(String.join("/", words) + " is not built yet");
    }
  }

  private Table table(Databases.Place place, String name) {
    return databases.table(place, name);
  }

  /// A table at the version that a request names; at the latest if it names none.
  private interface Read {
    void at(Table table);
  }

  private void reading(Databases.Place place, String name, Map<String, Object> body, Read read) {
    QueryBody.text(body, "branch")
        .filter(branch -> !branch.isEmpty() && !branch.equals("main"))
        .ifPresent(branch -> {
          throw new UnsupportedFeatureException("branches are not built yet: " + branch);
        });
    OptionalLong version = QueryBody.number(body, "version");
    if (version.isEmpty()) {
      read.at(table(place, name));
      return;
    }
    try (Table pinned = databases.database(place).openTable(name)) {
      try {
        pinned.checkout(version.getAsLong());
      } catch (NotFoundException e) {
        throw new Failures.Coded(Failures.Code.VERSION_NOT_FOUND, String.valueOf(e.getMessage()));
      }
      read.at(pinned);
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
          QueryBuilder<?> query = QueryBody.toQuery(table, exchange.body());
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
              QueryBody.text(exchange.body(), "predicate")
                  .filter(predicate -> !predicate.isBlank())
                  .map(table::countRows)
                  .orElseGet(table::countRows);
          exchange.withHeader("x-lancedb-version", Long.toString(table.version()));
          exchange.answer(rows);
        });
  }

  @SuppressWarnings("unchecked")
  private void explain(Exchange exchange, Databases.Place place, String name) {
    if (!(exchange.body().get("query") instanceof Map<?, ?> inner)) {
      throw new InvalidInputException(
          "query: expected=an object, found=" + exchange.body().get("query"));
    }
    Map<String, Object> body = (Map<String, Object>) inner;
    reading(place, name, body, table -> exchange.answer(QueryBody.toQuery(table, body).explain()));
  }

  private static void versions(Exchange exchange, Table table) {
    List<Map<String, Object>> versions = new ArrayList<>();
    for (VersionInfo info : table.versions()) {
      Map<String, Object> version = new LinkedHashMap<>();
      version.put("version", info.version());
      version.put("timestamp", info.timestamp().toString());
      version.put("timestamp_millis", info.timestamp().toEpochMilli());
      version.put("metadata", Map.of("total_rows", Long.toString(info.rowCount())));
      versions.add(version);
    }
    exchange.answer(Map.of("versions", versions));
  }

  private static void restore(Exchange exchange, Table table) {
    OptionalLong version = QueryBody.number(exchange.body(), "version");
    long restored = version.isEmpty() ? table.version() : table.restore(version.getAsLong());
    exchange.withHeader("x-lancedb-version", Long.toString(restored));
    exchange.answer(Map.of("version", restored));
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

  private static void tags(Exchange exchange, Table table) {
    Map<String, Object> tags = new LinkedHashMap<>();
    table
        .tags()
        .forEach((tag, info) -> {
          Map<String, Object> entry = new LinkedHashMap<>();
          entry.put("version", info.version());
          info.branch().ifPresent(branch -> entry.put("branch", branch));
          entry.put("manifestSize", 0);
          tags.put(tag, entry);
        });
    exchange.answer(exchange.slash() ? tags : Map.of("tags", tags));
  }

  private static void tagVersion(Exchange exchange, Table table) {
    String tag =
        QueryBody.text(exchange.body(), "tag")
            .orElseThrow(() -> new InvalidInputException("tag: expected=a name, found=nothing"));
    TagInfo found = table.tags().get(tag);
    Long version = found == null ? null : found.version();
    if (version == null) {
      throw new Failures.Coded(Failures.Code.TAG_NOT_FOUND, "tag not found: " + tag);
    }
    exchange.answer(Map.of("version", version));
  }
}
