package io.lancelot;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/// lancedb#2762, xagent#822, pgvector#719 and their kin: a filtered search finds k rows whenever k
/// match, and nearly always the nearest, however few match and wherever they lie.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class VectorFilterTest {

  private static final int DIM = 16;
  private static final int K = 10;

  /// So many that half, a fifth and a tenth of them are too many to be compared one by one.
  private static final int ROWS = 50_000;

  private static final double[] SHARES = {0.5, 0.2, 0.1, 0.05, 0.01, 0.005, 0.001, 0.0005};
  private static final int QUERIES = 20;
  static final List<String> KINDS = Embeddings.KINDS;

  /// @param shuffled has nothing to do with nearness
  /// @param rank by distance from one of the rows
  record Item(long id, int shuffled, int rank, @Vector(DIM) float[] vector) {}

  record Hit(long id) {}

  /// A search, and what it should find.
  private record Case(String what, String filter, float[] query, Set<Long> nearest) {}

  private final Embeddings embeddings = new Embeddings(DIM, 300);
  private final Database database = Lancelot.connect("memory://");
  private final Table table = database.createTable("t", Item.class);
  private final List<Case> cases = new ArrayList<>();

  @BeforeAll
  void fill() {
    List<float[]> vectors = embeddings.next(ROWS);
    List<Integer> shuffled = new ArrayList<>();
    for (int i = 0; i < ROWS; i++) {
      shuffled.add(i);
    }
    Collections.shuffle(shuffled, embeddings.random);
    int[] order = Embeddings.byDistance(vectors, vectors.getFirst());
    int[] ranks = new int[ROWS];
    for (int rank = 0; rank < ROWS; rank++) {
      ranks[order[rank]] = rank;
    }
    List<Item> items = new ArrayList<>();
    for (int i = 0; i < ROWS; i++) {
      items.add(new Item(i, shuffled.get(i), ranks[i], vectors.get(i)));
    }
    table.add(items);
    for (double share : SHARES) {
      int rows = (int) (share * ROWS);
      for (int i = 0; i < QUERIES; i++) {
        int anywhere = embeddings.random.nextInt(ROWS);
        add("anywhere", "shuffled", rows, vectors, shuffled::get, anywhere);
        int within = order[embeddings.random.nextInt(rows)];
        add("where the query is", "rank", rows, vectors, row -> ranks[row], within);
        int away = order[ROWS - 1 - embeddings.random.nextInt(ROWS / 10)];
        add("far from the query", "rank", rows, vectors, row -> ranks[row], away);
      }
    }
  }

  private interface Value {
    int of(int row);
  }

  private void add(
      String where, String column, int rows, List<float[]> vectors, Value value, int near) {
    float[] query = embeddings.near(vectors.get(near), 0.1);
    cases.add(
        new Case(
            rows + " rows " + where,
            column + " < " + rows,
            query,
            Embeddings.nearest(vectors, Distance.L2, query, K, row -> value.of(row) < rows)));
  }

  @AfterAll
  void close() {
    table.close();
    database.close();
    assertThat(database.memoryInUse()).isZero();
  }

  @ParameterizedTest
  @FieldSource("KINDS")
  void filteredSearchesFindKRowsAndNearlyAllOfTheNearest(String type) {
    Index.Vectors index = (Index.Vectors) Index.of(type, Embeddings.quick(type, 100));
    table.createIndex(
        "vector", type.endsWith("PQ") ? index.numSubVectors(DIM / 4) : index, Embeddings.ONE);
    Map<String, Integer> hits = new TreeMap<>();
    for (Case each : cases) {
      VectorQuery query = table.search(each.query()).where(each.filter()).select("id");
      List<Long> found = query.toList(Hit.class).stream().map(Hit::id).toList();
      assertThat(found)
          .as("seed %s, %s", embeddings.seed, each.what())
          .hasSize(K)
          .doesNotHaveDuplicates();
      int near = (int) found.stream().filter(each.nearest()::contains).count();
      hits.merge(each.what(), near, Integer::sum);
    }
    assertThat(hits).hasSize(3 * SHARES.length);
    // Of two hundred rows; misses come together, where a query lies badly.
    hits.forEach((what, near) ->
        assertThat(near / (double) (K * QUERIES))
            .as("seed %s, recall of %s", embeddings.seed, what)
            .isGreaterThanOrEqualTo(0.92));
  }
}
