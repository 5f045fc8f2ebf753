package io.lancelot.table;

import java.util.List;
import java.util.NavigableMap;
import org.roaringbitmap.RoaringBitmap;

/// Rows of some fragments that were written into others, which belong to no version yet.
///
/// @param before the fragments as they were read
/// @param moved for each of them the rows that were written
/// @param after the new fragments, without ids
record RewrittenRows(
    List<Fragment> before, NavigableMap<Long, RoaringBitmap> moved, List<Fragment> after) {

  long bytesWritten() {
    return after.stream().mapToLong(CompactionPlan::bytes).sum();
  }
}
