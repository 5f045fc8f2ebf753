package io.lancelot.storage;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.util.List;

/// An open object. Thread-safe; closing it ends the life of the segments of [#view], and every
/// later call is an [io.lancelot.base.InvalidInputException].
///
/// An open object keeps its bytes when its name is deleted or replaced. One that somebody cuts
/// short in place, against the rule that objects never change, is a
/// [io.lancelot.base.CorruptDataException] wherever the reader itself touches the bytes; a caller
/// that reads lost bytes from a view of a mapped file sees the `InternalError` of the JVM.
public interface ObjectReader extends AutoCloseable {

  /// The object's path in its store, for messages.
  String path();

  long sizeBytes();

  /// The bytes `[position, position + length)` without a copy where the store can (a mapped file,
  /// an object already in memory), else copied into memory from `allocator`. The segment is
  /// read-only, native, and valid while both this reader and the allocator's memory are.
  ///
  /// @throws io.lancelot.base.CorruptDataException if the range does not lie inside the object
  MemorySegment view(long position, long length, SegmentAllocator allocator);

  /// Copies the bytes at `position` into `target`, filling it, with positional reads where the
  /// object is not in memory: when that is cold, cheaper than [#view] for a few scattered bytes.
  ///
  /// @throws io.lancelot.base.CorruptDataException if the range does not lie inside the object
  void read(long position, MemorySegment target);

  /// Views several ranges, neighbours merged into one request; results are in the order of
  /// `ranges`.
  ///
  /// @throws io.lancelot.base.CorruptDataException if a range does not lie inside the object
  default List<MemorySegment> viewAll(List<Range> ranges, SegmentAllocator allocator) {
    return ReadRanges.view(this, ranges, ReadRanges.LOCAL_GAP_BYTES, allocator);
  }

  /// Says that ranges are about to be read by way of [#view]. A reader that would get them page by
  /// page, each when it is touched, gets them now in few large requests, several at once; those it
  /// got before, or that prove to be in memory, cost next to nothing.
  ///
  /// @throws io.lancelot.base.CorruptDataException if a range does not lie inside the object
  default void expect(List<Range> ranges) {
    for (Range range : ranges) {
      ReadRanges.check(path(), sizeBytes(), range.position(), range.length());
    }
  }

  /// Whether calling [#expect] may save time: not while what was read lately was in memory.
  default boolean mayBeCold() {
    return false;
  }

  @Override
  void close();

  /// @param position first byte
  /// @param length number of bytes
  record Range(long position, long length) {}
}
