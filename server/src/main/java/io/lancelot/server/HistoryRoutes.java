package io.lancelot.server;

import io.lancelot.Table;
import io.lancelot.base.AlreadyExistsException;
import io.lancelot.base.NotFoundException;
import io.lancelot.table.VersionInfo;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

/// Versions of a table, and names for them: tags and branches.
final class HistoryRoutes {

  private HistoryRoutes() {}

  static void versions(Exchange exchange, Table table) {
    List<VersionInfo> all = new ArrayList<>(table.versions());
    if (exchange.param("descending").filter("true"::equals).isPresent()) {
      all.sort(Comparator.comparingLong(VersionInfo::version).reversed());
    }
    List<Map<String, Object>> versions = all.stream().map(HistoryRoutes::version).toList();
    exchange.answer(Map.of("versions", versions));
  }

  private static Map<String, Object> version(VersionInfo info) {
    Map<String, Object> version = new LinkedHashMap<>();
    version.put("version", info.version());
    version.put("timestamp", info.timestamp().toString());
    version.put("timestamp_millis", info.timestamp().toEpochMilli());
    version.put("manifest_path", "");
    version.put("metadata", Map.of("total_rows", Long.toString(info.rowCount())));
    return version;
  }

  static void describeVersion(Exchange exchange, Table table) {
    long wanted = Body.number(exchange.body(), "version").orElseGet(table::version);
    for (VersionInfo info : table.versions()) {
      if (info.version() == wanted) {
        exchange.answer(Map.of("version", version(info)));
        return;
      }
    }
    throw new Failures.Coded(Failures.Code.VERSION_NOT_FOUND, "version not found: " + wanted);
  }

  static void restore(Exchange exchange, Table table) {
    OptionalLong version = Body.number(exchange.body(), "version");
    try {
      long restored = version.isEmpty() ? table.version() : table.restore(version.getAsLong());
      exchange.withHeader("x-lancedb-version", Long.toString(restored));
      exchange.answer(Map.of("version", restored));
    } catch (NotFoundException e) {
      throw new Failures.Coded(Failures.Code.VERSION_NOT_FOUND, String.valueOf(e.getMessage()));
    }
  }

  static void tags(Exchange exchange, Table table) {
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

  /// What can be done with one tag.
  static void tag(Exchange exchange, Table table, String action) {
    String tag = Body.requiredText(exchange.body(), "tag");
    if (action.equals("create")) {
      createTag(exchange, table, tag);
      return;
    }
    var found = table.tags().get(tag);
    if (found == null) {
      throw new Failures.Coded(Failures.Code.TAG_NOT_FOUND, "tag not found: " + tag);
    }
    switch (action) {
      case "version" -> {
        Map<String, Object> answer = new LinkedHashMap<>();
        answer.put("version", found.version());
        found.branch().ifPresent(branch -> answer.put("branch", branch));
        exchange.answer(answer);
      }
      case "update" -> {
        long version = Body.requiredNumber(exchange.body(), "version");
        ofVersion(() -> table.updateTag(tag, version));
        exchange.answer(Map.of());
      }
      case "delete" -> {
        table.deleteTag(tag);
        exchange.answer(Map.of());
      }
      default -> throw Router.notFound(exchange);
    }
  }

  private static void createTag(Exchange exchange, Table table, String tag) {
    long version = Body.requiredNumber(exchange.body(), "version");
    try {
      ofVersion(() -> table.createTag(tag, version));
    } catch (AlreadyExistsException e) {
      throw new Failures.Coded(Failures.Code.TAG_EXISTS, String.valueOf(e.getMessage()));
    }
    exchange.answer(Map.of());
  }

  private static void ofVersion(Runnable action) {
    try {
      action.run();
    } catch (NotFoundException e) {
      throw new Failures.Coded(Failures.Code.VERSION_NOT_FOUND, String.valueOf(e.getMessage()));
    }
  }

  static void branches(Exchange exchange, Table table) {
    Map<String, Object> branches = new LinkedHashMap<>();
    table
        .branches()
        .forEach((name, info) -> {
          Map<String, Object> entry = new LinkedHashMap<>();
          info.parent().ifPresent(parent -> entry.put("parentBranch", parent));
          entry.put("parentVersion", info.parentVersion());
          entry.put("createAt", info.createdAt().getEpochSecond());
          entry.put("manifestSize", 0);
          branches.put(name, entry);
        });
    exchange.answer(Map.of("branches", branches));
  }

  /// @param table on the branch that the new one shall begin at
  static void createBranch(Exchange exchange, Table table) {
    String name = Body.requiredText(exchange.body(), "name");
    OptionalLong version = Body.number(exchange.body(), "from_version");
    try {
      (version.isPresent()
              ? table.createBranch(name, version.getAsLong())
              : table.createBranch(name))
          .close();
    } catch (AlreadyExistsException e) {
      throw new Failures.Coded(Failures.Code.BRANCH_EXISTS, String.valueOf(e.getMessage()));
    } catch (NotFoundException e) {
      throw new Failures.Coded(Failures.Code.VERSION_NOT_FOUND, String.valueOf(e.getMessage()));
    }
    exchange.answer(Map.of());
  }

  static void deleteBranch(Exchange exchange, Table table) {
    try {
      table.deleteBranch(Body.requiredText(exchange.body(), "name"));
    } catch (NotFoundException e) {
      throw new Failures.Coded(Failures.Code.BRANCH_NOT_FOUND, String.valueOf(e.getMessage()));
    }
    exchange.answer(Map.of());
  }
}
