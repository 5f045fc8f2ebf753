package io.lancelot.server;

import java.nio.file.Path;

/// A server in a process of its own: for tests that kill it.
final class ServedFolder {

  private ServedFolder() {}

  public static void main(String[] arguments) throws InterruptedException {
    LancelotServer server =
        LancelotServer.start(
            ServerOptions.of(Path.of(arguments[0])).withPort(Integer.parseInt(arguments[1])));
    System.out.println("port " + server.port());
    Thread.currentThread().join();
  }
}
