package io.lancelot.client;

import io.lancelot.table.VersionInfo;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The versions of a table of a server.
final class RemoteVersions {

  private final RemoteTable table;

  RemoteVersions(RemoteTable table) {
    this.table = table;
  }

  List<VersionInfo> all() {
    Map<Long, List<String>> tagged = new LinkedHashMap<>();
    table
        .tags()
        .list()
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

  private static long rows(@Nullable Object text) {
    try {
      return text == null ? 0 : Long.parseLong(text.toString());
    } catch (NumberFormatException e) {
      return 0;
    }
  }
}
