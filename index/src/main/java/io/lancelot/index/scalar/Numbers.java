package io.lancelot.index.scalar;

import io.lancelot.columnar.FixedColumn;
import io.lancelot.columnar.Types;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.util.List;

/// Columns of numbers.
final class Numbers {

  private Numbers() {}

  static FixedColumn ints(List<Long> numbers, SegmentAllocator memory) {
    MemorySegment data = memory.allocate(4L * numbers.size(), 8);
    for (int i = 0; i < numbers.size(); i++) {
      data.set(FixedColumn.INT, 4L * i, numbers.get(i).intValue());
    }
    return new FixedColumn(Types.UINT32, numbers.size(), data, null);
  }

  static FixedColumn longs(List<Long> numbers, SegmentAllocator memory) {
    MemorySegment data = memory.allocate(8L * numbers.size(), 8);
    for (int i = 0; i < numbers.size(); i++) {
      data.set(FixedColumn.LONG, 8L * i, numbers.get(i));
    }
    return new FixedColumn(Types.UINT64, numbers.size(), data, null);
  }
}
