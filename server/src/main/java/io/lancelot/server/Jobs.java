package io.lancelot.server;

import io.lancelot.base.LancelotException;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/// Work that goes on after its request was answered. One job runs at a time, since one alone keeps
/// all cores busy; others wait. Thread-safe.
final class Jobs implements AutoCloseable {

  private static final System.Logger LOG = System.getLogger(Jobs.class.getName());

  /// Jobs that are remembered after their end.
  private static final int KEPT = 1000;

  /// What has become of a job.
  enum State {
    QUEUED,
    IN_PROGRESS,
    DONE,
    FAILED,
    CANCELLED
  }

  /// One piece of work.
  static final class Job {
    private final String id = UUID.randomUUID().toString();
    private final Path place;
    private final String table;
    private final String type;
    private final Map<String, Object> spec;
    private final long createdAt = System.currentTimeMillis();
    private final FutureTask<Void> task;
    private volatile State state = State.QUEUED;
    private volatile String failure = "";

    Job(Path place, String table, String type, Map<String, Object> spec, Runnable work) {
      this.place = place;
      this.table = table;
      this.type = type;
      this.spec = Map.copyOf(spec);
      this.task = new FutureTask<>(() -> work(work), null);
    }

    private void work(Runnable work) {
      state = State.IN_PROGRESS;
      try {
        work.run();
        state = State.DONE;
      } catch (RuntimeException e) {
        failure = e instanceof LancelotException ? e.getMessage() + "" : "internal error";
        state = task.isCancelled() ? State.CANCELLED : State.FAILED;
        if (!(e instanceof LancelotException)) {
          LOG.log(Level.ERROR, "job failed (job_id=" + id + ")", e);
        }
        throw e;
      }
    }

    String id() {
      return id;
    }

    State state() {
      return state;
    }

    String failure() {
      return failure;
    }

    Map<String, Object> line() {
      Map<String, Object> line = new LinkedHashMap<>();
      line.put("job_id", id);
      line.put("table", table);
      line.put("job_type", type);
      line.put("state", word());
      line.put("created_at_millis", createdAt);
      return line;
    }

    Map<String, Object> description() {
      Map<String, Object> all = new LinkedHashMap<>();
      all.put("job_id", id);
      all.put("job_type", type);
      all.put("job_state", word());
      all.put("creation_ms", createdAt);
      Map<String, Object> what = new LinkedHashMap<>(spec);
      what.put("table", table);
      all.put("spec", what);
      if (state == State.FAILED) {
        all.put("failure", Map.of("message", failure, "retryable", false));
      }
      return all;
    }

    private String word() {
      return state.name().toLowerCase(java.util.Locale.ROOT);
    }
  }

  private final Map<String, Job> jobs = new LinkedHashMap<>();
  private final ExecutorService worker =
      Executors.newSingleThreadExecutor(Thread.ofPlatform().name("lancelot-jobs").factory());

  /// Starts a job, and waits for it for a moment: who asks for something small finds it done.
  ///
  /// @param place the database's folder
  /// @return the job
  /// @throws RuntimeException what the job fails with in that moment
  Job run(
      Path place,
      String table,
      String type,
      Map<String, Object> spec,
      Duration patience,
      Runnable work) {
    Job job = new Job(place, table, type, spec, work);
    synchronized (jobs) {
      for (var each = jobs.values().iterator(); jobs.size() >= KEPT && each.hasNext(); ) {
        if (each.next().task.isDone()) {
          each.remove();
        }
      }
      jobs.put(job.id, job);
    }
    worker.execute(job.task);
    try {
      job.task.get(patience.toNanos(), TimeUnit.NANOSECONDS);
    } catch (TimeoutException _) {
      // It goes on.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException failure) {
        throw failure;
      }
      throw new IllegalStateException(e.getCause());
    }
    return job;
  }

  List<Job> of(Path place) {
    synchronized (jobs) {
      List<Job> found = new ArrayList<>();
      for (Job job : jobs.values()) {
        if (job.place.equals(place)) {
          found.add(job);
        }
      }
      return found;
    }
  }

  Optional<Job> find(Path place, String id) {
    synchronized (jobs) {
      return Optional.ofNullable(jobs.get(id)).filter(job -> job.place.equals(place));
    }
  }

  /// Stops a job, unless it has ended.
  static void cancel(Job job) {
    if (job.task.cancel(true)) {
      job.state = State.CANCELLED;
    }
  }

  long running() {
    synchronized (jobs) {
      return jobs.values().stream().filter(job -> !job.task.isDone()).count();
    }
  }

  @Override
  public void close() {
    worker.shutdownNow();
    try {
      if (!worker.awaitTermination(10, TimeUnit.SECONDS)) {
        LOG.log(Level.WARNING, "a job does not end");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
