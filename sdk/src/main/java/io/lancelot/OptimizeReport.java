package io.lancelot;

import io.lancelot.table.CompactionReport;

/// What [Table#optimize] did.
///
/// @param compaction fragments and files before and after
/// @param version the newest version afterwards
public record OptimizeReport(CompactionReport compaction, long version) {}
