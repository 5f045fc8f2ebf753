package io.lancelot.server;

import io.lancelot.base.Context;
import io.lancelot.base.InvalidInputException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/// How a server runs.
///
/// @param root the folder that holds a folder for each database
/// @param database if present, `root` is that database itself, and there is no other
/// @param host the address to listen at. Default: `127.0.0.1`
/// @param port 0 for any free one. Default: 10024
/// @param memoryBytes the budget of native memory of all databases and requests together
/// @param keys who may do what; empty for everybody everything, which only a loopback address can
///   have
/// @param maxRequests requests at once; more are told to come back. Default: 256
/// @param maxRequestsPerKey the same for each key. Default: 128
/// @param maxBodyBytes of one request. Default: 16 GiB
/// @param indexPatience how long a request for an index waits for its end before it goes on as a
///   job. Default: 2 seconds
/// @param upkeepAfter how long a table must have been left alone before its indices and fragments
///   are looked after; zero for never. Default: 5 seconds
public record ServerOptions(
    Path root,
    Optional<String> database,
    String host,
    int port,
    long memoryBytes,
    Optional<ApiKeys> keys,
    int maxRequests,
    int maxRequestsPerKey,
    long maxBodyBytes,
    Duration indexPatience,
    Duration upkeepAfter) {

  public static final int DEFAULT_PORT = 10024;

  public ServerOptions {
    if (port < 0 || port > 65535) {
      throw new InvalidInputException("port: expected=0 to 65535, found=" + port);
    }
    if (maxRequests < 1 || maxRequestsPerKey < 1 || maxBodyBytes < 1) {
      throw new InvalidInputException(
          "limits: expected=at least 1, found="
              + maxRequests
              + ", "
              + maxRequestsPerKey
              + ", "
              + maxBodyBytes);
    }
  }

  public static ServerOptions of(Path root) {
    return new ServerOptions(
        root,
        Optional.empty(),
        "127.0.0.1",
        DEFAULT_PORT,
        Context.defaultMemoryBytes(),
        Optional.empty(),
        256,
        128,
        16L << 30,
        Duration.ofSeconds(2),
        Duration.ofSeconds(5));
  }

  public ServerOptions withHost(String host) {
    return new ServerOptions(
        root,
        database,
        host,
        port,
        memoryBytes,
        keys,
        maxRequests,
        maxRequestsPerKey,
        maxBodyBytes,
        indexPatience,
        upkeepAfter);
  }

  public ServerOptions withPort(int port) {
    return new ServerOptions(
        root,
        database,
        host,
        port,
        memoryBytes,
        keys,
        maxRequests,
        maxRequestsPerKey,
        maxBodyBytes,
        indexPatience,
        upkeepAfter);
  }

  public ServerOptions withMemoryBytes(long memoryBytes) {
    return new ServerOptions(
        root,
        database,
        host,
        port,
        memoryBytes,
        keys,
        maxRequests,
        maxRequestsPerKey,
        maxBodyBytes,
        indexPatience,
        upkeepAfter);
  }

  /// Serves `root` as the one database of that name.
  public ServerOptions withDatabase(String name) {
    return new ServerOptions(
        root,
        Optional.of(name),
        host,
        port,
        memoryBytes,
        keys,
        maxRequests,
        maxRequestsPerKey,
        maxBodyBytes,
        indexPatience,
        upkeepAfter);
  }

  /// Lets in only who has one of these keys.
  public ServerOptions withKeys(ApiKeys known) {
    return new ServerOptions(
        root,
        database,
        host,
        port,
        memoryBytes,
        Optional.of(known),
        maxRequests,
        maxRequestsPerKey,
        maxBodyBytes,
        indexPatience,
        upkeepAfter);
  }

  public ServerOptions withMaxRequests(int maxRequests) {
    return new ServerOptions(
        root,
        database,
        host,
        port,
        memoryBytes,
        keys,
        maxRequests,
        maxRequestsPerKey,
        maxBodyBytes,
        indexPatience,
        upkeepAfter);
  }

  public ServerOptions withMaxRequestsPerKey(int maxRequestsPerKey) {
    return new ServerOptions(
        root,
        database,
        host,
        port,
        memoryBytes,
        keys,
        maxRequests,
        maxRequestsPerKey,
        maxBodyBytes,
        indexPatience,
        upkeepAfter);
  }

  public ServerOptions withMaxBodyBytes(long maxBodyBytes) {
    return new ServerOptions(
        root,
        database,
        host,
        port,
        memoryBytes,
        keys,
        maxRequests,
        maxRequestsPerKey,
        maxBodyBytes,
        indexPatience,
        upkeepAfter);
  }

  public ServerOptions withIndexPatience(Duration indexPatience) {
    return new ServerOptions(
        root,
        database,
        host,
        port,
        memoryBytes,
        keys,
        maxRequests,
        maxRequestsPerKey,
        maxBodyBytes,
        indexPatience,
        upkeepAfter);
  }

  public ServerOptions withUpkeepAfter(Duration upkeepAfter) {
    return new ServerOptions(
        root,
        database,
        host,
        port,
        memoryBytes,
        keys,
        maxRequests,
        maxRequestsPerKey,
        maxBodyBytes,
        indexPatience,
        upkeepAfter);
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
