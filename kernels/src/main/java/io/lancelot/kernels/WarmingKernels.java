package io.lancelot.kernels;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicIntegerArray;

/// Plain kernels first, vector kernels as soon as they are the faster ones.
///
/// Until C2 has compiled a loop of vectors each of its operations makes an object, so that the
/// first calls in a fresh JVM run 50 to 150 times slower than plain Java. Therefore the first use
/// of a kernel only starts a thread that runs both twins on made-up rows; once the vector twin has
/// won three times in a row against the best time of the plain one, all later calls take it. A
/// kernel that does not win within its time starts over at its next use.
/// `-Dlancelot.kernels.warmup=off` takes vectors from the first call.
final class WarmingKernels implements DistanceKernels {

  private static final Logger LOG = System.getLogger(WarmingKernels.class.getName());
  private static final int COLD = 0;
  private static final int WARMING = 1;
  private static final int READY = 2;

  /// Enough rows to time a call, few enough to stay in the first-level cache.
  private static final int ROWS = 64;

  /// A length that enters every loop of a kernel at 256 and 512 bits. A loop never entered while
  /// warming would be compiled into a trap, and throw the code away at the first query to need it.
  private static final int ALL_LOOPS = 16 * 8 + 16 + 3;

  /// Calls of few rows between timings: what the compiler counts is calls, and each row is slow.
  private static final int LESSONS = 50;

  private static final int LESSON_ROWS = 4;
  private static final int WINS = 3;
  private static final long SETTLED_NANOS = 30_000_000L;
  private static final long PATIENCE_NANOS = 10_000_000_000L;

  private final DistanceKernels plain;
  private final DistanceKernels vector;
  private final AtomicIntegerArray states = new AtomicIntegerArray(QueryVector.kernelCount());
  private final ThreadPoolExecutor warmer;

  WarmingKernels(DistanceKernels plain, DistanceKernels vector) {
    this.plain = plain;
    this.vector = vector;
    this.warmer =
        new ThreadPoolExecutor(
            0,
            1,
            1,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            task -> {
              Thread thread = new Thread(task, "lancelot-kernel-warmup");
              thread.setDaemon(true);
              return thread;
            });
  }

  @Override
  public String name() {
    return vector.name();
  }

  /// Whether queries of this metric and type already run on vectors.
  boolean ready(QueryVector query) {
    return states.getAcquire(query.kernel()) == READY;
  }

  /// Starts to warm the kernel that a query needs, unless that has begun, and waits until it is
  /// fast.
  ///
  /// @return whether it became fast in time
  boolean await(QueryVector query, Duration patience) throws InterruptedException {
    int kernel = query.kernel();
    start(query);
    long deadline = System.nanoTime() + patience.toNanos();
    while (states.getAcquire(kernel) == WARMING && System.nanoTime() < deadline) {
      TimeUnit.MILLISECONDS.sleep(1);
    }
    return states.getAcquire(kernel) == READY;
  }

  private void start(QueryVector query) {
    int kernel = query.kernel();
    if (states.getAcquire(kernel) == COLD && states.compareAndSet(kernel, COLD, WARMING)) {
      warmer.execute(() -> warm(query.metric(), query.type(), query.dim()));
    }
  }

  @Override
  public void distances(
      QueryVector query, MemorySegment data, long base, int[] rows, int count, float[] out) {
    int kernel = query.kernel();
    int state = states.getAcquire(kernel);
    if (state == READY) {
      vector.distances(query, data, base, rows, count, out);
      return;
    }
    if (state == COLD) {
      start(query);
    }
    plain.distances(query, data, base, rows, count, out);
  }

  private void warm(Metric metric, ElementType type, int dim) {
    QueryVector usual = madeUp(metric, type, dim);
    QueryVector odd = madeUp(metric, type, ALL_LOOPS);
    long start = System.nanoTime();
    try (Arena arena = Arena.ofShared()) {
      MemorySegment data = arena.allocate(ROWS * Math.max(usual.rowBytes(), odd.rowBytes()));
      int[] rows = new int[ROWS];
      for (int i = 0; i < ROWS; i++) {
        rows[i] = i;
      }
      float[] out = new float[ROWS];
      MemorySegment mapped = mapped(odd.rowBytes() * LESSON_ROWS, arena).orElse(data);
      long bestPlain = settle(usual, data, rows, out);
      int wins = 0;
      while (wins < WINS && System.nanoTime() - start < PATIENCE_NANOS) {
        for (int i = 0; i < LESSONS && wins == 0; i++) {
          vector.distances(odd, (i & 1) == 0 ? data : mapped, 0, rows, LESSON_ROWS, out);
        }
        bestPlain = Math.min(bestPlain, time(plain, usual, data, rows, out));
        wins = time(vector, usual, data, rows, out) < bestPlain ? wins + 1 : 0;
      }
      // A machine too busy to let the compiler in says nothing of the kernel: the next use tries
      // again.
      states.setRelease(usual.kernel(), wins == WINS ? READY : COLD);
      LOG.log(
          Level.DEBUG,
          "kernel {0} on {1}: {2} after {3} ms",
          metric,
          type,
          wins == WINS ? vector.name() : "not yet " + vector.name(),
          (System.nanoTime() - start) / 1_000_000);
    }
  }

  /// Mapped memory, if some can be had. Code compiled for native segments alone is thrown away at
  /// the first mapped one, and the query that brings it takes a second. Any file does; the JDK has
  /// one.
  private static Optional<MemorySegment> mapped(long bytes, Arena arena) {
    Path file = Path.of(System.getProperty("java.home"), "lib", "modules");
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      return channel.size() < bytes
          ? Optional.empty()
          : Optional.of(channel.map(FileChannel.MapMode.READ_ONLY, 0, bytes, arena));
    } catch (IOException e) {
      LOG.log(Level.DEBUG, "warming without mapped memory", e);
      return Optional.empty();
    }
  }

  /// Runs the plain twin until it stops getting faster, and returns its best time. It comes first
  /// because the compiler works through a queue: behind the many small methods of the Vector API
  /// the plain kernel, on which the first queries run, would wait for a second.
  private long settle(QueryVector query, MemorySegment data, int[] rows, float[] out) {
    long best = Long.MAX_VALUE;
    long last = System.nanoTime();
    while (System.nanoTime() - last < SETTLED_NANOS) {
      long took = time(plain, query, data, rows, out);
      if (took < best - best / 4) {
        last = System.nanoTime();
      }
      best = Math.min(best, took);
    }
    return best;
  }

  private static QueryVector madeUp(Metric metric, ElementType type, int dim) {
    float[] ones = new float[dim];
    Arrays.fill(ones, 1);
    return QueryVector.of(metric, type, ones);
  }

  private static long time(
      DistanceKernels kernels, QueryVector query, MemorySegment data, int[] rows, float[] out) {
    long start = System.nanoTime();
    kernels.distances(query, data, 0, rows, ROWS, out);
    return System.nanoTime() - start;
  }
}
