package io.lancelot.server;

import io.lancelot.Distance;
import io.lancelot.QueryBuilder;
import io.lancelot.Table;
import io.lancelot.VectorQuery;
import io.lancelot.base.InvalidInputException;
import io.lancelot.base.UnsupportedFeatureException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/// The body of a query as a query of the SDK. Reads the forms of both dialects: they differ in
/// `vector`, `columns` and `full_text_query`.
final class QueryBody {

  private QueryBody() {}

  static QueryBuilder<?> toQuery(Table table, Map<String, Object> body) {
    if (present(body, "full_text_query").isPresent()) {
      throw new UnsupportedFeatureException("full_text_query is not built yet");
    }
    if (present(body, "order_by").isPresent()) {
      throw new UnsupportedFeatureException("order_by is not built yet");
    }
    List<double[]> vectors = vectors(body.get("vector"));
    QueryBuilder<?> query = vectors.isEmpty() ? table.query() : vectorQuery(table, vectors, body);
    text(body, "filter").filter(filter -> !filter.isBlank()).ifPresent(query::where);
    number(body, "k").ifPresent(query::limit);
    number(body, "offset").ifPresent(query::offset);
    if (Boolean.TRUE.equals(body.get("with_row_id"))) {
      query.withRowId();
    }
    select(query, body.get("columns"));
    return query;
  }

  private static VectorQuery vectorQuery(
      Table table, List<double[]> vectors, Map<String, Object> body) {
    VectorQuery query =
        vectors.size() == 1 ? table.search(vectors.getFirst()) : table.searchAllDoubles(vectors);
    text(body, "distance_type").ifPresent(name -> query.distanceType(distance(name)));
    text(body, "vector_column").ifPresent(query::column);
    if (Boolean.FALSE.equals(body.get("prefilter"))) {
      query.postfilter();
    }
    Object lower = body.get("lower_bound");
    Object upper = body.get("upper_bound");
    if (lower != null || upper != null) {
      query.distanceRange(
          lower == null ? Float.NEGATIVE_INFINITY : real(lower, "lower_bound"),
          upper == null ? Float.POSITIVE_INFINITY : real(upper, "upper_bound"));
    }
    return query;
  }

  static Distance distance(String name) {
    try {
      return Distance.valueOf(name.toUpperCase(Locale.ROOT));
    } catch (IllegalArgumentException e) {
      throw new InvalidInputException(
          "distance type: expected one of l2, cosine, dot, hamming, found=" + name, e);
    }
  }

  private static void select(QueryBuilder<?> query, @Nullable Object columns) {
    switch (columns) {
      case null -> {}
      case List<?> names -> query.select(names.stream().map(String::valueOf).toList());
      case Map<?, ?> form
          when form.get("column_names") instanceof List<?>
              || form.get("column_aliases") instanceof Map<?, ?> -> {
        if (form.get("column_names") instanceof List<?> names) {
          query.select(names.stream().map(String::valueOf).toList());
        }
        if (form.get("column_aliases") instanceof Map<?, ?> aliases) {
          aliases(query, aliases);
        }
      }
      case Map<?, ?> aliases -> aliases(query, aliases);
      case Object other ->
          throw new InvalidInputException("columns: expected=an array of names, found=" + other);
    }
  }

  private static void aliases(QueryBuilder<?> query, Map<?, ?> aliases) {
    aliases.forEach(
        (name, expression) -> query.selectAs(String.valueOf(name), String.valueOf(expression)));
  }

  /// One or several query vectors; none for a plain scan.
  private static List<double[]> vectors(@Nullable Object value) {
    return switch (value) {
      case null -> List.of();
      case Map<?, ?> form -> {
        List<double[]> single = vectors(form.get("single_vector"));
        yield single.isEmpty() ? vectors(form.get("multi_vector")) : single;
      }
      case List<?> list when list.isEmpty() -> List.of();
      case List<?> list when list.getFirst() instanceof List -> {
        List<double[]> vectors = new ArrayList<>();
        for (Object one : list) {
          if (!(one instanceof List<?> numbers)) {
            throw new InvalidInputException("vector: expected=arrays of numbers, found=" + one);
          }
          vectors.add(vector(numbers));
        }
        yield vectors;
      }
      case List<?> numbers -> List.of(vector(numbers));
      case Object other ->
          throw new InvalidInputException("vector: expected=an array of numbers, found=" + other);
    };
  }

  private static double[] vector(List<?> numbers) {
    double[] vector = new double[numbers.size()];
    for (int i = 0; i < vector.length; i++) {
      if (!(numbers.get(i) instanceof Number number)) {
        throw new InvalidInputException("vector: expected=numbers, found=" + numbers.get(i));
      }
      vector[i] = number.doubleValue();
    }
    return vector;
  }

  static Optional<Object> present(Map<String, Object> body, String name) {
    Object value = body.get(name);
    return value instanceof List<?> list && list.isEmpty()
        ? Optional.empty()
        : Optional.ofNullable(value);
  }

  static Optional<String> text(Map<String, Object> body, String name) {
    return switch (body.get(name)) {
      case null -> Optional.empty();
      case String text -> Optional.of(text);
      case Object other ->
          throw new InvalidInputException(name + ": expected=text, found=" + other);
    };
  }

  /// A whole number from 0 to 2^63 - 1, which stands for "no limit".
  static OptionalLong number(Map<String, Object> body, String name) {
    return switch (body.get(name)) {
      case null -> OptionalLong.empty();
      case Integer value when value >= 0 -> OptionalLong.of(value);
      case Long value when value >= 0 -> OptionalLong.of(value);
      case Object other ->
          throw new InvalidInputException(
              name + ": expected=a whole number of at least 0, found=" + other);
    };
  }

  private static float real(Object value, String name) {
    if (value instanceof Number number) {
      return number.floatValue();
    }
    throw new InvalidInputException(name + ": expected=a number, found=" + value);
  }
}
