package io.lancelot.client;

import io.lancelot.Index;
import io.lancelot.base.CancelledException;
import io.lancelot.base.NotFoundException;
import io.lancelot.base.StorageException;
import io.lancelot.engine.IndexInfo;
import io.lancelot.index.BuildProgress;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// Indices of a table of a server. One is built as a job there, which is waited for here.
final class RemoteIndices {

  private static final long FIRST_PAUSE_MILLIS = 20;
  private static final long LONGEST_PAUSE_MILLIS = 1000;
  private static final Set<String> ENDED =
      Set.of("done", "succeeded", "failed", "timed_out", "cancelled", "canceled");

  private final RemoteTable table;

  RemoteIndices(RemoteTable table) {
    this.table = table;
  }

  IndexInfo create(String column, Index index, Index.Options how, BuildProgress progress) {
    Map<String, @Nullable Object> body = new LinkedHashMap<>();
    index
        .params()
        .forEach((name, value) ->
            body.put(name.equals("distance_type") ? "metric_type" : name, typed(value)));
    body.put("column", column);
    body.put("index_type", index.type());
    how.name().ifPresent(name -> body.put("name", name));
    if (!how.replace()) {
      body.put("replace", false);
    }
    Map<?, ?> answer = table.askObject(Wire.Kind.WRITE, "create_index", body);
    if (answer.get("job_id") instanceof String job) {
      await(job, progress);
    }
    String name = how.name().orElse(column + "_idx");
    return list().stream()
        .filter(info ->
            info.name().equals(name) || how.name().isEmpty() && info.columns().contains(column))
        .findFirst()
        .orElseThrow(() -> new NotFoundException("index not found after it was built: " + name));
  }

  /// A setting as the protocol has it: numbers and truth values are not text there.
  private static Object typed(String value) {
    if (value.matches("-?\\d{1,18}")) {
      return Long.parseLong(value);
    }
    return value.equals("true") || value.equals("false") ? Boolean.valueOf(value) : value;
  }

  private void await(String job, BuildProgress progress) {
    Map<String, Object> id = Map.of("job_id", job);
    for (long pause = FIRST_PAUSE_MILLIS; ; pause = Math.min(2 * pause, LONGEST_PAUSE_MILLIS)) {
      Map<?, ?> found = table.wire().askObject(Wire.Kind.READ, "/v1/jobs/describe", id);
      String state = String.valueOf(found.get("job_state")).toLowerCase(java.util.Locale.ROOT);
      if (ENDED.contains(state)) {
        ended(state, found);
        return;
      }
      try {
        if (found.get("progress") instanceof Map<?, ?> far && far.get("stage") != null) {
          progress.report(
              String.valueOf(far.get("stage")),
              RemoteTable.number(far, "done"),
              RemoteTable.number(far, "total"));
        }
        Thread.sleep(pause);
      } catch (CancelledException e) {
        table.wire().ask(Wire.Kind.WRITE, "/v1/jobs/cancel", id);
        throw e;
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        table.wire().ask(Wire.Kind.WRITE, "/v1/jobs/cancel", id);
        throw new CancelledException("waiting for an index was interrupted");
      }
    }
  }

  private static void ended(String state, Map<?, ?> job) {
    if (state.equals("done") || state.equals("succeeded")) {
      return;
    }
    Object failure = job.get("failure");
    String why =
        failure instanceof Map<?, ?> map ? String.valueOf(map.get("message")) : "job " + state;
    if (state.startsWith("cancel")) {
      throw new CancelledException(why);
    }
    // The reason has the form of an error's answer.
    throw WireFailures.of(500, why.getBytes(StandardCharsets.UTF_8));
  }

  List<IndexInfo> list() {
    Map<?, ?> answer = table.askObject(Wire.Kind.READ, "index/list", Map.of());
    List<IndexInfo> indices = new ArrayList<>();
    if (answer.get("indexes") instanceof List<?> all) {
      for (Object each : all) {
        if (each instanceof Map<?, ?> json) {
          indices.add(info(json));
        }
      }
    }
    return indices;
  }

  private static IndexInfo info(Map<?, ?> json) {
    List<String> columns = new ArrayList<>();
    if (json.get("columns") instanceof List<?> names) {
      names.forEach(name -> columns.add(String.valueOf(name)));
    }
    try {
      return new IndexInfo(
          String.valueOf(json.get("index_name")),
          String.valueOf(
              json.get("index_kind") == null ? json.get("index_type") : json.get("index_kind")),
          columns,
          json.get("index_uuid") instanceof String id ? List.of(UUID.fromString(id)) : List.of(),
          RemoteTable.number(json, "num_indexed_rows"),
          RemoteTable.number(json, "num_unindexed_rows"),
          RemoteTable.number(json, "size_bytes"),
          (int) RemoteTable.number(json, "index_version"),
          json.get("type_url") instanceof String url ? url : "",
          json.get("created_at") instanceof String at
              ? Optional.of(Instant.parse(at))
              : Optional.empty());
    } catch (RuntimeException e) {
      throw new StorageException("answer: expected=an index, found=" + json, e);
    }
  }

  IndexInfo one(String name) {
    return list().stream()
        .filter(info -> info.name().equals(name))
        .findFirst()
        .orElseThrow(() ->
            new NotFoundException("index not found: " + name + " (table=" + table.name() + ")"));
  }

  List<Map<String, Object>> statistics(String name) {
    Map<String, Object> figures = new LinkedHashMap<>();
    table
        .askObject(Wire.Kind.READ, "index/" + Wire.part(name) + "/stats", Map.of())
        .forEach((key, value) -> figures.put(String.valueOf(key), value));
    return List.of(figures);
  }
}
