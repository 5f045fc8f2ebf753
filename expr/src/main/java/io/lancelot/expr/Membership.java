package io.lancelot.expr;

import io.lancelot.columnar.DataType;
import java.util.ArrayList;
import java.util.List;

/// Binds IN: constants become a set, everything else a comparison.
final class Membership {

  private final Binder binder;

  Membership(Binder binder) {
    this.binder = binder;
  }

  /// The condition without its negation. An item that is null leaves "not found" unknown.
  Predicate in(Expr.In in) {
    if (in.items().isEmpty()) {
      return new Predicate.Constant(false);
    }
    Value operand = binder.value(in.operand());
    List<Predicate> terms = new ArrayList<>();
    List<Value.Constant> constants = new ArrayList<>();
    boolean unknown = false;
    for (Expr item : in.items()) {
      Value value = binder.beside(operand, item);
      if (value.type() instanceof DataType.Null
          || (value instanceof Value.Constant(_, Object found) && found == null)) {
        unknown = true;
      } else if (value instanceof Value.Constant constant && !(operand instanceof Value.Constant)) {
        constants.add(constant);
      } else {
        terms.add(binder.compare(Expr.Comparison.EQ, operand, value, in));
      }
    }
    if (!constants.isEmpty()) {
      terms.addAll(set(operand, constants, in));
    }
    if (unknown || operand.type() instanceof DataType.Null) {
      terms.add(new Predicate.Constant(null));
    }
    return Binder.some(terms);
  }

  private List<Predicate> set(Value operand, List<Value.Constant> constants, Expr.In in) {
    List<Predicate> others = new ArrayList<>();
    LongSet longs = new LongSet(constants.size());
    List<byte[]> strings = new ArrayList<>();
    boolean integers = false;
    boolean floats = false;
    for (Value.Constant constant : constants) {
      // Comparing is what checks and converts; sets take only what came out as an equality.
      Predicate test = binder.compare(Expr.Comparison.EQ, operand, constant, in);
      switch (test) {
        case ColumnCondition.IntRange(_, long low, long high, boolean outside)
            when low == high && !outside -> {
          longs.add(low);
          integers = true;
        }
        case ColumnCondition.IntRange range when range.outside() -> integers = true;
        case ColumnCondition.FloatBound(_, Ranges.FloatTest kind, double bound, boolean outside)
            when kind == Ranges.FloatTest.EQUAL && !outside -> {
          longs.add(ColumnCondition.FloatSet.key(bound));
          floats = true;
        }
        case ColumnCondition.FloatBound(_, Ranges.FloatTest kind, _, boolean outside)
            when kind == Ranges.FloatTest.NOT_NAN && outside -> {
          longs.add(ColumnCondition.FloatSet.key(Double.NaN));
          floats = true;
        }
        case ColumnCondition.FloatBound bound when bound.test() == Ranges.FloatTest.ALWAYS ->
            floats = true;
        case ColumnCondition.BytesBound bound -> {
          byte[] bytes = constant.value() == null ? null : Comparisons.bytes(constant.value());
          strings.add(bytes == null ? new byte[0] : bytes);
        }
        default -> others.add(test);
      }
    }
    if (integers) {
      others.add(new ColumnCondition.IntSet(operand, longs));
    }
    if (floats) {
      others.add(new ColumnCondition.FloatSet(operand, longs));
    }
    if (!strings.isEmpty()) {
      others.add(new ColumnCondition.BytesSet(operand, new ByteStringSet(strings)));
    }
    return others;
  }
}
