package io.lancelot;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// What settings of indices and of searches do to recall.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class VectorSettingsTest {

  private static final int DIM = 32;
  private static final int ROWS = 8000;
  private static final int QUERIES = 60;

  record Item(long id, @Vector(DIM) float[] vector) {}

  record Hit(long id) {}

  private final Embeddings embeddings = new Embeddings(DIM, 20);
  private final Database database = Lancelot.connect("memory://");
  private final Table table = database.createTable("t", Item.class);
  private final List<float[]> queries = new ArrayList<>();
  private final List<Set<Long>> truths = new ArrayList<>();

  @BeforeAll
  void fill() {
    // Much noise around few centres: neighbours lie in many partitions, as codes find hard.
    List<float[]> vectors = new ArrayList<>();
    List<Item> items = new ArrayList<>();
    for (int i = 0; i < ROWS; i++) {
      vectors.add(embeddings.near(embeddings.next(), 0.5));
      items.add(new Item(i, vectors.get(i)));
    }
    table.add(items);
    for (int i = 0; i < QUERIES; i++) {
      queries.add(embeddings.near(embeddings.next(), 0.5));
      truths.add(Embeddings.nearest(vectors, Distance.L2, queries.get(i), 10, _ -> true));
    }
  }

  @AfterAll
  void close() {
    table.close();
    database.close();
    assertThat(database.memoryInUse()).isZero();
  }

  private double recall(UnaryOperator<VectorQuery> how) {
    int found = 0;
    for (int i = 0; i < QUERIES; i++) {
      Set<Long> truth = truths.get(i);
      List<Hit> hits = how.apply(table.search(queries.get(i)).select("id")).toList(Hit.class);
      assertThat(hits).as("seed %s", embeddings.seed).hasSize(10).doesNotHaveDuplicates();
      found += (int) hits.stream().filter(hit -> truth.contains(hit.id())).count();
    }
    return found / (10.0 * QUERIES);
  }

  private void build(Index index) {
    table.createIndex("vector", index, Embeddings.ONE);
    assertThat(table.search(queries.getFirst()).explain()).contains("ANNSubIndex");
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 4, 8})
  void rabitQFindsNearlyAllWithAnyNumberOfBits(int bits) {
    build(Index.ivfRq().numBits(bits));
    assertThat(recall(query -> query)).as("seed %s", embeddings.seed).isGreaterThanOrEqualTo(0.95);
  }

  @Test
  void productsOfFourBitsFindNearlyAllWithRefinement() {
    build(Index.ivfPq().numBits(4).numSubVectors(16));
    assertThat(recall(query -> query.refineFactor(30)))
        .as("seed %s", embeddings.seed)
        .isGreaterThanOrEqualTo(0.95);
    build(Index.ivfPq().numBits(4));
    assertThat(table.indexStatistics("one").getFirst().get("sub_index").toString())
        .contains("nbits=4", "num_sub_vectors=2");
    assertThat(recall(query -> query.refineFactor(200)))
        .as("seed %s", embeddings.seed)
        .isGreaterThanOrEqualTo(0.95);
  }

  /// Each wider setting finds more than the one before, and the widest nearly all.
  private void rises(double... recalls) {
    for (int i = 1; i < recalls.length; i++) {
      assertThat(recalls[i])
          .as("seed %s, %s", embeddings.seed, Arrays.toString(recalls))
          .isGreaterThan(recalls[i - 1] + 0.02);
    }
    assertThat(recalls[recalls.length - 1]).as("seed %s", embeddings.seed).isGreaterThan(0.97);
  }

  @Test
  void moreProbesFindMore() {
    build(Index.ivfFlat().numPartitions(64));
    rises(recall(query -> query.nprobes(1)), recall(query -> query.nprobes(64)));
    assertThat(recall(query -> query.nprobes(3))).isGreaterThan(recall(query -> query.nprobes(1)));
    assertThat(recall(query -> query.nprobes(64))).isEqualTo(1);
    assertThat(recall(query -> query.maximumNprobes(1)))
        .isEqualTo(recall(query -> query.nprobes(1)));
    assertThat(recall(query -> query.minimumNprobes(64))).isEqualTo(1);
  }

  @Test
  void moreRefinementFindsMore() {
    build(Index.ivfPq().numPartitions(8).numSubVectors(4));
    rises(
        recall(query -> query.nprobes(8).refineFactor(1)),
        recall(query -> query.nprobes(8).refineFactor(5)),
        recall(query -> query.nprobes(8).refineFactor(100)));
  }

  @ParameterizedTest
  @ValueSource(strings = {"IVF_HNSW_FLAT", "IVF_HNSW_SQ"})
  void widerWalksFindMore(String type) {
    build(Index.of(type, Map.of("m", "6", "ef_construction", "30", "num_partitions", "1")));
    rises(recall(query -> query.ef(10)), recall(query -> query.ef(400)));
  }

  @Test
  void denserGraphsFindMore() {
    build(Index.hnswSq().m(4).efConstruction(10));
    double sparse = recall(query -> query.ef(20));
    build(Index.hnswSq().m(32).efConstruction(200));
    rises(sparse, recall(query -> query.ef(150)));
  }
}
