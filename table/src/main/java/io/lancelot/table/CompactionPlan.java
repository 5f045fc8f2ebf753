package io.lancelot.table;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// Which fragments a compaction writes together. Format: lance-format section 3.14.
///
/// Neighbours are taken that are smaller than the target or have too many deleted rows, and that
/// the same indices cover. A large fragment is left out while its neighbours bring little: else
/// each small append would cost writing it again.
final class CompactionPlan {

  /// Fragments up to this size are always worth merging.
  private static final long SMALL_BYTES = 16L << 20;

  /// A larger fragment is merged once its neighbours together have this share of its bytes.
  private static final int NEIGHBOURS_SHARE = 2;

  /// Bins are cut at so many times the target, so that the work of one is not lost with another.
  private static final int BIN_TARGETS = 4;

  private final CompactionOptions options;
  private final List<List<Fragment>> bins = new ArrayList<>();

  private CompactionPlan(CompactionOptions options) {
    this.options = options;
  }

  /// The bins, each of neighbouring fragments in their order.
  static List<List<Fragment>> of(
      Snapshot snapshot, FragmentReuse reuse, CompactionOptions options) {
    CompactionPlan plan = new CompactionPlan(options);
    List<IndexEntry> indices =
        snapshot.indices().stream().filter(index -> !index.system()).toList();
    Map<Long, List<Integer>> coverage = FragmentReuse.coverage(snapshot, indices, reuse);
    List<Fragment> run = new ArrayList<>();
    List<Integer> covering = List.of();
    for (Fragment fragment : snapshot.fragments()) {
      List<Integer> by = coverage.getOrDefault(fragment.id(), List.of());
      boolean candidate = plan.candidate(fragment) && movable(snapshot, indices, by);
      if (!candidate || !by.equals(covering)) {
        plan.addRun(run);
        run = new ArrayList<>();
      }
      if (candidate) {
        run.add(fragment);
        covering = by;
      }
    }
    plan.addRun(run);
    return plan.bins;
  }

  /// Whether all indices on a fragment go on answering when its rows move.
  static boolean movable(Snapshot snapshot, List<IndexEntry> indices, List<Integer> covering) {
    return snapshot.stableRowIds()
        || covering.stream().allMatch(i -> indices.get(i).followsMoves());
  }

  private boolean candidate(Fragment fragment) {
    // Half the target is full: what a writer cuts off at the target may be packed smaller.
    boolean small =
        fragment.physicalRows() < options.targetRows()
            && bytes(fragment) < Math.max(1, options.targetBytes() / 2);
    return small || hollow(fragment);
  }

  /// Whether so many rows are deleted that the fragment is written anew even alone.
  private boolean hollow(Fragment fragment) {
    return fragment.deletedRows() > 0
        && fragment.deletedRows() > options.deletionThreshold() * fragment.physicalRows();
  }

  /// Size of the data files; 0 where the table does not say.
  static long bytes(Fragment fragment) {
    long bytes = 0;
    for (DataFile file : fragment.files()) {
      bytes += file.sizeBytes();
    }
    return bytes;
  }

  private void addRun(List<Fragment> run) {
    int heavy = heavy(run);
    if (heavy >= 0) {
      addRun(run.subList(0, heavy));
      addRun(run.subList(heavy + 1, run.size()));
      return;
    }
    if (run.size() > 1 || run.size() == 1 && hollow(run.getFirst())) {
      cut(run);
    }
  }

  /// The largest fragment, if the others are not worth writing it again; else -1.
  private int heavy(List<Fragment> run) {
    int largest = -1;
    long most = SMALL_BYTES;
    long all = 0;
    for (int i = 0; i < run.size(); i++) {
      long bytes = bytes(run.get(i));
      all += bytes;
      if (bytes > most && !hollow(run.get(i))) {
        most = bytes;
        largest = i;
      }
    }
    return largest >= 0 && (all - most) * NEIGHBOURS_SHARE < most ? largest : -1;
  }

  private void cut(List<Fragment> run) {
    long rowsLeft = run.stream().mapToLong(Fragment::liveRows).sum();
    long rows = 0;
    int from = 0;
    for (int i = 0; i < run.size(); i++) {
      rows += run.get(i).liveRows();
      rowsLeft -= run.get(i).liveRows();
      if (rows >= BIN_TARGETS * options.targetRows() && rowsLeft >= options.targetRows()) {
        bins.add(List.copyOf(run.subList(from, i + 1)));
        from = i + 1;
        rows = 0;
      }
    }
    bins.add(List.copyOf(run.subList(from, run.size())));
  }
}
