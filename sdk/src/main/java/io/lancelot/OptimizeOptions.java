package io.lancelot;

import io.lancelot.table.CompactionOptions;

/// What [Table#optimize] does.
///
/// @param compaction how large fragments shall become, and when deleted rows go. Default: a million
///   rows or two gigabytes, and a tenth of the rows
public record OptimizeOptions(CompactionOptions compaction) {

  public static OptimizeOptions defaults() {
    return new OptimizeOptions(CompactionOptions.DEFAULT);
  }

  /// Rows per fragment to aim at.
  public OptimizeOptions withTargetRows(long rows) {
    return new OptimizeOptions(compaction.withTargetRows(rows));
  }
}
