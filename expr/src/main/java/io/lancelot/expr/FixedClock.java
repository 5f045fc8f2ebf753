package io.lancelot.expr;

import io.lancelot.columnar.DataType;
import java.time.Instant;
import java.time.LocalTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Puts a moment in the place of `now()` and its kin, so that every part of a query, on whatever
/// thread and however often it is bound, sees the same one.
final class FixedClock {

  private static final DataType.TimeUnit NANOSECOND = DataType.TimeUnit.NANOSECOND;

  private final Instant now;

  private FixedClock(Instant now) {
    this.now = now;
  }

  /// The same expression if it does not ask for the time.
  static Expr in(Expr expr, Instant now) {
    return new FixedClock(now).fixed(expr);
  }

  private Expr fixed(Expr expr) {
    return switch (expr) {
      case Expr.Column _, Expr.Literal _, Expr.Interval _ -> expr;
      case Expr.Compare(Expr.Comparison op, Expr left, Expr right) -> {
        Expr a = fixed(left);
        Expr b = fixed(right);
        yield a == left && b == right ? expr : new Expr.Compare(op, a, b);
      }
      case Expr.And(List<Expr> terms) -> {
        List<Expr> all = fixed(terms);
        yield all == terms ? expr : new Expr.And(all);
      }
      case Expr.Or(List<Expr> terms) -> {
        List<Expr> all = fixed(terms);
        yield all == terms ? expr : new Expr.Or(all);
      }
      case Expr.Not(Expr operand) -> {
        Expr a = fixed(operand);
        yield a == operand ? expr : new Expr.Not(a);
      }
      case Expr.IsNull(Expr operand, boolean negated) -> {
        Expr a = fixed(operand);
        yield a == operand ? expr : new Expr.IsNull(a, negated);
      }
      case Expr.IsTruth(Expr operand, Expr.Truth truth, boolean negated) -> {
        Expr a = fixed(operand);
        yield a == operand ? expr : new Expr.IsTruth(a, truth, negated);
      }
      case Expr.In(Expr operand, List<Expr> items, boolean negated) -> {
        Expr a = fixed(operand);
        List<Expr> all = fixed(items);
        yield a == operand && all == items ? expr : new Expr.In(a, all, negated);
      }
      case Expr.Like(
              Expr operand,
              Expr pattern,
              char escape,
              boolean caseless,
              boolean negated) -> {
        Expr a = fixed(operand);
        Expr b = fixed(pattern);
        yield a == operand && b == pattern ? expr : new Expr.Like(a, b, escape, caseless, negated);
      }
      case Expr.Between(Expr operand, Expr low, Expr high, boolean negated) -> {
        List<Expr> parts = List.of(operand, low, high);
        List<Expr> all = fixed(parts);
        yield all == parts ? expr : new Expr.Between(all.get(0), all.get(1), all.get(2), negated);
      }
      case Expr.Arithmetic(Expr.Operator op, Expr left, Expr right) -> {
        Expr a = fixed(left);
        Expr b = fixed(right);
        yield a == left && b == right ? expr : new Expr.Arithmetic(op, a, b);
      }
      case Expr.Negate(Expr operand) -> {
        Expr a = fixed(operand);
        yield a == operand ? expr : new Expr.Negate(a);
      }
      case Expr.Cast(Expr operand, DataType type, boolean lenient) -> {
        Expr a = fixed(operand);
        yield a == operand ? expr : new Expr.Cast(a, type, lenient);
      }
      case Expr.Call call -> call(call);
      case Expr.Case(List<Expr.When> branches, Expr otherwise) -> {
        List<Expr> parts = new ArrayList<>();
        branches.forEach(branch -> parts.addAll(List.of(branch.condition(), branch.value())));
        parts.add(otherwise);
        List<Expr> all = fixed(parts);
        if (all == parts) {
          yield expr;
        }
        List<Expr.When> whens = new ArrayList<>();
        for (int i = 0; i < branches.size(); i++) {
          whens.add(new Expr.When(all.get(2 * i), all.get(2 * i + 1)));
        }
        yield new Expr.Case(whens, all.getLast());
      }
    };
  }

  /// The same list if none of its expressions asks for the time.
  private List<Expr> fixed(List<Expr> expressions) {
    List<Expr> all = null;
    for (int i = 0; i < expressions.size(); i++) {
      Expr before = expressions.get(i);
      Expr after = fixed(before);
      if (after != before && all == null) {
        all = new ArrayList<>(expressions);
      }
      if (all != null) {
        all.set(i, after);
      }
    }
    return all == null ? expressions : all;
  }

  private Expr call(Expr.Call call) {
    if (call.arguments().isEmpty()) {
      return switch (call.name()) {
        case "now", "current_timestamp" ->
            constant(now.toString(), new DataType.Timestamp(NANOSECOND, Optional.of("UTC")));
        case "current_date", "today" ->
            constant(
                now.atOffset(ZoneOffset.UTC).toLocalDate().toString(),
                new DataType.Date(DataType.DateUnit.DAY));
        case "current_time" ->
            constant(
                LocalTime.ofInstant(now, ZoneOffset.UTC).toString(), new DataType.Time(NANOSECOND));
        default -> call;
      };
    }
    List<Expr> arguments = fixed(call.arguments());
    return arguments == call.arguments() ? call : new Expr.Call(call.name(), arguments);
  }

  private static Expr constant(String text, DataType type) {
    return new Expr.Cast(new Expr.Literal(text), type, false);
  }
}
