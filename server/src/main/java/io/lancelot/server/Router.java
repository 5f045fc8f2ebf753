package io.lancelot.server;

import io.lancelot.base.Memory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/// Finds what a path asks for. Routes are told apart by their words alone: clients disagree about
/// methods, and about the slash at the end.
final class Router implements AutoCloseable {

  private static final String DELIMITER = "$";

  private final TableRoutes tables;
  private final NamespaceRoutes namespaces;

  private final Databases databases;
  private final JobRoutes jobs;

  Router(Databases databases, Jobs jobs, Memory memory) {
    this.databases = databases;
    this.jobs = new JobRoutes(jobs, memory);
    this.tables = new TableRoutes(databases, jobs, memory);
    this.namespaces = new NamespaceRoutes(databases);
  }

  void route(Exchange exchange) {
    List<String> path = exchange.path();
    if (path.equals(List.of("healthz")) || path.equals(List.of("readyz"))) {
      exchange.answer(Map.of("status", "ok"));
      return;
    }
    if (path.size() < 2 || !path.getFirst().equals("v1")) {
      throw notFound(exchange);
    }
    List<String> rest = path.subList(2, path.size());
    NotBuilt.ROOT.forEach((words, reason) -> {
      List<String> start = List.of(words.split("/"));
      if (rest.size() >= start.size() && path.subList(1, 1 + start.size()).equals(start)) {
        throw NotBuilt.failure(words, reason);
      }
    });
    switch (path.get(1)) {
      case "jobs" ->
          jobs.route(
              exchange, databases.folder(place(exchange, List.of())), String.join("/", rest));
      case "table" -> table(exchange, rest);
      case "namespace" -> namespace(exchange, rest);
      default -> throw notFound(exchange);
    }
  }

  private void table(Exchange exchange, List<String> rest) {
    if (rest.isEmpty()) {
      namespaces.listTables(exchange, place(exchange, List.of()));
      return;
    }
    if (rest.size() < 2) {
      throw notFound(exchange);
    }
    List<String> id = id(exchange, rest.getFirst());
    if (id.isEmpty()) {
      throw notFound(exchange);
    }
    Databases.Place place = place(exchange, id.subList(0, id.size() - 1));
    tables.route(exchange, place, id.getLast(), rest.subList(1, rest.size()));
  }

  private void namespace(Exchange exchange, List<String> rest) {
    // A root of "." goes missing on the way: clients' URL parsers take it for "here".
    boolean bareRoot = rest.equals(List.of("list")) || rest.equals(List.of("table", "list"));
    List<String> id = bareRoot || rest.isEmpty() ? List.of() : id(exchange, rest.getFirst());
    List<String> words = bareRoot || rest.isEmpty() ? rest : rest.subList(1, rest.size());
    namespaces.route(exchange, place(exchange, id), String.join("/", words));
  }

  /// The parts of an identifier; none for the root.
  private static List<String> id(Exchange exchange, String text) {
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

  static Failures.Coded notFound(Exchange exchange) {
    return new Failures.Coded(
        Failures.Code.UNSUPPORTED,
        404,
        "no such route: " + exchange.method() + " /" + String.join("/", exchange.path()));
  }

  @Override
  public void close() {
    tables.close();
  }
}
