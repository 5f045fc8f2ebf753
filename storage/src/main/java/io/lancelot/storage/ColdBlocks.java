package io.lancelot.storage;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.util.concurrent.atomic.AtomicLongArray;

/// Which blocks of a mapped file the system has in memory, as far as that can be told.
///
/// Touching a mapped page that is not there costs a request for little more than the page, so
/// blocks are read through the channel before they are touched for the first time. How long that
/// takes tells whether they were there already; while they are, only now and then one is tried.
/// Thread-safe: that two threads read a block is all that can happen.
final class ColdBlocks {

  private static final int BLOCK_BITS = 14;

  /// One request at most. Larger ones are no faster.
  private static final int MAX_REQUEST_BLOCKS = 32;

  /// A request that takes less was answered from memory.
  private static final long WARM_NANOS = 30_000;

  /// So many warm requests on end mean that the file is in memory; then every so manieth is tried.
  private static final int WARM_STREAK = 8;

  private static final int TRIED = 64;

  private final FileChannel channel;
  private final String path;
  private final long sizeBytes;
  private final AtomicLongArray known;
  private volatile int warm;
  private volatile int calls;

  ColdBlocks(FileChannel channel, String path, long sizeBytes) {
    this.channel = channel;
    this.path = path;
    this.sizeBytes = sizeBytes;
    known = new AtomicLongArray((int) ((sizeBytes >>> BLOCK_BITS) / Long.SIZE + 1));
  }

  boolean any() {
    if (warm < WARM_STREAK) {
      return true;
    }
    int call = calls;
    calls = call + 1;
    return call % TRIED == 0;
  }

  /// Has the system get a range, which lies inside the file.
  void expect(long position, long length) throws IOException {
    long end = (position + length + (1 << BLOCK_BITS) - 1) >>> BLOCK_BITS;
    long block = position >>> BLOCK_BITS;
    while (block < end) {
      long to = block;
      while (to < end && to - block < MAX_REQUEST_BLOCKS && !isKnown(to)) {
        to++;
      }
      if (to == block) {
        block++;
        continue;
      }
      fetch(block, to);
      block = to;
    }
  }

  private void fetch(long from, long to) throws IOException {
    long start = from << BLOCK_BITS;
    long length = Math.min(to << BLOCK_BITS, sizeBytes) - start;
    long began = System.nanoTime();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment target = arena.allocate(length, 8);
      MappedReader.readFully(channel, path, start, target);
    }
    long blocks = to - from;
    boolean wasWarm = System.nanoTime() - began < WARM_NANOS * (1 + blocks / 8);
    warm = wasWarm ? Math.min(warm + 1, WARM_STREAK) : 0;
    for (long block = from; block < to; block++) {
      markKnown(block);
    }
  }

  private boolean isKnown(long block) {
    return (known.get((int) (block >>> 6)) & 1L << block) != 0;
  }

  private void markKnown(long block) {
    known.accumulateAndGet((int) (block >>> 6), 1L << block, (word, bit) -> word | bit);
  }
}
