package io.lancelot.bench;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.lancelot.base.InvalidInputException;
import io.lancelot.columnar.Batch;
import io.lancelot.columnar.ColumnBuilder;
import io.lancelot.columnar.DataType;
import io.lancelot.columnar.Field;
import io.lancelot.columnar.Schema;
import io.lancelot.columnar.Types;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Rows of JSON as a data set: whole numbers, fractions, booleans, texts, and lists of texts.
final class JsonTable {

  private JsonTable() {}

  /// The object that the parser stands at the start of; nulls are left out.
  static Map<String, Object> row(JsonParser json) throws IOException {
    Map<String, Object> row = new LinkedHashMap<>();
    while (json.nextToken() != JsonToken.END_OBJECT) {
      String key = json.currentName();
      json.nextToken();
      Object value = value(json, key);
      if (value != null) {
        row.put(key, value);
      }
    }
    return row;
  }

  private static @Nullable Object value(JsonParser json, String key) throws IOException {
    return switch (json.currentToken()) {
      case VALUE_NULL -> null;
      case VALUE_NUMBER_INT -> json.getLongValue();
      case VALUE_NUMBER_FLOAT -> json.getDoubleValue();
      case VALUE_TRUE, VALUE_FALSE -> json.getBooleanValue();
      case VALUE_STRING -> json.getText();
      case START_ARRAY -> {
        List<String> items = new ArrayList<>();
        while (json.nextToken() != JsonToken.END_ARRAY) {
          items.add(json.getText());
        }
        yield items;
      }
      default ->
          throw new InvalidInputException(
              "JSON lines to measure with: expected=numbers, texts and lists of texts, found="
                  + json.currentToken()
                  + " (column="
                  + key
                  + ")");
    };
  }

  static DataSet of(String name, List<Map<String, Object>> rows) {
    Set<String> keys = new LinkedHashSet<>();
    rows.forEach(row -> keys.addAll(row.keySet()));
    List<Field> fields = new ArrayList<>();
    for (String key : keys) {
      fields.add(Field.nullable(key, type(key, rows)));
    }
    Schema schema = Schema.of(fields);
    Arena arena = Arena.ofShared();
    List<Batch> batches = new ArrayList<>();
    for (int first = 0; first < rows.size(); first += DataSet.BATCH_ROWS) {
      List<Map<String, Object>> part =
          rows.subList(first, Math.min(rows.size(), first + DataSet.BATCH_ROWS));
      List<ColumnBuilder> builders =
          fields.stream().map(field -> ColumnBuilder.of(field.type(), arena)).toList();
      for (Map<String, Object> row : part) {
        for (int i = 0; i < builders.size(); i++) {
          builders.get(i).append(row.get(fields.get(i).name()));
        }
      }
      batches.add(
          new Batch(schema, part.size(), builders.stream().map(ColumnBuilder::build).toList()));
    }
    return new DataSet(name, arena, schema, batches, Optional.empty());
  }

  private static DataType type(String key, List<Map<String, Object>> rows) {
    DataType type = Types.NULL;
    for (Map<String, Object> row : rows) {
      Object value = row.get(key);
      if (value == null) {
        continue;
      }
      DataType found =
          switch (value) {
            case Long _ -> Types.INT64;
            case Double _ -> Types.FLOAT64;
            case Boolean _ -> Types.BOOL;
            case List<?> _ -> Types.listOf(Types.UTF8);
            default -> Types.UTF8;
          };
      boolean widens = type.equals(Types.INT64) && found.equals(Types.FLOAT64);
      boolean fits = type.equals(Types.FLOAT64) && found.equals(Types.INT64);
      if (type.equals(Types.NULL) || widens) {
        type = found;
      } else if (!type.equals(found) && !fits) {
        throw new InvalidInputException(
            "JSON lines to measure with: expected="
                + type.arrowName()
                + ", found="
                + found.arrowName()
                + " (column="
                + key
                + ")");
      }
    }
    return type;
  }
}
