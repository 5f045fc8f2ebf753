package io.lancelot.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import io.lancelot.Database;
import io.lancelot.Index;
import io.lancelot.Table;
import io.lancelot.base.InvalidInputException;
import io.lancelot.engine.IndexInfo;
import io.lancelot.index.BuildEstimate;
import io.lancelot.server.QueryBody;
import java.io.IOException;
import java.io.PrintStream;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// `index create|estimate|list|stats|drop|prewarm`.
final class IndexVerb extends Verb {

  private static final List<String> ACTIONS =
      List.of("create", "estimate", "list", "stats", "drop", "prewarm");

  private final PrintStream out;
  private final PrintStream err;
  private final Map<String, String> params = new LinkedHashMap<>();
  private @Nullable String type;
  private @Nullable String name;
  private @Nullable Format format;
  private boolean replace;

  IndexVerb(PrintStream out, PrintStream err) {
    this.out = out;
    this.err = err;
  }

  @Override
  String description() {
    return "Builds and lists indices: create|estimate URI TABLE COLUMN --type TYPE, list URI TABLE, "
        + "stats|drop|prewarm URI TABLE NAME";
  }

  @Override
  void declare(Arguments arguments) {
    super.declare(arguments);
    arguments.option("--type", "TYPE", "create: IVF_PQ, BTREE, FTS, ...", value -> type = value);
    arguments.option("--name", "NAME", "create: what to call it", value -> name = value);
    arguments.option(
        "--metric",
        "METRIC",
        "create: l2, cosine, dot, hamming",
        value ->
            params.put("distance_type", QueryBody.distance(value).name().toLowerCase(Locale.ROOT)));
    arguments.option(
        "--param", "KEY=VALUE", "create: a setting of the type; repeatable", this::putParam);
    arguments.flag("--replace", "create: take the place of one of that name", () -> replace = true);
    arguments.option(
        "--format",
        "FORMAT",
        "list, stats: json, or a line each",
        value -> format = Arguments.choice("--format", value, Format.class));
  }

  private void putParam(String value) {
    int equals = value.indexOf('=');
    if (equals < 1) {
      throw new InvalidInputException("--param: expected=key=value, found=" + value);
    }
    params.put(value.substring(0, equals), value.substring(equals + 1));
  }

  @Override
  int call() throws IOException {
    String action = action(ACTIONS);
    Target target = targetAfterAction(action.equals("list") ? 0 : 1);
    try (Database database = connect(target);
        Table table = open(database, target)) {
      switch (action) {
        case "create" -> create(table, target.rest(0, "the column to index"));
        case "estimate" -> estimate(table, target.rest(0, "the column to index"));
        case "list" -> list(table);
        case "stats" -> stats(table, target.rest(0, "the index's name"));
        case "drop" -> table.dropIndex(target.rest(0, "the index's name"));
        default -> table.prewarmIndex(target.rest(0, "the index's name"));
      }
    }
    return 0;
  }

  private Index wanted() {
    if (type == null) {
      throw new UsageException("--type: expected=the kind of index, found=nothing");
    }
    return Index.of(type, params);
  }

  /// Prints what `create` would take.
  private void estimate(Table table, String column) throws IOException {
    BuildEstimate estimate = table.estimateIndex(column, wanted());
    try (JsonGenerator json = RowOutput.JSON.createGenerator(out)) {
      json.writeStartObject();
      json.writeNumberField("num_rows", estimate.rows());
      json.writeNumberField("num_partitions", estimate.partitions());
      json.writeNumberField("native_bytes", estimate.nativeBytes());
      json.writeNumberField("least_native_bytes", estimate.leastNativeBytes());
      json.writeNumberField("heap_bytes", estimate.heapBytes());
      json.writeNumberField("disk_bytes", estimate.diskBytes());
      json.writeNumberField("loaded_bytes", estimate.loadedBytes());
      json.writeNumberField("seconds", Math.round(10 * estimate.seconds()) / 10.0);
      json.writeEndObject();
    }
    out.println();
  }

  private void create(Table table, String column) throws IOException {
    Index.Options options = new Index.Options(Optional.ofNullable(name), replace);
    IndexInfo info;
    try (ProgressLine progress =
        new ProgressLine(err, !quiet && RowOutput.onTerminal(), System::nanoTime)) {
      info = table.createIndex(column, wanted(), options, progress);
    }
    try (JsonGenerator json = RowOutput.JSON.createGenerator(out)) {
      write(json, info, Optional.empty());
    }
    out.println();
  }

  private void list(Table table) throws IOException {
    List<IndexInfo> indices = table.indices();
    if (format != Format.JSON) {
      for (IndexInfo info : indices) {
        out.printf(
            Locale.ROOT,
            "%-24s %-14s %-24s %10d of %d rows%n",
            info.name(),
            info.type(),
            String.join(",", info.columns()),
            info.indexedRows(),
            info.indexedRows() + info.unindexedRows());
      }
      return;
    }
    try (JsonGenerator json = RowOutput.JSON.createGenerator(out)) {
      json.writeStartArray();
      for (IndexInfo info : indices) {
        write(json, info, Optional.empty());
      }
      json.writeEndArray();
    }
    out.println();
  }

  private void stats(Table table, String index) throws IOException {
    IndexInfo info = table.index(index);
    List<Map<String, Object>> segments = table.indexStatistics(index);
    try (JsonGenerator json = RowOutput.JSON.createGenerator(out)) {
      write(json, info, Optional.of(segments));
    }
    out.println();
  }

  private static void write(
      JsonGenerator json, IndexInfo info, Optional<List<Map<String, Object>>> segments)
      throws IOException {
    json.writeStartObject();
    json.writeStringField("name", info.name());
    json.writeStringField("index_type", info.type());
    json.writeArrayFieldStart("columns");
    for (String column : info.columns()) {
      json.writeString(column);
    }
    json.writeEndArray();
    json.writeArrayFieldStart("index_uuids");
    for (UUID id : info.segmentIds()) {
      json.writeString(id.toString());
    }
    json.writeEndArray();
    json.writeStringField("type_url", info.detailsUrl());
    if (info.createdAt().isPresent()) {
      json.writeStringField("created_at", info.createdAt().get().toString());
    }
    json.writeNumberField("num_indexed_rows", info.indexedRows());
    json.writeNumberField("num_unindexed_rows", info.unindexedRows());
    json.writeNumberField("num_segments", info.segmentIds().size());
    json.writeNumberField("size_bytes", info.sizeBytes());
    json.writeNumberField("index_version", info.version());
    if (segments.isPresent()) {
      json.writeArrayFieldStart("segments");
      for (Map<String, Object> segment : segments.get()) {
        writeValue(json, segment);
      }
      json.writeEndArray();
    }
    json.writeEndObject();
  }

  private static void writeValue(JsonGenerator json, Object value) throws IOException {
    switch (value) {
      case Map<?, ?> map -> {
        json.writeStartObject();
        for (Map.Entry<?, ?> entry : map.entrySet()) {
          json.writeFieldName(entry.getKey().toString());
          writeValue(json, entry.getValue());
        }
        json.writeEndObject();
      }
      case List<?> list -> {
        json.writeStartArray();
        for (Object item : list) {
          writeValue(json, item);
        }
        json.writeEndArray();
      }
      case Long number -> json.writeNumber(number);
      case Integer number -> json.writeNumber(number);
      case Double number -> json.writeNumber(number);
      case Float number -> json.writeNumber(number.doubleValue());
      case Boolean flag -> json.writeBoolean(flag);
      default -> json.writeString(value.toString());
    }
  }
}
