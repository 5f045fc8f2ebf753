package io.lancelot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lancelot.base.InvalidInputException;
import io.lancelot.columnar.Values;
import io.lancelot.engine.Fusion;
import io.lancelot.index.FullTextQuery;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeSet;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Searches by vector and text together, and rerankers of either.
class HybridQueryTest {

  record Point(long id, String text, @Vector(2) float[] vector) {}

  private static List<Long> ranking(HybridQuery query) {
    return query.select("id").toMaps().stream().map(row -> (Long) row.get("id")).toList();
  }

  /// lancedb#3154: a row that answers both best comes first.
  @Test
  void linearCombinationPutsTheBestOfBothFirst(@TempDir Path dir) {
    try (Database database = Lancelot.connect(dir.toString())) {
      Table table =
          database.createTable(
              "t",
              List.of(
                  new Point(0, "apple orange", new float[] {1, 0}),
                  new Point(1, "banana grape", new float[] {0.9f, 0.1f}),
                  new Point(2, "apple pie", new float[] {0, 1})));
      table.createIndex("text", Index.fts());
      HybridQuery query =
          table.hybrid().vector(1, 0).text("apple orange").rerank(new Fusion.Linear(0.7f, 1));
      assertThat(ranking(query)).startsWith(0L);
    }
  }

  /// opensearch-project/neural-search#1703: the first of either search is there, no row is there
  /// twice, and ranks are monotone.
  @Test
  void fusedRankingsLoseNothing(@TempDir Path dir) {
    List<Point> points = new ArrayList<>();
    for (int i = 0; i < 60; i++) {
      points.add(
          new Point(i, i % 2 == 0 ? "word " + "x ".repeat(i) : "none", new float[] {i, i % 7}));
    }
    try (Database database = Lancelot.connect(dir.toString())) {
      Table table = database.createTable("t", points);
      table.createIndex("text", Index.fts());
      List<Map<String, @Nullable Object>> all =
          table.hybrid().vector(0, 0).text("word").limit(30).toMaps();
      assertThat(all.stream().map(row -> (Float) row.get("_relevance_score")))
          .isSortedAccordingTo((a, b) -> Float.compare(b, a));
      List<Object> found = new ArrayList<>();
      all.forEach(row -> found.add(row.get("id")));
      assertThat(found)
          .hasSize(30)
          .doesNotHaveDuplicates()
          .contains(table.search(0f, 0f).limit(1).toMaps().getFirst().get("id"))
          .contains(table.search("word").limit(1).toMaps().getFirst().get("id"));
    }
  }

  /// Rows that both searches rank alike, crosswise, get the same relevance: the textbook's.
  @Test
  void reciprocalRanksTie(@TempDir Path dir) {
    try (Database database = Lancelot.connect(dir.toString())) {
      Table table =
          database.createTable(
              "t",
              List.of(
                  new Point(0, "word filler filler", new float[] {0, 0}),
                  new Point(1, "word", new float[] {1, 0})));
      table.createIndex("text", Index.fts());
      List<Map<String, @Nullable Object>> rows = table.hybrid().vector(0, 0).text("word").toMaps();
      float both = (float) (1.0 / 61 + 1.0 / 62);
      assertThat(rows).extracting(row -> row.get("_relevance_score")).containsExactly(both, both);
      assertThat(rows).allSatisfy(row -> assertThat(row).containsKeys("_distance", "_score"));
    }
  }

  private static Table points(Database database, int count, long seed) {
    Random random = new Random(seed);
    List<Point> points = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      String text = "word ".repeat(random.nextInt(4)) + "filler ".repeat(1 + random.nextInt(6));
      points.add(new Point(i, text, new float[] {random.nextFloat(), random.nextFloat()}));
    }
    Table table = database.createTable("t", points);
    table.createIndex("text", Index.fts());
    return table;
  }

  /// weaviate/weaviate#3076, devflowinc/trieve#1001: pages are disjoint, and together they are the
  /// whole ranking.
  @ParameterizedTest
  @ValueSource(strings = {"rrf", "mrr", "linear", "linear by rank", "own"})
  void pagesFitTogether(String how, @TempDir Path dir) {
    pagesFitTogether(how, Long.getLong("lancelot.seed", System.nanoTime()), dir);
  }

  /// Rows of equal relevance, of which a deeper vector search finds one that only the text search
  /// had found before.
  @Test
  void rowsThatTieKeepTheirPlacesOnEveryPage(@TempDir Path dir) {
    pagesFitTogether("linear", 374671306, dir);
  }

  private static void pagesFitTogether(String how, long seed, Path dir) {
    try (Database database = Lancelot.connect(dir.toString())) {
      Table table = points(database, 83, seed);
      for (int limit : new int[] {1, 7, 25, 100}) {
        List<Long> ranking = new ArrayList<>();
        List<Long> page = ranking(page(table, how, limit, 0));
        while (!page.isEmpty()) {
          ranking.addAll(page);
          page = ranking(page(table, how, limit, ranking.size()));
        }
        assertThat(ranking)
            .as("limit=%d, seed=%d", limit, seed)
            .doesNotHaveDuplicates()
            .containsExactlyInAnyOrderElementsOf(LongStream.range(0, 83).boxed().toList());
        // Wherever a page begins.
        assertThat(ranking(page(table, how, limit, 3)))
            .isEqualTo(ranking.subList(3, Math.min(83, 3 + limit)));
      }
      // Rows of the first page as if there were no others: as the real Lance ranks them.
      List<Map<String, @Nullable Object>> first = page(table, how, 25, 0).toMaps();
      assertThat(first.stream().map(row -> (Float) row.get("_relevance_score")))
          .isSortedAccordingTo((a, b) -> Float.compare(b, a));
    }
  }

  private static HybridQuery page(Table table, String how, int limit, long offset) {
    HybridQuery query = table.hybrid().vector(0.5f, 0.5f).text("word").limit(limit).offset(offset);
    return switch (how) {
      case "rrf" -> query;
      case "mrr" -> query.rerank(new Fusion.Mrr(0.5f, 0.5f));
      case "linear" -> query.rerank(new Fusion.Linear(0.7f, 1));
      case "linear by rank" ->
          query.rerank(new Fusion.Linear(0.7f, 1)).normalize(Fusion.Normalization.RANK);
      default -> query.rerank(new ById());
    };
  }

  /// Greatest id first.
  private static final class ById implements Fusion.Reranker {
    private final List<String> calls = new ArrayList<>();

    @Override
    public String name() {
      return "by id";
    }

    @Override
    public List<String> columns() {
      return List.of("id", "text");
    }

    private float[] ids(Fusion.Candidates candidates, String call) {
      calls.add(call + ":" + candidates.words());
      float[] ids = new float[candidates.count()];
      for (int i = 0; i < ids.length; i++) {
        Map<String, @Nullable Object> row = Values.row(candidates.rows(), i);
        assertThat(row).containsOnlyKeys("id", "text");
        ids[i] = (long) row.get("id");
      }
      return ids;
    }

    @Override
    public float[] rerankHybrid(Fusion.Candidates candidates) {
      return ids(candidates, "hybrid");
    }

    @Override
    public float[] rerankVector(Fusion.Candidates candidates) {
      return ids(candidates, "vector");
    }

    @Override
    public float[] rerankText(Fusion.Candidates candidates) {
      return ids(candidates, "text");
    }

    @Override
    public float[] rerankMultivector(Fusion.Candidates candidates) {
      return ids(candidates, "multivector");
    }
  }

  private static Table three(Database database) {
    Table table =
        database.createTable(
            "t",
            List.of(
                new Point(0, "word", new float[] {0, 0}),
                new Point(1, "word filler", new float[] {1, 0}),
                new Point(2, "filler", new float[] {3, 0})));
    table.createIndex("text", Index.fts());
    return table;
  }

  @Test
  void ownRerankersSeeWordsAndRows(@TempDir Path dir) {
    try (Database database = Lancelot.connect(dir.toString())) {
      Table table = three(database);
      ById own = new ById();
      assertThat(ids(table.hybrid().vector(0, 0).text("word").rerank(own).limit(2)))
          .containsExactly(1L, 0L);
      assertThat(ids(table.search(0f, 0f).rerank(own, "so").limit(2))).containsExactly(1L, 0L);
      assertThat(ids(table.search("word").rerank(own))).containsExactly(1L, 0L);
      List<float[]> vectors = List.of(new float[] {0, 0}, new float[] {3, 0});
      assertThat(ids(table.searchAll(vectors).rerank(own).limit(1))).containsExactly(2L);
      assertThat(own.calls)
          .containsExactly("hybrid:word", "vector:so", "text:word", "multivector:");
      assertThat(ids(table.search("nothing").rerank(own))).isEmpty();
      assertThatThrownBy(
              () -> table.hybrid().vector(0, 0).text("word").rerank(new Wrong()).toMaps())
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining("reranker");
    }
  }

  private static final class Wrong implements Fusion.Reranker {
    @Override
    public String name() {
      return "wrong";
    }

    @Override
    public float[] rerankHybrid(Fusion.Candidates candidates) {
      return new float[0];
    }
  }

  private static List<Long> ids(QueryBuilder<?> query) {
    return query.toMaps().stream().map(row -> (Long) row.get("id")).toList();
  }

  /// Several vectors: each row once, with its least distance, best where they agree.
  @Test
  void ranksTheRowsOfSeveralVectors(@TempDir Path dir) {
    try (Database database = Lancelot.connect(dir.toString())) {
      Table table = three(database);
      List<float[]> vectors = List.of(new float[] {0, 0}, new float[] {2, 0});
      List<Map<String, @Nullable Object>> rows =
          table.searchAll(vectors).rerank(new Fusion.Rrf(60)).limit(2).select("id").toMaps();
      assertThat(rows).extracting(row -> row.get("id")).containsExactly(1L, 0L);
      assertThat(rows.getFirst())
          .containsEntry("_distance", 1f)
          .containsEntry("_relevance_score", (float) (1.0 / 62 + 1.0 / 61));
      List<Map<String, @Nullable Object>> mean =
          table.searchAll(vectors).rerank(new Fusion.Mrr(0.5f, 0.5f)).limit(2).toMaps();
      assertThat(mean.getFirst()).containsEntry("_relevance_score", 0.75f);
    }
  }

  /// Distances and scores are scaled, or replaced by ranks first.
  @Test
  void normalizesByScoreOrRank(@TempDir Path dir) {
    try (Database database = Lancelot.connect(dir.toString())) {
      Table table = three(database);
      HybridQuery query =
          table.hybrid().vector(0, 0).text("word").rerank(new Fusion.Linear(0.5f, 1));
      assertThat(query.toMaps())
          .extracting(row -> row.get("_relevance_score"))
          // Distances 0, 1, 9; scores high, low, none.
          .containsExactly(1f, 0.5f * (1 - 1f / 9), 0f);
      assertThat(query.normalize(Fusion.Normalization.RANK).toMaps())
          .extracting(row -> row.get("_relevance_score"))
          .containsExactly(1f, 0.25f, 0f);
    }
  }

  @Test
  void returnsTheScoresAskedFor(@TempDir Path dir) {
    try (Database database = Lancelot.connect(dir.toString())) {
      Table table = three(database);
      HybridQuery query = table.hybrid().vector(0, 0).text("word").select("id");
      assertThat(query.toMaps().getLast())
          .containsEntry("_distance", 9f)
          .containsEntry("_score", null);
      assertThat(
              new TreeSet<>(query.returnScore(ReturnScore.RELEVANCE).toMaps().getFirst().keySet()))
          .containsExactly("_relevance_score", "id");
      assertThat(query.explain()).contains("RRF(k=60)");
    }
  }

  /// lancedb#3095: a filter comes before both searches, unless told otherwise.
  @Test
  void filtersBeforeBothSearches(@TempDir Path dir) {
    try (Database database = Lancelot.connect(dir.toString())) {
      List<Point> points = new ArrayList<>();
      for (int i = 0; i < 20; i++) {
        points.add(new Point(i, "word", new float[] {i == 1 ? 100 : i, 0}));
      }
      Table table = database.createTable("t", points);
      table.createIndex("text", Index.fts());
      assertThat(ids(table.hybrid().vector(0, 0).text("word").where("id = 1").limit(3)))
          .containsExactly(1L);
      assertThat(
              ids(table.hybrid().vector(0, 0).text("word").where("id = 19").limit(3).postfilter()))
          .isEmpty();
      assertThat(ids(table.hybrid().vector(0, 0).text("none").distanceRange(4, 10)))
          .containsExactly(2L, 3L);
      assertThat(ids(table.hybrid().vector(0, 0).text("none").limit(2))).containsExactly(0L, 2L);
    }
  }

  /// lancedb#3653: a phrase is a phrase in hybrid searches too, and stays one.
  @Test
  void phrasesStayPhrases(@TempDir Path dir) {
    try (Database database = Lancelot.connect(dir.toString())) {
      Table table =
          database.createTable(
              "t",
              List.of(
                  new Point(0, "states united", new float[] {5, 0}),
                  new Point(1, "united states", new float[] {9, 0})));
      table.createIndex("text", Index.fts().withPosition(true));
      HybridQuery query =
          table.hybrid().vector(0, 0).text(FullTextQuery.Phrase.of("united states")).limit(2);
      for (int i = 0; i < 2; i++) {
        assertThat(query.explain()).contains("united states");
        assertThat(query.toMaps())
            .filteredOn(row -> row.get("_score") != null)
            .extracting(row -> row.get("id"))
            .containsExactly(1L);
      }
    }
  }
}
