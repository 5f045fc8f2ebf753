package io.lancelot.server;

import io.lancelot.QueryBuilder;
import io.lancelot.base.Memory;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Timer;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.opentelemetry.api.GlobalOpenTelemetry;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.propagation.TextMapGetter;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// What the server says about itself: metrics, traces, the log of slow queries and the audit log.
/// The names are in `docs/server.md`. Traces go wherever the OpenTelemetry SDK of the process sends
/// them; without one they cost nothing. Thread-safe.
final class Observed implements AutoCloseable {

  private static final Logger LOG = System.getLogger(Observed.class.getName());

  private static final TextMapGetter<Exchange> HEADERS =
      new TextMapGetter<>() {
        @Override
        public @Nullable String get(@Nullable Exchange exchange, String name) {
          return exchange == null ? null : exchange.header(name).orElse(null);
        }
      };

  private final PrometheusMeterRegistry registry =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final Map<Outcome, Timer> timers = new ConcurrentHashMap<>();
  private final AuditLog audit;
  private final Duration slow;

  Observed(ServerOptions options, Memory memory, Jobs jobs, Databases databases) {
    this.audit = new AuditLog(options.auditLog());
    this.slow = options.slowQuery();
    Gauge.builder("lancelot.memory.used", memory, Memory::usedBytes)
        .baseUnit("bytes")
        .register(registry);
    Gauge.builder("lancelot.memory.limit", memory, Memory::limitBytes)
        .baseUnit("bytes")
        .register(registry);
    for (Jobs.State state : Jobs.State.values()) {
      Gauge.builder("lancelot.jobs", jobs, all -> all.count(state))
          .tag("state", state.word())
          .register(registry);
    }
    Gauge.builder("lancelot.tables.open", databases, Databases::openTables).register(registry);
  }

  /// What requests are counted by.
  private record Outcome(String operation, int status) {}

  private Timer timer(Outcome outcome) {
    return Timer.builder("lancelot.requests")
        .tag("operation", outcome.operation())
        .tag("status", Integer.toString(outcome.status()))
        .publishPercentileHistogram()
        .register(registry);
  }

  /// One request, from its first byte to its last.
  final class Request implements AutoCloseable {
    private final Exchange exchange;
    private final long begun = System.nanoTime();
    private final Span span;

    private Request(Exchange exchange) {
      this.exchange = exchange;
      Tracer tracer = GlobalOpenTelemetry.getTracer("io.lancelot.server");
      Context parent =
          GlobalOpenTelemetry.getPropagators()
              .getTextMapPropagator()
              .extract(Context.current(), exchange, HEADERS);
      this.span =
          tracer
              .spanBuilder("lancelot.request")
              .setParent(parent)
              .setSpanKind(SpanKind.SERVER)
              .startSpan();
    }

    void end(int status) {
      String operation = exchange.operation();
      timers
          .computeIfAbsent(new Outcome(operation, status), Observed.this::timer)
          .record(System.nanoTime() - begun, TimeUnit.NANOSECONDS);
      span.updateName(operation);
      span.setAttribute("http.response.status_code", status);
      span.setAttribute("lancelot.operation", operation);
      span.setAttribute("lancelot.database", exchange.database());
      span.setAttribute("lancelot.table", exchange.table());
      span.setAttribute("lancelot.request_id", exchange.id());
      if (status >= 500) {
        span.setStatus(StatusCode.ERROR);
      }
      if (!exchange.database().isEmpty() || status == 401) {
        audit.note(
            exchange.id(),
            status == 401 ? "unknown" : exchange.caller().name(),
            operation,
            exchange.database(),
            exchange.table(),
            status);
      }
    }

    @Override
    public void close() {
      span.end();
    }
  }

  Request begin(Exchange exchange) {
    return new Request(exchange);
  }

  /// Logs a query with its plan if it took long.
  void slow(Exchange exchange, QueryBuilder<?> query, long nanos) {
    if (slow.isZero() || nanos < slow.toNanos()) {
      return;
    }
    LOG.log(
        Level.WARNING,
        () ->
            "slow query (request="
                + exchange.id()
                + ", table="
                + exchange.table()
                + ", millis="
                + nanos / 1_000_000
                + ")\n"
                + query.explain());
  }

  /// All metrics, in the form that Prometheus reads.
  String scrape() {
    return registry.scrape();
  }

  @Override
  public void close() {
    audit.close();
    registry.close();
  }
}
