package io.lancelot.columnar.ipc;

import io.lancelot.base.Memory;
import io.lancelot.base.Scratch;
import java.lang.foreign.MemorySegment;
import java.util.function.Consumer;

/// Memory for bytes whose number is told before they come. Takes more as they come in, so that a
/// length that is damaged, or a sender who goes silent, holds little: at most five times of what
/// was received, and at least [#FIRST_STEP].
final class Arrivals implements AutoCloseable {

  private static final long FIRST_STEP = 256 << 10;
  private static final int GROWTH = 4;

  private final Memory memory;
  private final Consumer<MemorySegment> source;
  private Scratch held;
  private long roomBytes = FIRST_STEP;

  /// @param source fills what it is given
  Arrivals(Memory memory, Consumer<MemorySegment> source) {
    this.memory = memory;
    this.source = source;
    this.held = memory.scratch();
  }

  /// The next bytes, valid until the next call.
  MemorySegment read(long length) {
    if (length == 0) {
      return MemorySegment.NULL;
    }
    held.reset();
    MemorySegment bytes = held.allocateBytes(Math.min(length, roomBytes));
    source.accept(bytes);
    while (bytes.byteSize() < length) {
      long have = bytes.byteSize();
      Scratch larger = memory.scratch();
      try {
        MemorySegment more = larger.allocateBytes(Math.min(length, have * GROWTH));
        MemorySegment.copy(bytes, 0, more, 0, have);
        bytes = more;
      } catch (RuntimeException e) {
        larger.close();
        throw e;
      }
      held.close();
      held = larger;
      roomBytes = bytes.byteSize();
      source.accept(bytes.asSlice(have));
    }
    return bytes;
  }

  @Override
  public void close() {
    held.close();
  }
}
