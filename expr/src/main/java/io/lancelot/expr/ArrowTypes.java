package io.lancelot.expr;

import io.lancelot.base.InvalidInputException;
import io.lancelot.columnar.DataType;
import io.lancelot.columnar.Field;
import io.lancelot.columnar.Types;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Arrow types by the names `arrow_cast` takes and `arrow_typeof` gives.
final class ArrowTypes {

  private static final Map<String, DataType> PLAIN =
      Map.ofEntries(
          Map.entry("Null", Types.NULL),
          Map.entry("Boolean", Types.BOOL),
          Map.entry("Int8", Types.INT8),
          Map.entry("Int16", Types.INT16),
          Map.entry("Int32", Types.INT32),
          Map.entry("Int64", Types.INT64),
          Map.entry("UInt8", Types.UINT8),
          Map.entry("UInt16", Types.UINT16),
          Map.entry("UInt32", Types.UINT32),
          Map.entry("UInt64", Types.UINT64),
          Map.entry("Float16", Types.FLOAT16),
          Map.entry("Float32", Types.FLOAT32),
          Map.entry("Float64", Types.FLOAT64),
          Map.entry("Utf8", Types.UTF8),
          Map.entry("LargeUtf8", Types.LARGE_UTF8),
          Map.entry("Binary", Types.BINARY),
          Map.entry("LargeBinary", Types.LARGE_BINARY),
          Map.entry("Date32", Types.DATE32),
          Map.entry("Date64", Types.DATE64));

  private static final Pattern CALL = Pattern.compile("(\\w+)\\((.*)\\)");

  private ArrowTypes() {}

  static DataType parse(String name) {
    DataType plain = PLAIN.get(name);
    if (plain == null && name.equals("Utf8View")) {
      plain = Types.UTF8;
    }
    if (plain != null) {
      return plain;
    }
    Matcher call = CALL.matcher(name.strip());
    if (call.matches()) {
      String[] parts = call.group(2).split(",", -1);
      for (int i = 0; i < parts.length; i++) {
        parts[i] = parts[i].strip();
      }
      try {
        switch (call.group(1)) {
          case "Timestamp" -> {
            String zone = parts.length < 2 ? "None" : parts[1];
            Optional<String> known =
                zone.equals("None")
                    ? Optional.empty()
                    : Optional.of(zone.replaceAll("^Some\\(|\\)$|\"", ""));
            return new DataType.Timestamp(unit(parts[0]), known);
          }
          case "Time32", "Time64" -> {
            return new DataType.Time(unit(parts[0]));
          }
          case "Duration" -> {
            return new DataType.Duration(unit(parts[0]));
          }
          case "Decimal128", "Decimal256" -> {
            return new DataType.Decimal(
                call.group(1).endsWith("128") ? 128 : 256,
                Integer.parseInt(parts[0]),
                parts.length < 2 ? 0 : Integer.parseInt(parts[1]));
          }
          case "FixedSizeBinary" -> {
            return new DataType.FixedSizeBinary(Integer.parseInt(parts[0]));
          }
          case "List" -> {
            return Types.listOf(parse(call.group(2)));
          }
          default -> {}
        }
      } catch (IllegalArgumentException e) {
        throw unknown(name);
      }
    }
    throw unknown(name);
  }

  private static InvalidInputException unknown(String name) {
    return new InvalidInputException(
        "unknown Arrow type: expected=a name such as Int32, Utf8, Date32,"
            + " Timestamp(Millisecond, None) or Decimal128(10, 2), found="
            + name
            + Names.nearest(name, PLAIN.keySet())
                .map(near -> "; did you mean " + near + "?")
                .orElse(""));
  }

  private static DataType.TimeUnit unit(String name) {
    return switch (name) {
      case "s" -> DataType.TimeUnit.SECOND;
      case "ms" -> DataType.TimeUnit.MILLISECOND;
      case "us", "µs" -> DataType.TimeUnit.MICROSECOND;
      case "ns" -> DataType.TimeUnit.NANOSECOND;
      default -> DataType.TimeUnit.valueOf(name.toUpperCase(Locale.ROOT));
    };
  }

  static String name(DataType type) {
    for (Map.Entry<String, DataType> entry : PLAIN.entrySet()) {
      if (entry.getValue().equals(type)) {
        return entry.getKey();
      }
    }
    return switch (type) {
      case DataType.Timestamp(DataType.TimeUnit unit, Optional<String> zone) ->
          "Timestamp(" + unit.symbol() + zone.map(z -> ", \"" + z + "\"").orElse("") + ")";
      case DataType.Time(DataType.TimeUnit unit) ->
          "Time" + type.byteWidth() * 8 + "(" + unit.symbol() + ")";
      case DataType.Duration(DataType.TimeUnit unit) -> "Duration(" + unit.symbol() + ")";
      case DataType.Decimal(int bits, int precision, int scale) ->
          "Decimal" + bits + "(" + precision + ", " + scale + ")";
      case DataType.FixedSizeBinary(int width) -> "FixedSizeBinary(" + width + ")";
      case DataType.ListOf(Field item, boolean large) ->
          (large ? "LargeList(" : "List(") + name(item.type()) + ")";
      case DataType.FixedSizeList(Field item, int size) ->
          "FixedSizeList(" + size + " x " + name(item.type()) + ")";
      case DataType.Dictionary(DataType.Int index, DataType value, _) ->
          "Dictionary(" + name(index) + ", " + name(value) + ")";
      default -> type.arrowName();
    };
  }
}
