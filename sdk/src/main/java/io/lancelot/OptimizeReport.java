package io.lancelot;

import io.lancelot.table.CompactionReport;
import java.util.List;

/// What [Table#optimize] did.
///
/// @param compaction fragments and files before and after
/// @param indices names of the indices that took rows in
/// @param version the newest version afterwards
public record OptimizeReport(CompactionReport compaction, List<String> indices, long version) {}
