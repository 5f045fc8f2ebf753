package io.lancelot.storage;

import io.lancelot.base.InvalidInputException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import org.jspecify.annotations.Nullable;

/// An object that is whole in native memory.
///
/// Its memory is left to the garbage collector: a shared arena of its own would cost each small
/// file a handshake with all threads (33 µs instead of 3 for open and read). Tests run with
/// `-Dlancelot.memory.checked=true`, which pays that price to catch reads after the close.
final class SegmentReader implements ObjectReader {

  private static final boolean CHECKED = Boolean.getBoolean("lancelot.memory.checked");

  private final String path;
  private final MemorySegment bytes;
  private final @Nullable Arena owned;
  private volatile boolean closed;

  private SegmentReader(String path, MemorySegment bytes, @Nullable Arena owned) {
    this.path = path;
    this.bytes = bytes.asReadOnly();
    this.owned = owned;
  }

  /// Fills fresh memory with an object's bytes.
  @FunctionalInterface
  interface Filler<E extends Exception> {
    void fill(MemorySegment target) throws E;
  }

  static <E extends Exception> SegmentReader filled(String path, long sizeBytes, Filler<E> filler)
      throws E {
    Arena arena = CHECKED ? Arena.ofShared() : Arena.ofAuto();
    boolean filled = false;
    try {
      MemorySegment bytes = arena.allocate(sizeBytes, 64);
      filler.fill(bytes);
      filled = true;
      return new SegmentReader(path, bytes, CHECKED ? arena : null);
    } finally {
      if (!filled && CHECKED) {
        arena.close();
      }
    }
  }

  /// A reader of memory that lives at least as long as anybody can reach it.
  static SegmentReader of(String path, MemorySegment bytes) {
    if (CHECKED) {
      return filled(path, bytes.byteSize(), target -> target.copyFrom(bytes));
    }
    return new SegmentReader(path, bytes, null);
  }

  @Override
  public String path() {
    return path;
  }

  @Override
  public long sizeBytes() {
    return bytes.byteSize();
  }

  @Override
  public MemorySegment view(long position, long length, SegmentAllocator allocator) {
    check(position, length);
    return bytes.asSlice(position, length);
  }

  @Override
  public void read(long position, MemorySegment target) {
    check(position, target.byteSize());
    try {
      MemorySegment.copy(bytes, position, target, 0, target.byteSize());
    } catch (IllegalStateException e) {
      if (closed) {
        throw closedReader(path);
      }
      throw e;
    }
  }

  private void check(long position, long length) {
    if (closed) {
      throw closedReader(path);
    }
    ReadRanges.check(path, bytes.byteSize(), position, length);
  }

  static InvalidInputException closedReader(String path) {
    return new InvalidInputException(
        "reader is closed: expected=an open reader, found=a closed one (path=" + path + ")");
  }

  @Override
  public void close() {
    synchronized (this) {
      if (closed) {
        return;
      }
      closed = true;
    }
    if (owned != null) {
      owned.close();
    }
  }
}
