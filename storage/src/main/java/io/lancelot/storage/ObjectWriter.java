package io.lancelot.storage;

import java.lang.foreign.MemorySegment;

/// A new object under way. Not thread-safe. Closing it without [#finish] abandons it and leaves
/// nothing behind.
public interface ObjectWriter extends AutoCloseable {

  String path();

  /// Bytes written so far: the position of the next byte.
  long position();

  /// Appends bytes, native or on the heap; they may be reused as soon as this returns.
  void write(MemorySegment bytes);

  /// Makes the object visible and durable. Nothing can be written afterwards, also not if this
  /// fails.
  void finish();

  @Override
  void close();
}
