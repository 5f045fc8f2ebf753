package io.lancelot.columnar;

import io.lancelot.columnar.DataType.TimeUnit;
import java.util.stream.Collectors;

/// How types are written for people: Arrow's own names.
final class TypeNames {

  private TypeNames() {}

  static String arrow(DataType type) {
    return switch (type) {
      case DataType.Null _ -> "null";
      case DataType.Bool _ -> "bool";
      case DataType.Int(int bits, boolean signed) -> (signed ? "int" : "uint") + bits;
      case DataType.Floating(int bits) ->
          bits == 16 ? "halffloat" : bits == 32 ? "float" : "double";
      case DataType.Decimal(int bits, int precision, int scale) ->
          "decimal" + bits + "(" + precision + ", " + scale + ")";
      case DataType.Utf8(boolean large) -> large ? "large_string" : "string";
      case DataType.Binary(boolean large) -> large ? "large_binary" : "binary";
      case DataType.FixedSizeBinary(int width) -> "fixed_size_binary[" + width + "]";
      case DataType.Date(DataType.DateUnit unit) ->
          unit == DataType.DateUnit.DAY ? "date32[day]" : "date64[ms]";
      case DataType.Time(TimeUnit unit) ->
          (unit.digits() <= 3 ? "time32[" : "time64[") + unit.symbol() + "]";
      case DataType.Timestamp(TimeUnit unit, var zone) ->
          "timestamp[" + unit.symbol() + zone.map(z -> ", tz=" + z).orElse("") + "]";
      case DataType.Duration(TimeUnit unit) -> "duration[" + unit.symbol() + "]";
      case DataType.ListOf(Field item, boolean large) ->
          (large ? "large_list<" : "list<") + child(item) + ">";
      case DataType.FixedSizeList(Field item, int size) ->
          "fixed_size_list<" + child(item) + ">[" + size + "]";
      case DataType.Struct(var fields) ->
          fields.stream().map(TypeNames::child).collect(Collectors.joining(", ", "struct<", ">"));
      case DataType.MapOf map ->
          "map<"
              + arrow(map.key().type())
              + ", "
              + arrow(map.value().type())
              + (map.keysSorted() ? ", keys_sorted" : "")
              + ">";
      case DataType.Dictionary(DataType.Int index, DataType value, boolean ordered) ->
          "dictionary<values="
              + arrow(value)
              + ", indices="
              + arrow(index)
              + ", ordered="
              + (ordered ? 1 : 0)
              + ">";
    };
  }

  private static String child(Field field) {
    return field.name() + ": " + arrow(field.type()) + (field.nullable() ? "" : " not null");
  }
}
