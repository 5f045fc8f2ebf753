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
        "map(list, list) -> any",
        "A map of keys to values, which are as many; also of one key to one value",
        NestedFunctions::map);
    to.addSpecial(
        "map_entries(map) -> any",
        "The entries as a list of structs with key and value",
        NestedFunctions::entries);
    to.addSpecial(
        "map_extract|element_at(map, any) -> any",
        "A list of the value of a key, of a null if it is not there",
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
        "arrays_zip|list_zip(list...) -> any",
        "Structs with fields 1, 2, … of the items at each position, nulls where a list is shorter",
        (binder, a, call) -> zip(a, call));
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
          return one(entries.get(wanted));
        });
  }

  private static Value map(Binder binder, List<Value> arguments, Expr.Call call) {
    if (arguments.size() != 2) {
      throw Functions.wrong(call, "a list of keys and a list of values", arguments);
    }
    DataType keys = Signature.itemType(arguments.get(0).plainType());
    DataType values = Signature.itemType(arguments.get(1).plainType());
    if ((keys == null) != (values == null)) {
      throw Functions.wrong(call, "a list of keys and a list of values", arguments);
    }
    boolean lists = keys != null;
    return TimeFunctions.computed(
        "map(list, list) -> any",
        arguments,
        mapType(
            keys == null ? arguments.get(0).plainType() : keys,
            values == null ? arguments.get(1).plainType() : values),
        a -> lists ? entries(a.items(0), a.items(1)) : entries(one(a.value(0)), one(a.value(1))));
  }

  private static List<@Nullable Object> one(@Nullable Object value) {
    List<@Nullable Object> list = new ArrayList<>();
    list.add(value);
    return list;
  }

  private static DataType mapType(DataType key, DataType value) {
    DataType entry =
        new DataType.Struct(List.of(Field.required("key", key), Field.nullable("value", value)));
    return new DataType.MapOf(Field.required("entries", entry), false);
  }

  private static Map<Object, @Nullable Object> entries(
      List<@Nullable Object> keys, List<@Nullable Object> values) {
    if (keys.size() != values.size()) {
      throw new InvalidInputException(
          "map: expected=as many values as keys, found="
              + keys.size()
              + " keys and "
              + values.size()
              + " values");
    }
    Map<Object, @Nullable Object> entries = new LinkedHashMap<>();
    for (int i = 0; i < keys.size(); i++) {
      Object key = keys.get(i);
      if (key == null || entries.containsKey(key)) {
        throw new InvalidInputException(
            "map: expected=keys that differ and are not null, found=" + key);
      }
      entries.put(key, values.get(i));
    }
    return entries;
  }

  private static Value entries(Binder binder, List<Value> arguments, Expr.Call call) {
    if (arguments.size() != 1
        || !(arguments.getFirst().plainType() instanceof DataType.MapOf map)) {
      throw Functions.wrong(call, "one map", arguments);
    }
    return TimeFunctions.computed(
        "map_entries(map) -> any",
        arguments,
        Types.listOf(map.entries().type()),
        a -> {
          List<@Nullable Object> entries = new ArrayList<>();
          a.map(0)
              .forEach((key, value) -> {
                Map<String, @Nullable Object> entry = new LinkedHashMap<>();
                entry.put(map.key().name(), key);
                entry.put(map.value().name(), value);
                entries.add(entry);
              });
          return entries;
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

  private static Value zip(List<Value> arguments, Expr.Call call) {
    List<Field> fields = new ArrayList<>();
    for (Value argument : arguments) {
      DataType item = Signature.itemType(argument.plainType());
      if (item == null && !(argument.plainType() instanceof DataType.Null)) {
        throw Functions.wrong(call, "lists", arguments);
      }
      String name = String.valueOf(fields.size() + 1);
      fields.add(Field.nullable(name, item == null ? Types.NULL : item));
    }
    if (fields.isEmpty()) {
      throw Functions.wrong(call, "lists", arguments);
    }
    FunctionTable.Row row =
        new FunctionTable.Row(
            Signature.of("arrays_zip(list...) -> any"),
            "",
            "",
            true,
            true,
            NestedFunctions::zipped,
            null);
    return new FunctionCall.Scalar(row, arguments, Types.listOf(new DataType.Struct(fields)));
  }

  /// Null where all lists are.
  private static @Nullable Object zipped(Arguments a) {
    List<List<@Nullable Object>> lists = new ArrayList<>();
    int longest = 0;
    boolean any = false;
    for (int i = 0; i < a.count(); i++) {
      lists.add(a.isNull(i) ? List.of() : a.items(i));
      any |= !a.isNull(i);
      longest = Math.max(longest, lists.getLast().size());
    }
    List<@Nullable Object> zipped = new ArrayList<>();
    for (int at = 0; at < longest; at++) {
      Map<String, @Nullable Object> entry = new LinkedHashMap<>();
      for (int i = 0; i < lists.size(); i++) {
        List<@Nullable Object> list = lists.get(i);
        entry.put(String.valueOf(i + 1), at < list.size() ? list.get(at) : null);
      }
      zipped.add(entry);
    }
    return any ? zipped : null;
  }
}
