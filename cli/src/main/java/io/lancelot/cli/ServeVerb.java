package io.lancelot.cli;

import io.lancelot.base.InvalidInputException;
import io.lancelot.server.ApiKeys;
import io.lancelot.server.LancelotServer;
import io.lancelot.server.ServerOptions;
import java.io.PrintStream;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;

/// Serves a folder of databases until it is told to stop.
final class ServeVerb extends Verb {

  private final PrintStream err;
  private @Nullable String host;
  private @Nullable String database;
  private @Nullable String keys;
  private long port = ServerOptions.DEFAULT_PORT;

  ServeVerb(PrintStream err) {
    this.err = err;
  }

  @Override
  String description() {
    return "Serves the databases under a folder to LanceDB's own clients: URI";
  }

  @Override
  void declare(Arguments arguments) {
    super.declare(arguments);
    arguments.option(
        "--host", "ADDRESS", "where to listen; default 127.0.0.1", value -> host = value);
    arguments.option(
        "--port",
        "N",
        "default " + ServerOptions.DEFAULT_PORT + "; 0 for any free one",
        value -> port = Arguments.number("--port", value));
    arguments.option(
        "--database",
        "NAME",
        "serve the folder itself as this database",
        value -> database = value);
    arguments.option(
        "--keys",
        "FILE",
        "let in only who has one of these API keys; see the key command",
        value -> keys = value);
  }

  @Override
  int call() {
    Target target = target(0);
    if (target.table() != null) {
      throw new InvalidInputException("too many arguments: found=" + target.table());
    }
    if (port < 0 || port > 65535) {
      throw new InvalidInputException("--port: expected=0 to 65535, found=" + port);
    }
    ServerOptions options = ServerOptions.of(file(target.uri())).withPort((int) port);
    if (host != null) {
      options = options.withHost(host);
    }
    if (database != null) {
      options = options.withDatabase(database);
    }
    if (keys != null) {
      options = options.withKeys(ApiKeys.of(file(keys)));
    }
    CountDownLatch stopped = new CountDownLatch(1);
    try (LancelotServer server = LancelotServer.start(options)) {
      Thread main = Thread.currentThread();
      Runtime.getRuntime()
          .addShutdownHook(
              Thread.ofPlatform()
                  .unstarted(() -> {
                    stopped.countDown();
                    try {
                      // The process ends with this hook: requests under way first.
                      main.join(10_000);
                    } catch (InterruptedException _) {
                      Thread.currentThread().interrupt();
                    }
                  }));
      err.println(
          "lancelot: serving "
              + target.uri()
              + " at http://"
              + options.host()
              + ":"
              + server.port());
      stopped.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return 0;
  }
}
