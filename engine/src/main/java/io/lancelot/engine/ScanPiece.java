package io.lancelot.engine;

import io.lancelot.base.CancelledException;
import io.lancelot.columnar.Batch;
import io.lancelot.table.Fragment;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.roaringbitmap.RoaringBitmap;

/// Rows of one fragment, or all of some small ones, few enough to be read at once, by whichever
/// thread comes first.
final class ScanPiece implements Runnable {

  private final PieceReader reader;
  private final List<Part> parts;
  private final FutureTask<Batch> task;
  private final AtomicBoolean begun = new AtomicBoolean();

  /// Rows of one fragment.
  ///
  /// @param candidates the rows that may pass; null if all may
  /// @param first the first row, or how many candidates come before
  record Part(Fragment fragment, @Nullable RoaringBitmap candidates, long first, int count) {}

  /// @param reader works for this piece alone until the batch is used up
  /// @param parts in the order of their rows
  ScanPiece(PieceReader reader, List<Part> parts) {
    this.reader = reader;
    this.parts = List.copyOf(parts);
    this.task = new FutureTask<>(() -> reader.read(this.parts));
  }

  /// The same piece, not begun.
  ScanPiece again() {
    return new ScanPiece(reader, parts);
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
