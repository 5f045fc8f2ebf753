package io.lancelot.file;

import io.lancelot.base.CancelledException;
import io.lancelot.base.Context;
import io.lancelot.base.Memory;
import io.lancelot.base.Scratch;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.RejectedExecutionException;

/// Pages of a file on their way: collected, perhaps encoded by another thread by now, not yet
/// written. They are written by the caller's thread in the order in which they came, so the file
/// does not depend on who is faster. Few are held at once, which bounds the memory.
final class PageQueue implements AutoCloseable {

  /// Part of the budget that a page may take, with what encoding it needs.
  private static final int PAGE_SHARE = 32;

  private final AlignedWriter sink;
  private final Memory memory;
  private final Optional<Context> pool;
  private final int most;
  private final ArrayDeque<Task> tasks = new ArrayDeque<>();

  /// What a page needs done. Only [#encode] may run on another thread.
  interface Work {
    /// The page or pages, in memory of the scratch or of what was collected.
    List<PageEncoder.Rows> encode(Scratch scratch);

    void write(List<PageEncoder.Rows> encoded);

    /// Takes back what was collected. Called once, also after a failure.
    void release();
  }

  private record Task(Work work, Scratch scratch, FutureTask<List<PageEncoder.Rows>> encoding) {}

  /// @param pool where pages are encoded; without one, on the caller's thread
  /// @param pageBytes size of a page before it is encoded: the budget decides how many there are
  PageQueue(AlignedWriter sink, Memory memory, Optional<Context> pool, long pageBytes) {
    this.sink = sink;
    this.memory = memory;
    this.pool = pool.filter(context -> context.parallelism() > 1);
    long affordable = memory.limitBytes() / PAGE_SHARE / pageBytes;
    this.most =
        this.pool.map(context -> Math.clamp(affordable, 1, context.parallelism())).orElse(0);
  }

  AlignedWriter sink() {
    return sink;
  }

  Memory memory() {
    return memory;
  }

  void add(Work work) {
    Scratch scratch = memory.scratch();
    Task task = new Task(work, scratch, new FutureTask<>(() -> work.encode(scratch)));
    tasks.add(task);
    if (pool.isEmpty()) {
      finishFirst();
      return;
    }
    Context context = pool.get();
    try {
      context.cpu().execute(task.encoding());
    } catch (RejectedExecutionException e) {
      // The caller's thread does it when the page is due.
    }
    while (tasks.size() > most) {
      finishFirst();
    }
  }

  /// Writes the page that came first, and encodes it if nobody else has begun to.
  void finishFirst() {
    Task task = tasks.removeFirst();
    try {
      task.work().write(encoded(task));
    } finally {
      release(task);
    }
  }

  void finishAll() {
    while (!tasks.isEmpty()) {
      finishFirst();
    }
  }

  private static List<PageEncoder.Rows> encoded(Task task) {
    task.encoding().run();
    boolean interrupted = false;
    try {
      while (true) {
        try {
          return task.encoding().get();
        } catch (InterruptedException e) {
          // The other thread uses memory that is ours to free: wait for it.
          interrupted = true;
        }
      }
    } catch (ExecutionException e) {
      switch (e.getCause()) {
        case RuntimeException failure -> throw failure;
        case Error failure -> throw failure;
        case null, default -> throw new CancelledException("page not encoded", e);
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private static void release(Task task) {
    task.scratch().close();
    task.work().release();
  }

  /// Gives up the pages that are left, when no other thread works on them any more.
  @Override
  public void close() {
    while (!tasks.isEmpty()) {
      Task task = tasks.removeFirst();
      try {
        encoded(task);
      } catch (RuntimeException e) {
        // The writer has failed or was abandoned already: nobody waits for this page.
      } finally {
        release(task);
      }
    }
  }
}
