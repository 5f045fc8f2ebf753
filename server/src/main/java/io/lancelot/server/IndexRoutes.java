package io.lancelot.server;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.lancelot.Index;
import io.lancelot.Table;
import io.lancelot.base.AlreadyExistsException;
import io.lancelot.base.InvalidInputException;
import io.lancelot.base.LancelotException;
import io.lancelot.base.NotFoundException;
import io.lancelot.columnar.DataType;
import io.lancelot.columnar.Field;
import io.lancelot.engine.IndexInfo;
import io.lancelot.server.Router.Route;
import io.lancelot.server.Router.TableHandler;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/// Indices of a table.
final class IndexRoutes {

  /// Types that clients know, FM those of 2026; others are `Unknown` to them.
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
          "FM",
          "FTS");

  /// Members of a request that say nothing about how the index is built.
  private static final Set<String> NOT_SETTINGS =
      Set.of("id", "context", "identity", "column", "index_type", "name", "replace", "branch");

  /// The type of jobs that build indices.
  static final String JOB = "create_index";

  private final Services services;

  IndexRoutes(Services services) {
    this.services = services;
  }

  void addTo(Map<String, Route<TableHandler>> routes) {
    routes.put("create_index", new Route<>(Access.WRITE, this::create));
    routes.put("create_scalar_index", new Route<>(Access.WRITE, this::create));
    routes.put("index/list", new Route<>(Access.READ, this::list));
    routes.put("index/*/stats", new Route<>(Access.READ, this::stats));
    routes.put("index/*/drop", new Route<>(Access.WRITE, this::drop));
    routes.put("index/*/prewarm", new Route<>(Access.READ, this::prewarm));
  }

  /// Builds an index as a job. What is done within a moment is done, or refused, in the answer.
  private void create(Exchange exchange, TableRef ref) {
    Map<String, Object> body = exchange.body();
    String column =
        QueryBody.text(body, "column")
            .orElseThrow(() -> new InvalidInputException("column: expected=a name, found=nothing"));
    TableRef branched = Services.branched(ref, body);
    Table table = services.databases().table(branched);
    Index index = index(body, vector(table, column));
    Map<String, Object> spec = new LinkedHashMap<>();
    spec.put("column", column);
    spec.put("index_type", index.type());
    spec.put("params", index.params());
    QueryBody.text(body, "name").ifPresent(name -> spec.put("name", name));
    spec.put("replace", !Boolean.FALSE.equals(body.get("replace")));
    Jobs.Job job = services.jobs().start(JOB, branched, spec);
    boolean ended = job.await(services.options().indexPatience());
    if (ended && job.failure().isPresent()) {
      LancelotException failure = job.failure().get();
      throw failure instanceof AlreadyExistsException
          ? new Failures.Coded(Failures.Code.INDEX_EXISTS, String.valueOf(failure.getMessage()))
          : failure;
    }
    exchange.answer(ended ? Map.of() : Map.of("job_id", job.id()));
  }

  /// The work of a job that [#create] started, in this server or in one before it.
  static Jobs.Work building(Databases databases) {
    return (job, progress) -> {
      Map<String, Object> spec = job.spec();
      String column = String.valueOf(spec.get("column"));
      Map<String, String> params = new LinkedHashMap<>();
      if (spec.get("params") instanceof Map<?, ?> given) {
        given.forEach((name, value) -> params.put(String.valueOf(name), String.valueOf(value)));
      }
      boolean replace = !Boolean.FALSE.equals(spec.get("replace"));
      Index.Options options =
          QueryBody.text(spec, "name")
              .map(Index.Options.DEFAULT::withName)
              .orElse(Index.Options.DEFAULT)
              .withReplace(replace);
      Index index = Index.of(String.valueOf(spec.get("index_type")), params);
      try (Table table = databases.openForJob(job.table())) {
        IndexInfo made = table.createIndex(column, index, options, progress);
        return Map.of("index_name", made.name());
      } catch (AlreadyExistsException e) {
        if (job.resumed() && !replace) {
          // The server before this one had come as far as that.
          return Map.of();
        }
        throw e;
      }
    };
  }

  private static boolean vector(Table table, String column) {
    Optional<DataType> type = table.schema().field(column).map(Field::type);
    return type.filter(DataType.FixedSizeList.class::isInstance).isPresent()
        || type.filter(lists ->
                lists instanceof DataType.ListOf(Field item, _)
                    && item.type() instanceof DataType.FixedSizeList)
            .isPresent();
  }

  private static Index index(Map<String, Object> body, boolean vector) {
    String type = QueryBody.text(body, "index_type").orElse(vector ? "IVF_PQ" : "BTREE");
    Map<String, String> params = new LinkedHashMap<>();
    body.forEach((name, value) -> {
      if (value != null && !NOT_SETTINGS.contains(name)) {
        params.put(
            name.equals("metric_type") ? "distance_type" : name,
            value instanceof List<?> ? json(value) : value.toString());
      }
    });
    return Index.of(type, params);
  }

  private static String json(Object value) {
    try {
      return new ObjectMapper().writeValueAsString(value);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  private void list(Exchange exchange, TableRef ref) {
    services.reading(ref, exchange.body(), table -> list(exchange, table));
  }

  private static void list(Exchange exchange, Table table) {
    List<Map<String, Object>> indices = new ArrayList<>();
    List<IndexInfo> sorted =
        table.indices().stream().sorted(Comparator.comparing(IndexInfo::name)).toList();
    OptionalLong seen = exchange.visibleRows(table);
    for (IndexInfo info : sorted) {
      Map<String, Object> index = new LinkedHashMap<>();
      index.put("index_name", info.name());
      index.put("index_uuid", info.segmentIds().getFirst().toString());
      index.put("columns", info.columns());
      index.put("status", "done");
      index.put("index_type", shown(info.type()));
      // The name that older clients would not know.
      index.put("index_kind", info.type());
      index.put("num_indexed_rows", seen.orElse(info.indexedRows()));
      index.put("num_unindexed_rows", seen.isPresent() ? 0 : info.unindexedRows());
      info.createdAt().ifPresent(at -> index.put("created_at", at.toString()));
      index.put("size_bytes", seen.isPresent() ? 0 : info.sizeBytes());
      index.put("num_segments", info.segmentIds().size());
      index.put("index_version", info.version());
      index.put("type_url", info.detailsUrl());
      index.put("index_details", details(table, info));
      indices.add(index);
    }
    exchange.answer(Map.of("indexes", indices));
  }

  /// How an index was made, as JSON text: clients cut text with the settings of an FTS index
  /// themselves.
  private static String details(Table table, IndexInfo info) {
    Map<String, Object> figures =
        table.indexStatistics(info.name()).stream().findFirst().orElse(Map.of());
    if (info.type().equals("FTS")) {
      return String.valueOf(figures.getOrDefault("params", "{}"));
    }
    Map<String, Object> details = new LinkedHashMap<>();
    for (String setting :
        List.of("distance_type", "num_bits", "num_sub_vectors", "max_level", "m")) {
      Object value = figures.get(setting);
      if (value != null) {
        details.put(setting, value);
      }
    }
    return json(details);
  }

  private void drop(Exchange exchange, TableRef ref) {
    of(exchange, () -> services.tableOfStream(ref).dropIndex(exchange.bound("index")));
    exchange.answer(Map.of());
  }

  private void prewarm(Exchange exchange, TableRef ref) {
    of(exchange, () -> services.tableOfStream(ref).prewarmIndex(exchange.bound("index")));
    exchange.answer(Map.of());
  }

  private void stats(Exchange exchange, TableRef ref) {
    of(
        exchange,
        () ->
            services.reading(
                ref,
                exchange.body(),
                table -> indexStats(exchange, table, exchange.bound("index"))));
  }

  private static void of(Exchange exchange, Runnable action) {
    try {
      action.run();
    } catch (NotFoundException e) {
      throw new Failures.Coded(
          Failures.Code.INDEX_NOT_FOUND,
          "index not found: " + exchange.bound("index") + ": " + e.getMessage());
    }
  }

  private static String shown(String type) {
    return KNOWN_INDEX_TYPES.contains(type) ? type : "Unknown";
  }

  private static void indexStats(Exchange exchange, Table table, String name) {
    IndexInfo info = table.index(name);
    Map<String, Object> answer = new LinkedHashMap<>();
    OptionalLong seen = exchange.visibleRows(table);
    answer.put("num_indexed_rows", seen.orElse(info.indexedRows()));
    answer.put("num_unindexed_rows", seen.isPresent() ? 0 : info.unindexedRows());
    answer.put("index_type", shown(info.type()));
    answer.put("num_indices", info.segmentIds().size());
    for (Map<String, Object> segment : table.indexStatistics(name)) {
      Object distance = segment.get("distance_type");
      if (distance != null) {
        answer.put("distance_type", distance.toString().toLowerCase(Locale.ROOT));
      }
      if (segment.get("loss") instanceof Number loss && seen.isEmpty()) {
        answer.merge("loss", loss.doubleValue(), (sum, more) -> (Double) sum + (Double) more);
      }
    }
    exchange.answer(answer);
  }
}
