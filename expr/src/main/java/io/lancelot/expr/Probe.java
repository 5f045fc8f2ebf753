package io.lancelot.expr;

import io.lancelot.columnar.FixedColumn;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// What a condition asks of the one column it reads, in a form that an index can look up. Comes
/// from the bound condition, so constants are already converted to the column's own values, and a
/// condition that converts the column instead is [Opaque].
public sealed interface Probe {

  /// Whether the value is null. Never unknown.
  ///
  /// @param negated whether it is not null
  record Missing(boolean negated) implements Probe {}

  /// True only for values inside some ranges, unknown exactly where the value is null.
  ///
  /// @param ranges ascending and disjoint
  /// @param exact whether it is true for every value inside
  /// @param parts what every value holds for which it is true
  /// @param enough whether it is true for every value that holds all parts
  record Keys(List<KeyRange> ranges, boolean exact, List<Part> parts, boolean enough)
      implements Probe {}

  /// Text that a value holds.
  ///
  /// @param anyCase whether its letters may be of either case there
  record Part(String text, boolean anyCase) {}

  /// True where any item of the list satisfies a condition, unknown exactly where the list is null.
  ///
  /// @param item the condition, on a column called [#ITEM]; an item that is null never satisfies it
  record AnyItem(Filter item) implements Probe {
    /// What the items are called in [#item].
    public static final String ITEM = "item";
  }

  /// True where each of some conditions is satisfied by an item of the list, unknown exactly where
  /// the list is null.
  ///
  /// @param items the conditions, as in [AnyItem]
  record AllItems(List<Filter> items) implements Probe {}

  /// Any other condition: all that can be done is to try it on values.
  record Opaque() implements Probe {}

  /// What a condition asks of its column.
  static Probe of(Predicate predicate) {
    return switch (predicate) {
      case Predicate.Missing(Value.Path _) -> new Missing(false);
      case Predicate.Opposite(Predicate.Missing(Value.Path _)) -> new Missing(true);
      case ListCondition(Value.Path _, ColumnCondition item) ->
          new AnyItem(Filter.ofItem(item, AnyItem.ITEM));
      case Predicate.Some(List<Predicate> terms) when ofLists(terms) ->
          new AnyItem(
              Filter.ofItem(
                  new Predicate.Some(terms.stream().map(Probe::item).toList()), AnyItem.ITEM));
      case Predicate.Every(List<Predicate> terms) when ofLists(terms) ->
          new AllItems(
              terms.stream().map(term -> Filter.ofItem(item(term), AnyItem.ITEM)).toList());
      default -> {
        Keys keys = Ranger.keys(predicate);
        yield keys == null ? new Opaque() : keys;
      }
    };
  }

  private static boolean ofLists(List<Predicate> terms) {
    return terms.stream()
        .allMatch(term ->
            term instanceof ListCondition(Value operand, ColumnCondition _)
                && operand instanceof Value.Path);
  }

  private static Predicate item(Predicate term) {
    return ((ListCondition) term).item();
  }

  /// Turns conditions into ranges.
  final class Ranger {
    private Ranger() {}

    static @Nullable Keys keys(Predicate predicate) {
      return switch (predicate) {
        case ColumnCondition test when test.operand() instanceof Value.Path path ->
            test(test, path);
        case Predicate.Flag(Value.Path _) -> exact(List.of(KeyRange.point(true)));
        case Predicate.Flag(FunctionCall.Scalar call) -> regex(call);
        case Predicate.SameTruth same -> truths(same);
        case Predicate.Opposite(Predicate inner) -> {
          Keys keys = keys(inner);
          yield keys == null || !keys.exact ? null : exact(KeyRange.not(keys.ranges));
        }
        case Predicate.Every(List<Predicate> terms) -> join(terms, true);
        case Predicate.Some(List<Predicate> terms) -> join(terms, false);
        default -> null;
      };
    }

    /// What a regular expression leaves of its text: only parts that must be there.
    private static @Nullable Keys regex(FunctionCall.Scalar call) {
      List<Value> arguments = call.arguments();
      if (!call.function().signature().names().contains("regexp_like")
          || !(arguments.get(0) instanceof Value.Path)
          || !(arguments.get(1) instanceof Value.Constant(_, String pattern))) {
        return null;
      }
      String flags = "";
      if (arguments.size() > 2) {
        if (!(arguments.get(2) instanceof Value.Constant(_, String given))) {
          return null;
        }
        flags = given;
      }
      List<String> parts = Regex.requiredParts(pattern, flags.contains("i"));
      // Flags stand after the pattern or in it.
      boolean anyCase = !flags.isEmpty() || pattern.contains("(?");
      return parts.isEmpty()
          ? null
          : new Keys(
              List.of(KeyRange.ALL),
              false,
              parts.stream().map(part -> new Part(part, anyCase)).toList(),
              false);
    }

    private static Keys exact(List<KeyRange> ranges) {
      return new Keys(ranges, true, List.of(), false);
    }

    private static @Nullable Keys join(List<Predicate> terms, boolean and) {
      KeyOrder order = null;
      List<Keys> parts = new ArrayList<>();
      for (Predicate term : terms) {
        Keys keys = keys(term);
        KeyOrder own = order(term);
        if (keys == null || own == null) {
          return null;
        }
        order = own;
        parts.add(keys);
      }
      if (order == null) {
        return null;
      }
      boolean exact = parts.stream().allMatch(Keys::exact);
      if (!and) {
        List<KeyRange> all = new ArrayList<>();
        parts.forEach(part -> all.addAll(part.ranges));
        return new Keys(KeyRange.union(all, order), exact, List.of(), false);
      }
      List<KeyRange> ranges = List.of(KeyRange.ALL);
      List<Part> held = new ArrayList<>();
      for (Keys part : parts) {
        ranges = KeyRange.and(ranges, part.ranges, order);
        held.addAll(part.parts);
      }
      return new Keys(ranges, exact, held, parts.stream().allMatch(Keys::enough));
    }

    private static @Nullable KeyOrder order(Predicate predicate) {
      return switch (predicate) {
        case ColumnCondition test -> KeyOrder.of(test.operand().plainType()).orElse(null);
        case Predicate.Flag(FunctionCall.Scalar _) -> KeyOrder.BYTES;
        case Predicate.Flag _, Predicate.SameTruth _ -> KeyOrder.BOOLEAN;
        case Predicate.Opposite(Predicate inner) -> order(inner);
        case Predicate.Every(List<Predicate> terms) -> order(terms.getFirst());
        case Predicate.Some(List<Predicate> terms) -> order(terms.getFirst());
        default -> null;
      };
    }

    /// A boolean column against a constant.
    private static @Nullable Keys truths(Predicate.SameTruth same) {
      if (!(same.left() instanceof Predicate.Flag(Value.Path _))
          || !(constant(same.right()) instanceof Boolean constant)) {
        return null;
      }
      List<KeyRange> ranges = new ArrayList<>();
      for (boolean value : new boolean[] {false, true}) {
        if (Comparisons.holds(same.op(), Boolean.compare(value, constant))) {
          ranges.add(KeyRange.point(value));
        }
      }
      return exact(ranges);
    }

    private static @Nullable Object constant(Predicate predicate) {
      return switch (predicate) {
        case Predicate.Constant(Boolean value) -> value;
        case Predicate.Flag(Value.Constant(_, Object value)) -> value;
        default -> null;
      };
    }

    private static @Nullable Keys test(ColumnCondition test, Value.Path path) {
      Optional<KeyOrder> order = KeyOrder.of(path.plainType());
      if (order.isEmpty()) {
        return null;
      }
      return switch (test) {
        case ColumnCondition.IntRange(_, long low, long high, boolean outside) ->
            sides(List.of(new KeyRange(low, false, high, false)), outside);
        case ColumnCondition.FloatBound(_, Ranges.FloatTest kind, double bound, boolean outside) ->
            sides(floats(kind, bound), outside);
        case ColumnCondition.DecimalRange(
                _,
                MemorySegment low,
                MemorySegment high,
                boolean outside) ->
            sides(List.of(new KeyRange(unscaled(low), false, unscaled(high), false)), outside);
        case ColumnCondition.BytesBound(_, Expr.Comparison op, MemorySegment bound) ->
            exact(compared(op, bound.toArray(ValueLayout.JAVA_BYTE)));
        case ColumnCondition.IntSet(_, LongSet set) -> points(longs(set), order.get());
        case ColumnCondition.FloatSet(_, LongSet set) -> {
          List<Object> values = new ArrayList<>();
          for (long bits : set.toArray()) {
            values.add(Double.longBitsToDouble(bits));
          }
          yield points(values, order.get());
        }
        case ColumnCondition.BytesSet(_, ByteStringSet set) ->
            points(new ArrayList<>(set.values()), order.get());
        case ColumnCondition.Matches(_, TextPattern pattern) -> {
          byte[] prefix = pattern.prefix();
          List<KeyRange> ranges = List.of(prefix.length == 0 ? KeyRange.ALL : startingWith(prefix));
          yield new Keys(ranges, pattern.isPrefix(), pattern.substrings(), pattern.isSubstring());
        }
      };
    }

    private static Keys sides(List<KeyRange> ranges, boolean outside) {
      return exact(outside ? KeyRange.not(ranges) : ranges);
    }

    private static List<KeyRange> floats(Ranges.FloatTest kind, double bound) {
      return switch (kind) {
        case BELOW -> List.of(KeyRange.below(bound));
        case AT_MOST -> List.of(KeyRange.atMost(bound));
        case EQUAL -> List.of(KeyRange.point(bound));
        case NOT_NAN -> List.of(KeyRange.below(Double.NaN));
        case ALWAYS -> List.of(KeyRange.ALL);
      };
    }

    private static BigInteger unscaled(MemorySegment words) {
      int bytes = (int) words.byteSize();
      byte[] big = new byte[bytes];
      for (int i = 0; i < bytes; i += 8) {
        long word = words.get(FixedColumn.LONG, i);
        for (int j = 0; j < 8; j++) {
          big[bytes - 1 - i - j] = (byte) (word >>> (8 * j));
        }
      }
      return new BigInteger(big);
    }

    private static List<KeyRange> compared(Expr.Comparison op, byte[] bound) {
      return switch (op) {
        case EQ, NOT_DISTINCT -> List.of(KeyRange.point(bound));
        case NE, DISTINCT -> List.of(KeyRange.below(bound), KeyRange.above(bound));
        case LT -> List.of(KeyRange.below(bound));
        case LE -> List.of(KeyRange.atMost(bound));
        case GT -> List.of(KeyRange.above(bound));
        case GE -> List.of(KeyRange.atLeast(bound));
      };
    }

    private static List<Object> longs(LongSet set) {
      List<Object> values = new ArrayList<>();
      for (long value : set.toArray()) {
        values.add(value);
      }
      return values;
    }

    private static Keys points(List<Object> values, KeyOrder order) {
      List<KeyRange> ranges = new ArrayList<>();
      values.forEach(value -> ranges.add(KeyRange.point(value)));
      return exact(KeyRange.union(ranges, order));
    }

    private static KeyRange startingWith(byte[] prefix) {
      int length = prefix.length;
      while (length > 0 && prefix[length - 1] == (byte) 0xFF) {
        length--;
      }
      if (length == 0) {
        return KeyRange.atLeast(prefix);
      }
      byte[] next = java.util.Arrays.copyOf(prefix, length);
      next[length - 1]++;
      return new KeyRange(prefix, false, next, true);
    }
  }
}
