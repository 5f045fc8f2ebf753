package io.lancelot.server;

import io.lancelot.base.StorageException;
import io.lancelot.base.UnsupportedFeatureException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;
import java.util.regex.Pattern;

/// Finds what a path asks for. Routes are told apart by their words alone: clients disagree about
/// methods, and about the slash at the end.
final class Router implements AutoCloseable {

  private static final String DELIMITER = "$";

  /// Serves one operation on a table.
  @FunctionalInterface
  interface TableHandler {
    void handle(Exchange exchange, TableRef table);
  }

  /// Serves one operation on a namespace, or on the database.
  @FunctionalInterface
  interface PlaceHandler {
    void handle(Exchange exchange, Databases.Place place);
  }

  /// @param access what it needs
  record Route<H>(Access access, H handler) {}

  /// Operations of the protocol that this version does not have: the words of a path, without
  /// identifiers, and what they ask for.
  private static final SortedMap<String, String> NOT_BUILT = notBuiltOperations();

  private final Map<String, Route<TableHandler>> tables = new TreeMap<>();
  private final Map<String, Route<PlaceHandler>> namespaces = new TreeMap<>();
  private final Map<String, Route<PlaceHandler>> jobs = new TreeMap<>();
  private final BooleanSupplier ready;
  private final Services services;
  private final String page;
  private final MultipartRoutes multipart;

  Router(Services services, BooleanSupplier ready) {
    this.ready = ready;
    this.services = services;
    this.page = page();
    new TableRoutes(services).addTo(tables);
    new WriteRoutes(services).addTo(tables);
    multipart = new MultipartRoutes(services);
    multipart.addTo(tables);
    new ColumnRoutes(services).addTo(tables);
    new VersionRoutes(services).addTo(tables);
    new IndexRoutes(services).addTo(tables);
    new BlobRoutes(services).addTo(tables);
    new PreviewRoute(services).addTo(tables);
    NamespaceRoutes namespaceRoutes = new NamespaceRoutes(services.databases());
    namespaceRoutes.addTo(namespaces);
    new JobRoutes(services.jobs()).addTo(jobs);
  }

  private static String page() {
    try (InputStream in = Router.class.getResourceAsStream("index.html")) {
      return new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new StorageException("cannot read the page: " + e.getMessage(), e);
    }
  }

  /// Operations on tables, and what each needs.
  Map<String, Access> tableOperations() {
    Map<String, Access> all = new TreeMap<>();
    tables.forEach((words, route) -> all.put(words, route.access()));
    return all;
  }

  /// Operations on namespaces and jobs, and what each needs.
  Map<String, Access> placeOperations() {
    Map<String, Access> all = new TreeMap<>();
    namespaces.forEach((words, route) -> all.put("namespace/*/" + words, route.access()));
    jobs.forEach((words, route) -> all.put(words, route.access()));
    return all;
  }

  /// What answers 501, by path: `*` stands for an identifier.
  static SortedMap<String, String> notBuilt() {
    return NOT_BUILT;
  }

  @Override
  public void close() {
    multipart.close();
  }

  /// Whether a path is for everybody: no key is asked for.
  boolean isPublic(List<String> path) {
    return path.isEmpty()
        || path.size() == 1
            && (path.getFirst().equals("healthz") || path.getFirst().equals("readyz"));
  }

  void route(Exchange exchange) {
    List<String> path = exchange.path();
    if (path.isEmpty()) {
      exchange.answerText("text/html; charset=utf-8", page);
      return;
    }
    if (path.equals(List.of("metrics"))) {
      exchange.answerText("text/plain; version=0.0.4; charset=utf-8", services.observed().scrape());
      return;
    }
    if (path.equals(List.of("healthz"))) {
      exchange.answer(Map.of("status", "ok"));
      return;
    }
    if (path.equals(List.of("readyz"))) {
      boolean now = ready.getAsBoolean();
      exchange.answer(now ? 200 : 503, Map.of("status", now ? "ok" : "stopping"));
      return;
    }
    if (path.size() >= 2 && path.getFirst().equals("v1")) {
      List<String> rest = path.subList(2, path.size());
      switch (path.get(1)) {
        case "table" -> table(exchange, rest);
        case "namespace" -> namespace(exchange, rest);
        case "jobs" -> {
          Route<PlaceHandler> route = found(exchange, jobs, "jobs/" + String.join("/", rest));
          Databases.Place place = place(exchange, List.of());
          exchange.isAbout("jobs/" + String.join("/", rest), place, "");
          exchange.check(route.access(), place);
          route.handler().handle(exchange, place);
        }
        case String kind -> throw unknown(exchange, kind + "/" + star(rest, 0));
      }
      return;
    }
    throw unknown(exchange, String.join("/", path));
  }

  private void table(Exchange exchange, List<String> rest) {
    if (rest.isEmpty()) {
      Databases.Place place = place(exchange, List.of());
      Route<PlaceHandler> list = found(exchange, namespaces, "table/list");
      exchange.isAbout("table/list", place, "");
      exchange.check(list.access(), place);
      list.handler().handle(exchange, place);
      return;
    }
    // Operations on several tables have no identifier; a table of such a name has two words more.
    String plain = "table/" + String.join("/", rest);
    if (NOT_BUILT.containsKey(plain)) {
      throw unknown(exchange, plain);
    }
    List<String> id = id(exchange, rest.getFirst());
    if (rest.size() < 2 || id.isEmpty()) {
      throw notFound(exchange);
    }
    List<String> words = new ArrayList<>(rest.subList(1, rest.size()));
    // Identifiers among the words stand for themselves.
    if (words.size() == 3 && words.getFirst().equals("index")) {
      exchange.bind("index", words.set(1, "*"));
    } else if (words.size() == 4 && words.getFirst().equals("blob")) {
      exchange.bind("column", words.set(1, "*"));
      exchange.bind("row", words.set(2, "*"));
    }
    Route<TableHandler> route = tables.get(String.join("/", words));
    if (route == null) {
      throw unknown(exchange, "table/*/" + String.join("/", words));
    }
    TableRef table =
        new TableRef(
            place(exchange, id.subList(0, id.size() - 1)),
            id.getLast(),
            exchange.param("branch").filter(branch -> !branch.equals("main")).orElse(""));
    exchange.isAbout("table/" + String.join("/", words), table.place(), table.text());
    exchange.check(route.access(), table);
    route.handler().handle(exchange, table);
  }

  private void namespace(Exchange exchange, List<String> rest) {
    // A root of "." goes missing on the way: clients' URL parsers take it for "here".
    boolean bareRoot = rest.equals(List.of("list")) || rest.equals(List.of("table", "list"));
    List<String> id = bareRoot || rest.isEmpty() ? List.of() : id(exchange, rest.getFirst());
    String words =
        String.join("/", bareRoot || rest.isEmpty() ? rest : rest.subList(1, rest.size()));
    Route<PlaceHandler> route = namespaces.get(words);
    if (route == null) {
      throw unknown(exchange, "namespace/*/" + words);
    }
    Databases.Place place = place(exchange, id);
    exchange.isAbout("namespace/" + words, place, String.join("$", id));
    exchange.check(route.access(), place);
    route.handler().handle(exchange, place);
  }

  private static <H> Route<H> found(Exchange exchange, Map<String, Route<H>> routes, String words) {
    Route<H> route = routes.get(words);
    if (route == null) {
      throw unknown(exchange, words);
    }
    return route;
  }

  /// The words with a star for an identifier.
  private static String star(List<String> words, int identifier) {
    List<String> plain = new ArrayList<>(words);
    if (identifier < plain.size() - 1) {
      plain.set(identifier, "*");
    }
    return String.join("/", plain);
  }

  /// The parts of an identifier; none for the root.
  static List<String> id(Exchange exchange, String text) {
    String delimiter = exchange.param("delimiter").filter(d -> !d.isEmpty()).orElse(DELIMITER);
    if (text.equals(delimiter)) {
      return List.of();
    }
    return new ArrayList<>(Arrays.asList(text.split(Pattern.quote(delimiter), -1)));
  }

  private static Databases.Place place(Exchange exchange, List<String> namespace) {
    String database = exchange.header("x-lancedb-database").orElse("");
    String prefix = exchange.header("x-lancedb-database-prefix").orElse("");
    return new Databases.Place(
        prefix.isEmpty() ? database : database + "/" + prefix, List.copyOf(namespace));
  }

  private static RuntimeException unknown(Exchange exchange, String words) {
    String operation = NOT_BUILT.get(words);
    return operation == null
        ? notFound(exchange)
        : new UnsupportedFeatureException(
            operation + " is not built yet (operation=" + words + ")");
  }

  static Failures.Coded notFound(Exchange exchange) {
    return new Failures.Coded(
        Failures.Code.UNSUPPORTED,
        404,
        "no such route: " + exchange.method() + " /" + String.join("/", exchange.path()));
  }

  private static SortedMap<String, String> notBuiltOperations() {
    SortedMap<String, String> all = new TreeMap<>();
    all.put("table/*/register", "registering tables");
    all.put("table/*/deregister", "deregistering tables");
    all.put("table/*/declare", "declaring tables");
    all.put("table/*/create-empty", "declaring tables");
    all.put("table/*/backfill_column", "computed columns");
    all.put("table/*/errors", "errors of functions");
    all.put("table/*/branches/diff", "comparing branches");
    all.put("table/*/branches/cherry_pick", "cherry-picking branches");
    all.put("table/*/version/create", "version records of external manifest stores");
    all.put("table/*/version/delete", "version records of external manifest stores");
    all.put("table/version/batch-create", "version records of external manifest stores");
    all.put("table/batch-commit", "commits of several tables");
    for (String name :
        List.of("set_lsm_write_spec", "unset_lsm_write_spec", "flush_lsm", "compact_lsm")) {
      all.put("table/*/" + name, "the LSM write path");
    }
    for (String name : List.of("enable_rte", "disable_rte", "flush_rte", "compact_rte")) {
      all.put("table/*/" + name, "the LSM write path");
    }
    all.put("jobs/query_events", "events of jobs");
    all.put("jobs/pause", "pausing jobs");
    all.put("jobs/resume", "pausing jobs");
    for (String name : List.of("create", "get")) {
      all.put("functions/" + name, "functions");
    }
    for (String name : List.of("create", "describe", "drop")) {
      all.put("function/*/" + name, "functions");
      all.put("secret/*/" + name, "secrets");
      all.put("view/*/" + name, "views");
      all.put("materialized_view/*/" + name, "materialized views");
    }
    all.put("secret/*/alter", "secrets");
    all.put("materialized_view/*/refresh", "materialized views");
    all.put("namespace/*/function/list", "functions");
    all.put("namespace/*/secret/list", "secrets");
    all.put("namespace/*/view/list", "views");
    all.put("namespace/*/materialized_view/list", "materialized views");
    all.put("transaction/*/describe", "transactions");
    all.put("transaction/*/alter", "transactions");
    for (String name :
        List.of(
            "acl/list",
            "acl/add",
            "acl/delete",
            "role_binding/list",
            "role_binding/add",
            "role_binding/delete",
            "principal",
            "group")) {
      all.put("admin/authz/" + name, "access entries and roles");
    }
    return Collections.unmodifiableSortedMap(all);
  }
}
