package io.lancelot.bench;

import io.lancelot.base.InvalidInputException;
import io.lancelot.columnar.Batch;
import io.lancelot.columnar.Column;
import io.lancelot.columnar.ColumnBuilder;
import io.lancelot.columnar.Field;
import io.lancelot.columnar.Schema;
import io.lancelot.columnar.Types;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;

/// Texts, and what to look for in them.
final class TextCorpus {

  private static final int QUESTIONS = 60;
  private static final int VOCABULARY = 100_000;

  /// A question with the rows that people judged to answer it.
  record Judged(String words, Map<Integer, Integer> gains) {}

  private final String name;
  private final List<String> texts;
  private final List<Judged> judged;

  /// Of each text, and of questions; empty where there are none.
  private final Optional<Folders.Embedded> embedded;

  private final SplittableRandom random;

  private TextCorpus(
      String name,
      List<String> texts,
      List<Judged> judged,
      Optional<Folders.Embedded> embedded,
      long seed) {
    this.name = name;
    this.texts = texts;
    this.judged = judged;
    this.embedded = embedded;
    this.random = new SplittableRandom(seed);
  }

  String name() {
    return name;
  }

  List<String> texts() {
    return texts;
  }

  /// Questions with judgements; empty where there are none.
  List<Judged> judged() {
    return judged;
  }

  /// The vectors that lie beside the texts, each question's with three words to look for.
  Optional<TextVectors> vectors() {
    return embedded.map(found -> {
      List<String> words = questions(TextWork.OR).stream().map(TextWork.Question::words).toList();
      int count = Math.min(words.size(), found.questions().length);
      return new TextVectors(
          found.rows(), words.subList(0, count), Arrays.copyOf(found.questions(), count));
    });
  }

  /// Documents of words whose frequency falls as one over their rank.
  static TextCorpus made(int rows, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    double[] upTo = new double[VOCABULARY];
    double sum = 0;
    for (int i = 0; i < VOCABULARY; i++) {
      sum += 1.0 / (i + 10);
      upTo[i] = sum;
    }
    List<String> texts = new ArrayList<>();
    for (int row = 0; row < rows; row++) {
      StringBuilder text = new StringBuilder();
      int words = 8 + random.nextInt(25);
      for (int i = 0; i < words; i++) {
        int at = Arrays.binarySearch(upTo, random.nextDouble(sum));
        text.append(word(Math.min(VOCABULARY - 1, at < 0 ? -at - 1 : at))).append(' ');
      }
      texts.add(text.toString().strip());
    }
    return new TextCorpus("zipf-" + rows, texts, List.of(), Optional.empty(), seed);
  }

  private static String word(int number) {
    StringBuilder word = new StringBuilder();
    String vowels = "aeiou";
    String consonants = "bcdfgklmnprtvz";
    for (int left = number + 11; left > 0; left /= 70) {
      word.append(consonants.charAt(left % 70 % 14)).append(vowels.charAt(left % 70 / 14));
    }
    return word.toString();
  }

  /// Reads a folder: all texts of each row of `*.jsonl`, with `queries.jsonl` and `qrels.tsv` where
  /// they are.
  static TextCorpus read(Folders.Place place, long seed) {
    try {
      List<Map<String, Object>> rows = Folders.rows(place.path());
      List<String> texts = new ArrayList<>();
      Map<String, Integer> places = new HashMap<>();
      for (Map<String, Object> row : rows) {
        Object id = row.getOrDefault("_id", row.get("id"));
        places.put(String.valueOf(id), texts.size());
        StringBuilder text = new StringBuilder();
        row.forEach((key, value) -> {
          if (value instanceof String words && !key.endsWith("id") && !words.startsWith("http")) {
            text.append(words).append(' ');
          }
        });
        texts.add(text.toString().strip());
      }
      return new TextCorpus(
          place.name(),
          texts,
          judged(place.path(), places),
          Folders.embedded(place, places, texts.size()),
          seed);
    } catch (IOException e) {
      throw new InvalidInputException("cannot read texts (path=" + place.path() + ")", e);
    }
  }

  private static List<Judged> judged(Path texts, Map<String, Integer> places) throws IOException {
    Path questions = texts.resolveSibling("queries.jsonl");
    Path judgements = texts.resolveSibling("qrels.tsv");
    if (!Files.exists(questions) || !Files.exists(judgements)) {
      return List.of();
    }
    Map<String, Map<Integer, Integer>> gains = new LinkedHashMap<>();
    for (String line : Files.readAllLines(judgements)) {
      List<String> parts = List.of(line.split("\t", -1));
      Integer place = parts.size() == 3 ? places.get(parts.get(1)) : null;
      if (place != null) {
        gains
            .computeIfAbsent(parts.getFirst(), _ -> new HashMap<>())
            .put(place, Integer.parseInt(parts.get(2)));
      }
    }
    List<Judged> judged = new ArrayList<>();
    for (Map<String, Object> question : Folders.rows(questions)) {
      Map<Integer, Integer> known = gains.get(String.valueOf(question.get("_id")));
      if (known != null) {
        judged.add(new Judged(String.valueOf(question.get("text")), known));
      }
    }
    return judged;
  }

  /// The rows as every system gets them: `id`, `bucket` and `text`.
  DataSet rows() {
    Schema schema =
        Schema.of(
            Field.nullable("id", Types.INT64),
            Field.nullable("bucket", Types.INT32),
            Field.nullable("text", Types.UTF8));
    Arena arena = Arena.ofShared();
    List<Batch> batches = new ArrayList<>();
    for (int first = 0; first < texts.size(); first += DataSet.BATCH_ROWS) {
      int count = Math.min(DataSet.BATCH_ROWS, texts.size() - first);
      List<ColumnBuilder> builders =
          schema.fields().stream().map(field -> ColumnBuilder.of(field.type(), arena)).toList();
      for (int row = first; row < first + count; row++) {
        builders.get(0).append((long) row);
        builders.get(1).append(row % 100);
        builders.get(2).append(texts.get(row));
      }
      List<Column> columns = builders.stream().map(ColumnBuilder::build).toList();
      batches.add(new Batch(schema, count, columns));
    }
    return new DataSet(name, arena, schema, batches, Optional.empty());
  }

  /// Questions of a kind, made of words of random rows.
  List<TextWork.Question> questions(TextWork work) {
    List<TextWork.Question> questions = new ArrayList<>();
    while (questions.size() < QUESTIONS) {
      question(work).ifPresent(words -> questions.add(new TextWork.Question(work, words)));
    }
    return questions;
  }

  private Optional<String> question(TextWork work) {
    return switch (work) {
      case TERM -> some(1, true);
      case OR, BOOLEAN -> some(3, false);
      case AND -> some(3, true);
      case PHRASE -> {
        String[] words = words(random.nextInt(texts.size()));
        int at = words.length < 2 ? 0 : random.nextInt(words.length - 1);
        yield words.length >= 2 && plain(words[at]) && plain(words[at + 1])
            ? Optional.of(words[at] + " " + words[at + 1])
            : Optional.empty();
      }
      case FUZZY, PREFIX -> some(1, true).filter(word -> word.length() >= 6).map(this::misspelt);
    };
  }

  /// Words of one row, or each of another.
  private Optional<String> some(int count, boolean ofOneRow) {
    Set<String> chosen = new HashSet<>();
    int row = random.nextInt(texts.size());
    for (int i = 0; i < 4 * count && chosen.size() < count; i++) {
      String[] words = words(ofOneRow ? row : random.nextInt(texts.size()));
      String word = words[random.nextInt(words.length)];
      if (plain(word)) {
        chosen.add(word);
      }
    }
    return chosen.size() == count ? Optional.of(String.join(" ", chosen)) : Optional.empty();
  }

  private String[] words(int row) {
    return texts.get(row).split(" ", -1);
  }

  private static boolean plain(String word) {
    return word.length() >= 4 && word.chars().allMatch(c -> c >= 'a' && c <= 'z');
  }

  private String misspelt(String word) {
    int at = 3 + random.nextInt(word.length() - 3);
    return word.substring(0, at) + (char) ('a' + random.nextInt(26)) + word.substring(at + 1);
  }
}
