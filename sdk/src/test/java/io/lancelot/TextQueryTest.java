package io.lancelot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lancelot.base.InvalidInputException;
import io.lancelot.index.FullTextQuery;
import io.lancelot.index.text.Analyzer.Token;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TextQueryTest {

  private static final Index POSITIONS = Index.fts().withPosition(true);

  /// Words that the analyzer keeps apart, of several scripts.
  private static final List<String> WORDS =
      List.of(
          "lantern",
          "harbour",
          "café",
          "naïve",
          "running",
          "quickly",
          "x86",
          "1984",
          "Straße",
          "Ελλάδα",
          "москва",
          "大学",
          "首都",
          "大学院",
          "서울",
          "東京",
          "審批",
          "ERP",
          "o'clock",
          "snake_case");

  private final long seed = Long.getLong("lancelot.seed", System.nanoTime());
  private final Random random = new Random(seed);

  record Row(long id, String text) {}

  private static List<Row> rows(long from, long to, String prefix) {
    return LongStream.range(from, to).mapToObj(i -> new Row(i, prefix + i)).toList();
  }

  private static TreeSet<Long> ids(TextQuery query) {
    return query.limit(1000).toMaps().stream()
        .map(row -> (Long) row.get("id"))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private static TreeSet<Long> ids(Table table, String words) {
    return ids(table.search(FullTextQuery.Match.of(words).column("text")));
  }

  private static TreeMap<Long, Float> scores(Table table, String words, String filter) {
    TreeMap<Long, Float> scores = new TreeMap<>();
    table
        .search(FullTextQuery.Match.of(words).column("text"))
        .where(filter)
        .select("id")
        .limit(1000)
        .toMaps()
        .forEach(row -> scores.put((Long) row.get("id"), (Float) row.get("_score")));
    return scores;
  }

  /// Every word that a row contains finds it, whatever became of the table and its index.
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void everyWordFindsItsRow(boolean stableRowIds, @TempDir Path dir) {
    TableOptions options = TableOptions.defaults();
    if (stableRowIds) {
      options = options.withStableRowIds();
    }
    TreeMap<Long, String> model = new TreeMap<>();
    try (Database database = Lancelot.connect(dir.toString())) {
      Table table = database.createTable("t", some(0, 40, model), options);
      check(table, model, "not indexed");
      table.createIndex("text", POSITIONS);
      check(table, model, "indexed");
      for (int round = 0; round < 4; round++) {
        table.add(some(1000 * (round + 1), 12, model));
        check(table, model, "appended " + round);
        int rest = random.nextInt(5);
        table.delete("id % 5 = " + rest);
        model.keySet().removeIf(id -> id % 5 == rest);
        check(table, model, "deleted " + round);
        long id = model.firstKey();
        String text = text();
        table.update().where("id = " + id).set("text", text).execute();
        model.put(id, text);
        check(table, model, "updated " + round);
        if (random.nextBoolean()) {
          table.optimize();
          check(table, model, "optimized " + round);
        }
      }
      table.optimize();
      check(table, model, "optimized in the end");
    }
  }

  private String text() {
    List<String> words = new ArrayList<>();
    for (int i = random.nextInt(6); i >= 0; i--) {
      words.add(WORDS.get(random.nextInt(WORDS.size())));
    }
    return String.join(random.nextBoolean() ? " " : ", ", words);
  }

  private List<Row> some(long from, int count, TreeMap<Long, String> model) {
    List<Row> rows = new ArrayList<>();
    for (long id = from; id < from + count; id++) {
      Row row = new Row(id, text());
      model.put(id, row.text());
      rows.add(row);
    }
    return rows;
  }

  private void check(Table table, TreeMap<Long, String> model, String when) {
    for (String word : WORDS) {
      TreeSet<Long> expected = new TreeSet<>();
      model.forEach((id, text) -> {
        if (text.contains(word)) {
          expected.add(id);
        }
      });
      TreeSet<Long> found = ids(table, word);
      assertThat(found).as("seed=%d %s: %s", seed, when, word).containsAll(expected);
      assertThat(model.keySet()).as("seed=%d %s: %s", seed, when, word).containsAll(found);
    }
  }

  /// lance#5871.
  @ParameterizedTest
  @ValueSource(ints = {1, 4, 50})
  void findsRowsBesideTheIndexAmongFewerIndexedOnes(int indexed, @TempDir Path dir) {
    try (Database database = Lancelot.connect(dir.toString())) {
      Table table = database.createTable("t", rows(0, indexed, "first "));
      table.createIndex("text", Index.fts());
      table.add(rows(100, 110, "hello_"));
      assertThat(ids(table, "hello")).hasSize(10);
    }
  }

  /// lance#5872.
  @Test
  void findsWhatDeletesLeftInTablesWithStableIds(@TempDir Path dir) {
    try (Database database = Lancelot.connect(dir.toString())) {
      Table table =
          database.createTable(
              "t", rows(0, 200, "dup_"), TableOptions.defaults().withStableRowIds());
      table.createIndex("text", Index.fts());
      table.delete("id % 5 = 0");
      assertThat(ids(table, "dup")).hasSize(160);
      table.optimize();
      assertThat(ids(table, "dup")).hasSize(160);
    }
  }

  /// lance#9058: neither filters nor what the index covers change scores.
  @Test
  void scoresDependOnTheRowsOnly(@TempDir Path dir) {
    try (Database database = Lancelot.connect(dir.toString())) {
      Table table = database.createTable("t", List.of(new Row(0, "alpha"), new Row(1, "beta")));
      table.createIndex("text", Index.fts());
      List<Row> more = LongStream.range(2, 12).mapToObj(i -> new Row(i, "alpha")).toList();
      table.add(more);
      TreeMap<Long, Float> all = scores(table, "alpha", "id >= 0");
      TreeMap<Long, Float> few = scores(table, "alpha", "id < 2");
      assertThat(few.get(0L)).isEqualTo(all.get(0L));
      table.optimize();
      assertThat(scores(table, "alpha", "id >= 0")).isEqualTo(all);
      assertThat(scores(table, "alpha", "id < 2")).isEqualTo(few);
    }
  }

  /// lance PR#6171, PR#7325.
  @Test
  void findsNoRowsOfFragmentsThatAreGone(@TempDir Path dir) {
    try (Database database = Lancelot.connect(dir.toString())) {
      Table table = database.createTable("t", rows(0, 5, "old "));
      table.add(rows(5, 10, "old "));
      table.createIndex("text", Index.fts());
      table.delete("id < 5");
      table.add(rows(10, 12, "new "));
      table.optimize();
      assertThat(ids(table, "old")).containsExactly(5L, 6L, 7L, 8L, 9L);
      assertThat(ids(table, "new")).containsExactly(10L, 11L);
    }
  }

  /// lancedb#2483, lancedb#3653: phrases, with stop words or not, and as often as they are asked.
  @Test
  void findsPhrasesWithStopWords(@TempDir Path dir) {
    try (Database database = Lancelot.connect(dir.toString())) {
      Table table =
          database.createTable(
              "t",
              List.of(
                  new Row(0, "The United States of America"),
                  new Row(1, "States united by America"),
                  new Row(2, "United States, America"),
                  new Row(3, "born in the United States of Mexico")));
      table.createIndex("text", POSITIONS);
      TextQuery query = table.search(FullTextQuery.Phrase.of("United States"));
      assertThat(ids(query)).containsExactly(0L, 2L, 3L);
      assertThat(ids(query)).containsExactly(0L, 2L, 3L);
      assertThat(ids(table.search(FullTextQuery.Phrase.of("the United States of America"))))
          .containsExactly(0L);
    }
  }

  /// lance#7508: searches between optimizes, as often as may be.
  @Test
  void searchesBetweenOptimizes(@TempDir Path dir) {
    try (Database database = Lancelot.connect(dir.toString())) {
      Table table = database.createTable("t", rows(0, 3, "word "));
      table.createIndex("text", POSITIONS);
      for (int i = 1; i < 12; i++) {
        table.add(rows(3 * i, 3 * i + 3, "word "));
        assertThat(ids(table, "word")).hasSize(3 * i + 3);
        table.optimize();
        assertThat(ids(table, "word")).hasSize(3 * i + 3);
        assertThat(table.search("word").limit(2).toMaps()).hasSize(2);
      }
    }
  }

  /// lance#9058: rows without an index are left out only where that is asked for.
  @Test
  void fastSearchLeavesOutRowsWithoutIndex(@TempDir Path dir) {
    try (Database database = Lancelot.connect(dir.toString())) {
      Table table = database.createTable("t", rows(0, 3, "word "));
      table.createIndex("text", Index.fts());
      table.add(rows(3, 5, "word "));
      assertThat(ids(table.search("word"))).hasSize(5);
      assertThat(ids(table.search("word").fastSearch())).containsExactly(0L, 1L, 2L);
    }
  }

  /// memory-lancedb-pro#402.
  @Test
  void refusesPhrasesWithoutPositionsAndSaysWhatHelps(@TempDir Path dir) {
    try (Database database = Lancelot.connect(dir.toString())) {
      Table table = database.createTable("t", rows(0, 3, "one two "));
      table.createIndex("text", Index.fts().withPosition(false));
      assertThatThrownBy(() -> ids(table.search(FullTextQuery.Phrase.of("one two"))))
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining("with_position=true");
    }
  }

  /// lancedb#2168, xagent#2421: without a dictionary, mixed with other scripts.
  @Test
  void findsPartsOfTextWithoutSpaces(@TempDir Path dir) {
    try (Database database = Lancelot.connect(dir.toString())) {
      Table table =
          database.createTable(
              "t", List.of(new Row(0, "北京大学"), new Row(1, "ERP审批"), new Row(2, "東京都の首都")));
      table.createIndex("text", Index.fts());
      assertThat(ids(table, "大学")).containsExactly(0L);
      assertThat(ids(table, "ERP")).containsExactly(1L);
      assertThat(ids(table, "审批")).containsExactly(1L);
      assertThat(ids(table, "首都")).containsExactly(2L);
    }
  }

  @Test
  void showsTheTokensOfSettings() {
    Index.Text settings =
        Index.fts()
            .stem(false)
            .customStopWords(List.of("quick"))
            .lowerCase(false)
            .maxTokenLength(7);
    assertThat(settings.tokenize("The quick Cafés running"))
        .containsExactly(new Token("The", 0), new Token("Cafes", 2));
    assertThat(settings.asciiFolding(false).customStopWords(List.of()).tokenize("quick café"))
        .containsExactly(new Token("quick", 0), new Token("café", 1));
    assertThat(Index.fts().baseTokenizer("ngram").ngrams(2, 3).prefixOnly(true).tokenize("moon"))
        .containsExactly(new Token("mo", 0), new Token("moo", 0));
  }

  @Test
  void showsTheTokensOfAnIndex(@TempDir Path dir) {
    try (Database database = Lancelot.connect(dir.toString())) {
      Table table = database.createTable("t", rows(0, 3, "text "));
      assertThatThrownBy(() -> table.tokenize("text", "x"))
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining("text index");
      table.createIndex("text", Index.fts());
      assertThat(table.tokenize("text", "The RUNNING of cafés"))
          .containsExactly(new Token("run", 1), new Token("cafe", 3));
    }
  }
}
