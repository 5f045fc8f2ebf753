package io.lancelot.kernels;

/// Runs vector kernels until they are compiled: before that, every operation makes objects and is a
/// hundred times slower than plain Java.
final class Warmup {

  private static final long MOST_NANOS = 2_000_000_000L;

  /// A run that takes longer is not compiled yet.
  private static final long COMPILED_NANOS = 200_000;

  private static final int RUNS = 200;
  private static final int STEADY_RUNS = 20;

  private Warmup() {}

  /// Repeats some work, which takes microseconds once compiled, until it gets no faster.
  static void untilSteady(Runnable work) {
    long end = System.nanoTime() + MOST_NANOS;
    long best = Long.MAX_VALUE;
    int steady = 0;
    for (int i = 0; System.nanoTime() < end && (i < RUNS || steady < STEADY_RUNS); i++) {
      long start = System.nanoTime();
      work.run();
      long took = System.nanoTime() - start;
      steady = took > best / 2 && took <= COMPILED_NANOS ? steady + 1 : 0;
      best = Math.min(best, took);
    }
  }

  /// Starts a kernel's warm-up beside everything else.
  static void inBackground(String name, Runnable warm) {
    Thread thread = new Thread(warm, name);
    thread.setDaemon(true);
    thread.start();
  }
}
