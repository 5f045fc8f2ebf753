package io.lancelot.client;

import io.lancelot.base.UnsupportedFeatureException;
import io.lancelot.columnar.BatchStream;
import io.lancelot.engine.Query;
import io.lancelot.engine.SearchReport;
import io.lancelot.engine.TimedStream;
import java.io.InputStream;
import java.net.http.HttpResponse;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Queries of a table of a server.
final class RemoteQueries {

  private final RemoteTable table;

  RemoteQueries(RemoteTable table) {
    this.table = table;
  }

  BatchStream run(Query query) {
    return TimedStream.of(
        query.within().timeout(),
        () -> AnswerRows.of(send(query, QueryJson.of(query)), table.context().memory()));
  }

  /// The same, and how its vector search went, which the answer's head says.
  ///
  /// @throws UnsupportedFeatureException if it does not
  BatchStream run(Query query, Consumer<SearchReport> report) {
    Map<String, @Nullable Object> body = QueryJson.of(query);
    body.put("report", true);
    return TimedStream.of(
        query.within().timeout(),
        () -> {
          HttpResponse<InputStream> answer = send(query, body);
          BatchStream rows = AnswerRows.of(answer, table.context().memory());
          try {
            report.accept(report(answer));
          } catch (RuntimeException e) {
            rows.close();
            throw e;
          }
          return rows;
        });
  }

  private static SearchReport report(HttpResponse<InputStream> answer) {
    return answer
        .headers()
        .firstValue(QueryJson.REPORT_HEADER)
        .map(QueryJson::report)
        .orElseThrow(() ->
            new UnsupportedFeatureException(
                "search report: expected=a server that gives one, and a key that sees every row,"
                    + " found=none"));
  }

  private HttpResponse<InputStream> send(Query query, Map<String, @Nullable Object> body) {
    table.scope(Wire.Kind.READ, body);
    Map<String, String> headers =
        query
            .within()
            .timeout()
            .map(time -> Map.of("x-request-timeout-ms", Long.toString(time.toMillis())))
            .orElse(Map.of());
    return table.wire().send(Wire.Kind.READ, "POST", table.path("query"), body, headers);
  }

  String explain(Query query) {
    Map<String, @Nullable Object> body = QueryJson.of(query);
    table.scope(Wire.Kind.READ, body);
    return String.valueOf(
        table
            .wire()
            .ask(
                Wire.Kind.READ,
                table.path("explain_plan"),
                Map.of("query", body, "verbose", false)));
  }
}
