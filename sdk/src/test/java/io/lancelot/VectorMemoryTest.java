package io.lancelot;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Indices that are larger than their share of the memory budget.
class VectorMemoryTest {

  /// Wide enough for vectors to be read where they lie in the file.
  private static final int DIM = 128;

  private static final int ROWS = 40_000;
  private static final int PARTITIONS = 64;
  private static final int PROBES = 16;
  private static final long BUDGET = 3 << 20;

  record Item(long id, @Vector(DIM) float[] vector) {}

  record Hit(long id, float _distance) {}

  private final long seed = Long.getLong("lancelot.seed", System.nanoTime());
  private final Random random = new Random(seed);

  @TempDir private Path folder;

  private final List<Item> items = new ArrayList<>();
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

  private float[] vector() {
    float[] vector = new float[DIM];
    for (int d = 0; d < DIM; d++) {
      vector[d] = (float) random.nextGaussian();
    }
    return vector;
  }

  private void write(int rows, Index... indices) {
    for (int i = 0; i < rows; i++) {
      items.add(new Item(i, vector()));
    }
    try (Database database = Lancelot.connect(folder.toString());
        Table table = database.createTable("t", items)) {
      for (int i = 0; i < indices.length; i++) {
        Optional<String> name = Optional.of("index_" + i);
        table.createIndex("vector", indices[i], new Index.Options(name, false));
      }
    }
  }

  private Database connected(long budget) {
    Database database =
        Lancelot.connect(folder.toString(), ConnectOptions.defaults().withMemoryBytes(budget));
    open.add(database);
    return database;
  }

  private Table opened(Database database) {
    Table table = database.openTable("t");
    open.add(table);
    return table;
  }

  private static Index index(String kind, int partitions, String metric) {
    Map<String, String> settings = new HashMap<>();
    settings.put("num_partitions", String.valueOf(partitions));
    settings.put("distance_type", metric);
    if (kind.equals("IVF_PQ")) {
      settings.put("num_sub_vectors", "32");
    }
    return Index.of(kind, settings);
  }

  private static long figure(Table table, String name, String figure) {
    return ((Number) table.indexStatistics(name).getFirst().get(figure)).longValue();
  }

  /// The ten nearest rows by definition.
  private Set<Long> nearest(float[] query, Distance metric) {
    double[] distances = new double[items.size()];
    for (int i = 0; i < distances.length; i++) {
      float[] vector = items.get(i).vector();
      double product = 0;
      double square = 0;
      double length = 0;
      for (int d = 0; d < DIM; d++) {
        product += query[d] * vector[d];
        square += (query[d] - vector[d]) * (query[d] - vector[d]);
        length += vector[d] * vector[d];
      }
      distances[i] = metric == Distance.L2 ? square : -product / Math.sqrt(length);
    }
    double[] sorted = distances.clone();
    Arrays.sort(sorted);
    Set<Long> found = new HashSet<>();
    for (int i = 0; i < distances.length; i++) {
      if (distances[i] <= sorted[9]) {
        found.add((long) i);
      }
    }
    return found;
  }

  /// Vectors near rows, as questions are.
  private List<float[]> queries(int count) {
    List<float[]> queries = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      float[] query = items.get(random.nextInt(items.size())).vector().clone();
      for (int d = 0; d < DIM; d++) {
        query[d] += (float) random.nextGaussian() / 2;
      }
      queries.add(query);
    }
    return queries;
  }

  /// The share of the true neighbours that some searches find.
  private double recall(Table table, Distance metric, List<float[]> queries) {
    int found = 0;
    for (float[] query : queries) {
      Set<Long> truth = nearest(query, metric);
      List<Hit> hits = table.search(query).distanceType(metric).nprobes(PROBES).toList(Hit.class);
      assertThat(hits).hasSize(10);
      for (Hit hit : hits) {
        found += truth.contains(hit.id()) ? 1 : 0;
      }
    }
    return found / (10.0 * queries.size());
  }

  @ParameterizedTest
  @CsvSource({"IVF_FLAT,64,40000", "IVF_RQ,64,40000", "IVF_PQ,64,40000", "IVF_HNSW_SQ,8,20000"})
  void whatFitsIsKeptAndTheRestReadForOneSearch(String kind, int partitions, int rows) {
    write(rows, index(kind, partitions, "l2"));
    List<float[]> queries = queries(12);
    double whole = recall(opened(connected(1 << 30)), Distance.L2, queries);
    Database database = connected(BUDGET);
    Table table = opened(database);
    table.prewarmIndex("index_0");
    long held = figure(table, "index_0", "held_bytes");
    assertThat(held).isBetween(BUDGET / 8, BUDGET / 2).isLessThanOrEqualTo(database.memoryInUse());
    assertThat(figure(table, "index_0", "loaded_partitions")).isBetween(1L, partitions - 1L);
    long before = figure(table, "index_0", "partition_loads");
    double little = recall(table, Distance.L2, queries);
    assertThat(little).as("seed %s", seed).isGreaterThan(whole - 0.05);
    long loads = figure(table, "index_0", "partition_loads") - before;
    // Searches went through the index, and what is kept was not read again.
    assertThat(loads).isBetween(1L, (long) queries.size() * Math.min(partitions - 1, PROBES));
    assertThat(figure(table, "index_0", "held_bytes")).isEqualTo(held);
    assertThat(database.memoryPeak()).isLessThanOrEqualTo(BUDGET);
  }

  @Test
  void twoIndicesInTurnTakeNoMoreThanTheirShareTogether() {
    write(ROWS, index("IVF_RQ", PARTITIONS, "l2"), index("IVF_RQ", PARTITIONS, "cosine"));
    Database database = connected(BUDGET);
    Table table = opened(database);
    double recall = 0;
    for (int i = 0; i < 5; i++) {
      recall += recall(table, Distance.L2, queries(2));
      recall += recall(table, Distance.COSINE, queries(2));
      long held = figure(table, "index_0", "held_bytes") + figure(table, "index_1", "held_bytes");
      assertThat(held).isLessThanOrEqualTo(BUDGET / 2);
    }
    assertThat(recall / 10).as("seed %s", seed).isGreaterThan(0.3);
    // One gave room to the other, and was not closed for it: that would start its count anew.
    assertThat(figure(table, "index_0", "partition_loads")).isGreaterThan(PARTITIONS);
  }

  @Test
  void searchesSideBySideShareWhatIsKept() throws Exception {
    write(ROWS, index("IVF_RQ", PARTITIONS, "l2"));
    Database database = connected(2 * BUDGET);
    Table table = opened(database);
    List<float[]> queries = new ArrayList<>();
    List<List<Hit>> truth = new ArrayList<>();
    for (int i = 0; i < 50; i++) {
      queries.add(vector());
      truth.add(table.search(queries.get(i)).nprobes(PROBES).toList(Hit.class));
    }
    try (ExecutorService clients = Executors.newFixedThreadPool(4)) {
      List<Future<?>> running = new ArrayList<>();
      for (int client = 0; client < 4; client++) {
        running.add(
            clients.submit(() -> {
              for (int i = 0; i < queries.size(); i++) {
                assertThat(table.search(queries.get(i)).nprobes(PROBES).toList(Hit.class))
                    .as("seed %s", seed)
                    .isEqualTo(truth.get(i));
              }
            }));
      }
      for (Future<?> each : running) {
        each.get();
      }
    }
    assertThat(database.memoryPeak()).isLessThanOrEqualTo(2 * BUDGET);
  }
}
