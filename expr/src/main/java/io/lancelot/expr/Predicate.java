package io.lancelot.expr;

import io.lancelot.columnar.Bits;
import io.lancelot.columnar.BoolColumn;
import io.lancelot.columnar.Column;
import io.lancelot.columnar.DictionaryColumn;
import io.lancelot.columnar.FixedColumn;
import io.lancelot.columnar.NullColumn;
import java.lang.foreign.MemorySegment;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A condition bound to a schema: gives a truth value for each row of a batch.
sealed interface Predicate
    permits Predicate.Constant,
        Predicate.Every,
        Predicate.Some,
        Predicate.Opposite,
        Predicate.Missing,
        Predicate.Is,
        Predicate.Flag,
        Predicate.SameTruth,
        ColumnCondition,
        PairCondition,
        ListCondition {

  /// True, false or unknown.
  Truth test(Frame frame);

  /// The same with unknown taken as false, which is all a filter asks at its top and is cheaper.
  default Truth holds(Frame frame) {
    return test(frame).settled(frame);
  }

  /// Rough price of a row, to run cheap terms first.
  int cost();

  boolean isConstant();

  /// @param value null = unknown
  record Constant(@Nullable Boolean value) implements Predicate {
    @Override
    public Truth test(Frame frame) {
      return value == null ? Truth.unknown(frame) : new Truth(frame.constant(value), null, null);
    }

    @Override
    public int cost() {
      return 0;
    }

    @Override
    public boolean isConstant() {
      return true;
    }
  }

  /// AND.
  record Every(List<Predicate> terms) implements Predicate {
    public Every {
      terms = cheapestFirst(terms);
    }

    @Override
    public Truth test(Frame frame) {
      return combine(terms, false, false, frame);
    }

    @Override
    public Truth holds(Frame frame) {
      return combine(terms, false, true, frame);
    }

    @Override
    public int cost() {
      return total(terms);
    }

    @Override
    public boolean isConstant() {
      return terms.stream().allMatch(Predicate::isConstant);
    }
  }

  /// OR.
  record Some(List<Predicate> terms) implements Predicate {
    public Some {
      terms = cheapestFirst(terms);
    }

    @Override
    public Truth test(Frame frame) {
      return combine(terms, true, false, frame);
    }

    @Override
    public Truth holds(Frame frame) {
      return combine(terms, true, true, frame);
    }

    @Override
    public int cost() {
      return total(terms);
    }

    @Override
    public boolean isConstant() {
      return terms.stream().allMatch(Predicate::isConstant);
    }
  }

  private static List<Predicate> cheapestFirst(List<Predicate> terms) {
    return terms.stream().sorted(Comparator.comparingInt(Predicate::cost)).toList();
  }

  private static int total(List<Predicate> terms) {
    return (int) Math.min(1 << 20, terms.stream().mapToLong(Predicate::cost).sum());
  }

  /// Joins terms until they decide every row.
  private static Truth combine(
      List<Predicate> terms, boolean decider, boolean settle, Frame frame) {
    Truth result = settle ? terms.getFirst().holds(frame) : terms.getFirst().test(frame);
    for (int i = 1; i < terms.size() && !result.isAll(decider); i++) {
      Truth term = settle ? terms.get(i).holds(frame) : terms.get(i).test(frame);
      result = Truth.combine(result, term, decider, frame);
    }
    return result;
  }

  /// NOT.
  record Opposite(Predicate operand) implements Predicate {
    @Override
    public Truth test(Frame frame) {
      return operand.test(frame).negated(frame);
    }

    @Override
    public int cost() {
      return operand.cost();
    }

    @Override
    public boolean isConstant() {
      return operand.isConstant();
    }
  }

  /// IS NULL.
  record Missing(Value operand) implements Predicate {
    @Override
    public Truth test(Frame frame) {
      Bits outer = frame.takeFailed();
      Column column = operand.evaluate(frame);
      Bits failed = frame.takeFailed();
      frame.putFailed(outer);
      Bits valid = valid(column, frame);
      if (column instanceof NullColumn) {
        return new Truth(frame.constant(true), null, failed);
      }
      return valid == null
          ? new Truth(frame.constant(false), null, failed)
          : new Truth(valid, null, failed).negated(frame);
    }

    private static @Nullable Bits valid(Column column, Frame frame) {
      return column instanceof DictionaryColumn dictionary
          ? ColumnCondition.dictionaryValidity(dictionary, frame)
          : column.validity();
    }

    @Override
    public int cost() {
      return operand.cost();
    }

    @Override
    public boolean isConstant() {
      return operand.isConstant();
    }
  }

  /// IS TRUE, IS FALSE, IS UNKNOWN.
  record Is(Predicate operand, Expr.Truth truth) implements Predicate {
    @Override
    public Truth test(Frame frame) {
      Truth tested = operand.test(frame);
      MemorySegment out = frame.words();
      for (int i = 0; i < frame.rows; i += 64) {
        long value = tested.value().word(i);
        long valid = tested.validWord(i);
        long word =
            switch (truth) {
              case TRUE -> value & valid;
              case FALSE -> ~value & valid;
              case UNKNOWN -> ~valid;
            };
        out.set(FixedColumn.LONG, i >>> 3, word);
      }
      return new Truth(Bits.of(out, frame.rows), null, tested.failed());
    }

    @Override
    public int cost() {
      return operand.cost();
    }

    @Override
    public boolean isConstant() {
      return operand.isConstant();
    }
  }

  /// A boolean value as a condition.
  record Flag(Value operand) implements Predicate {
    @Override
    public Truth test(Frame frame) {
      Bits outer = frame.takeFailed();
      Column column = operand.evaluate(frame);
      Bits failed = frame.takeFailed();
      frame.putFailed(outer);
      if (!(column instanceof BoolColumn bool)) {
        Bits none = frame.constant(false);
        return new Truth(none, none, failed);
      }
      return new Truth(bool.values(), bool.validity(), failed);
    }

    @Override
    public int cost() {
      return operand.cost();
    }

    @Override
    public boolean isConstant() {
      return operand.isConstant();
    }
  }

  /// Compares two conditions; false is less than true.
  record SameTruth(Expr.Comparison op, Predicate left, Predicate right) implements Predicate {
    @Override
    public Truth test(Frame frame) {
      Truth a = left.test(frame);
      Truth b = right.test(frame);
      MemorySegment out = frame.words();
      for (int i = 0; i < frame.rows; i += 64) {
        long x = a.value().word(i);
        long y = b.value().word(i);
        long word =
            switch (op) {
              case EQ, NOT_DISTINCT -> ~(x ^ y);
              case NE, DISTINCT -> x ^ y;
              case LT -> ~x & y;
              case LE -> ~x | y;
              case GT -> x & ~y;
              case GE -> x | ~y;
            };
        out.set(FixedColumn.LONG, i >>> 3, word);
      }
      return new Truth(
          Bits.of(out, frame.rows),
          frame.and(a.valid(), b.valid()),
          frame.or(a.failed(), b.failed()));
    }

    @Override
    public int cost() {
      return left.cost() + right.cost();
    }

    @Override
    public boolean isConstant() {
      return left.isConstant() && right.isConstant();
    }
  }
}
