package io.lancelot.compat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.lancelot.Database;
import io.lancelot.Index;
import io.lancelot.Lancelot;
import io.lancelot.Table;
import io.lancelot.TextQuery;
import io.lancelot.index.FullTextQuery;
import io.lancelot.index.text.Analyzer;
import io.lancelot.index.text.TextParams;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/// Text searches of every kind give the rows and scores of the real Lance, over its index and over
/// ours. `-Dlancelot.compat.texts=DIR` searches in the texts of a folder of JSON lines instead of
/// made-up ones; `-Dlancelot.compat.queries=N` says how many queries are made.
@EnabledIfSystemProperty(named = "lancelot.compat.queries", matches = "\\d+")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class TextIndexTest {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int MADE = 700;

  /// Words whose tokens are the words themselves, and others.
  private static final String[] WORDS = {
    "river",
    "ocean",
    "table",
    "matrix",
    "window",
    "garden",
    "number",
    "vector",
    "market",
    "winter",
    "summer",
    "silver",
    "golden",
    "orange",
    "purple",
    "planet",
    "rocket",
    "signal",
    "system",
    "method",
    "random",
    "linear",
    "prime",
    "graph",
    "tree",
    "stack",
    "queue",
    "cache",
    "disk",
    "Running",
    "foxes",
    "generously",
    "algorithms",
    "computing",
    "Théâtre",
    "naïve",
    "café",
    "the",
    "of",
    "and",
    "is",
    "not",
    "it's",
    "x86",
    "1984",
    "self-made",
    "hello_world"
  };

  private final Oracle oracle = Oracle.start();
  private final long seed = Cases.seed();
  private final Random random = new Random(seed);
  private final Analyzer analyzer = new Analyzer(TextParams.DEFAULT);
  private final List<String[]> texts = texts();

  private record Row(long id, @Nullable String title, String text) {}

  @AfterAll
  void close() {
    oracle.close();
  }

  @Test
  void findsRowsAndScoresOfTheRealLance(@TempDir Path dir) throws IOException {
    List<Row> rows = rows();
    List<Map<String, ?>> queries = queries(Integer.getInteger("lancelot.compat.queries", 60));
    try (Database database = Lancelot.connect(dir.toString())) {
      Table theirs = database.createTable("theirs", rows);
      index(dir, "theirs", Map.of());
      theirs.checkoutLatest();
      compare(theirs, dir, "theirs", queries, "their index");
      Table ours = database.createTable("ours", rows);
      ours.createIndex("title", Index.fts().withPosition(true));
      ours.createIndex("text", Index.fts().withPosition(true));
      compare(ours, dir, "ours", queries, "our index");
      // Documents that are gone still count, on both sides.
      ours.delete("id % 5 = 1");
      compare(ours, dir, "ours", queries, "our index after a deletion");
    }
  }

  /// Positions by document, as releases up to 8 wrote them; and blocks of 256, where lengths are
  /// rounded.
  @Test
  void findsRowsAndScoresByOtherForms(@TempDir Path dir) throws IOException {
    List<Row> rows = rows();
    List<Map<String, ?>> queries = queries(20);
    try (Database database = Lancelot.connect(dir.toString())) {
      for (String setting : List.of("format_version", "block_size")) {
        Table theirs = database.createTable(setting, rows);
        index(dir, setting, Map.of(setting, setting.equals("block_size") ? 256 : 1));
        theirs.checkoutLatest();
        compare(theirs, dir, setting, queries, "their index with another " + setting);
      }
      Table ours = database.createTable("ours", rows);
      for (String column : List.of("title", "text")) {
        ours.createIndex(column, Index.fts().withPosition(true).param("block_size", 256));
      }
      compare(ours, dir, "ours", queries, "our index with large blocks");
    }
  }

  private List<Row> rows() {
    List<Row> rows = new ArrayList<>();
    for (String[] text : texts) {
      rows.add(new Row(rows.size(), text[0], text[1]));
    }
    return rows;
  }

  private List<Map<String, ?>> queries(int count) {
    List<Map<String, ?>> queries = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      queries.add(query(2));
    }
    return queries;
  }

  /// Has the real Lance build indices with positions.
  private void index(Path dir, String table, Map<String, ?> settings) throws IOException {
    Map<String, Object> params = new TreeMap<>(settings);
    params.put("with_position", true);
    for (String column : List.of("title", "text")) {
      oracle.call(
          "index",
          Map.of(
              "lance",
              Ours.folder(dir, table),
              "column",
              column,
              "type",
              "INVERTED",
              "params",
              params));
    }
  }

  @Test
  void slopOfLongPhrasesFindsWhatTheRealLanceLeavesOut(@TempDir Path dir) throws IOException {
    List<Row> rows =
        List.of(
            new Row(0, null, "winter summer golden"),
            new Row(1, null, "winter planet summer rocket golden"),
            // The first golden is before summer: the real Lance then gives winter up as well.
            new Row(2, null, "winter golden summer rocket golden"),
            new Row(3, null, "winter planet rocket summer golden"));
    Map<String, ?> query =
        Map.of("phrase", Map.of("terms", "winter summer golden", "column", "text", "slop", 1));
    try (Database database = Lancelot.connect(dir.toString())) {
      Table table = database.createTable("t", rows);
      table.createIndex("text", Index.fts().withPosition(true));
      JsonNode theirs =
          oracle
              .call(
                  "search",
                  Map.of(
                      "lance",
                      Ours.folder(dir, "t"),
                      "queries",
                      List.of(query),
                      "limit",
                      10,
                      "filter",
                      "id >= 0"))
              .get("found")
              .get(0);
      List<Long> ids = new ArrayList<>();
      theirs.get("ids").forEach(id -> ids.add(id.asLong()));
      assertThat(ids).containsExactlyInAnyOrder(0L, 1L);
      assertThat(table.search(FullTextQuery.ofJson(query)).select("id").toMaps())
          .extracting(row -> row.get("id"))
          .containsExactlyInAnyOrder(0L, 1L, 2L);
    }
  }

  private void compare(
      Table table, Path dir, String name, List<Map<String, ?>> queries, String what)
      throws IOException {
    for (int limit : new int[] {10, 1_000_000}) {
      for (String filter : new String[] {"id >= 0", "id % 3 = 0"}) {
        JsonNode all =
            oracle
                .call(
                    "search",
                    Map.of(
                        "lance", Ours.folder(dir, name),
                        "queries", queries,
                        "limit", limit,
                        "filter", filter))
                .get("found");
        for (int i = 0; i < queries.size(); i++) {
          String at =
              what
                  + ", limit "
                  + limit
                  + ", "
                  + filter
                  + ", seed "
                  + seed
                  + ", query "
                  + JSON.writeValueAsString(queries.get(i));
          assertThat(all.get(i).has("error")).as("%s: %s", at, all.get(i)).isFalse();
          TextQuery search = table.search(FullTextQuery.ofJson(queries.get(i)));
          compare(search.where(filter).limit(limit), all.get(i), limit, at);
        }
      }
    }
  }

  private static void compare(TextQuery search, JsonNode expected, int limit, String at) {
    List<Map<String, @Nullable Object>> found = search.select("id").toMaps();
    assertThat(found).as(at).hasSize(expected.get("ids").size());
    Map<Long, Float> scores = new TreeMap<>();
    for (int i = 0; i < found.size(); i++) {
      float score = (Float) found.get(i).get("_score");
      double theirs = expected.get("scores").get(i).asDouble();
      assertThat((double) score).as(at).isCloseTo(theirs, within(1e-5 * Math.max(1, theirs)));
      scores.put((Long) found.get(i).get("id"), score);
    }
    if (found.size() < limit) {
      // Of rows with the same score any may be among the best; without a limit all are there.
      for (int i = 0; i < found.size(); i++) {
        double theirs = expected.get("scores").get(i).asDouble();
        Float ours = scores.get(expected.get("ids").get(i).asLong());
        assertThat(ours).as(at).isNotNull();
        assertThat((double) ours).as(at).isCloseTo(theirs, within(1e-5 * Math.max(1, theirs)));
      }
    }
  }

  private Map<String, ?> query(int depth) {
    int kind = random.nextInt(depth == 0 ? 6 : 10);
    return switch (kind) {
      case 0, 1 -> match(words(1 + random.nextInt(4)), "Or");
      case 2 -> match(words(1 + random.nextInt(3)), "And");
      case 3 -> fuzzy();
      case 4 -> phrase();
      case 5 ->
          Map.of(
              "multi_match",
              Map.of(
                  "query", words(1 + random.nextInt(3)),
                  "columns", List.of("title", "text"),
                  "boost", List.of(1 + random.nextInt(3), 1),
                  "operator", random.nextBoolean() ? "Or" : "And"));
      case 6, 7 ->
          Map.of(
              "boost",
              Map.of(
                  "positive", query(depth - 1),
                  "negative", query(depth - 1),
                  "negative_boost", random.nextInt(4) / 4.0));
      default ->
          Map.of(
              "boolean",
              Map.of(
                  "must", queries(random.nextInt(3), depth),
                  "should", queries(1 + random.nextInt(2), depth),
                  "must_not", queries(random.nextInt(2), depth)));
    };
  }

  private List<Map<String, ?>> queries(int count, int depth) {
    List<Map<String, ?>> queries = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      queries.add(query(depth - 1));
    }
    return queries;
  }

  private Map<String, ?> match(String words, String operator) {
    Map<String, Object> match = new LinkedHashMap<>();
    match.put("terms", words);
    match.put("column", column());
    match.put("operator", operator);
    if (random.nextInt(3) == 0) {
      match.put("boost", 0.5 + random.nextInt(4));
    }
    return Map.of("match", match);
  }

  private String misspelt(String word) {
    int at = random.nextInt(word.length());
    return word.substring(0, at) + (char) ('a' + random.nextInt(26)) + word.substring(at + 1);
  }

  /// Others are looked for by their stems here, and as they are there: decision 0007.
  private @Nullable String itsOwnToken(String word) {
    List<Analyzer.Token> tokens = analyzer.document(word);
    return tokens.size() == 1 && tokens.getFirst().text().equals(word) ? word : null;
  }

  /// A word that may differ by a letter or two.
  private Map<String, ?> fuzzy() {
    String wrong = once(() -> itsOwnToken(misspelt(once(() -> plain(word())))));
    Map<String, Object> match = new LinkedHashMap<>();
    match.put("terms", wrong);
    match.put("column", column());
    // Not by length: the real Lance takes null for none.
    match.put("fuzziness", 1 + random.nextInt(2));
    match.put("max_expansions", 1000);
    if (random.nextBoolean()) {
      match.put("prefix_length", random.nextInt(3));
    }
    return Map.of("match", match);
  }

  private Map<String, ?> phrase() {
    String[] words = texts.get(random.nextInt(texts.size()))[1].split(" ", -1);
    int from = random.nextInt(words.length);
    int to = Math.min(words.length, from + 1 + random.nextInt(4));
    String phrase = String.join(" ", Arrays.copyOfRange(words, from, to));
    String terms = worded(phrase);
    // With slop and three words or more the real Lance leaves matches out: decision 0007.
    int slop = analyzer.document(terms).size() <= 2 ? random.nextInt(3) : 0;
    return Map.of("phrase", Map.of("terms", terms, "column", "text", "slop", slop));
  }

  private String column() {
    return random.nextInt(4) == 0 ? "title" : "text";
  }

  /// A query of stop words only is one of the places where answers differ: decision 0007.
  private String words(int count) {
    StringBuilder words = new StringBuilder();
    for (int i = 0; i < count; i++) {
      words.append(word()).append(' ');
    }
    return worded(words.toString().strip());
  }

  private String worded(String words) {
    return Arrays.stream(words.split(" ", -1)).anyMatch(TextIndexTest::isPlain)
        ? words
        : words + " river";
  }

  private static boolean isPlain(String word) {
    return word.length() >= 5 && word.chars().allMatch(c -> c >= 'a' && c <= 'z');
  }

  private static @Nullable String plain(String word) {
    return isPlain(word) ? word : null;
  }

  private static String once(Supplier<@Nullable String> maker) {
    String made = maker.get();
    while (made == null) {
      made = maker.get();
    }
    return made;
  }

  private String word() {
    return once(() -> {
      String[] words = texts.get(random.nextInt(texts.size()))[1].split(" ", -1);
      String word = words[random.nextInt(words.length)];
      return word.isBlank() ? null : word;
    });
  }

  private List<String[]> texts() {
    String folder = System.getProperty("lancelot.compat.texts");
    return folder == null ? made() : stored(Path.of(folder));
  }

  private List<String[]> made() {
    List<String[]> made = new ArrayList<>();
    for (int i = 0; i < MADE; i++) {
      StringBuilder text = new StringBuilder();
      int words = 1 + random.nextInt(20);
      for (int w = 0; w < words; w++) {
        int word = (int) (WORDS.length * Math.pow(random.nextDouble(), 1.6));
        text.append(w == 0 ? "" : " ").append(WORDS[word]);
      }
      String title = WORDS[random.nextInt(WORDS.length)] + " " + WORDS[random.nextInt(12)];
      made.add(new String[] {i % 9 == 0 ? null : title, text.toString()});
    }
    return made;
  }

  private static List<String[]> stored(Path folder) {
    List<String[]> stored = new ArrayList<>();
    try (var files = Files.list(folder)) {
      Path file =
          files
              .filter(each -> each.toString().matches(".*(corpus|movies)\\.jsonl(\\.gz)?"))
              .findFirst()
              .orElseThrow();
      try (InputStream raw = Files.newInputStream(file);
          InputStream in = file.toString().endsWith(".gz") ? new GZIPInputStream(raw) : raw;
          BufferedReader lines =
              new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))) {
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
          JsonNode row = JSON.readTree(line);
          String title = row.path("title").asText("");
          String text = row.path("text").asText(row.path("extract").asText(title));
          stored.add(new String[] {title, text.toLowerCase(Locale.ROOT).strip()});
        }
      }
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
    return stored;
  }
}
