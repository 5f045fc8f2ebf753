package io.lancelot.compat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// The real Lance in one long-lived Python process, a JSON line per request. An error there comes
/// back as an [OracleException]; a crash fails the request that caused it and the next one finds a
/// new process. For one thread at a time.
final class Oracle implements AutoCloseable {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration PATIENCE = Duration.ofMinutes(3);

  private final Path folder;
  private final String python;
  private @Nullable Running running;
  private long requests;

  private Oracle(Path folder, String python) {
    this.folder = folder;
    this.python = python;
  }

  private record Running(Process process, BufferedWriter in, BlockingQueue<Optional<String>> out) {}

  static Oracle start() {
    Path folder = Path.of("src/test/python").toAbsolutePath();
    String python = System.getProperty("lancelot.python", "../.build/venv/bin/python");
    if (!Files.isExecutable(Path.of(python))) {
      throw new IllegalStateException(
          "no Python with the real Lance: run ./check, which makes " + python);
    }
    return new Oracle(folder, python);
  }

  /// Asks for `op`; `arguments` may hold [Data], paths, numbers, strings, lists and maps.
  JsonNode call(String op, Map<String, ?> arguments) {
    return call(op, arguments, PATIENCE);
  }

  JsonNode call(String op, Map<String, ?> arguments, Duration patience) {
    Map<String, @Nullable Object> request = new LinkedHashMap<>();
    long id = ++requests;
    request.put("id", id);
    request.put("op", op);
    arguments.forEach((name, value) -> request.put(name, plain(value)));
    Running now = running();
    Optional<String> line = Optional.empty();
    boolean late = false;
    try {
      now.in().write(JSON.writeValueAsString(request));
      now.in().newLine();
      now.in().flush();
      Optional<String> answer = now.out().poll(patience.toMillis(), TimeUnit.MILLISECONDS);
      late = answer == null;
      line = late ? Optional.empty() : answer;
    } catch (IOException e) {
      // The process has died: told below with its exit code.
    } catch (InterruptedException e) {
      stop();
      Thread.currentThread().interrupt();
      throw new OracleException("interrupted while waiting for: " + request);
    }
    if (line.isEmpty()) {
      String code = late ? "no answer in " + patience : "exit code " + exitCode(now);
      stop();
      throw new OracleException(
          "the process of the real Lance died: " + code + " (request=" + request + ")");
    }
    return answer(line.get(), id, request);
  }

  private static JsonNode answer(String line, long id, Object request) {
    JsonNode answer;
    try {
      answer = JSON.readTree(line);
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException(e);
    }
    if (answer.path("id").asLong() != id) {
      throw new IllegalStateException(
          "answer to another request: expected=" + id + ", found=" + line);
    }
    if (answer.has("error")) {
      throw new OracleException(answer.get("error").asText() + " (request=" + request + ")");
    }
    return answer.get("ok");
  }

  private static @Nullable Object plain(@Nullable Object value) {
    return switch (value) {
      case Data data -> data.reference();
      case Path path -> path.toAbsolutePath().toString();
      case null, default -> value;
    };
  }

  private Running running() {
    Running now = running;
    if (now == null) {
      now = launch();
      running = now;
    }
    return now;
  }

  private Running launch() {
    try {
      Path log = Files.createDirectories(Path.of("target")).resolve("oracle.log");
      Process process =
          new ProcessBuilder(python, "-u", folder.resolve("oracle.py").toString())
              .redirectError(ProcessBuilder.Redirect.appendTo(log.toFile()))
              .directory(new File(".").getAbsoluteFile())
              .start();
      BlockingQueue<Optional<String>> out = new LinkedBlockingQueue<>();
      Thread.ofPlatform().daemon().name("oracle").start(() -> pump(process, out));
      return new Running(process, process.outputWriter(StandardCharsets.UTF_8), out);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void pump(Process process, BlockingQueue<Optional<String>> out) {
    try (BufferedReader lines =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      String line;
      while ((line = lines.readLine()) != null) {
        out.add(Optional.of(line));
      }
    } catch (IOException e) {
      // The stream of a killed process: its end is told like any other.
    }
    out.add(Optional.empty());
  }

  private static String exitCode(Running now) {
    try {
      return now.process().waitFor(5, TimeUnit.SECONDS)
          ? String.valueOf(now.process().exitValue())
          : "unknown";
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return "unknown";
    }
  }

  private void stop() {
    Running now = running;
    running = null;
    if (now != null) {
      now.process().destroyForcibly();
    }
  }

  /// Writes named data as an Arrow IPC file.
  Path make(Data data, Path out) {
    call("make", Map.of("from", data, "out", out));
    return out;
  }

  /// The first difference between two data sets, if there is one.
  Optional<String> difference(Data left, Data right) {
    return Optional.ofNullable(
        call("equal", Map.of("left", left, "right", right)).get("difference").textValue());
  }

  /// As [#difference(Data, Data)], the metadata of schema and fields included.
  Optional<String> differenceWithMetadata(Data left, Data right) {
    return Optional.ofNullable(
        call("equal", Map.of("left", left, "right", right, "metadata", true))
            .get("difference")
            .textValue());
  }

  @Override
  public void close() {
    stop();
  }
}
