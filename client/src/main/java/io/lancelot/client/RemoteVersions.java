package io.lancelot.client;

import io.lancelot.base.InvalidInputException;
import io.lancelot.base.NotFoundException;
import io.lancelot.table.BranchInfo;
import io.lancelot.table.TagInfo;
import io.lancelot.table.VersionInfo;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/// Versions of a table of a server, and their names.
final class RemoteVersions {

  private final RemoteTable table;

  RemoteVersions(RemoteTable table) {
    this.table = table;
  }

  List<VersionInfo> all() {
    Map<Long, List<String>> tagged = new LinkedHashMap<>();
    tags()
        .values()
        .forEach(tag -> {
          if (tag.branch().equals(table.branch())) {
            tagged.computeIfAbsent(tag.version(), _ -> new ArrayList<>()).add(tag.name());
          }
        });
    List<VersionInfo> versions = new ArrayList<>();
    Map<?, ?> answer = table.askObject(Wire.Kind.READ, "version/list", Map.of());
    if (answer.get("versions") instanceof List<?> list) {
      for (Object each : list) {
        if (each instanceof Map<?, ?> json) {
          versions.add(version(json, tagged));
        }
      }
    }
    versions.sort((a, b) -> Long.compare(a.version(), b.version()));
    return versions;
  }

  private static VersionInfo version(Map<?, ?> json, Map<Long, List<String>> tagged) {
    long number = RemoteTable.number(json, "version");
    Map<?, ?> metadata = json.get("metadata") instanceof Map<?, ?> map ? map : Map.of();
    Instant at =
        json.get("timestamp") instanceof String text
            ? Instant.parse(text)
            : Instant.ofEpochMilli(RemoteTable.number(json, "timestamp_millis"));
    return new VersionInfo(
        number,
        at,
        metadata.get("operation") instanceof String operation ? operation : "Unknown",
        rows(metadata.get("total_rows")),
        tagged.getOrDefault(number, List.of()));
  }

  private static long rows(@org.jspecify.annotations.Nullable Object text) {
    try {
      return text == null ? 0 : Long.parseLong(text.toString());
    } catch (NumberFormatException e) {
      return 0;
    }
  }

  Map<String, TagInfo> tags() {
    Map<String, TagInfo> tags = new TreeMap<>();
    table
        .askObject(Wire.Kind.READ, "tags/list", Map.of())
        .forEach((name, json) -> {
          if (json instanceof Map<?, ?> tag) {
            tags.put(
                String.valueOf(name),
                new TagInfo(
                    String.valueOf(name),
                    tag.get("branch") instanceof String branch
                        ? Optional.of(branch)
                        : Optional.empty(),
                    RemoteTable.number(tag, "version"),
                    Optional.empty(),
                    Optional.empty()));
          }
        });
    return tags;
  }

  /// @throws NotFoundException if there is no such tag
  /// @throws InvalidInputException if it is on another branch
  long ofTag(String name, String branch) {
    TagInfo tag = tags().get(name);
    if (tag == null) {
      throw new NotFoundException("tag not found: " + name + " (table=" + table.name() + ")");
    }
    if (!tag.branch().orElse("").equals(branch)) {
      throw new InvalidInputException(
          "tag on another branch: expected="
              + (branch.isEmpty() ? "main" : branch)
              + ", found="
              + tag.branch().orElse("main"));
    }
    return tag.version();
  }

  Map<String, BranchInfo> branches() {
    Map<String, BranchInfo> branches = new TreeMap<>();
    Map<?, ?> answer = table.askObject(Wire.Kind.READ, "branches/list", Map.of());
    if (answer.get("branches") instanceof Map<?, ?> all) {
      all.forEach((name, json) -> {
        if (json instanceof Map<?, ?> branch) {
          branches.put(
              String.valueOf(name),
              new BranchInfo(
                  String.valueOf(name),
                  branch.get("parentBranch") instanceof String parent && !parent.equals("main")
                      ? Optional.of(parent)
                      : Optional.empty(),
                  RemoteTable.number(branch, "parentVersion"),
                  Instant.ofEpochSecond(RemoteTable.number(branch, "createAt")),
                  List.of()));
        }
      });
    }
    return branches;
  }
}
