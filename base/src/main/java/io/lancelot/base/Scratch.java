package io.lancelot.base;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.util.ArrayList;
import java.util.List;

/// A bump allocator for the memory of one batch, one page or one operation. Its memory is **not**
/// cleared.
///
/// [#reset()] ends the life of everything allocated so far and makes the memory available again;
/// [#close()] gives it back to the [Memory] it came from. Not thread-safe: one owner, one thread at
/// a time; the memory itself may be read from any thread.
public final class Scratch implements SegmentAllocator, AutoCloseable {

  private static final long ALIGNMENT = 64;

  private final Memory memory;
  private final List<Memory.Block> blocks = new ArrayList<>();
  private int current = -1;
  private long position;

  Scratch(Memory memory) {
    this.memory = memory;
  }

  /// The budget this scratch draws on.
  public Memory memory() {
    return memory;
  }

  /// `bytes` of uninitialised memory, aligned to 64 bytes, valid until [#reset()] or [#close()].
  public MemorySegment allocateBytes(long bytes) {
    return allocate(bytes, ALIGNMENT);
  }

  /// @throws ResourceExhaustedException if the budget does not allow it; this scratch stays as it
  ///   was
  @Override
  public MemorySegment allocate(long bytes, long alignment) {
    if (bytes < 0 || alignment > ALIGNMENT) {
      throw new IllegalArgumentException(
          "allocation of " + bytes + " bytes aligned to " + alignment);
    }
    while (current >= 0) {
      MemorySegment block = blocks.get(current).segment();
      if (bytes <= block.byteSize() - position) {
        MemorySegment result = block.asSlice(position, bytes);
        position = (position + bytes + ALIGNMENT - 1) & -ALIGNMENT;
        return result;
      }
      if (current + 1 == blocks.size()) {
        break;
      }
      current++;
      position = 0;
    }
    Memory.Block fresh = takeBlock(bytes);
    blocks.add(fresh);
    current = blocks.size() - 1;
    position = (bytes + ALIGNMENT - 1) & -ALIGNMENT;
    return fresh.segment().asSlice(0, bytes);
  }

  /// Blocks double up to 4 MiB, unless only less is left of the budget.
  private Memory.Block takeBlock(long bytes) {
    long grown = current < 0 ? 0 : Math.min(blocks.get(current).segment().byteSize() * 2, 4L << 20);
    if (grown > bytes) {
      try {
        return memory.take(grown);
      } catch (ResourceExhaustedException e) {
        return memory.take(bytes);
      }
    }
    return memory.take(bytes);
  }

  /// Bytes of native memory this scratch holds.
  public long heldBytes() {
    long sum = 0;
    for (Memory.Block block : blocks) {
      sum += block.segment().byteSize();
    }
    return sum;
  }

  /// Ends the life of everything allocated so far. The memory stays here for the next round.
  public void reset() {
    if (Memory.CHECKED) {
      close();
      return;
    }
    current = blocks.isEmpty() ? -1 : 0;
    position = 0;
  }

  /// Gives all memory back. The scratch can be used again afterwards.
  @Override
  public void close() {
    current = -1;
    position = 0;
    while (!blocks.isEmpty()) {
      memory.give(blocks.removeLast());
    }
  }
}
