package io.lancelot.server;

import io.lancelot.base.CancelledException;
import io.lancelot.base.LancelotException;
import io.lancelot.base.StorageException;
import io.lancelot.index.BuildProgress;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// Work that goes on after the request that asked for it was answered. Few run at a time; the rest
/// waits in line. What was not at its end when the server stopped, however it did, begins anew with
/// the next one ([JobFiles]). Thread-safe.
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

  /// A kind of work, which a job's `spec` tells the rest of. Ends early, by the
  /// [CancelledException] of the progress, if told to.
  @FunctionalInterface
  interface Work {
    Map<String, Object> run(Job job, BuildProgress progress);
  }

  /// One piece of work and what became of it.
  static final class Job {
    private final String id;
    private final String type;
    private final TableRef table;
    private final Map<String, Object> spec;
    private final long createdMillis;
    private final boolean resumed;
    private final CountDownLatch ended = new CountDownLatch(1);
    private volatile State state = State.QUEUED;
    private volatile @Nullable LancelotException failure;
    private volatile Map<String, Object> result = Map.of();
    private volatile Map<String, Object> progress = Map.of();
    private volatile Map<String, Object> why = Map.of();
    private volatile boolean cancelled;

    private Job(
        String id,
        String type,
        TableRef table,
        Map<String, Object> spec,
        long createdMillis,
        boolean resumed) {
      this.id = id;
      this.type = type;
      this.table = table;
      this.spec = spec;
      this.createdMillis = createdMillis;
      this.resumed = resumed;
    }

    Map<String, Object> spec() {
      return spec;
    }

    /// Whether a server before this one began it, and perhaps came to its end.
    boolean resumed() {
      return resumed;
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

    private void fail(State end, LancelotException e) {
      failure = e;
      why =
          Map.of(
              "phase",
              String.valueOf(progress.getOrDefault("stage", "start")),
              "message",
              e.kind() + ": " + e.getMessage(),
              "retryable",
              e.retryable());
      state = end;
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

    /// As its file has it.
    Map<String, Object> kept() {
      Map<String, Object> json = description();
      json.put("database", table.place().database());
      json.put("namespace", table.place().namespace());
      json.put("name", table.name());
      json.put("branch", table.branch());
      return json;
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
      if (!why.isEmpty()) {
        json.put("failure", why);
      }
      return json;
    }
  }

  /// Jobs compute for long: on virtual threads they would keep requests from the few that carry
  /// those.
  private final ExecutorService places =
      Executors.newFixedThreadPool(
          AT_ONCE, Thread.ofPlatform().daemon().name("lancelot-job-", 0).factory());

  private final ConcurrentLinkedDeque<Job> jobs = new ConcurrentLinkedDeque<>();
  private final Map<String, Work> kinds;
  private final JobFiles files;
  private volatile boolean closed;

  /// @param folder where to keep jobs that outlive the server
  /// @param kinds the work of each type of job; the ones named here are kept
  Jobs(Path folder, Map<String, Work> kinds) {
    this.kinds = Map.copyOf(kinds);
    this.files = new JobFiles(folder);
  }

  /// Goes on with what an earlier server did not end, and remembers what it did.
  void resume() {
    for (JobFiles.Kept kept : files.all()) {
      Job job =
          new Job(kept.id(), kept.type(), kept.table(), kept.spec(), kept.createdMillis(), true);
      Work work = kinds.get(kept.type());
      if (kept.state().ended() || work == null) {
        job.state = kept.state();
        job.result = kept.result();
        job.why = kept.failure();
        job.ended.countDown();
        remember(job);
      } else {
        begin(job, work);
      }
    }
  }

  /// Puts work of a known type in line, which the next server goes on with if this one cannot.
  Job start(String type, TableRef table, Map<String, Object> spec) {
    Job job = job(type, table, spec);
    files.write(job);
    return begin(job, Objects.requireNonNull(kinds.get(type)));
  }

  /// Puts work in line that need not outlive the server.
  Job start(String type, TableRef table, Work work) {
    return begin(job(type, table, Map.of()), work);
  }

  private static Job job(String type, TableRef table, Map<String, Object> spec) {
    return new Job(
        UUID.randomUUID().toString(), type, table, spec, System.currentTimeMillis(), false);
  }

  private Job begin(Job job, Work work) {
    remember(job);
    places.execute(() -> run(job, work));
    return job;
  }

  private void remember(Job job) {
    jobs.addLast(job);
    Job oldest = jobs.peekFirst();
    if (jobs.size() > REMEMBERED && oldest != null && oldest.state.ended()) {
      jobs.remove(oldest);
      files.delete(oldest);
    }
  }

  private void run(Job job, Work work) {
    try {
      stopIfTold(job, "before it began");
      job.state = State.RUNNING;
      job.result =
          work.run(
              job,
              (stage, done, total) -> {
                job.progress = Map.of("stage", stage, "done", done, "total", total);
                stopIfTold(job, "at " + stage);
              });
      job.state = State.DONE;
    } catch (CancelledException e) {
      job.fail(State.CANCELLED, e);
    } catch (LancelotException e) {
      job.fail(State.FAILED, e);
    } catch (RuntimeException e) {
      System.getLogger(Jobs.class.getName()).log(Level.ERROR, "job failed", e);
      job.fail(State.FAILED, new StorageException("internal error", e));
    } finally {
      if (!job.state.ended()) {
        job.state = State.FAILED;
      }
      // What only the end of the server stopped, the next one goes on with.
      if (kinds.containsKey(job.type)
          && !(closed && !job.cancelled && job.state == State.CANCELLED)) {
        files.write(job);
      }
      job.ended.countDown();
    }
  }

  private void stopIfTold(Job job, String where) {
    if (job.cancelled || closed) {
      throw new CancelledException("cancelled " + where);
    }
  }

  /// All jobs that are remembered, oldest first.
  List<Job> all() {
    return List.copyOf(jobs);
  }

  /// How many are so far.
  long count(State state) {
    return jobs.stream().filter(job -> job.state == state).count();
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
    places.shutdown();
  }
}
