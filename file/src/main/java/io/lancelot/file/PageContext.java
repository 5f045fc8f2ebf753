package io.lancelot.file;

import io.lancelot.base.CorruptDataException;
import io.lancelot.base.UnsupportedFeatureException;
import io.lancelot.storage.ObjectReader;
import io.lancelot.storage.ObjectReader.Range;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.util.List;

/// Where a page lies and what to call it in messages.
///
/// @param file the data file
/// @param column name of the field that owns the page
/// @param page number of the page in its column
/// @param positions file positions of the page's buffers, checked to lie inside the file
/// @param sizes their lengths in bytes
/// @param rows length of the page: items of its outermost layer
record PageContext(
    ObjectReader file, String column, int page, long[] positions, long[] sizes, long rows) {

  int bufferCount() {
    return positions.length;
  }

  /// A whole buffer.
  MemorySegment buffer(int index, SegmentAllocator allocator) {
    requireBuffer(index);
    expect(index, 0, sizes[index]);
    return file.view(positions[index], sizes[index], allocator);
  }

  /// Bytes `[from, from + length)` of a buffer.
  MemorySegment buffer(int index, long from, long length, SegmentAllocator allocator) {
    requireBuffer(index);
    if (from < 0 || length < 0 || from > sizes[index] - length) {
      throw corrupt("range of page buffer " + index, "inside " + sizes[index], from + "+" + length);
    }
    return file.view(positions[index] + from, length, allocator);
  }

  /// Says that bytes `[from, from + length)` of a buffer, which lie inside it, are about to be
  /// read.
  void expect(int index, long from, long length) {
    if (file.mayBeCold()) {
      file.expect(List.of(range(index, from, length)));
    }
  }

  /// Where bytes `[from, from + length)` of a buffer, which lie inside it, lie in the file.
  Range range(int index, long from, long length) {
    requireBuffer(index);
    return new Range(positions[index] + from, length);
  }

  long size(int index) {
    requireBuffer(index);
    return sizes[index];
  }

  private void requireBuffer(int index) {
    if (index >= positions.length) {
      throw corrupt("page buffers", "more than " + index, positions.length);
    }
  }

  void require(boolean holds, String what, Object expected, Object found) {
    if (!holds) {
      throw corrupt(what, expected, found);
    }
  }

  CorruptDataException corrupt(String what, Object expected, Object found) {
    return new CorruptDataException(
        what + ": expected=" + expected + ", found=" + found + " " + place());
  }

  UnsupportedFeatureException unsupported(String what) {
    return new UnsupportedFeatureException(what + " is not supported " + place());
  }

  String place() {
    return "(path=" + file.path() + ", column=" + column + ", page=" + page + ")";
  }
}
