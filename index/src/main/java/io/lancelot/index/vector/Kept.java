package io.lancelot.index.vector;

import io.lancelot.index.RowMapping;
import java.lang.foreign.MemorySegment;
import java.util.List;

/// Records that an update takes over from segments of the same coding, without a look at the
/// vectors.
///
/// @param segments that they are in
/// @param moved where rows have gone, and which are dead
/// @param from for each new partition the one whose records are its own, -1 for none
record Kept(List<IvfIndex> segments, RowMapping moved, int[] from) {

  static final Kept NONE = new Kept(List.of(), RowMapping.IDENTITY, new int[0]);

  /// Room that the records of a partition take at the most.
  long rows(int partition) {
    long rows = 0;
    for (IvfIndex segment : segments) {
      rows += from[partition] < 0 ? 0 : segment.partitionRows(from[partition]);
    }
    return rows;
  }

  /// Copies the records of rows that are alive, and their ids.
  ///
  /// @return how many there are
  int copy(int partition, long[] ids, MemorySegment records) {
    int filled = 0;
    for (IvfIndex segment : segments) {
      if (from[partition] >= 0) {
        long at = (long) filled * segment.model().codec().recordBytes();
        filled +=
            segment.copyRecords(
                from[partition], moved.in(segment), ids, filled, records.asSlice(at));
      }
    }
    return filled;
  }
}
