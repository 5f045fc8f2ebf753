package io.lancelot.compat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.lancelot.Database;
import io.lancelot.Distance;
import io.lancelot.Index;
import io.lancelot.Lancelot;
import io.lancelot.Table;
import io.lancelot.compat.Ours.Hit;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Columns whose rows hold lists of vectors: distances are those of the real Lance, and an index of
/// either side answers on the other.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class MultivectorTest {

  private static final int DIM = 16;
  private static final int ROWS = 1800;

  /// Fewer tell recalls apart by chance: each index of the real Lance is another one.
  private static final int QUERIES = 40;

  private static final Map<String, ?> INDEXED =
      Map.of("use_index", true, "nprobes", 50, "refine_factor", 20);

  private final Oracle oracle = Oracle.start();
  private final long seed = Cases.seed();
  private final Random random = new Random(seed);

  @AfterAll
  void close() {
    oracle.close();
  }

  private void write(Path dir, String type, String mode, int firstRow) {
    List<Long> rows = LongStream.range(firstRow, firstRow + ROWS).boxed().toList();
    oracle.call(
        "write",
        Map.of(
            "from",
            Data.multivectors(2 * ROWS, DIM, type, seed).take(rows),
            "lance",
            Ours.folder(dir, "t"),
            "mode",
            mode,
            "max_rows_per_file",
            700));
  }

  record Row(long id, float @Nullable [][] vector, float _distance) {}

  /// Something like the vectors of one of the rows.
  private float[][] query(Table table) {
    while (true) {
      String one = "id = " + random.nextInt(ROWS);
      for (Row row : table.query().where(one).toList(Row.class)) {
        float[][] query = row.vector();
        if (query != null && query.length > 0) {
          for (float[] vector : query) {
            for (int d = 0; d < DIM; d++) {
              vector[d] += 0.4f * (float) random.nextGaussian();
            }
          }
          return query;
        }
      }
    }
  }

  private List<Hit> theirs(Path dir, float[][] query, String metric, Map<String, ?> how) {
    Map<String, Object> arguments = new LinkedHashMap<>();
    arguments.put("lance", Ours.folder(dir, "t"));
    arguments.put("query", query);
    arguments.put("k", 10);
    arguments.put("metric", metric);
    arguments.put("how", how);
    JsonNode found = oracle.call("nearest", arguments);
    List<Hit> hits = new ArrayList<>();
    for (int i = 0; i < found.get("ids").size(); i++) {
      hits.add(new Hit(found.get("ids").get(i).asLong(), found.get("distances").get(i).asDouble()));
    }
    return hits;
  }

  private static List<Hit> ours(Table table, float[][] query, String metric) {
    return table
        .search(query)
        .distanceType(Distance.valueOf(metric.toUpperCase(Locale.ROOT)))
        .select("id", "_distance")
        .toList(Row.class)
        .stream()
        .map(row -> new Hit(row.id(), row._distance()))
        .toList();
  }

  @ParameterizedTest
  @CsvSource({
    "float32,cosine,1e-5",
    "float32,l2,1e-5",
    "float32,dot,1e-5",
    "float64,cosine,1e-5",
    "float16,cosine,2e-3"
  })
  void exactDistancesAreThoseOfTheRealLance(
      String type, String metric, double tolerance, @TempDir Path dir) {
    write(dir, type, "create", 0);
    oracle.call("delete", Map.of("lance", Ours.folder(dir, "t"), "filter", "id % 10 = 3"));
    try (Database database = Lancelot.connect(dir.toString());
        Table table = database.openTable("t")) {
      for (int i = 0; i < 8; i++) {
        float[][] query = query(table);
        List<Hit> expected = theirs(dir, query, metric, Map.of());
        List<Hit> found = ours(table, query, metric);
        assertThat(found).as("seed %s", seed).hasSize(10).hasSameSizeAs(expected);
        for (int rank = 0; rank < 10; rank++) {
          double distance = expected.get(rank).distance();
          assertThat(found.get(rank).distance())
              .as("seed %s, query %s, rank %s", seed, i, rank)
              .isCloseTo(distance, within(tolerance * (1 + Math.abs(distance))));
        }
      }
    }
  }

  /// The share of the ten nearest rows that is found. The real Lance is asked by one vector: by
  /// several it guesses the distances of rows that only some of them found.
  private double recall(Path dir, Table table, boolean byThem) {
    int found = 0;
    for (int i = 0; i < QUERIES; i++) {
      float[][] query = query(table);
      if (byThem) {
        assertThat(theirs(dir, query, "cosine", INDEXED)).as("seed %s", seed).hasSize(10);
        query = new float[][] {query[0]};
      }
      List<Long> exact = theirs(dir, query, "cosine", Map.of()).stream().map(Hit::id).toList();
      List<Hit> hits =
          byThem ? theirs(dir, query, "cosine", INDEXED) : ours(table, query, "cosine");
      assertThat(hits).as("seed %s", seed).hasSize(10);
      found += (int) hits.stream().filter(hit -> exact.contains(hit.id())).count();
    }
    return found / (10.0 * QUERIES);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "IVF_FLAT",
        "IVF_PQ",
        "IVF_SQ",
        "IVF_RQ",
        "IVF_HNSW_FLAT",
        "IVF_HNSW_SQ",
        "IVF_HNSW_PQ"
      })
  void anIndexOfEitherSideAnswersOnTheOther(String type, @TempDir Path dir) {
    Path folder = Ours.folder(dir, "t");
    write(dir, "float32", "create", 0);
    Map<String, ?> params =
        Map.of("metric", "cosine", "num_partitions", 4, "num_sub_vectors", DIM / 2);
    try (Database database = Lancelot.connect(dir.toString());
        Table table = database.openTable("t")) {
      oracle.call(
          "vector_index",
          Map.of("lance", folder, "column", "vector", "type", type, "params", params));
      table.checkoutLatest();
      assertThat(table.search(query(table)).explain()).contains("ANNSubIndex");
      assertThat(recall(dir, table, false)).as("their index").isGreaterThanOrEqualTo(0.9);
      write(dir, "float32", "append", ROWS);
      table.checkoutLatest();
      table.optimize();
      assertThat(recall(dir, table, false)).as("ours of theirs").isGreaterThanOrEqualTo(0.9);
      assertThat(recall(dir, table, true)).as("ours of theirs").isGreaterThanOrEqualTo(0.9);
      table.dropIndex("vector_idx");
      Index.Vectors index = (Index.Vectors) Index.of(type, Map.of("num_partitions", "4"));
      table.createIndex("vector", type.endsWith("PQ") ? index.numSubVectors(DIM / 2) : index);
      assertThat(recall(dir, table, false)).as("our index").isGreaterThanOrEqualTo(0.9);
      assertThat(recall(dir, table, true)).as("our index").isGreaterThanOrEqualTo(0.9);
    }
  }
}
