package io.lancelot.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.lancelot.Database;
import io.lancelot.Index;
import io.lancelot.Lancelot;
import io.lancelot.RemoteOptions;
import io.lancelot.Table;
import io.lancelot.base.LancelotException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// kill -9 under a mixed load: what was acknowledged is there. `-Dlancelot.kills=50` for more of
/// it.
class KilledServerTest {

  private static final int CLIENTS = 16;
  private static final int KILLS = Integer.getInteger("lancelot.kills", 2);
  private static final long SEED = Long.getLong("lancelot.seed", System.nanoTime());

  record Row(long id, int value) {}

  @TempDir Path root;

  /// A process that serves, and how long it took to.
  private record Serving(Process process, int port, long startMillis) {}

  private Serving serve() throws IOException {
    long begun = System.nanoTime();
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx512m",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                ServedFolder.class.getName(),
                root.toString(),
                "0")
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    BufferedReader out =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    String line = out.readLine();
    while (line != null && !line.startsWith("port ")) {
      line = out.readLine();
    }
    assertThat(line).isNotNull();
    return new Serving(
        process,
        Integer.parseInt(line.substring("port ".length())),
        (System.nanoTime() - begun) / 1_000_000);
  }

  private static Database connect(Serving serving) {
    return Lancelot.connect("db://dev", RemoteOptions.of("", "http://127.0.0.1:" + serving.port()));
  }

  /// One client's rows: those that must be there, and those of requests without an answer.
  private static final class Client {
    private final Set<Long> there = new HashSet<>();
    private final Set<Long> unknown = new HashSet<>();
    private final Random random;
    private long next;

    Client(int number, Random random) {
      this.random = random;
      this.next = number * 1_000_000_000L;
    }

    void work(Table table, AtomicBoolean stop) {
      while (!stop.get()) {
        int what = random.nextInt(10);
        if (what < 6 || there.isEmpty()) {
          List<Row> rows = new ArrayList<>();
          for (int i = 0; i <= random.nextInt(4); i++) {
            rows.add(new Row(next++, i));
          }
          List<Long> ids = rows.stream().map(Row::id).toList();
          attempt(ids, () -> table.add(rows), () -> there.addAll(ids));
        } else if (what < 8) {
          long id = there.iterator().next();
          attempt(List.of(id), () -> table.delete("id = " + id), () -> there.remove(id));
        } else {
          attempt(List.of(), () -> table.countRows("value = 1"), () -> {});
        }
      }
    }

    private void attempt(List<Long> ids, Runnable request, Runnable acknowledged) {
      unknown.addAll(ids);
      try {
        request.run();
        acknowledged.run();
        unknown.removeAll(ids);
      } catch (LancelotException e) {
        // Refused or lost: it may have happened or not.
        there.removeAll(ids);
      }
    }
  }

  @Test
  void whatWasAcknowledgedIsThere() throws Exception {
    Random random = new Random(SEED);
    List<Client> clients = new ArrayList<>();
    for (int i = 0; i < CLIENTS; i++) {
      clients.add(new Client(i + 1, new Random(random.nextLong())));
    }
    List<Long> starts = new ArrayList<>();
    Serving serving = serve();
    try (Database database = connect(serving);
        Table table = database.createTable("rows", List.of(new Row(0, 0)))) {
      table.createIndex("id", Index.btree());
    }
    for (int kill = 0; kill < KILLS; kill++) {
      AtomicBoolean stop = new AtomicBoolean();
      List<Thread> threads = new ArrayList<>();
      try (Database database = connect(serving)) {
        for (Client client : clients) {
          threads.add(
              Thread.ofVirtual().start(() -> client.work(database.openTable("rows"), stop)));
        }
        Thread.sleep(300 + random.nextInt(700));
        serving.process().destroyForcibly().waitFor();
        stop.set(true);
        for (Thread thread : threads) {
          thread.join();
        }
      }
      serving = serve();
      starts.add(serving.startMillis());
      check(serving, clients, "seed=" + SEED + ", kill=" + kill);
    }
    serving.process().destroyForcibly().waitFor();
    System.out.println("server was up again after ms: " + starts);
  }

  private static void check(Serving serving, List<Client> clients, String when) {
    Set<Long> found = new HashSet<>();
    try (Database database = connect(serving);
        Table table = database.openTable("rows")) {
      table.query().select("id").toMaps().forEach(row -> found.add((Long) row.get("id")));
      assertThat(table.countRows()).isEqualTo(found.size());
    }
    for (Client client : clients) {
      assertThat(found).as(when).containsAll(client.there);
      for (long id = client.next - 1; id >= client.next - 2000 && id % 1_000_000_000L >= 0; id--) {
        if (id < 1_000_000_000L || client.unknown.contains(id) || client.there.contains(id)) {
          continue;
        }
        assertThat(found).as(when + ": deleted for good").doesNotContain(id);
        if (id % 1_000_000_000L == 0) {
          break;
        }
      }
    }
  }
}
