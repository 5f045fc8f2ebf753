package io.lancelot;

import io.lancelot.base.InvalidInputException;
import io.lancelot.index.FullTextQuery;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/// The body of the wire protocol's `query` operation, parsed from JSON into maps and lists, as a
/// query. Reads the forms of both dialects: Cloud and Namespace differ in `vector`, `columns` and
/// `full_text_query`.
public final class QueryRequest {

  private QueryRequest() {}

  /// The query that a request describes. Members that say where to look (`version`, `branch`, `id`)
  /// are the caller's business.
  ///
  /// @throws InvalidInputException if a member makes no sense
  public static QueryBuilder<?> toQuery(Table table, Map<?, ?> request) {
    List<double[]> vectors = vectors(request.get("vector"));
    Object text = request.get("full_text_query");
    QueryBuilder<?> query =
        text != null
            ? textQuery(table, vectors, text, request)
            : vectors.isEmpty() ? table.query() : vectorQuery(table, vectors, request);
    text(request, "filter").filter(filter -> !filter.isBlank()).ifPresent(query::where);
    long offset = number(request, "offset").orElse(0);
    OptionalLong limit = number(request, request.get("k") != null ? "k" : "limit");
    if (limit.isPresent()) {
      // 2^63 - 1 stands for "no limit", and shall still be one with the offset added.
      query.limit(Math.min(limit.getAsLong(), Long.MAX_VALUE - offset));
    }
    query.offset(offset);
    if (Boolean.TRUE.equals(request.get("with_row_id"))) {
      query.withRowId();
    }
    order(query, request.get("order_by"));
    select(query, request.get("columns"));
    return query;
  }

  /// A distance by its name: `l2`, `cosine`, `dot` or `hamming`.
  public static Distance distance(String name) {
    return switch (name.toLowerCase(Locale.ROOT)) {
      case "l2", "euclidean" -> Distance.L2;
      case "cosine" -> Distance.COSINE;
      case "dot" -> Distance.DOT;
      case "hamming" -> Distance.HAMMING;
      default ->
          throw new InvalidInputException(
              "distance type: expected=l2, cosine, dot or hamming, found=" + name);
    };
  }

  private static QueryBuilder<?> textQuery(
      Table table, List<double[]> vectors, Object asked, Map<?, ?> request) {
    FullTextQuery text =
        switch (asked) {
          case String words -> FullTextQuery.Match.of(words);
          case Map<?, ?> json -> FullTextQuery.ofJson(json);
          default ->
              throw new InvalidInputException(
                  "full_text_query: expected=an object, found=" + asked);
        };
    boolean postfilter = Boolean.FALSE.equals(request.get("prefilter"));
    if (vectors.isEmpty()) {
      TextQuery query = table.search(text);
      return postfilter ? query.postfilter() : query;
    }
    if (vectors.size() > 1) {
      throw new InvalidInputException(
          "hybrid search: expected=one vector, found=" + vectors.size());
    }
    HybridQuery query = table.hybrid().text(text).vectorOfDoubles(vectors.getFirst());
    text(request, "distance_type").ifPresent(name -> query.distanceType(distance(name)));
    text(request, "vector_column").ifPresent(query::column);
    return postfilter ? query.postfilter() : query;
  }

  private static VectorQuery vectorQuery(Table table, List<double[]> vectors, Map<?, ?> request) {
    VectorQuery query =
        vectors.size() == 1 ? table.search(vectors.getFirst()) : table.searchAllDoubles(vectors);
    text(request, "distance_type").ifPresent(name -> query.distanceType(distance(name)));
    text(request, "vector_column").ifPresent(query::column);
    if (Boolean.FALSE.equals(request.get("prefilter"))) {
      query.postfilter();
    }
    steer(query, request);
    Object lower = request.get("lower_bound");
    Object upper = request.get("upper_bound");
    if (lower != null || upper != null) {
      query.distanceRange(
          lower == null ? Float.NEGATIVE_INFINITY : real(lower, "lower_bound"),
          upper == null ? Float.POSITIVE_INFINITY : real(upper, "upper_bound"));
    }
    return query;
  }

  private static void steer(VectorQuery query, Map<?, ?> request) {
    // Clients that know the other two send this one only for servers that do not.
    if (request.get("minimum_nprobes") == null) {
      number(request, "nprobes").ifPresent(probes -> query.nprobes(toInt(probes)));
    }
    number(request, "minimum_nprobes").ifPresent(probes -> query.minimumNprobes(toInt(probes)));
    number(request, "maximum_nprobes").ifPresent(probes -> query.maximumNprobes(toInt(probes)));
    number(request, "ef").ifPresent(ef -> query.ef(toInt(ef)));
    number(request, "refine_factor").ifPresent(factor -> query.refineFactor(toInt(factor)));
    if (Boolean.TRUE.equals(request.get("fast_search"))) {
      query.fastSearch();
    }
    if (Boolean.TRUE.equals(request.get("bypass_vector_index"))) {
      query.bypassVectorIndex();
    }
  }

  private static int toInt(long value) {
    return (int) Math.min(value, Integer.MAX_VALUE);
  }

  private static void order(QueryBuilder<?> query, @Nullable Object order) {
    if (order == null) {
      return;
    }
    if (!(order instanceof List<?> keys)) {
      throw new InvalidInputException("order_by: expected=an array of objects, found=" + order);
    }
    for (Object key : keys) {
      if (!(key instanceof Map<?, ?> ordering)
          || !(ordering.get("column_name") instanceof String column)) {
        throw new InvalidInputException(
            "order_by: expected={\"column_name\", \"ascending\", \"nulls_first\"}, found=" + key);
      }
      query.orderBy(
          column,
          !Boolean.FALSE.equals(ordering.get("ascending")),
          Boolean.TRUE.equals(ordering.get("nulls_first")));
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

  /// A JSON array as a vector; not-a-number and infinities are refused when it is used.
  ///
  /// @throws InvalidInputException if not all of it are numbers
  public static double[] vector(List<?> numbers) {
    double[] vector = new double[numbers.size()];
    for (int i = 0; i < vector.length; i++) {
      if (!(numbers.get(i) instanceof Number number)) {
        throw new InvalidInputException("vector: expected=a number, found=" + numbers.get(i));
      }
      vector[i] = number.doubleValue();
    }
    return vector;
  }

  private static Optional<String> text(Map<?, ?> request, String name) {
    return switch (request.get(name)) {
      case null -> Optional.empty();
      case String text -> Optional.of(text);
      case Object other ->
          throw new InvalidInputException(name + ": expected=text, found=" + other);
    };
  }

  private static OptionalLong number(Map<?, ?> request, String name) {
    return switch (request.get(name)) {
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
