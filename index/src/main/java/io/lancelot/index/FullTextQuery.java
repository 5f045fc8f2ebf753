package io.lancelot.index;

import io.lancelot.base.InvalidInputException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// What a full-text search looks for. A column that is left out means all columns that have an
/// index.
public sealed interface FullTextQuery {

  /// Whether one of the words must be there, or all of them.
  enum Operator {
    OR,
    AND
  }

  /// Words.
  ///
  /// @param boost what scores are multiplied with
  /// @param fuzziness how many letters a word may differ by; empty for a number by its length
  /// @param maxExpansions words tried at the most for those that may differ
  /// @param prefixLength letters at the beginning that may not differ
  record Match(
      String terms,
      Optional<String> column,
      float boost,
      OptionalInt fuzziness,
      int maxExpansions,
      Operator operator,
      int prefixLength)
      implements FullTextQuery {

    public Match {
      requireFinite("boost", boost);
      if (maxExpansions < 0 || prefixLength < 0 || fuzziness.orElse(0) < 0) {
        throw new InvalidInputException(
            "match query: expected=fuzziness, max_expansions and prefix_length >= 0");
      }
    }

    public static Match of(String terms) {
      return new Match(
          terms, Optional.empty(), 1, OptionalInt.of(0), DEFAULT_EXPANSIONS, Operator.OR, 0);
    }

    public Match column(String name) {
      return new Match(
          terms, Optional.of(name), boost, fuzziness, maxExpansions, operator, prefixLength);
    }

    public Match boost(float factor) {
      return new Match(terms, column, factor, fuzziness, maxExpansions, operator, prefixLength);
    }

    public Match operator(Operator joined) {
      return new Match(terms, column, boost, fuzziness, maxExpansions, joined, prefixLength);
    }

    /// Words may differ by so many letters.
    public Match fuzziness(int letters) {
      return new Match(
          terms, column, boost, OptionalInt.of(letters), maxExpansions, operator, prefixLength);
    }

    /// Words may differ by a letter from three letters on, by two from six on.
    public Match autoFuzziness() {
      return new Match(
          terms, column, boost, OptionalInt.empty(), maxExpansions, operator, prefixLength);
    }

    public Match maxExpansions(int words) {
      return new Match(terms, column, boost, fuzziness, words, operator, prefixLength);
    }

    public Match prefixLength(int letters) {
      return new Match(terms, column, boost, fuzziness, maxExpansions, operator, letters);
    }
  }

  /// Words one after another.
  ///
  /// @param slop how many other words may stand between two of them
  record Phrase(String terms, Optional<String> column, int slop) implements FullTextQuery {
    public Phrase {
      if (slop < 0) {
        throw new InvalidInputException("phrase query: expected=slop >= 0, found=" + slop);
      }
    }

    public static Phrase of(String terms) {
      return new Phrase(terms, Optional.empty(), 0);
    }

    public Phrase column(String name) {
      return new Phrase(terms, Optional.of(name), slop);
    }

    public Phrase slop(int words) {
      return new Phrase(terms, column, words);
    }
  }

  /// The best of several.
  record MultiMatch(List<Match> matches) implements FullTextQuery {
    public MultiMatch {
      matches = List.copyOf(matches);
      if (matches.isEmpty()) {
        throw new InvalidInputException("multi-match query: expected=at least one column");
      }
    }

    public static MultiMatch of(String terms, List<String> columns) {
      return new MultiMatch(columns.stream().map(name -> Match.of(terms).column(name)).toList());
    }
  }

  /// What one finds, less a share of the score that another gives.
  record Boost(FullTextQuery positive, FullTextQuery negative, float negativeBoost)
      implements FullTextQuery {
    public Boost {
      requireFinite("negative_boost", negativeBoost);
    }
  }

  /// All of some, none of others; what else fits adds to the score, and one of those must fit if
  /// nothing must.
  record Bool(List<FullTextQuery> must, List<FullTextQuery> should, List<FullTextQuery> mustNot)
      implements FullTextQuery {
    public Bool {
      must = List.copyOf(must);
      should = List.copyOf(should);
      mustNot = List.copyOf(mustNot);
      if (must.isEmpty() && should.isEmpty()) {
        throw new InvalidInputException(
            "boolean query: expected=at least one clause that must or should hold");
      }
    }
  }

  int DEFAULT_EXPANSIONS = 50;

  private static void requireFinite(String name, float value) {
    if (!Float.isFinite(value)) {
      throw new InvalidInputException(name + ": expected=a finite number, found=" + value);
    }
  }

  /// The columns it names.
  default Set<String> columns() {
    Set<String> names = new TreeSet<>();
    collectColumns(names);
    return names;
  }

  private void collectColumns(Set<String> into) {
    switch (this) {
      case Match match -> match.column().ifPresent(into::add);
      case Phrase phrase -> phrase.column().ifPresent(into::add);
      case MultiMatch multi ->
          multi.matches().forEach(match -> match.column().ifPresent(into::add));
      case Boost boost -> {
        boost.positive().collectColumns(into);
        boost.negative().collectColumns(into);
      }
      case Bool bool -> {
        bool.must().forEach(query -> query.collectColumns(into));
        bool.should().forEach(query -> query.collectColumns(into));
        bool.mustNot().forEach(query -> query.collectColumns(into));
      }
    }
  }

  /// The words that it looks for, as a reader would say them.
  default String words() {
    return switch (this) {
      case Match match -> match.terms();
      case Phrase phrase -> phrase.terms();
      case MultiMatch multi -> multi.matches().getFirst().terms();
      case Boost boost -> boost.positive().words();
      case Bool bool ->
          Stream.concat(bool.must().stream(), bool.should().stream())
              .map(FullTextQuery::words)
              .distinct()
              .collect(Collectors.joining(" "));
    };
  }

  /// Whether some part of it names no column.
  default boolean lacksColumn() {
    return switch (this) {
      case Match match -> match.column().isEmpty();
      case Phrase phrase -> phrase.column().isEmpty();
      case MultiMatch multi -> multi.matches().stream().anyMatch(Match::lacksColumn);
      case Boost boost -> boost.positive().lacksColumn() || boost.negative().lacksColumn();
      case Bool bool ->
          bool.must().stream().anyMatch(FullTextQuery::lacksColumn)
              || bool.should().stream().anyMatch(FullTextQuery::lacksColumn)
              || bool.mustNot().stream().anyMatch(FullTextQuery::lacksColumn);
    };
  }

  /// The same with these columns where none is named.
  default FullTextQuery withColumns(List<String> columns) {
    return switch (this) {
      case Match match -> {
        List<Match> filled = filled(match, columns);
        yield filled.size() == 1 ? filled.getFirst() : new MultiMatch(filled);
      }
      case Phrase phrase -> {
        if (phrase.column().isPresent()) {
          yield phrase;
        }
        if (columns.size() == 1) {
          yield phrase.column(columns.getFirst());
        }
        List<FullTextQuery> each =
            columns.stream().map(name -> (FullTextQuery) phrase.column(name)).toList();
        yield new Bool(List.of(), each, List.of());
      }
      case MultiMatch multi ->
          new MultiMatch(
              multi.matches().stream().flatMap(match -> filled(match, columns).stream()).toList());
      case Boost boost ->
          new Boost(
              boost.positive().withColumns(columns),
              boost.negative().withColumns(columns),
              boost.negativeBoost());
      case Bool bool ->
          new Bool(
              bool.must().stream().map(query -> query.withColumns(columns)).toList(),
              bool.should().stream().map(query -> query.withColumns(columns)).toList(),
              bool.mustNot().stream().map(query -> query.withColumns(columns)).toList());
    };
  }

  private static List<Match> filled(Match match, List<String> columns) {
    return match.column().isPresent()
        ? List.of(match)
        : columns.stream().map(match::column).toList();
  }

  /// Reads the form of the wire protocol, parsed: `{"query": "words", "columns": ["text"]}`,
  /// `{"query": {"match": {"terms": "words"}}}`, `{"phrase": …}` and so on.
  ///
  /// @throws InvalidInputException if it is none
  static FullTextQuery ofJson(Map<?, ?> json) {
    if (json.get("string_query") instanceof Map<?, ?> inner) {
      return ofJson(inner);
    }
    if (json.get("structured_query") instanceof Map<?, ?> inner) {
      return ofJson(inner);
    }
    Object query = json.get("query");
    if (query instanceof Map<?, ?> node) {
      FullTextQuery read = node(node);
      List<String> columns = names(json.get("columns"));
      return columns.isEmpty() ? read : read.withColumns(columns);
    }
    if (query instanceof String words) {
      List<String> columns = names(json.get("columns"));
      Match match = Match.of(words);
      return switch (columns.size()) {
        case 0 -> match;
        case 1 -> match.column(columns.getFirst());
        default -> MultiMatch.of(words, columns);
      };
    }
    return node(json);
  }

  private static FullTextQuery node(Map<?, ?> json) {
    if (json.size() != 1) {
      throw new InvalidInputException(
          "full-text query: expected=one of match, phrase, multi_match, boost and boolean, found="
              + json.keySet());
    }
    Map.Entry<?, ?> only = json.entrySet().iterator().next();
    String kind = String.valueOf(only.getKey());
    if (!(only.getValue() instanceof Map<?, ?> body)) {
      throw new InvalidInputException(
          "full-text query: expected=an object, found="
              + only.getValue()
              + " (member="
              + kind
              + ")");
    }
    return switch (kind) {
      case "match" -> match(body);
      case "phrase" ->
          new Phrase(
              text(body, "terms"),
              column(body),
              body.get("slop") == null ? 0 : number(body, "slop").intValue());
      case "multi_match" -> multiMatch(body);
      case "boost" ->
          new Boost(
              child(body, "positive"),
              child(body, "negative"),
              body.get("negative_boost") == null
                  ? 0.5f
                  : number(body, "negative_boost").floatValue());
      case "boolean" ->
          new Bool(children(body, "must"), children(body, "should"), children(body, "must_not"));
      default ->
          throw new InvalidInputException(
              "full-text query: expected=one of match, phrase, multi_match, boost and boolean,"
                  + " found="
                  + kind);
    };
  }

  private static Match match(Map<?, ?> body) {
    if (body.get("document_granularity") != null
        && !"row".equals(body.get("document_granularity"))) {
      throw new io.lancelot.base.UnsupportedFeatureException(
          "document_granularity=" + body.get("document_granularity") + " is not built yet");
    }
    Match match =
        new Match(
            text(body, body.get("terms") == null && body.get("query") != null ? "query" : "terms"),
            column(body),
            body.get("boost") == null ? 1 : number(body, "boost").floatValue(),
            !body.containsKey("fuzziness")
                ? OptionalInt.of(0)
                : body.get("fuzziness") == null
                    ? OptionalInt.empty()
                    : OptionalInt.of(number(body, "fuzziness").intValue()),
            body.get("max_expansions") == null
                ? DEFAULT_EXPANSIONS
                : number(body, "max_expansions").intValue(),
            operator(body.get("operator")),
            body.get("prefix_length") == null ? 0 : number(body, "prefix_length").intValue());
    return match;
  }

  private static FullTextQuery multiMatch(Map<?, ?> body) {
    if (body.get("match_queries") instanceof List<?> list) {
      List<Match> matches = new ArrayList<>();
      for (Object each : list) {
        if (each instanceof Map<?, ?> map) {
          matches.add(match(map.get("match") instanceof Map<?, ?> inner ? inner : map));
        }
      }
      return new MultiMatch(matches);
    }
    String words = text(body, body.get("query") == null ? "terms" : "query");
    List<String> columns = names(body.get("columns"));
    List<?> boosts =
        body.get("boost") instanceof List<?> list
            ? list
            : body.get("boosts") instanceof List<?> more ? more : List.of();
    if (!boosts.isEmpty() && boosts.size() != columns.size()) {
      throw new InvalidInputException(
          "multi_match: expected=a boost for each of "
              + columns.size()
              + " columns, found="
              + boosts.size());
    }
    Operator operator = operator(body.get("operator"));
    if (columns.isEmpty()) {
      return Match.of(words).operator(operator);
    }
    List<Match> matches = new ArrayList<>();
    for (int i = 0; i < columns.size(); i++) {
      Match match = Match.of(words).column(columns.get(i)).operator(operator);
      matches.add(
          boosts.isEmpty() || !(boosts.get(i) instanceof Number boost)
              ? match
              : match.boost(boost.floatValue()));
    }
    return new MultiMatch(matches);
  }

  private static Operator operator(@Nullable Object value) {
    if (value == null) {
      return Operator.OR;
    }
    return switch (value.toString().toUpperCase(java.util.Locale.ROOT)) {
      case "OR" -> Operator.OR;
      case "AND" -> Operator.AND;
      default -> throw new InvalidInputException("operator: expected=Or or And, found=" + value);
    };
  }

  private static Optional<String> column(Map<?, ?> body) {
    return body.get("column") == null
        ? Optional.empty()
        : Optional.of(String.valueOf(body.get("column")));
  }

  private static String text(Map<?, ?> body, String name) {
    if (body.get(name) instanceof String text) {
      return text;
    }
    throw new InvalidInputException(
        "full-text query: expected=text as " + name + ", found=" + body.get(name));
  }

  private static Number number(Map<?, ?> body, String name) {
    if (body.get(name) instanceof Number number) {
      return number;
    }
    throw new InvalidInputException(
        "full-text query: expected=a number as " + name + ", found=" + body.get(name));
  }

  private static FullTextQuery child(Map<?, ?> body, String name) {
    if (body.get(name) instanceof Map<?, ?> node) {
      return node(node);
    }
    throw new InvalidInputException(
        "full-text query: expected=a query as " + name + ", found=" + body.get(name));
  }

  private static List<FullTextQuery> children(Map<?, ?> body, String name) {
    Object value = body.get(name);
    List<FullTextQuery> queries = new ArrayList<>();
    if (value instanceof List<?> list) {
      for (Object each : list) {
        if (!(each instanceof Map<?, ?> node)) {
          throw new InvalidInputException(
              "full-text query: expected=queries as " + name + ", found=" + each);
        }
        queries.add(node(node));
      }
    }
    return queries;
  }

  private static List<String> names(@Nullable Object value) {
    return switch (value) {
      case null -> List.of();
      case String name -> List.of(name);
      case List<?> list -> list.stream().map(String::valueOf).toList();
      default ->
          throw new InvalidInputException(
              "full-text query: expected=names of columns, found=" + value);
    };
  }
}
