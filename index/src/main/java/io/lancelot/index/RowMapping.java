package io.lancelot.index;

/// Where the rows of a segment are by now: compaction moves rows, deletions remove them.
public interface RowMapping {

  long GONE = -1;

  /// Every row is where it was.
  RowMapping IDENTITY = row -> row;

  /// The number a row has now, or [#GONE]. Numbers are row ids or addresses, as the segment stores
  /// them.
  long map(long row);

  /// The same for the rows of one of the segments that are merged. A row that was rewritten, or has
  /// a new value in place, may still stand in the segment of its old value: it is [#GONE] there.
  default RowMapping in(OpenIndex segment) {
    return this;
  }
}
