package io.lancelot.table;

import java.util.List;
import java.util.Optional;
import java.util.Set;

/// What a scan returns.
///
/// @param columns names of top-level columns, in order; [TableScan#ROW_ID] and
///   [TableScan#ROW_ADDRESS] stand for a row's id and address
/// @param batchRows at most so many rows per batch
/// @param fragmentIds only these fragments; empty for all
public record ScanOptions(List<String> columns, int batchRows, Optional<Set<Long>> fragmentIds) {

  public static final int DEFAULT_BATCH_ROWS = 8192;

  public ScanOptions {
    columns = List.copyOf(columns);
    fragmentIds = fragmentIds.map(Set::copyOf);
    if (batchRows < 1) {
      throw new IllegalArgumentException("batch rows: expected at least 1, found=" + batchRows);
    }
  }

  /// The given columns of all rows.
  public static ScanOptions of(List<String> columns) {
    return new ScanOptions(columns, DEFAULT_BATCH_ROWS, Optional.empty());
  }

  public ScanOptions withBatchRows(int rows) {
    return new ScanOptions(columns, rows, fragmentIds);
  }

  public ScanOptions withFragments(Set<Long> ids) {
    return new ScanOptions(columns, batchRows, Optional.of(ids));
  }
}
