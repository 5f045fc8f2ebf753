package io.lancelot.server;

import io.lancelot.base.Context;
import io.lancelot.base.InvalidInputException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;

/// How a server runs. Immutable: each setting returns a new value.
public final class ServerOptions {

  public static final int DEFAULT_PORT = 10024;

  /// Certificate and key, in PEM.
  ///
  /// @param certificates of the server, and those that vouch for it
  /// @param key its private key, in PKCS#8
  public record Tls(Path certificates, Path key) {}

  private final Path root;
  private Optional<String> database = Optional.empty();
  private String host = "127.0.0.1";
  private int port = DEFAULT_PORT;
  private long memoryBytes = Context.defaultMemoryBytes();
  private Optional<ApiKeys> keys = Optional.empty();
  private Optional<Tokens> tokens = Optional.empty();
  private Optional<Tls> tls = Optional.empty();
  private int maxRequests = 256;
  private int maxRequestsPerKey = 128;
  private int requestsPerSecond = 0;
  private long maxBodyBytes = 16L << 30;
  private long maxExactRows = 0;
  private Duration requestTimeout = Duration.ZERO;
  private Duration indexPatience = Duration.ofSeconds(2);
  private Duration upkeepAfter = Duration.ofSeconds(5);
  private Duration keepVersions = Duration.ofDays(7);
  private Duration slowQuery = Duration.ofSeconds(1);
  private Optional<Path> auditLog = Optional.empty();
  private Duration grace = Duration.ofSeconds(10);
  private Duration patience = Duration.ofSeconds(30);
  private int maxConnections = 10_000;

  private ServerOptions(Path root) {
    this.root = root;
  }

  private ServerOptions(ServerOptions other) {
    root = other.root;
    database = other.database;
    host = other.host;
    port = other.port;
    memoryBytes = other.memoryBytes;
    keys = other.keys;
    tokens = other.tokens;
    tls = other.tls;
    maxRequests = other.maxRequests;
    maxRequestsPerKey = other.maxRequestsPerKey;
    requestsPerSecond = other.requestsPerSecond;
    maxBodyBytes = other.maxBodyBytes;
    maxExactRows = other.maxExactRows;
    requestTimeout = other.requestTimeout;
    indexPatience = other.indexPatience;
    upkeepAfter = other.upkeepAfter;
    keepVersions = other.keepVersions;
    slowQuery = other.slowQuery;
    auditLog = other.auditLog;
    grace = other.grace;
    patience = other.patience;
    maxConnections = other.maxConnections;
  }

  /// @param root the folder that holds a folder for each database
  public static ServerOptions of(Path root) {
    return new ServerOptions(root);
  }

  private ServerOptions with(Consumer<ServerOptions> setting) {
    ServerOptions copy = new ServerOptions(this);
    setting.accept(copy);
    return copy;
  }

  /// Serves `root` as the one database of that name. Default: a folder for each database.
  public ServerOptions withDatabase(String name) {
    return with(copy -> copy.database = Optional.of(name));
  }

  /// Where to listen. Default: `127.0.0.1`.
  public ServerOptions withHost(String host) {
    return with(copy -> copy.host = host);
  }

  /// 0 for any free one. Default: 10024.
  public ServerOptions withPort(int port) {
    if (port < 0 || port > 65535) {
      throw new InvalidInputException("port: expected=0 to 65535, found=" + port);
    }
    return with(copy -> copy.port = port);
  }

  /// The budget of native memory of all databases and requests together. Default: the JVM's maximum
  /// heap size.
  public ServerOptions withMemoryBytes(long memoryBytes) {
    return with(copy -> copy.memoryBytes = memoryBytes);
  }

  /// Lets in only who has one of these keys, or a token of [#withTokens]. Default: everybody may do
  /// everything, which only a loopback address can have.
  public ServerOptions withKeys(ApiKeys known) {
    return with(copy -> copy.keys = Optional.of(known));
  }

  /// Lets in who has a token of this issuer.
  public ServerOptions withTokens(Tokens issuer) {
    return with(copy -> copy.tokens = Optional.of(issuer));
  }

  /// Speaks HTTPS. Default: HTTP.
  public ServerOptions withTls(Tls files) {
    return with(copy -> copy.tls = Optional.of(files));
  }

  /// Requests at once; more are told to come back. Default: 256.
  public ServerOptions withMaxRequests(int maxRequests) {
    atLeast(1, "maxRequests", maxRequests);
    return with(copy -> copy.maxRequests = maxRequests);
  }

  /// The same for each key. Default: 128.
  public ServerOptions withMaxRequestsPerKey(int maxRequestsPerKey) {
    atLeast(1, "maxRequestsPerKey", maxRequestsPerKey);
    return with(copy -> copy.maxRequestsPerKey = maxRequestsPerKey);
  }

  /// How many requests of a key begin in a second; more are told to come back. Zero for no limit.
  /// Default: 0.
  public ServerOptions withRequestsPerSecond(int requestsPerSecond) {
    atLeast(0, "requestsPerSecond", requestsPerSecond);
    return with(copy -> copy.requestsPerSecond = requestsPerSecond);
  }

  /// Of one request. Default: 16 GiB.
  public ServerOptions withMaxBodyBytes(long maxBodyBytes) {
    atLeast(1, "maxBodyBytes", maxBodyBytes);
    return with(copy -> copy.maxBodyBytes = maxBodyBytes);
  }

  /// Vectors that a search may compare for want of an index; one over more is refused. A row that
  /// holds a list of vectors counts for ten. 0 for no limit. Default: 0.
  public ServerOptions withMaxExactRows(long maxExactRows) {
    atLeast(0, "maxExactRows", maxExactRows);
    return with(copy -> copy.maxExactRows = maxExactRows);
  }

  /// How long a request may take, unless its client allows less; zero for no limit. Default: zero.
  public ServerOptions withRequestTimeout(Duration requestTimeout) {
    atLeast(0, "requestTimeout", requestTimeout.toNanos());
    return with(copy -> copy.requestTimeout = requestTimeout);
  }

  /// How long a request for an index waits for its end before it goes on as a job. Default: 2
  /// seconds.
  public ServerOptions withIndexPatience(Duration indexPatience) {
    atLeast(0, "indexPatience", indexPatience.toNanos());
    return with(copy -> copy.indexPatience = indexPatience);
  }

  /// How long a table must have been left alone before its indices and fragments are looked after;
  /// zero for never. Default: 5 seconds.
  public ServerOptions withUpkeepAfter(Duration upkeepAfter) {
    atLeast(0, "upkeepAfter", upkeepAfter.toNanos());
    return with(copy -> copy.upkeepAfter = upkeepAfter);
  }

  /// The age at which versions go. Default: 7 days.
  public ServerOptions withKeepVersions(Duration keepVersions) {
    atLeast(0, "keepVersions", keepVersions.toNanos());
    return with(copy -> copy.keepVersions = keepVersions);
  }

  /// Queries that take longer are logged with their plan; zero for none. Default: 1 second.
  public ServerOptions withSlowQuery(Duration slowQuery) {
    atLeast(0, "slowQuery", slowQuery.toNanos());
    return with(copy -> copy.slowQuery = slowQuery);
  }

  /// Notes who did what in a file; see [AuditLog]. Default: nowhere.
  public ServerOptions withAuditLog(Path file) {
    return with(copy -> copy.auditLog = Optional.of(file));
  }

  /// How long requests under way may take to end when the server is closed. Default: 10 seconds.
  public ServerOptions withGrace(Duration grace) {
    atLeast(0, "grace", grace.toNanos());
    return with(copy -> copy.grace = grace);
  }

  /// How long a client may neither send nor take bytes in the middle of a request before it is hung
  /// up on; zero for ever. Default: 30 seconds.
  public ServerOptions withPatience(Duration patience) {
    atLeast(0, "patience", patience.toNanos());
    return with(copy -> copy.patience = patience);
  }

  /// Connections at once; further ones wait to be accepted. Default: 10,000.
  public ServerOptions withMaxConnections(int maxConnections) {
    atLeast(1, "maxConnections", maxConnections);
    return with(copy -> copy.maxConnections = maxConnections);
  }

  private static void atLeast(long least, String name, long found) {
    if (found < least) {
      throw new InvalidInputException(name + ": expected=at least " + least + ", found=" + found);
    }
  }

  public Path root() {
    return root;
  }

  public Optional<String> database() {
    return database;
  }

  public String host() {
    return host;
  }

  public int port() {
    return port;
  }

  public long memoryBytes() {
    return memoryBytes;
  }

  public Optional<ApiKeys> keys() {
    return keys;
  }

  public Optional<Tokens> tokens() {
    return tokens;
  }

  public Optional<Tls> tls() {
    return tls;
  }

  public int maxRequests() {
    return maxRequests;
  }

  public int maxRequestsPerKey() {
    return maxRequestsPerKey;
  }

  public int requestsPerSecond() {
    return requestsPerSecond;
  }

  public long maxBodyBytes() {
    return maxBodyBytes;
  }

  public long maxExactRows() {
    return maxExactRows;
  }

  public Duration requestTimeout() {
    return requestTimeout;
  }

  public Duration indexPatience() {
    return indexPatience;
  }

  public Duration upkeepAfter() {
    return upkeepAfter;
  }

  public Duration keepVersions() {
    return keepVersions;
  }

  public Duration slowQuery() {
    return slowQuery;
  }

  public Optional<Path> auditLog() {
    return auditLog;
  }

  public Duration grace() {
    return grace;
  }

  public Duration patience() {
    return patience;
  }

  public int maxConnections() {
    return maxConnections;
  }

  /// Where the server keeps what is its own. It cannot be a database: its name is none.
  Path ownFolder() {
    return root.resolve(".lancelot");
  }

  /// Whether nobody is asked who they are.
  boolean open() {
    return keys.isEmpty() && tokens.isEmpty();
  }

  /// Whether only this machine can reach the server.
  boolean loopback() {
    try {
      return InetAddress.getByName(host).isLoopbackAddress();
    } catch (UnknownHostException e) {
      throw new InvalidInputException("host: expected=an address or a name, found=" + host, e);
    }
  }
}
