package io.lancelot.server;

import io.lancelot.Table;
import io.lancelot.base.AlreadyExistsException;
import io.lancelot.base.InvalidInputException;
import io.lancelot.base.NotFoundException;
import io.lancelot.server.Router.Route;
import io.lancelot.server.Router.TableHandler;
import io.lancelot.table.TagInfo;
import io.lancelot.table.VersionInfo;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

/// Versions of a table, and what they are called: tags and branches.
final class VersionRoutes {

  private final Services services;

  VersionRoutes(Services services) {
    this.services = services;
  }

  void addTo(Map<String, Route<TableHandler>> routes) {
    routes.put("version/list", new Route<>(Access.READ, this::versions));
    routes.put("version/describe", new Route<>(Access.READ, this::version));
    routes.put("restore", new Route<>(Access.WRITE, this::restore));
    routes.put("tags/list", new Route<>(Access.READ, this::tags));
    routes.put("tags/version", new Route<>(Access.READ, this::tagVersion));
    routes.put("tags/create", new Route<>(Access.WRITE, this::createTag));
    routes.put("tags/update", new Route<>(Access.WRITE, this::updateTag));
    routes.put("tags/delete", new Route<>(Access.WRITE, this::deleteTag));
    routes.put("branches/list", new Route<>(Access.READ, this::branches));
    routes.put("branches/create", new Route<>(Access.WRITE, this::createBranch));
    routes.put("branches/delete", new Route<>(Access.WRITE, this::deleteBranch));
  }

  private void versions(Exchange exchange, TableRef ref) {
    Table table = services.table(exchange, ref);
    boolean descending =
        exchange.param("descending").filter(value -> value.equalsIgnoreCase("true")).isPresent();
    Comparator<VersionInfo> order = Comparator.comparingLong(VersionInfo::version);
    List<VersionInfo> sorted =
        table.versions().stream().sorted(descending ? order.reversed() : order).toList();
    OptionalLong after = exchange.number("page_token");
    if (after.isPresent()) {
      sorted =
          sorted.stream()
              .filter(info ->
                  descending
                      ? info.version() < after.getAsLong()
                      : info.version() > after.getAsLong())
              .toList();
    }
    long limit = exchange.number("limit").orElse(Long.MAX_VALUE);
    Map<String, Object> answer = new LinkedHashMap<>();
    if (limit > 0 && limit < sorted.size()) {
      sorted = sorted.subList(0, (int) limit);
      answer.put("page_token", Long.toString(sorted.getLast().version()));
    }
    answer.put("versions", sorted.stream().map(info -> json(exchange, table, info)).toList());
    exchange.answer(answer);
  }

  private static Map<String, Object> json(Exchange exchange, Table table, VersionInfo info) {
    Map<String, Object> version = new LinkedHashMap<>();
    version.put("version", info.version());
    version.put("timestamp", info.timestamp().toString());
    version.put("timestamp_millis", info.timestamp().toEpochMilli());
    version.put("manifest_path", table.uri() + "/_versions");
    Map<String, String> metadata = new LinkedHashMap<>();
    if (exchange.rowFilter().isEmpty()) {
      metadata.put("total_rows", Long.toString(info.rowCount()));
    }
    metadata.put("operation", info.operation());
    version.put("metadata", metadata);
    return version;
  }

  private void version(Exchange exchange, TableRef ref) {
    Table table = services.table(exchange, ref);
    long asked = QueryBody.number(exchange.body(), "version").orElseGet(table::version);
    VersionInfo found =
        table.versions().stream()
            .filter(info -> info.version() == asked)
            .findFirst()
            .orElseThrow(() ->
                new Failures.Coded(Failures.Code.VERSION_NOT_FOUND, "version not found: " + asked));
    exchange.answer(Map.of("version", json(exchange, table, found)));
  }

  private void restore(Exchange exchange, TableRef ref) {
    Table table = services.table(exchange, ref);
    OptionalLong version = QueryBody.number(exchange.body(), "version");
    long restored;
    try {
      restored = version.isEmpty() ? table.version() : table.restore(version.getAsLong());
    } catch (NotFoundException e) {
      throw new Failures.Coded(Failures.Code.VERSION_NOT_FOUND, String.valueOf(e.getMessage()));
    }
    exchange.withHeader("x-lancedb-version", Long.toString(restored));
    exchange.answer(Map.of("version", restored));
  }

  private void tags(Exchange exchange, TableRef ref) {
    Map<String, Object> tags = new LinkedHashMap<>();
    services
        .databases()
        .table(ref)
        .tags()
        .list()
        .forEach((tag, info) -> {
          Map<String, Object> entry = new LinkedHashMap<>();
          entry.put("version", info.version());
          info.branch().ifPresent(branch -> entry.put("branch", branch));
          entry.put("manifestSize", 0);
          tags.put(tag, entry);
        });
    exchange.answer(exchange.slash() ? tags : Map.of("tags", tags));
  }

  static TagInfo tag(Table table, String name) {
    TagInfo found = table.tags().list().get(name);
    if (found == null) {
      throw new Failures.Coded(Failures.Code.TAG_NOT_FOUND, "tag not found: " + name);
    }
    return found;
  }

  private void tagVersion(Exchange exchange, TableRef ref) {
    TagInfo found = tag(services.databases().table(ref), name(exchange, "tag"));
    Map<String, Object> answer = new LinkedHashMap<>();
    answer.put("version", found.version());
    found.branch().ifPresent(branch -> answer.put("branch", branch));
    exchange.answer(answer);
  }

  private static String name(Exchange exchange, String member) {
    return QueryBody.text(exchange.body(), member)
        .filter(name -> !name.isEmpty())
        .orElseThrow(() -> new InvalidInputException(member + ": expected=a name, found=nothing"));
  }

  private static long tagged(Exchange exchange) {
    return QueryBody.number(exchange.body(), "version")
        .orElseThrow(() -> new InvalidInputException("version: expected=a number, found=nothing"));
  }

  private void createTag(Exchange exchange, TableRef ref) {
    Table table = services.table(exchange, ref);
    String name = name(exchange, "tag");
    try {
      table.tags().create(name, tagged(exchange));
    } catch (AlreadyExistsException e) {
      throw new Failures.Coded(Failures.Code.TAG_EXISTS, "tag " + name + " already exists");
    } catch (NotFoundException e) {
      throw new Failures.Coded(Failures.Code.VERSION_NOT_FOUND, String.valueOf(e.getMessage()));
    }
    exchange.answer(Map.of());
  }

  private void updateTag(Exchange exchange, TableRef ref) {
    Table table = services.table(exchange, ref);
    String name = name(exchange, "tag");
    tag(table, name);
    try {
      table.tags().update(name, tagged(exchange));
    } catch (NotFoundException e) {
      throw new Failures.Coded(Failures.Code.VERSION_NOT_FOUND, String.valueOf(e.getMessage()));
    }
    exchange.answer(Map.of());
  }

  private void deleteTag(Exchange exchange, TableRef ref) {
    Table table = services.databases().table(ref);
    String name = name(exchange, "tag");
    tag(table, name);
    table.tags().delete(name);
    exchange.answer(Map.of());
  }

  private void branches(Exchange exchange, TableRef ref) {
    Map<String, Object> branches = new LinkedHashMap<>();
    services
        .databases()
        .table(ref.main())
        .branches()
        .list()
        .forEach((name, info) -> {
          Map<String, Object> entry = new LinkedHashMap<>();
          entry.put("parentBranch", info.parent().orElse(null));
          entry.put("parentVersion", info.parentVersion());
          entry.put("createAt", info.createdAt().getEpochSecond());
          entry.put("manifestSize", 0);
          branches.put(name, entry);
        });
    exchange.answer(Map.of("branches", branches));
  }

  private void createBranch(Exchange exchange, TableRef ref) {
    String name = name(exchange, "name");
    TableRef from =
        QueryBody.text(exchange.body(), "from_branch")
            .filter(branch -> !branch.isEmpty())
            .map(ref::onBranch)
            .orElse(ref.main());
    Table parent = services.databases().table(from);
    OptionalLong version = QueryBody.number(exchange.body(), "from_version");
    try (Table made =
        version.isEmpty()
            ? parent.branches().create(name)
            : parent.branches().create(name, version.getAsLong())) {
      exchange.answer(Map.of("version", made.version()));
    } catch (AlreadyExistsException e) {
      throw new Failures.Coded(Failures.Code.BRANCH_EXISTS, String.valueOf(e.getMessage()));
    } catch (NotFoundException e) {
      throw new Failures.Coded(Failures.Code.VERSION_NOT_FOUND, String.valueOf(e.getMessage()));
    }
  }

  private void deleteBranch(Exchange exchange, TableRef ref) {
    String name = name(exchange, "name");
    try {
      services.databases().table(ref.main()).branches().delete(name);
    } catch (NotFoundException e) {
      throw new Failures.Coded(Failures.Code.BRANCH_NOT_FOUND, String.valueOf(e.getMessage()));
    }
    services.databases().forget(ref);
    exchange.answer(Map.of());
  }
}
