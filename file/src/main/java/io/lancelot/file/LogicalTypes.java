package io.lancelot.file;

import io.lancelot.base.CorruptDataException;
import io.lancelot.base.UnsupportedFeatureException;
import io.lancelot.columnar.DataType;
import io.lancelot.columnar.DataType.DateUnit;
import io.lancelot.columnar.DataType.TimeUnit;
import io.lancelot.columnar.Field;
import io.lancelot.columnar.Types;
import java.util.List;
import java.util.Optional;

/// Lance's names of types. Format: lance-format section 1.6.
final class LogicalTypes {

  private LogicalTypes() {}

  /// The stored name of a field's type.
  static String nameOf(DataType type) {
    return switch (type) {
      case DataType.Null _ -> "null";
      case DataType.Bool _ -> "bool";
      case DataType.Int(int bits, boolean signed) -> (signed ? "int" : "uint") + bits;
      case DataType.Floating(int bits) ->
          bits == 16 ? "halffloat" : bits == 32 ? "float" : "double";
      case DataType.Decimal(int bits, int precision, int scale) ->
          "decimal:" + bits + ":" + precision + ":" + scale;
      case DataType.Utf8(boolean large) -> large ? "large_string" : "string";
      case DataType.Binary(boolean large) -> large ? "large_binary" : "binary";
      case DataType.FixedSizeBinary(int width) -> "fixed_size_binary:" + width;
      case DataType.Date(DateUnit unit) -> unit == DateUnit.DAY ? "date32:day" : "date64:ms";
      case DataType.Time(TimeUnit unit) ->
          (unit.digits() <= 3 ? "time32:" : "time64:") + unit.symbol();
      case DataType.Timestamp(TimeUnit unit, Optional<String> zone) ->
          "timestamp:" + unit.symbol() + ":" + zone.orElse("-");
      case DataType.Duration(TimeUnit unit) -> "duration:" + unit.symbol();
      case DataType.ListOf(Field item, boolean large) ->
          (large ? "large_list" : "list")
              + (item.type() instanceof DataType.Struct ? ".struct" : "");
      case DataType.FixedSizeList(Field item, int size) ->
          "fixed_size_list:"
              + (item.type() instanceof DataType.Struct ? "struct" : nameOf(item.type()))
              + ":"
              + size;
      case DataType.Struct _ -> "struct";
      case DataType.MapOf _ -> "map";
      case DataType.Dictionary(DataType.Int index, DataType value, _) ->
          "dict:" + nameOf(value) + ":" + nameOf(index) + ":false";
    };
  }

  /// The type of a stored name, given the child fields that follow it.
  ///
  /// @throws UnsupportedFeatureException for a name this version does not know
  static DataType typeOf(String name, List<Field> children, String fieldName) {
    return switch (name) {
      case "null" -> Types.NULL;
      case "bool" -> Types.BOOL;
      case "int8", "int16", "int32", "int64" ->
          new DataType.Int(number(name.substring(3), name), true);
      case "uint8", "uint16", "uint32", "uint64" ->
          new DataType.Int(number(name.substring(4), name), false);
      case "halffloat" -> Types.FLOAT16;
      case "float" -> Types.FLOAT32;
      case "double" -> Types.FLOAT64;
      case "string" -> Types.UTF8;
      case "large_string" -> Types.LARGE_UTF8;
      case "binary" -> Types.BINARY;
      case "large_binary", "json" -> Types.LARGE_BINARY;
      case "list", "list.struct" ->
          new DataType.ListOf(onlyChild(children, name, fieldName), false);
      case "large_list", "large_list.struct" ->
          new DataType.ListOf(onlyChild(children, name, fieldName), true);
      case "struct" -> new DataType.Struct(children);
      case "map" -> new DataType.MapOf(onlyChild(children, name, fieldName), false);
      default -> parametrised(name, children, fieldName);
    };
  }

  private static DataType parametrised(String name, List<Field> children, String fieldName) {
    int colon = name.indexOf(':');
    String kind = colon < 0 ? name : name.substring(0, colon);
    String rest = colon < 0 ? "" : name.substring(colon + 1);
    String[] parts = rest.split(":", -1);
    switch (kind) {
      case "decimal" -> {
        if (parts.length == 3) {
          return new DataType.Decimal(
              number(parts[0], name), number(parts[1], name), number(parts[2], name));
        }
      }
      case "fixed_size_binary" -> {
        return new DataType.FixedSizeBinary(number(rest, name));
      }
      case "date32" -> {
        return Types.DATE32;
      }
      case "date64" -> {
        return Types.DATE64;
      }
      case "time32", "time64" -> {
        return new DataType.Time(unit(rest, name));
      }
      case "timestamp" -> {
        // The zone is everything after the second colon: it may itself hold one (`+08:00`).
        int second = rest.indexOf(':');
        String zone = second < 0 ? "-" : rest.substring(second + 1);
        return new DataType.Timestamp(
            unit(second < 0 ? rest : rest.substring(0, second), name),
            zone.equals("-") ? Optional.empty() : Optional.of(zone));
      }
      case "duration" -> {
        return new DataType.Duration(unit(rest, name));
      }
      case "fixed_size_list" -> {
        int last = rest.lastIndexOf(':');
        if (last > 0) {
          return fixedSizeList(
              rest.substring(0, last), number(rest.substring(last + 1), name), children, fieldName);
        }
      }
      case "dict" -> {
        if (parts.length >= 3
            && typeOf(parts[parts.length - 2], List.of(), fieldName)
                instanceof DataType.Int index) {
          String value = String.join(":", List.of(parts).subList(0, parts.length - 2));
          return new DataType.Dictionary(index, typeOf(value, List.of(), fieldName), false);
        }
      }
      default -> {}
    }
    throw new UnsupportedFeatureException(
        "unknown logical type: found=" + name + " (column=" + fieldName + ")");
  }

  private static DataType fixedSizeList(
      String item, int size, List<Field> children, String fieldName) {
    if (item.equals("struct")) {
      return new DataType.FixedSizeList(
          onlyChild(children, "fixed_size_list:struct", fieldName), size);
    }
    return new DataType.FixedSizeList(
        Field.nullable("item", typeOf(item, List.of(), fieldName)), size);
  }

  private static Field onlyChild(List<Field> children, String type, String fieldName) {
    if (children.size() != 1) {
      throw new CorruptDataException(
          "schema: expected=1 child of "
              + type
              + ", found="
              + children.size()
              + " (column="
              + fieldName
              + ")");
    }
    return children.getFirst();
  }

  private static TimeUnit unit(String symbol, String name) {
    for (TimeUnit unit : TimeUnit.values()) {
      if (unit.symbol().equals(symbol)) {
        return unit;
      }
    }
    throw new CorruptDataException("schema: unknown time unit in logical type " + name);
  }

  private static int number(String digits, String name) {
    try {
      return Integer.parseInt(digits);
    } catch (NumberFormatException e) {
      throw new CorruptDataException("schema: expected=a number in logical type, found=" + name, e);
    }
  }
}
