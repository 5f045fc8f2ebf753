package io.lancelot.bench;

import io.lancelot.server.LancelotServer;
import io.lancelot.server.ServerOptions;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/// Our server in a process of its own, which ends with this one.
final class ServedProcess implements AutoCloseable {

  /// All of the heap is there from the beginning, so that what is measured beside it is not the
  /// heap's growing and shrinking.
  private static final String HEAP = "-Xms1g -Xmx1g -XX:+AlwaysPreTouch";

  private static final String PORT = "port ";
  private static final String COLLECTED = "free ";

  private final Process process;
  private final BufferedReader out;
  private final BufferedWriter in;
  private final int port;

  /// Serves a folder.
  ServedProcess(Path folder) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of("--add-modules", "jdk.incubator.vector", "--enable-native-access=ALL-UNNAMED"));
    command.addAll(List.of(System.getProperty("lancelot.served.flags", HEAP).split(" ")));
    command.addAll(
        List.of(
            "-cp",
            System.getProperty("java.class.path"),
            ServedProcess.class.getName(),
            folder.toString()));
    try {
      process = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
      out =
          new BufferedReader(
              new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
      in = process.outputWriter(StandardCharsets.UTF_8);
      port = Integer.parseInt(await(PORT).substring(PORT.length()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private String await(String start) throws IOException {
    for (String line = out.readLine(); line != null; line = out.readLine()) {
      if (line.startsWith(start)) {
        return line;
      }
    }
    throw new IOException("the server's process ended");
  }

  int port() {
    return port;
  }

  String address() {
    return "http://127.0.0.1:" + port;
  }

  /// What the process takes of the machine's memory: objects that a garbage collection leaves, and
  /// all that is not heap, without the files it has mapped. Zero where there is no `/proc`.
  double megabytes() {
    try {
      in.write("collect\n");
      in.flush();
      long free = Long.parseLong(await(COLLECTED).substring(COLLECTED.length()));
      Path status = Path.of("/proc", Long.toString(process.pid()), "status");
      if (!Files.exists(status)) {
        return 0;
      }
      for (String line : Files.readAllLines(status)) {
        if (line.startsWith("RssAnon:")) {
          return (Long.parseLong(line.replaceAll("\\D", "")) * 1024 - free) / 1e6;
        }
      }
      return 0;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    process.destroy();
    try {
      process.waitFor();
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }

  /// Serves a folder until the input ends. Nothing is done by itself in the background: what is
  /// measured is what was asked for. Standard output is the line to the suite: the port at first,
  /// then the free memory for each line of input.
  public static void main(String[] arguments) throws IOException {
    try (LancelotServer server =
            LancelotServer.start(
                ServerOptions.of(Path.of(arguments[0]))
                    .withPort(0)
                    .withUpkeepAfter(Duration.ZERO));
        BufferedReader commands =
            new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
      System.out.println(PORT + server.port());
      while (commands.readLine() != null) {
        System.gc();
        System.out.println(COLLECTED + Runtime.getRuntime().freeMemory());
      }
    }
  }
}
