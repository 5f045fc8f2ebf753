package io.lancelot.server;

import io.lancelot.ColumnAlteration;
import io.lancelot.Table;
import io.lancelot.base.InvalidInputException;
import io.lancelot.base.UnsupportedFeatureException;
import io.lancelot.client.BlobFields;
import io.lancelot.client.JsonSchema;
import io.lancelot.client.JsonTypes;
import io.lancelot.columnar.Field;
import io.lancelot.columnar.Schema;
import io.lancelot.server.Router.Route;
import io.lancelot.server.Router.TableHandler;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Columns of a table, and what is noted about them.
final class ColumnRoutes {

  private final Services services;

  ColumnRoutes(Services services) {
    this.services = services;
  }

  void addTo(Map<String, Route<TableHandler>> routes) {
    routes.put("add_columns", new Route<>(Access.WRITE, this::add));
    routes.put("alter_columns", new Route<>(Access.WRITE, this::alter));
    routes.put("drop_columns", new Route<>(Access.WRITE, this::drop));
    routes.put("update_field_metadata", new Route<>(Access.WRITE, this::fieldMetadata));
    routes.put("schema_metadata/update", new Route<>(Access.WRITE, this::schemaMetadata));
  }

  private static void answer(Exchange exchange, long version) {
    exchange.withHeader("x-lancedb-version", Long.toString(version));
    exchange.answer(Map.of("version", version));
  }

  private static List<Map<?, ?>> objects(Exchange exchange, String member) {
    if (!(exchange.body().get(member) instanceof List<?> list) || list.isEmpty()) {
      throw new InvalidInputException(member + ": expected=an array of objects, found=nothing");
    }
    List<Map<?, ?>> objects = new ArrayList<>();
    for (Object each : list) {
      if (!(each instanceof Map<?, ?> object)) {
        throw new InvalidInputException(member + ": expected=objects, found=" + each);
      }
      objects.add(object);
    }
    return objects;
  }

  private static String required(Map<?, ?> object, String member) {
    return QueryBody.text(object, member)
        .filter(text -> !text.isEmpty())
        .orElseThrow(() -> new InvalidInputException(member + ": expected=text, found=nothing"));
  }

  /// Adds columns: expressions as JSON, or empty ones as the schema of an Arrow stream.
  private void add(Exchange exchange, TableRef ref) {
    if (exchange.contentType().equals("application/vnd.apache.arrow.stream")) {
      try (SentRows columns = SentRows.of(exchange, services)) {
        List<Field> fields =
            columns.schema().fields().stream()
                .map(field -> new Field(field.name(), field.type(), true, field.metadata()))
                .toList();
        answer(exchange, services.tableOfStream(ref).addColumns(Schema.of(fields)));
      }
      return;
    }
    Map<String, String> expressions = new LinkedHashMap<>();
    for (Map<?, ?> column : objects(exchange, "new_columns")) {
      if (column.get("expression") == null) {
        throw new UnsupportedFeatureException(
            "columns made by functions or kept up by the server are not built yet: found="
                + column.keySet());
      }
      expressions.put(required(column, "name"), required(column, "expression"));
    }
    answer(exchange, services.table(exchange, ref).addColumns(expressions));
  }

  private void alter(Exchange exchange, TableRef ref) {
    List<ColumnAlteration> alterations = new ArrayList<>();
    for (Map<?, ?> json : objects(exchange, "alterations")) {
      if (json.get("virtual_column") != null) {
        throw new UnsupportedFeatureException("virtual columns are not built yet");
      }
      ColumnAlteration alteration = ColumnAlteration.of(required(json, "path"));
      if (json.get("rename") != null) {
        alteration = alteration.rename(required(json, "rename"));
      }
      if (json.get("nullable") instanceof Boolean nullable) {
        alteration = alteration.nullable(nullable);
      }
      Object type = json.get("data_type");
      if (type != null) {
        alteration = alteration.castTo(JsonTypes.parse(type));
      }
      alterations.add(alteration);
    }
    answer(
        exchange,
        services.table(exchange, ref).alterColumns(alterations.toArray(ColumnAlteration[]::new)));
  }

  private void drop(Exchange exchange, TableRef ref) {
    if (!(exchange.body().get("columns") instanceof List<?> columns) || columns.isEmpty()) {
      throw new InvalidInputException("columns: expected=an array of names, found=nothing");
    }
    String[] names = columns.stream().map(String::valueOf).toArray(String[]::new);
    answer(exchange, services.table(exchange, ref).dropColumns(names));
  }

  private void fieldMetadata(Exchange exchange, TableRef ref) {
    Table table = services.table(exchange, ref);
    long version = table.version();
    for (Map<?, ?> update : objects(exchange, "updates")) {
      String path = required(update, "path");
      Map<String, @Nullable String> changes = new LinkedHashMap<>();
      if (Boolean.TRUE.equals(update.get("replace"))) {
        int field = table.schema().indexOf(path);
        if (field >= 0) {
          table
              .schema()
              .fields()
              .get(field)
              .metadata()
              .keySet()
              .forEach(key -> changes.put(key, null));
        }
      }
      changes.putAll(strings(update.get("metadata"), "metadata"));
      version = table.updateFieldMetadata(path, changes);
    }
    exchange.withHeader("x-lancedb-version", Long.toString(version));
    Map<String, Object> answer = new LinkedHashMap<>();
    answer.put("version", version);
    answer.put("fields", JsonSchema.of(BlobFields.described(table.schema())).get("fields"));
    exchange.answer(answer);
  }

  private static Map<String, @Nullable String> strings(@Nullable Object value, String member) {
    Map<String, @Nullable String> strings = new LinkedHashMap<>();
    switch (value) {
      case null -> {}
      case Map<?, ?> map ->
          map.forEach((key, text) ->
              strings.put(String.valueOf(key), text == null ? null : text.toString()));
      case Object other ->
          throw new InvalidInputException(member + ": expected=an object, found=" + other);
    }
    return strings;
  }

  /// Replaces all that is noted about the schema.
  private void schemaMetadata(Exchange exchange, TableRef ref) {
    Table table = services.tableOfStream(ref);
    Map<String, @Nullable String> changes = new LinkedHashMap<>();
    table.schema().metadata().keySet().forEach(key -> changes.put(key, null));
    changes.putAll(strings(exchange.body(), "request body"));
    table.updateSchemaMetadata(changes);
    exchange.answer(table.schema().metadata());
  }
}
