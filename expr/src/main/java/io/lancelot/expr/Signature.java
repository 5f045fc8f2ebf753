package io.lancelot.expr;

import io.lancelot.base.InvalidInputException;
import io.lancelot.columnar.DataType;
import io.lancelot.columnar.Field;
import io.lancelot.columnar.Types;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What a function takes and gives, read from text such as `lpad(text, int, text?) -> text`.
///
/// Parameters: `text`, `int`, `float` (any number, computed as a double), `number`, `bool`, `bytes`
/// (also text), `moment` (a date or timestamp, also as text), `time`, `list`, `item` (an item of
/// the first list), `same` (a list like the first), `map`, `any`. `?` may be left out, `...` may
/// repeat, also no time at all.
///
/// @param text as it was written
/// @param names the function's name and its aliases
/// @param result `text`, `int`, `int32`, `float`, `bool`, `bytes`, `date`, `time`, `timestamp`,
///   `texts`, `ints` (lists), `same`, `item`, `list` (a list of the first argument), or `any` for
///   functions that settle it themselves
record Signature(String text, List<String> names, List<Parameter> parameters, String result) {

  record Parameter(String kind, boolean optional, boolean repeats) {}

  static Signature of(String text) {
    int open = text.indexOf('(');
    int close = text.lastIndexOf(") -> ");
    List<Parameter> parameters = new ArrayList<>();
    String inside = text.substring(open + 1, close);
    for (String part : inside.isEmpty() ? new String[0] : inside.split(", ", -1)) {
      boolean optional = part.endsWith("?");
      boolean repeats = part.endsWith("...");
      String kind = part.substring(0, part.length() - (optional ? 1 : repeats ? 3 : 0));
      parameters.add(new Parameter(kind, optional, repeats));
    }
    return new Signature(
        text,
        List.of(text.substring(0, open).split("\\|", -1)),
        List.copyOf(parameters),
        text.substring(close + 5));
  }

  /// The arguments as what the body takes.
  List<Value> fit(Binder binder, List<Value> arguments, Expr.Call call) {
    long required = parameters.stream().filter(p -> !p.optional() && !p.repeats()).count();
    boolean open = !parameters.isEmpty() && parameters.getLast().repeats();
    if (arguments.size() < required || (!open && arguments.size() > parameters.size())) {
      throw wrong(arguments, call);
    }
    List<Value> fitted = new ArrayList<>();
    for (int i = 0; i < arguments.size(); i++) {
      Parameter parameter = parameters.get(Math.min(i, parameters.size() - 1));
      Value value = fit(binder, parameter.kind(), arguments.get(i), arguments, call);
      if (value == null) {
        throw wrong(arguments, call);
      }
      fitted.add(value);
    }
    return fitted;
  }

  private InvalidInputException wrong(List<Value> arguments, Expr.Call call) {
    return new InvalidInputException(
        "invalid arguments of "
            + call.name()
            + ": expected="
            + text
            + ", found="
            + arguments.stream().map(value -> value.type().arrowName()).toList()
            + " in "
            + call);
  }

  private static @Nullable Value fit(
      Binder binder, String kind, Value value, List<Value> all, Expr.Call call) {
    DataType type = value.plainType();
    if (type instanceof DataType.Null) {
      return value;
    }
    return switch (kind) {
      case "any" -> value;
      case "text" -> type instanceof DataType.Utf8 ? value : null;
      case "shown" ->
          type instanceof DataType.Utf8
              ? value
              : Conversion.exists(type, Types.UTF8) ? binder.cast(value, Types.UTF8, call) : null;
      case "int" -> type instanceof DataType.Int ? binder.cast(value, Types.INT64, call) : null;
      case "float" -> Order.isNumber(type) ? binder.cast(value, Types.FLOAT64, call) : null;
      case "number" -> Order.isNumber(type) ? value : null;
      case "bool" -> type instanceof DataType.Bool ? value : null;
      case "bytes" ->
          type instanceof DataType.Utf8 || type instanceof DataType.Binary ? value : null;
      case "moment" ->
          type instanceof DataType.Utf8
              ? binder.cast(value, TimeFunctions.NANOS, call)
              : Order.isDay(type) ? value : null;
      case "time" ->
          type instanceof DataType.Utf8
              ? binder.cast(value, TimeFunctions.NANOS, call)
              : Order.isDay(type) || type instanceof DataType.Time ? value : null;
      case "list" -> itemType(type) != null ? value : null;
      case "map" -> type instanceof DataType.MapOf ? value : null;
      case "item" -> {
        DataType item = itemType(all.getFirst().plainType());
        yield item == null ? null : binder.cast(value, item, call);
      }
      case "same" -> {
        DataType item = itemType(all.getFirst().plainType());
        yield item == null || itemType(type) == null
            ? null
            : binder.cast(value, Types.listOf(item), call);
      }
      default -> throw new IllegalStateException("unknown kind of parameter: " + kind);
    };
  }

  static @Nullable DataType itemType(DataType type) {
    return switch (type) {
      case DataType.ListOf(Field item, _) -> plain(item.type());
      case DataType.FixedSizeList(Field item, _) -> plain(item.type());
      default -> null;
    };
  }

  private static DataType plain(DataType type) {
    return type instanceof DataType.Dictionary(_, DataType value, _) ? value : type;
  }

  DataType resultType(List<Value> arguments) {
    DataType first = arguments.isEmpty() ? Types.NULL : arguments.getFirst().plainType();
    DataType item = itemType(first);
    return switch (result) {
      case "text" -> Types.UTF8;
      case "int" -> Types.INT64;
      case "int32" -> Types.INT32;
      case "float" -> Types.FLOAT64;
      case "bool" -> Types.BOOL;
      case "bytes" -> Types.BINARY;
      case "date" -> Types.DATE32;
      case "time" -> new DataType.Time(DataType.TimeUnit.NANOSECOND);
      case "timestamp" -> TimeFunctions.NANOS;
      case "texts" -> Types.listOf(Types.UTF8);
      case "ints" -> Types.listOf(Types.INT64);
      case "same" -> item == null ? first : Types.listOf(item);
      case "item" -> item == null ? Types.NULL : item;
      case "list" -> Types.listOf(first);
      default -> throw new IllegalStateException("unknown kind of result: " + result);
    };
  }
}
