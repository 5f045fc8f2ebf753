package io.lancelot.table;

import io.lancelot.file.FileVersion;
import io.lancelot.file.LanceSchema;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// What a commit does to a table. Closed: the operations of the format, and [Unknown] for those of
/// later releases. Format: lance-format sections 3.10 and 3.11.
public sealed interface Operation {

  /// Adds fragments, which get their ids when they are committed.
  record Append(List<Fragment> fragments) implements Operation {}

  /// Marks rows as deleted.
  ///
  /// @param updated fragments with their new deletion files
  /// @param removedIds fragments of which no row is left
  /// @param predicate the filter, as text, for the history
  record Delete(List<Fragment> updated, List<Long> removedIds, String predicate)
      implements Operation {}

  /// Replaces schema and rows; creates the table if there is none.
  ///
  /// @param fileVersion the version that appends use from now on; empty to leave it
  record Overwrite(
      List<Fragment> fragments,
      LanceSchema schema,
      Map<String, String> configUpserts,
      Optional<FileVersion> fileVersion)
      implements Operation {}

  /// Adds and removes index segments.
  record CreateIndex(List<IndexEntry> added, List<IndexEntry> removed) implements Operation {}

  /// Writes the rows of some fragments into others: compaction.
  ///
  /// @param lastFragmentId the highest id given to a new fragment, also if no row of it is left; -1
  ///   if none was given
  /// @param reuse the record of moves that takes the place of the one before; null if no index
  ///   needs one. The manifest alone shows it
  record Rewrite(List<Group> groups, long lastFragmentId, @Nullable IndexEntry reuse)
      implements Operation {

    public Rewrite(List<Group> groups) {
      this(groups, -1, null);
    }

    /// @param before fragments that go
    /// @param after fragments that hold their rows, in the same order
    public record Group(List<Fragment> before, List<Fragment> after) {}
  }

  /// Changes columns by new data files.
  ///
  /// @param fragments all fragments of the table afterwards
  /// @param preservesNullability whether data made for the old schema still fits
  record Merge(List<Fragment> fragments, LanceSchema schema, boolean preservesNullability)
      implements Operation {}

  /// Brings back the content of an older version.
  record Restore(long version) implements Operation {}

  /// Keeps fragment ids free for a rewrite under way.
  record ReserveFragments(int count) implements Operation {}

  /// Changes values: moves rows to new fragments or replaces columns in place.
  ///
  /// @param fieldsModified fields with new values in `updated`
  /// @param changed fields that moved rows have new values in; indices on others may go on covering
  ///   them
  /// @param keyFiltered whether it also promises that no concurrent commit adds the same keys
  record Update(
      List<Long> removedIds,
      List<Fragment> updated,
      List<Fragment> added,
      Set<Integer> fieldsModified,
      Set<Integer> changed,
      Mode mode,
      boolean keyFiltered)
      implements Operation {

    public enum Mode {
      REWRITE_ROWS,
      REWRITE_COLUMNS
    }
  }

  /// Renames, reorders or drops columns without touching data.
  record Project(LanceSchema schema, boolean preservesNullability) implements Operation {}

  /// Changes the table's settings and notes.
  record UpdateConfig(
      Changes config, Changes tableMetadata, Changes schemaMetadata, Map<Integer, Changes> fields)
      implements Operation {

    /// @param entries new values; an empty one removes the key
    /// @param replace whether keys that are not mentioned go away
    public record Changes(Map<String, Optional<String>> entries, boolean replace) {

      public static final Changes NONE = new Changes(Map.of(), false);

      boolean none() {
        return entries.isEmpty() && !replace;
      }

      Map<String, String> apply(Map<String, String> before) {
        Map<String, String> after = replace ? new TreeMap<>() : new TreeMap<>(before);
        entries.forEach((key, value) ->
            value.ifPresentOrElse(text -> after.put(key, text), () -> after.remove(key)));
        return after;
      }
    }
  }

  /// Puts other data files in the place of existing ones.
  record DataReplacement(Map<Long, DataFile> files) implements Operation {}

  /// Progress of the write-ahead log's compaction.
  record UpdateMemWalState() implements Operation {}

  /// The first version of a clone or a branch.
  record Clone(boolean shallow, long version, String path, Optional<String> branch)
      implements Operation {}

  /// Adds places that files may lie under.
  record UpdateBases() implements Operation {}

  /// Lays single new values over fragments.
  record DataOverlay(Set<Long> fragmentIds) implements Operation {}

  /// An operation of a later release; it conflicts with everything.
  ///
  /// @param number its field number, 0 if the transaction holds none
  record Unknown(int number) implements Operation {}

  /// The operation's name in histories and messages, as Lance's own tools write it.
  default String label() {
    return getClass().getSimpleName();
  }
}
