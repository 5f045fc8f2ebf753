package io.lancelot.table;

import java.util.Map;

/// An operation with the version it started from: what a commit publishes and what later commits
/// check themselves against.
///
/// @param uuid names it for ever; a writer that lost its connection finds its commit by it
/// @param properties free notes
public record Transaction(
    long readVersion, String uuid, Operation operation, Map<String, String> properties) {

  String fileName() {
    return Long.toUnsignedString(readVersion) + "-" + uuid + ".txn";
  }

  Transaction with(Operation rebased) {
    return new Transaction(readVersion, uuid, rebased, properties);
  }
}
