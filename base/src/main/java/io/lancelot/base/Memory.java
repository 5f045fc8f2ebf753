package io.lancelot.base;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/// A budget of native memory, shared by everything that works for one connection.
///
/// Memory is handed out in blocks of at least 64 KiB, and blocks given back are kept for the next
/// taker, so that a query neither allocates nor clears memory in the steady state. Users of memory
/// do not deal with blocks but with a [Scratch]. Thread-safe.
public final class Memory implements AutoCloseable {

  static final long MIN_BLOCK = 64 << 10;

  /// In checked mode blocks are never reused and are unmapped as soon as they are given back, so
  /// that reading memory after its time fails instead of yielding other data. On in tests:
  /// `-Dlancelot.memory.checked=true`.
  static final boolean CHECKED = Boolean.getBoolean("lancelot.memory.checked");

  record Block(Arena arena, MemorySegment segment) {}

  private final @Nullable Memory whole;
  private final long limitBytes;
  private final ReentrantLock lock = new ReentrantLock();
  private final ArrayDeque<Block>[] free;
  private long usedBytes;
  private long idleBytes;
  private long peakBytes;
  private boolean closed;

  @SuppressWarnings({"unchecked", "rawtypes"})
  private Memory(@Nullable Memory whole, long limitBytes) {
    this.whole = whole;
    this.limitBytes = limitBytes;
    this.free = new ArrayDeque[4 * Long.SIZE];
    for (int i = 0; i < free.length; i++) {
      free[i] = new ArrayDeque<>();
    }
  }

  /// A budget of at most `limitBytes` in use at once.
  public static Memory ofLimit(long limitBytes) {
    return new Memory(null, checked(limitBytes));
  }

  private static long checked(long limitBytes) {
    if (limitBytes < MIN_BLOCK) {
      throw new InvalidInputException(
          "memory budget too small: expected at least "
              + MIN_BLOCK
              + " bytes, found "
              + limitBytes);
    }
    return limitBytes;
  }

  /// A part of this budget. What is taken of it counts here too; its own limit leaves room for
  /// those who take from the whole. It needs no closing.
  public Memory part(long limitBytes) {
    return new Memory(this, checked(limitBytes));
  }

  /// A scratch area that draws on this budget. Close it to give its memory back.
  public Scratch scratch() {
    return new Scratch(this);
  }

  public long limitBytes() {
    return limitBytes;
  }

  /// Bytes handed out and not yet given back: zero when nobody is at work, which is how tests find
  /// leaks.
  public long usedBytes() {
    lock.lock();
    try {
      return usedBytes;
    } finally {
      lock.unlock();
    }
  }

  /// The most that was in use at once.
  public long peakBytes() {
    lock.lock();
    try {
      return peakBytes;
    } finally {
      lock.unlock();
    }
  }

  /// Four sizes to every doubling, so that a block is at most a quarter larger than what was asked
  /// for. Blocks beyond a quarter of the budget are not kept and have exactly the size asked for.
  private static int sizeClass(long bytes) {
    long last = Math.max(bytes, MIN_BLOCK) - 1;
    int log = Long.SIZE - 1 - Long.numberOfLeadingZeros(last);
    return 4 * log + (int) (last >>> (log - 2) & 3);
  }

  /// The largest size of a class.
  private static long sizeOf(int sizeClass) {
    return (5L + (sizeClass & 3)) << ((sizeClass >>> 2) - 2);
  }

  private ResourceExhaustedException exhausted(long needed, long used) {
    return new ResourceExhaustedException(
        "memory budget exceeded: needed="
            + needed
            + ", in use="
            + used
            + ", budget="
            + limitBytes
            + " bytes");
  }

  Block take(long atLeastBytes) {
    if (atLeastBytes > limitBytes) {
      throw exhausted(atLeastBytes, usedBytes());
    }
    return whole == null ? takeOwn(atLeastBytes) : takeOf(whole, atLeastBytes);
  }

  private Block takeOf(Memory other, long atLeastBytes) {
    Block block = other.take(atLeastBytes);
    long size = block.segment().byteSize();
    long used;
    lock.lock();
    try {
      used = usedBytes;
      if (size <= limitBytes - used) {
        usedBytes += size;
        peakBytes = Math.max(peakBytes, usedBytes);
        return block;
      }
    } finally {
      lock.unlock();
    }
    other.give(block);
    throw exhausted(size, used);
  }

  private Block takeOwn(long atLeastBytes) {
    boolean pooled = atLeastBytes <= limitBytes / 4;
    int sizeClass = sizeClass(atLeastBytes);
    long size = pooled ? sizeOf(sizeClass) : (Math.max(atLeastBytes, MIN_BLOCK) + 63) & -64;
    lock.lock();
    try {
      if (closed) {
        throw new InvalidInputException(
            "connection is closed: expected=an open one, found=memory that was given back");
      }
      if (size < 0 || size > limitBytes - usedBytes) {
        throw exhausted(size, usedBytes);
      }
      Block kept = pooled ? free[sizeClass].pollLast() : null;
      if (kept != null) {
        idleBytes -= size;
      }
      usedBytes += size;
      peakBytes = Math.max(peakBytes, usedBytes);
      if (kept != null) {
        return kept;
      }
      while (usedBytes + idleBytes > limitBytes) {
        dropLargestIdle();
      }
    } finally {
      lock.unlock();
    }
    // Blocks cross threads: one fills them, another reads or frees them.
    Arena arena = Arena.ofShared();
    try {
      return new Block(arena, arena.allocate(size, 64));
    } catch (OutOfMemoryError e) {
      arena.close();
      lock.lock();
      try {
        usedBytes -= size;
      } finally {
        lock.unlock();
      }
      throw new ResourceExhaustedException(
          "the system refused native memory: needed=" + size + " bytes", e);
    }
  }

  void give(Block block) {
    long size = block.segment().byteSize();
    lock.lock();
    try {
      usedBytes -= size;
      if (whole == null && !CHECKED && !closed && size <= limitBytes / 4) {
        free[sizeClass(size)].addLast(block);
        idleBytes += size;
        return;
      }
    } finally {
      lock.unlock();
    }
    if (whole == null) {
      block.arena().close();
    } else {
      whole.give(block);
    }
  }

  private void dropLargestIdle() {
    for (int i = free.length - 1; i >= 0; i--) {
      Block idle = free[i].pollLast();
      if (idle != null) {
        idleBytes -= idle.segment().byteSize();
        idle.arena().close();
        return;
      }
    }
    throw new IllegalStateException("idle memory counted but not found: " + idleBytes);
  }

  /// Frees the idle blocks; blocks still out are freed when they come back.
  @Override
  public void close() {
    lock.lock();
    try {
      closed = true;
      while (idleBytes > 0) {
        dropLargestIdle();
      }
    } finally {
      lock.unlock();
    }
  }
}
