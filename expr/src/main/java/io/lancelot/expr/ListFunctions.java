package io.lancelot.expr;

import io.lancelot.base.InvalidInputException;
import io.lancelot.columnar.DataType;
import io.lancelot.columnar.Types;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Functions of lists. Positions count from 1, negative ones from the end.
final class ListFunctions {

  private static final int MOST = 1 << 20;

  private ListFunctions() {}

  static void register(FunctionTable to) {
    to.family("Lists");
    to.addSpecial(
        "make_array|make_list(any...) -> any", "A list of the values", ListFunctions::make);
    for (String[] each :
        new String[][] {
          {"array_has_any|list_has_any|arrays_overlap", "Whether the lists share an item"},
          {"array_has_all|list_has_all", "Whether all items of the second are in the first"}
        }) {
      to.addSpecial(
          each[0] + "(list, list) -> any",
          each[1],
          (binder, a, call) -> hasSome(binder, a, call, each[0].startsWith("array_has_all")));
    }
    to.add(
        "array_element|array_extract|list_element|list_extract(list, int) -> item",
        "The item at a position",
        a -> at(a.items(0), a.integer(1)));
    to.add(
        "array_slice|list_slice(list, int, int, int?) -> same",
        "Items from a position to another",
        ListFunctions::slice);
    to.addSeeingNulls(
        "array_position|list_position|array_indexof|list_indexof(list, item, int?) -> int",
        "Position of an item, null if it is not there",
        a -> a.isNull(0) ? null : position(a));
    to.addSeeingNulls(
        "array_positions|list_positions(list, item) -> ints",
        "All positions of an item",
        a -> a.isNull(0) ? null : positions(a.items(0), a.value(1)));
    to.add(
        "array_distinct|list_distinct(list) -> same",
        "Each item once",
        a -> new ArrayList<>(new LinkedHashSet<>(a.items(0))));
    to.add(
        "empty|array_empty|list_empty(list) -> bool", "Without items", a -> a.items(0).isEmpty());
    to.add("array_ndims|list_ndims(list) -> int", "Levels of nesting", a -> levels(a.type(0)));
    to.add("array_dims|list_dims(list) -> ints", "Lengths by level", a -> lengths(a.value(0)));
    to.addSeeingNulls(
        "array_append|list_append|array_push_back|list_push_back(list, item) -> same",
        "With an item at the end",
        a -> added(a, false));
    to.addSpecial(
        "array_prepend|list_prepend|array_push_front|list_push_front(item, list) -> any",
        "With an item at the start",
        ListFunctions::prepend);
    to.addSeeingNulls(
        "array_concat|array_cat|list_concat|list_cat(list, same...) -> same",
        "All lists end to end",
        ListFunctions::concat);
    to.add(
        "array_pop_back|list_pop_back(list) -> same",
        "Without the last item",
        a -> part(a.items(0), 0, a.items(0).size() - 1));
    to.add(
        "array_pop_front|list_pop_front(list) -> same",
        "Without the first item",
        a -> part(a.items(0), 1, a.items(0).size()));
    to.add(
        "array_reverse|list_reverse(list) -> same", "Last item first", a -> reversed(a.items(0)));
    to.add(
        "array_sort|list_sort(list, text?, text?) -> same",
        "In order: `ASC` or `DESC`, `NULLS FIRST` or `NULLS LAST`",
        ListFunctions::sorted);
    to.add("array_max|list_max(list) -> item", "The greatest item", a -> extreme(a.items(0), 1));
    to.add("array_min|list_min(list) -> item", "The least item", a -> extreme(a.items(0), -1));
    to.add(
        "array_any_value|list_any_value(list) -> item",
        "The first item that is not null",
        a -> a.items(0).stream().filter(Objects::nonNull).findFirst().orElse(null));
    to.add(
        "array_union|list_union(list, same) -> same",
        "Each item of either list once",
        a -> union(a.items(0), a.items(1)));
    to.add(
        "array_intersect|list_intersect(list, same) -> same",
        "Each item of both lists once",
        a -> kept(a.items(0), a.items(1), true));
    to.add(
        "array_except|list_except(list, same) -> same",
        "Each item of the first that is not in the second once",
        a -> kept(a.items(0), a.items(1), false));
    to.addSeeingNulls(
        "array_remove|list_remove(list, item) -> same",
        "Without the first such item",
        a -> replaced(a, 1, true, 1));
    to.addSeeingNulls(
        "array_remove_n|list_remove_n(list, item, int) -> same",
        "Without the first n such items",
        a -> replaced(a, 1, true, a.isNull(2) ? 0 : a.integer(2)));
    to.addSeeingNulls(
        "array_remove_all|list_remove_all(list, item) -> same",
        "Without any such item",
        a -> replaced(a, 1, true, Long.MAX_VALUE));
    to.addSeeingNulls(
        "array_replace|list_replace(list, item, item) -> same",
        "With the first such item replaced",
        a -> replaced(a, 1, false, 1));
    to.addSeeingNulls(
        "array_replace_n|list_replace_n(list, item, item, int) -> same",
        "With the first n such items replaced",
        a -> replaced(a, 1, false, a.isNull(3) ? 0 : a.integer(3)));
    to.addSeeingNulls(
        "array_replace_all|list_replace_all(list, item, item) -> same",
        "With all such items replaced",
        a -> replaced(a, 1, false, Long.MAX_VALUE));
    to.add(
        "array_repeat|list_repeat(any, int) -> list",
        "A value n times",
        a -> new ArrayList<>(Collections.nCopies(size(a.integer(1)), a.value(0))));
    to.addSeeingNulls(
        "array_resize|list_resize(list, int, item?) -> same",
        "With so many items, filled up with nulls or a value",
        ListFunctions::resized);
    to.add(
        "array_to_string|list_to_string|array_join|list_join(list, text, text?) -> text",
        "Items as text with a delimiter between; nulls left out, or as the third says",
        ListFunctions::text);
    to.add(
        "string_to_array|string_to_list(text, text, text?) -> texts",
        "Parts between delimiters; those like the third become null",
        ListFunctions::split);
    to.add(
        "range(int, int?, int?) -> ints",
        "Numbers from the first up to but without the second",
        a -> numbers(a, false));
    to.add(
        "generate_series(int, int, int?) -> ints",
        "Numbers from the first to the second",
        a -> numbers(a, true));
    to.add(
        "array_distance|list_distance(list, list) -> float",
        "Euclidean distance of two vectors",
        ListFunctions::distance);
    to.addSpecial("flatten(list) -> any", "Lists of lists as one list", ListFunctions::flatten);
  }

  private static Value make(Binder binder, List<Value> arguments, Expr.Call call) {
    DataType item = Functions.commonType(arguments, call);
    List<Value> items = arguments.stream().map(value -> binder.cast(value, item, call)).toList();
    FunctionTable.Row row =
        new FunctionTable.Row(
            Signature.of("make_array(any...) -> any"),
            "",
            "",
            true,
            true,
            a -> {
              List<@Nullable Object> list = new ArrayList<>();
              for (int i = 0; i < a.count(); i++) {
                list.add(a.value(i));
              }
              return list;
            },
            null);
    return new FunctionCall.Scalar(
        row, items, Types.listOf(item instanceof DataType.Null ? Types.INT64 : item));
  }

  /// With a constant second list, one condition an item: what indices of labels answer.
  private static Value hasSome(Binder binder, List<Value> arguments, Expr.Call call, boolean all) {
    if (arguments.size() != 2) {
      throw Functions.wrong(call, "two lists", arguments);
    }
    if (arguments.stream().anyMatch(value -> value.plainType() instanceof DataType.Null)) {
      return new Value.Constant(Types.NULL, null);
    }
    Value list = arguments.getFirst();
    DataType item = Signature.itemType(list.plainType());
    DataType other = Signature.itemType(arguments.get(1).plainType());
    if (item == null || other == null) {
      throw Functions.wrong(call, "two lists", arguments);
    }
    if (arguments.get(1) instanceof Value.Constant(_, Object found) && !list.isConstant()) {
      List<@Nullable Object> wanted = Arguments.list(found);
      if (!wanted.isEmpty() && !wanted.contains(null) && wanted.size() <= 1000) {
        List<Predicate> each = new ArrayList<>();
        for (Value.Constant constant : constants((Value.Constant) arguments.get(1))) {
          Value has = Functions.arrayHas(binder, List.of(list, constant), call);
          each.add(has instanceof Value.Condition(Predicate p) ? p : new Predicate.Flag(has));
        }
        return new Value.Condition(all ? Binder.every(each) : Binder.some(each));
      }
    }
    // Compared as the wider of the two kinds of item.
    DataType common =
        Functions.commonType(
            List.of(new Value.Path(List.of("a"), item), new Value.Path(List.of("b"), other)), call);
    DataType lists = Types.listOf(common);
    return TimeFunctions.computed(
        "array_has(list, list) -> bool",
        List.of(binder.cast(list, lists, call), binder.cast(arguments.get(1), lists, call)),
        Types.BOOL,
        a -> {
          Set<@Nullable Object> there = new LinkedHashSet<>(a.items(0));
          List<@Nullable Object> wanted = a.items(1);
          return all ? there.containsAll(wanted) : wanted.stream().anyMatch(there::contains);
        });
  }

  /// The items of a constant list as constants.
  private static List<Value.Constant> constants(Value.Constant list) {
    DataType item = Objects.requireNonNull(Signature.itemType(list.type()));
    List<Value.Constant> constants = new ArrayList<>();
    for (Object value : Arguments.list(list.value())) {
      constants.add(
          new Value.Constant(item, value == null ? null : Functions.constant(value, item)));
    }
    return constants;
  }

  private static @Nullable Object at(List<@Nullable Object> items, long position) {
    long index = position > 0 ? position - 1 : items.size() + position;
    return position != 0 && index >= 0 && index < items.size() ? items.get((int) index) : null;
  }

  private static @Nullable List<@Nullable Object> slice(Arguments a) {
    List<@Nullable Object> items = a.items(0);
    int size = items.size();
    long step = a.has(3) ? a.integer(3) : 1;
    if (step == 0) {
      throw new InvalidInputException("array_slice: expected=a step other than 0, found=0");
    }
    long from = a.integer(1) < 0 ? Math.max(size + a.integer(1), 0) : Math.max(a.integer(1) - 1, 0);
    long to = a.integer(2) < 0 ? size + a.integer(2) : Math.min(a.integer(2) - 1, size - 1L);
    if (a.integer(2) == 0) {
      to = step > 0 ? -1 : 0;
    }
    List<@Nullable Object> out = new ArrayList<>();
    if (step > 0) {
      for (long i = from; i <= to && i < size; i += step) {
        out.add(items.get((int) i));
      }
    } else {
      for (long i = Math.min(from, size - 1L); i >= Math.max(to, 0); i += step) {
        out.add(items.get((int) i));
      }
    }
    return out;
  }

  private static @Nullable Long position(Arguments a) {
    List<@Nullable Object> items = a.items(0);
    long from = a.has(2) && !a.isNull(2) ? a.integer(2) : 1;
    if (from < 1) {
      throw new InvalidInputException("array_position: expected=a start from 1, found=" + from);
    }
    Object wanted = a.value(1);
    for (long i = from - 1; i < items.size(); i++) {
      if (Objects.equals(items.get((int) i), wanted)) {
        return i + 1;
      }
    }
    return null;
  }

  private static List<Long> positions(List<@Nullable Object> items, @Nullable Object wanted) {
    List<Long> found = new ArrayList<>();
    for (int i = 0; i < items.size(); i++) {
      if (Objects.equals(items.get(i), wanted)) {
        found.add(i + 1L);
      }
    }
    return found;
  }

  private static long levels(@Nullable DataType type) {
    DataType item = type == null ? null : Signature.itemType(type);
    return item == null ? 0 : 1 + levels(item);
  }

  private static List<Long> lengths(@Nullable Object value) {
    List<Long> out = new ArrayList<>();
    Object level = value;
    while (level instanceof List<?> list) {
      out.add((long) list.size());
      level = list.isEmpty() ? null : list.getFirst();
    }
    return out;
  }

  private static List<@Nullable Object> added(Arguments a, boolean first) {
    List<@Nullable Object> items = a.isNull(0) ? new ArrayList<>() : a.items(0);
    items.add(first ? 0 : items.size(), a.value(1));
    return items;
  }

  private static Value prepend(Binder binder, List<Value> arguments, Expr.Call call) {
    if (arguments.size() != 2) {
      throw Functions.wrong(call, "an item and a list", arguments);
    }
    FunctionTable.Row row =
        new FunctionTable.Row(
            Signature.of("array_prepend(list, item) -> same"),
            "",
            "",
            true,
            true,
            a -> added(a, true),
            null);
    return row.bind(binder, List.of(arguments.get(1), arguments.get(0)), call);
  }

  private static @Nullable List<@Nullable Object> concat(Arguments a) {
    List<@Nullable Object> out = new ArrayList<>();
    boolean any = false;
    for (int i = 0; i < a.count(); i++) {
      if (!a.isNull(i)) {
        any = true;
        out.addAll(a.items(i));
      }
    }
    return any ? out : null;
  }

  private static List<@Nullable Object> part(List<@Nullable Object> items, int from, int to) {
    return from >= to ? new ArrayList<>() : new ArrayList<>(items.subList(from, to));
  }

  private static List<@Nullable Object> reversed(List<@Nullable Object> items) {
    Collections.reverse(items);
    return items;
  }

  /// Items that are not null in their order; nested ones have none.
  @SuppressWarnings({"unchecked", "rawtypes"})
  static int compare(Object a, Object b) {
    return switch (a) {
      case String x -> ByteStrings.compare(x, (String) b);
      case Double x -> Order.compare(x, (Double) b);
      case Float x -> Order.compare(x, (Float) b);
      case Comparable x -> x.compareTo(b);
      default -> throw new InvalidInputException("no order: expected=plain values, found=" + a);
    };
  }

  private static List<@Nullable Object> sorted(Arguments a) {
    List<@Nullable Object> items = a.items(0);
    boolean descending = a.text(1, "ASC").equalsIgnoreCase("DESC");
    boolean nullsFirst = !a.text(2, "NULLS FIRST").equalsIgnoreCase("NULLS LAST");
    Comparator<Object> order = ListFunctions::compare;
    Comparator<Object> direction = descending ? order.reversed() : order;
    items.sort(nullsFirst ? Comparator.nullsFirst(direction) : Comparator.nullsLast(direction));
    return items;
  }

  private static @Nullable Object extreme(List<@Nullable Object> items, int sign) {
    Object best = null;
    for (Object item : items) {
      if (item != null && (best == null || compare(item, best) * sign > 0)) {
        best = item;
      }
    }
    return best;
  }

  private static List<@Nullable Object> union(List<@Nullable Object> a, List<@Nullable Object> b) {
    Set<@Nullable Object> all = new LinkedHashSet<>(a);
    all.addAll(b);
    return new ArrayList<>(all);
  }

  private static List<@Nullable Object> kept(
      List<@Nullable Object> a, List<@Nullable Object> b, boolean shared) {
    Set<@Nullable Object> out = new LinkedHashSet<>(a);
    Set<@Nullable Object> other = new LinkedHashSet<>(b);
    out.removeIf(item -> other.contains(item) != shared);
    return new ArrayList<>(out);
  }

  private static @Nullable List<@Nullable Object> replaced(
      Arguments a, int item, boolean remove, long times) {
    if (a.isNull(0)) {
      return null;
    }
    Object wanted = a.value(item);
    Object other = remove ? null : a.value(2);
    long left = times;
    List<@Nullable Object> out = new ArrayList<>();
    for (Object each : a.items(0)) {
      if (left > 0 && Objects.equals(each, wanted)) {
        left--;
        if (!remove) {
          out.add(other);
        }
      } else {
        out.add(each);
      }
    }
    return out;
  }

  private static int size(long wanted) {
    if (wanted > MOST) {
      throw new ArithmeticException("list longer than " + MOST + " items");
    }
    return (int) Math.max(0, wanted);
  }

  private static @Nullable List<@Nullable Object> resized(Arguments a) {
    if (a.isNull(0) || a.isNull(1)) {
      return null;
    }
    int wanted = size(a.integer(1));
    List<@Nullable Object> items = a.items(0);
    Object fill = a.has(2) ? a.value(2) : null;
    while (items.size() < wanted) {
      items.add(fill);
    }
    return part(items, 0, wanted);
  }

  private static String text(Arguments a) {
    List<String> parts = new ArrayList<>();
    for (Object item : a.items(0)) {
      if (item != null || a.has(2)) {
        parts.add(item == null ? a.text(2) : item.toString());
      }
    }
    return String.join(a.text(1), parts);
  }

  private static List<@Nullable String> split(Arguments a) {
    List<@Nullable String> parts = new ArrayList<>();
    String text = a.text(0);
    String delimiter = a.text(1);
    int from = 0;
    while (!delimiter.isEmpty() && text.indexOf(delimiter, from) >= 0) {
      int at = text.indexOf(delimiter, from);
      parts.add(text.substring(from, at));
      from = at + delimiter.length();
    }
    parts.add(text.substring(from));
    if (a.has(2)) {
      parts.replaceAll(part -> a.text(2).equals(part) ? null : part);
    }
    return parts;
  }

  private static List<Long> numbers(Arguments a, boolean inclusive) {
    long from = a.has(1) ? a.integer(0) : 0;
    long to = a.has(1) ? a.integer(1) : a.integer(0);
    long step = a.has(2) ? a.integer(2) : 1;
    if (step == 0) {
      throw new InvalidInputException("range: expected=a step other than 0, found=0");
    }
    List<Long> out = new ArrayList<>();
    for (long i = from;
        step > 0 ? i < to || (inclusive && i == to) : i > to || (inclusive && i == to);
        i = Math.addExact(i, step)) {
      size(out.size() + 1L);
      out.add(i);
    }
    return out;
  }

  private static double distance(Arguments a) {
    List<@Nullable Object> x = a.items(0);
    List<@Nullable Object> y = a.items(1);
    if (x.size() != y.size()) {
      throw new InvalidInputException(
          "array_distance: expected=lists of one length, found=" + x.size() + " and " + y.size());
    }
    double sum = 0;
    for (int i = 0; i < x.size(); i++) {
      if (!(x.get(i) instanceof Number p && y.get(i) instanceof Number q)) {
        throw new InvalidInputException("array_distance: expected=numbers, found=other items");
      }
      double d = p.doubleValue() - q.doubleValue();
      sum += d * d;
    }
    return Math.sqrt(sum);
  }

  private static Value flatten(Binder binder, List<Value> arguments, Expr.Call call) {
    DataType item =
        arguments.size() == 1 ? Signature.itemType(arguments.getFirst().plainType()) : null;
    if (item == null) {
      throw Functions.wrong(call, "one list", arguments);
    }
    DataType inner = Signature.itemType(item);
    if (inner == null) {
      return arguments.getFirst();
    }
    return TimeFunctions.computed(
        "flatten(list) -> any",
        arguments,
        Types.listOf(inner),
        a -> {
          List<@Nullable Object> out = new ArrayList<>();
          for (Object list : a.items(0)) {
            if (list != null) {
              out.addAll(Arguments.list(list));
            }
          }
          return out;
        });
  }
}
