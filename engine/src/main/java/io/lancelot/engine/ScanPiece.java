package io.lancelot.engine;

import io.lancelot.base.CancelledException;
import io.lancelot.columnar.Batch;
import io.lancelot.table.Fragment;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.roaringbitmap.RoaringBitmap;

/// A part of one fragment's rows, small enough to be read at once, by whichever thread comes first.
final class ScanPiece implements Runnable {

  private final PieceReader reader;
  private final Fragment fragment;
  private final @Nullable RoaringBitmap candidates;
  private final long first;
  private final int count;
  private final FutureTask<Batch> task;
  private final AtomicBoolean begun = new AtomicBoolean();

  /// @param reader works for this piece alone until the batch is used up
  /// @param candidates the rows that may pass; null if all may
  /// @param first the first row, or how many candidates come before
  ScanPiece(
      PieceReader reader,
      Fragment fragment,
      @Nullable RoaringBitmap candidates,
      long first,
      int count) {
    this.reader = reader;
    this.fragment = fragment;
    this.candidates = candidates;
    this.first = first;
    this.count = count;
    this.task = new FutureTask<>(() -> reader.read(fragment, candidates, first, count));
  }

  /// The same piece, not begun.
  ScanPiece again() {
    return new ScanPiece(reader, fragment, candidates, first, count);
  }

  PieceReader reader() {
    return reader;
  }

  @Override
  public void run() {
    runHere();
  }

  /// Reads the piece on this thread unless another has begun to; whether it was this one.
  boolean runHere() {
    if (!begun.compareAndSet(false, true)) {
      return false;
    }
    task.run();
    return true;
  }

  /// Makes sure that no thread reads the piece, now or later.
  void stop() {
    if (begun.compareAndSet(false, true)) {
      return;
    }
    boolean interrupted = false;
    while (!task.isDone()) {
      try {
        task.get();
      } catch (InterruptedException e) {
        interrupted = true;
      } catch (ExecutionException e) {
        // Nobody wants the piece any more, nor what went wrong with it.
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  boolean isDone() {
    return task.isDone();
  }

  /// What was read, when it is there.
  ///
  /// @throws CancelledException if the thread is interrupted meanwhile
  Batch batch() {
    try {
      return task.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CancelledException("interrupted", e);
    } catch (ExecutionException e) {
      switch (e.getCause()) {
        case RuntimeException failure -> throw failure;
        case Error failure -> throw failure;
        case null, default -> throw new IllegalStateException(e);
      }
    }
  }
}
