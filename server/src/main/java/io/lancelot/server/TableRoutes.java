package io.lancelot.server;

import io.lancelot.NearestQuery;
import io.lancelot.QueryBuilder;
import io.lancelot.Table;
import io.lancelot.TableOptions;
import io.lancelot.TableStats;
import io.lancelot.base.AlreadyExistsException;
import io.lancelot.base.InvalidInputException;
import io.lancelot.base.StorageException;
import io.lancelot.base.UnsupportedFeatureException;
import io.lancelot.client.BlobFields;
import io.lancelot.client.JsonSchema;
import io.lancelot.client.QueryJson;
import io.lancelot.columnar.Batch;
import io.lancelot.columnar.BatchStream;
import io.lancelot.columnar.Schema;
import io.lancelot.columnar.ipc.IpcWriter;
import io.lancelot.server.Router.Route;
import io.lancelot.server.Router.TableHandler;
import io.lancelot.table.TagInfo;
import java.io.IOException;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/// Tables as a whole, and their rows.
final class TableRoutes {

  private static final String ARROW_FILE = "application/vnd.apache.arrow.file";

  private final Services services;
  private final Databases databases;

  TableRoutes(Services services) {
    this.services = services;
    this.databases = services.databases();
  }

  void addTo(Map<String, Route<TableHandler>> routes) {
    routes.put("create", new Route<>(Access.WRITE, this::create));
    routes.put("describe", new Route<>(Access.READ, this::describe));
    routes.put("exists", new Route<>(Access.READ, this::exists));
    routes.put("drop", new Route<>(Access.WRITE, this::drop));
    routes.put("rename", new Route<>(Access.WRITE, this::rename));
    routes.put("clone", new Route<>(Access.WRITE, this::cloneTable));
    routes.put("query", new Route<>(Access.READ, this::query));
    routes.put("count_rows", new Route<>(Access.READ, this::count));
    routes.put("explain_plan", new Route<>(Access.READ, this::explain));
    routes.put("analyze_plan", new Route<>(Access.READ, this::analyze));
    routes.put("stats", new Route<>(Access.READ, this::stats));
    routes.put("page_cache/prewarm", new Route<>(Access.READ, this::prewarm));
    // There is no write-ahead path: nothing is set, and nothing waits.
    for (String name : List.of("get_lsm_write_spec", "get_lsm_stats")) {
      String member = name.equals("get_lsm_stats") ? "lsm_stats" : "lsm_write_spec";
      routes.put(name, new Route<>(Access.READ, (exchange, ref) -> nothing(exchange, ref, member)));
    }
    for (String name : List.of("get_rte_spec", "get_rte_stats")) {
      String member = name.substring("get_".length());
      routes.put(name, new Route<>(Access.READ, (exchange, ref) -> nothing(exchange, ref, member)));
    }
  }

  private void nothing(Exchange exchange, TableRef ref, String member) {
    databases.table(ref);
    exchange.answer(Collections.singletonMap(member, null));
  }

  private void exists(Exchange exchange, TableRef ref) {
    databases.table(ref);
    exchange.answer(Map.of());
  }

  private void create(Exchange exchange, TableRef ref) {
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
    databases.requireNamespace(ref.place());
    try (BatchStream rows = SentRows.of(exchange, services);
        Table created =
            databases
                .database(ref.place())
                .createTable(ref.name(), rows, TableOptions.defaults().ifExists(existing))) {
      if (existing == TableOptions.Existing.OPEN) {
        requireSameColumns(created, rows.schema());
      }
      WriteRoutes.answerVersion(exchange, created, created.version());
    } catch (AlreadyExistsException e) {
      throw new Failures.Coded(
          Failures.Code.TABLE_EXISTS,
          exchange.slash() ? 400 : 409,
          "table " + ref.name() + " already exists");
    }
  }

  /// Whoever takes a table that is there expects it to have the columns they named.
  private static void requireSameColumns(Table table, Schema asked) {
    List<String> there = table.schema().names();
    if (!asked.fields().isEmpty() && !there.equals(asked.names())) {
      throw new InvalidInputException(
          "schema of table "
              + table.name()
              + ", which is there: expected="
              + there
              + ", found="
              + asked.names());
    }
  }

  private void describe(Exchange exchange, TableRef ref) {
    TableRef asked = Services.branched(ref, exchange.body());
    OptionalLong version = QueryBody.number(exchange.body(), "version");
    Optional<String> tag = QueryBody.text(exchange.body(), "tag").filter(name -> !name.isEmpty());
    if (version.isEmpty() && tag.isPresent()) {
      TagInfo found = VersionRoutes.tag(databases.table(ref), tag.get());
      version = OptionalLong.of(found.version());
      asked = found.branch().map(ref::onBranch).orElse(ref);
    }
    services.reading(
        asked,
        version,
        table -> {
          Map<String, Object> answer = new LinkedHashMap<>();
          answer.put("table", ref.name());
          answer.put("namespace", ref.place().namespace());
          answer.put("version", table.version());
          answer.put("location", table.uri());
          answer.put("table_uri", table.uri());
          answer.put("schema", JsonSchema.of(BlobFields.described(table.schema())));
          exchange.withHeader("x-lancedb-version", Long.toString(table.version()));
          exchange.answer(answer);
        });
  }

  private void drop(Exchange exchange, TableRef ref) {
    databases.database(ref.place()).dropTable(ref.name());
    databases.forget(ref);
    exchange.answer(Map.of("id", ref.id()));
  }

  private void rename(Exchange exchange, TableRef ref) {
    Map<String, Object> body = exchange.body();
    String name =
        QueryBody.text(body, "new_table_name")
            .orElseThrow(
                () -> new InvalidInputException("new_table_name: expected=a name, found=nothing"));
    List<String> namespace = ref.place().namespace();
    for (String member : List.of("new_namespace", "new_namespace_id")) {
      if (body.get(member) instanceof List<?> given && !given.isEmpty()) {
        namespace = given.stream().map(String::valueOf).toList();
      }
    }
    TableRef target = new Databases.Place(ref.place().database(), namespace).table(name);
    exchange.check(Access.WRITE, target);
    databases.rename(ref, target);
    exchange.answer(Map.of());
  }

  /// A clone of a table of this server, which its location tells.
  private void cloneTable(Exchange exchange, TableRef ref) {
    Map<String, Object> body = exchange.body();
    if (Boolean.FALSE.equals(body.get("is_shallow"))) {
      // Answered 501, in the words that clients look for; a shallow one would pass for a copy.
      throw new UnsupportedFeatureException(
          "Deep clone is not yet implemented: expected=is_shallow true, found=false");
    }
    String location =
        QueryBody.text(body, "source_location")
            .orElseThrow(
                () -> new InvalidInputException("source_location: expected=a URI, found=nothing"));
    TableRef source = databases.at(ref.place(), location);
    exchange.check(Access.READ, source);
    databases.requireNamespace(ref.place());
    try (Table from = databases.open(source)) {
      OptionalLong version = QueryBody.number(body, "source_version");
      Optional<String> tag = QueryBody.text(body, "source_tag");
      if (version.isPresent()) {
        from.checkout(version.getAsLong());
      } else if (tag.isPresent()) {
        from.checkout(tag.get());
      }
      try (Table made = databases.database(ref.place()).cloneTable(ref.name(), from)) {
        WriteRoutes.answerVersion(exchange, made, made.version());
      }
    }
  }

  private void query(Exchange exchange, TableRef ref) {
    services.reading(
        ref,
        exchange.body(),
        table -> {
          long begun = System.nanoTime();
          QueryBuilder<?> query = services.query(exchange, table, exchange.body());
          long version = table.version();
          send(exchange, query, version, wanted(exchange, query));
          services.observed().slow(exchange, query, System.nanoTime() - begun);
        });
  }

  /// The search whose report its caller asks for: who may not see all rows may not see how many
  /// there are to compare.
  private static Optional<NearestQuery<?>> wanted(Exchange exchange, QueryBuilder<?> query) {
    return Boolean.TRUE.equals(exchange.body().get("report"))
            && query instanceof NearestQuery<?> search
            && exchange.rowFilter().isEmpty()
        ? Optional.of(search)
        : Optional.empty();
  }

  private void send(
      Exchange exchange, QueryBuilder<?> query, long version, Optional<NearestQuery<?>> reported) {
    try (BatchStream rows =
        reported.isPresent()
            ? reported.get().stream(
                report -> exchange.withHeader(QueryJson.REPORT_HEADER, QueryJson.text(report)))
            : query.stream()) {
      // The first rows decide whether there is an answer or an error.
      Optional<Batch> first = Services.discreet(exchange, () -> Optional.ofNullable(rows.next()));
      exchange.withHeader("x-lancedb-version", Long.toString(version));
      Schema sent = BlobFields.sent(rows.schema());
      try (AnswerStream out = exchange.answerStream(ARROW_FILE);
          IpcWriter writer = IpcWriter.file(out, sent, services.memory())) {
        for (Batch batch = first.orElse(null); batch != null; batch = rows.next()) {
          writer.write(new Batch(sent, batch.rowCount(), batch.columns()));
        }
        writer.finish();
        out.finish();
      }
    } catch (IOException e) {
      throw new StorageException("cannot send the answer: " + e.getMessage(), e);
    }
  }

  private void count(Exchange exchange, TableRef ref) {
    services.reading(
        ref,
        exchange.body(),
        table -> {
          exchange.withHeader("x-lancedb-version", Long.toString(table.version()));
          exchange.answer(
              Services.count(exchange, table, QueryBody.text(exchange.body(), "predicate")));
        });
  }

  private void explain(Exchange exchange, TableRef ref) {
    if (!(exchange.body().get("query") instanceof Map<?, ?> body)) {
      throw new InvalidInputException(
          "query: expected=an object, found=" + exchange.body().get("query"));
    }
    services.reading(
        ref, body, table -> exchange.answer(services.query(exchange, table, body).explain()));
  }

  private void analyze(Exchange exchange, TableRef ref) {
    if (exchange.rowFilter().isPresent()) {
      throw new Failures.Coded(
          Failures.Code.PERMISSION_DENIED,
          "figures of a run tell of rows that this key may not see");
    }
    Map<String, Object> body = exchange.body();
    services.reading(
        ref,
        body,
        table ->
            exchange.answer(
                "AnalyzeExec\n  "
                    + services.query(exchange, table, body).analyze().replace("\n", "\n  ")));
  }

  /// Reads columns once, so that the next reads find them in memory.
  private void prewarm(Exchange exchange, TableRef ref) {
    QueryBuilder<?> query = databases.table(ref).query();
    exchange.rowFilter().ifPresent(query::where);
    if (exchange.body().get("columns") instanceof List<?> columns && !columns.isEmpty()) {
      query.select(columns.stream().map(String::valueOf).toList());
    }
    long rows = 0;
    try (BatchStream stream = query.stream()) {
      for (Batch batch = stream.next(); batch != null; batch = stream.next()) {
        rows += batch.rowCount();
      }
    }
    exchange.answer(Map.of("rows", rows));
  }

  private void stats(Exchange exchange, TableRef ref) {
    Table table = services.table(exchange, ref);
    Map<String, Object> answer = new LinkedHashMap<>();
    OptionalLong seen = exchange.visibleRows(table);
    // Whoever may not see all rows sees the figures of a table that has only theirs, in one piece.
    TableStats stats =
        seen.isPresent()
            ? new TableStats(seen.getAsLong(), 0, List.of(seen.getAsLong()), 0)
            : table.stats();
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
    if (Boolean.TRUE.equals(exchange.body().get("with_fragment_rows"))) {
      fragments.put("rows", stats.fragmentRows());
    }
    answer.put("fragment_stats", fragments);
    exchange.answer(answer);
  }

  private static long percentile(List<Long> sorted, int percent) {
    return sorted.isEmpty()
        ? 0
        : sorted.get((int) Math.min(sorted.size() - 1L, (long) sorted.size() * percent / 100));
  }
}
