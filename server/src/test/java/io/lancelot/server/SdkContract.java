package io.lancelot.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lancelot.ColumnAlteration;
import io.lancelot.Database;
import io.lancelot.Distance;
import io.lancelot.Index;
import io.lancelot.ReturnScore;
import io.lancelot.SearchResult;
import io.lancelot.Table;
import io.lancelot.TableOptions;
import io.lancelot.TableStats;
import io.lancelot.Vector;
import io.lancelot.base.AlreadyExistsException;
import io.lancelot.base.CancelledException;
import io.lancelot.base.InvalidInputException;
import io.lancelot.base.NotFoundException;
import io.lancelot.columnar.Batch;
import io.lancelot.columnar.BatchStream;
import io.lancelot.columnar.Field;
import io.lancelot.columnar.Schema;
import io.lancelot.columnar.Types;
import io.lancelot.engine.Fusion;
import io.lancelot.engine.IndexInfo;
import io.lancelot.engine.SearchReport;
import io.lancelot.index.ApproxMode;
import io.lancelot.index.FullTextQuery;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// What the SDK promises, wherever the tables lie: one suite for the embedded and for the remote
/// database, which does not know which of them it has.
abstract class SdkContract {

  private static final int ROWS = 300;

  record Film(
      long id, String title, int year, @Nullable Double price, @Vector(4) float[] embedding) {}

  private Database database;

  /// A new, empty database.
  abstract Database connect() throws Exception;

  @BeforeEach
  void open() throws Exception {
    database = connect();
  }

  @AfterEach
  void noMemoryIsLeft() {
    assertThat(database.memoryInUse()).isZero();
    database.close();
  }

  private static Film film(int i) {
    return new Film(
        i,
        "film number " + i + (i % 10 == 0 ? " of the moon" : ""),
        1950 + i % 70,
        i % 7 == 0 ? null : i / 2.0,
        new float[] {i, i % 3, 1, 0});
  }

  private Table films() {
    List<Film> rows = new ArrayList<>();
    for (int i = 0; i < ROWS; i++) {
      rows.add(film(i));
    }
    return database.createTable("films", rows);
  }

  private static List<Object> column(List<Map<String, @Nullable Object>> rows, String name) {
    return rows.stream().map(row -> row.get(name)).toList();
  }

  @Test
  void tablesAreCreatedListedOpenedAndDropped() {
    assertThat(database.tableNames()).isEmpty();
    try (Table films = films()) {
      assertThat(films.name()).isEqualTo("films");
      assertThat(films.schema().names())
          .containsExactly("id", "title", "year", "price", "embedding");
      assertThat(films.countRows()).isEqualTo(ROWS);
    }
    assertThat(database.tableNames()).containsExactly("films");
    assertThatThrownBy(() -> database.createTable("films", Film.class))
        .isInstanceOf(AlreadyExistsException.class);
    assertThatThrownBy(() -> database.openTable("none")).isInstanceOf(NotFoundException.class);
    assertThatThrownBy(() -> database.openTable("../films"))
        .isInstanceOf(InvalidInputException.class);
    TableOptions open = TableOptions.defaults().ifExists(TableOptions.Existing.OPEN);
    try (Table same = database.createTable("films", List.of(film(1)), open)) {
      assertThat(same.countRows()).isEqualTo(ROWS);
    }
    TableOptions replace = TableOptions.defaults().ifExists(TableOptions.Existing.OVERWRITE);
    try (Table same = database.createTable("films", List.of(film(1)), replace)) {
      assertThat(same.countRows()).isEqualTo(1);
    }
    database.dropTable("films");
    assertThat(database.tableNames()).isEmpty();
    assertThatThrownBy(() -> database.dropTable("films")).isInstanceOf(NotFoundException.class);
  }

  @Test
  void schemasComeBackAsTheyWere() {
    Schema schema =
        new Schema(
            List.of(
                new Field("a", Types.INT32, false, Map.of("unit", "m")),
                Field.nullable("b", Types.LARGE_UTF8),
                Field.nullable("c", Types.DATE32),
                Field.nullable("d", Types.FLOAT64)),
            Map.of("owner", "me"));
    try (Table table = database.createTable("typed", schema)) {
      assertThat(table.schema().fields()).isEqualTo(schema.fields());
      assertThat(table.schema().metadata()).containsEntry("owner", "me");
      assertThat(table.countRows()).isZero();
      assertThat(table.query().toMaps()).isEmpty();
    }
  }

  @Test
  void rowsAreScannedFilteredOrderedAndComputed() {
    try (Table films = films()) {
      assertThat(films.query().where("id < 5").limit(3).offset(1).toList(Film.class))
          .extracting(Film::id)
          .containsExactly(1L, 2L, 3L);
      assertThat(films.query().where("id < 5").toList(Film.class).get(2))
          .usingRecursiveComparison()
          .isEqualTo(film(2));
      List<Map<String, @Nullable Object>> computed =
          films
              .query()
              .where("title LIKE '%moon' AND id BETWEEN 10 AND 30")
              .select("id")
              .selectAs("twice", "id * 2")
              .orderByDescending("id")
              .toMaps();
      assertThat(column(computed, "twice")).containsExactly(60L, 40L, 20L);
      assertThat(column(films.query().where("id = 7").select("price").toMaps(), "price"))
          .containsExactly((Object) null);
      assertThat(films.countRows("price IS NULL")).isEqualTo(43);
      assertThat(column(films.query().where("id = 9").withRowId().toMaps(), "_rowid"))
          .doesNotContainNull();
      assertThat(films.takeOffsets(Film.class, 7, 3, 7))
          .extracting(Film::id)
          .containsExactly(7L, 3L, 7L);
      assertThatThrownBy(() -> films.takeOffsets(ROWS)).isInstanceOf(InvalidInputException.class);
      assertThatThrownBy(() -> films.query().where("nothing = 1").toMaps())
          .isInstanceOf(InvalidInputException.class);
      assertThatThrownBy(() -> films.query().where("id = "))
          .isInstanceOf(InvalidInputException.class);
      assertThat(films.query().where("id = 3").explain()).isNotBlank();
      assertThat(films.query().where("id = 3").analyze()).isNotBlank();
    }
  }

  @Test
  void rowsOfAStreamAreAddedAndReplaced() {
    try (Table films = films()) {
      long before = films.version();
      assertThat(films.add(List.of(film(1000), film(1001)))).isEqualTo(before + 1);
      assertThat(films.version()).isEqualTo(before + 1);
      try (BatchStream rows = films.query().where("id >= 1000").stream()) {
        assertThat(films.add(rows)).isEqualTo(before + 2);
      }
      assertThat(films.countRows()).isEqualTo(ROWS + 4);
      try (BatchStream rows = films.query().where("id >= 1000").stream()) {
        films.overwrite(rows);
      }
      assertThat(films.countRows()).isEqualTo(4);
      assertThatThrownBy(() -> films.add(List.of(Map.of("id", "no number"))))
          .isInstanceOf(InvalidInputException.class);
      assertThat(films.countRows()).isEqualTo(4);
    }
  }

  record Wide(@Nullable Pair stuff) {}

  record Pair(@Nullable Long b, @Nullable Long a) {}

  record Narrow(@Nullable Single stuff) {}

  record Single(@Nullable Long b) {}

  @Test
  void lancedb2114MembersOfStructsMayBeMissing() {
    try (Table wide = database.createTable("wide", List.of(new Wide(new Pair(1L, 2L))));
        Table narrow = database.createTable("narrow", List.of(new Narrow(new Single(4L))))) {
      try (BatchStream rows = narrow.query().stream()) {
        wide.add(rows);
      }
      List<Map<String, @Nullable Object>> rows =
          wide.query().selectAs("a", "stuff.a").selectAs("b", "stuff.b").toMaps();
      assertThat(column(rows, "b")).containsExactlyInAnyOrder(1L, 4L);
      assertThat(column(rows, "a")).containsExactlyInAnyOrder(2L, null);
    }
  }

  @Test
  void aStreamThatFailsAddsNothing() {
    try (Table films = films()) {
      BatchStream broken =
          new BatchStream() {
            private final BatchStream rows = films.query().stream();
            private int given;

            @Override
            public Schema schema() {
              return rows.schema();
            }

            @Override
            public @Nullable Batch next() {
              if (given++ > 0) {
                throw new InvalidInputException("the source broke");
              }
              return rows.next();
            }

            @Override
            public void close() {
              rows.close();
            }
          };
      assertThatThrownBy(() -> films.add(broken)).hasMessageContaining("the source broke");
      assertThat(films.countRows()).isEqualTo(ROWS);
    }
  }

  @Test
  void rowsAreUpdatedMergedAndDeleted() {
    try (Table films = films()) {
      assertThat(films.update().where("id < 10").setSql("year", "year + 100").execute())
          .isEqualTo(new Table.UpdateResult(10, films.version()));
      films
          .update()
          .where("id = 3")
          .set("title", "it's")
          .set("price", null)
          .set("embedding", new float[] {1, 2, 3, 4})
          .execute();
      Film changed = films.query().where("id = 3").toList(Film.class).getFirst();
      assertThat(changed.title()).isEqualTo("it's");
      assertThat(changed.price()).isNull();
      assertThat(changed.embedding()).containsExactly(1, 2, 3, 4);
      Table.MergeResult merged =
          films
              .mergeInsert("id")
              .whenMatchedUpdateAll("source.year > target.year")
              .whenNotMatchedInsertAll()
              .whenNotMatchedBySourceDelete("id >= 290")
              .execute(
                  List.of(
                      new Film(20, "new", 3000, 1.0, new float[4]),
                      new Film(21, "old", 1, 1.0, new float[4]),
                      new Film(5000, "added", 2000, 1.0, new float[4])));
      assertThat(merged.numUpdated()).isEqualTo(1);
      assertThat(merged.numInserted()).isEqualTo(1);
      assertThat(merged.numDeleted()).isEqualTo(10);
      assertThat(films.countRows("id = 5000")).isEqualTo(1);
      assertThat(films.delete("id = 5000 OR id = 0").rows()).isEqualTo(2);
      assertThat(films.delete("false").rows()).isZero();
      assertThat(films.countRows()).isEqualTo(ROWS - 11);
    }
  }

  @Test
  void nearestRowsAreFound() {
    try (Table films = films()) {
      List<Map<String, @Nullable Object>> near =
          films.search(100f, 1f, 1f, 0f).where("id != 100").limit(3).select("id").toMaps();
      assertThat(column(near, "id")).containsExactly(99L, 101L, 98L);
      assertThat(near.getFirst()).containsKeys("id", "_distance");
      assertThat(films.search(0f, 0f, 1f, 0f).toMaps()).hasSize(10);
      assertThat(
              films
                  .search(5f, 0f, 1f, 0f)
                  .distanceType(Distance.COSINE)
                  .distanceRange(0, 0.5f)
                  .bypassVectorIndex()
                  .limit(500)
                  .toMaps())
          .isNotEmpty()
          .allSatisfy(row -> assertThat((Float) row.get("_distance")).isBetween(0f, 0.5f));
      List<Map<String, @Nullable Object>> several =
          films
              .searchAll(List.of(new float[] {1, 0, 1, 0}, new float[] {200, 0, 1, 0}))
              .limit(2)
              .toMaps();
      assertThat(column(several, "query_index")).containsExactly(0, 0, 1, 1);
      assertThatThrownBy(() -> films.search(1f).toMaps()).isInstanceOf(InvalidInputException.class);
    }
  }

  record Page(long id, String words, @Vector(2) float[][] patches) {}

  @Test
  void severalVectorsAreOneQueryWhereRowsHoldLists() {
    List<Page> pages = new ArrayList<>();
    for (int i = 0; i < ROWS; i++) {
      double angle = i * Math.PI / ROWS;
      float[] to = {(float) Math.cos(angle), (float) Math.sin(angle)};
      pages.add(new Page(i, "page " + i, new float[][] {to, {0, -1}}));
    }
    float[][] query = {pages.get(70).patches()[0], {0, -2}};
    try (Table table = database.createTable("pages", pages)) {
      for (int round = 0; round < 2; round++) {
        List<Map<String, @Nullable Object>> found =
            table.search(query).distanceType(Distance.COSINE).limit(3).toMaps();
        assertThat(column(found, "id")).first().isEqualTo(70L);
        assertThat(column(found, "id")).containsExactlyInAnyOrder(69L, 70L, 71L);
        assertThat((Float) found.getFirst().get("_distance")).isBetween(-1e-5f, 1e-5f);
        assertThat(found.getFirst()).doesNotContainKey("query_index");
        assertThat(table.search(query).where("id >= 100").limit(1).toList(Page.class).getFirst())
            .satisfies(page -> assertThat(page.patches()).hasDimensions(2, 2));
        assertThat(column(table.search(0f, -1f).limit(5).toMaps(), "_distance")).hasSize(5);
        table.createIndex("patches", Index.ivfFlat().distanceType(Distance.COSINE));
        table.createIndex("words", Index.fts());
      }
      assertThat(
              table
                  .hybrid()
                  .vectorsOfDoubles(List.of(new double[] {1, 0}, new double[] {0, -1}))
                  .text("70")
                  .limit(2)
                  .toMaps())
          .hasSize(2);
      assertThatThrownBy(() -> table.search(new float[][] {{1, 2}, {1, 2, 3}}).toMaps())
          .isInstanceOf(InvalidInputException.class);
    }
  }

  @Test
  void indicesAreBuiltListedUsedAndDropped() {
    try (Table films = films()) {
      IndexInfo years = films.createIndex("year", Index.btree());
      assertThat(years.type()).isEqualTo("BTREE");
      assertThat(years.columns()).containsExactly("year");
      films.createIndex("id", Index.zoneMap(), Index.Options.DEFAULT.withName("zones"));
      films.createIndex("embedding", Index.ivfFlat().numPartitions(4));
      assertThat(films.indices())
          .extracting(IndexInfo::name)
          .containsExactlyInAnyOrder("year_idx", "zones", "embedding_idx");
      assertThat(films.index("zones").type()).isEqualTo("ZONEMAP");
      assertThat(films.index("embedding_idx").indexedRows()).isEqualTo(ROWS);
      assertThat(films.query().where("year = 1960").select("id").toMaps()).hasSize(5);
      assertThat(films.indexStatistics("year_idx")).isNotEmpty();
      assertThat(films.search(100f, 1f, 1f, 0f).nprobes(4).limit(1).toList(Film.class))
          .extracting(Film::id)
          .containsExactly(100L);
      assertThatThrownBy(() ->
              films.createIndex("year", Index.btree(), Index.Options.DEFAULT.withReplace(false)))
          .isInstanceOf(AlreadyExistsException.class);
      assertThatThrownBy(() -> films.createIndex("title", Index.ivfPq()))
          .isInstanceOf(InvalidInputException.class);
      films.prewarmIndex("embedding_idx");
      films.dropIndex("zones");
      assertThatThrownBy(() -> films.index("zones")).isInstanceOf(NotFoundException.class);
      assertThatThrownBy(() -> films.dropIndex("zones")).isInstanceOf(NotFoundException.class);
    }
  }

  @Test
  void searchesSayHowTheyFoundTheirRows() {
    record Id(long id) {}
    try (Table films = films()) {
      SearchResult<Id> scanned = films.search(100f, 1f, 1f, 0f).limit(2).toResult(Id.class);
      assertThat(scanned.rows()).hasSize(2).contains(new Id(100));
      assertThat(scanned.exact()).isTrue();
      assertThat(scanned.report())
          .isEqualTo(new SearchReport(SearchReport.Path.SCAN, ROWS, 0, 0, 0, ROWS, 1));
      films.createIndex("embedding", Index.ivfFlat().numPartitions(4));
      assertThat(films.search(100f, 1f, 1f, 0f).toResult(Id.class).report())
          .isEqualTo(new SearchReport(SearchReport.Path.FILTERED_ROWS, ROWS, 0, 0, 0, ROWS, 1));
      List<SearchReport> told = new ArrayList<>();
      try (BatchStream rows =
          films.search(1f, 1f, 1f, 0f).where("id < 40").bypassVectorIndex().stream(told::add)) {
        assertThat(rows.next()).isNotNull();
        assertThat(told).hasSize(1);
        assertThat(told.getFirst().rowsCompared()).isEqualTo(40);
      }
      assertThat(films.search(1f, 1f, 1f, 0f).analyze()).contains("exact=true");
    }
  }

  @Test
  void queriesTakeTheirOptionsAlong() {
    record Place(long id, long _rowaddr) {}
    try (Table films = films()) {
      films.add(List.of(film(ROWS)));
      films.createIndex("embedding", Index.ivfFlat().numPartitions(4));
      float[] vector = {100, 1, 1, 0};
      assertThat(films.query().withRowAddress().fragments(List.of(1L)).toList(Place.class))
          .containsExactly(new Place(ROWS, 1L << 32));
      assertThat(films.search(vector).fragments(List.of(1L)).toList(Film.class)).hasSize(1);
      assertThatThrownBy(() -> films.query().fragments(List.of(9L)).toMaps())
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining("found=9");
      assertThat(
              films
                  .search(vector)
                  .searchEffort(1)
                  .approxMode(ApproxMode.ACCURATE)
                  .limit(1)
                  .toList(Film.class))
          .extracting(Film::id)
          .containsExactly(100L);
      assertThat(films.search(vector).searchEffort(0).approxMode(ApproxMode.FAST).toMaps())
          .hasSize(10);
      assertThat(films.search(vector).maxExactRows(1).toMaps()).hasSize(10);
      assertThatThrownBy(() -> films.search(vector).bypassVectorIndex().maxExactRows(10).toMaps())
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining("exact vector search");
      assertThat(films.search(vector).select("title").withRowId().outputSchema().names())
          .containsExactly("title", "_distance", "_rowid");
      assertThatThrownBy(() -> films.search(vector).timeout(Duration.ZERO).toMaps())
          .isInstanceOf(CancelledException.class)
          .hasMessageContaining("timeout");
      assertThat(films.search(vector).timeout(Duration.ofMinutes(1)).toMaps()).hasSize(10);
      assertThatThrownBy(() -> films.search(vector).limit(0).toMaps())
          .isInstanceOf(InvalidInputException.class);
      assertThat(films.query().offset(-1).limit(2).toMaps()).hasSize(2);
      assertThat(films.indexStatistics("embedding_idx").getFirst())
          .containsEntry("distance_type", "l2")
          .hasEntrySatisfying("loss", loss -> assertThat((double) loss).isPositive());
    }
  }

  @Test
  void wordsAreFoundAndFused() {
    try (Table films = films()) {
      films.createIndex("title", Index.fts().withPosition(true));
      assertThat(films.search("moon").toMaps()).hasSize(30);
      assertThat(films.search("moon").limit(4).where("id > 100").toMaps())
          .hasSize(4)
          .allSatisfy(row -> assertThat(row).containsKey("_score"));
      assertThat(films.search(FullTextQuery.Phrase.of("number 42")).toMaps()).hasSize(1);
      FullTextQuery both =
          new FullTextQuery.Bool(
              List.of(FullTextQuery.Match.of("moon")),
              List.of(),
              List.of(FullTextQuery.Match.of("20").column("title")));
      assertThat(films.search(both).toMaps()).hasSize(29);
      List<Map<String, @Nullable Object>> fused =
          films
              .hybrid()
              .vector(20, 2, 1, 0)
              .text("moon")
              .rerank(new Fusion.Mrr(0.5f, 0.5f))
              .returnScore(ReturnScore.RELEVANCE)
              .limit(5)
              .toMaps();
      assertThat(fused).hasSize(5);
      assertThat(fused.getFirst()).containsKey("_relevance_score").doesNotContainKey("_distance");
    }
  }

  @Test
  void columnsAreAddedChangedAndDropped() {
    try (Table films = films()) {
      films.addColumns(Map.of("decade", "year / 10"));
      films.addColumns(Schema.of(Field.nullable("note", Types.UTF8)));
      assertThat(films.query().where("id = 5").select("decade", "note").toMaps().getFirst())
          .containsEntry("note", null)
          .hasEntrySatisfying(
              "decade", decade -> assertThat(String.valueOf(decade)).startsWith("195"));
      films.alterColumns(
          ColumnAlteration.of("note").rename("remark"),
          ColumnAlteration.of("year").castTo(Types.INT64));
      assertThat(films.schema().names()).contains("remark").doesNotContain("note");
      assertThat(films.schema().fields().get(films.schema().indexOf("year")).type())
          .isEqualTo(Types.INT64);
      films.dropColumns("remark", "decade");
      assertThat(films.schema().names())
          .containsExactly("id", "title", "year", "price", "embedding");
      films.updateFieldMetadata("title", Map.of("language", "en"));
      films.updateSchemaMetadata(Map.of("source", "test"));
      assertThat(films.schema().fields().get(1).metadata()).containsEntry("language", "en");
      assertThat(films.schema().metadata()).containsEntry("source", "test");
      assertThatThrownBy(() -> films.dropColumns("none")).isInstanceOf(InvalidInputException.class);
    }
  }

  @Test
  void aPinnedHandleStaysWhereItIs() {
    try (Table films = films()) {
      long rows = films.countRows();
      try (Table pinned = films.pinned()) {
        films.add(List.of(film(901)));
        assertThat(pinned.countRows()).isEqualTo(rows);
        assertThat(pinned.query().where("id = 901").toMaps()).isEmpty();
        assertThatThrownBy(() -> pinned.delete("id = 1")).isInstanceOf(InvalidInputException.class);
      }
      assertThat(films.countRows()).isEqualTo(rows + 1);
      assertThat(films.query().where("id = 901").toMaps()).hasSize(1);
    }
  }

  @Test
  void versionsTagsAndBranches() {
    try (Table films = films()) {
      long first = films.version();
      films.add(List.of(film(900)));
      films.tags().create("before", first);
      assertThat(films.tags().list().get("before").version()).isEqualTo(first);
      assertThat(films.versions()).hasSize(2);
      assertThat(films.versions().getFirst().tags()).containsExactly("before");
      films.checkout("before");
      assertThat(films.version()).isEqualTo(first);
      assertThat(films.countRows()).isEqualTo(ROWS);
      assertThatThrownBy(() -> films.add(List.of(film(901))))
          .isInstanceOf(InvalidInputException.class);
      assertThatThrownBy(() -> films.checkout(99)).isInstanceOf(NotFoundException.class);
      films.checkoutLatest();
      assertThat(films.countRows()).isEqualTo(ROWS + 1);
      try (Table trial = films.branches().create("trial", first)) {
        trial.add(List.of(film(902), film(903)));
        assertThat(trial.countRows()).isEqualTo(ROWS + 2);
        assertThat(trial.branch()).contains("trial");
      }
      assertThat(films.countRows()).isEqualTo(ROWS + 1);
      assertThat(films.branches().list()).containsOnlyKeys("trial");
      try (Table again = films.branches().open("trial")) {
        assertThat(again.query().where("id > 900").toMaps()).hasSize(2);
      }
      films.branches().delete("trial");
      assertThatThrownBy(() -> films.branches().open("trial"))
          .isInstanceOf(NotFoundException.class);
      films.restore("before");
      assertThat(films.countRows()).isEqualTo(ROWS);
      films.rollback();
      assertThat(films.countRows()).isEqualTo(ROWS + 1);
      films.tags().delete("before");
      assertThat(films.tags().list()).isEmpty();
    }
  }

  @Test
  void figuresAndClones() {
    try (Table films = films()) {
      films.add(List.of(film(900)));
      TableStats stats = films.stats();
      assertThat(stats.rowCount()).isEqualTo(ROWS + 1);
      assertThat(stats.fragmentRows()).containsExactly((long) ROWS, 1L);
      assertThat(stats.totalBytes()).isPositive();
      try (Table clone = database.cloneTable("copy", films)) {
        clone.delete("id > 10");
        assertThat(clone.countRows()).isEqualTo(11);
      }
      assertThat(films.countRows()).isEqualTo(ROWS + 1);
    }
  }
}
