package io.lancelot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.withinPercentage;

import io.lancelot.base.CancelledException;
import io.lancelot.base.InvalidInputException;
import io.lancelot.columnar.BatchStream;
import io.lancelot.columnar.Schema;
import io.lancelot.engine.SearchReport;
import io.lancelot.index.ApproxMode;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// What queries can be told besides filter, columns and limit.
class QueryOptionsTest {

  private static final int DIM = 16;
  private static final int ROWS = 6000;

  record Item(long id, String words, @Vector(DIM) float[] vector) {}

  record Hit(long id, float _distance) {}

  private final long seed = Long.getLong("lancelot.seed", System.nanoTime());
  private final Random random = new Random(seed);
  private final Database database = Lancelot.connect("memory://");
  private final Table table = database.createTable("t", items(0, ROWS));

  @AfterEach
  void close() {
    table.close();
    database.close();
    assertThat(database.memoryInUse()).isZero();
  }

  private List<Item> items(int from, int to) {
    List<Item> items = new ArrayList<>();
    for (int i = from; i < to; i++) {
      items.add(new Item(i, "word" + i % 3, vector()));
    }
    return items;
  }

  private float[] vector() {
    float[] vector = new float[DIM];
    for (int d = 0; d < DIM; d++) {
      vector[d] = (float) random.nextGaussian();
    }
    return vector;
  }

  private static Set<Long> ids(List<Hit> hits) {
    Set<Long> ids = new HashSet<>();
    hits.forEach(hit -> ids.add(hit.id()));
    return ids;
  }

  private double recall(NearestQuery<?> query, float[] vector, Distance distance) {
    Set<Long> truth =
        ids(table.search(vector).distanceType(distance).bypassVectorIndex().toList(Hit.class));
    truth.retainAll(ids(query.toList(Hit.class)));
    return truth.size() / 10.0;
  }

  @ParameterizedTest
  @CsvSource({"IVF_FLAT,L2", "IVF_SQ,COSINE", "IVF_PQ,L2", "IVF_RQ,COSINE", "IVF_FLAT,DOT"})
  void effortGoesFromTheLeastNumberOfPartitionsToAll(String type, Distance distance) {
    table.createIndex(
        "vector",
        ((Index.Vectors) Index.of(type, Map.of())).distanceType(distance).numPartitions(40));
    double[] efforts = {0, 0.2, 0.5, 0.8, 1};
    double[] searched = new double[efforts.length];
    double[] recalls = new double[efforts.length];
    long few = 0;
    long unset = 0;
    for (int q = 0; q < 20; q++) {
      float[] vector = vector();
      for (int e = 0; e < efforts.length; e++) {
        searched[e] += searched(table.search(vector).searchEffort(efforts[e]));
        recalls[e] += recall(table.search(vector).searchEffort(efforts[e]), vector, distance);
      }
      unset += searched(table.search(vector));
      few += searched(table.search(vector).minimumNprobes(3).searchEffort(0));
      assertThat(searched(table.search(vector).maximumNprobes(5).searchEffort(1))).isEqualTo(5);
      assertThat(searched(table.search(vector).nprobes(5).searchEffort(1)))
          .as("an effort counts before nprobes")
          .isEqualTo(40);
      assertThat(searched(table.search(vector).searchEffort(1).nprobes(5))).isEqualTo(40);
    }
    assertThat(searched).isSorted();
    assertThat(searched[0]).isEqualTo(20);
    assertThat(few).isEqualTo(60);
    // A search by sign codes may reach a little farther or less far once it compares bytes.
    assertThat((double) unset).isCloseTo(searched[2], withinPercentage(2));
    assertThat(searched[4]).isEqualTo(20 * 40);
    assertThat(recalls[0]).as("seed %s", seed).isLessThan(recalls[4]);
    // Codes of so few dimensions are coarse, also where all of them are looked at.
    assertThat(recalls[4] / 20)
        .as("seed %s", seed)
        .isGreaterThan(type.equals("IVF_PQ") ? 0.8 : 0.95);
  }

  private static long searched(NearestQuery<?> query) {
    return query.toResult(Hit.class).report().partitionsSearched();
  }

  @ParameterizedTest
  @ValueSource(doubles = {-0.1, 1.1, Double.NaN, Double.POSITIVE_INFINITY})
  void effortIsAShare(double effort) {
    assertThatThrownBy(() -> table.search(vector()).searchEffort(effort))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("search effort: expected=a number from 0 to 1");
  }

  /// An index that was just opened compares vectors; later it compares many by their bytes alone.
  @Test
  void approximationSaysHowManyRowsAnRqIndexCompares(@TempDir Path folder) {
    List<Item> items = items(0, ROWS);
    try (Database own = Lancelot.connect(folder.toString());
        Table first = own.createTable("t", items)) {
      first.createIndex("vector", Index.ivfRq(), new Index.Options(Optional.of("near"), false));
    }
    long[] compared = new long[3];
    int[] found = new int[3];
    for (int turn = 0; turn < 20; turn++) {
      List<float[]> queries = List.of(vector(), vector(), vector());
      for (ApproxMode mode : ApproxMode.values()) {
        try (Database own = Lancelot.connect(folder.toString());
            Table opened = own.openTable("t")) {
          opened.prewarmIndex("near");
          for (float[] vector : queries) {
            SearchResult<Hit> result = opened.search(vector).approxMode(mode).toResult(Hit.class);
            compared[mode.ordinal()] += result.report().rowsCompared();
            Set<Long> hits = ids(opened.search(vector).bypassVectorIndex().toList(Hit.class));
            hits.retainAll(ids(result.rows()));
            found[mode.ordinal()] += hits.size();
          }
        }
      }
    }
    assertThat(compared[1]).as("seed %s", seed).isGreaterThan(compared[0] * 11 / 10);
    assertThat(compared[2]).as("seed %s", seed).isGreaterThan(compared[1] * 11 / 10);
    assertThat(found[2]).as("seed %s", seed).isGreaterThan(found[0]).isGreaterThan(570);
  }

  @Test
  void otherKindsHaveNoApproximation() {
    // The first search of an index goes another way than those that find it loaded.
    table.prewarmIndex(table.createIndex("vector", Index.of("IVF_SQ", Map.of())).name());
    float[] vector = vector();
    SearchReport normal = table.search(vector).toResult(Hit.class).report();
    for (ApproxMode mode : ApproxMode.values()) {
      assertThat(table.search(vector).approxMode(mode).toResult(Hit.class).report())
          .isEqualTo(normal);
    }
  }

  @Test
  void rowAddressesSayWhereRowsAre() {
    table.add(items(ROWS, ROWS + 10));
    record Place(long id, long _rowid, long _rowaddr) {}
    List<Place> scanned = table.query().withRowId().withRowAddress().toList(Place.class);
    assertThat(scanned).hasSize(ROWS + 10);
    for (Place place : scanned) {
      long wanted = place.id() < ROWS ? place.id() : 1L << 32 | place.id() - ROWS;
      assertThat(place._rowaddr()).isEqualTo(wanted);
      assertThat(place._rowid()).isEqualTo(wanted);
    }
    table.createIndex("vector", Index.ivfPq());
    table.createIndex("words", Index.fts());
    record Where(long id, long _rowaddr) {}
    List<List<Where>> answers =
        List.of(
            table.search(vector()).withRowAddress().toList(Where.class),
            table.search(vector()).bypassVectorIndex().withRowAddress().toList(Where.class),
            table.search(vector()).withRowAddress().where("id >= 5998").toList(Where.class),
            table.search(vector()).select("_rowaddr", "id").toList(Where.class),
            table.search("word1").withRowAddress().limit(5).toList(Where.class),
            table.query().orderByDescending("id").withRowAddress().limit(5).toList(Where.class),
            table.query().orderBy("id").select("id", "_rowaddr").limit(5).toList(Where.class),
            table.query().where("_rowid > 5000").withRowAddress().toList(Where.class),
            table.hybrid().vector(vector()).text("word1").withRowAddress().toList(Where.class));
    for (List<Where> answer : answers) {
      assertThat(answer).isNotEmpty();
      for (Where each : answer) {
        assertThat(each._rowaddr())
            .isEqualTo(each.id() < ROWS ? each.id() : 1L << 32 | each.id() - ROWS);
      }
    }
    assertThat(table.search(vector()).withRowId().withRowAddress().outputSchema().names())
        .containsExactly("id", "words", "vector", "_distance", "_rowid", "_rowaddr");
    assertThat(table.query().withRowAddress().outputSchema().names())
        .containsExactly("id", "words", "vector", "_rowaddr");
  }

  @Test
  void fragmentsAreTheOnlyOnesRead() {
    table.add(items(ROWS, 2 * ROWS));
    table.createIndex("vector", Index.ivfPq());
    table.createIndex("id", Index.btree());
    table.createIndex("words", Index.fts());
    table.add(items(2 * ROWS, 2 * ROWS + 100));
    List<Long> second = List.of(1L);
    List<Long> last = List.of(2L);
    assertThat(table.query().fragments(second).toList(Hit0.class))
        .extracting(Hit0::id)
        .containsExactlyElementsOf(range(ROWS, 2 * ROWS));
    assertThat(table.query().fragments(List.of(2L, 1L)).toMaps()).hasSize(ROWS + 100);
    assertThat(table.query().fragments(List.of()).toMaps()).isEmpty();
    assertThat(table.query().where("id < 6002").fragments(second).toList(Hit0.class))
        .extracting(Hit0::id)
        .containsExactlyInAnyOrder(6000L, 6001L);
    for (int i = 0; i < 10; i++) {
      float[] vector = vector();
      VectorQuery query = table.search(vector).fragments(second).limit(10);
      List<Hit> hits = query.toList(Hit.class);
      Set<Long> truth =
          ids(
              table
                  .search(vector)
                  .where("id >= 6000 AND id < 12000")
                  .bypassVectorIndex()
                  .toList(Hit.class));
      assertThat(hits).hasSize(10).allMatch(hit -> hit.id() >= ROWS && hit.id() < 2 * ROWS);
      truth.retainAll(ids(hits));
      assertThat(truth).as("seed %s", seed).hasSizeGreaterThanOrEqualTo(7);
      assertThat(query.explain()).contains("ANNSubIndex");
      assertThat(query.toResult(Hit.class).report().rows()).isEqualTo(ROWS);
      assertThat(ids(table.search(vector).fragments(last).toList(Hit.class)))
          .hasSize(10)
          .allMatch(id -> id >= 2 * ROWS);
      assertThat(table.search(vector).fragments(List.of()).toList(Hit.class)).isEmpty();
    }
    assertThat(table.search("word1").fragments(last).toList(Hit0.class))
        .hasSize(33)
        .allMatch(hit -> hit.id() >= 2 * ROWS);
    record Figures(long n, long least, long most) {}
    assertThat(
            table
                .query()
                .aggregate(
                    Aggregate.count().as("n"),
                    Aggregate.min("id").as("least"),
                    Aggregate.max("id").as("most"))
                .fragments(second)
                .toList(Figures.class))
        .containsExactly(new Figures(ROWS, ROWS, 2 * ROWS - 1));
    assertThat(table.search(vector()).fragments(second).analyze())
        .containsPattern("ANNSubIndex.*output_rows=10");
    assertThat(table.query().where("id < 6002").fragments(second).verify()).isEqualTo(2);
    assertThatThrownBy(() -> table.query().fragments(List.of(1L, 7L)).toMaps())
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("fragment: expected=one of version")
        .hasMessageContaining("found=7");
  }

  record Hit0(long id) {}

  private static List<Long> range(long from, long to) {
    List<Long> all = new ArrayList<>();
    for (long i = from; i < to; i++) {
      all.add(i);
    }
    return all;
  }

  @Test
  void aQueryEndsWhenItsTimeIsOver() {
    List<float[]> many = new ArrayList<>();
    for (int i = 0; i < 400; i++) {
      many.add(vector());
    }
    List<QueryBuilder<?>> slow =
        List.of(
            table.search(vector()).timeout(Duration.ZERO),
            table.query().timeout(Duration.ZERO),
            table.searchAll(many).limit(100).timeout(Duration.ofMillis(1)));
    for (QueryBuilder<?> query : slow) {
      assertThatThrownBy(() -> query.toList(Hit0.class))
          .isInstanceOf(CancelledException.class)
          .hasMessageStartingWith("Query timeout after");
      assertThat(Thread.interrupted()).isFalse();
    }
    assertThatThrownBy(slow.getFirst()::analyze).isInstanceOf(CancelledException.class);
    assertThat(table.search(vector()).timeout(Duration.ofMinutes(5)).toList(Hit.class)).hasSize(10);
    assertThat(table.query().timeout(Duration.ofDays(100_000)).toMaps()).hasSize(ROWS);
    assertThatThrownBy(() -> table.query().timeout(Duration.ofMillis(-1)))
        .isInstanceOf(InvalidInputException.class);
  }

  @Test
  void theSchemaIsKnownWithoutRunning() {
    table.createIndex("words", Index.fts());
    List<QueryBuilder<?>> queries =
        List.of(
            table.query(),
            table.query().select("words").selectAs("twice", "id * 2"),
            table.query().groupBy("words").aggregate(Aggregate.count().as("n")),
            table.query().orderBy("id").select("id", "_rowid"),
            table.search(vector()).select("id"),
            table.searchAll(List.of(vector(), vector())).withRowId(),
            table.search("word1").select("words"),
            table.hybrid().vector(vector()).text("word2"));
    for (QueryBuilder<?> query : queries) {
      Schema known = query.outputSchema();
      try (BatchStream rows = query.stream()) {
        assertThat(known).isEqualTo(rows.schema());
        assertThat(rows.next().schema()).isEqualTo(known);
      }
    }
    assertThatThrownBy(() -> table.query().select("nothing").outputSchema())
        .isInstanceOf(InvalidInputException.class);
  }

  @Test
  void exactSearchesOfTooManyRowsAreRefusedWhereAsked() {
    float[] vector = vector();
    assertThat(table.search(vector).maxExactRows(ROWS).toList(Hit.class)).hasSize(10);
    assertThatThrownBy(() -> table.search(vector).maxExactRows(ROWS - 1).toList(Hit.class))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("exact vector search: expected=at most 5999 rows")
        .hasMessageContaining("found=6000");
    table.createIndex("vector", Index.ivfPq());
    assertThat(table.search(vector).maxExactRows(1).toList(Hit.class)).hasSize(10);
    assertThatThrownBy(
            () -> table.search(vector).maxExactRows(100).distanceRange(0, 9).toList(Hit.class))
        .isInstanceOf(InvalidInputException.class);
    assertThatThrownBy(
            () -> table.search(vector).maxExactRows(100).bypassVectorIndex().toList(Hit.class))
        .isInstanceOf(InvalidInputException.class);
    table.add(items(ROWS, ROWS + 20));
    assertThat(table.search(vector).maxExactRows(20).toList(Hit.class)).hasSize(10);
    assertThatThrownBy(() -> table.search(vector).maxExactRows(19).toList(Hit.class))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("found=20");
    assertThat(table.search(vector).maxExactRows(19).fastSearch().toList(Hit.class)).hasSize(10);
  }

  @Test
  void limitsAndOffsetsAreThoseOfTheClients() {
    assertThatThrownBy(() -> table.search(vector()).limit(0).toList(Hit.class))
        .isInstanceOf(InvalidInputException.class)
        .hasMessage("limit of a vector search: expected>=1, found=0");
    assertThat(table.query().limit(0).toMaps()).isEmpty();
    assertThat(table.query().offset(-3).limit(4).toList(Hit0.class))
        .isEqualTo(table.query().limit(4).toList(Hit0.class));
    float[] vector = vector();
    assertThat(table.search(vector).offset(-3).toList(Hit.class))
        .isEqualTo(table.search(vector).toList(Hit.class));
  }

  @ParameterizedTest
  @CsvSource({
    "IVF_FLAT,num_sub_vectors",
    "IVF_FLAT,num_bits",
    "IVF_FLAT,m",
    "IVF_SQ,num_sub_vectors",
    "IVF_SQ,ef_construction",
    "IVF_PQ,m",
    "IVF_RQ,num_sub_vectors",
    "IVF_RQ,ef_construction",
    "IVF_HNSW_SQ,num_sub_vectors",
    "IVF_HNSW_FLAT,num_bits",
  })
  void settingsOfOtherKindsAreRefused(String type, String setting) {
    assertThatThrownBy(() -> table.createIndex("vector", Index.of(type, Map.of(setting, "8"))))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("unknown index parameter")
        .hasMessageContaining("found=" + setting + " (type=" + type + ")");
  }

  @Test
  void trainingCanBeSteered() {
    String name =
        table
            .createIndex(
                "vector",
                Index.ivfFlat().targetPartitionSize(500).maxIterations(50).sampleRate(256))
            .name();
    Map<String, Object> long50 = table.indexStatistics(name).getFirst();
    assertThat(long50).containsEntry("num_partitions", ROWS / 500);
    table.createIndex("vector", Index.ivfFlat().targetPartitionSize(500).maxIterations(1));
    Map<String, Object> short1 = table.indexStatistics(name).getFirst();
    assertThat((double) short1.get("loss"))
        .as("fewer rounds leave more loss, seed %s", seed)
        .isGreaterThan((double) long50.get("loss"));
    table.createIndex("vector", Index.ivfFlat().targetPartitionSize(500).numPartitions(7));
    assertThat(table.indexStatistics(name).getFirst()).containsEntry("num_partitions", 7);
    for (Index bad :
        List.of(
            Index.ivfFlat().targetPartitionSize(0),
            Index.ivfPq().maxIterations(0),
            Index.ivfRq().sampleRate(0))) {
      assertThatThrownBy(() -> table.createIndex("vector", bad))
          .isInstanceOf(InvalidInputException.class);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "IVF_FLAT,L2",
    "IVF_SQ,COSINE",
    "IVF_PQ,DOT",
    "IVF_RQ,L2",
    "IVF_HNSW_FLAT,L2",
    "IVF_HNSW_SQ,COSINE",
    "IVF_HNSW_PQ,L2"
  })
  void statisticsTellLossAndDistance(String type, Distance distance) {
    Index.Vectors index = (Index.Vectors) Index.of(type, Map.of("num_partitions", "4"));
    String name = table.createIndex("vector", index.distanceType(distance)).name();
    Map<String, Object> figures = table.indexStatistics(name).getFirst();
    assertThat(figures)
        .containsEntry("distance_type", distance.name().toLowerCase(java.util.Locale.ROOT));
    assertThat((double) figures.get("loss")).isPositive().isFinite();
  }
}
