package io.lancelot.server;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.helidon.http.HeaderNames;
import io.helidon.http.Status;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.ServerConnectionException;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import io.lancelot.Table;
import io.lancelot.base.InvalidInputException;
import io.lancelot.base.StorageException;
import io.lancelot.expr.Expr;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// One request and its answer.
final class Exchange {

  /// What clients take for the server's abilities; see `Server version gates` of the protocol.
  static final String SERVER_VERSION = "0.5.0";

  /// Ids of requests that may go into logs as they are.
  private static final Pattern REQUEST_ID = Pattern.compile("[A-Za-z0-9_.:-]{1,128}");

  private static final Logger LOG = System.getLogger(Exchange.class.getName());
  private static final int CLIENT_GONE = Status.REQUEST_TIMEOUT_408.code();
  private static final int MAX_DEPTH = 200;
  private static final ObjectMapper JSON =
      new ObjectMapper(
          JsonFactory.builder()
              .streamReadConstraints(
                  StreamReadConstraints.builder().maxNestingDepth(MAX_DEPTH).build())
              .enable(StreamReadFeature.USE_FAST_DOUBLE_PARSER)
              .build());
  private static final int MAX_JSON_BYTES = 64 << 20;

  /// What JSON takes on the heap when it is read, compared with its text.
  private static final int JSON_WEIGHT = 8;

  private final ServerRequest request;
  private final ServerResponse response;
  private final List<String> path;
  private final boolean slash;
  private final Map<String, List<String>> params;
  private final Map<String, String> bound = new LinkedHashMap<>();
  private final Databases databases;
  private final HeapRoom heap;
  private final long maxBodyBytes;
  private final String id;
  private Caller caller = Caller.ANYONE;
  private String operation = "none";
  private String database = "";
  private String table = "";
  private @Nullable Map<String, Object> body;
  private long heldOnHeap;
  private @Nullable AnswerStream answering;
  private int cutOff;

  Exchange(ServerRequest request, ServerResponse response, Services services) {
    this.request = request;
    this.response = response;
    this.databases = services.databases();
    this.heap = services.heap();
    this.maxBodyBytes = services.options().maxBodyBytes();
    this.id =
        header("x-request-id")
            .filter(given -> REQUEST_ID.matcher(given).matches())
            .orElseGet(() -> UUID.randomUUID().toString());
    String raw = request.prologue().uriPath().rawPath();
    this.path = new ArrayList<>();
    for (String part : raw.split("/")) {
      if (!part.isEmpty()) {
        path.add(part.indexOf('%') < 0 ? part : decoded(part.replace("+", "%2B")));
      }
    }
    this.slash = !path.isEmpty() && raw.endsWith("/");
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
  static void run(
      ServerRequest request,
      ServerResponse response,
      Services services,
      Admission admission,
      Router router) {
    response.header("phalanx-version", SERVER_VERSION);
    Exchange exchange;
    try {
      exchange = new Exchange(request, response, services);
    } catch (InvalidInputException e) {
      Failures.answer(response, e, "none");
      return;
    }
    response.header("x-request-id", exchange.id);
    try (Observed.Request observed = services.observed().begin(exchange)) {
      try {
        exchange.run(admission, router);
      } catch (StackOverflowError e) {
        exchange.fail(
            new InvalidInputException("request: expected=less nesting, found=too much", e));
      } catch (RuntimeException e) {
        exchange.fail(e);
      } finally {
        exchange.heap.give(exchange.heldOnHeap);
        observed.end(exchange.status());
      }
    }
  }

  private void fail(RuntimeException e) {
    if (e instanceof ServerConnectionException || e instanceof CloseConnectionException) {
      cutOff = CLIENT_GONE;
      throw e;
    }
    if (response.isSent()) {
      throw e;
    }
    if (answering != null && answering.begun()) {
      // Without its end the client knows that the answer is not whole.
      cutOff = Status.INTERNAL_SERVER_ERROR_500.code();
      LOG.log(Level.WARNING, "answer cut off (request=" + id + ")", e);
      throw new CloseConnectionException("the answer cannot be finished", e);
    }
    Failures.answer(response, e, id);
  }

  /// What became of the request; there may have been nobody to tell it to.
  private int status() {
    return cutOff != 0 ? cutOff : response.status().code();
  }

  private void run(Admission admission, Router router) {
    if (router.isPublic(path)) {
      // Whether it lives anybody may ask, and the page has nothing in it.
      router.route(this);
      return;
    }
    caller = admission.caller(this);
    admission.run(this, caller, () -> router.route(this));
  }

  /// Notes what is asked for, for metrics and logs.
  void isAbout(String what, Databases.Place place, String name) {
    operation = what;
    database = databases.databaseName(place);
    table = name;
  }

  /// The id of this request in logs: the client's, if it gave one.
  String id() {
    return id;
  }

  /// What was asked for, without names: `table/query`.
  String operation() {
    return operation;
  }

  String database() {
    return database;
  }

  String table() {
    return table;
  }

  Caller caller() {
    return caller;
  }

  /// The rows that there are for the caller, if not all.
  Optional<Expr> rowFilter() {
    return caller.rowFilter().map(Expr::parse);
  }

  /// How many rows of a table there are for a caller who may not see all; empty for others.
  OptionalLong visibleRows(Table of) {
    Optional<String> filter = caller.rowFilter();
    return filter.isEmpty() ? OptionalLong.empty() : OptionalLong.of(of.countRows(filter.get()));
  }

  /// Refuses what the caller's key does not allow.
  void check(Access access, Databases.Place place) {
    if (!caller.may(access)
        || !caller.reaches(databases.databaseName(place))
        || access == Access.ADMIN && caller.limited()) {
      throw denied(access);
    }
  }

  /// Refuses what the caller's key does not allow.
  void check(Access access, TableRef table) {
    if (!caller.may(access) || !sees(table)) {
      throw denied(access);
    }
  }

  private static Failures.Coded denied(Access access) {
    return new Failures.Coded(
        Failures.Code.PERMISSION_DENIED,
        "this key does not allow it (needed=" + access.name().toLowerCase(Locale.ROOT) + ")");
  }

  /// Whether the caller may know of a table.
  boolean sees(TableRef table) {
    return caller.reaches(databases.databaseName(table.place()), table.text());
  }

  /// Keeps a part of the path that stands for something, by what it stands for.
  void bind(String name, String value) {
    bound.put(name, value);
  }

  String bound(String name) {
    String value = bound.get(name);
    if (value == null) {
      throw new IllegalStateException("no " + name + " in this path");
    }
    return value;
  }

  OptionalLong boundNumber(String name) {
    return number(name, Optional.of(bound(name)));
  }

  OptionalLong headerNumber(String name) {
    return number(name, header(name));
  }

  /// A parameter that is a whole number.
  OptionalLong number(String name) {
    return number(name, param(name));
  }

  private static OptionalLong number(String name, Optional<String> text) {
    if (text.isEmpty() || text.get().isBlank()) {
      return OptionalLong.empty();
    }
    try {
      return OptionalLong.of(Long.parseLong(text.get().strip()));
    } catch (NumberFormatException e) {
      throw new InvalidInputException(name + ": expected=a whole number, found=" + text.get(), e);
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
    try (InputStream in = stream()) {
      byte[] bytes = new byte[4096];
      hold(bytes.length);
      int count = 0;
      for (int read = 0; read >= 0; read = in.read(bytes, count, bytes.length - count)) {
        count += read;
        if (count == bytes.length) {
          hold(bytes.length);
          bytes = Arrays.copyOf(bytes, 2 * bytes.length);
        }
      }
      return switch (isBlank(bytes, count) ? null : JSON.readValue(bytes, 0, count, Object.class)) {
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

  /// Takes room for so much more JSON, until the request ends.
  private void hold(int bytes) {
    long most = Math.min(MAX_JSON_BYTES, heap.limitBytes() / JSON_WEIGHT);
    if (heldOnHeap / JSON_WEIGHT + bytes > most) {
      throw new Failures.Coded(
          Failures.Code.INVALID_INPUT,
          413,
          "request body: expected=at most " + most + " bytes of JSON, found=more");
    }
    heap.take((long) JSON_WEIGHT * bytes);
    heldOnHeap += (long) JSON_WEIGHT * bytes;
  }

  private static boolean isBlank(byte[] text, int length) {
    for (int i = 0; i < length; i++) {
      if (text[i] > ' ' || text[i] < 0) {
        return false;
      }
    }
    return true;
  }

  /// The body as bytes, as they come in.
  InputStream stream() {
    return request.content().hasEntity()
        ? new Bounded(request.content().inputStream(), maxBodyBytes)
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
    answer(response, status, json);
  }

  /// A value as JSON text.
  static String json(Object value) {
    try {
      return JSON.writeValueAsString(value);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  /// An answer that is text, or a page.
  void answerText(String contentType, String text) {
    response.status(Status.OK_200).header("content-type", contentType).send(text);
  }

  static void answer(ServerResponse response, int status, Object json) {
    try {
      byte[] bytes = JSON.writeValueAsBytes(json);
      response.status(Status.create(status)).header("content-type", "application/json").send(bytes);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  void answerEmpty(int status) {
    response.status(Status.create(status)).send();
  }

  /// An answer of bytes that are written as they come.
  AnswerStream answerStream(String contentType) {
    return answerStream(200, contentType);
  }

  AnswerStream answerStream(int status, String contentType) {
    response.status(Status.create(status)).header("content-type", contentType);
    AnswerStream answer = new AnswerStream(response);
    answering = answer;
    return answer;
  }

  /// A body that may have so many bytes.
  private static final class Bounded extends FilterInputStream {
    private long left;

    Bounded(InputStream in, long limit) {
      super(in);
      this.left = limit;
    }

    @Override
    public int read() throws IOException {
      int value = super.read();
      if (value >= 0) {
        count(1);
      }
      return value;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
      int count = super.read(bytes, offset, length);
      if (count > 0) {
        count(count);
      }
      return count;
    }

    private void count(int bytes) {
      left -= bytes;
      if (left < 0) {
        throw new Failures.Coded(
            Failures.Code.INVALID_INPUT, 413, "request body: expected=fewer bytes, found=too many");
      }
    }
  }
}
