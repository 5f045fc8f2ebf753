package io.lancelot.storage;

import io.lancelot.base.CorruptDataException;
import io.lancelot.storage.ObjectReader.Range;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/// What every reader does with ranges: check them, and read neighbours in one go.
public final class ReadRanges {

  /// Bytes worth reading for nothing to save a request to a local disk; more loses.
  public static final long LOCAL_GAP_BYTES = 16 << 10;

  private ReadRanges() {}

  /// Checks that a range, which usually comes from a file and may be nonsense, lies inside the
  /// object.
  ///
  /// @throws CorruptDataException if it does not
  public static void check(String path, long sizeBytes, long position, long length) {
    if ((position | length) < 0 || position > sizeBytes - length) {
      throw new CorruptDataException(
          "range outside the object: expected=bytes "
              + position
              + "+"
              + length
              + ", found="
              + sizeBytes
              + " bytes (path="
              + path
              + ")");
    }
  }

  /// Views `ranges` in their order, with one [ObjectReader#view] for all that lie no more than
  /// `maxGapBytes` apart. What lies between two neighbours costs memory of `allocator`, too.
  public static List<MemorySegment> view(
      ObjectReader reader, List<Range> ranges, long maxGapBytes, SegmentAllocator allocator) {
    for (Range range : ranges) {
      check(reader.path(), reader.sizeBytes(), range.position(), range.length());
    }
    Integer[] order = new Integer[ranges.size()];
    Arrays.setAll(order, i -> i);
    Arrays.sort(order, Comparator.comparingLong(i -> ranges.get(i).position()));
    MemorySegment[] found = new MemorySegment[order.length];
    int first = 0;
    while (first < order.length) {
      long start = ranges.get(order[first]).position();
      long end = start + ranges.get(order[first]).length();
      int next = first + 1;
      while (next < order.length && ranges.get(order[next]).position() - end <= maxGapBytes) {
        Range range = ranges.get(order[next]);
        end = Math.max(end, range.position() + range.length());
        next++;
      }
      MemorySegment merged = reader.view(start, end - start, allocator);
      for (; first < next; first++) {
        Range range = ranges.get(order[first]);
        found[order[first]] = merged.asSlice(range.position() - start, range.length());
      }
    }
    return List.of(found);
  }
}
