package io.lancelot.server;

import io.helidon.common.configurable.Resource;
import io.helidon.common.pki.Keys;
import io.helidon.common.tls.Tls;
import io.helidon.webserver.WebServer;
import io.helidon.webserver.WebServerConfig;
import io.lancelot.base.Context;
import io.lancelot.base.InvalidInputException;
import io.lancelot.base.Memory;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;

/// A server that LanceDB's own clients talk to: `LancelotServer.start(ServerOptions.of(folder))`.
///
/// Each request runs on a virtual thread. Closing lets requests under way finish first.
public final class LancelotServer implements AutoCloseable {

  private final WebServer web;
  private final Connections connections;
  private final Services services;
  private final Admission admission;
  private final Router router;
  private final Context context;
  private final AtomicBoolean ready;

  private LancelotServer(
      WebServer web,
      Connections connections,
      Services services,
      Admission admission,
      Router router,
      Context context,
      AtomicBoolean ready) {
    this.web = web;
    this.connections = connections;
    this.services = services;
    this.admission = admission;
    this.router = router;
    this.context = context;
    this.ready = ready;
  }

  /// Starts to serve.
  ///
  /// @throws InvalidInputException if the address can be reached from other machines and there are
  ///   no keys: everybody would get everything
  public static LancelotServer start(ServerOptions options) {
    if (!options.loopback() && options.open()) {
      throw new InvalidInputException(
          "host: expected=a loopback address, since no keys are configured, found="
              + options.host());
    }
    Context context = Context.ofMemory(options.memoryBytes());
    Databases databases = new Databases(options, context);
    Jobs jobs =
        new Jobs(
            options.ownFolder().resolve("jobs"),
            Map.of(IndexRoutes.JOB, IndexRoutes.building(databases)));
    Upkeep upkeep = new Upkeep(databases, jobs, options.upkeepAfter(), options.keepVersions());
    databases.onOpen(upkeep::touched);
    Observed observed = new Observed(options, context.memory(), jobs, databases);
    Memory memory = context.memory();
    Services services =
        new Services(
            options,
            databases,
            memory,
            memory.part(memory.limitBytes() / 2),
            HeapRoom.ofJvm(),
            jobs,
            upkeep,
            observed);
    Admission admission = new Admission(options);
    AtomicBoolean ready = new AtomicBoolean(true);
    Router router = new Router(services, ready::get);
    Connections connections = new Connections(options.patience());
    WebServerConfig.Builder builder =
        WebServer.builder()
            .host(options.host())
            .port(options.port())
            .shutdownHook(false)
            .shutdownGracePeriod(options.grace())
            .maxTcpConnections(options.maxConnections())
            .addConnectionSelector(connections)
            // Answers longer than a piece are several writes, none of which should wait.
            .connectionOptions(socket -> socket.tcpNoDelay(true))
            .writeBufferSize(AnswerStream.PIECE)
            .routing(routing ->
                routing.any((request, response) ->
                    Exchange.run(request, response, services, admission, router)));
    options.tls().ifPresent(files -> builder.tls(tls(files)));
    WebServer web = builder.build().start();
    jobs.resume();
    return new LancelotServer(web, connections, services, admission, router, context, ready);
  }

  /// What it answers.
  Router router() {
    return router;
  }

  private static Tls tls(ServerOptions.Tls files) {
    Keys identity =
        Keys.builder()
            .pem(pem ->
                pem.key(Resource.create(files.key()))
                    .certChain(Resource.create(files.certificates())))
            .build();
    return Tls.builder().privateKey(identity).privateKeyCertChain(identity).build();
  }

  /// The port it listens at.
  public int port() {
    return web.port();
  }

  /// Bytes of native memory in use: zero when nobody asks for anything.
  public long memoryInUse() {
    return context.memory().usedBytes();
  }

  /// Takes no more requests, lets those under way finish, and tells jobs to stop.
  @Override
  public void close() {
    ready.set(false);
    web.stop();
    connections.close();
    admission.close();
    router.close();
    services.close();
    context.close();
  }
}
