package io.lancelot.expr;

import io.lancelot.base.InvalidInputException;
import io.lancelot.columnar.DataType;
import io.lancelot.columnar.Field;
import io.lancelot.columnar.Types;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Functions of structs and maps, and of types.
final class NestedFunctions {

  private NestedFunctions() {}

  static void register(FunctionTable to) {
    to.family("Structs, maps, types");
    to.addSpecial(
        "get_field(any, text) -> any",
        "A field of a struct, or the value of a key in a map",
        NestedFunctions::field);
    to.addSpecial(
        "map_extract|element_at(map, any) -> any",
        "A list of the value of a key, empty if it is not there",
        (binder, a, call) -> lookup(binder, a, call, true));
    to.addSpecial("map_keys(map) -> any", "The keys as a list", (b, a, c) -> side(a, c, true));
    to.addSpecial("map_values(map) -> any", "The values as a list", (b, a, c) -> side(a, c, false));
    to.addSpecial(
        "cardinality(any) -> any", "Number of items or entries", NestedFunctions::cardinality);
    to.addSpecial(
        "named_struct(any...) -> any",
        "A struct of names in quotes and values in turn",
        NestedFunctions::named);
    to.addSpecial(
        "struct|row(any...) -> any",
        "A struct with fields c0, c1, …",
        (binder, a, call) -> {
          List<String> names = new ArrayList<>();
          for (int i = 0; i < a.size(); i++) {
            names.add("c" + i);
          }
          return struct(names, a);
        });
    to.addSpecial(
        "arrow_cast|arrow_try_cast(any, text) -> any",
        "As the Arrow type of that name, such as 'Int16' or 'Timestamp(Millisecond, None)'",
        (binder, a, call) -> {
          if (a.size() != 2
              || !(a.get(1) instanceof Value.Constant(_, Object v))
              || !(v instanceof String name)) {
            throw Functions.wrong(call, "a value, and the name of a type in quotes", a);
          }
          return Binder.cast(
              a.getFirst(), ArrowTypes.parse(name), call.name().contains("try"), call);
        });
    to.addSpecial(
        "arrow_typeof(any) -> any",
        "The name of the value's Arrow type",
        (binder, a, call) -> {
          if (a.size() != 1) {
            throw Functions.wrong(call, "one value", a);
          }
          return new Value.Constant(Types.UTF8, ArrowTypes.name(a.getFirst().type()));
        });
  }

  private static String name(Value value, List<Value> all, Expr.Call call) {
    if (value instanceof Value.Constant(_, Object found) && found instanceof String name) {
      return name;
    }
    throw Functions.wrong(call, "names in quotes", all);
  }

  private static Value field(Binder binder, List<Value> arguments, Expr.Call call) {
    if (arguments.size() != 2) {
      throw Functions.wrong(call, "a struct or map, and a name", arguments);
    }
    Value owner = arguments.getFirst();
    if (owner.plainType() instanceof DataType.MapOf) {
      return lookup(binder, arguments, call, false);
    }
    String name = name(arguments.get(1), arguments, call);
    if (!(owner.plainType() instanceof DataType.Struct(List<Field> fields))) {
      throw Functions.wrong(call, "a struct or map, and a name", arguments);
    }
    for (Field field : fields) {
      if (field.name().equals(name)) {
        if (owner instanceof Value.Path(List<String> names, _)) {
          List<String> longer = new ArrayList<>(names);
          longer.add(name);
          return new Value.Path(List.copyOf(longer), field.type());
        }
        return TimeFunctions.computed(
            "get_field(any) -> any", List.of(owner), field.type(), a -> a.map(0).get(name));
      }
    }
    throw new InvalidInputException(
        "unknown field: expected one of "
            + fields.stream().map(Field::name).toList()
            + ", found="
            + name
            + Names.nearest(name, fields.stream().map(Field::name).toList())
                .map(near -> "; did you mean " + near + "?")
                .orElse(""));
  }

  static Value lookup(Binder binder, List<Value> arguments, Expr.Call call, boolean list) {
    if (arguments.size() != 2
        || !(arguments.getFirst().plainType() instanceof DataType.MapOf map)) {
      throw Functions.wrong(call, "a map and a key", arguments);
    }
    Value key = binder.cast(arguments.get(1), map.key().type(), call);
    DataType value = map.value().type();
    return TimeFunctions.computed(
        "map_extract(map, any) -> any",
        List.of(arguments.getFirst(), key),
        list ? Types.listOf(value) : value,
        a -> {
          Map<Object, @Nullable Object> entries = a.map(0);
          Object wanted = a.value(1);
          if (!list) {
            return entries.get(wanted);
          }
          List<@Nullable Object> found = new ArrayList<>();
          if (entries.containsKey(wanted)) {
            found.add(entries.get(wanted));
          }
          return found;
        });
  }

  private static Value side(List<Value> arguments, Expr.Call call, boolean keys) {
    if (arguments.size() != 1
        || !(arguments.getFirst().plainType() instanceof DataType.MapOf map)) {
      throw Functions.wrong(call, "one map", arguments);
    }
    return TimeFunctions.computed(
        "map_keys(map) -> any",
        arguments,
        Types.listOf(keys ? map.key().type() : map.value().type()),
        a -> keys ? new ArrayList<>(a.map(0).keySet()) : new ArrayList<>(a.map(0).values()));
  }

  private static Value cardinality(Binder binder, List<Value> arguments, Expr.Call call) {
    if (arguments.size() == 1 && arguments.getFirst().plainType() instanceof DataType.MapOf) {
      return TimeFunctions.computed(
          "cardinality(map) -> int", arguments, Types.INT64, a -> (long) a.map(0).size());
    }
    return Functions.arrayLength(arguments, call);
  }

  private static Value named(Binder binder, List<Value> arguments, Expr.Call call) {
    if (arguments.isEmpty() || arguments.size() % 2 != 0) {
      throw Functions.wrong(call, "names in quotes and values in turn", arguments);
    }
    List<String> names = new ArrayList<>();
    List<Value> values = new ArrayList<>();
    for (int i = 0; i < arguments.size(); i += 2) {
      names.add(name(arguments.get(i), arguments, call));
      values.add(arguments.get(i + 1));
    }
    return struct(names, values);
  }

  private static Value struct(List<String> names, List<Value> values) {
    List<Field> fields = new ArrayList<>();
    for (int i = 0; i < names.size(); i++) {
      fields.add(Field.nullable(names.get(i), values.get(i).plainType()));
    }
    FunctionTable.Row row =
        new FunctionTable.Row(
            Signature.of("named_struct(any...) -> any"),
            "",
            "",
            true,
            true,
            a -> {
              Map<String, @Nullable Object> out = new LinkedHashMap<>();
              for (int i = 0; i < names.size(); i++) {
                out.put(names.get(i), a.value(i));
              }
              return out;
            },
            null);
    return new FunctionCall.Scalar(row, values, new DataType.Struct(fields));
  }
}
