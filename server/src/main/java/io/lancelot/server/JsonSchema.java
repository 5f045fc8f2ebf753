package io.lancelot.server;

import io.lancelot.base.InvalidInputException;
import io.lancelot.columnar.DataType;
import io.lancelot.columnar.Field;
import io.lancelot.columnar.Schema;
import io.lancelot.columnar.Types;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Schemas as the protocol writes them: Lance's own names of types.
final class JsonSchema {

  private static final Map<String, DataType> SIMPLE = new HashMap<>();

  static {
    for (DataType type :
        List.of(
            Types.NULL,
            Types.BOOL,
            Types.INT8,
            Types.INT16,
            Types.INT32,
            Types.INT64,
            Types.UINT8,
            Types.UINT16,
            Types.UINT32,
            Types.UINT64,
            Types.FLOAT16,
            Types.FLOAT32,
            Types.FLOAT64,
            Types.UTF8,
            Types.LARGE_UTF8,
            Types.BINARY,
            Types.LARGE_BINARY,
            Types.DATE32,
            Types.DATE64)) {
      SIMPLE.put(name(type), type);
    }
  }

  private JsonSchema() {}

  static Map<String, Object> of(Schema schema) {
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

  private static Map<String, Object> type(DataType type) {
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

  /// The type that a JSON object, or a bare name, stands for.
  static DataType parseType(Object json) {
    if (json instanceof String bare) {
      return parse(bare, json);
    }
    if (!(json instanceof Map<?, ?> object)) {
      throw new InvalidInputException("data type: expected={\"type\": …}, found=" + json);
    }
    String name = String.valueOf(object.get("type"));
    return switch (name) {
      case "list" -> new DataType.ListOf(child(object), false);
      case "large_list" -> new DataType.ListOf(child(object), true);
      case "fixed_size_list" -> new DataType.FixedSizeList(child(object), length(object));
      case "fixed_size_binary" -> new DataType.FixedSizeBinary(length(object));
      case "struct" -> new DataType.Struct(children(object));
      default -> parse(name, json);
    };
  }

  private static DataType parse(String name, Object json) {
    DataType known = SIMPLE.get(name);
    if (known != null) {
      return known;
    }
    String[] parts = name.split(":", 3);
    for (DataType.TimeUnit unit : DataType.TimeUnit.values()) {
      if (parts.length > 1 && parts[1].equals(unit.symbol())) {
        switch (parts[0]) {
          case "timestamp" -> {
            String zone = parts.length > 2 ? parts[2] : "-";
            return new DataType.Timestamp(
                unit, zone.equals("-") ? Optional.empty() : Optional.of(zone));
          }
          case "time32", "time64" -> {
            return new DataType.Time(unit);
          }
          case "duration" -> {
            return new DataType.Duration(unit);
          }
          default -> {}
        }
      }
    }
    throw new InvalidInputException("data type: expected=a name that Lance has, found=" + json);
  }

  private static int length(Map<?, ?> type) {
    if (type.get("length") instanceof Integer length && length > 0) {
      return length;
    }
    throw new InvalidInputException("data type: expected=a length, found=" + type);
  }

  private static Field child(Map<?, ?> type) {
    List<Field> children = children(type);
    if (children.size() != 1) {
      throw new InvalidInputException("data type: expected=one field of items, found=" + type);
    }
    return children.getFirst();
  }

  private static List<Field> children(Map<?, ?> type) {
    if (!(type.get("fields") instanceof List<?> fields)) {
      throw new InvalidInputException("data type: expected=fields, found=" + type);
    }
    List<Field> children = new ArrayList<>();
    for (Object each : fields) {
      Object inner = each instanceof Map<?, ?> field ? field.get("type") : null;
      if (!(each instanceof Map<?, ?> field) || inner == null) {
        throw new InvalidInputException("data type: expected=a field, found=" + each);
      }
      String name = String.valueOf(field.get("name"));
      DataType of = parseType(inner);
      children.add(
          Boolean.FALSE.equals(field.get("nullable"))
              ? Field.required(name, of)
              : Field.nullable(name, of));
    }
    return children;
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
