package io.lancelot.server;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.lancelot.Index;
import io.lancelot.Table;
import io.lancelot.base.AlreadyExistsException;
import io.lancelot.base.InvalidInputException;
import io.lancelot.base.NotFoundException;
import io.lancelot.engine.IndexInfo;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// Indices of a table.
final class IndexRoutes {

  /// Types that every client knows; others are `Unknown` to them.
  private static final Set<String> KNOWN_INDEX_TYPES =
      Set.of(
          "IVF_FLAT",
          "IVF_SQ",
          "IVF_PQ",
          "IVF_RQ",
          "IVF_HNSW_PQ",
          "IVF_HNSW_SQ",
          "IVF_HNSW_FLAT",
          "BTREE",
          "BITMAP",
          "LABEL_LIST",
          "FTS");

  /// How long a request waits for an index: small ones are there when it is answered.
  private static final Duration PATIENCE = Duration.ofSeconds(5);

  private IndexRoutes() {}

  /// Builds an index as a job.
  ///
  /// @param place the database's folder
  static void create(Exchange exchange, Table table, Jobs jobs, Path place) {
    Map<String, Object> body = exchange.body();
    String column =
        Body.text(body, "column")
            .orElseThrow(() -> new InvalidInputException("column: expected=a name, found=nothing"));
    String type = Body.text(body, "index_type").orElse("BTREE");
    Map<String, String> params = new LinkedHashMap<>();
    body.forEach((name, value) -> {
      if (value != null
          && !Set.of(
                  "id", "context", "identity", "column", "index_type", "name", "replace", "branch")
              .contains(name)) {
        params.put(
            name.equals("metric_type") ? "distance_type" : name,
            value instanceof List<?> ? json(value) : value.toString());
      }
    });
    Index.Options options =
        Index.Options.DEFAULT.withReplace(!Boolean.FALSE.equals(body.get("replace")));
    options = Body.text(body, "name").map(options::withName).orElse(options);
    Index index = Index.of(type, params);
    Index.Options how = options;
    Map<String, Object> spec = Map.of("column", column, "index_type", type);
    try {
      Jobs.Job job =
          jobs.run(
              place,
              table.name(),
              "create_index",
              spec,
              PATIENCE,
              () -> table.createIndex(column, index, how));
      exchange.answer(Map.of("job_id", job.id()));
    } catch (AlreadyExistsException e) {
      throw new Failures.Coded(Failures.Code.INDEX_EXISTS, String.valueOf(e.getMessage()));
    }
  }

  private static String json(Object value) {
    try {
      return new ObjectMapper().writeValueAsString(value);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  static void list(Exchange exchange, Table table) {
    List<Map<String, Object>> indices = new ArrayList<>();
    List<IndexInfo> sorted = new ArrayList<>(table.indices());
    sorted.sort(Comparator.comparing(IndexInfo::name));
    for (IndexInfo info : sorted) {
      Map<String, Object> index = new LinkedHashMap<>();
      index.put("index_name", info.name());
      index.put("index_uuid", info.segmentIds().getFirst().toString());
      index.put("columns", info.columns());
      index.put("status", "done");
      index.put("index_type", KNOWN_INDEX_TYPES.contains(info.type()) ? info.type() : "Unknown");
      index.put("num_indexed_rows", info.indexedRows());
      index.put("num_unindexed_rows", info.unindexedRows());
      info.createdAt().ifPresent(at -> index.put("created_at", at.toString()));
      index.put("size_bytes", info.sizeBytes());
      index.put("num_segments", info.segmentIds().size());
      index.put("index_version", info.version());
      index.put("type_url", info.detailsUrl());
      details(table, info).ifPresent(details -> index.put("index_details", details));
      indices.add(index);
    }
    exchange.answer(Map.of("indexes", indices));
  }

  /// How a text index was made, as JSON: clients read from it how to take words apart.
  private static Optional<String> details(Table table, IndexInfo info) {
    if (!info.type().equals("FTS")) {
      return Optional.empty();
    }
    Map<String, Object> first = table.indexStatistics(info.name()).getFirst();
    return Optional.of(json(first.get("params") instanceof Map<?, ?> params ? params : first));
  }

  /// What can be asked of one index.
  static void index(Exchange exchange, Table table, String name, String action) {
    try {
      switch (action) {
        case "stats" -> indexStats(exchange, table, name);
        case "drop" -> {
          table.dropIndex(name);
          exchange.answer(Map.of());
        }
        case "prewarm" -> {
          table.prewarmIndex(name);
          exchange.answer(Map.of());
        }
        default -> throw Router.notFound(exchange);
      }
    } catch (NotFoundException e) {
      throw new Failures.Coded(Failures.Code.INDEX_NOT_FOUND, String.valueOf(e.getMessage()));
    }
  }

  private static void indexStats(Exchange exchange, Table table, String name) {
    IndexInfo info = table.index(name);
    Map<String, Object> answer = new LinkedHashMap<>();
    answer.put("num_indexed_rows", info.indexedRows());
    answer.put("num_unindexed_rows", info.unindexedRows());
    answer.put("index_type", info.type());
    answer.put("num_indices", info.segmentIds().size());
    for (Map<String, Object> segment : table.indexStatistics(name)) {
      Object distance = segment.get("distance_type");
      if (distance != null) {
        answer.put("distance_type", distance.toString().toLowerCase(Locale.ROOT));
      }
    }
    exchange.answer(answer);
  }
}
