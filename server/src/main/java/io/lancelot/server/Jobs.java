package io.lancelot.server;

import io.lancelot.base.CancelledException;
import io.lancelot.base.LancelotException;
import io.lancelot.index.BuildProgress;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// Work that goes on after the request that asked for it was answered. Few run at a time; the rest
/// waits in line. Thread-safe.
final class Jobs implements AutoCloseable {

  private static final int AT_ONCE = 2;
  private static final int REMEMBERED = 1000;
  private static final Duration PATIENCE_AT_CLOSE = Duration.ofSeconds(10);

  /// How far a job is, by the protocol's words.
  enum State {
    QUEUED("queued"),
    RUNNING("in_progress"),
    DONE("done"),
    FAILED("failed"),
    CANCELLED("cancelled");

    private final String word;

    State(String word) {
      this.word = word;
    }

    String word() {
      return word;
    }

    boolean ended() {
      return compareTo(DONE) >= 0;
    }
  }

  /// What is to be done. Ends early, by the [CancelledException] of the progress, if told to.
  @FunctionalInterface
  interface Work {
    Map<String, Object> run(BuildProgress progress);
  }

  /// One piece of work and what became of it.
  static final class Job {
    private final String id = UUID.randomUUID().toString();
    private final String type;
    private final TableRef table;
    private final Map<String, Object> spec;
    private final long createdMillis = System.currentTimeMillis();
    private final CountDownLatch ended = new CountDownLatch(1);
    private volatile State state = State.QUEUED;
    private volatile @Nullable LancelotException failure;
    private volatile Map<String, Object> result = Map.of();
    private volatile Map<String, Object> progress = Map.of();
    private volatile boolean cancelled;

    private Job(String type, TableRef table, Map<String, Object> spec) {
      this.type = type;
      this.table = table;
      this.spec = spec;
    }

    String id() {
      return id;
    }

    TableRef table() {
      return table;
    }

    State state() {
      return state;
    }

    /// Why it failed; empty if it did not.
    Optional<LancelotException> failure() {
      return Optional.ofNullable(failure);
    }

    /// Waits for its end.
    ///
    /// @return whether it came in time
    boolean await(Duration patience) {
      try {
        return ended.await(patience.toNanos(), TimeUnit.NANOSECONDS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return false;
      }
    }

    Map<String, Object> summary() {
      Map<String, Object> json = new LinkedHashMap<>();
      json.put("job_id", id);
      json.put("table", table.text());
      json.put("job_type", type);
      json.put("state", state.word());
      json.put("created_at_millis", createdMillis);
      return json;
    }

    Map<String, Object> description() {
      Map<String, Object> json = new LinkedHashMap<>();
      json.put("job_id", id);
      json.put("table", table.text());
      json.put("job_type", type);
      json.put("job_state", state.word());
      json.put("creation_ms", createdMillis);
      json.put("spec", spec);
      json.put("progress", progress);
      if (state == State.DONE) {
        json.put("result", result);
      }
      LancelotException why = failure;
      if (why != null) {
        json.put(
            "failure",
            Map.of(
                "phase",
                String.valueOf(progress.getOrDefault("stage", "start")),
                "message",
                why.kind() + ": " + why.getMessage(),
                "retryable",
                why.retryable()));
      }
      return json;
    }
  }

  private final Semaphore places = new Semaphore(AT_ONCE, true);
  private final ConcurrentLinkedDeque<Job> jobs = new ConcurrentLinkedDeque<>();
  private volatile boolean closed;

  /// Puts work in line.
  Job start(String type, TableRef table, Map<String, Object> spec, Work work) {
    Job job = new Job(type, table, spec);
    jobs.addLast(job);
    Job oldest = jobs.peekFirst();
    if (jobs.size() > REMEMBERED && oldest != null && oldest.state.ended()) {
      jobs.remove(oldest);
    }
    Thread.ofVirtual().name("lancelot-job-" + type).start(() -> run(job, work));
    return job;
  }

  private void run(Job job, Work work) {
    try {
      places.acquireUninterruptibly();
      try {
        if (job.cancelled || closed) {
          throw new CancelledException("cancelled before it began");
        }
        job.state = State.RUNNING;
        job.result =
            work.run((stage, done, total) -> {
              job.progress = Map.of("stage", stage, "done", done, "total", total);
              if (job.cancelled || closed) {
                throw new CancelledException("cancelled (stage=" + stage + ")");
              }
            });
        job.state = State.DONE;
      } finally {
        places.release();
      }
    } catch (CancelledException e) {
      job.failure = e;
      job.state = State.CANCELLED;
    } catch (LancelotException e) {
      job.failure = e;
      job.state = State.FAILED;
    } catch (RuntimeException e) {
      System.getLogger(Jobs.class.getName()).log(Level.ERROR, "job failed", e);
      job.failure = new io.lancelot.base.StorageException("internal error", e);
      job.state = State.FAILED;
    } finally {
      if (!job.state.ended()) {
        job.state = State.FAILED;
      }
      job.ended.countDown();
    }
  }

  /// All jobs that are remembered, oldest first.
  List<Job> all() {
    return List.copyOf(jobs);
  }

  Optional<Job> find(String id) {
    return jobs.stream().filter(job -> job.id.equals(id)).findFirst();
  }

  /// Tells a job to stop, which it does soon.
  static void cancel(Job job) {
    job.cancelled = true;
  }

  /// Tells all to stop, and waits a while until they have.
  @Override
  public void close() {
    closed = true;
    long end = System.nanoTime() + PATIENCE_AT_CLOSE.toNanos();
    for (Job job : jobs) {
      long left = end - System.nanoTime();
      if (left > 0) {
        job.await(Duration.ofNanos(left));
      }
    }
  }
}
