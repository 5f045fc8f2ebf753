package io.lancelot.base;

import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// Runs the tasks of one call side by side, within the call's share of the pool. The caller's
/// thread works too, so that nothing waits for a pool that is busy.
public final class Parallel<T, R> {

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition idle = lock.newCondition();
  private final List<T> tasks;
  private final Function<T, R> work;
  private final Consumer<R> collect;
  private final Thread caller = Thread.currentThread();
  private int next;
  private int running;
  private @Nullable Throwable failure;

  private Parallel(List<T> tasks, Function<T, R> work, Consumer<R> collect) {
    this.tasks = tasks;
    this.work = work;
    this.collect = collect;
  }

  /// Runs every task. `collect` gets each result, one at a time and in no order. The first failure
  /// stops the rest and is thrown, when no task is running any more; so does an interrupt of the
  /// caller's thread.
  public static <T, R> void run(
      Context context, List<T> tasks, Function<T, R> work, Consumer<R> collect) {
    Parallel<T, R> run = new Parallel<>(tasks, work, collect);
    for (int i = 1; i < Math.min(context.parallelism(), tasks.size()); i++) {
      context.cpu().execute(run::drain);
    }
    run.drain();
    run.await();
  }

  private void drain() {
    T task = claim();
    while (task != null) {
      R result = null;
      Throwable failed = null;
      try {
        result = work.apply(task);
      } catch (Throwable e) {
        failed = e;
      }
      finish(result, failed);
      task = claim();
    }
  }

  private @Nullable T claim() {
    lock.lock();
    try {
      if (next < tasks.size() && caller.isInterrupted() && failure == null) {
        failure = new CancelledException("interrupted");
      }
      if (failure != null || next == tasks.size()) {
        return null;
      }
      running++;
      return tasks.get(next++);
    } finally {
      lock.unlock();
    }
  }

  private void finish(@Nullable R result, @Nullable Throwable failed) {
    lock.lock();
    try {
      if (failed == null && failure == null && result != null) {
        collect.accept(result);
      } else if (failure == null) {
        failure = failed;
      }
    } catch (Throwable e) {
      // Thrown when nobody works any more, by whatever thread it came.
      failure = e;
    } finally {
      running--;
      idle.signalAll();
      lock.unlock();
    }
  }

  private void await() {
    lock.lock();
    try {
      boolean interrupted = false;
      while (running > 0) {
        try {
          idle.await();
        } catch (InterruptedException e) {
          interrupted = true;
          failure = failure == null ? new CancelledException("interrupted", e) : failure;
        }
      }
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    } finally {
      lock.unlock();
    }
    switch (failure) {
      case null -> {}
      case RuntimeException e -> throw e;
      case Error e -> throw e;
      default -> throw new IllegalStateException(failure);
    }
  }
}
