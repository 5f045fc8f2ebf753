package io.lancelot.table;

import io.lancelot.base.CommitConflictException;
import io.lancelot.base.Context;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.roaringbitmap.RoaringBitmap;

/// Fragments to be replaced by others with the same rows. Rows that were deleted since are deleted
/// in the new fragments too, so that compaction gets through while others delete and update; only
/// new data files of the old fragments, or fragments gone, are a conflict.
final class RewriteChange implements Rebase {

  private final TableRoot root;
  private final Context context;
  private final Snapshot base;
  private final List<RewrittenRows> rewritten;
  private final DeletionReader deletions;
  private final Bases bases;
  private final WrittenFiles written;
  private Operation.Rewrite stated = new Operation.Rewrite(List.of());
  private long statedFor = -1;

  RewriteChange(
      TableRoot root,
      Context context,
      Snapshot base,
      List<RewrittenRows> rewritten,
      DeletionReader deletions,
      Bases bases,
      WrittenFiles written) {
    this.root = root;
    this.context = context;
    this.base = base;
    this.rewritten = rewritten;
    this.deletions = deletions;
    this.bases = bases;
    this.written = written;
  }

  @Override
  public Operation over(Snapshot latest) {
    if (statedFor == latest.version()) {
      return stated;
    }
    for (RewrittenRows rows : rewritten) {
      if (!fits(latest, rows)) {
        throw new CommitConflictException(
            "compaction conflicts with a concurrent commit that replaced files of its fragments:"
                + " run it again on the latest version (read version="
                + base.version()
                + ", latest version="
                + latest.version()
                + ", path="
                + root
                + ")");
      }
    }
    long id = latest.nextFragmentId();
    List<Operation.Rewrite.Group> groups = new ArrayList<>();
    List<FragmentReuse.Group> moves = new ArrayList<>();
    for (RewrittenRows rows : rewritten) {
      List<Fragment> before =
          rows.before().stream().map(old -> latest.fragment(old.id()).orElseThrow()).toList();
      List<Fragment> after = new ArrayList<>();
      List<FragmentReuse.Digest> placed = new ArrayList<>();
      Map<Long, RoaringBitmap> late = deletedSince(latest, rows, before);
      long first = 0;
      for (Fragment fragment : rows.after()) {
        Fragment numbered = fragment.withId(NextManifest.checkedId(id++));
        Fragment current = withDeletions(latest, numbered, late, rows, first);
        if (current.liveRows() > 0) {
          after.add(current);
        }
        placed.add(FragmentReuse.Digest.of(current));
        first += fragment.physicalRows();
      }
      groups.add(new Operation.Rewrite.Group(before, after));
      moves.add(
          new FragmentReuse.Group(
              rows.moved(), before.stream().map(FragmentReuse.Digest::of).toList(), placed));
    }
    stated = new Operation.Rewrite(groups, id - 1, reuse(latest, moves));
    statedFor = latest.version();
    return stated;
  }

  /// The operation as last stated.
  Operation.Rewrite stated() {
    return stated;
  }

  /// Whether the rows that were written are still those of the fragments, but for deletions, and
  /// every index covers either all of them or none.
  boolean fits(Snapshot latest, RewrittenRows rows) {
    for (Fragment old : rows.before()) {
      Fragment now = latest.fragment(old.id()).orElse(null);
      if (now == null || !now.sameButDeletions(old)) {
        return false;
      }
    }
    if (latest.stableRowIds() != base.stableRowIds()) {
      return false;
    }
    List<IndexEntry> indices = latest.indices().stream().filter(i -> !i.system()).toList();
    Map<Long, List<Integer>> coverage =
        FragmentReuse.coverage(latest, indices, FragmentReuse.of(latest, bases));
    List<Integer> first = coverage.getOrDefault(rows.before().getFirst().id(), List.of());
    return CompactionPlan.movable(latest, indices, first)
        && rows.before().stream()
            .allMatch(old -> first.equals(coverage.getOrDefault(old.id(), List.of())));
  }

  /// For each old fragment the rows that were written and have been deleted since.
  private Map<Long, RoaringBitmap> deletedSince(
      Snapshot latest, RewrittenRows rows, List<Fragment> before) {
    Map<Long, RoaringBitmap> late = new TreeMap<>();
    for (int i = 0; i < before.size(); i++) {
      Fragment now = before.get(i);
      if (!now.equals(rows.before().get(i))) {
        RoaringBitmap moved = rows.moved().getOrDefault(now.id(), new RoaringBitmap());
        late.put(now.id(), RoaringBitmap.and(moved, deletions.read(latest, now)));
      }
    }
    late.values().removeIf(RoaringBitmap::isEmpty);
    return late;
  }

  /// @param late rows of the old fragments to be deleted in the new ones
  /// @param first how many of the rows written lie before this fragment
  private Fragment withDeletions(
      Snapshot latest,
      Fragment fragment,
      Map<Long, RoaringBitmap> late,
      RewrittenRows rows,
      long first) {
    RoaringBitmap deleted = new RoaringBitmap();
    late.forEach((old, gone) -> {
      RoaringBitmap moved = rows.moved().getOrDefault(old, new RoaringBitmap());
      long offset = -first;
      for (RoaringBitmap earlier : rows.moved().headMap(old).values()) {
        offset += earlier.getLongCardinality();
      }
      for (int row : gone) {
        long now = offset + moved.rankLong(row) - 1;
        if (now >= 0 && now < fragment.physicalRows()) {
          deleted.add((int) now);
        }
      }
    });
    if (deleted.isEmpty()) {
      return fragment;
    }
    return fragment.withDeletionFile(
        DeletionVectors.write(
            root,
            fragment.id(),
            latest.version(),
            context.random().nextLong(),
            deleted,
            written,
            context.memory()));
  }

  /// The record of moves that indices need to find their rows; null if none is concerned.
  private @Nullable IndexEntry reuse(Snapshot latest, List<FragmentReuse.Group> moves) {
    if (latest.stableRowIds()) {
      return null;
    }
    List<IndexEntry> indices = latest.indices().stream().filter(i -> !i.system()).toList();
    FragmentReuse known = FragmentReuse.of(latest, bases);
    Map<Long, List<Integer>> coverage = FragmentReuse.coverage(latest, indices, known);
    List<FragmentReuse.Group> concerned =
        moves.stream()
            .filter(group ->
                group.before().stream()
                    .anyMatch(old -> !coverage.getOrDefault(old.id(), List.of()).isEmpty()))
            .toList();
    if (concerned.isEmpty()) {
      return null;
    }
    // Whoever builds an index from a version before the one to be committed knows old addresses.
    FragmentReuse all =
        known.with(new FragmentReuse.Version(latest.version(), concerned), latest.indices());
    UUID uuid = new UUID(context.random().nextLong(), context.random().nextLong());
    return all.entry(
        root, uuid, latest.version(), context.clock().instant().toEpochMilli(), written);
  }
}
