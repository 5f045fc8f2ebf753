package io.lancelot.server;

import io.lancelot.base.CancelledException;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// Lets requests in: those with a known key, so many at once, each for as long as it may take.
/// Thread-safe.
final class Admission implements AutoCloseable {

  private static final String BEARER = "Bearer ";

  private final ServerOptions options;
  private final Map<String, Rate> rates = new ConcurrentHashMap<>();
  private final int perCaller;
  private final Semaphore all;
  private final Map<String, Semaphore> callers = new ConcurrentHashMap<>();
  private final ScheduledExecutorService clock =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("lancelot-deadlines").factory());

  Admission(ServerOptions options) {
    this.options = options;
    this.perCaller = options.maxRequestsPerKey();
    this.all = new Semaphore(options.maxRequests());
  }

  /// Whoever a request's key or token stands for.
  Caller caller(Exchange exchange) {
    if (options.open()) {
      return Caller.ANYONE;
    }
    Optional<String> bearer =
        exchange
            .header("authorization")
            .filter(value -> value.regionMatches(true, 0, BEARER, 0, BEARER.length()))
            .map(value -> value.substring(BEARER.length()).strip());
    Optional<Caller> known = exchange.header("x-api-key").or(() -> bearer).flatMap(this::ofKey);
    if (known.isEmpty() && bearer.isPresent() && options.tokens().isPresent()) {
      known = options.tokens().get().caller(bearer.get());
    }
    return known.orElseThrow(() ->
        new Failures.Coded(
            Failures.Code.UNAUTHENTICATED, "expected=a known API key or a good token"));
  }

  private Optional<Caller> ofKey(String key) {
    return options.keys().flatMap(keys -> keys.caller(key));
  }

  /// How many requests of a caller may begin now: as many as a second fills up again.
  private static final class Rate {
    private final int perSecond;
    private double left;
    private long filledAt = System.nanoTime();

    Rate(int perSecond) {
      this.perSecond = perSecond;
      this.left = perSecond;
    }

    synchronized boolean take() {
      long now = System.nanoTime();
      left = Math.min(perSecond, left + (now - filledAt) / 1e9 * perSecond);
      filledAt = now;
      if (left < 1) {
        return false;
      }
      left--;
      return true;
    }
  }

  /// Runs a request of a caller.
  ///
  /// @throws Failures.Coded if there are too many already
  void run(Exchange exchange, Caller caller, Runnable request) {
    if (options.requestsPerSecond() > 0
        && !rates
            .computeIfAbsent(caller.name(), _ -> new Rate(options.requestsPerSecond()))
            .take()) {
      throw new Failures.Coded(Failures.Code.THROTTLED, "too many requests of this key a second");
    }
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
    OptionalLong asked = exchange.headerNumber("x-request-timeout-ms");
    if (asked.isPresent() && asked.getAsLong() == 0) {
      throw timedOut(exchange, null);
    }
    long millis = asked.orElse(0);
    long longest = options.requestTimeout().toMillis();
    if (longest > 0) {
      millis = millis <= 0 ? longest : Math.min(millis, longest);
    }
    if (millis <= 0) {
      request.run();
      return;
    }
    Deadline deadline = new Deadline(Thread.currentThread());
    var alarm = clock.schedule(deadline::pass, millis, TimeUnit.MILLISECONDS);
    try {
      request.run();
    } catch (CancelledException e) {
      throw deadline.passed() ? timedOut(exchange, e) : e;
    } finally {
      alarm.cancel(false);
      deadline.end();
    }
  }

  /// In the words that clients' users know.
  private static CancelledException timedOut(
      Exchange exchange, @Nullable CancelledException cause) {
    String what = exchange.path().getLast();
    return new CancelledException(
        switch (what) {
          case "query" -> "Query timeout";
          case "merge_insert" -> "merge insert timed out";
          default -> what + " timed out";
        },
        cause);
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

    synchronized boolean passed() {
      return passed;
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
