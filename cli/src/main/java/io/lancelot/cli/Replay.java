package io.lancelot.cli;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import io.lancelot.Distance;
import io.lancelot.HybridQuery;
import io.lancelot.QueryBuilder;
import io.lancelot.Table;
import io.lancelot.TextQuery;
import io.lancelot.VectorQuery;
import io.lancelot.base.InvalidInputException;
import io.lancelot.base.LancelotException;
import io.lancelot.base.StorageException;
import io.lancelot.columnar.Batch;
import io.lancelot.columnar.BatchStream;
import io.lancelot.index.FullTextQuery;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintStream;
import java.io.StringWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/// Replays requests: each line of a file is the body of the wire protocol's `query` operation, and
/// one line comes out for each. Repetitions and clients measure; answers are those of the first
/// repetition.
final class Replay {

  static final JsonFactory PARSERS =
      JsonFactory.builder().enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS).build();

  /// Members that steer the search through an index.
  private static final List<String> INDEX_KNOBS =
      List.of(
          "nprobes",
          "minimum_nprobes",
          "maximum_nprobes",
          "refine_factor",
          "ef",
          "fast_search",
          "bypass_vector_index",
          "approx_mode");

  private static final List<String> KNOWN =
      List.of(
          "vector",
          "vector_column",
          "k",
          "limit",
          "filter",
          "prefilter",
          "columns",
          "distance_type",
          "offset",
          "with_row_id",
          "lower_bound",
          "upper_bound",
          "version",
          "count",
          "full_text_query",
          "order_by",
          "id",
          "context");

  private static final Duration WARM_UP = Duration.ofSeconds(5);

  /// Untimed runs end when for so long none was faster than those before, and after the second time
  /// in any case.
  private static final Duration SETTLED = Duration.ofSeconds(3);

  private static final Duration SETTLE = Duration.ofSeconds(15);

  private Replay() {}

  static void run(
      Table table, Path file, int repeat, int threads, boolean timings, PrintStream out) {
    List<String> lines = new ArrayList<>();
    try (BufferedReader reader = new BufferedReader(TextFiles.reader(file))) {
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        if (!line.isBlank()) {
          lines.add(line);
        }
      }
    } catch (IOException e) {
      throw new StorageException("cannot read " + file + ": " + e, e);
    }
    if (repeat < 1 || threads < 1) {
      throw new InvalidInputException(
          "--repeat, --threads: expected>=1, found=" + repeat + ", " + threads);
    }
    List<Request> requests = lines.stream().map(Replay::parse).toList();
    String[] answers = new String[lines.size()];
    long[][] micros = new long[lines.size()][repeat];
    if (timings && !requests.isEmpty()) {
      warm(table, requests);
      settle(table, requests, threads, answers, micros);
    }
    for (int round = 0; round < repeat; round++) {
      runRound(table, requests, round, threads, answers, micros);
    }
    for (int i = 0; i < answers.length; i++) {
      String line = answers[i];
      if (timings) {
        StringBuilder times = new StringBuilder(",\"micros\":[");
        for (int round = 0; round < repeat; round++) {
          times.append(round == 0 ? "" : ",").append(micros[i][round]);
        }
        line = line.substring(0, line.length() - 1) + times + "]}";
      }
      out.println(line);
    }
  }

  /// A line as it was read, before the clock starts.
  private sealed interface Request {
    record Body(Map<?, ?> members) implements Request {}

    record Malformed(LancelotException error) implements Request {}
  }

  private static Request parse(String line) {
    try (JsonParser parser = PARSERS.createParser(line)) {
      parser.nextToken();
      if (!(JsonInput.readValue(parser) instanceof Map<?, ?> request)) {
        throw new InvalidInputException("request: expected=a JSON object");
      }
      checkMembers(request);
      return new Request.Body(request);
    } catch (LancelotException e) {
      return new Request.Malformed(e);
    } catch (IOException e) {
      return new Request.Malformed(
          new InvalidInputException(
              "request: malformed JSON: " + Main.oneLine(String.valueOf(e.getMessage())), e));
    }
  }

  /// Who asks for times wants those of a process that has been up for a while: the distance kernels
  /// that the requests need are compiled and the indices loaded first, then the requests run
  /// untimed until they get no faster.
  private static void warm(Table table, List<Request> requests) {
    Set<Distance> metrics = EnumSet.noneOf(Distance.class);
    for (Request request : requests) {
      if (request instanceof Request.Body(Map<?, ?> members)
          && members.get("vector") instanceof List<?> vector
          && !vector.isEmpty()) {
        Object metric = members.get("distance_type");
        try {
          metrics.add(metric == null ? Distance.L2 : QueryVerb.distance(metric.toString()));
        } catch (InvalidInputException _) {
          // The request's own answer will say what is wrong with it.
        }
      }
    }
    metrics.forEach(metric -> table.warmUp(metric, WARM_UP));
    try {
      table.indices().forEach(index -> table.prewarmIndex(index.name()));
    } catch (LancelotException _) {
      // So will this be said again.
    }
  }

  /// The JVM compiles what runs often, which for a query of microseconds means thousands of times:
  /// runs the requests until for some seconds no run was faster.
  private static void settle(
      Table table, List<Request> requests, int threads, String[] answers, long[][] micros) {
    long start = System.nanoTime();
    long since = start;
    long best = Long.MAX_VALUE;
    for (long now = start;
        now - since < SETTLED.toNanos() && now - start < SETTLE.toNanos();
        now = System.nanoTime()) {
      long before = now;
      runRound(table, requests, 0, threads, answers, micros);
      long took = System.nanoTime() - before;
      if (took < best - best / 32) {
        best = took;
        since = System.nanoTime();
      }
    }
  }

  private static void runRound(
      Table table,
      List<Request> requests,
      int round,
      int threads,
      String[] answers,
      long[][] micros) {
    AtomicInteger next = new AtomicInteger();
    Runnable client =
        () -> {
          for (int i = next.getAndIncrement(); i < requests.size(); i = next.getAndIncrement()) {
            long start = System.nanoTime();
            Answer answer = answer(table, requests.get(i));
            micros[i][round] = (System.nanoTime() - start) / 1000;
            if (round == 0) {
              answers[i] = print(i, answer);
            }
          }
        };
    List<Thread> clients = new ArrayList<>();
    for (int t = 1; t < threads; t++) {
      clients.add(Thread.ofPlatform().start(client));
    }
    client.run();
    for (Thread thread : clients) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new io.lancelot.base.CancelledException("interrupted", e);
      }
    }
  }

  /// What a request came to: rows as JSON, a count, or an error.
  private sealed interface Answer {
    record Rows(String json) implements Answer {}

    record Count(long count) implements Answer {}

    record Failure(LancelotException error) implements Answer {}
  }

  private static Answer answer(Table table, Request asked) {
    return switch (asked) {
      case Request.Malformed(LancelotException error) -> new Answer.Failure(error);
      case Request.Body(Map<?, ?> members) -> {
        try {
          yield answer(table, members);
        } catch (LancelotException e) {
          yield new Answer.Failure(e);
        } catch (IOException e) {
          throw new StorageException("cannot write an answer", e);
        }
      }
    };
  }

  private static Answer answer(Table table, Map<?, ?> request) throws IOException {
    if (Boolean.TRUE.equals(request.get("count"))) {
      Object filter = request.get("filter");
      return new Answer.Count(
          filter == null ? table.countRows() : table.countRows(filter.toString()));
    }
    StringWriter text = new StringWriter();
    try (BatchStream rows = query(table, request).stream();
        JsonGenerator json = RowOutput.JSON.createGenerator(text)) {
      json.writeStartArray();
      for (Batch batch = rows.next(); batch != null; batch = rows.next()) {
        for (int row = 0; row < batch.rowCount(); row++) {
          JsonRows.writeRow(json, batch, row);
        }
      }
      json.writeEndArray();
    }
    return new Answer.Rows(text.toString());
  }

  private static void checkMembers(Map<?, ?> request) {
    for (Map.Entry<?, ?> member : request.entrySet()) {
      String name = String.valueOf(member.getKey());
      if (!KNOWN.contains(name) && !INDEX_KNOBS.contains(name)) {
        throw new InvalidInputException("request: unknown member: found=" + name);
      }
    }
  }

  private static QueryBuilder<?> query(Table table, Map<?, ?> request) {
    List<double[]> vectors = vectors(request.get("vector"));
    QueryBuilder<?> query =
        request.get("full_text_query") != null
            ? textQuery(table, vectors, request)
            : vectors.isEmpty() ? table.query() : vectorQuery(table, vectors, request);
    if (request.get("filter") instanceof String filter && !filter.isBlank()) {
      query.where(filter);
    }
    Object limit = request.get("k") != null ? request.get("k") : request.get("limit");
    if (limit != null) {
      query.limit(number(limit, "k").longValue());
    }
    if (request.get("offset") != null) {
      query.offset(number(request.get("offset"), "offset").longValue());
    }
    if (Boolean.TRUE.equals(request.get("with_row_id"))) {
      query.withRowId();
    }
    order(query, request.get("order_by"));
    switch (request.get("columns")) {
      case null -> {}
      case List<?> names -> query.select(names.stream().map(String::valueOf).toList());
      case Map<?, ?> aliases ->
          aliases.forEach((name, expression) ->
              query.selectAs(String.valueOf(name), String.valueOf(expression)));
      case Object other ->
          throw new InvalidInputException("columns: expected=an array of names, found=" + other);
    }
    return query;
  }

  private static void order(QueryBuilder<?> query, @Nullable Object order) {
    if (order == null) {
      return;
    }
    if (!(order instanceof List<?> keys)) {
      throw new InvalidInputException("order_by: expected=an array of objects, found=" + order);
    }
    for (Object key : keys) {
      if (!(key instanceof Map<?, ?> ordering)
          || !(ordering.get("column_name") instanceof String column)) {
        throw new InvalidInputException(
            "order_by: expected={\"column_name\", \"ascending\", \"nulls_first\"}, found=" + key);
      }
      query.orderBy(
          column,
          !Boolean.FALSE.equals(ordering.get("ascending")),
          Boolean.TRUE.equals(ordering.get("nulls_first")));
    }
  }

  private static QueryBuilder<?> textQuery(Table table, List<double[]> vectors, Map<?, ?> request) {
    Object asked = request.get("full_text_query");
    FullTextQuery text =
        switch (asked) {
          case String words -> FullTextQuery.Match.of(words);
          case Map<?, ?> json -> FullTextQuery.ofJson(json);
          case null, default ->
              throw new InvalidInputException(
                  "full_text_query: expected=an object, found=" + asked);
        };
    boolean postfilter = Boolean.FALSE.equals(request.get("prefilter"));
    if (vectors.isEmpty()) {
      TextQuery query = table.search(text);
      return postfilter ? query.postfilter() : query;
    }
    if (vectors.size() > 1) {
      throw new InvalidInputException(
          "hybrid search: expected=one vector, found=" + vectors.size());
    }
    HybridQuery query = table.hybrid().text(text).vectorOfDoubles(vectors.getFirst());
    if (request.get("distance_type") != null) {
      query.distanceType(QueryVerb.distance(request.get("distance_type").toString()));
    }
    if (request.get("vector_column") != null) {
      query.column(request.get("vector_column").toString());
    }
    return postfilter ? query.postfilter() : query;
  }

  private static VectorQuery vectorQuery(Table table, List<double[]> vectors, Map<?, ?> request) {
    VectorQuery query =
        vectors.size() == 1 ? table.search(vectors.getFirst()) : table.searchAllDoubles(vectors);
    if (request.get("distance_type") != null) {
      query.distanceType(QueryVerb.distance(request.get("distance_type").toString()));
    }
    if (request.get("vector_column") != null) {
      query.column(request.get("vector_column").toString());
    }
    if (Boolean.FALSE.equals(request.get("prefilter"))) {
      query.postfilter();
    }
    steer(query, request);
    Object lower = request.get("lower_bound");
    Object upper = request.get("upper_bound");
    if (lower != null || upper != null) {
      query.distanceRange(
          lower == null ? Float.NEGATIVE_INFINITY : number(lower, "lower_bound").floatValue(),
          upper == null ? Float.POSITIVE_INFINITY : number(upper, "upper_bound").floatValue());
    }
    return query;
  }

  private static void steer(VectorQuery query, Map<?, ?> request) {
    if (request.get("nprobes") != null) {
      query.nprobes(number(request.get("nprobes"), "nprobes").intValue());
    }
    if (request.get("minimum_nprobes") != null) {
      query.minimumNprobes(number(request.get("minimum_nprobes"), "minimum_nprobes").intValue());
    }
    if (request.get("maximum_nprobes") != null) {
      query.maximumNprobes(number(request.get("maximum_nprobes"), "maximum_nprobes").intValue());
    }
    if (request.get("ef") != null) {
      query.ef(number(request.get("ef"), "ef").intValue());
    }
    if (request.get("refine_factor") != null) {
      query.refineFactor(number(request.get("refine_factor"), "refine_factor").intValue());
    }
    if (Boolean.TRUE.equals(request.get("fast_search"))) {
      query.fastSearch();
    }
    if (Boolean.TRUE.equals(request.get("bypass_vector_index"))) {
      query.bypassVectorIndex();
    }
  }

  private static Number number(@Nullable Object value, String member) {
    if (value instanceof Number number) {
      return number;
    }
    throw new InvalidInputException(member + ": expected=a number, found=" + value);
  }

  private static List<double[]> vectors(@Nullable Object value) {
    return switch (value) {
      case null -> List.of();
      case List<?> list when list.isEmpty() -> List.of();
      case List<?> list when list.getFirst() instanceof List -> {
        List<double[]> vectors = new ArrayList<>();
        for (Object one : list) {
          if (!(one instanceof List<?> numbers)) {
            throw new InvalidInputException("vector: expected=arrays of numbers, found=" + one);
          }
          vectors.add(vector(numbers));
        }
        yield vectors;
      }
      case List<?> numbers -> List.of(vector(numbers));
      default ->
          throw new InvalidInputException("vector: expected=an array of numbers, found=" + value);
    };
  }

  /// A JSON array as a vector; not-a-number and infinities are refused when it is used.
  static double[] vector(List<?> numbers) {
    double[] vector = new double[numbers.size()];
    for (int i = 0; i < vector.length; i++) {
      vector[i] = number(numbers.get(i), "vector").doubleValue();
    }
    return vector;
  }

  private static String print(int request, Answer answer) {
    StringWriter text = new StringWriter();
    try (JsonGenerator json = RowOutput.JSON.createGenerator(text)) {
      json.writeStartObject();
      json.writeNumberField("request", request);
      switch (answer) {
        case Answer.Rows(String rows) -> {
          json.writeFieldName("rows");
          json.writeRawValue(rows);
        }
        case Answer.Count(long count) -> json.writeNumberField("count", count);
        case Answer.Failure(LancelotException error) -> {
          json.writeObjectFieldStart("error");
          json.writeStringField("kind", error.kind());
          json.writeStringField("message", String.valueOf(error.getMessage()));
          json.writeBooleanField("retryable", error.retryable());
          json.writeEndObject();
        }
      }
      json.writeEndObject();
    } catch (IOException e) {
      throw new StorageException("cannot write an answer", e);
    }
    return text.toString();
  }
}
