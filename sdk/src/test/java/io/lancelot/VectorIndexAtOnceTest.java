package io.lancelot;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Searches go on while indices are built, optimised and replaced under them, and find what is
/// there; nor does a process that dies meanwhile keep others from the table.
class VectorIndexAtOnceTest {

  private static final int DIM = 16;
  private static final int ROWS = 5000;
  private static final int THREADS = 3;

  record Item(long id, @Vector(DIM) float[] vector) {}

  record Hit(long id, float _distance) {}

  private final Embeddings embeddings = new Embeddings(DIM, 50);

  private static List<Item> items(Embeddings embeddings, int from, int count) {
    List<Item> items = new ArrayList<>();
    for (int i = from; i < from + count; i++) {
      items.add(new Item(i, embeddings.next()));
    }
    return items;
  }

  @Test
  void searchesFindTheirRowsWhileIndicesComeAndGo(@TempDir Path dir) throws Exception {
    List<Item> items = items(embeddings, 0, ROWS);
    AtomicBoolean over = new AtomicBoolean();
    try (Database database = Lancelot.connect(dir.toString())) {
      try (Table table = database.createTable("t", items);
          ExecutorService threads = Executors.newFixedThreadPool(THREADS)) {
        List<Future<double[]>> searches = new ArrayList<>();
        for (int t = 0; t < THREADS; t++) {
          Random random = new Random(embeddings.seed + t);
          searches.add(threads.submit(searching(table, items, random, over)));
        }
        try {
          change(table);
        } finally {
          over.set(true);
        }
        double searched = 0;
        double lost = 0;
        for (Future<double[]> search : searches) {
          searched += search.get()[0];
          lost += search.get()[1];
        }
        assertThat(searched).isGreaterThan(100);
        assertThat(lost).as("seed %s", embeddings.seed).isLessThanOrEqualTo(1 + searched / 500);
      }
      assertThat(database.memoryInUse()).isZero();
    }
  }

  private void change(Table table) {
    int next = ROWS;
    for (String type : Embeddings.KINDS) {
      table.createIndex("vector", Index.of(type, Embeddings.quick(type, 40)), Embeddings.ONE);
      table.add(items(embeddings, next, 300));
      table.optimize();
      table.prewarmIndex("one");
      table.delete("id >= " + next + " AND id % 2 = 0");
      table.optimize(OptimizeOptions.defaults().withTargetRows(2000));
      next += 300;
    }
    table.dropIndex("one");
  }

  /// Asks for rows that nobody touches, by one way after the other.
  ///
  /// @return how many searches there were, and how many did not find their row
  private static Callable<double[]> searching(
      Table table, List<Item> items, Random random, AtomicBoolean over) {
    return () -> {
      double searched = 0;
      double lost = 0;
      while (!over.get()) {
        Item item = items.get(random.nextInt(ROWS));
        VectorQuery query = table.search(item.vector()).limit(1 + random.nextInt(20));
        VectorQuery asked =
            switch (random.nextInt(3)) {
              case 0 -> query;
              case 1 -> query.where("id % 2 = " + item.id() % 2);
              default -> query.refineFactor(20);
            };
        List<Hit> hits = asked.toList(Hit.class);
        assertThat(hits).extracting(Hit::id).doesNotHaveDuplicates().isNotEmpty();
        searched++;
        lost += hits.getFirst().equals(new Hit(item.id(), 0)) ? 0 : 1;
      }
      return new double[] {searched, lost};
    };
  }

  private static final int BATCHES = 7;
  private static final int BATCH = 1000;

  /// The child: adds rows to an indexed table and has them indexed, and says so.
  static final class Writer {
    public static void main(String[] arguments) {
      PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
      try (Database database = Lancelot.connect(arguments[0]);
          Table table = database.openTable("t")) {
        Embeddings embeddings = new Embeddings(DIM, 50);
        while (true) {
          for (int b = 0; b < BATCHES; b++) {
            int from = (int) table.countRows();
            table.add(items(embeddings, from, BATCH));
            out.println("rows " + (from + BATCH));
          }
          table.optimize();
          out.println("indexed");
        }
      }
    }
  }

  @Test
  void duckdbVss81AnIndexedTableOpensAfterItsWriterWasKilled(@TempDir Path dir) throws Exception {
    List<Item> items = items(embeddings, 0, ROWS);
    try (Database database = Lancelot.connect(dir.resolve("db").toString());
        Table table = database.createTable("t", items)) {
      table.createIndex("vector", Index.hnswSq());
    }
    Map<String, Integer> said = new HashMap<>();
    for (int kill = 0; kill < 3; kill++) {
      long rows = killed(dir, kill, said);
      try (Database database = Lancelot.connect(dir.resolve("db").toString());
          Table table = database.openTable("t")) {
        String where = "seed " + embeddings.seed + ", kill " + kill;
        assertThat(table.countRows()).as(where).isGreaterThanOrEqualTo(rows);
        assertThat(table.countRows() % BATCH).as(where).isZero();
        assertThat(database.checkTable("t").findings()).as(where).isEmpty();
        assertThat(table.search(items.getFirst().vector()).explain()).contains("ANNSubIndex");
        int lost = 0;
        for (Item item : table.query().where("id % 97 = 0").toList(Item.class)) {
          Hit nearest = table.search(item.vector()).limit(1).toList(Hit.class).getFirst();
          lost += nearest.equals(new Hit(item.id(), 0)) ? 0 : 1;
        }
        assertThat(lost).as(where).isLessThanOrEqualTo(1);
      }
    }
    assertThat(said).containsKeys("rows", "indexed");
  }

  /// @return how many rows the child said there are
  private long killed(Path dir, int kill, Map<String, Integer> said) throws Exception {
    Path file = dir.resolve("said-" + kill);
    Process child =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-Xmx512m",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty(
                    "surefire.test.class.path", System.getProperty("java.class.path")),
                Writer.class.getName(),
                dir.resolve("db").toString())
            .redirectOutput(file.toFile())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    // Once among its inserts, once while it optimises, once after it has.
    String until = kill == 0 ? "rows" : kill == 1 ? "rows " + (ROWS + 8 * BATCH) : "indexed";
    while (child.isAlive() && !Files.readString(file).contains(until)) {
      TimeUnit.MILLISECONDS.sleep(2);
    }
    TimeUnit.MILLISECONDS.sleep(embeddings.random.nextInt(150));
    assertThat(child.isAlive()).as("the child went on").isTrue();
    child.destroyForcibly().waitFor();
    String lines = Files.readString(file);
    long rows = ROWS;
    for (String line : lines.substring(0, lines.lastIndexOf('\n')).split("\n")) {
      said.merge(line.split(" ")[0], 1, Integer::sum);
      if (line.startsWith("rows ")) {
        rows = Long.parseLong(line.substring(5));
      }
    }
    return rows;
  }
}
