package io.lancelot.cli;

import io.lancelot.base.InvalidInputException;
import io.lancelot.server.JsonLog;
import io.lancelot.server.LancelotServer;
import io.lancelot.server.ServerOptions;
import io.lancelot.server.ServerSettings;
import java.io.PrintStream;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;

/// Serves a folder of databases until it is told to stop.
final class ServeVerb extends Verb {

  private static final int CARRIERS_PER_PROCESSOR = 2;

  private final PrintStream out;
  private final PrintStream err;
  private final Map<String, String> flags = new LinkedHashMap<>();
  private @Nullable String config;
  private boolean print;

  ServeVerb(PrintStream out, PrintStream err) {
    this.out = out;
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
        "--config", "FILE", "settings, name = value; flags and environment win", v -> config = v);
    arguments.flag("--print-config", "print what is set and by whom, and end", () -> print = true);
    ServerSettings.NAMES.forEach((name, help) ->
        arguments.option("--" + name, "VALUE", help, value -> flags.put(name, value)));
  }

  /// A query computes on the thread that carries its request. With more of those than processors
  /// the system shares its time out, and a short request need not wait until a long one is done.
  private static void shareProcessors() {
    String carriers = "jdk.virtualThreadScheduler.parallelism";
    if (System.getProperty(carriers) == null) {
      int processors = Runtime.getRuntime().availableProcessors();
      System.setProperty(carriers, Integer.toString(CARRIERS_PER_PROCESSOR * processors));
    }
  }

  @Override
  int call() {
    Target target = target(0);
    if (target.table() != null) {
      throw new InvalidInputException("too many arguments: found=" + target.table());
    }
    ServerSettings settings =
        ServerSettings.of(
            file(target.uri()), config == null ? null : file(config), System.getenv(), flags);
    if (print) {
      out.print(settings.print());
      return 0;
    }
    if (settings.jsonLogs()) {
      JsonLog.use();
    }
    shareProcessors();
    ServerOptions options = settings.options();
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
              + " at "
              + (options.tls().isPresent() ? "https://" : "http://")
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
