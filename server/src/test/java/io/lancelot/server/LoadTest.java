package io.lancelot.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.lancelot.Database;
import io.lancelot.Index;
import io.lancelot.Lancelot;
import io.lancelot.Table;
import io.lancelot.Vector;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/// What HTTP costs. A measurement, not a check: `-Dlancelot.load=true`, alone on the machine.
@EnabledIfSystemProperty(named = "lancelot.load", matches = "true")
class LoadTest {

  private static final int DIMENSIONS = 16;
  private static final int ROWS = 1000;
  private static final int CLIENTS = 4;
  private static final long NANOS = 5_000_000_000L;

  record Row(long id, @Vector(DIMENSIONS) float[] vec) {}

  @TempDir Path root;

  private static List<Row> rows(int count) {
    Random random = new Random(1);
    List<Row> rows = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      float[] vec = new float[DIMENSIONS];
      for (int d = 0; d < DIMENSIONS; d++) {
        vec[d] = random.nextFloat();
      }
      rows.add(new Row(i, vec));
    }
    return rows;
  }

  private static double median(Runnable work, int warm, int times) {
    for (int i = 0; i < warm; i++) {
      work.run();
    }
    long[] took = new long[times];
    for (int i = 0; i < times; i++) {
      long begun = System.nanoTime();
      work.run();
      took[i] = System.nanoTime() - begun;
    }
    Arrays.sort(took);
    return took[times / 2] / 1e6;
  }

  @Test
  void queriesIngestAndIdleConnections() throws Exception {
    List<Row> rows = rows(ROWS);
    List<Row> many = rows(100_000);
    try (ServerProbe probe = new ServerProbe(ServerOptions.of(root.resolve("served")));
        Database there = probe.database("");
        Database here = Lancelot.connect(root.resolve("here").toString());
        Table remote = there.createTable("t", rows);
        Table local = here.createTable("t", rows)) {
      float[] query = rows.get(7).vec();
      double inside = median(() -> local.search(query).limit(10).select("id").toMaps(), 3000, 2000);
      String body = "{\"k\":10,\"columns\":[\"id\"],\"vector\":" + Arrays.toString(query) + "}";
      double over = median(() -> raw(probe, body), 3000, 2000);
      System.out.printf("p50 ms: in process %.3f, over HTTP %.3f%n", inside, over);
      System.out.printf("queries/s with %d clients: %.0f%n", CLIENTS, perSecond(probe, body));
      System.out.printf(
          "ingest ms of 100,000 rows: in process %.1f, over HTTP %.1f%n",
          median(() -> local.add(many), 2, 7), median(() -> remote.add(many), 2, 7));
      System.out.printf("2,000 idle connections: %.1f MB%n", idle(probe));
      assertThat(remote.countRows()).isPositive();
    }
  }

  /// What readers notice of an index that is built beside them.
  @Test
  void readsWhileAnIndexIsBuilt() throws Exception {
    try (ServerProbe probe = new ServerProbe(ServerOptions.of(root.resolve("served")));
        Database there = probe.database("");
        Table table = there.createTable("t", rows(200_000))) {
      table.createIndex("vec", Index.ivfPq());
      String body =
          "{\"k\":10,\"columns\":[\"id\"],\"vector\":"
              + Arrays.toString(rows(8).get(7).vec())
              + "}";
      latencies(probe, body, () -> false);
      long[] quiet = latencies(probe, body, () -> false);
      AtomicBoolean built = new AtomicBoolean();
      Thread builder =
          Thread.ofPlatform()
              .start(() -> {
                for (int i = 0; i < 3; i++) {
                  table.createIndex("vec", Index.ivfPq().numPartitions(400 + i));
                }
                built.set(true);
              });
      long[] busy = latencies(probe, body, built::get);
      builder.join();
      System.out.printf(
          "reads, p50 and p99 ms: quiet %.2f %.2f (%d), while indexing %.2f %.2f (%d)%n",
          quiet[quiet.length / 2] / 1e6,
          quiet[quiet.length * 99 / 100] / 1e6,
          quiet.length,
          busy[busy.length / 2] / 1e6,
          busy[busy.length * 99 / 100] / 1e6,
          busy.length);
    }
  }

  /// How long queries of one client take, sorted.
  ///
  /// @param over whether enough was measured; at most ten seconds
  private static long[] latencies(ServerProbe probe, String body, BooleanSupplier over) {
    List<Long> took = new ArrayList<>();
    long begun = System.nanoTime();
    while (System.nanoTime() - begun < 2 * NANOS && !over.getAsBoolean()) {
      long start = System.nanoTime();
      raw(probe, body);
      took.add(System.nanoTime() - start);
    }
    return took.stream().mapToLong(Long::longValue).sorted().toArray();
  }

  private static final HttpClient CLIENT =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  private static void raw(ServerProbe probe, String body) {
    try {
      HttpResponse<byte[]> answer =
          CLIENT.send(
              HttpRequest.newBuilder(URI.create(probe.address() + "/v1/table/t/query/"))
                  .header("x-lancedb-database", "dev")
                  .POST(HttpRequest.BodyPublishers.ofString(body))
                  .build(),
              HttpResponse.BodyHandlers.ofByteArray());
      assertThat(answer.statusCode()).isEqualTo(200);
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  /// Sockets of our own: a client costs more than the server it measures.
  private static double perSecond(ServerProbe probe, String body) throws Exception {
    AtomicLong answers = new AtomicLong();
    long end = System.nanoTime() + NANOS;
    List<Thread> clients = new ArrayList<>();
    byte[] request =
        ("POST /v1/table/t/query/ HTTP/1.1\r\nHost: x\r\nx-lancedb-database: dev\r\nContent-Length: "
                + body.length()
                + "\r\n\r\n"
                + body)
            .getBytes(StandardCharsets.US_ASCII);
    for (int i = 0; i < CLIENTS; i++) {
      clients.add(
          Thread.ofPlatform()
              .start(() -> {
                try (Socket socket =
                    new Socket(InetAddress.getLoopbackAddress(), probe.server().port())) {
                  socket.setTcpNoDelay(true);
                  OutputStream out = socket.getOutputStream();
                  InputStream in = socket.getInputStream();
                  byte[] buffer = new byte[1 << 16];
                  while (System.nanoTime() < end) {
                    out.write(request);
                    readAnswer(in, buffer);
                    answers.incrementAndGet();
                  }
                } catch (Exception e) {
                  throw new IllegalStateException(e);
                }
              }));
    }
    for (Thread client : clients) {
      client.join();
    }
    return answers.get() / (NANOS / 1e9);
  }

  /// Reads until the last chunk, or as many bytes as the header says.
  private static void readAnswer(InputStream in, byte[] buffer) throws Exception {
    int filled = 0;
    while (true) {
      int count = in.read(buffer, filled, buffer.length - filled);
      if (count < 0) {
        throw new IllegalStateException("connection closed");
      }
      filled += count;
      String text = new String(buffer, 0, filled, StandardCharsets.ISO_8859_1);
      int head = text.indexOf("\r\n\r\n");
      if (head < 0) {
        continue;
      }
      int length = text.toLowerCase(java.util.Locale.ROOT).indexOf("content-length: ");
      if (length >= 0 && length < head) {
        int start = length + "content-length: ".length();
        int size = Integer.parseInt(text.substring(start, text.indexOf("\r\n", start)).strip());
        if (filled >= head + 4 + size) {
          return;
        }
      } else if (text.endsWith("\r\n0\r\n\r\n")) {
        return;
      }
    }
  }

  private static double idle(ServerProbe probe) throws Exception {
    System.gc();
    double before = residentMegabytes();
    List<Socket> sockets = new ArrayList<>();
    for (int i = 0; i < 2000; i++) {
      Socket socket = new Socket(InetAddress.getLoopbackAddress(), probe.server().port());
      socket
          .getOutputStream()
          .write("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
      sockets.add(socket);
    }
    byte[] buffer = new byte[4096];
    for (Socket socket : sockets) {
      assertThat(socket.getInputStream().read(buffer)).isPositive();
    }
    System.gc();
    double after = residentMegabytes();
    for (Socket socket : sockets) {
      socket.close();
    }
    return after - before;
  }

  /// Of this process, clients' sockets and all.
  private static double residentMegabytes() throws Exception {
    for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
      if (line.startsWith("VmRSS:")) {
        return Long.parseLong(line.replaceAll("\\D", "")) / 1024.0;
      }
    }
    throw new IllegalStateException("no VmRSS");
  }
}
