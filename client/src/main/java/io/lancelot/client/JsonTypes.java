package io.lancelot.client;

import io.lancelot.base.InvalidInputException;
import io.lancelot.columnar.DataType;
import io.lancelot.columnar.Field;
import io.lancelot.columnar.Schema;
import io.lancelot.columnar.Types;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Reads types as the protocol writes them: Lance's own names, and Arrow's.
public final class JsonTypes {

  private JsonTypes() {}

  /// @throws InvalidInputException if the value names no type
  public static DataType parse(@Nullable Object json) {
    if (json instanceof String name) {
      return plain(name, 0);
    }
    if (json instanceof Map<?, ?> object && object.get("type") instanceof String name) {
      return nested(object, name);
    }
    throw new InvalidInputException("data type: expected={\"type\": …}, found=" + json);
  }

  /// A schema, as `describe` answers it.
  ///
  /// @throws InvalidInputException if it is none
  static Schema schema(@Nullable Object json) {
    if (json instanceof Map<?, ?> object) {
      return new Schema(fields(object), texts(object.get("metadata")));
    }
    throw new InvalidInputException("schema: expected={\"fields\": …}, found=" + json);
  }

  private static Map<String, String> texts(@Nullable Object json) {
    Map<String, String> texts = new LinkedHashMap<>();
    if (json instanceof Map<?, ?> object) {
      object.forEach((key, value) -> texts.put(String.valueOf(key), String.valueOf(value)));
    }
    return texts;
  }

  private static DataType nested(Map<?, ?> object, String name) {
    return switch (name) {
      case "list" -> new DataType.ListOf(item(object), false);
      case "large_list" -> new DataType.ListOf(item(object), true);
      case "fixed_size_list" -> new DataType.FixedSizeList(item(object), length(object));
      case "map" -> new DataType.MapOf(item(object), false);
      case "struct" -> new DataType.Struct(fields(object));
      case "fixed_size_binary" -> new DataType.FixedSizeBinary(length(object));
      default -> plain(name, object.get("length") == null ? 0 : length(object));
    };
  }

  private static int length(Map<?, ?> object) {
    if (object.get("length") instanceof Integer length && length > 0) {
      return length;
    }
    throw new InvalidInputException(
        "length of a data type: expected=a positive number, found=" + object.get("length"));
  }

  private static Field item(Map<?, ?> object) {
    List<Field> fields = fields(object);
    if (fields.size() != 1) {
      throw new InvalidInputException("fields of a list type: expected=1, found=" + fields.size());
    }
    return fields.getFirst();
  }

  private static List<Field> fields(Map<?, ?> object) {
    if (!(object.get("fields") instanceof List<?> list)) {
      throw new InvalidInputException(
          "fields of a data type: expected=an array, found=" + object.get("fields"));
    }
    List<Field> fields = new ArrayList<>();
    for (Object each : list) {
      if (!(each instanceof Map<?, ?> field) || !(field.get("name") instanceof String name)) {
        throw new InvalidInputException(
            "fields of a data type: expected={\"name\", \"type\"}, found=" + each);
      }
      fields.add(
          new Field(
              name,
              parse(field.get("type")),
              !Boolean.FALSE.equals(field.get("nullable")),
              texts(field.get("metadata"))));
    }
    return fields;
  }

  private static DataType plain(String name, int length) {
    String[] parts = name.split(":", -1);
    return switch (parts[0]) {
      case "null" -> new DataType.Null();
      case "bool", "boolean" -> new DataType.Bool();
      case "int8", "int16", "int32", "int64" ->
          new DataType.Int(Integer.parseInt(parts[0].substring(3)), true);
      case "uint8", "uint16", "uint32", "uint64" ->
          new DataType.Int(Integer.parseInt(parts[0].substring(4)), false);
      case "halffloat", "float16" -> new DataType.Floating(16);
      case "float", "float32" -> new DataType.Floating(32);
      case "double", "float64" -> new DataType.Floating(64);
      case "string", "utf8" -> new DataType.Utf8(false);
      case "large_string", "large_utf8" -> new DataType.Utf8(true);
      case "binary" -> new DataType.Binary(false);
      case "large_binary" -> new DataType.Binary(true);
      case "date32" -> Types.DATE32;
      case "date64" -> Types.DATE64;
      case "time32", "time64" -> new DataType.Time(unit(parts, name));
      case "duration" -> new DataType.Duration(unit(parts, name));
      case "timestamp" ->
          new DataType.Timestamp(
              unit(parts, name),
              parts.length < 3 || parts[2].equals("-")
                  ? Optional.empty()
                  : Optional.of(name.split(":", 3)[2]));
      case "fixed_size_binary" ->
          new DataType.FixedSizeBinary(parts.length > 1 ? number(parts[1], name) : length);
      case "decimal" -> {
        if (parts.length != 4) {
          throw unknown(name);
        }
        yield new DataType.Decimal(
            number(parts[1], name), number(parts[2], name), number(parts[3], name));
      }
      case "decimal128", "decimal256" ->
          new DataType.Decimal(
              Integer.parseInt(parts[0].substring("decimal".length())),
              length / 1000,
              length % 1000);
      case "dict" -> {
        if (parts.length < 4
            || !(plain(parts[parts.length - 2], 0) instanceof DataType.Int index)) {
          throw unknown(name);
        }
        String values = String.join(":", List.of(parts).subList(1, parts.length - 2));
        yield new DataType.Dictionary(
            index, plain(values, 0), parts[parts.length - 1].equals("true"));
      }
      default -> throw unknown(name);
    };
  }

  private static DataType.TimeUnit unit(String[] parts, String name) {
    String symbol = parts.length < 2 ? "us" : parts[1];
    for (DataType.TimeUnit unit : DataType.TimeUnit.values()) {
      if (unit.symbol().equals(symbol)) {
        return unit;
      }
    }
    throw unknown(name);
  }

  private static int number(String text, String name) {
    try {
      return Integer.parseInt(text);
    } catch (NumberFormatException e) {
      throw new InvalidInputException("data type: expected=a number in it, found=" + name, e);
    }
  }

  private static InvalidInputException unknown(String name) {
    return new InvalidInputException(
        "data type: expected=int64, float, string, timestamp:us:- and the like, found=" + name);
  }
}
