package io.lancelot.server;

import io.lancelot.Distance;
import io.lancelot.HybridQuery;
import io.lancelot.NearestQuery;
import io.lancelot.QueryBuilder;
import io.lancelot.ReturnScore;
import io.lancelot.Table;
import io.lancelot.TextQuery;
import io.lancelot.VectorQuery;
import io.lancelot.base.InvalidInputException;
import io.lancelot.engine.Fusion;
import io.lancelot.index.ApproxMode;
import io.lancelot.index.FullTextQuery;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/// The body of the wire protocol's `query` operation, parsed from JSON, as a query of the SDK.
/// Reads the forms of both dialects: they differ in `vector`, `columns` and `full_text_query`.
/// Members it does not know are left to the caller.
public final class QueryBody {

  private QueryBody() {}

  /// The query that a body asks for. It is not run; what the table lacks is told when it is.
  ///
  /// @throws InvalidInputException if a member is not of its kind
  public static QueryBuilder<?> toQuery(Table table, Map<?, ?> body) {
    List<double[]> vectors = vectors(body.get("vector"));
    QueryBuilder<?> query =
        body.get("full_text_query") != null
            ? textQuery(table, vectors, body)
            : vectors.isEmpty() ? table.query() : vectorQuery(table, vectors, body);
    text(body, "filter").filter(filter -> !filter.isBlank()).ifPresent(query::where);
    // "No limit" comes as the greatest number there is, to which no offset can be added.
    long most = Long.MAX_VALUE - number(body, "offset").orElse(0);
    OptionalLong limit = number(body, body.get("k") == null ? "limit" : "k");
    if (limit.isPresent() && (limit.getAsLong() < most || query instanceof NearestQuery<?>)) {
      query.limit(Math.min(limit.getAsLong(), most));
    }
    number(body, "offset").ifPresent(query::offset);
    if (Boolean.TRUE.equals(body.get("with_row_id"))) {
      query.withRowId();
    }
    if (Boolean.TRUE.equals(body.get("with_row_address"))) {
      query.withRowAddress();
    }
    fragments(query, body.get("fragment_ids"));
    checkNoLog(body);
    order(query, body.get("order_by"));
    select(query, body.get("columns"));
    return query;
  }

  private static VectorQuery vectorQuery(Table table, List<double[]> vectors, Map<?, ?> body) {
    VectorQuery query =
        vectors.size() == 1 ? table.search(vectors.getFirst()) : table.searchAllDoubles(vectors);
    steer(query, body);
    return query;
  }

  /// How a search goes through an index. `nprobes` stands for both bounds where they are not given.
  private static void steer(NearestQuery<?> query, Map<?, ?> body) {
    text(body, "distance_type").ifPresent(name -> query.distanceType(distance(name)));
    text(body, "vector_column").ifPresent(query::column);
    if (postfilter(body)) {
      query.postfilter();
    }
    Object lower = body.get("lower_bound");
    Object upper = body.get("upper_bound");
    if (lower != null || upper != null) {
      query.distanceRange(
          lower == null ? Float.NEGATIVE_INFINITY : real(lower, "lower_bound"),
          upper == null ? Float.POSITIVE_INFINITY : real(upper, "upper_bound"));
    }
    // Clients up to 0.40 send nought for "as many as are good".
    if (body.get("minimum_nprobes") == null && body.get("maximum_nprobes") == null) {
      count(body, "nprobes").filter(probes -> probes > 0).ifPresent(query::nprobes);
    }
    count(body, "minimum_nprobes").filter(least -> least > 0).ifPresent(query::minimumNprobes);
    count(body, "maximum_nprobes").ifPresent(query::maximumNprobes);
    if (body.get("search_effort") != null) {
      query.searchEffort(wide(body.get("search_effort"), "search_effort"));
    }
    text(body, "approx_mode").ifPresent(name -> query.approxMode(approxMode(name)));
    number(body, "max_exact_rows").ifPresent(query::maxExactRows);
    count(body, "ef").ifPresent(query::ef);
    count(body, "refine_factor").ifPresent(query::refineFactor);
    if (Boolean.TRUE.equals(body.get("fast_search"))) {
      query.fastSearch();
    }
    if (Boolean.TRUE.equals(body.get("bypass_vector_index"))) {
      query.bypassVectorIndex();
    }
  }

  /// How closely to look, by its name on the wire.
  ///
  /// @throws InvalidInputException if there is none of that name
  public static ApproxMode approxMode(String name) {
    return switch (name.toLowerCase(Locale.ROOT)) {
      case "fast" -> ApproxMode.FAST;
      case "normal" -> ApproxMode.NORMAL;
      case "accurate" -> ApproxMode.ACCURATE;
      default ->
          throw new InvalidInputException(
              "approx_mode: expected=fast, normal or accurate, found=" + name);
    };
  }

  private static void fragments(QueryBuilder<?> query, @Nullable Object ids) {
    if (ids == null) {
      return;
    }
    if (!(ids instanceof List<?> list)) {
      throw new InvalidInputException("fragment_ids: expected=an array of numbers, found=" + ids);
    }
    List<Long> fragments = new ArrayList<>();
    for (Object id : list) {
      fragments.add(
          number(Collections.singletonMap("fragment_ids", id), "fragment_ids")
              .orElseThrow(
                  () -> new InvalidInputException("fragment_ids: expected=numbers, found=null")));
    }
    query.fragments(fragments);
  }

  /// There is no write-ahead path, so no rows but those of the table: who asks for more is told.
  private static void checkNoLog(Map<?, ?> body) {
    for (String name : List.of("use_lsm", "use_rte")) {
      if (Boolean.TRUE.equals(body.get(name))) {
        throw new InvalidInputException(
            name + ": expected=a table with an LSM write spec, found=one without");
      }
    }
  }

  private static QueryBuilder<?> textQuery(Table table, List<double[]> vectors, Map<?, ?> body) {
    FullTextQuery text =
        switch (body.get("full_text_query")) {
          case String words -> FullTextQuery.Match.of(words);
          case Map<?, ?> json -> FullTextQuery.ofJson(json);
          case null, default ->
              throw new InvalidInputException(
                  "full_text_query: expected=an object, found=" + body.get("full_text_query"));
        };
    if (vectors.isEmpty()) {
      TextQuery query = table.search(text);
      if (Boolean.TRUE.equals(body.get("fast_search"))) {
        query.fastSearch();
      }
      return postfilter(body) ? query.postfilter() : query;
    }
    HybridQuery query = table.hybrid().text(text).vectorsOfDoubles(vectors);
    steer(query, body);
    fuse(query, body.get("fusion"));
    return query;
  }

  /// How a hybrid search ends: our own client's word, where others fuse on their side.
  private static void fuse(HybridQuery query, @Nullable Object json) {
    if (!(json instanceof Map<?, ?> fusion)) {
      return;
    }
    if (fusion.get("rrf") instanceof Map<?, ?> rrf) {
      query.rerank(new Fusion.Rrf((int) real(rrf.get("k"), "k")));
    } else if (fusion.get("linear") instanceof Map<?, ?> linear) {
      query.rerank(
          new Fusion.Linear(
              real(linear.get("weight"), "weight"), real(linear.get("fill"), "fill")));
    } else if (fusion.get("mrr") instanceof Map<?, ?> mrr) {
      query.rerank(
          new Fusion.Mrr(
              real(mrr.get("vector_weight"), "vector_weight"),
              real(mrr.get("text_weight"), "text_weight")));
    }
    if ("rank".equals(fusion.get("normalize"))) {
      query.normalize(Fusion.Normalization.RANK);
    }
    if (Boolean.FALSE.equals(fusion.get("all_scores"))) {
      query.returnScore(ReturnScore.RELEVANCE);
    }
  }

  private static boolean postfilter(Map<?, ?> body) {
    return Boolean.FALSE.equals(body.get("prefilter"));
  }

  /// A distance by its name on the wire.
  ///
  /// @throws InvalidInputException if there is none of that name
  public static Distance distance(String name) {
    return switch (name.toLowerCase(Locale.ROOT)) {
      case "l2", "euclidean" -> Distance.L2;
      case "cosine" -> Distance.COSINE;
      case "dot" -> Distance.DOT;
      case "hamming" -> Distance.HAMMING;
      default ->
          throw new InvalidInputException(
              "metric: expected=l2, cosine, dot or hamming, found=" + name);
    };
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
      case List<?> list when list.stream().anyMatch(List.class::isInstance) -> pairs(query, list);
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

  /// Names and expressions as clients of a year ago sent them.
  private static void pairs(QueryBuilder<?> query, List<?> list) {
    for (Object each : list) {
      if (!(each instanceof List<?> pair) || pair.size() != 2) {
        throw new InvalidInputException("columns: expected=[name, expression], found=" + each);
      }
      query.selectAs(String.valueOf(pair.get(0)), String.valueOf(pair.get(1)));
    }
  }

  private static void aliases(QueryBuilder<?> query, Map<?, ?> aliases) {
    aliases.forEach(
        (name, expression) -> query.selectAs(String.valueOf(name), String.valueOf(expression)));
  }

  /// One or several query vectors of JSON: an array of numbers, or of such arrays; none for a plain
  /// scan. Not-a-number and infinities are refused when they are used.
  public static List<double[]> vectors(@Nullable Object value) {
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

  static Optional<String> text(Map<?, ?> body, String name) {
    return switch (body.get(name)) {
      case null -> Optional.empty();
      case String text -> Optional.of(text);
      case Object other ->
          throw new InvalidInputException(name + ": expected=text, found=" + other);
    };
  }

  /// A whole number from 0 to 2^63 - 1, which stands for "no limit".
  static OptionalLong number(Map<?, ?> body, String name) {
    return switch (body.get(name)) {
      case null -> OptionalLong.empty();
      case Integer value when value >= 0 -> OptionalLong.of(value);
      case Long value when value >= 0 -> OptionalLong.of(value);
      case Double value when value >= 0 && value <= 1L << 53 && value == Math.rint(value) ->
          OptionalLong.of(value.longValue());
      case Object other ->
          throw new InvalidInputException(
              name + ": expected=a whole number of at least 0, found=" + other);
    };
  }

  private static Optional<Integer> count(Map<?, ?> body, String name) {
    OptionalLong value = number(body, name);
    return value.isEmpty()
        ? Optional.empty()
        : Optional.of((int) Math.min(Integer.MAX_VALUE, value.getAsLong()));
  }

  private static float real(@Nullable Object value, String name) {
    return (float) wide(value, name);
  }

  private static double wide(@Nullable Object value, String name) {
    if (value instanceof Number number) {
      return number.doubleValue();
    }
    throw new InvalidInputException(name + ": expected=a number, found=" + value);
  }
}
