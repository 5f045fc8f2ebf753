package io.lancelot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.lancelot.columnar.BatchStream;
import io.lancelot.engine.SearchReport;
import io.lancelot.engine.SearchReport.Path;
import io.lancelot.index.FullTextQuery;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Whether searches say truly how they found their rows.
class SearchReportTest {

  private static final int DIM = 16;
  private static final int ROWS = 9000;

  record Item(long id, String words, @Vector(DIM) float @Nullable [] vector) {}

  record Hit(long id, float _distance) {}

  private final long seed = Long.getLong("lancelot.seed", System.nanoTime());
  private final Random random = new Random(seed);
  private final Database database = Lancelot.connect("memory://");
  private final Table table = database.createTable("t", items(0, ROWS, ROWS));

  @AfterEach
  void close() {
    table.close();
    database.close();
  }

  /// @param vectors how many of the rows have one
  private List<Item> items(int from, int to, int vectors) {
    List<Item> items = new ArrayList<>();
    for (int i = from; i < to; i++) {
      items.add(new Item(i, "word" + i % 3, i - from < vectors ? vector() : null));
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

  private SearchResult<Hit> exact(float[] query) {
    return table.search(query).bypassVectorIndex().toResult(Hit.class);
  }

  @Test
  void withoutAnIndexEveryRowIsCompared() {
    SearchResult<Hit> all = table.search(vector()).toResult(Hit.class);
    assertThat(all.exact()).isTrue();
    assertThat(all.rows()).hasSize(10);
    assertThat(all.report()).isEqualTo(new SearchReport(Path.SCAN, ROWS, 0, 0, 0, ROWS, 1));
    SearchReport some = table.search(vector()).where("id < 50").toResult(Hit.class).report();
    assertThat(some).isEqualTo(new SearchReport(Path.SCAN, ROWS, 0, 0, 0, 50, 1));
    SearchReport two =
        report(table.searchAll(List.of(vector(), vector())).where("id < 50").limit(2));
    assertThat(two.rowsCompared()).isEqualTo(100);
  }

  private static SearchReport report(NearestQuery<?> query) {
    List<SearchReport> told = new ArrayList<>();
    try (BatchStream rows = query.stream(told::add)) {
      assertThat(told).isEmpty();
      while (rows.next() != null) {
        assertThat(told).hasSize(1);
      }
    }
    assertThat(told).hasSize(1);
    return told.getFirst();
  }

  @ParameterizedTest
  @ValueSource(strings = {"IVF_FLAT", "IVF_SQ", "IVF_PQ", "IVF_RQ", "IVF_HNSW_SQ"})
  void throughAnIndexOnlyAPartIsLookedAt(String type) {
    table.createIndex("vector", Index.of(type, Map.of("num_partitions", "30")));
    SearchReport found =
        table.search(vector()).nprobes(3).refineFactor(2).toResult(Hit.class).report();
    assertThat(found.path()).isEqualTo(Path.INDEX);
    assertThat(found.exact()).isFalse();
    assertThat(found.rows()).isEqualTo(ROWS);
    assertThat(found.partitions()).isEqualTo(30);
    assertThat(found.partitionsSearched()).isEqualTo(3);
    assertThat(found.rowsEstimated()).isBetween(10L, (long) ROWS / 2);
    assertThat(found.rowsCompared()).isBetween(10L, found.rowsEstimated());
    assertThat(found.fraction())
        .isCloseTo((double) found.rowsEstimated() / ROWS, within(1e-9))
        .isLessThan(0.5);
    // Several queries, in two segments and a fragment that no segment covers.
    table.add(items(ROWS, ROWS + 300, 300));
    table.optimize();
    table.add(items(ROWS + 300, ROWS + 400, 100));
    SearchReport more = report(table.searchAll(List.of(vector(), vector())).nprobes(3));
    assertThat(more.path()).isEqualTo(Path.INDEX);
    assertThat(more.rows()).isEqualTo(ROWS + 400);
    assertThat(more.partitions()).isGreaterThanOrEqualTo(60);
    assertThat(more.partitionsSearched()).isGreaterThanOrEqualTo(6);
    assertThat(more.rowsCompared()).isGreaterThanOrEqualTo(200 + 20);
    assertThat(table.search(vector()).fastSearch().toResult(Hit.class).report().rows())
        .isEqualTo(ROWS + 300);
  }

  @Test
  void fewRowsThatAFilterLeavesAreAllCompared() {
    table.createIndex("vector", Index.ivfPq());
    float[] query = vector();
    SearchResult<Hit> found = table.search(query).where("id < 200").toResult(Hit.class);
    assertThat(found.report())
        .isEqualTo(new SearchReport(Path.FILTERED_ROWS, ROWS, 0, 0, 0, 200, 1));
    assertThat(found.exact()).isTrue();
    assertThat(found.rows())
        .isEqualTo(table.search(query).where("id < 200").bypassVectorIndex().toList(Hit.class));
    SearchReport none = table.search(query).where("id < 0").toResult(Hit.class).report();
    assertThat(none).isEqualTo(new SearchReport(Path.FILTERED_ROWS, ROWS, 0, 0, 0, 0, 1));
    assertThat(table.search(query).where("id < 200").analyze())
        .containsPattern(
            "ANNSubIndex.*rows_compared=200, partitions_searched=0.*path=filtered_rows, exact=true");
  }

  @Test
  void anIndexThatFindsTooFewIsMadeUpForByAScan() {
    Table sparse = database.createTable("sparse", items(0, ROWS, 500));
    sparse.createIndex("vector", Index.ivfFlat().numPartitions(4));
    SearchResult<Hit> found = sparse.search(vector()).limit(1000).toResult(Hit.class);
    assertThat(found.rows()).hasSize(500);
    assertThat(found.report().path()).isEqualTo(Path.INDEX_THEN_SCAN);
    assertThat(found.exact()).isTrue();
    assertThat(found.report().fraction()).isEqualTo(1);
    assertThat(found.report().partitionsSearched()).isEqualTo(4);
    assertThat(found.report().rowsCompared()).isGreaterThanOrEqualTo(ROWS);
    assertThat(sparse.search(vector()).limit(1000).analyze())
        .containsPattern("ANNSubIndex.*path=index_then_scan, exact=true, fraction_searched=1.0000");
    sparse.close();
  }

  /// Codes of one byte for 16 numbers without any order say next to nothing.
  @ParameterizedTest
  @ValueSource(strings = {"IVF_PQ", "IVF_HNSW_PQ"})
  void anIndexThatCannotTellWhichAreNearIsMadeUpForByAScan(String type) {
    table.createIndex(
        "vector", Index.of(type, Map.of("num_partitions", "1", "num_sub_vectors", "1")));
    // As long as it is not loaded, no codes are asked.
    table.prewarmIndex("vector_idx");
    int scans = 0;
    for (int i = 0; i < 20; i++) {
      float[] query = vector();
      for (String filter : List.of("id >= 0", "id % 2 = 0")) {
        SearchResult<Hit> found = table.search(query).where(filter).toResult(Hit.class);
        if (found.report().path() == Path.INDEX_THEN_SCAN) {
          scans++;
          assertThat(found.rows())
              .as("seed %s", seed)
              .isEqualTo(table.search(query).where(filter).bypassVectorIndex().toList(Hit.class));
        }
      }
      // Whoever says how much shall be looked at gets that.
      for (VectorQuery few :
          List.of(table.search(query).refineFactor(2), table.search(query).nprobes(1))) {
        assertThat(few.toResult(Hit.class).report().path()).isEqualTo(Path.INDEX);
      }
    }
    // Seldom the ten nearest are all among the first by chance.
    assertThat(scans).as("seed %s", seed).isGreaterThan(25);
  }

  /// A few rows with vague codes, among many others: all of the few are compared, and not all of
  /// the many again.
  @ParameterizedTest
  @ValueSource(strings = {"IVF_PQ", "IVF_HNSW_PQ"})
  void aSmallSegmentThatCannotTellIsNoReasonToScanALargeTable(String type) {
    // More than the 400 candidates that are looked at in the first place.
    int few = 450;
    Map<String, String> vague =
        Map.of("num_partitions", "1", "num_sub_vectors", "2", "num_bits", "4");
    try (Table large = database.createTable("large", items(0, few, few))) {
      large.createIndex("vector", Index.of(type, vague));
      large.prewarmIndex("vector_idx");
      large.add(items(few, 400 * few, 399 * few));
      for (int i = 0; i < 5; i++) {
        float[] query = vector();
        SearchResult<Hit> found = large.search(query).toResult(Hit.class);
        assertThat(found.report().path()).as("seed %s", seed).isEqualTo(Path.INDEX);
        assertThat(found.rows())
            .as("seed %s", seed)
            .isEqualTo(large.search(query).bypassVectorIndex().toList(Hit.class));
      }
    }
  }

  @Test
  void anIndexThatMemoryHasNoRoomForIsMadeUpForByAScan(
      @org.junit.jupiter.api.io.TempDir java.nio.file.Path folder) {
    try (Database roomy = Lancelot.connect(folder.toString());
        Table made = roomy.createTable("t", items(0, 40_000, 40_000))) {
      made.createIndex("vector", Index.ivfFlat());
    }
    ConnectOptions narrow = ConnectOptions.defaults().withMemoryBytes(2 << 20);
    try (Database database = Lancelot.connect(folder.toString(), narrow);
        Table opened = database.openTable("t")) {
      SearchResult<Hit> found = opened.search(vector()).searchEffort(1).toResult(Hit.class);
      assertThat(found.rows()).hasSize(10);
      assertThat(found.report().path()).isEqualTo(Path.INDEX_THEN_SCAN);
    }
  }

  @Test
  void aDistanceRangeIsAlwaysExact() {
    table.createIndex("vector", Index.ivfPq());
    SearchReport found = table.search(vector()).distanceRange(5, 20).toResult(Hit.class).report();
    assertThat(found.path()).isEqualTo(Path.SCAN);
    assertThat(found.rowsCompared()).isEqualTo(ROWS);
  }

  @Test
  void hybridSearchesReportTheirVectorSearch() {
    table.createIndex("vector", Index.ivfRq().numPartitions(20));
    table.createIndex("words", Index.fts());
    SearchResult<Hit> found =
        table
            .hybrid()
            .vector(vector())
            .text(FullTextQuery.Match.of("word1"))
            .nprobes(4)
            .toResult(Hit.class);
    assertThat(found.report().path()).isEqualTo(Path.INDEX);
    assertThat(found.report().partitionsSearched()).isEqualTo(4);
  }

  @Test
  void emptyTablesHaveExactAnswers() {
    try (Table empty = database.createTable("empty", Item.class)) {
      SearchResult<Hit> found = empty.search(vector()).toResult(Hit.class);
      assertThat(found.rows()).isEmpty();
      assertThat(found.exact()).isTrue();
      assertThat(found.report().rowsCompared()).isZero();
    }
  }

  @Test
  void analyzedPlansCountAsTheDocumentationDoes() {
    String name = table.createIndex("vector", Index.ivfPq().numPartitions(25)).name();
    try (Table opened = database.openTable("t")) {
      String cold = opened.search(vector()).nprobes(5).analyze();
      assertThat(cold)
          .containsPattern(
              "ANNSubIndex: .*metrics=\\[output_rows=10, elapsed_compute=\\d+us,"
                  + " index_comparisons=[1-9]\\d*, rows_compared=[1-9]\\d*, partitions_searched=5,"
                  + " indices_loaded=1, parts_loaded=0, path=index, exact=false,"
                  + " fraction_searched=0\\.\\d+]")
          .containsPattern(
              "ANNIvfPartition: .*metrics=\\[elapsed_compute=\\d+us, partitions_ranked=25,"
                  + " partitions_searched=5, index_comparisons=[1-9]\\d*, rows_refined=[1-9]\\d*,"
                  + " indices_loaded=1, parts_loaded=0]");
      opened.prewarmIndex(name);
      assertThat(opened.search(vector()).nprobes(5).analyze())
          .containsPattern("ANNSubIndex: .*indices_loaded=0, parts_loaded=0");
      assertThat(opened.search(vector()).bypassVectorIndex().analyze())
          .containsPattern("KNNVectorDistance: .*output_rows=10, .*rows_compared=" + ROWS)
          .containsPattern("LanceScan: columns=\\[vector].*metrics=\\[output_rows=" + ROWS);
    }
  }

  @Test
  void reportsAgreeWithTheTruth() {
    table.createIndex("vector", Index.ivfFlat().numPartitions(20));
    for (int i = 0; i < 20; i++) {
      float[] query = vector();
      SearchResult<Hit> all = table.search(query).searchEffort(1).toResult(Hit.class);
      assertThat(all.report().partitionsSearched()).isEqualTo(20);
      assertThat(all.report().rowsEstimated()).isEqualTo(ROWS);
      assertThat(all.report().fraction()).isEqualTo(1);
      assertThat(all.rows().stream().map(Hit::id))
          .as("seed %s", seed)
          .containsExactlyElementsOf(exact(query).rows().stream().map(Hit::id).toList());
    }
  }
}
