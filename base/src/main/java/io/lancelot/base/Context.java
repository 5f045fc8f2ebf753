package io.lancelot.base;

import java.time.InstantSource;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.ForkJoinPool;
import java.util.random.RandomGenerator;

/// What goes down with every call: memory, threads, time, chance. Nothing below keeps statics or
/// thread locals, so a test can starve, freeze or replay any part.
///
/// @param memory the budget of native memory
/// @param cpu a bounded pool for work that computes; never blocks on I/O
/// @param parallelism how many tasks of one call may run on `cpu` at once, the caller's thread
///   included
/// @param clock the time written into manifests
/// @param random the source of file names and of retry jitter; need not be thread-safe for
///   reproducible tests, must be for production
public record Context(
    Memory memory,
    ExecutorService cpu,
    int parallelism,
    InstantSource clock,
    RandomGenerator random)
    implements AutoCloseable {

  /// As much native memory as the Java heap may take: a quarter of the machine's memory unless the
  /// JVM was told otherwise, a polite share for an embedded library. At least 256 MiB.
  public static long defaultMemoryBytes() {
    return Math.max(256L << 20, Runtime.getRuntime().maxMemory());
  }

  /// A context for one connection: its own memory budget, the machine's common pool, the system's
  /// clock.
  public static Context ofMemory(long limitBytes) {
    return new Context(
        Memory.ofLimit(limitBytes),
        ForkJoinPool.commonPool(),
        Runtime.getRuntime().availableProcessors(),
        InstantSource.system(),
        new java.security.SecureRandom());
  }

  public static Context create() {
    return ofMemory(defaultMemoryBytes());
  }

  @Override
  public void close() {
    memory.close();
  }
}
