package io.lancelot.server;

import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/// Lets requests in: those with a known key, so many at once, each for as long as it may take.
/// Thread-safe.
final class Admission implements AutoCloseable {

  private final Optional<ApiKeys> keys;
  private final int perCaller;
  private final Semaphore all;
  private final Map<String, Semaphore> callers = new ConcurrentHashMap<>();
  private final ScheduledExecutorService clock =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("lancelot-deadlines").factory());

  Admission(ServerOptions options) {
    this.keys = options.keys();
    this.perCaller = options.maxRequestsPerKey();
    this.all = new Semaphore(options.maxRequests());
  }

  /// Whoever a request's key stands for.
  Caller caller(Exchange exchange) {
    if (keys.isEmpty()) {
      return Caller.ANYONE;
    }
    Optional<String> bearer =
        exchange
            .header("authorization")
            .filter(value -> value.regionMatches(true, 0, "Bearer ", 0, "Bearer ".length()))
            .map(value -> value.substring("Bearer ".length()).strip());
    return exchange
        .header("x-api-key")
        .or(() -> bearer)
        .flatMap(keys.get()::caller)
        .orElseThrow(
            () -> new Failures.Coded(Failures.Code.UNAUTHENTICATED, "expected=a known API key"));
  }

  /// Runs a request of a caller.
  ///
  /// @throws Failures.Coded if there are too many already
  void run(Exchange exchange, Caller caller, Runnable request) {
    if (!all.tryAcquire()) {
      throw new Failures.Coded(Failures.Code.UNAVAILABLE, "too many requests at once");
    }
    Semaphore own = callers.computeIfAbsent(caller.name(), _ -> new Semaphore(perCaller));
    try {
      if (!own.tryAcquire()) {
        throw new Failures.Coded(Failures.Code.THROTTLED, "too many requests of this key at once");
      }
      try {
        timed(exchange, request);
      } finally {
        own.release();
      }
    } finally {
      all.release();
    }
  }

  /// Interrupts a request that takes longer than its client will wait.
  private void timed(Exchange exchange, Runnable request) {
    long millis = exchange.headerNumber("x-request-timeout-ms").orElse(0);
    if (millis <= 0) {
      request.run();
      return;
    }
    Deadline deadline = new Deadline(Thread.currentThread());
    var alarm = clock.schedule(deadline::pass, millis, TimeUnit.MILLISECONDS);
    try {
      request.run();
    } finally {
      alarm.cancel(false);
      deadline.end();
    }
  }

  /// Interrupts its thread at most once, and never after the end.
  private static final class Deadline {
    private final Thread thread;
    private boolean ended;
    private boolean passed;

    Deadline(Thread thread) {
      this.thread = thread;
    }

    synchronized void pass() {
      if (!ended) {
        passed = true;
        thread.interrupt();
      }
    }

    synchronized void end() {
      ended = true;
      if (passed) {
        Thread.interrupted();
      }
    }
  }

  @Override
  public void close() {
    clock.shutdownNow();
  }
}
