package io.lancelot.server;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.helidon.http.HeaderNames;
import io.helidon.http.Status;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import io.lancelot.base.InvalidInputException;
import io.lancelot.base.StorageException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// One request and its answer.
final class Exchange {

  /// What clients take for the server's abilities; see `Server version gates` of the protocol.
  static final String SERVER_VERSION = "0.5.0";

  /// Where some clients send Arrow without saying so.
  private static final Set<String> ARROW_ROUTES = Set.of("create", "insert", "merge_insert");

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int MAX_JSON_BYTES = 64 << 20;

  private final ServerRequest request;
  private final ServerResponse response;
  private final List<String> path;
  private final boolean slash;
  private final Map<String, List<String>> params;
  private @Nullable Map<String, Object> body;

  Exchange(ServerRequest request, ServerResponse response) {
    this.request = request;
    this.response = response;
    String raw = request.prologue().uriPath().rawPath().replaceFirst("^/+", "/");
    this.slash = raw.length() > 1 && raw.endsWith("/");
    this.path = new ArrayList<>();
    for (String part : raw.split("/")) {
      if (!part.isEmpty()) {
        path.add(decoded(part.replace("+", "%2B")));
      }
    }
    this.params = new LinkedHashMap<>();
    for (String pair : request.prologue().query().rawValue().split("&")) {
      int equals = pair.indexOf('=');
      if (!pair.isEmpty()) {
        params
            .computeIfAbsent(
                decoded(equals < 0 ? pair : pair.substring(0, equals)), _ -> new ArrayList<>())
            .add(equals < 0 ? "" : decoded(pair.substring(equals + 1)));
      }
    }
  }

  private static String decoded(String part) {
    try {
      return URLDecoder.decode(part, StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      throw new InvalidInputException("address: expected=valid %-escapes, found=" + part, e);
    }
  }

  /// Answers, whatever happens.
  void run(Router router) {
    response.header("phalanx-version", SERVER_VERSION);
    try {
      router.route(this);
    } catch (RuntimeException e) {
      if (response.isSent()) {
        throw e;
      }
      Failures.answer(this, e);
    }
  }

  String method() {
    return request.prologue().method().text();
  }

  /// The parts of the path, decoded.
  List<String> path() {
    return path;
  }

  /// Whether the path ends in a slash: the Cloud dialect.
  boolean slash() {
    return slash;
  }

  Optional<String> param(String name) {
    List<String> values = params.getOrDefault(name, List.of());
    return values.isEmpty() ? Optional.empty() : Optional.of(values.getFirst());
  }

  List<String> paramValues(String name) {
    return params.getOrDefault(name, List.of());
  }

  Optional<String> header(String name) {
    return request.headers().first(HeaderNames.create(name));
  }

  /// Whether the body, if there is one, is JSON: everything is that does not say it is Arrow.
  boolean hasJson() {
    return !contentType().startsWith("application/vnd.apache.arrow")
        && !(contentType().isEmpty() && ARROW_ROUTES.contains(path.getLast()));
  }

  /// The body as a JSON object; empty if there is none.
  Map<String, Object> body() {
    Map<String, Object> read = body;
    if (read == null) {
      read = readBody();
      body = read;
    }
    return read;
  }

  @SuppressWarnings("unchecked")
  private Map<String, Object> readBody() {
    byte[] bytes;
    try (InputStream in = stream()) {
      bytes = in.readNBytes(MAX_JSON_BYTES + 1);
    } catch (IOException e) {
      throw new StorageException("cannot read the request: " + e.getMessage(), e);
    }
    if (bytes.length > MAX_JSON_BYTES) {
      throw new InvalidInputException(
          "request body: expected=at most " + MAX_JSON_BYTES + " bytes of JSON, found=more");
    }
    if (new String(bytes, StandardCharsets.UTF_8).isBlank()) {
      return Map.of();
    }
    try {
      return switch (JSON.readValue(bytes, Object.class)) {
        case null -> Map.of();
        case Map<?, ?> object -> (Map<String, Object>) object;
        case Object other ->
            throw new InvalidInputException(
                "request body: expected=a JSON object, found=" + other.getClass().getSimpleName());
      };
    } catch (JsonProcessingException e) {
      throw new InvalidInputException("request body: malformed JSON: " + e.getOriginalMessage(), e);
    } catch (IOException e) {
      throw new StorageException("cannot read the request: " + e.getMessage(), e);
    }
  }

  /// The body as bytes, as they come in.
  InputStream stream() {
    return request.content().hasEntity()
        ? request.content().inputStream()
        : InputStream.nullInputStream();
  }

  /// The media type of the body, without parameters; empty if it does not say.
  String contentType() {
    return header("content-type").map(type -> type.split(";")[0].strip()).orElse("");
  }

  Exchange withHeader(String name, String value) {
    response.header(name, value);
    return this;
  }

  void answer(Object json) {
    answer(200, json);
  }

  void answer(int status, Object json) {
    try {
      byte[] bytes = JSON.writeValueAsBytes(json);
      response.status(Status.create(status)).header("content-type", "application/json").send(bytes);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  void answerBytes(int status, byte[] bytes) {
    response.status(Status.create(status)).send(bytes);
  }

  /// An answer of bytes that are written as they come.
  OutputStream answerStream(String contentType) {
    response.status(Status.OK_200).header("content-type", contentType);
    return response.outputStream();
  }
}
