package io.lancelot;

import static org.assertj.core.api.Assertions.assertThat;

import io.lancelot.base.Context;
import io.lancelot.base.LancelotException;
import io.lancelot.storage.MemoryStore;
import io.lancelot.testkit.FaultyStore;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Whoever dies while changing a table loses nothing that was acknowledged, leaves no half of what
/// was not, and is in nobody's way. `-Dlancelot.crashes=N` asks for more deaths.
class CrashTest {

  private static final int KILLS = Integer.getInteger("lancelot.crashes", 15);
  private static final int CUTS = Integer.getInteger("lancelot.crashes", 150);

  /// New tables now and then, so that young ones are hit too.
  private static final int KILLS_PER_TABLE = 10;

  private final long seed = Long.getLong("lancelot.seed", System.nanoTime());

  /// The child: changes a table until it is killed, and says so before and after.
  static final class Worker {

    public static void main(String[] arguments) {
      PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
      try (Database database = Lancelot.connect(arguments[0])) {
        RandomWork work =
            new RandomWork(
                database,
                new Random(Long.parseLong(arguments[1])),
                new RandomWork.Log() {
                  @Override
                  public void begin(String what, long content) {
                    out.println("begin " + content + " " + what);
                  }

                  @Override
                  public void acknowledged(long version) {
                    out.println("done " + version);
                  }
                });
        while (true) {
          work.step();
        }
      }
    }
  }

  /// What a log tells of a table.
  private static final class Known {
    private long content;
    private long version;
    private long maybe;
    private String maybeWhat = "";
    private boolean acknowledged;

    void begin(String what, long next) {
      maybe = next;
      maybeWhat = what;
    }

    void done(long now) {
      content = maybe;
      version = now;
      acknowledged = true;
    }

    /// Compares, and takes over what is there.
    void check(Database database, String where) {
      Optional<Table> there = RandomWork.open(database);
      if (there.isEmpty()) {
        assertThat(acknowledged).as(where).isFalse();
        return;
      }
      try (Table table = there.get()) {
        long found = RandomWork.digest(RandomWork.read(table));
        assertThat(table.version()).as(where).isGreaterThanOrEqualTo(version);
        if (!acknowledged || found != content) {
          assertThat(found).as(where + ", while " + maybeWhat).isEqualTo(maybe);
        }
        acknowledged = true;
        content = found;
        maybe = found;
        version = table.version();
      }
      assertThat(database.checkTable(RandomWork.TABLE).findings()).as(where).isEmpty();
    }
  }

  @Test
  void killedProcessesLoseNothing(@TempDir Path dir) throws Exception {
    Random random = new Random(seed);
    Known known = new Known();
    Path folder = dir;
    for (int kill = 0; kill < KILLS; kill++) {
      if (kill % KILLS_PER_TABLE == 0) {
        known = new Known();
        folder = dir.resolve("db" + kill);
      }
      String where = "seed=" + seed + ", kill=" + kill + ", folder=" + folder;
      for (String line : killed(folder, dir.resolve("said-" + kill), random)) {
        String[] words = line.split(" ", 3);
        if (words[0].equals("begin")) {
          known.begin(words[2], Long.parseLong(words[1]));
        } else {
          known.done(Long.parseLong(words[1]));
        }
      }
      try (Database database = Lancelot.connect(folder.toString())) {
        known.check(database, where);
      }
    }
  }

  /// Lets a child work for a while and kills it; what it said, whole lines only.
  private static List<String> killed(Path folder, Path said, Random random) throws Exception {
    String classes =
        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
    Process child =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-Xmx512m",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                classes,
                Worker.class.getName(),
                folder.toString(),
                Long.toString(random.nextLong()))
            .redirectOutput(said.toFile())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    while (child.isAlive() && !Files.readString(said).contains("\n")) {
      TimeUnit.MILLISECONDS.sleep(2);
    }
    TimeUnit.MICROSECONDS.sleep(random.nextLong(600_000));
    assertThat(child.isAlive()).as("the child went on").isTrue();
    child.destroyForcibly().waitFor();
    String lines = Files.readString(said);
    Files.delete(said);
    return List.of(lines.substring(0, lines.lastIndexOf('\n')).split("\n"));
  }

  @Test
  void powerCutsLoseNothing() {
    Random random = new Random(seed);
    try (FaultyStore store = FaultyStore.wrap(MemoryStore.create())) {
      Known known = new Known();
      List<String> told = new ArrayList<>();
      for (int cut = 0; cut < CUTS; cut++) {
        store.stopAt(1 + random.nextInt(120));
        try (Context context = Context.ofMemory(256 << 20)) {
          Database database = new LocalDatabase(store, context, false, ConnectOptions.defaults());
          new PowerCut(database, random, known, told).run();
        }
        store.cutPowerOfForcing(random);
        store.restart();
        try (Context context = Context.ofMemory(256 << 20)) {
          Database database = new LocalDatabase(store, context, false, ConnectOptions.defaults());
          known.check(database, "seed=" + seed + ", cut=" + cut + ", " + told);
          assertThat(context.memory().usedBytes()).isZero();
        }
        store.restart();
      }
    }
  }

  /// Works until the store answers no more.
  private record PowerCut(Database database, Random random, Known known, List<String> told) {
    void run() {
      RandomWork work = null;
      try {
        work =
            new RandomWork(
                database,
                random,
                new RandomWork.Log() {
                  @Override
                  public void begin(String what, long content) {
                    known.begin(what, content);
                    told.add(what);
                  }

                  @Override
                  public void acknowledged(long version) {
                    known.done(version);
                  }
                });
        while (true) {
          work.step();
        }
      } catch (LancelotException e) {
        told.add("cut");
      } finally {
        if (work != null) {
          work.close();
        }
      }
    }
  }
}
