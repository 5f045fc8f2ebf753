package io.lancelot;

import io.lancelot.table.DataFile;
import io.lancelot.table.Fragment;
import io.lancelot.table.Snapshot;
import java.util.ArrayList;
import java.util.List;

/// What a version of a table consists of.
///
/// @param totalBytes of its data files
/// @param fragmentRows rows of each fragment, without deleted ones
/// @param smallFragments fragments that compaction would take together
public record TableStats(
    long rowCount, long totalBytes, List<Long> fragmentRows, int smallFragments) {

  private static final long SMALL_ROWS = 100_000;

  public TableStats {
    fragmentRows = List.copyOf(fragmentRows);
  }

  static TableStats of(Snapshot snapshot) {
    long bytes = 0;
    List<Long> rows = new ArrayList<>();
    for (Fragment fragment : snapshot.fragments()) {
      rows.add(fragment.liveRows());
      for (DataFile file : fragment.files()) {
        bytes += file.sizeBytes();
      }
    }
    int small = (int) rows.stream().filter(count -> count < SMALL_ROWS).count();
    return new TableStats(snapshot.rowCount(), bytes, rows, small);
  }
}
