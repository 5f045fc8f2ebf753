package io.lancelot.server;

import io.lancelot.ColumnAlteration;
import io.lancelot.Table;
import io.lancelot.base.InvalidInputException;
import io.lancelot.base.UnsupportedFeatureException;
import io.lancelot.columnar.Field;
import io.lancelot.columnar.ipc.IpcReader;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Changes of a table's columns, and of what is noted about them.
final class ColumnRoutes {

  private ColumnRoutes() {}

  /// New columns come as SQL, or as the schema of an Arrow stream without rows.
  static void add(Exchange exchange, Table table, WriteRoutes writes) {
    if (exchange.contentType().equals(WriteRoutes.ARROW_STREAM)) {
      try (IpcReader columns = writes.rows(exchange)) {
        answer(exchange, table.addColumns(columns.schema()));
      }
      return;
    }
    Map<String, String> expressions = new LinkedHashMap<>();
    for (Object each : Body.items(exchange.body(), "new_columns")) {
      Map<String, Object> column = Body.object(each, "new_columns");
      String name = Body.requiredText(column, "name");
      String expression =
          Body.text(column, "expression")
              .orElseThrow(() ->
                  new UnsupportedFeatureException(
                      "columns made by functions, or kept up to date, are not built yet: " + name));
      if (expressions.put(name, expression) != null) {
        throw new InvalidInputException("new_columns: column given twice: found=" + name);
      }
    }
    answer(exchange, table.addColumns(expressions));
  }

  static void alter(Exchange exchange, Table table) {
    List<ColumnAlteration> alterations = new ArrayList<>();
    for (Object each : Body.items(exchange.body(), "alterations")) {
      Map<String, Object> change = Body.object(each, "alterations");
      ColumnAlteration alteration = ColumnAlteration.of(Body.requiredText(change, "path"));
      if (Body.text(change, "rename").isPresent()) {
        alteration = alteration.rename(Body.requiredText(change, "rename"));
      }
      if (change.get("nullable") instanceof Boolean nullable) {
        alteration = alteration.nullable(nullable);
      }
      Object type = change.get("data_type");
      if (type != null) {
        alteration = alteration.castTo(JsonSchema.parseType(type));
      }
      if (change.get("virtual_column") != null) {
        throw new UnsupportedFeatureException("virtual columns are not built yet");
      }
      alterations.add(alteration);
    }
    answer(exchange, table.alterColumns(alterations.toArray(ColumnAlteration[]::new)));
  }

  static void drop(Exchange exchange, Table table) {
    answer(
        exchange,
        table.dropColumns(
            Body.items(exchange.body(), "columns").stream()
                .map(String::valueOf)
                .toArray(String[]::new)));
  }

  static void updateFieldMetadata(Exchange exchange, Table table) {
    long version = table.version();
    for (Object each : Body.items(exchange.body(), "updates")) {
      Map<String, Object> update = Body.object(each, "updates");
      String path = Body.requiredText(update, "path");
      Map<String, @Nullable String> changes = new LinkedHashMap<>();
      if (Boolean.TRUE.equals(update.get("replace"))) {
        Field field =
            table
                .schema()
                .field(path)
                .orElseThrow(() -> new InvalidInputException("column not found: " + path));
        field.metadata().keySet().forEach(key -> changes.put(key, null));
      }
      put(Body.object(update.getOrDefault("metadata", Map.of()), "metadata"), changes);
      version = table.updateFieldMetadata(path, changes);
    }
    answer(exchange, version);
  }

  /// Replaces what is noted about the schema. The body is the bare map, and so is the answer.
  static void updateSchemaMetadata(Exchange exchange, Table table) {
    Map<String, @Nullable String> changes = new LinkedHashMap<>();
    table.schema().metadata().keySet().forEach(key -> changes.put(key, null));
    put(exchange.body(), changes);
    long version = table.updateSchemaMetadata(changes);
    exchange.withHeader("x-lancedb-version", Long.toString(version));
    exchange.answer(table.schema().metadata());
  }

  private static void put(Map<String, Object> from, Map<String, @Nullable String> changes) {
    for (Map.Entry<String, Object> entry : from.entrySet()) {
      Object value = entry.getValue();
      if (value != null && !(value instanceof String)) {
        throw new InvalidInputException(
            "metadata: expected=text or null, found=" + value + " (key=" + entry.getKey() + ")");
      }
      changes.put(entry.getKey(), (String) value);
    }
  }

  private static void answer(Exchange exchange, long version) {
    exchange.withHeader("x-lancedb-version", Long.toString(version));
    exchange.answer(Map.of("version", version));
  }
}
