package io.lancelot;

import io.lancelot.table.CleanupOptions;
import io.lancelot.table.CompactionOptions;
import java.time.Duration;

/// What [Table#optimize] does.
///
/// @param compaction how large fragments shall become, and when deleted rows go. Default: a million
///   rows or two gigabytes, and a tenth of the rows
/// @param cleanup which versions go. Default: those older than seven days. With its `dryRun`
///   nothing is compacted either
/// @param retrain whether vector indices are trained anew over all rows, which otherwise happens
///   when it is worth it. Default: no
public record OptimizeOptions(
    CompactionOptions compaction, CleanupOptions cleanup, boolean retrain) {

  public OptimizeOptions(CompactionOptions compaction, CleanupOptions cleanup) {
    this(compaction, cleanup, false);
  }

  public static OptimizeOptions defaults() {
    return new OptimizeOptions(CompactionOptions.DEFAULT, CleanupOptions.DEFAULT);
  }

  /// Rows per fragment to aim at.
  public OptimizeOptions withTargetRows(long rows) {
    return new OptimizeOptions(compaction.withTargetRows(rows), cleanup, retrain);
  }

  /// The age at which versions go.
  public OptimizeOptions withOlderThan(Duration age) {
    return new OptimizeOptions(compaction, cleanup.withOlderThan(age), retrain);
  }

  public OptimizeOptions withCleanup(CleanupOptions options) {
    return new OptimizeOptions(compaction, options, retrain);
  }

  /// Trains vector indices anew over all rows.
  public OptimizeOptions withRetrain() {
    return new OptimizeOptions(compaction, cleanup, true);
  }
}
