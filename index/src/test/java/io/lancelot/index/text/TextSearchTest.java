package io.lancelot.index.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.lancelot.index.FullTextQuery;
import io.lancelot.index.IndexSpec;
import io.lancelot.index.TextHits;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.LongPredicate;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TextSearchTest {

  private static final long SEED = Long.getLong("lancelot.seed", System.nanoTime());

  private static TextParams params(String... settings) {
    Map<String, String> map = new HashMap<>();
    for (int i = 0; i < settings.length; i += 2) {
      map.put(settings[i], settings[i + 1]);
    }
    return TextParams.of(new IndexSpec("FTS", map));
  }

  private static List<String> tokens(TextParams params, String text) {
    return new Analyzer(params).document(text).stream().map(Analyzer.Token::text).toList();
  }

  private static InvertedIndex index(TextParams params, List<String> texts) {
    return index(params, texts, Partition.ROOM);
  }

  private static InvertedIndex index(TextParams params, List<String> texts, long room) {
    PartitionBuilder builder = new PartitionBuilder(true);
    Analyzer analyzer = new Analyzer(params);
    for (int i = 0; i < texts.size(); i++) {
      builder.addText(analyzer, texts.get(i));
      builder.endDocument(i);
    }
    return new InvertedIndex(params, Partition.of(builder, PostingFormat.of(params), room));
  }

  private static TextHits search(InvertedIndex index, FullTextQuery query, int k) {
    return new TextSearch(
            Map.of("t", List.of(new TextSearch.Part(index, row -> true, Optional.empty()))))
        .search(query.withColumns(List.of("t")), k);
  }

  @Test
  void cutsTextAsTheRealLanceDoes() {
    TextParams simple = params("base_tokenizer", "simple");
    assertThat(tokens(simple, "The quick-brown FOXES café résumé naïve running generously"))
        .containsExactly("quick", "brown", "fox", "cafe", "resume", "naiv", "run", "generous");
    assertThat(tokens(simple, "x".repeat(40))).isEmpty();
    assertThat(tokens(simple, "y".repeat(39))).hasSize(1);
    assertThat(tokens(params("base_tokenizer", "ngram"), "abcd")).containsExactly("abc", "bcd");
    assertThat(tokens(params("base_tokenizer", "icu/split"), "foo_bar__baz-alpha.beta"))
        .containsExactly("foo", "bar", "baz", "alpha", "beta");
    assertThat(
            tokens(
                params(
                    "base_tokenizer", "code", "split_identifiers", "true", "lower_case", "false"),
                "parseHTML2JSON"))
        .containsExactly("parseHTML2JSON", "parse", "HTML", "2", "JSON");
  }

  /// The real Lance looks for each token at each place once: words that come again count again,
  /// windows of letters, which all stand at one place, do not.
  @Test
  void countsRepeatedWordsButNotRepeatedWindows() {
    List<String> rows = List.of("list lisp", "lisp machines", "other words");
    InvertedIndex words = index(params("base_tokenizer", "simple", "stem", "false"), rows);
    float once = search(words, FullTextQuery.Match.of("machines"), 1).scores()[0];
    float twice = search(words, FullTextQuery.Match.of("machines machines"), 1).scores()[0];
    assertThat(twice).isEqualTo(2 * once);

    InvertedIndex windows = index(params("base_tokenizer", "ngram"), rows);
    float one = search(windows, FullTextQuery.Match.of("machines"), 1).scores()[0];
    float two = search(windows, FullTextQuery.Match.of("machinesmachines"), 1).scores()[0];
    assertThat(two).isCloseTo(one, within(1e-5f));
  }

  /// lancedb#2168, xagent#2421: Chinese, Japanese and Korean words are found without a dictionary.
  @Test
  void findsWordsOfScriptsWithoutSpaces() {
    InvertedIndex index =
        index(params(), List.of("北京大学是中国的大学", "東京都は日本の首都です", "서울은 대한민국의 수도이다", "ERP审批流程"));
    Map<String, Long> wanted = Map.of("大学", 0L, "首都", 1L, "대한민국의", 2L, "ERP", 3L, "审批", 3L);
    wanted.forEach((word, row) ->
        assertThat(search(index, FullTextQuery.Match.of(word), 5).rows()).contains(row));
  }

  /// xagent#2421: each word's beginnings are indexed, not only those of the text.
  @Test
  void findsBeginningsOfEachWord() {
    InvertedIndex index =
        index(
            params("base_tokenizer", "ngram", "prefix_only", "true", "max_ngram_length", "8"),
            List.of("major incident report"));
    assertThat(search(index, FullTextQuery.Match.of("inciden"), 5).size()).isEqualTo(1);
  }

  /// xagent#2436, elasticsearch#9866: a clause of stop words only plays no role.
  @Test
  void ignoresClausesWithoutWords() {
    InvertedIndex index = index(params(), List.of("the fox", "the dog"));
    FullTextQuery the = FullTextQuery.Match.of("the");
    FullTextQuery fox = FullTextQuery.Match.of("fox");
    assertThat(
            search(index, new FullTextQuery.Bool(List.of(the, fox), List.of(), List.of()), 5)
                .rows())
        .containsExactly(0);
    assertThat(search(index, the, 5).size()).isZero();
  }

  /// lance PR#4986: pruned searches find what exhaustive scoring finds.
  @ParameterizedTest
  @ValueSource(longs = {0, 20_000, 1 << 30})
  void findsTheBestAsScoringAllDoes(long room) {
    Random random = new Random(SEED);
    List<String> texts = texts(random);
    InvertedIndex index = index(params("base_tokenizer", "simple"), texts, room);
    for (int round = 0; round < 40; round++) {
      List<String> words = new ArrayList<>();
      for (int w = random.nextInt(4); w >= 0; w--) {
        words.add("word" + random.nextInt(40) + "x");
      }
      FullTextQuery.Operator operator =
          random.nextBoolean() ? FullTextQuery.Operator.OR : FullTextQuery.Operator.AND;
      TextHits hits =
          search(index, FullTextQuery.Match.of(String.join(" ", words)).operator(operator), 10);
      TreeMap<Long, Double> expected = scores(texts, words, operator == FullTextQuery.Operator.AND);
      List<Double> best =
          expected.values().stream().sorted((a, b) -> Double.compare(b, a)).limit(10).toList();
      assertThat(hits.size()).as("seed=%d %s %s", SEED, operator, words).isEqualTo(best.size());
      for (int i = 0; i < best.size(); i++) {
        assertThat((double) hits.scores()[i])
            .as("seed=%d %s %s", SEED, operator, words)
            .isCloseTo(best.get(i), within(1e-4));
        assertThat(expected.get(hits.rows()[i])).isCloseTo(best.get(i), within(1e-4));
      }
    }
  }

  private static List<String> texts(Random random) {
    List<String> texts = new ArrayList<>();
    for (int i = 0; i < 3000; i++) {
      StringBuilder text = new StringBuilder();
      for (int w = random.nextInt(30); w >= 0; w--) {
        text.append("word").append((int) Math.abs(random.nextGaussian() * 12)).append("x ");
      }
      texts.add(text.toString());
    }
    return texts;
  }

  /// A query, and what it must find.
  private record Asked(FullTextQuery query, TreeMap<Long, Double> scores) {

    static Asked random(Random random, List<String> texts, int depth) {
      int kind = depth == 0 ? random.nextInt(2) : random.nextInt(4);
      if (kind < 2) {
        List<String> words = new ArrayList<>();
        for (int w = random.nextInt(3); w >= 0; w--) {
          words.add("word" + random.nextInt(40) + "x");
        }
        FullTextQuery.Operator operator =
            kind == 0 ? FullTextQuery.Operator.OR : FullTextQuery.Operator.AND;
        return new Asked(
            FullTextQuery.Match.of(String.join(" ", words)).operator(operator),
            TextSearchTest.scores(texts, words, kind == 1));
      }
      if (kind == 2) {
        Asked positive = random(random, texts, depth - 1);
        Asked negative = random(random, texts, depth - 1);
        TreeMap<Long, Double> scores = new TreeMap<>(positive.scores);
        scores.replaceAll((row, score) -> score - 0.5 * negative.scores.getOrDefault(row, 0.0));
        return new Asked(new FullTextQuery.Boost(positive.query, negative.query, 0.5f), scores);
      }
      List<Asked> must = several(random, texts, depth, random.nextInt(3));
      List<Asked> should =
          several(random, texts, depth, random.nextInt(3) + (must.isEmpty() ? 1 : 0));
      List<Asked> mustNot = several(random, texts, depth, random.nextInt(2));
      TreeMap<Long, Double> scores = new TreeMap<>();
      for (long row = 0; row < texts.size(); row++) {
        long at = row;
        boolean in =
            must.isEmpty()
                ? should.stream().anyMatch(each -> each.scores.containsKey(at))
                : must.stream().allMatch(each -> each.scores.containsKey(at));
        if (in && mustNot.stream().noneMatch(each -> each.scores.containsKey(at))) {
          double score = 0;
          for (Asked each : must) {
            score += each.scores.get(row);
          }
          for (Asked each : should) {
            score += each.scores.getOrDefault(row, 0.0);
          }
          scores.put(row, score);
        }
      }
      return new Asked(
          new FullTextQuery.Bool(queries(must), queries(should), queries(mustNot)), scores);
    }

    private static List<Asked> several(Random random, List<String> texts, int depth, int count) {
      List<Asked> all = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        all.add(random(random, texts, depth - 1));
      }
      return all;
    }

    private static List<FullTextQuery> queries(List<Asked> all) {
      return all.stream().map(Asked::query).toList();
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 20_000, 1 << 30})
  void findsTheBestOfJoinedQueriesWithAndWithoutFilter(long room) {
    Random random = new Random(SEED);
    List<String> texts = texts(random);
    InvertedIndex index = index(params("base_tokenizer", "simple"), texts, room);
    for (int round = 0; round < 50; round++) {
      Asked asked = Asked.random(random, texts, 2);
      long step = List.of(1L, 3L, 50L).get(random.nextInt(3));
      Optional<long[]> few =
          step == 1
              ? Optional.empty()
              : Optional.of(
                  LongStream.range(0, texts.size()).filter(row -> row % step == 0).toArray());
      // Rows may pass the filter while what the index knows of them is out of date.
      long outdated = random.nextInt(3);
      LongPredicate allowed = row -> row % step == 0 && (outdated == 0 || row % 7 != outdated);
      TextHits hits =
          new TextSearch(Map.of("t", List.of(new TextSearch.Part(index, allowed, few))))
              .search(asked.query.withColumns(List.of("t")), 10);
      asked.scores.keySet().removeIf(row -> !allowed.test(row));
      List<Double> best =
          asked.scores.values().stream().sorted((a, b) -> Double.compare(b, a)).limit(10).toList();
      String as = "seed=" + SEED + " round=" + round + " step=" + step + " " + asked.query;
      assertThat(hits.size()).as(as).isEqualTo(best.size());
      for (int i = 0; i < best.size(); i++) {
        assertThat((double) hits.scores()[i]).as(as).isCloseTo(best.get(i), within(1e-4));
        assertThat(asked.scores.get(hits.rows()[i])).as(as).isCloseTo(best.get(i), within(1e-4));
      }
    }
  }

  private static TreeMap<Long, Double> scores(List<String> texts, List<String> words, boolean all) {
    double total = texts.stream().mapToInt(text -> text.split(" ").length).sum();
    Map<String, Double> counts = new HashMap<>();
    for (String word : words) {
      counts.put(
          word, (double) texts.stream().filter(t -> (" " + t).contains(" " + word + " ")).count());
    }
    TreeMap<Long, Double> scores = new TreeMap<>();
    for (int i = 0; i < texts.size(); i++) {
      List<String> tokens = List.of(texts.get(i).split(" "));
      double score = 0;
      boolean every = true;
      for (String word : words) {
        double n = counts.get(word);
        double f = tokens.stream().filter(word::equals).count();
        every &= f > 0;
        score +=
            Math.log((texts.size() - n + 0.5) / (n + 0.5) + 1)
                * 2.2
                * f
                / (f + 1.2 * (0.25 + 0.75 * tokens.size() / (total / texts.size())));
      }
      if (score > 0 && (!all || every)) {
        scores.put((long) i, score);
      }
    }
    return scores;
  }

  @Test
  void findsPhrases() {
    InvertedIndex index =
        index(
            params("stem", "false"),
            List.of(
                "apple banana cherry", "banana apple", "apple cherry banana", "x apple banana"));
    assertThat(search(index, FullTextQuery.Phrase.of("apple banana"), 9).rows())
        .containsExactlyInAnyOrder(0, 3);
    assertThat(search(index, FullTextQuery.Phrase.of("apple banana").slop(1), 9).rows())
        .containsExactlyInAnyOrder(0, 2, 3);
  }

  @Test
  void findsWordsThatDifferByLetters() {
    InvertedIndex index =
        index(params("stem", "false"), List.of("apple", "apples", "applet", "maple", "grape"));
    assertThat(search(index, FullTextQuery.Match.of("apple").fuzziness(1), 9).rows())
        .containsExactlyInAnyOrder(0, 1, 2);
    assertThat(search(index, FullTextQuery.Match.of("aple").autoFuzziness(), 9).rows())
        .containsExactlyInAnyOrder(0, 3);
  }

  @Test
  void findsNothingByAWordThatNothingIsNearTo() {
    InvertedIndex index = index(params("stem", "false"), List.of("apple grape", "apple"));
    FullTextQuery unknown = FullTextQuery.Match.of("zzzzzz").fuzziness(1);
    FullTextQuery apple = FullTextQuery.Match.of("apple");
    assertThat(
            search(index, new FullTextQuery.Bool(List.of(unknown, apple), List.of(), List.of()), 9)
                .rows())
        .isEmpty();
    assertThat(
            search(index, new FullTextQuery.Bool(List.of(apple), List.of(unknown), List.of()), 9)
                .rows())
        .hasSize(2);
    assertThat(
            search(
                    index,
                    FullTextQuery.Match.of("aple zzzzzz")
                        .fuzziness(1)
                        .operator(FullTextQuery.Operator.AND),
                    9)
                .rows())
        .isEmpty();
  }
}
