package io.lancelot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lancelot.base.CancelledException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// How builds of vector indices go on, and how they are stopped.
class VectorBuildTest {

  private static final int DIM = 32;
  private static final int ROWS = 20_000;

  record Item(long id, @Vector(DIM) float[] vector) {}

  record Hit(long id) {}

  private final long seed = Long.getLong("lancelot.seed", System.nanoTime());
  private final Random random = new Random(seed);

  @TempDir private Path folder;

  private final List<AutoCloseable> open = new ArrayList<>();

  @AfterEach
  void close() throws Exception {
    for (AutoCloseable each : open.reversed()) {
      each.close();
      if (each instanceof Database database) {
        assertThat(database.memoryInUse()).isZero();
      }
    }
  }

  private Table written(ConnectOptions options) {
    List<Item> items = new ArrayList<>();
    for (int i = 0; i < ROWS; i++) {
      float[] vector = new float[DIM];
      for (int d = 0; d < DIM; d++) {
        vector[d] = (float) random.nextGaussian();
      }
      items.add(new Item(i, vector));
    }
    Database database = Lancelot.connect(folder.toString(), options);
    open.add(database);
    Table table = database.createTable("t", items);
    open.add(table);
    return table;
  }

  private static Index index(String kind) {
    return Index.of(kind, Map.of("num_partitions", kind.contains("HNSW") ? "2" : "64"));
  }

  private record Report(long done, long total) {}

  @ParameterizedTest
  @CsvSource({
    "IVF_FLAT,sample k-means assign encode",
    "IVF_PQ,sample k-means codebook assign encode",
    "IVF_RQ,sample k-means assign encode",
    "IVF_HNSW_SQ,sample k-means assign encode order graph"
  })
  void stagesComeInOrderAndCountUpToTheirTotals(String kind, String stages) {
    Table table = written(ConnectOptions.defaults());
    Map<String, List<Report>> reports = new LinkedHashMap<>();
    table.createIndex(
        "vector",
        index(kind),
        Index.Options.DEFAULT,
        (stage, done, total) -> {
          synchronized (reports) {
            reports.computeIfAbsent(stage, _ -> new ArrayList<>()).add(new Report(done, total));
          }
        });
    assertThat(String.join(" ", reports.keySet())).isEqualTo(stages);
    reports.forEach((stage, all) -> {
      assertThat(all).as(stage).hasSizeGreaterThan(1).isSortedAccordingTo(this::compare);
      assertThat(all.getLast().done()).as(stage).isEqualTo(all.getLast().total());
      assertThat(all).as(stage).allMatch(report -> report.total() == all.getLast().total());
    });
  }

  private int compare(Report a, Report b) {
    return Long.compare(a.done(), b.done());
  }

  private static List<Path> indexFiles(Path folder) throws IOException {
    Path indices = folder.resolve("t.lance/_indices");
    if (!Files.exists(indices)) {
      return List.of();
    }
    try (Stream<Path> files = Files.walk(indices)) {
      return files.filter(Files::isRegularFile).toList();
    }
  }

  private void assertUntouched(Table table) throws IOException {
    assertThat(indexFiles(folder)).isEmpty();
    assertThat(table.indices()).isEmpty();
    assertThat(table.countRows()).isEqualTo(ROWS);
    assertThat(table.search(new float[DIM]).limit(3).toList(Hit.class)).hasSize(3);
    table.createIndex("vector", index("IVF_FLAT"));
    assertThat(table.search(new float[DIM]).limit(3).toList(Hit.class)).hasSize(3);
  }

  @ParameterizedTest
  @ValueSource(strings = {"sample", "k-means", "codebook", "assign", "encode", "order", "graph"})
  void progressThatThrowsEndsTheBuild(String last) throws IOException {
    Table table = written(ConnectOptions.defaults());
    AtomicLong since = new AtomicLong();
    Index index = index(last.equals("codebook") ? "IVF_PQ" : "IVF_HNSW_SQ");
    assertThatThrownBy(() ->
            table.createIndex(
                "vector",
                index,
                Index.Options.DEFAULT,
                (stage, done, total) -> {
                  if (stage.equals(last) && 2 * done >= total) {
                    since.compareAndSet(0, System.nanoTime());
                    throw new CancelledException("enough");
                  }
                }))
        .isInstanceOf(CancelledException.class)
        .hasMessage("enough");
    // A second on a quiet machine; the rest of the build would take longer.
    assertThat(System.nanoTime() - since.get()).isLessThan(5_000_000_000L);
    assertUntouched(table);
  }

  @ParameterizedTest
  @ValueSource(strings = {"k-means", "encode", "graph"})
  void anInterruptEndsTheBuild(String last) throws IOException {
    Table table = written(ConnectOptions.defaults());
    Thread builder = Thread.currentThread();
    AtomicLong since = new AtomicLong();
    try {
      assertThatThrownBy(() ->
              table.createIndex(
                  "vector",
                  index("IVF_HNSW_SQ"),
                  Index.Options.DEFAULT,
                  (stage, done, total) -> {
                    if (stage.equals(last) && since.compareAndSet(0, System.nanoTime())) {
                      builder.interrupt();
                    }
                  }))
          .isInstanceOf(CancelledException.class);
      assertThat(System.nanoTime() - since.get()).isLessThan(5_000_000_000L);
    } finally {
      assertThat(Thread.interrupted()).isTrue();
    }
    assertUntouched(table);
  }
}
