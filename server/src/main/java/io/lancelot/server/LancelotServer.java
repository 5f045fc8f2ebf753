package io.lancelot.server;

import io.helidon.webserver.WebServer;
import io.lancelot.base.Context;
import io.lancelot.base.InvalidInputException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;

/// A server that LanceDB's own clients talk to: `LancelotServer.start(ServerOptions.of(folder))`.
///
/// Each request runs on a virtual thread. Closing lets requests under way finish first.
public final class LancelotServer implements AutoCloseable {

  private static final Duration GRACE = Duration.ofSeconds(10);

  private final WebServer web;
  private final Services services;
  private final Admission admission;
  private final Context context;
  private final AtomicBoolean ready;

  private LancelotServer(
      WebServer web, Services services, Admission admission, Context context, AtomicBoolean ready) {
    this.web = web;
    this.services = services;
    this.admission = admission;
    this.context = context;
    this.ready = ready;
  }

  /// Starts to serve.
  ///
  /// @throws InvalidInputException if the address can be reached from other machines and there are
  ///   no keys: everybody would get everything
  public static LancelotServer start(ServerOptions options) {
    if (!options.loopback() && options.keys().isEmpty()) {
      throw new InvalidInputException(
          "host: expected=a loopback address, since no keys are configured, found="
              + options.host());
    }
    Context context = Context.ofMemory(options.memoryBytes());
    Databases databases = new Databases(options, context);
    Jobs jobs = new Jobs();
    Upkeep upkeep = new Upkeep(databases, jobs, options.upkeepAfter());
    Services services = new Services(options, databases, context.memory(), jobs, upkeep);
    Admission admission = new Admission(options);
    AtomicBoolean ready = new AtomicBoolean(true);
    Router router = new Router(services, ready::get);
    WebServer web =
        WebServer.builder()
            .host(options.host())
            .port(options.port())
            .shutdownHook(false)
            .shutdownGracePeriod(GRACE)
            .routing(routing ->
                routing.any((request, response) ->
                    Exchange.run(request, response, services, admission, router)))
            .build()
            .start();
    return new LancelotServer(web, services, admission, context, ready);
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
    admission.close();
    services.close();
    context.close();
  }
}
