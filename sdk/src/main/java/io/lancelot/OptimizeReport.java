package io.lancelot;

import io.lancelot.table.CleanupReport;
import io.lancelot.table.CompactionReport;
import java.util.List;

/// What [Table#optimize] did.
///
/// @param compaction fragments and files before and after
/// @param indices names of the indices that rows were added to
/// @param cleanup versions and files that are gone
/// @param version the newest version afterwards
public record OptimizeReport(
    CompactionReport compaction, List<String> indices, CleanupReport cleanup, long version) {

  public OptimizeReport {
    indices = List.copyOf(indices);
  }
}
