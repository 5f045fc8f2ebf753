package io.lancelot.engine;

import io.lancelot.base.CommitConflictException;
import io.lancelot.base.InvalidInputException;
import io.lancelot.columnar.DataType;
import io.lancelot.columnar.Schema;
import io.lancelot.table.Fragment;
import io.lancelot.table.MovedRows;
import io.lancelot.table.Snapshot;
import io.lancelot.table.StagedRows;
import io.lancelot.table.Table;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.roaringbitmap.RoaringBitmap;

/// Merges a source into a table, part by part of the source: finds the rows that both have, writes
/// what is new or changed, and commits all of it at once. Memory follows the part, beside one bit
/// for each row that goes.
final class Merging {

  private final Table table;
  private final Function<Snapshot, Execution> executions;
  private final MergeInsert how;
  private final MergeSource source;

  /// @param executions how to read a version
  Merging(
      Table table, Function<Snapshot, Execution> executions, MergeInsert how, MergeSource source) {
    this.table = table;
    this.executions = executions;
    this.how = how;
    this.source = source;
  }

  /// @throws InvalidInputException if nothing is to be done with any row
  static void check(MergeInsert how) {
    if (how.updateMatched().isEmpty() && !how.insertUnmatched() && how.deleteMissing().isEmpty()) {
      throw new InvalidInputException(
          "merge: expected=at least one of update, insert and delete, found=none");
    }
  }

  /// Merges into the latest version.
  MergeInsert.Result attempt() {
    Snapshot base = table.latest();
    return new Attempt(base, executions.apply(base)).run();
  }

  /// A merge into one version.
  private final class Attempt {

    private final Snapshot base;
    private final Execution execution;
    private final MergeLookup lookup;
    private final Optional<MissingRows> missing;
    private final StagedRows staged;
    private final Map<Long, RoaringBitmap> gone = new HashMap<>();
    private long inserted;
    private long updated;
    private long deleted;

    Attempt(Snapshot base, Execution execution) {
      this.base = base;
      this.execution = execution;
      this.lookup = new MergeLookup(execution, how);
      this.missing = how.deleteMissing().map(when -> new MissingRows(execution, when.condition()));
      this.staged = table.stage(base);
    }

    MergeInsert.Result run() {
      try {
        source.forEach(base.schema().arrow(), this::merge);
        missing.ifPresent(rows -> deleted = rows.addTo(gone));
      } catch (RuntimeException | Error e) {
        staged.discard(e);
        throw e;
      }
      if (inserted + updated + deleted == 0) {
        return new MergeInsert.Result(0, 0, 0, base.version());
      }
      Set<Integer> changed = new HashSet<>();
      base.schema().fields().forEach(field -> field.forEach(part -> changed.add(part.id())));
      Snapshot made = table.update(base, gone, staged, changed, new Recheck(base)::check);
      return new MergeInsert.Result(inserted, updated, deleted, made.version());
    }

    private void merge(SourceRows.Fitted part) {
      MergeMatches matches = lookup.matches(part);
      missing.ifPresent(rows -> rows.met(matches));
      matches.addUpdatedTo(gone);
      int[] inserts = how.insertUnmatched() ? matches.unmatched() : new int[0];
      updated += matches.updated();
      inserted += inserts.length;
      MovedRows moved = new MovedRows();
      try (MergedRows rows =
          new MergedRows(execution, part.rows(), matches.updates(), inserts, moved)) {
        staged.add(rows, moved);
      }
    }
  }

  /// Looks for the source's keys in what others have added meanwhile: two merges that insert the
  /// same key must not both go through.
  private final class Recheck {

    private final Schema known;
    private final Set<Long> seen = new HashSet<>();

    Recheck(Snapshot base) {
      this.known = base.schema().arrow();
      base.fragments().forEach(fragment -> seen.add(fragment.id()));
    }

    void check(Snapshot latest) {
      List<Fragment> added =
          latest.fragments().stream().filter(fragment -> seen.add(fragment.id())).toList();
      MergeLookup lookup = new MergeLookup(executions.apply(latest), how);
      source.forEach(known, part -> check(latest, added, lookup, part));
    }

    private void check(
        Snapshot latest, List<Fragment> added, MergeLookup lookup, SourceRows.Fitted part) {
      for (String key : part.on()) {
        Optional<DataType> now = latest.schema().field(key).map(field -> field.type());
        if (!now.equals(known.field(key).map(field -> field.type()))) {
          throw conflict(latest, "changed the key column " + key);
        }
      }
      if (lookup.meets(part, added)) {
        throw conflict(latest, "added rows with the same keys");
      }
    }

    private CommitConflictException conflict(Snapshot latest, String what) {
      return CommitConflictException.with(
          latest.version(),
          "merge conflicts with a concurrent commit that "
              + what
              + ": run it again on the latest version (latest version="
              + latest.version()
              + ", path="
              + table.uri()
              + ")");
    }
  }
}
