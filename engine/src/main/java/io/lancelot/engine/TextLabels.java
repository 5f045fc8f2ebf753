package io.lancelot.engine;

import io.lancelot.index.FullTextQuery;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/// Text queries as plans show them.
final class TextLabels {

  private TextLabels() {}

  static String of(FullTextQuery query) {
    return switch (query) {
      case FullTextQuery.Match match ->
          "MatchQuery: " + column(match.column()) + "query=[" + match.terms() + "]";
      case FullTextQuery.Phrase phrase ->
          "PhraseQuery: " + column(phrase.column()) + "query=[" + phrase.terms() + "]";
      case FullTextQuery.MultiMatch multi -> "MultiMatchQuery: " + of(List.copyOf(multi.matches()));
      case FullTextQuery.Boost boost ->
          "BoostQuery: positive=("
              + of(boost.positive())
              + "), negative=("
              + of(boost.negative())
              + "), negative_boost="
              + boost.negativeBoost();
      case FullTextQuery.Bool bool ->
          "BooleanQuery: must="
              + of(bool.must())
              + ", should="
              + of(bool.should())
              + ", must_not="
              + of(bool.mustNot());
    };
  }

  private static String of(List<FullTextQuery> queries) {
    return queries.stream().map(TextLabels::of).collect(Collectors.joining("; ", "[", "]"));
  }

  private static String column(Optional<String> name) {
    return name.map(column -> "column=" + column + ", ").orElse("");
  }
}
