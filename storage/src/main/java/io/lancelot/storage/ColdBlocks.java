package io.lancelot.storage;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Phaser;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

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

  /// Requests under way at once for scattered ranges: what disks and their networks like best.
  private static final int MAX_REQUESTS = 16;

  /// Threads that do nothing but wait for reads, which must not keep cores from others. Virtual
  /// ones would wait for each other: reads of files hold their carriers.
  private static final ThreadPoolExecutor WAITING =
      new ThreadPoolExecutor(
          MAX_REQUESTS - 1,
          MAX_REQUESTS - 1,
          1,
          TimeUnit.SECONDS,
          new LinkedBlockingQueue<>(),
          Thread.ofPlatform().daemon().name("lancelot-read-", 0).factory());

  static {
    WAITING.allowCoreThreadTimeOut(true);
  }

  private final FileChannel channel;
  private final String path;
  private final long sizeBytes;
  private final int blocks;
  private final AtomicLongArray known;
  private final AtomicInteger knownBlocks = new AtomicInteger();
  private volatile int warm;
  private volatile int calls;

  ColdBlocks(FileChannel channel, String path, long sizeBytes) {
    this.channel = channel;
    this.path = path;
    this.sizeBytes = sizeBytes;
    blocks = (int) ((sizeBytes + (1 << BLOCK_BITS) - 1) >>> BLOCK_BITS);
    known = new AtomicLongArray(blocks / Long.SIZE + 1);
  }

  boolean any() {
    if (knownBlocks.get() >= blocks) {
      return false;
    }
    if (warm < WARM_STREAK) {
      return true;
    }
    int call = calls;
    calls = call + 1;
    return call % TRIED == 0;
  }

  /// Has the system get ranges, which lie inside the file: several at once as soon as one of them
  /// turns out not to be in memory.
  void expect(List<ObjectReader.Range> ranges) throws IOException {
    List<Request> requests = new ArrayList<>();
    for (ObjectReader.Range range : ranges) {
      missing(range.position(), range.length(), requests);
    }
    for (int i = 0; i < requests.size(); i++) {
      if (!fetch(requests.get(i))) {
        fetchAtOnce(requests.subList(i + 1, requests.size()));
        return;
      }
    }
  }

  /// @param from the first block
  /// @param to behind the last block
  private record Request(long from, long to) {}

  /// What is not known of a range and not asked for by the last request.
  private void missing(long position, long length, List<Request> requests) {
    long end = (position + length + (1 << BLOCK_BITS) - 1) >>> BLOCK_BITS;
    long asked = requests.isEmpty() ? 0 : requests.getLast().to;
    long block = position >>> BLOCK_BITS;
    if (!requests.isEmpty() && requests.getLast().from <= block) {
      block = Math.max(block, asked);
    }
    while (block < end) {
      long to = block;
      while (to < end && to - block < MAX_REQUEST_BLOCKS && !isKnown(to)) {
        to++;
      }
      if (to > block) {
        requests.add(new Request(block, to));
      }
      block = Math.max(to, block + 1);
    }
  }

  private void fetchAtOnce(List<Request> requests) throws IOException {
    AtomicInteger next = new AtomicInteger();
    AtomicReference<@Nullable Exception> failure = new AtomicReference<>();
    Runnable work =
        () -> {
          try {
            for (int i = next.getAndIncrement(); i < requests.size(); i = next.getAndIncrement()) {
              fetch(requests.get(i));
            }
          } catch (IOException | RuntimeException e) {
            failure.compareAndSet(null, e);
            next.set(requests.size());
          }
        };
    // Ends when the caller and all who began are done; who comes later finds it ended.
    Phaser reading = new Phaser(1);
    for (int i = 1; i < Math.min(MAX_REQUESTS, requests.size()); i++) {
      WAITING.execute(() -> {
        if (reading.register() >= 0) {
          try {
            work.run();
          } finally {
            reading.arriveAndDeregister();
          }
        }
      });
    }
    try {
      work.run();
    } finally {
      reading.awaitAdvance(reading.arriveAndDeregister());
    }
    switch (failure.get()) {
      case null -> {}
      case IOException failed -> throw failed;
      case RuntimeException failed -> throw failed;
      case Exception failed -> throw new IllegalStateException(failed);
    }
  }

  /// Reads blocks; whether they were in memory already.
  private boolean fetch(Request request) throws IOException {
    long start = request.from << BLOCK_BITS;
    long length = Math.min(request.to << BLOCK_BITS, sizeBytes) - start;
    long began = System.nanoTime();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment target = arena.allocate(length, 8);
      MappedReader.readFully(channel, path, start, target);
    }
    long count = request.to - request.from;
    boolean wasWarm = System.nanoTime() - began < WARM_NANOS * (1 + count / 8);
    warm = wasWarm ? Math.min(warm + 1, WARM_STREAK) : 0;
    for (long block = request.from; block < request.to; block++) {
      markKnown(block);
    }
    return wasWarm;
  }

  private boolean isKnown(long block) {
    return (known.get((int) (block >>> 6)) & 1L << block) != 0;
  }

  private void markKnown(long block) {
    long bit = 1L << block;
    long before = known.getAndAccumulate((int) (block >>> 6), bit, (word, added) -> word | added);
    if ((before & bit) == 0) {
      knownBlocks.incrementAndGet();
    }
  }
}
