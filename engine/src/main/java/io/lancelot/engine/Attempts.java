package io.lancelot.engine;

import io.lancelot.base.CancelledException;
import io.lancelot.base.CommitConflictException;
import io.lancelot.base.Context;
import java.time.Duration;
import java.util.function.Supplier;

/// Runs an operation again, on the latest version, when a concurrent commit changed what it had
/// read.
final class Attempts {

  private static final int MAX = 50;
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final long FIRST_PAUSE_NANOS = 2_000_000;
  private static final long MAX_PAUSE_NANOS = 200_000_000;

  private Attempts() {}

  /// @param operation reads the latest version each time
  /// @throws CommitConflictException if it makes no sense to go on, or no attempt came through
  static <T> T run(Context context, Supplier<T> operation) {
    long start = System.nanoTime();
    for (int attempt = 1; ; attempt++) {
      try {
        return operation.get();
      } catch (CommitConflictException e) {
        boolean over = System.nanoTime() - start > PATIENCE.toNanos();
        if (!e.retryable() || attempt == MAX || over) {
          throw e;
        }
        pause(context, attempt);
      }
    }
  }

  /// A random time out of ever more, so that rivals do not meet again.
  private static void pause(Context context, int attempt) {
    long most = Math.min(FIRST_PAUSE_NANOS << Math.min(attempt, 10), MAX_PAUSE_NANOS);
    try {
      Thread.sleep(Duration.ofNanos(context.random().nextLong(most)));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CancelledException("interrupted while waiting to try again", e);
    }
  }
}
