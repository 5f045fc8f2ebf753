package io.lancelot.table;

import io.lancelot.base.CorruptDataException;
import io.lancelot.base.NotFoundException;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/// The versions of one table as a user sees them.
record History(Versions versions) {

  /// All versions, oldest first.
  List<VersionInfo> list(Map<String, TagInfo> tags) {
    return versions.list().stream()
        .map(versions::load)
        .map(snapshot -> info(snapshot, tags))
        .toList();
  }

  private VersionInfo info(Snapshot snapshot, Map<String, TagInfo> tags) {
    String operation;
    try {
      operation = versions.transaction(snapshot).operation().label();
    } catch (CorruptDataException _) {
      // A history with a hole is still a history.
      operation = "Unknown";
    }
    return new VersionInfo(
        snapshot.version(),
        snapshot.timestamp(),
        operation,
        snapshot.rowCount(),
        tags.values().stream()
            .filter(tag ->
                tag.version() == snapshot.version() && tag.branch().equals(snapshot.branch()))
            .map(TagInfo::name)
            .toList());
  }

  /// The newest version that was committed at a time or before it.
  ///
  /// @throws NotFoundException if the table has none so old
  Snapshot at(Instant asOf) {
    List<Versions.Entry> entries = versions.list();
    int low = 0;
    int high = entries.size();
    // Times do not run backwards from version to version.
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (versions.load(entries.get(middle)).timestamp().isAfter(asOf)) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    if (low == 0) {
      throw new NotFoundException(
          "no version that old: expected=one of "
              + asOf
              + " or before, found="
              + (entries.isEmpty()
                  ? "none"
                  : "the oldest of " + versions.load(entries.getFirst()).timestamp())
              + " (path="
              + versions.root()
              + ")");
    }
    return versions.load(entries.get(low - 1));
  }
}
