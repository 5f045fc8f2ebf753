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
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// kill -9 under a mixed load, whose clients go on through it: what was acknowledged is there, and
/// nothing that was acknowledged to be gone. `-Dlancelot.kills=50` for more of it,
/// `-Dlancelot.command=./lancelot` to serve by that command, which keeps its classes ready.
class KilledServerTest {

  private static final int CLIENTS = 16;
  private static final int KILLS = Integer.getInteger("lancelot.kills", 2);
  private static final @Nullable String COMMAND = System.getProperty("lancelot.command");
  private static final Pattern SERVED =
      Pattern.compile("(?:port |.* at http://127\\.0\\.0\\.1:)(\\d+)");
  private static final long SEED = Long.getLong("lancelot.seed", System.nanoTime());

  record Row(long id, int value) {}

  @TempDir Path root;

  /// A process that serves, and how long it took to.
  private record Serving(Process process, int port, long startMillis) {}

  /// @param port 0 for any
  private Serving serve(int port) throws IOException {
    long begun = System.nanoTime();
    Process process = new ProcessBuilder(command(port)).redirectErrorStream(true).start();
    BufferedReader out =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    String line = out.readLine();
    Matcher served = SERVED.matcher("");
    while (line != null && !served.reset(line).matches()) {
      line = out.readLine();
    }
    assertThat(line).isNotNull();
    // A full pipe would make the server wait.
    Thread.ofVirtual().start(() -> out.lines().forEach(_ -> {}));
    return new Serving(
        process, Integer.parseInt(served.group(1)), (System.nanoTime() - begun) / 1_000_000);
  }

  private List<String> command(int port) {
    if (COMMAND != null) {
      return List.of(COMMAND, "serve", root.toString(), "--port", Integer.toString(port));
    }
    return List.of(
        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "-Xmx512m",
        "--enable-native-access=ALL-UNNAMED",
        "-cp",
        System.getProperty("java.class.path"),
        ServedFolder.class.getName(),
        root.toString(),
        Integer.toString(port));
  }

  /// What is going on while servers come and go.
  private static final class Load {
    /// Held by whoever has a request under way, so that a check finds nobody in the middle.
    private final ReentrantReadWriteLock pause = new ReentrantReadWriteLock(true);

    private final AtomicInteger acknowledged = new AtomicInteger();
    private final AtomicInteger failedReads = new AtomicInteger();
    private final AtomicReference<@Nullable Throwable> wrong = new AtomicReference<>();
    private volatile boolean over;
  }

  /// One client's rows: those that must be there, those that must not, and those of requests
  /// without an answer.
  private static final class Client {
    private final Load load;
    private final Random random;
    private final Map<Long, Integer> there = new HashMap<>();
    private final Set<Long> gone = new HashSet<>();
    private long next;

    Client(int number, Load load, Random random) {
      this.load = load;
      this.random = random;
      this.next = number * 1_000_000_000L;
    }

    void work(Table table) {
      try {
        while (!load.over) {
          load.pause.readLock().lock();
          try {
            request(table);
          } finally {
            load.pause.readLock().unlock();
          }
        }
      } catch (Throwable e) {
        load.wrong.compareAndSet(null, e);
      }
    }

    private Row fresh() {
      return new Row(next++, random.nextInt(1000));
    }

    private void request(Table table) {
      int what = there.isEmpty() ? 0 : random.nextInt(10);
      long id = there.isEmpty() ? 0 : there.keySet().iterator().next();
      if (what < 4) {
        List<Row> rows = new ArrayList<>();
        for (int i = 0; i <= random.nextInt(4); i++) {
          rows.add(fresh());
        }
        attempt(rows, () -> table.add(rows));
      } else if (what < 6) {
        List<Row> rows = List.of(new Row(id, random.nextInt(1000)), fresh());
        attempt(
            rows,
            () ->
                table
                    .mergeInsert("id")
                    .whenMatchedUpdateAll()
                    .whenNotMatchedInsertAll()
                    .execute(rows));
      } else if (what == 6) {
        Row row = new Row(id, random.nextInt(1000));
        attempt(
            List.of(row),
            () -> table.update().where("id = " + id).set("value", row.value()).execute());
      } else if (what == 7) {
        there.remove(id);
        attempt(
            List.of(),
            () -> {
              table.delete("id = " + id);
              gone.add(id);
            });
      } else {
        read(table, id);
      }
    }

    private void attempt(Collection<Row> rows, Runnable request) {
      rows.forEach(row -> there.remove(row.id()));
      try {
        request.run();
        rows.forEach(row -> there.put(row.id(), row.value()));
        load.acknowledged.incrementAndGet();
      } catch (LancelotException e) {
        // Refused or lost: it may have happened or not, so these rows say nothing any more.
      }
    }

    private void read(Table table, long id) {
      List<Row> found;
      try {
        found = table.query().where("id = " + id).toList(Row.class);
      } catch (LancelotException e) {
        load.failedReads.incrementAndGet();
        return;
      }
      assertThat(found).containsExactly(new Row(id, there.get(id)));
    }
  }

  @Test
  void whatWasAcknowledgedIsThere() throws Exception {
    Random random = new Random(SEED);
    Load load = new Load();
    List<Client> clients = new ArrayList<>();
    for (int i = 0; i < CLIENTS; i++) {
      clients.add(new Client(i + 1, load, new Random(random.nextLong())));
    }
    List<Long> starts = new ArrayList<>();
    Serving serving = serve(0);
    int port = serving.port();
    List<Thread> threads = new ArrayList<>();
    try (Database database =
            Lancelot.connect("db://dev", RemoteOptions.of("", "http://127.0.0.1:" + port));
        Table table = database.createTable("rows", List.of(new Row(0, 0)))) {
      table.createIndex("id", Index.btree());
      for (Client client : clients) {
        threads.add(Thread.ofVirtual().start(() -> client.work(database.openTable("rows"))));
      }
      for (int kill = 0; kill < KILLS; kill++) {
        Thread.sleep(300 + random.nextInt(700));
        serving.process().destroyForcibly().waitFor();
        serving = serve(port);
        starts.add(serving.startMillis());
        load.pause.writeLock().lock();
        try {
          assertThat(load.wrong.get()).as("seed=" + SEED).isNull();
          check(table, clients, "seed=" + SEED + ", kill=" + kill);
        } finally {
          load.pause.writeLock().unlock();
        }
      }
    } finally {
      load.over = true;
      for (Thread thread : threads) {
        thread.join();
      }
      serving.process().destroyForcibly().waitFor();
    }
    System.out.printf(
        "%d writes acknowledged, %d reads failed, up again after ms: %s%n",
        load.acknowledged.get(), load.failedReads.get(), starts);
  }

  private static void check(Table table, List<Client> clients, String when) {
    Map<Long, Integer> found = new HashMap<>();
    List<Row> rows = table.query().toList(Row.class);
    rows.forEach(row -> found.put(row.id(), row.value()));
    assertThat(rows).as(when + ": rows that are there twice").hasSize(found.size());
    assertThat(table.countRows()).as(when).isEqualTo(rows.size());
    for (Client client : clients) {
      assertThat(found).as(when).containsAllEntriesOf(client.there);
      assertThat(found).as(when).doesNotContainKeys(client.gone.toArray(Long[]::new));
    }
  }
}
