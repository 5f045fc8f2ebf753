package io.lancelot.engine;

import io.lancelot.base.CancelledException;
import io.lancelot.base.LancelotException;
import io.lancelot.columnar.Batch;
import io.lancelot.columnar.BatchStream;
import io.lancelot.columnar.Schema;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// Rows that must come within a time, counted from the start of the query. Whoever asks for more
/// after it gets an error; a search under way is interrupted, and ends with its current task.
public final class TimedStream implements BatchStream {

  private static final ScheduledThreadPoolExecutor CLOCK = clock();

  private final BatchStream rows;
  private final Duration timeout;
  private final long deadline;

  private TimedStream(BatchStream rows, Duration timeout, long deadline) {
    this.rows = rows;
    this.timeout = timeout;
    this.deadline = deadline;
  }

  private static ScheduledThreadPoolExecutor clock() {
    ScheduledThreadPoolExecutor clock =
        new ScheduledThreadPoolExecutor(
            1, Thread.ofPlatform().daemon().name("lancelot-timeouts").factory());
    clock.setRemoveOnCancelPolicy(true);
    return clock;
  }

  /// The stream itself if it may take its time.
  ///
  /// @param start makes it, within that time too
  /// @throws CancelledException if the time is over before it is made
  public static BatchStream of(Optional<Duration> timeout, Supplier<BatchStream> start) {
    if (timeout.isEmpty()) {
      return start.get();
    }
    // Longer than anybody waits, and short enough to be counted in nanoseconds.
    Duration most = Duration.ofDays(365);
    Duration within = timeout.get().compareTo(most) > 0 ? most : timeout.get();
    long deadline = System.nanoTime() + within.toNanos();
    return new TimedStream(timed(within, deadline, start), within, deadline);
  }

  @Override
  public Schema schema() {
    return rows.schema();
  }

  @Override
  public @Nullable Batch next() {
    return timed(timeout, deadline, rows::next);
  }

  private static <T extends @Nullable Object> T timed(
      Duration timeout, long deadline, Supplier<T> work) {
    long left = deadline - System.nanoTime();
    if (left <= 0) {
      throw over(timeout, null);
    }
    Alarm alarm = new Alarm(Thread.currentThread());
    var set = CLOCK.schedule(alarm::ring, left, TimeUnit.NANOSECONDS);
    try {
      return work.get();
    } catch (LancelotException e) {
      throw alarm.rang() ? over(timeout, e) : e;
    } finally {
      set.cancel(false);
      alarm.end();
    }
  }

  private static CancelledException over(Duration timeout, @Nullable LancelotException cause) {
    return new CancelledException("Query timeout after " + timeout.toMillis() + " ms", cause);
  }

  @Override
  public void close() {
    rows.close();
  }

  /// Interrupts its thread at most once, and never after the end.
  private static final class Alarm {
    private final Thread thread;
    private boolean ended;
    private boolean rang;

    Alarm(Thread thread) {
      this.thread = thread;
    }

    synchronized void ring() {
      if (!ended) {
        rang = true;
        thread.interrupt();
      }
    }

    synchronized boolean rang() {
      return rang;
    }

    synchronized void end() {
      ended = true;
      if (rang) {
        Thread.interrupted();
      }
    }
  }
}
