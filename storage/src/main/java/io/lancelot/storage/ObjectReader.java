package io.lancelot.storage;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.util.List;

/// An open object. Thread-safe; closing it ends the life of the segments of [#view].
public interface ObjectReader extends AutoCloseable {

  /// The object's path in its store, for messages.
  String path();

  long sizeBytes();

  /// The bytes `[position, position + length)` without a copy where the store can (a mapped file),
  /// else copied into memory from `allocator`. The segment is read-only, native, and valid while
  /// both this reader and the allocator's memory are.
  ///
  /// @throws io.lancelot.base.CorruptDataException if the range does not lie inside the object
  MemorySegment view(long position, long length, SegmentAllocator allocator);

  /// Copies the bytes at `position` into `target` with positional reads, filling it: cheaper than
  /// [#view] for a few scattered bytes of a file that is not in memory.
  void read(long position, MemorySegment target);

  /// Reads several ranges, neighbours merged into one request; results are in the order of
  /// `ranges`.
  List<MemorySegment> viewAll(List<Range> ranges, SegmentAllocator allocator);

  @Override
  void close();

  /// @param position first byte
  /// @param length number of bytes
  record Range(long position, long length) {}
}
