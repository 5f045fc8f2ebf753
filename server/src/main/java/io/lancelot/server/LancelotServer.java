package io.lancelot.server;

import io.helidon.webserver.WebServer;
import io.lancelot.base.InvalidInputException;
import io.lancelot.base.Memory;

/// A server that LanceDB's own clients talk to: `LancelotServer.start(ServerOptions.of(folder))`.
///
/// Each request runs on a virtual thread. Closing lets requests under way finish first.
public final class LancelotServer implements AutoCloseable {

  private final WebServer web;
  private final Databases databases;
  private final Jobs jobs;
  private final Router router;
  private final Memory memory;

  private LancelotServer(
      WebServer web, Databases databases, Jobs jobs, Router router, Memory memory) {
    this.web = web;
    this.jobs = jobs;
    this.router = router;
    this.databases = databases;
    this.memory = memory;
  }

  /// Starts to serve.
  ///
  /// @throws InvalidInputException if the address can be reached from other machines: a server
  ///   without keys would give everything to everybody
  public static LancelotServer start(ServerOptions options) {
    if (!options.loopback()) {
      throw new InvalidInputException(
          "host: expected=a loopback address, since no keys are configured, found="
              + options.host());
    }
    Memory memory = Memory.ofLimit(options.memoryBytes());
    Databases databases = new Databases(options);
    Jobs jobs = new Jobs();
    Router router = new Router(databases, jobs, memory);
    WebServer web =
        WebServer.builder()
            .host(options.host())
            .port(options.port())
            .shutdownHook(false)
            .routing(routing ->
                routing.any((request, response) -> new Exchange(request, response).run(router)))
            .build()
            .start();
    return new LancelotServer(web, databases, jobs, router, memory);
  }

  /// The port it listens at.
  public int port() {
    return web.port();
  }

  @Override
  public void close() {
    web.stop();
    jobs.close();
    router.close();
    databases.close();
    memory.close();
  }
}
