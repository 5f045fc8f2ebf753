package io.lancelot.index;

/// Where the rows of a segment are by now: compaction moves rows, deletions remove them.
public interface RowMapping {

  long GONE = -1;

  /// Every row is where it was.
  RowMapping IDENTITY = row -> row;

  /// The number a row has now, or [#GONE]. Numbers are row ids or addresses, as the segment stores
  /// them.
  long map(long row);
}
