package io.lancelot.table;

import java.time.Instant;

/// A line of a table's history.
///
/// @param operation what made it, as Lance's own tools name it: `Append`; `Unknown` if the table
///   does not say
/// @param rowCount rows that a scan of it returns
public record VersionInfo(long version, Instant timestamp, String operation, long rowCount) {}
