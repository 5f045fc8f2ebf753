package io.lancelot.table;

import java.time.Instant;
import java.util.List;

/// A line of a table's history.
///
/// @param operation what made it, as Lance's own tools name it: `Append`; `Unknown` if the table
///   does not say
/// @param rowCount rows that a scan of it returns
/// @param tags names given to it
public record VersionInfo(
    long version, Instant timestamp, String operation, long rowCount, List<String> tags) {
  public VersionInfo {
    tags = List.copyOf(tags);
  }
}
