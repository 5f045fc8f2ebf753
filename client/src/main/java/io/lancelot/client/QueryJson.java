package io.lancelot.client;

import io.lancelot.base.StorageException;
import io.lancelot.base.UnsupportedFeatureException;
import io.lancelot.engine.Fusion;
import io.lancelot.engine.Nearest;
import io.lancelot.engine.Query;
import io.lancelot.engine.SearchReport;
import io.lancelot.expr.Expr;
import io.lancelot.index.ApproxMode;
import io.lancelot.index.FullTextQuery;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/// Queries as the protocol's `query` operation has them. What the protocol has no word for, the
/// settings of a hybrid search and the like, stands under names of its own (`fusion`,
/// `fragment_ids`, `max_exact_rows`), which our own servers read.
public final class QueryJson {

  /// In which an answer says how its vector search went, if the body's `report` asks for that.
  public static final String REPORT_HEADER = "x-lancelot-search";

  private static final long NO_LIMIT = Long.MAX_VALUE;

  private QueryJson() {}

  /// The body for a query; without version and branch.
  static Map<String, @Nullable Object> of(Query query) {
    Map<String, @Nullable Object> body = new LinkedHashMap<>();
    body.put("vector", List.of());
    body.put("prefilter", query.prefilter());
    long limit =
        query
            .limit()
            .orElse(query.nearest().isPresent() ? Query.DEFAULT_LIMIT : NO_LIMIT - query.offset());
    body.put("k", limit);
    if (query.offset() > 0) {
      body.put("offset", query.offset());
    }
    query.filter().ifPresent(filter -> body.put("filter", filter.toString()));
    if (query.withRowId()) {
      body.put("with_row_id", true);
    }
    if (query.withRowAddress()) {
      body.put("with_row_address", true);
    }
    query.within().fragments().ifPresent(ids -> body.put("fragment_ids", ids));
    if (!query.select().isEmpty()) {
      body.put("columns", columns(query.select()));
    }
    if (!query.order().isEmpty()) {
      body.put("order_by", query.order().stream().map(QueryJson::ordering).toList());
    }
    if (query.indexedOnly()) {
      body.put("fast_search", true);
    }
    query.nearest().ifPresent(nearest -> nearest(nearest, body));
    query.text().ifPresent(text -> body.put("full_text_query", Map.of("query", text(text))));
    query.fusion().ifPresent(settings -> body.put("fusion", fusion(query, settings)));
    return body;
  }

  /// A report as a header has it: `path=index;rows=96000;…`.
  public static String text(SearchReport report) {
    return "path="
        + report.path().text()
        + ";rows="
        + report.rows()
        + ";partitions="
        + report.partitions()
        + ";partitions_searched="
        + report.partitionsSearched()
        + ";rows_estimated="
        + report.rowsEstimated()
        + ";rows_compared="
        + report.rowsCompared()
        + ";fraction="
        + report.fraction();
  }

  /// The report of such a text.
  ///
  /// @throws StorageException if it is none
  static SearchReport report(String text) {
    Map<String, String> parts = new HashMap<>();
    for (String part : text.split(";", -1)) {
      int equals = part.indexOf('=');
      parts.put(part.substring(0, Math.max(0, equals)), part.substring(equals + 1));
    }
    try {
      return new SearchReport(
          SearchReport.Path.valueOf(parts.getOrDefault("path", "").toUpperCase(Locale.ROOT)),
          Long.parseLong(parts.getOrDefault("rows", "")),
          Long.parseLong(parts.getOrDefault("partitions", "")),
          Long.parseLong(parts.getOrDefault("partitions_searched", "")),
          Long.parseLong(parts.getOrDefault("rows_estimated", "")),
          Long.parseLong(parts.getOrDefault("rows_compared", "")),
          Double.parseDouble(parts.getOrDefault("fraction", "")));
    } catch (IllegalArgumentException e) {
      throw new StorageException("answer: expected=a search report, found=" + text, e);
    }
  }

  private static Object columns(List<Query.Output> select) {
    if (select.stream().allMatch(output -> plain(output.expr(), output.name()))) {
      return select.stream().map(Query.Output::name).toList();
    }
    Map<String, String> aliases = new LinkedHashMap<>();
    for (Query.Output output : select) {
      aliases.put(output.name(), output.expr().toString());
    }
    return aliases;
  }

  private static boolean plain(Expr expr, String name) {
    return expr instanceof Expr.Column(List<String> path, boolean _)
        && path.size() == 1
        && path.getFirst().equals(name);
  }

  private static Map<String, Object> ordering(Query.Ordering ordering) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put(
        "column_name",
        ordering.key() instanceof Expr.Column(List<String> path, boolean _) && path.size() == 1
            ? path.getFirst()
            : ordering.key().toString());
    json.put("ascending", ordering.ascending());
    json.put("nulls_first", ordering.nullsFirst());
    return json;
  }

  private static void nearest(Nearest nearest, Map<String, @Nullable Object> body) {
    List<double[]> vectors = nearest.vectors();
    body.put("vector", vectors.size() == 1 ? vectors.getFirst() : vectors);
    nearest.column().ifPresent(column -> body.put("vector_column", column));
    nearest
        .metric()
        .ifPresent(metric -> body.put("distance_type", metric.name().toLowerCase(Locale.ROOT)));
    body.put("lower_bound", Float.isNaN(nearest.lower()) ? null : nearest.lower());
    body.put("upper_bound", Float.isNaN(nearest.upper()) ? null : nearest.upper());
    Nearest.Tuning tuning = nearest.tuning();
    count(body, "minimum_nprobes", tuning.minProbes());
    count(body, "maximum_nprobes", tuning.maxProbes());
    count(body, "ef", tuning.ef());
    count(body, "refine_factor", tuning.refine());
    if (tuning.fastSearch()) {
      body.put("fast_search", true);
    }
    if (!Double.isNaN(tuning.effort())) {
      body.put("search_effort", tuning.effort());
    }
    if (tuning.approximation() != ApproxMode.NORMAL) {
      body.put("approx_mode", tuning.approximation().name().toLowerCase(Locale.ROOT));
    }
    if (tuning.mostExact() > 0) {
      body.put("max_exact_rows", tuning.mostExact());
    }
    if (tuning.bypassIndex()) {
      body.put("bypass_vector_index", true);
    }
  }

  /// Zero stands for what the server thinks best.
  private static void count(Map<String, @Nullable Object> body, String name, int value) {
    if (value > 0) {
      body.put(name, value);
    }
  }

  private static Map<String, Object> text(FullTextQuery query) {
    return switch (query) {
      case FullTextQuery.Match match -> Map.of("match", match(match));
      case FullTextQuery.Phrase phrase -> {
        Map<String, @Nullable Object> json = new LinkedHashMap<>();
        json.put("terms", phrase.terms());
        json.put("column", phrase.column().orElse(null));
        json.put("slop", phrase.slop());
        yield Map.of("phrase", json);
      }
      case FullTextQuery.MultiMatch multi ->
          Map.of(
              "multi_match",
              Map.of("match_queries", multi.matches().stream().map(QueryJson::match).toList()));
      case FullTextQuery.Boost boost ->
          Map.of(
              "boost",
              Map.of(
                  "positive",
                  text(boost.positive()),
                  "negative",
                  text(boost.negative()),
                  "negative_boost",
                  boost.negativeBoost()));
      case FullTextQuery.Bool bool ->
          Map.of(
              "boolean",
              Map.of(
                  "must", texts(bool.must()),
                  "should", texts(bool.should()),
                  "must_not", texts(bool.mustNot())));
    };
  }

  private static List<Map<String, Object>> texts(List<FullTextQuery> queries) {
    List<Map<String, Object>> all = new ArrayList<>();
    queries.forEach(query -> all.add(text(query)));
    return all;
  }

  private static Map<String, @Nullable Object> match(FullTextQuery.Match match) {
    Map<String, @Nullable Object> json = new LinkedHashMap<>();
    json.put("terms", match.terms());
    json.put("column", match.column().orElse(null));
    json.put("boost", match.boost());
    OptionalInt fuzziness = match.fuzziness();
    json.put("fuzziness", fuzziness.isPresent() ? fuzziness.getAsInt() : null);
    json.put("max_expansions", match.maxExpansions());
    json.put("operator", match.operator() == FullTextQuery.Operator.AND ? "And" : "Or");
    json.put("prefix_length", match.prefixLength());
    return json;
  }

  private static Map<String, Object> fusion(Query query, Fusion.Settings settings) {
    if (query.nearest().isEmpty() || query.text().isEmpty()) {
      throw new UnsupportedFeatureException(
          "reranker on a server: expected=a hybrid search, found=a search by one of vector and"
              + " text");
    }
    Map<String, Object> json = new LinkedHashMap<>();
    switch (settings.fusion()) {
      case Fusion.Rrf(int k) -> json.put("rrf", Map.of("k", k));
      case Fusion.Linear(float weight, float fill) ->
          json.put("linear", Map.of("weight", weight, "fill", fill));
      case Fusion.Mrr(float vector, float text) ->
          json.put("mrr", Map.of("vector_weight", vector, "text_weight", text));
      case Fusion.Reranker own ->
          throw new UnsupportedFeatureException(
              "reranker on a server: expected=RRF, linear or MRR, found=" + own.name());
    }
    json.put("normalize", settings.normalization().name().toLowerCase(Locale.ROOT));
    json.put("all_scores", settings.allScores());
    return json;
  }
}
