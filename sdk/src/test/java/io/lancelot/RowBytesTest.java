package io.lancelot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Searches by sign codes and by product quantisation keep a byte for each number of rows that they
/// have compared. These must change nothing but how many vectors are read.
class RowBytesTest {

  private static final int DIM = 64;
  private static final int ROWS = 12_000;
  private static final int CENTRES = 60;
  private static final int FAR = 9;

  record Item(long id, long part, @Vector(DIM) float[] vector) {}

  record Hit(long id, float _distance) {}

  private final long seed = Long.getLong("lancelot.seed", System.nanoTime());
  private final Random random = new Random(seed);
  private final Database database = Lancelot.connect("memory://");
  private final Map<Long, float[]> vectors = new HashMap<>();

  @AfterEach
  void close() {
    database.close();
    assertThat(database.memoryInUse()).isZero();
  }

  private List<Item> items() {
    float[][] centres = new float[CENTRES][];
    for (int c = 0; c < CENTRES; c++) {
      centres[c] = around(new float[DIM], 1);
    }
    List<Item> items = new ArrayList<>();
    for (int i = 0; i < ROWS; i++) {
      float[] vector = around(centres[random.nextInt(CENTRES)], 0.4);
      // One in a thousand lies far outside of what the others span.
      for (int d = 0; d < DIM && i % 1000 == FAR; d++) {
        vector[d] *= 30;
      }
      items.add(new Item(i, i % 20, vector));
      vectors.put((long) i, vector);
    }
    return items;
  }

  private float[] around(float[] centre, double spread) {
    float[] vector = new float[DIM];
    for (int d = 0; d < DIM; d++) {
      vector[d] = centre[d] + (float) (spread * random.nextGaussian());
    }
    return vector;
  }

  private Table indexed(String kind, Distance metric) {
    Table table = database.createTable("t", items());
    String name = metric.name().toLowerCase(java.util.Locale.ROOT);
    table.createIndex(
        "vector", Index.of(kind, Map.of("num_partitions", "40", "distance_type", name)));
    return table;
  }

  private List<float[]> queries(int count) {
    List<float[]> queries = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      long id = random.nextInt(ROWS);
      // Not near the far rows: these would widen the bounds, and bytes would say little.
      queries.add(around(vectors.get(id % 1000 == FAR ? id + 1 : id), 0.1));
    }
    return queries;
  }

  private static long heldBytes(Table table) {
    return ((Number) table.indexStatistics("vector_idx").getFirst().get("held_bytes")).longValue();
  }

  private double distance(Distance metric, float[] a, float[] b) {
    double product = 0;
    double squares = 0;
    double first = 0;
    double second = 0;
    for (int d = 0; d < DIM; d++) {
      product += (double) a[d] * b[d];
      squares += ((double) a[d] - b[d]) * ((double) a[d] - b[d]);
      first += (double) a[d] * a[d];
      second += (double) b[d] * b[d];
    }
    return metric == Distance.L2 ? squares : 1 - product / Math.sqrt(first * second);
  }

  /// Searches, checks the distances of what is found, and returns how many rows were compared.
  private long search(Table table, Distance metric, List<float[]> queries, double least) {
    long compared = 0;
    int found = 0;
    for (float[] query : queries) {
      SearchResult<Hit> result =
          table.search(query).distanceType(metric).nprobes(12).toResult(Hit.class);
      compared += result.report().rowsCompared();
      assertThat(result.rows()).hasSize(10);
      for (Hit hit : result.rows()) {
        double exact = distance(metric, query, vectors.get(hit.id()));
        assertThat((double) hit._distance()).isCloseTo(exact, within(1e-3 * (1 + exact)));
      }
      found += common(result.rows(), exact(table, metric, query));
    }
    assertThat(found / (10.0 * queries.size())).as("seed %s", seed).isGreaterThanOrEqualTo(least);
    return compared;
  }

  private static List<Hit> exact(Table table, Distance metric, float[] query) {
    return table.search(query).distanceType(metric).bypassVectorIndex().toList(Hit.class);
  }

  private static int common(List<Hit> found, List<Hit> exact) {
    Set<Long> ids = new HashSet<>();
    exact.forEach(hit -> ids.add(hit.id()));
    return (int) found.stream().filter(hit -> ids.contains(hit.id())).count();
  }

  @ParameterizedTest
  @CsvSource({"IVF_RQ,L2", "IVF_RQ,COSINE", "IVF_PQ,L2", "IVF_PQ,COSINE"})
  void rowsOnceComparedAreComparedByTheirBytes(String kind, Distance metric) {
    try (Table table = indexed(kind, metric)) {
      table.prewarmIndex("vector_idx");
      long codes = heldBytes(table);
      List<float[]> queries = queries(80);
      long first = search(table, metric, queries, 0.9);
      assertThat(heldBytes(table) - codes).isGreaterThanOrEqualTo(ROWS * DIM);
      long second = search(table, metric, queries, 0.9);
      assertThat(second).as("seed %s", seed).isLessThan(first / 2);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"IVF_RQ", "IVF_PQ"})
  void rowsOutsideOfTheBoundsAreFound(String kind) {
    try (Table table = indexed(kind, Distance.L2)) {
      for (int turn = 0; turn < 2; turn++) {
        search(table, Distance.L2, queries(60), 0.9);
        for (long id = FAR; id < ROWS; id += 1000) {
          float[] query = vectors.get(id);
          Hit nearest = table.search(query).limit(1).toList(Hit.class).getFirst();
          assertThat(nearest.id()).isEqualTo(id);
          assertThat(nearest._distance()).isZero();
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"IVF_RQ", "IVF_PQ"})
  void rowsThatGoAndFiltersThatPassFewAreHeeded(String kind) {
    try (Table table = indexed(kind, Distance.L2)) {
      List<float[]> queries = queries(60);
      search(table, Distance.L2, queries, 0.9);
      for (float[] query : queries) {
        List<Hit> hits = table.search(query).where("part < 10").toList(Hit.class);
        assertThat(hits).hasSize(10).allMatch(hit -> hit.id() % 20 < 10);
      }
      table.delete("part = 3");
      for (float[] query : queries) {
        List<Hit> hits = table.search(query).toList(Hit.class);
        assertThat(hits).hasSize(10).noneMatch(hit -> hit.id() % 20 == 3);
        assertThat(common(hits, exact(table, Distance.L2, query))).isGreaterThanOrEqualTo(5);
      }
    }
  }

  @Test
  void threadsBringRowsSideBySide() throws Exception {
    try (Table table = indexed("IVF_RQ", Distance.L2);
        ExecutorService threads = Executors.newFixedThreadPool(4)) {
      List<float[]> queries = queries(60);
      List<Future<Long>> searches = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        searches.add(threads.submit(() -> search(table, Distance.L2, queries, 0.9)));
      }
      for (Future<Long> each : searches) {
        assertThat(each.get()).isPositive();
      }
      search(table, Distance.L2, queries, 0.9);
    }
  }
}
