package io.lancelot.client;

import io.lancelot.columnar.DataType;
import io.lancelot.columnar.Field;
import io.lancelot.columnar.Schema;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Schemas as the protocol writes them: Lance's own names of types.
public final class JsonSchema {

  private JsonSchema() {}

  public static Map<String, Object> of(Schema schema) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("fields", schema.fields().stream().map(JsonSchema::field).toList());
    if (!schema.metadata().isEmpty()) {
      json.put("metadata", schema.metadata());
    }
    return json;
  }

  private static Map<String, Object> field(Field field) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("name", field.name());
    json.put("type", type(field.type()));
    json.put("nullable", field.nullable());
    if (!field.metadata().isEmpty()) {
      json.put("metadata", field.metadata());
    }
    return json;
  }

  /// A type alone, as `alter_columns` has it.
  static Map<String, Object> type(DataType type) {
    return switch (type) {
      case DataType.ListOf(Field item, boolean large) ->
          nested(large ? "large_list" : "list", List.of(item));
      case DataType.FixedSizeList(Field item, int size) -> {
        Map<String, Object> json = nested("fixed_size_list", List.of(item));
        json.put("length", size);
        yield json;
      }
      case DataType.Struct(List<Field> fields) -> nested("struct", fields);
      case DataType.MapOf(Field entries, boolean _) -> nested("map", List.of(entries));
      case DataType.FixedSizeBinary(int width) -> {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("type", "fixed_size_binary");
        json.put("length", width);
        yield json;
      }
      default -> {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("type", name(type));
        yield json;
      }
    };
  }

  private static Map<String, Object> nested(String name, List<Field> fields) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("type", name);
    json.put("fields", fields.stream().map(JsonSchema::field).toList());
    return json;
  }

  private static String name(DataType type) {
    return switch (type) {
      case DataType.Null() -> "null";
      case DataType.Bool() -> "bool";
      case DataType.Int(int bits, boolean signed) -> (signed ? "int" : "uint") + bits;
      case DataType.Floating(int bits) ->
          bits == 16 ? "halffloat" : bits == 32 ? "float" : "double";
      case DataType.Decimal(int bits, int precision, int scale) ->
          "decimal:" + bits + ":" + precision + ":" + scale;
      case DataType.Utf8(boolean large) -> large ? "large_string" : "string";
      case DataType.Binary(boolean large) -> large ? "large_binary" : "binary";
      case DataType.Date(DataType.DateUnit unit) ->
          unit == DataType.DateUnit.DAY ? "date32:day" : "date64:ms";
      case DataType.Time(DataType.TimeUnit unit) ->
          (unit.digits() <= 3 ? "time32:" : "time64:") + unit.symbol();
      case DataType.Timestamp(DataType.TimeUnit unit, var zone) ->
          "timestamp:" + unit.symbol() + ":" + zone.orElse("-");
      case DataType.Duration(DataType.TimeUnit unit) -> "duration:" + unit.symbol();
      case DataType.Dictionary(DataType.Int index, DataType value, boolean ordered) ->
          "dict:" + name(value) + ":" + name(index) + ":" + ordered;
      case DataType.FixedSizeBinary(int width) -> "fixed_size_binary:" + width;
      case DataType.ListOf _ -> "list";
      case DataType.FixedSizeList _ -> "fixed_size_list";
      case DataType.Struct _ -> "struct";
      case DataType.MapOf _ -> "map";
    };
  }
}
