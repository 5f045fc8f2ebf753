package io.lancelot.server;

import io.lancelot.QueryBuilder;
import io.lancelot.columnar.Batch;
import io.lancelot.columnar.BatchStream;
import io.lancelot.columnar.Values;
import io.lancelot.server.Router.Route;
import io.lancelot.server.Router.TableHandler;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A query whose rows come as JSON: for the page, and for people with `curl`. Our own addition to
/// the protocol.
final class PreviewRoute {

  private static final int MOST_ROWS = 1000;
  private static final int DEFAULT_ROWS = 20;

  private final Services services;

  PreviewRoute(Services services) {
    this.services = services;
  }

  void addTo(Map<String, Route<TableHandler>> routes) {
    routes.put("preview", new Route<>(Access.READ, this::preview));
  }

  private void preview(Exchange exchange, TableRef ref) {
    Map<String, Object> body = new LinkedHashMap<>(exchange.body());
    long limit = QueryBody.number(body, "k").orElse(DEFAULT_ROWS);
    body.put("k", Math.min(limit, MOST_ROWS));
    services.reading(
        ref,
        body,
        table -> {
          long begun = System.nanoTime();
          QueryBuilder<?> query = services.query(exchange, table, body);
          List<Map<String, @Nullable Object>> rows = new ArrayList<>();
          List<String> columns;
          try (BatchStream stream = query.stream()) {
            columns = stream.schema().names();
            Services.discreet(exchange, () -> collect(stream, rows));
          }
          Map<String, Object> answer = new LinkedHashMap<>();
          answer.put("version", table.version());
          answer.put("columns", columns);
          answer.put("rows", rows);
          answer.put("millis", (System.nanoTime() - begun) / 1_000_000);
          exchange.answer(answer);
        });
  }

  private static int collect(BatchStream stream, List<Map<String, @Nullable Object>> rows) {
    for (Batch batch = stream.next(); batch != null; batch = stream.next()) {
      for (int i = 0; i < batch.rowCount(); i++) {
        Map<String, @Nullable Object> row = new LinkedHashMap<>();
        Values.row(batch, i).forEach((name, value) -> row.put(name, json(value)));
        rows.add(row);
      }
    }
    return rows.size();
  }

  /// What JSON has no word for, as text.
  private static @Nullable Object json(@Nullable Object value) {
    return switch (value) {
      case null -> null;
      case Boolean truth -> truth;
      case Double number when !Double.isFinite(number) -> number.toString();
      case Float number when !Float.isFinite(number) -> number.toString();
      case Number number -> number;
      case byte[] bytes -> bytes.length + " bytes";
      case ByteBuffer bytes -> bytes.remaining() + " bytes";
      case List<?> items -> {
        List<@Nullable Object> all = new ArrayList<>();
        items.forEach(item -> all.add(json(item)));
        yield all;
      }
      case Map<?, ?> fields -> {
        Map<String, @Nullable Object> all = new LinkedHashMap<>();
        fields.forEach((name, field) -> all.put(String.valueOf(name), json(field)));
        yield all;
      }
      case float[] numbers -> {
        List<@Nullable Object> all = new ArrayList<>();
        for (float number : numbers) {
          all.add(json(number));
        }
        yield all;
      }
      default -> value.toString();
    };
  }
}
