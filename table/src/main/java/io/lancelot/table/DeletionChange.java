package io.lancelot.table;

import io.lancelot.base.CommitConflictException;
import io.lancelot.base.Context;
import io.lancelot.base.InvalidInputException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BiFunction;
import org.roaringbitmap.RoaringBitmap;

/// Rows to be marked as deleted, joined with those that are marked already. A commit that came in
/// between is no conflict as long as it left the files of these fragments alone and took other
/// rows.
final class DeletionChange implements Rebase {

  /// What was written for a fragment.
  ///
  /// @param before the deletions that it was joined with
  private record Joined(Fragment before, Fragment after, String path) {}

  private final TableRoot root;
  private final Context context;
  private final Snapshot base;
  private final TreeMap<Long, RoaringBitmap> rows;
  private final BiFunction<List<Fragment>, List<Long>, Operation> operation;
  private final WrittenFiles written;
  private final DeletionReader deletions;
  private final Map<Long, Joined> joined = new HashMap<>();

  /// @param rows for each fragment its physical rows to delete
  /// @param operation makes the operation of the fragments with new deletion files and the ids of
  ///   those of which no row is left
  DeletionChange(
      TableRoot root,
      Context context,
      Snapshot base,
      Map<Long, RoaringBitmap> rows,
      BiFunction<List<Fragment>, List<Long>, Operation> operation,
      WrittenFiles written,
      DeletionReader deletions) {
    this.root = root;
    this.context = context;
    this.base = base;
    this.rows = new TreeMap<>(rows);
    this.rows.values().removeIf(RoaringBitmap::isEmpty);
    this.operation = operation;
    this.written = written;
    this.deletions = deletions;
    this.rows.forEach(this::checkRows);
  }

  private void checkRows(long fragmentId, RoaringBitmap deleted) {
    Fragment fragment =
        base.fragment(fragmentId)
            .orElseThrow(() ->
                new InvalidInputException(
                    "delete: unknown fragment: found="
                        + fragmentId
                        + " (version="
                        + base.version()
                        + ")"));
    long last = Integer.toUnsignedLong(deleted.last());
    if (last >= fragment.physicalRows()) {
      throw new InvalidInputException(
          "delete: expected=rows below "
              + fragment.physicalRows()
              + ", found="
              + last
              + " (fragment="
              + fragmentId
              + ")");
    }
  }

  @Override
  public Operation over(Snapshot latest) {
    List<Fragment> updated = new ArrayList<>();
    List<Long> removed = new ArrayList<>();
    rows.forEach((id, deleted) -> {
      Fragment current = current(latest, id);
      Joined known = joined.get(id);
      if (known == null || !known.before().equals(current)) {
        known = join(latest, current, deleted);
        Joined superseded = joined.put(id, known);
        if (superseded != null && !superseded.path().isEmpty()) {
          written.remove(superseded.path());
        }
      }
      if (known.path().isEmpty()) {
        removed.add(id);
      } else {
        updated.add(known.after());
      }
    });
    return operation.apply(updated, removed);
  }

  private Fragment current(Snapshot latest, long id) {
    Fragment before = base.fragment(id).orElseThrow();
    Fragment current = latest.fragment(id).orElse(null);
    if (current == null || !current.sameFiles(before)) {
      throw conflict(latest, id, current == null ? "removed it" : "rewrote its files");
    }
    return current;
  }

  private Joined join(Snapshot latest, Fragment current, RoaringBitmap deleted) {
    long id = current.id();
    RoaringBitmap now = deletions.read(latest, current);
    if (latest != base) {
      RoaringBitmap theirs =
          RoaringBitmap.andNot(now, deletions.read(base, base.fragment(id).orElseThrow()));
      if (RoaringBitmap.intersects(theirs, deleted)) {
        throw conflict(latest, id, "deleted or moved some of the same rows");
      }
    }
    RoaringBitmap all = RoaringBitmap.or(now, deleted);
    if (all.getLongCardinality() == current.physicalRows()) {
      return new Joined(current, current, "");
    }
    DeletionFile file =
        DeletionVectors.write(
            root,
            id,
            latest.version(),
            context.random().nextLong(),
            all,
            written,
            context.memory());
    String path = root.deletion(file.fileName(id));
    return new Joined(current, current.withDeletionFile(file), path);
  }

  private CommitConflictException conflict(Snapshot latest, long fragmentId, String what) {
    return CommitConflictException.with(
        latest.version(),
        "delete conflicts with a concurrent commit that "
            + what
            + ": run it again on the latest version (fragment="
            + fragmentId
            + ", read version="
            + base.version()
            + ", latest version="
            + latest.version()
            + ", path="
            + root
            + ")");
  }
}
