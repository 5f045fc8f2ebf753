package io.lancelot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.lancelot.base.InvalidInputException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.function.LongPredicate;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Late interaction: columns whose rows hold lists of vectors, searched by several vectors at once.
class MultivectorTest {

  private static final int DIM = 32;

  record Doc(long id, @Vector(DIM) float @Nullable [][] tokens) {}

  record Hit(long id, float _distance) {}

  private final long seed = Long.getLong("lancelot.seed", System.nanoTime());
  private final Random random = new Random(seed);
  private final Database database = Lancelot.connect("memory://");
  private final float[][] words = new float[200][];

  MultivectorTest() {
    System.out.println("MultivectorTest -Dlancelot.seed=" + seed);
    for (int w = 0; w < words.length; w++) {
      words[w] = gaussian();
    }
  }

  @AfterEach
  void close() {
    database.close();
    assertThat(database.memoryInUse()).isZero();
  }

  private float[] gaussian() {
    float[] vector = new float[DIM];
    for (int d = 0; d < DIM; d++) {
      vector[d] = (float) random.nextGaussian();
    }
    return vector;
  }

  /// Words of a topic, each in a meaning of its own.
  private float[][] text(int length) {
    int topic = random.nextInt(20);
    float[][] tokens = new float[length][];
    for (int t = 0; t < length; t++) {
      float[] word =
          words[random.nextInt(4) == 0 ? random.nextInt(200) : topic * 10 + random.nextInt(10)];
      float[] noise = gaussian();
      tokens[t] = word.clone();
      for (int d = 0; d < DIM; d++) {
        tokens[t][d] += 0.4f * noise[d];
      }
    }
    return tokens;
  }

  /// Now and then there is no list, or nothing in it.
  private List<Doc> docs(int from, int count) {
    List<Doc> docs = new ArrayList<>();
    for (int i = from; i < from + count; i++) {
      int length = random.nextInt(20) == 0 ? 0 : 1 + random.nextInt(10);
      docs.add(new Doc(i, random.nextInt(30) == 0 ? null : text(length)));
    }
    return docs;
  }

  private static List<Long> ids(List<Hit> hits) {
    return hits.stream().map(Hit::id).toList();
  }

  private static double distance(Distance metric, float[] a, float[] b) {
    double dot = 0;
    double squares = 0;
    double aa = 0;
    double bb = 0;
    for (int d = 0; d < DIM; d++) {
      dot += (double) a[d] * b[d];
      squares += ((double) a[d] - b[d]) * ((double) a[d] - b[d]);
      aa += (double) a[d] * a[d];
      bb += (double) b[d] * b[d];
    }
    return switch (metric) {
      case L2 -> squares;
      case DOT -> 1 - dot;
      case COSINE -> 1 - dot / Math.sqrt(aa * bb);
      case HAMMING -> throw new AssertionError(metric);
    };
  }

  private record Truth(long id, double distance) {}

  /// All rows that have a distance, nearest first.
  private static List<Truth> truth(
      List<Doc> docs, Distance metric, float[][] query, LongPredicate wanted) {
    List<Truth> all = new ArrayList<>();
    for (Doc doc : docs) {
      float[][] tokens = doc.tokens();
      if (tokens == null || tokens.length == 0 || !wanted.test(doc.id())) {
        continue;
      }
      double sum = 0;
      for (float[] q : query) {
        double nearest = Double.POSITIVE_INFINITY;
        for (float[] token : tokens) {
          nearest = Math.min(nearest, distance(metric, q, token));
        }
        sum += nearest;
      }
      all.add(new Truth(doc.id(), sum));
    }
    all.sort(Comparator.comparingDouble(Truth::distance));
    return all;
  }

  private void same(List<Hit> found, List<Truth> expected) {
    assertThat(found).as("seed %s", seed).hasSameSizeAs(expected);
    for (int i = 0; i < found.size(); i++) {
      double distance = expected.get(i).distance();
      assertThat((double) found.get(i)._distance())
          .as("seed %s, rank %s", seed, i)
          .isCloseTo(distance, within(1e-5 * (1 + Math.abs(distance))));
    }
    assertThat(new HashSet<>(ids(found))).as("seed %s", seed).hasSameSizeAs(expected);
  }

  @ParameterizedTest
  @EnumSource(
      value = Distance.class,
      names = {"L2", "COSINE", "DOT"})
  void exactSearchSumsTheNearestVectors(Distance metric) {
    List<Doc> docs = docs(0, 1500);
    try (Table table = database.createTable("docs", docs.subList(0, 900))) {
      table.add(docs.subList(900, 1500));
      table.delete("id % 7 = 3");
      LongPredicate live = id -> id % 7 != 3;
      for (int i = 0; i < 3; i++) {
        float[][] query = text(1 + random.nextInt(6));
        List<Truth> all = truth(docs, metric, query, live);
        same(
            table.search(query).distanceType(metric).limit(20).offset(3).toList(Hit.class),
            all.subList(3, 23));
        same(
            table.search(query).distanceType(metric).where("id % 30 = 1").toList(Hit.class),
            truth(docs, metric, query, id -> live.test(id) && id % 30 == 1).subList(0, 10));
        List<Truth> first = all.subList(0, 200).stream().filter(hit -> hit.id() % 2 == 0).toList();
        same(
            table
                .search(query)
                .distanceType(metric)
                .where("id % 2 = 0")
                .postfilter()
                .limit(200)
                .toList(Hit.class),
            first);
        float lower = (float) (all.get(30).distance() + all.get(31).distance()) / 2;
        float upper = (float) (all.get(60).distance() + all.get(61).distance()) / 2;
        same(
            table
                .search(query)
                .distanceType(metric)
                .distanceRange(lower, upper)
                .limit(100)
                .toList(Hit.class),
            all.subList(31, 61));
      }
      float[] single = words[3];
      same(
          table.search(single).distanceType(metric).limit(docs.size()).toList(Hit.class),
          truth(docs, metric, new float[][] {single}, live));
    }
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
  void indicesFindNearlyAllRowsWithDefaults(String type) {
    List<Doc> docs = docs(0, 2000);
    try (Table table = database.createTable("docs", docs)) {
      table.createIndex("tokens", Index.of(type, Map.of()));
      assertThat(table.search(text(3)).explain())
          .contains("ANNSubIndex")
          .contains("vectors=3")
          .contains("metric=Cosine");
      assertThat(recall(table, docs, 15, _ -> true, "id >= 0"))
          .as("seed %s", seed)
          .isGreaterThanOrEqualTo(0.95);
      assertThat(recall(table, docs, 5, id -> id % 3 != 0, "id % 3 != 0"))
          .as("seed %s", seed)
          .isGreaterThanOrEqualTo(0.95);
      // So few that they are compared one by one.
      assertThat(recall(table, docs, 2, id -> id < 200, "id < 200")).isEqualTo(1);
    }
  }

  /// Recall of the ten nearest; all distances are exact.
  private double recall(
      Table table, List<Doc> docs, int queries, LongPredicate wanted, String filter) {
    int found = 0;
    for (int i = 0; i < queries; i++) {
      float[][] query = text(2 + random.nextInt(12));
      List<Truth> truth = truth(docs, Distance.COSINE, query, wanted);
      List<Hit> hits = table.search(query).where(filter).toList(Hit.class);
      assertThat(hits).as("seed %s", seed).hasSize(10);
      Set<Long> nearest = new HashSet<>(truth.subList(0, 10).stream().map(Truth::id).toList());
      assertThat(new HashSet<>(ids(hits))).hasSize(10);
      for (Hit hit : hits) {
        double exact =
            truth.stream().filter(row -> row.id() == hit.id()).findFirst().orElseThrow().distance();
        assertThat((double) hit._distance()).isCloseTo(exact, within(1e-5 * (1 + exact)));
        found += nearest.contains(hit.id()) ? 1 : 0;
      }
    }
    return found / (10.0 * queries);
  }

  @ParameterizedTest
  @CsvSource({"IVF_FLAT,false", "IVF_RQ,true", "IVF_HNSW_SQ,false"})
  void rowsComeGoAndMove(String type, boolean stableRowIds) {
    List<Doc> docs = new ArrayList<>(docs(0, 1500));
    TableOptions options = TableOptions.defaults();
    try (Table table =
        database.createTable("docs", docs, stableRowIds ? options.withStableRowIds() : options)) {
      table.createIndex("tokens", Index.of(type, Map.of()));
      docs.addAll(docs(1500, 200));
      float[][] fresh = text(9);
      docs.set(1600, new Doc(1600, fresh));
      table.add(docs.subList(1500, 1700));
      assertThat(ids(table.search(fresh).limit(1).toList(Hit.class))).containsExactly(1600L);
      assertThat(ids(table.search(fresh).fastSearch().toList(Hit.class))).doesNotContain(1600L);
      assertThat(recall(table, docs, 5, _ -> true, "id >= 0")).isGreaterThanOrEqualTo(0.9);
      table.optimize();
      assertThat(table.search(fresh).explain()).doesNotContain("KNNVectorDistance");
      assertThat(ids(table.search(fresh).limit(1).toList(Hit.class))).containsExactly(1600L);
      table.delete("id % 4 = 1");
      table.update().where("id = 1600").set("id", 5001L).execute();
      docs.removeIf(doc -> doc.id() % 4 == 1 || doc.id() == 1600);
      docs.add(new Doc(5001, fresh));
      for (int round = 0; round < 2; round++) {
        assertThat(ids(table.search(fresh).limit(1).toList(Hit.class)))
            .as("seed %s", seed)
            .containsExactly(5001L);
        assertThat(recall(table, docs, 5, _ -> true, "id >= 0"))
            .as("seed %s", seed)
            .isGreaterThanOrEqualTo(0.9);
        table.optimize();
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 40})
  void smallTablesCanBeIndexed(int rows) {
    for (String type : List.of("IVF_FLAT", "IVF_PQ", "IVF_SQ", "IVF_RQ", "IVF_HNSW_SQ")) {
      List<Doc> docs = new ArrayList<>(docs(0, rows));
      docs.add(new Doc(rows, null));
      docs.add(new Doc(rows + 1, new float[0][]));
      try (Table table = database.createTable(type, docs)) {
        table.createIndex("tokens", Index.of(type, Map.of()));
        float[][] query = text(3);
        same(
            table.search(query).limit(100).toList(Hit.class),
            truth(docs, Distance.COSINE, query, _ -> true));
      }
    }
  }

  record Page(@Vector(DIM) List<float[]> patches) {}

  record Scan(long id, @Nullable Page page) {}

  @Test
  void listsInsideStructsAreFoundToo() {
    List<Doc> docs = docs(0, 1200);
    List<Scan> scans =
        docs.stream()
            .map(doc ->
                new Scan(doc.id(), doc.tokens() == null ? null : new Page(List.of(doc.tokens()))))
            .toList();
    try (Table table = database.createTable("scans", scans)) {
      float[][] query = text(4);
      List<Truth> truth = truth(docs, Distance.COSINE, query, _ -> true).subList(0, 10);
      same(table.search(query).distanceType(Distance.COSINE).toList(Hit.class), truth);
      table.createIndex("page.patches", Index.ivfFlat().numPartitions(1));
      assertThat(table.search(query).explain()).contains("ANNSubIndex");
      same(table.search(query).toList(Hit.class), truth);
      assertThat(table.query().where("id = 5").toList(Scan.class).getFirst().page())
          .satisfiesAnyOf(
              page -> assertThat(page).isNull(),
              page ->
                  assertThat(page.patches())
                      .containsExactlyElementsOf(scans.get(5).page().patches()));
    }
  }

  @Test
  void whatDoesNotFitIsRefused() {
    try (Table table = database.createTable("docs", docs(0, 50))) {
      assertThatThrownBy(() -> table.createIndex("tokens", Index.ivfPq().distanceType(Distance.L2)))
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining("cosine");
      assertThatThrownBy(() -> table.search(new float[][] {words[0], new float[3]}).toMaps())
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining("query dim(3)");
      assertThatThrownBy(() -> table.search(new float[0][]).toMaps())
          .isInstanceOf(InvalidInputException.class);
    }
  }

  @Test
  void aMatrixIsOneQueryHereAndSeveralElsewhere() {
    record Item(long id, @Vector(2) float[] vector) {}

    try (Table table = database.createTable("docs", docs(0, 50));
        Table items = database.createTable("items", List.of(new Item(1, new float[] {1, 2})))) {
      assertThat(table.search(text(2)).limit(1).toMaps().getFirst())
          .doesNotContainKey("query_index");
      assertThat(items.search(new float[][] {{1, 2}, {3, 4}}).limit(1).toMaps())
          .extracting(row -> row.get("query_index"))
          .containsExactly(0, 1);
    }
  }
}
