package io.lancelot;

import io.lancelot.table.CleanupReport;
import io.lancelot.table.CompactionReport;

/// What [Table#optimize] did.
///
/// @param compaction fragments and files before and after
/// @param cleanup versions and files that are gone
/// @param version the newest version afterwards
public record OptimizeReport(CompactionReport compaction, CleanupReport cleanup, long version) {}
