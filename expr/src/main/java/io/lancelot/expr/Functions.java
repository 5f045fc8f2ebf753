package io.lancelot.expr;

import io.lancelot.base.InvalidInputException;
import io.lancelot.base.UnsupportedFeatureException;
import io.lancelot.columnar.Column;
import io.lancelot.columnar.DataType;
import io.lancelot.columnar.Field;
import io.lancelot.columnar.FixedColumn;
import io.lancelot.columnar.FixedListColumn;
import io.lancelot.columnar.ListColumn;
import io.lancelot.columnar.Types;
import io.lancelot.columnar.VarColumn;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/// The functions of the dialect by name.
final class Functions {

  private Functions() {}

  /// Binds a call whose arguments are bound, checking their number and types.
  @FunctionalInterface
  private interface Function {
    Value bind(Binder binder, List<Value> arguments, Expr.Call call);
  }

  private static final Map<String, Function> BY_NAME = new HashMap<>();

  static {
    BY_NAME.put("lower", (_, a, call) -> text(a, call, text -> text.toLowerCase(Locale.ROOT)));
    BY_NAME.put("upper", (_, a, call) -> text(a, call, text -> text.toUpperCase(Locale.ROOT)));
    for (String name : List.of("length", "char_length", "character_length")) {
      BY_NAME.put(name, (_, a, call) -> length(a, call));
    }
    BY_NAME.put("octet_length", (_, a, call) -> bytes(a, call));
    BY_NAME.put("starts_with", (_, a, call) -> search(a, call, String::startsWith));
    BY_NAME.put("ends_with", (_, a, call) -> search(a, call, String::endsWith));
    BY_NAME.put("contains", (_, a, call) -> search(a, call, String::contains));
    BY_NAME.put("abs", (_, a, call) -> abs(a, call));
    BY_NAME.put("floor", (_, a, call) -> round(a, call, RoundingMode.FLOOR));
    BY_NAME.put("ceil", (_, a, call) -> round(a, call, RoundingMode.CEILING));
    BY_NAME.put("ceiling", (_, a, call) -> round(a, call, RoundingMode.CEILING));
    BY_NAME.put("round", (_, a, call) -> round(a, call, RoundingMode.HALF_UP));
    BY_NAME.put("isnan", (_, a, call) -> isNan(a, call));
    BY_NAME.put("is_nan", (_, a, call) -> isNan(a, call));
    BY_NAME.put("coalesce", Functions::coalesce);
    for (String name : List.of("array_has", "array_contains", "list_has", "list_contains")) {
      BY_NAME.put(name, Functions::arrayHas);
    }
    for (String name : List.of("array_length", "list_length")) {
      BY_NAME.put(name, (_, a, call) -> arrayLength(a, call));
    }
  }

  static Value bind(Binder binder, Expr.Call call, List<Value> arguments) {
    Function function = BY_NAME.get(call.name());
    if (function == null) {
      throw new InvalidInputException(
          "unknown function: expected one of "
              + BY_NAME.keySet().stream().sorted().toList()
              + ", found="
              + call.name()
              + Names.nearest(call.name(), BY_NAME.keySet())
                  .map(near -> "; did you mean " + near + "?")
                  .orElse(""));
    }
    return function.bind(binder, arguments, call);
  }

  private static InvalidInputException wrong(Expr.Call call, String expected, List<Value> found) {
    return new InvalidInputException(
        "invalid arguments of "
            + call.name()
            + ": expected="
            + expected
            + ", found="
            + found.stream().map(value -> value.type().arrowName()).toList()
            + " in "
            + call);
  }

  private static boolean anyNull(List<Value> arguments) {
    return arguments.stream().anyMatch(value -> value.plainType() instanceof DataType.Null);
  }

  private static boolean isText(Value value) {
    return value.plainType() instanceof DataType.Utf8 || value.plainType() instanceof DataType.Null;
  }

  private static String string(List<Column> columns, int argument, int row) {
    return ((VarColumn) columns.get(argument)).stringAt(row);
  }

  private static Value text(
      List<Value> arguments, Expr.Call call, java.util.function.UnaryOperator<String> change) {
    if (arguments.size() != 1 || !isText(arguments.getFirst())) {
      throw wrong(call, "one text", arguments);
    }
    return new FunctionCall.PerRow(
        call.name(),
        arguments,
        Types.UTF8,
        (columns, row) -> change.apply(string(columns, 0, row)));
  }

  private static Value length(List<Value> arguments, Expr.Call call) {
    if (arguments.size() != 1 || !isText(arguments.getFirst())) {
      throw wrong(call, "one text", arguments);
    }
    return new FunctionCall.PerRow(
        call.name(),
        arguments,
        Types.INT32,
        (columns, row) -> {
          VarColumn column = (VarColumn) columns.getFirst();
          MemorySegment data = column.data();
          int characters = 0;
          for (long i = column.offset(row); i < column.offset(row + 1); i++) {
            characters += (data.get(ValueLayout.JAVA_BYTE, i) & 0xC0) != 0x80 ? 1 : 0;
          }
          return characters;
        });
  }

  private static Value bytes(List<Value> arguments, Expr.Call call) {
    if (arguments.size() != 1
        || !(Order.isBytes(arguments.getFirst().plainType()) || anyNull(arguments))) {
      throw wrong(call, "one text or bytes", arguments);
    }
    return new FunctionCall.PerRow(
        call.name(),
        arguments,
        Types.INT32,
        (columns, row) -> {
          ByteStrings values = ByteStrings.of(columns.getFirst());
          return Math.toIntExact(values.from(row + 1) - values.from(row));
        });
  }

  private static Value search(
      List<Value> arguments, Expr.Call call, java.util.function.BiPredicate<String, String> test) {
    if (arguments.size() != 2 || !arguments.stream().allMatch(Functions::isText)) {
      throw wrong(call, "two texts", arguments);
    }
    if (arguments.get(1) instanceof Value.Constant(_, Object value)
        && value instanceof String part) {
      TextPattern pattern =
          switch (call.name()) {
            case "starts_with" -> TextPattern.parts(part, "", "");
            case "ends_with" -> TextPattern.parts("", "", part);
            default -> TextPattern.parts("", part, "");
          };
      if (!anyNull(arguments)) {
        return new Value.Condition(new ColumnCondition.Matches(arguments.getFirst(), pattern));
      }
    }
    return new FunctionCall.PerRow(
        call.name(),
        arguments,
        Types.BOOL,
        (columns, row) -> test.test(string(columns, 0, row), string(columns, 1, row)));
  }

  private static boolean isNumber(Value value) {
    return Order.isNumber(value.plainType()) || value.plainType() instanceof DataType.Null;
  }

  /// The type in which a function of one number computes.
  private static DataType computed(DataType type) {
    return switch (type) {
      case DataType.Int _ when !Order.isUnsigned64(type) -> Types.INT64;
      case DataType.Floating(int bits) when bits == 16 -> Types.FLOAT32;
      case DataType.Null _ -> Types.FLOAT64;
      default -> type;
    };
  }

  private static Value abs(List<Value> arguments, Expr.Call call) {
    if (arguments.size() != 1 || !isNumber(arguments.getFirst())) {
      throw wrong(call, "one number", arguments);
    }
    DataType type = computed(arguments.getFirst().plainType());
    return new FunctionCall.PerRow(
        call.name(),
        arguments,
        type,
        (columns, row) -> {
          FixedColumn column = (FixedColumn) columns.getFirst();
          return switch (type) {
            case DataType.Floating _ -> Math.abs(column.floatingAt(row));
            case DataType.Decimal _ -> ((BigDecimal) Order.number(column, row)).abs();
            default -> {
              BigInteger value = ((BigDecimal) Order.number(column, row)).toBigInteger().abs();
              yield type.equals(Types.INT64) && value.bitLength() > 63 ? null : value;
            }
          };
        });
  }

  private static Value round(List<Value> arguments, Expr.Call call, RoundingMode mode) {
    boolean places = call.name().equals("round") && arguments.size() == 2;
    if ((arguments.size() != 1 && !places) || !arguments.stream().allMatch(Functions::isNumber)) {
      throw wrong(call, places ? "a number and a number of places" : "one number", arguments);
    }
    if (places && !(arguments.get(1).plainType() instanceof DataType.Int)) {
      throw wrong(call, "a number and a whole number of places", arguments);
    }
    DataType type = computed(arguments.getFirst().plainType());
    return new FunctionCall.PerRow(
        call.name(),
        arguments,
        type,
        (columns, row) -> {
          FixedColumn column = (FixedColumn) columns.getFirst();
          long scale = places ? ((FixedColumn) columns.get(1)).integerAt(row) : 0;
          Object exact = Order.number(column, row);
          if (!(exact instanceof BigDecimal number)) {
            return exact;
          }
          if (type instanceof DataType.Floating) {
            // What was written is what is rounded: 2.675 to two places is 2.68.
            double value = column.floatingAt(row);
            number =
                column.width() == 8
                    ? BigDecimal.valueOf(value)
                    : new BigDecimal(Float.toString((float) value));
          }
          return rounded(number, Math.clamp(scale, -400, 400), mode, type);
        });
  }

  private static @org.jspecify.annotations.Nullable Object rounded(
      BigDecimal number, int scale, RoundingMode mode, DataType type) {
    BigDecimal value = scale >= number.scale() ? number : number.setScale(scale, mode);
    return switch (type) {
      case DataType.Floating _ -> value.doubleValue();
      case DataType.Decimal(_, int precision, int own) -> {
        BigDecimal scaled = value.setScale(own, RoundingMode.HALF_UP);
        yield scaled.precision() > precision ? null : scaled;
      }
      default -> {
        BigInteger whole = value.toBigInteger();
        yield type.equals(Types.INT64) ? (whole.bitLength() > 63 ? null : whole) : whole;
      }
    };
  }

  private static Value isNan(List<Value> arguments, Expr.Call call) {
    if (arguments.size() != 1 || !isNumber(arguments.getFirst())) {
      throw wrong(call, "one number", arguments);
    }
    Value operand = arguments.getFirst();
    if (operand.plainType() instanceof DataType.Floating) {
      return new Value.Condition(
          new ColumnCondition.FloatBound(operand, Ranges.FloatTest.NOT_NAN, 0, true));
    }
    return new FunctionCall.PerRow(call.name(), arguments, Types.BOOL, (_, _) -> false);
  }

  private static Value coalesce(Binder binder, List<Value> arguments, Expr.Call call) {
    if (arguments.isEmpty()) {
      throw wrong(call, "at least one value", arguments);
    }
    DataType type = Types.NULL;
    for (Value argument : arguments) {
      DataType found = argument.plainType();
      if (found instanceof DataType.Null || found.equals(type)) {
        continue;
      }
      if (type instanceof DataType.Null) {
        type = found;
      } else if (Order.isNumber(type) && Order.isNumber(found)) {
        type = common(type, found);
      } else if (!(type instanceof DataType.Utf8 && found instanceof DataType.Utf8)) {
        throw wrong(call, "values of one type", arguments);
      }
    }
    DataType result = type;
    if (result instanceof DataType.Null) {
      return new Value.Constant(Types.NULL, null);
    }
    return new FunctionCall.Coalesce(
        arguments.stream().map(value -> binder.cast(value, result, call)).toList(), result);
  }

  private static DataType common(DataType a, DataType b) {
    if (a instanceof DataType.Floating || b instanceof DataType.Floating) {
      return Types.FLOAT64;
    }
    if (a instanceof DataType.Int
        && b instanceof DataType.Int
        && !Order.isUnsigned64(a)
        && !Order.isUnsigned64(b)) {
      return Types.INT64;
    }
    int scaleA = a instanceof DataType.Decimal(_, _, int scale) ? scale : 0;
    int scaleB = b instanceof DataType.Decimal(_, _, int scale) ? scale : 0;
    return new DataType.Decimal(256, 76, Math.max(scaleA, scaleB));
  }

  private static Value arrayHas(Binder binder, List<Value> arguments, Expr.Call call) {
    if (arguments.size() != 2) {
      throw wrong(call, "a list and an item", arguments);
    }
    if (anyNull(arguments)) {
      return new Value.Constant(Types.NULL, null);
    }
    DataType item =
        switch (arguments.getFirst().plainType()) {
          case DataType.ListOf(Field field, _) -> field.type();
          case DataType.FixedSizeList(Field field, _) -> field.type();
          default -> throw wrong(call, "a list and an item", arguments);
        };
    if (!(arguments.get(1) instanceof Value.Constant needle)) {
      throw new UnsupportedFeatureException(
          call.name() + " of an item that is not constant: found=" + call);
    }
    Predicate test =
        binder.compare(Expr.Comparison.EQ, new Value.Path(List.of("item"), item), needle, call);
    return switch (test) {
      case ColumnCondition column ->
          new Value.Condition(new ListCondition(arguments.getFirst(), column));
      case Predicate.Constant _ -> new Value.Constant(Types.NULL, null);
      default ->
          throw new UnsupportedFeatureException(
              call.name() + " of items of type " + item.arrowName() + ": found=" + call);
    };
  }

  private static Value arrayLength(List<Value> arguments, Expr.Call call) {
    boolean list =
        arguments.size() == 1
            && (arguments.getFirst().plainType() instanceof DataType.ListOf
                || arguments.getFirst().plainType() instanceof DataType.FixedSizeList
                || anyNull(arguments));
    if (!list) {
      throw wrong(call, "one list", arguments);
    }
    return new FunctionCall.PerRow(
        call.name(),
        arguments,
        Types.INT64,
        (columns, row) ->
            switch (columns.getFirst()) {
              case ListColumn column -> column.offset(row + 1) - column.offset(row);
              case FixedListColumn column -> column.size();
              default -> throw new IllegalStateException("not a list");
            });
  }

  /// Text end to end.
  static Value concat(List<Value> arguments) {
    return new FunctionCall.PerRow(
        "||",
        arguments,
        Types.UTF8,
        (columns, row) -> string(columns, 0, row) + string(columns, 1, row));
  }

  /// LIKE with a pattern of its own in each row.
  static Value like(Value operand, Value pattern, Expr.Like like) {
    return new FunctionCall.PerRow(
        "LIKE",
        List.of(operand, pattern),
        Types.BOOL,
        (columns, row) -> {
          ByteStrings text = ByteStrings.of(columns.getFirst());
          return TextPattern.like(string(columns, 1, row), like.escape(), like.caseless())
              .matches(text.data(), text.from(row), text.from(row + 1));
        });
  }
}
