package io.lancelot.server;

import io.lancelot.OptimizeOptions;
import io.lancelot.OptimizeReport;
import io.lancelot.Table;
import io.lancelot.base.LancelotException;
import io.lancelot.base.NotFoundException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/// Keeps tables that are written in order: new rows get into the indices, small fragments are
/// compacted, old versions go. Each run is a job. Thread-safe.
final class Upkeep implements AutoCloseable {

  private static final int MANY_SMALL_FRAGMENTS = 20;
  private static final Duration LONGEST_WAIT = Duration.ofMinutes(1);

  /// When a table was written for the first and for the last time since it was looked after.
  private record Touched(long first, long last) {}

  private final Databases databases;
  private final Jobs jobs;
  private final Duration quiet;
  private final OptimizeOptions how;
  private final Map<TableRef, Touched> touched = new ConcurrentHashMap<>();
  private final ScheduledExecutorService clock =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("lancelot-upkeep").factory());

  /// @param quiet how long a table must not have been written before it is looked after; zero for
  ///   never
  /// @param keepVersions the age at which versions go
  Upkeep(Databases databases, Jobs jobs, Duration quiet, Duration keepVersions) {
    this.databases = databases;
    this.how = OptimizeOptions.defaults().withOlderThan(keepVersions);
    this.jobs = jobs;
    this.quiet = quiet;
    if (!quiet.isZero()) {
      long period = Math.max(10, Math.min(1000, quiet.toMillis() / 2));
      var _ = clock.scheduleWithFixedDelay(this::look, period, period, TimeUnit.MILLISECONDS);
    }
  }

  /// To be called after each commit.
  void touched(TableRef table) {
    long now = System.nanoTime();
    touched.merge(table, new Touched(now, now), (before, _) -> new Touched(before.first(), now));
  }

  private void look() {
    long now = System.nanoTime();
    touched.forEach((table, times) -> {
      boolean due =
          now - times.last() >= quiet.toNanos() || now - times.first() >= LONGEST_WAIT.toNanos();
      if (due && touched.remove(table, times)) {
        start(table);
      }
    });
  }

  private void start(TableRef ref) {
    try {
      if (wanted(databases.table(ref))) {
        jobs.start("optimize", ref, (_, _) -> optimize(ref));
      }
    } catch (NotFoundException | Failures.Coded _) {
      // Dropped since, or its branch.
    } catch (RuntimeException e) {
      System.getLogger(Upkeep.class.getName()).log(Level.WARNING, "upkeep of " + ref.text(), e);
    }
  }

  private static boolean wanted(Table table) {
    return table.stats().smallFragments() >= MANY_SMALL_FRAGMENTS
        || table.indices().stream().anyMatch(index -> index.unindexedRows() > 0);
  }

  private Map<String, Object> optimize(TableRef ref) {
    try (Table table = databases.openForJob(ref)) {
      OptimizeReport report = table.optimize(how);
      return Map.of("version", report.version(), "indices", report.indices());
    } catch (LancelotException e) {
      if (e.retryable()) {
        touched(ref);
      }
      throw e;
    }
  }

  @Override
  public void close() {
    clock.shutdownNow();
  }
}
