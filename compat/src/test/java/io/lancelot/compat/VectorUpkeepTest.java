package io.lancelot.compat;

import static org.assertj.core.api.Assertions.assertThat;

import io.lancelot.Database;
import io.lancelot.Index;
import io.lancelot.Lancelot;
import io.lancelot.Table;
import io.lancelot.TableOptions;
import io.lancelot.Vector;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Vector indices that we split, added to and trained anew are read by the real Lance, which keeps
/// them up from there.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class VectorUpkeepTest {

  private static final int DIM = 16;
  private static final int ROWS = 3000;

  record Item(long id, @Vector(DIM) float[] vector) {}

  record Found(long id, float _distance) {}

  private final Oracle oracle = Oracle.start();
  private final long seed = Cases.seed();
  private final Random random = new Random(seed);

  @AfterAll
  void close() {
    oracle.close();
  }

  private List<Item> around(List<float[]> centres, int rows, double spread, int firstId) {
    List<Item> items = new ArrayList<>();
    for (int i = 0; i < rows; i++) {
      float[] vector = centres.get(random.nextInt(centres.size())).clone();
      for (int d = 0; d < DIM; d++) {
        vector[d] += (float) (spread * random.nextGaussian());
      }
      items.add(new Item(firstId + i, vector));
    }
    return items;
  }

  private List<float[]> centres(int count, double scale) {
    return around(List.of(new float[DIM]), count, scale, 0).stream().map(Item::vector).toList();
  }

  private List<Long> theirs(Path folder, float[] query, Map<String, ?> how) {
    List<Long> ids = new ArrayList<>();
    StreamSupport.stream(
            oracle
                .call("nearest", Map.of("lance", folder, "query", query, "k", 10, "how", how))
                .path("ids")
                .spliterator(),
            false)
        .forEach(id -> ids.add(id.asLong()));
    return ids;
  }

  private void check(Path folder, Table table, List<Item> near) {
    int byThem = 0;
    int byUs = 0;
    int queries = 15;
    for (int i = 0; i < queries; i++) {
      float[] query = near.get(random.nextInt(near.size())).vector().clone();
      query[0] += 0.01f;
      List<Long> exact = theirs(folder, query, Map.of());
      List<Long> found =
          theirs(folder, query, Map.of("use_index", true, "nprobes", 30, "refine_factor", 20));
      assertThat(found).as("seed %s", seed).hasSize(10).doesNotHaveDuplicates();
      byThem += (int) found.stream().filter(exact::contains).count();
      byUs +=
          (int)
              table.search(query).toList(Found.class).stream()
                  .filter(hit -> exact.contains(hit.id()))
                  .count();
    }
    List<Object> partitions =
        table.indexStatistics("vector_idx").stream().map(s -> s.get("num_partitions")).toList();
    assertThat(byThem / (10.0 * queries))
        .as("theirs, partitions %s, seed %s", partitions, seed)
        .isGreaterThan(0.9);
    assertThat(byUs / (10.0 * queries))
        .as("ours, partitions %s, seed %s", partitions, seed)
        .isGreaterThan(0.9);
  }

  @ParameterizedTest
  @ValueSource(strings = {"IVF_FLAT", "IVF_PQ", "IVF_SQ", "IVF_RQ", "IVF_HNSW_SQ"})
  void whatWeKeepUpIsReadAndKeptUpByTheRealLance(String type, @TempDir Path dir) {
    Path folder = Ours.folder(dir, "t");
    List<float[]> known = centres(30, 1);
    List<Item> first = around(known, ROWS, 0.4, 0);
    // Rows that compaction moves count as new, but for stable ids.
    TableOptions options = TableOptions.defaults().withStableRowIds();
    try (Database database = Lancelot.connect(dir.toString());
        Table table = database.createTable("t", first, options)) {
      Index.Vectors index = (Index.Vectors) Index.of(type, Map.of());
      // The real Lance may leave but one partition: the codes alone must tell rows apart then.
      table.createIndex("vector", type.endsWith("PQ") ? index.numSubVectors(DIM / 2) : index);
      // A crowd: its partitions are split.
      List<Item> crowd = around(List.of(first.get(7).vector()), 800, 0.15, ROWS);
      table.add(crowd);
      table.optimize();
      check(folder, table, crowd);
      // Few strangers: a segment of their own.
      List<Item> strangers = around(centres(5, 4), 300, 0.3, ROWS + 800);
      table.add(strangers);
      table.optimize();
      check(folder, table, strangers);
      check(folder, table, first);
      // The table doubles: all is trained anew.
      table.add(around(known, ROWS, 0.4, ROWS + 1100));
      table.optimize();
      check(folder, table, strangers);
      // The real Lance goes on from here, and we from what it made.
      table.add(around(known, 200, 0.4, 2 * ROWS + 1100));
      oracle.call("update_indices", Map.of("lance", folder));
      table.checkoutLatest();
      check(folder, table, first);
      List<Item> others = around(centres(5, 4), 100, 0.3, 2 * ROWS + 1300);
      table.add(others);
      table.optimize();
      check(folder, table, others);
      check(folder, table, first);
      assertThat(table.index("vector_idx").unindexedRows()).isZero();
    }
  }
}
