package io.lancelot.file;

import io.lancelot.base.ResourceExhaustedException;
import io.lancelot.base.Scratch;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/// Native memory that is reused from chunk to chunk and grows as needed.
///
/// Small pieces belong to the garbage collector: a reader of a column has no end of life of its
/// own. Large ones, which only unusual or damaged files need, come from the scratch of the read and
/// so count towards the memory budget.
final class GrowingMemory {

  private static final long OWN_BYTES = 1 << 20;

  private final boolean lasting;
  private MemorySegment own = MemorySegment.NULL;

  GrowingMemory() {
    this(false);
  }

  private GrowingMemory(boolean lasting) {
    this.lasting = lasting;
  }

  /// Memory that outlives the scratch of a read, whatever its size.
  static GrowingMemory lasting() {
    return new GrowingMemory(true);
  }

  /// At least `bytes` with arbitrary contents.
  MemorySegment take(long bytes, Scratch scratch) {
    if (bytes > OWN_BYTES && !lasting) {
      return scratch.allocateBytes(bytes);
    }
    check(bytes, scratch);
    if (own.byteSize() < bytes) {
      long size = lasting ? bytes : Math.max(16 << 10, Long.highestOneBit(bytes - 1) << 1);
      own = Arena.ofAuto().allocate(size, 64);
    }
    return own;
  }

  /// Fails for a size that no memory budget would bear.
  static void check(long bytes, Scratch scratch) {
    if (bytes < 0 || bytes > scratch.memory().limitBytes()) {
      throw new ResourceExhaustedException(
          "memory budget exceeded: needed="
              + Long.toUnsignedString(bytes)
              + ", budget="
              + scratch.memory().limitBytes()
              + " bytes");
    }
  }
}
