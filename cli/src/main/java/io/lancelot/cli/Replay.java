package io.lancelot.cli;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import io.lancelot.Distance;
import io.lancelot.Table;
import io.lancelot.base.InvalidInputException;
import io.lancelot.base.LancelotException;
import io.lancelot.base.StorageException;
import io.lancelot.columnar.Batch;
import io.lancelot.columnar.BatchStream;
import io.lancelot.server.QueryBody;
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

/// Replays requests: each line of a file is the body of the wire protocol's `query` operation, and
/// one line comes out for each. Repetitions and clients measure; answers are those of the first
/// repetition. Times are those of the query, from its parts to the last batch: requests are read
/// from JSON before, and answers written after.
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
          "approx_mode",
          "search_effort",
          "max_exact_rows");

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
          "with_row_address",
          "fragment_ids",
          "use_lsm",
          "use_rte",
          "lower_bound",
          "upper_bound",
          "version",
          "count",
          "full_text_query",
          "order_by",
          "id",
          "context");

  private static final Duration WARM_UP = Duration.ofSeconds(5);

  /// Untimed rounds end when for so long none was faster, and after the second time in any case.
  private static final Duration SETTLED = Duration.ofSeconds(3);

  private static final Duration SETTLE_MOST = Duration.ofSeconds(15);

  private Replay() {}

  static void run(
      Table table, Path file, int repeat, int threads, boolean timings, PrintStream out) {
    List<Line> lines = new ArrayList<>();
    try (BufferedReader reader = new BufferedReader(TextFiles.reader(file))) {
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        if (!line.isBlank()) {
          lines.add(parse(line));
        }
      }
    } catch (IOException e) {
      throw new StorageException("cannot read " + file + ": " + e, e);
    }
    if (repeat < 1 || threads < 1) {
      throw new InvalidInputException(
          "--repeat, --threads: expected>=1, found=" + repeat + ", " + threads);
    }
    String[] answers = new String[lines.size()];
    runRound(lines, threads, (i, line) -> answers[i] = print(i, answer(table, line)));
    long[][] micros = new long[lines.size()][repeat];
    if (timings && !lines.isEmpty()) {
      warm(table, lines);
      settle(() -> runRound(lines, threads, (_, line) -> execute(table, line)));
    }
    for (int round = timings ? 0 : 1; round < repeat; round++) {
      int column = round;
      runRound(
          lines,
          threads,
          (i, line) -> {
            long start = System.nanoTime();
            execute(table, line);
            micros[i][column] = (System.nanoTime() - start) / 1000;
          });
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

  /// A line of the file: a request, or what is wrong with it.
  private sealed interface Line {
    record Request(Map<?, ?> members) implements Line {}

    record Broken(LancelotException error) implements Line {}
  }

  private static Line parse(String line) {
    try (JsonParser parser = PARSERS.createParser(line)) {
      parser.nextToken();
      if (!(JsonInput.readValue(parser) instanceof Map<?, ?> request)) {
        throw new InvalidInputException("request: expected=a JSON object");
      }
      checkMembers(request);
      return new Line.Request(request);
    } catch (LancelotException e) {
      return new Line.Broken(e);
    } catch (IOException e) {
      return new Line.Broken(
          new InvalidInputException(
              "request: malformed JSON: " + Main.oneLine(String.valueOf(e.getMessage())), e));
    }
  }

  /// Who asks for times wants those of a process that has been up for a while: the distance kernels
  /// that the requests need are compiled and the indices loaded first, then the requests run
  /// untimed until they get no faster.
  private static void warm(Table table, List<Line> lines) {
    Set<Distance> metrics = EnumSet.noneOf(Distance.class);
    for (Line line : lines) {
      if (line instanceof Line.Request(var request)
          && request.get("vector") instanceof List<?> vector
          && !vector.isEmpty()) {
        Object metric = request.get("distance_type");
        try {
          metrics.add(metric == null ? Distance.L2 : QueryBody.distance(metric.toString()));
        } catch (InvalidInputException _) {
          // The request's own answer says what is wrong with it.
        }
      }
    }
    metrics.forEach(metric -> table.warmUp(metric, WARM_UP));
    try {
      table.indices().forEach(index -> table.prewarmIndex(index.name()));
    } catch (LancelotException _) {
      // A request that needs the index says so.
    }
  }

  /// The JVM compiles what runs often, which for a query of microseconds means thousands of times:
  /// runs rounds until for some seconds none was faster than those before.
  private static void settle(Runnable round) {
    long start = System.nanoTime();
    long since = start;
    long best = Long.MAX_VALUE;
    for (long now = start;
        now - since < SETTLED.toNanos() && now - start < SETTLE_MOST.toNanos();
        now = System.nanoTime()) {
      long before = now;
      round.run();
      long took = System.nanoTime() - before;
      if (took < best - best / 32) {
        best = took;
        since = System.nanoTime();
      }
    }
  }

  private interface Client {
    void ask(int number, Line line);
  }

  /// Asks every request once, by as many threads as there are clients.
  private static void runRound(List<Line> lines, int threads, Client asking) {
    AtomicInteger next = new AtomicInteger();
    Runnable client =
        () -> {
          for (int i = next.getAndIncrement(); i < lines.size(); i = next.getAndIncrement()) {
            asking.ask(i, lines.get(i));
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

  private static Answer answer(Table table, Line line) {
    try {
      switch (line) {
        case Line.Broken(LancelotException error) -> throw error;
        case Line.Request(var request) when counts(request) -> {
          return new Answer.Count(count(table, request));
        }
        case Line.Request(var request) -> {
          StringWriter text = new StringWriter();
          try (BatchStream rows = QueryBody.toQuery(table, request).stream();
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
      }
    } catch (LancelotException e) {
      return new Answer.Failure(e);
    } catch (IOException e) {
      throw new StorageException("cannot write an answer", e);
    }
  }

  /// Runs a request for its time alone.
  private static void execute(Table table, Line line) {
    if (!(line instanceof Line.Request(var request))) {
      return;
    }
    try {
      if (counts(request)) {
        count(table, request);
        return;
      }
      try (BatchStream rows = QueryBody.toQuery(table, request).stream()) {
        while (rows.next() != null) {}
      }
    } catch (LancelotException _) {
      // Its answer says so.
    }
  }

  private static boolean counts(Map<?, ?> request) {
    return Boolean.TRUE.equals(request.get("count"));
  }

  private static long count(Table table, Map<?, ?> request) {
    Object filter = request.get("filter");
    return filter == null ? table.countRows() : table.countRows(filter.toString());
  }

  private static void checkMembers(Map<?, ?> request) {
    for (Map.Entry<?, ?> member : request.entrySet()) {
      String name = String.valueOf(member.getKey());
      if (!KNOWN.contains(name) && !INDEX_KNOBS.contains(name)) {
        throw new InvalidInputException("request: unknown member: found=" + name);
      }
    }
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
