package io.lancelot.client;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.lancelot.RemoteOptions;
import io.lancelot.base.CancelledException;
import io.lancelot.base.InvalidInputException;
import io.lancelot.base.LancelotException;
import io.lancelot.base.StorageException;
import io.lancelot.columnar.BatchStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.HttpTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/// Requests of one connection. What can be repeated without doing it twice is, up to three times.
/// Thread-safe.
final class Wire implements AutoCloseable {

  static final String ARROW_STREAM = "application/vnd.apache.arrow.stream";

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int ATTEMPTS = 4;
  private static final long FIRST_PAUSE_MILLIS = 250;

  /// Whether doing it twice does no harm.
  enum Kind {
    READ,
    WRITE;

    /// Whether to try again after an answer: a write only where the server has not begun.
    boolean again(int status) {
      return switch (status) {
        case 429, 503 -> true;
        case 409, 500, 502, 504 -> this == READ;
        default -> false;
      };
    }

    /// Whether to try again when there was no answer: a write only where it was not sent.
    boolean again(StorageException lost) {
      return lost.getCause() instanceof ConnectException
          || this == READ
              && lost.getCause() instanceof IOException
              && !(lost.getCause() instanceof HttpTimeoutException);
    }
  }

  private final HttpClient http;
  private final String base;
  private final String database;
  private final RemoteOptions options;

  Wire(String database, RemoteOptions options) {
    this.database = database;
    this.options = options;
    String host =
        options.host().isEmpty()
            ? "https://" + database + "." + options.region() + ".api.lancedb.com"
            : options.host();
    this.base = host.endsWith("/") ? host.substring(0, host.length() - 1) : host;
    if (!base.startsWith("http://") && !base.startsWith("https://")) {
      throw new InvalidInputException("host: expected=http://… or https://…, found=" + base);
    }
    this.http =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(30))
            .build();
  }

  String base() {
    return base;
  }

  /// Asks for something, and reads the answer as JSON.
  ///
  /// @param body null for none
  @Nullable Object ask(Kind kind, String path, @Nullable Map<String, ?> body) {
    try (InputStream answer = send(kind, "POST", path, body, Map.of()).body()) {
      return json(answer.readAllBytes());
    } catch (IOException e) {
      throw lost(path, e);
    }
  }

  /// The same where the answer is an object.
  Map<?, ?> askObject(Kind kind, String path, @Nullable Map<String, ?> body) {
    return object(ask(kind, path, body), path);
  }

  Map<?, ?> get(String path) {
    try (InputStream answer = send(Kind.READ, "GET", path, null, Map.of()).body()) {
      return object(json(answer.readAllBytes()), path);
    } catch (IOException e) {
      throw lost(path, e);
    }
  }

  private static Map<?, ?> object(@Nullable Object json, String path) {
    return switch (json) {
      case null -> Map.of();
      case Map<?, ?> object -> object;
      case Object other ->
          throw new StorageException(
              "answer: expected=an object, found=" + other + " (" + path + ")");
    };
  }

  private static @Nullable Object json(byte[] bytes) {
    if (bytes.length == 0) {
      return null;
    }
    try {
      return JSON.readValue(bytes, Object.class);
    } catch (IOException e) {
      throw new StorageException("answer: expected=JSON, found=" + e.getMessage(), e);
    }
  }

  /// Sends rows as they come; not repeated, since they are gone then.
  Map<?, ?> sendRows(String path, BatchStream rows, io.lancelot.base.Memory memory) {
    SentBatches sent = new SentBatches(rows, memory);
    HttpRequest request =
        request(path, UUID.randomUUID().toString(), Map.of())
            .header("content-type", ARROW_STREAM)
            .POST(BodyPublishers.ofInputStream(sent::open))
            .build();
    HttpResponse<InputStream> answer;
    try {
      answer = exchange(request);
    } catch (StorageException e) {
      // What the rows themselves threw says more than the broken connection.
      sent.rethrow();
      throw e;
    } finally {
      sent.close();
    }
    try (InputStream body = answer.body()) {
      byte[] bytes = body.readAllBytes();
      if (answer.statusCode() >= 300) {
        sent.rethrow();
        throw WireFailures.of(answer.statusCode(), bytes);
      }
      return object(json(bytes), path);
    } catch (IOException e) {
      throw lost(path, e);
    }
  }

  /// The answer's body as it comes; the caller closes it.
  HttpResponse<InputStream> send(
      Kind kind,
      String method,
      String path,
      @Nullable Map<String, ?> body,
      Map<String, String> headers) {
    // One id for all attempts, so that a server can tell a repetition.
    String id = UUID.randomUUID().toString();
    byte[] bytes = body == null ? null : bytes(body);
    for (int attempt = 1; ; attempt++) {
      HttpRequest.Builder builder = request(path, id, headers);
      BodyPublisher publisher =
          bytes == null ? BodyPublishers.noBody() : BodyPublishers.ofByteArray(bytes);
      if (bytes != null) {
        builder.header("content-type", "application/json");
      }
      HttpResponse<InputStream> answer;
      try {
        answer = exchange(builder.method(method, publisher).build());
      } catch (StorageException e) {
        if (attempt == ATTEMPTS || !kind.again(e)) {
          throw e;
        }
        pause(attempt, 0);
        continue;
      }
      if (answer.statusCode() < 300) {
        return answer;
      }
      LancelotException failure = failure(answer);
      if (attempt == ATTEMPTS || !kind.again(answer.statusCode())) {
        throw failure;
      }
      pause(attempt, answer.headers().firstValueAsLong("retry-after").orElse(0) * 1000);
    }
  }

  private static LancelotException failure(HttpResponse<InputStream> answer) {
    try (InputStream body = answer.body()) {
      return WireFailures.of(answer.statusCode(), body.readAllBytes());
    } catch (IOException e) {
      return WireFailures.of(answer.statusCode(), new byte[0]);
    }
  }

  private static void pause(int attempt, long asked) {
    long jitter = ThreadLocalRandom.current().nextLong(FIRST_PAUSE_MILLIS);
    try {
      Thread.sleep(Math.max(asked, (FIRST_PAUSE_MILLIS << attempt) + jitter));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CancelledException("request interrupted");
    }
  }

  private HttpRequest.Builder request(String path, String id, Map<String, String> headers) {
    Map<String, String> all = new LinkedHashMap<>();
    all.put("x-lancedb-database", database);
    all.put("x-request-id", id);
    if (!options.apiKey().isEmpty()) {
      all.put("x-api-key", options.apiKey());
    }
    all.putAll(options.headers().get());
    all.putAll(headers);
    HttpRequest.Builder builder =
        HttpRequest.newBuilder(URI.create(base + path)).timeout(options.timeout());
    all.forEach(builder::header);
    return builder;
  }

  private HttpResponse<InputStream> exchange(HttpRequest request) {
    try {
      return http.send(request, BodyHandlers.ofInputStream());
    } catch (IOException | UncheckedIOException e) {
      throw lost(request.uri().getPath(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CancelledException("request interrupted");
    }
  }

  private StorageException lost(String path, Exception e) {
    return new StorageException(
        "server not reached: " + e + " (host=" + base + ", path=" + path + ")", e);
  }

  private static byte[] bytes(Map<String, ?> body) {
    try {
      return JSON.writeValueAsBytes(body);
    } catch (JsonProcessingException e) {
      throw new InvalidInputException("request: expected=values of JSON, found=" + body, e);
    }
  }

  /// A name as a part of a path.
  static String part(String name) {
    StringBuilder encoded = new StringBuilder();
    for (byte b : name.getBytes(StandardCharsets.UTF_8)) {
      char c = (char) (b & 0xff);
      if (c < 128 && (Character.isLetterOrDigit(c) || "-_.~$".indexOf(c) >= 0)) {
        encoded.append(c);
      } else {
        encoded.append('%').append(String.format("%02X", b & 0xff));
      }
    }
    return encoded.toString();
  }

  @Override
  public void close() {
    http.shutdownNow();
    http.close();
  }
}
