package io.lancelot.server;

import io.lancelot.base.InvalidInputException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.util.Optional;

/// How a server runs.
///
/// @param root the folder that holds a folder for each database
/// @param database if present, `root` is that database itself, and there is no other
/// @param host the address to listen at. Default: `127.0.0.1`
/// @param port 0 for any free one. Default: 10024
/// @param memoryBytes the budget of native memory of each database, and of requests under way
public record ServerOptions(
    Path root, Optional<String> database, String host, int port, long memoryBytes) {

  public static final int DEFAULT_PORT = 10024;

  public ServerOptions {
    if (port < 0 || port > 65535) {
      throw new InvalidInputException("port: expected=0 to 65535, found=" + port);
    }
  }

  public static ServerOptions of(Path root) {
    return new ServerOptions(
        root,
        Optional.empty(),
        "127.0.0.1",
        DEFAULT_PORT,
        io.lancelot.base.Context.defaultMemoryBytes());
  }

  public ServerOptions withHost(String host) {
    return new ServerOptions(root, database, host, port, memoryBytes);
  }

  public ServerOptions withPort(int port) {
    return new ServerOptions(root, database, host, port, memoryBytes);
  }

  /// Serves `root` as the one database of that name.
  public ServerOptions withDatabase(String name) {
    return new ServerOptions(root, Optional.of(name), host, port, memoryBytes);
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
