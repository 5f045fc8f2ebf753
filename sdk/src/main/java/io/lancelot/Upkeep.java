package io.lancelot;

import io.lancelot.base.LancelotException;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.IntSupplier;

/// Optimizes a table in the background once its writers have left enough small fragments; lets them
/// wait when it cannot keep up. Thread-safe.
final class Upkeep implements AutoCloseable {

  private static final int START = 20;
  private static final int WAIT = 40;

  private final IntSupplier smallFragments;
  private final Runnable optimize;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition done = lock.newCondition();
  private boolean running;
  private boolean closed;

  /// @param smallFragments how many fragments are worth writing anew
  /// @param optimize does it
  Upkeep(IntSupplier smallFragments, Runnable optimize) {
    this.smallFragments = smallFragments;
    this.optimize = optimize;
  }

  /// To be called after each commit.
  void committed() {
    int small = smallFragments.getAsInt();
    if (small < START) {
      return;
    }
    lock.lock();
    try {
      if (!running && !closed) {
        running = true;
        Thread.ofPlatform().daemon().name("lancelot-upkeep").start(this::run);
      }
      if (small >= WAIT) {
        awaitRun();
      }
    } finally {
      lock.unlock();
    }
  }

  private void run() {
    try {
      optimize.run();
    } catch (LancelotException | IllegalStateException _) {
      // A conflict, or the table was closed: the next commit tries again.
    } finally {
      lock.lock();
      try {
        running = false;
        done.signalAll();
      } finally {
        lock.unlock();
      }
    }
  }

  private void awaitRun() {
    while (running) {
      done.awaitUninterruptibly();
    }
  }

  /// Waits for the run under way; there is none after it.
  @Override
  public void close() {
    lock.lock();
    try {
      closed = true;
      awaitRun();
    } finally {
      lock.unlock();
    }
  }
}
