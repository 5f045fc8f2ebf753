package io.lancelot.server;

import io.lancelot.base.InvalidInputException;
import java.io.IOException;
import java.io.Reader;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// The settings of a server as people write them. A flag (`--max-requests 64`) wins over the
/// environment (`LANCELOT_MAX_REQUESTS`), that over a file (`max-requests = 64`), and that over the
/// default.
public final class ServerSettings {

  /// What can be set, and what it means.
  public static final SortedMap<String, String> NAMES = names();

  /// Where a value comes from.
  private record Value(String text, String source) {}

  private final Path root;
  private final Map<String, Value> values;

  private ServerSettings(Path root, Map<String, Value> values) {
    this.root = root;
    this.values = values;
  }

  private static SortedMap<String, String> names() {
    SortedMap<String, String> all = new TreeMap<>();
    all.put("host", "where to listen; default 127.0.0.1");
    all.put("port", "default " + ServerOptions.DEFAULT_PORT + "; 0 for any free one");
    all.put("database", "serve the folder itself as this database");
    all.put("keys", "file of API keys, one of which is asked for; see the key command");
    all.put("memory", "bytes for all databases and requests; default the JVM's heap size");
    all.put("max-requests", "at once; default 256");
    all.put("max-requests-per-key", "at once; default 128");
    all.put("max-connections", "at once; more wait to be accepted; default 10000");
    all.put("patience", "how long a client may stall in the middle of a request; PT30S");
    all.put("requests-per-second", "of a key; default no limit");
    all.put("max-body", "bytes of a request; default 16 GiB");
    all.put("max-exact-rows", "vectors a search may compare without an index; default no limit");
    all.put("request-timeout", "longest time of a request, such as PT30S; default none");
    all.put("index-patience", "how long index requests wait before they go on as a job; PT2S");
    all.put("upkeep-after", "quiet time before a table is looked after; PT5S, PT0S for never");
    all.put("keep-versions", "age at which old versions go; P7D");
    all.put("slow-query", "queries to log with their plan; PT1S, PT0S for none");
    all.put("audit-log", "file for who did what");
    all.put("grace", "time for requests under way when the server stops; PT10S");
    all.put("tls-certificates", "PEM file of the server's certificates; with tls-key");
    all.put("tls-key", "PEM file of its private key (PKCS#8)");
    all.put("oidc-issuer", "whose bearer tokens are taken; with oidc-audience and oidc-keys");
    all.put("oidc-audience", "for whom the tokens must be");
    all.put("oidc-keys", "address of the issuer's key set (jwks_uri)");
    all.put("log-format", "text (the default) or json");
    return Collections.unmodifiableSortedMap(all);
  }

  /// Brings settings together.
  ///
  /// @param root the folder to serve
  /// @param file `name = value` lines; null for none
  /// @param environment all of it; only `LANCELOT_…` names of settings are looked at
  /// @param flags by name, without dashes
  /// @throws InvalidInputException if the file has a setting that there is not
  public static ServerSettings of(
      Path root, @Nullable Path file, Map<String, String> environment, Map<String, String> flags) {
    Map<String, Value> values = new LinkedHashMap<>();
    if (file != null) {
      Properties lines = new Properties();
      try (Reader reader = Files.newBufferedReader(file)) {
        lines.load(reader);
      } catch (IOException | IllegalArgumentException e) {
        throw new InvalidInputException("config: cannot read " + file + ": " + e.getMessage(), e);
      }
      for (String name : lines.stringPropertyNames()) {
        require(name, file.toString());
        values.put(name, new Value(lines.getProperty(name).strip(), file.toString()));
      }
    }
    for (String name : NAMES.keySet()) {
      String variable = "LANCELOT_" + name.replace('-', '_').toUpperCase(Locale.ROOT);
      String text = environment.get(variable);
      if (text != null && !text.isEmpty()) {
        values.put(name, new Value(text, variable));
      }
    }
    flags.forEach((name, text) -> {
      require(name, "--" + name);
      values.put(name, new Value(text, "--" + name));
    });
    return new ServerSettings(root, values);
  }

  private static void require(String name, String where) {
    if (!NAMES.containsKey(name)) {
      throw new InvalidInputException(
          "setting: expected one of " + NAMES.keySet() + ", found=" + name + " (" + where + ")");
    }
  }

  /// All settings that are not at their default, as a file has them, and where each comes from.
  public String print() {
    StringBuilder lines = new StringBuilder("# root = " + root + "\n");
    for (String name : NAMES.keySet()) {
      Value value = values.get(name);
      lines.append(
          value == null
              ? "# " + name + " = (" + NAMES.get(name) + ")\n"
              : name + " = " + value.text() + "\t# " + value.source() + "\n");
    }
    return lines.toString();
  }

  /// Whether logs are JSON, one object a line.
  public boolean jsonLogs() {
    return text("log-format").orElse("text").equals("json");
  }

  /// @throws InvalidInputException if a value is not of its kind
  public ServerOptions options() {
    ServerOptions options = ServerOptions.of(root);
    options = text("host").isPresent() ? options.withHost(text("host").get()) : options;
    options = options.withPort((int) number("port", options.port()));
    options = text("database").isPresent() ? options.withDatabase(text("database").get()) : options;
    options = path("keys").isPresent() ? options.withKeys(ApiKeys.of(path("keys").get())) : options;
    options =
        options
            .withMemoryBytes(number("memory", options.memoryBytes()))
            .withMaxRequests((int) number("max-requests", options.maxRequests()))
            .withMaxRequestsPerKey(
                (int) number("max-requests-per-key", options.maxRequestsPerKey()))
            .withRequestsPerSecond((int) number("requests-per-second", options.requestsPerSecond()))
            .withMaxBodyBytes(number("max-body", options.maxBodyBytes()))
            .withMaxExactRows(number("max-exact-rows", options.maxExactRows()))
            .withRequestTimeout(time("request-timeout", options.requestTimeout()))
            .withIndexPatience(time("index-patience", options.indexPatience()))
            .withUpkeepAfter(time("upkeep-after", options.upkeepAfter()))
            .withKeepVersions(time("keep-versions", options.keepVersions()))
            .withSlowQuery(time("slow-query", options.slowQuery()))
            .withGrace(time("grace", options.grace()))
            .withPatience(time("patience", options.patience()))
            .withMaxConnections((int) number("max-connections", options.maxConnections()));
    options =
        path("audit-log").isPresent() ? options.withAuditLog(path("audit-log").get()) : options;
    return withTokens(withTls(options));
  }

  private ServerOptions withTls(ServerOptions options) {
    Optional<Path> certificates = path("tls-certificates");
    Optional<Path> key = path("tls-key");
    if (certificates.isPresent() != key.isPresent()) {
      throw new InvalidInputException(
          "tls: expected=tls-certificates and tls-key, found=one of them");
    }
    return certificates.isPresent() && key.isPresent()
        ? options.withTls(new ServerOptions.Tls(certificates.get(), key.get()))
        : options;
  }

  private ServerOptions withTokens(ServerOptions options) {
    Optional<String> issuer = text("oidc-issuer");
    Optional<String> audience = text("oidc-audience");
    Optional<String> keys = text("oidc-keys");
    if (issuer.isEmpty() && audience.isEmpty() && keys.isEmpty()) {
      return options;
    }
    if (issuer.isEmpty() || audience.isEmpty() || keys.isEmpty()) {
      throw new InvalidInputException(
          "oidc: expected=oidc-issuer, oidc-audience and oidc-keys, found=some of them");
    }
    try {
      return options.withTokens(Tokens.of(issuer.get(), audience.get(), URI.create(keys.get())));
    } catch (IllegalArgumentException e) {
      throw new InvalidInputException("oidc-keys: expected=an address, found=" + keys.get(), e);
    }
  }

  private Optional<String> text(String name) {
    return Optional.ofNullable(values.get(name)).map(Value::text);
  }

  private Optional<Path> path(String name) {
    try {
      return text(name).map(Path::of);
    } catch (InvalidPathException e) {
      throw wrong(name, "a path", e);
    }
  }

  private long number(String name, long otherwise) {
    try {
      long value = text(name).map(Long::parseLong).orElse(otherwise);
      if (value > Integer.MAX_VALUE && !name.equals("memory") && !name.equals("max-body")) {
        throw wrong(name, "at most " + Integer.MAX_VALUE, null);
      }
      return value;
    } catch (NumberFormatException e) {
      throw wrong(name, "a whole number", e);
    }
  }

  private Duration time(String name, Duration otherwise) {
    try {
      return text(name).map(Duration::parse).orElse(otherwise);
    } catch (DateTimeParseException e) {
      throw wrong(name, "a duration such as PT30S or P7D", e);
    }
  }

  private InvalidInputException wrong(String name, String expected, @Nullable Exception cause) {
    Value value = values.get(name);
    return new InvalidInputException(
        name
            + ": expected="
            + expected
            + ", found="
            + (value == null ? "nothing" : value.text() + " (" + value.source() + ")"),
        cause);
  }
}
