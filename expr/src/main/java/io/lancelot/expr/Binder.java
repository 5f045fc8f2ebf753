package io.lancelot.expr;

import io.lancelot.base.InvalidInputException;
import io.lancelot.base.LancelotException;
import io.lancelot.base.Memory;
import io.lancelot.base.UnsupportedFeatureException;
import io.lancelot.columnar.Batch;
import io.lancelot.columnar.Column;
import io.lancelot.columnar.DataType;
import io.lancelot.columnar.Schema;
import io.lancelot.columnar.Types;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Binds an expression to a schema: finds its columns, settles types, turns constants into the
/// columns' own representation and computes what does not depend on rows.
final class Binder {

  private final Schema schema;
  private final Set<String> columns = new LinkedHashSet<>();
  private final Set<List<String>> paths = new LinkedHashSet<>();
  private int depth;
  private final java.time.Instant now = java.time.Instant.now();

  Binder(Schema schema) {
    this.schema = schema;
  }

  /// Top-level columns read, in the order they were met.
  List<String> columns() {
    return List.copyOf(columns);
  }

  /// Columns and fields inside them that are read, by their names in the schema.
  List<List<String>> paths() {
    return List.copyOf(paths);
  }

  /// An expression as a condition.
  Predicate predicate(Expr expr) {
    if (++depth > Expr.MAX_DEPTH + 10) {
      throw new InvalidInputException(
          "expression too deep: expected at most " + Expr.MAX_DEPTH + " levels, found more");
    }
    Predicate bound =
        switch (expr) {
          case Expr.And(List<Expr> terms) -> every(terms.stream().map(this::predicate).toList());
          case Expr.Or(List<Expr> terms) -> some(terms.stream().map(this::predicate).toList());
          case Expr.Not(Expr inner) -> not(predicate(inner));
          case Expr.Compare(Expr.Comparison op, Expr left, Expr right) ->
              compare(op, left, right, expr);
          case Expr.IsNull(Expr inner, boolean negated) ->
              negate(new Predicate.Missing(value(inner)), negated);
          case Expr.IsTruth(Expr inner, Expr.Truth truth, boolean negated) ->
              negate(new Predicate.Is(predicate(inner), truth), negated);
          case Expr.Between(Expr inner, Expr low, Expr high, boolean negated) -> {
            Predicate above = compare(Expr.Comparison.GE, inner, low, expr);
            Predicate below = compare(Expr.Comparison.LE, inner, high, expr);
            yield negate(every(List.of(above, below)), negated);
          }
          case Expr.In in -> negate(new Membership(this).in(in), in.negated());
          case Expr.Like like -> negate(like(like), like.negated());
          case Expr.Column _,
              Expr.Literal _,
              Expr.Arithmetic _,
              Expr.Negate _,
              Expr.Cast _,
              Expr.Call _,
              Expr.Case _,
              Expr.Interval _ ->
              flag(value(expr), expr);
        };
    depth--;
    return folded(bound);
  }

  private static Predicate flag(Value value, Expr expr) {
    return switch (value.plainType()) {
      case DataType.Bool _ ->
          value instanceof Value.Condition(Predicate condition)
              ? condition
              : new Predicate.Flag(value);
      case DataType.Null _ -> new Predicate.Constant(null);
      default ->
          throw new InvalidInputException(
              "not a condition: expected=a boolean, found="
                  + expr
                  + " of type "
                  + value.type().arrowName());
    };
  }

  private static Predicate not(Predicate operand) {
    return new Predicate.Opposite(operand);
  }

  private static Predicate negate(Predicate predicate, boolean negated) {
    return negated ? not(folded(predicate)) : predicate;
  }

  /// AND, with ranges of the same column joined into one.
  static Predicate every(List<Predicate> terms) {
    List<Predicate> joined = new ArrayList<>();
    for (Predicate term : terms) {
      boolean merged = false;
      for (int i = 0; i < joined.size() && i < 16 && !merged; i++) {
        if (term instanceof ColumnCondition.IntRange a
            && joined.get(i) instanceof ColumnCondition.IntRange b
            && a.operand() instanceof Value.Path
            && a.operand().equals(b.operand())
            && !a.outside()
            && !b.outside()
            && !Order.isUnsigned64(a.operand().plainType())) {
          long low = Math.max(a.low(), b.low());
          long high = Math.min(a.high(), b.high());
          if (low <= high) {
            joined.set(i, new ColumnCondition.IntRange(a.operand(), low, high, false));
            merged = true;
          }
        }
      }
      if (!merged) {
        joined.add(term);
      }
    }
    return joined.size() == 1 ? joined.getFirst() : new Predicate.Every(joined);
  }

  static Predicate some(List<Predicate> terms) {
    return terms.size() == 1 ? terms.getFirst() : new Predicate.Some(terms);
  }

  /// The moment for which `now()` stands, one for the whole expression.
  java.time.Instant now() {
    return now;
  }

  private Predicate compare(Expr.Comparison op, Expr left, Expr right, Expr whole) {
    Value first = value(left);
    return compare(op, first, beside(first, right), whole);
  }

  /// The other side of a comparison. Beside text, a quoted name that no column has is text: so it
  /// was for LanceDB until 0.30, and so its users and dlt go on writing it (`item = "fizz"`).
  Value beside(Value first, Expr other) {
    return first.plainType() instanceof DataType.Utf8
            && other instanceof Expr.Column(List<String> path, boolean quoted)
            && quoted
            && path.size() == 1
            && schema.indexOf(path.getFirst()) < 0
        ? value(new Expr.Literal(path.getFirst()))
        : value(other);
  }

  Predicate compare(Expr.Comparison op, Value first, Value second, Expr whole) {
    Value left = first instanceof Value.Interval interval ? interval.duration() : first;
    Value right = second instanceof Value.Interval interval ? interval.duration() : second;
    if (op == Expr.Comparison.DISTINCT || op == Expr.Comparison.NOT_DISTINCT) {
      Predicate equal = compare(Expr.Comparison.EQ, left, right, whole);
      Predicate same =
          some(
              List.of(
                  new Predicate.Is(equal, Expr.Truth.TRUE),
                  every(List.of(new Predicate.Missing(left), new Predicate.Missing(right)))));
      return op == Expr.Comparison.DISTINCT ? not(same) : same;
    }
    if (left instanceof Value.Constant && !(right instanceof Value.Constant)) {
      return compare(op.mirrored(), right, left, whole);
    }
    DataType a = left.plainType();
    DataType b = right.plainType();
    if (a instanceof DataType.Null || b instanceof DataType.Null) {
      return new Predicate.Constant(null);
    }
    if (a instanceof DataType.Bool && b instanceof DataType.Bool) {
      return new Predicate.SameTruth(op, flag(left, whole), flag(right, whole));
    }
    if (right instanceof Value.Constant constant && !(left instanceof Value.Constant)) {
      Predicate test = Comparisons.against(op, left, constant);
      if (test != null) {
        return test;
      }
    } else if (Order.exists(a, b)) {
      return new PairCondition(op, left, right);
    }
    if (a instanceof DataType.Duration || b instanceof DataType.Duration) {
      throw new UnsupportedFeatureException("comparing a duration with a constant: found=" + whole);
    }
    throw new InvalidInputException(
        "cannot compare "
            + a.arrowName()
            + " with "
            + b.arrowName()
            + ": expected=two numbers, two texts, two times or two booleans, found="
            + whole);
  }

  private Predicate like(Expr.Like like) {
    Value operand = value(like.operand());
    Value pattern = value(like.pattern());
    text(operand, like);
    text(pattern, like);
    if (operand.plainType() instanceof DataType.Null
        || pattern.plainType() instanceof DataType.Null) {
      return new Predicate.Constant(null);
    }
    if (pattern instanceof Value.Constant(_, Object value)) {
      return value == null
          ? new Predicate.Constant(null)
          : new ColumnCondition.Matches(
              operand, TextPattern.like((String) value, like.escape(), like.caseless()));
    }
    return flag(Functions.like(operand, pattern, like), like);
  }

  private static void text(Value value, Expr whole) {
    if (!(value.plainType() instanceof DataType.Utf8
        || value.plainType() instanceof DataType.Null)) {
      throw new InvalidInputException(
          "expected=text, found=" + value.type().arrowName() + " in " + whole);
    }
  }

  /// An expression as a value.
  Value value(Expr expr) {
    if (++depth > Expr.MAX_DEPTH + 10) {
      throw new InvalidInputException(
          "expression too deep: expected at most " + Expr.MAX_DEPTH + " levels, found more");
    }
    Value bound =
        switch (expr) {
          case Expr.Case(List<Expr.When> branches, Expr otherwise) ->
              choice(branches, otherwise, expr);
          case Expr.Interval(long months, long days, long nanos) ->
              new Value.Interval(months, days, nanos);
          case Expr.Column column when mapOwner(column) > 0 -> entry(column);
          case Expr.Column column -> {
            Value.Path path = Names.resolve(schema, column);
            columns.add(path.names().getFirst());
            paths.add(path.names());
            yield path;
          }
          case Expr.Literal(Object value) -> literal(value);
          case Expr.Arithmetic(Expr.Operator op, Expr left, Expr right) ->
              arithmetic(op, value(left), value(right), expr);
          case Expr.Negate(Expr inner) ->
              arithmetic(
                  Expr.Operator.MULTIPLY,
                  new Value.Constant(Types.INT64, BigInteger.ONE.negate()),
                  value(inner),
                  expr);
          case Expr.Cast(Expr inner, DataType type, boolean lenient) ->
              cast(inner, type, lenient, expr);
          case Expr.Call(_, List<Expr> arguments) ->
              FunctionTable.bind(
                  this, (Expr.Call) expr, arguments.stream().map(this::value).toList());
          case Expr.Compare _,
              Expr.And _,
              Expr.Or _,
              Expr.Not _,
              Expr.IsNull _,
              Expr.IsTruth _,
              Expr.In _,
              Expr.Like _,
              Expr.Between _ ->
              new Value.Condition(predicate(expr));
        };
    depth--;
    return folded(bound);
  }

  private Value cast(Expr operand, DataType type, boolean lenient, Expr whole) {
    DataType target = type;
    if (operand instanceof Expr.Literal(Object found)
        && found instanceof String text
        && type instanceof DataType.Timestamp(DataType.TimeUnit unit, Optional<String> zone)
        && zone.isEmpty()
        && Moment.timestamp(text).filter(Moment::zoned).isPresent()) {
      // Text with an offset names an instant, wherever the column's clock hangs.
      target = new DataType.Timestamp(unit, Optional.of("UTC"));
    }
    return cast(value(operand), target, lenient, whole);
  }

  /// The value as another type; where that is a matter of course, itself.
  Value cast(Value operand, DataType type, Expr whole) {
    return cast(operand, type, false, whole);
  }

  static Value cast(Value operand, DataType type, boolean lenient, Expr whole) {
    DataType from = operand.plainType();
    if (operand.type().equals(type)) {
      return operand;
    }
    if (type instanceof DataType.ListOf list
        && Signature.itemType(from) != null
        && Conversion.exists(
            java.util.Objects.requireNonNull(Signature.itemType(from)), list.item().type())) {
      return folded(new ListConversion(operand, list));
    }
    if (from.equals(type) && operand.type() instanceof DataType.Dictionary) {
      return operand;
    }
    if (!Conversion.exists(from, type)) {
      throw new UnsupportedFeatureException(
          "conversion from "
              + from.arrowName()
              + " to "
              + type.arrowName()
              + " in filters: found="
              + whole);
    }
    if (operand instanceof Value.Constant(_, Object value)) {
      Object converted = value == null ? null : Conversion.convert(value, from, type);
      if (value != null && converted == null && !lenient) {
        throw new InvalidInputException(Conversion.message(value, from, type));
      }
      return new Value.Constant(type, converted);
    }
    return new Conversion(operand, type, lenient);
  }

  static Value.Constant literal(@Nullable Object value) {
    return switch (value) {
      case null -> new Value.Constant(Types.NULL, null);
      case Boolean _ -> new Value.Constant(Types.BOOL, value);
      case BigInteger integer ->
          integer.bitLength() < 64
              ? new Value.Constant(Types.INT64, integer)
              : integer.signum() > 0 && integer.bitLength() == 64
                  ? new Value.Constant(Types.UINT64, integer)
                  : new Value.Constant(Types.FLOAT64, new BigDecimal(integer));
      case BigDecimal _ -> new Value.Constant(Types.FLOAT64, value);
      case ByteBuffer buffer -> {
        byte[] bytes = new byte[buffer.remaining()];
        buffer.duplicate().get(bytes);
        yield new Value.Constant(Types.BINARY, bytes);
      }
      default -> new Value.Constant(Types.UTF8, value);
    };
  }

  private Value choice(List<Expr.When> branches, Expr otherwise, Expr whole) {
    List<Predicate> conditions = new ArrayList<>();
    List<Value> values = new ArrayList<>();
    for (Expr.When branch : branches) {
      conditions.add(predicate(branch.condition()));
      values.add(value(branch.value()));
    }
    conditions.add(new Predicate.Constant(true));
    values.add(value(otherwise));
    return choice(conditions, values, whole);
  }

  /// Of values of any types that have a common one.
  Value choice(List<Predicate> conditions, List<Value> values, Expr whole) {
    DataType type = Functions.commonType(values, whole);
    if (type instanceof DataType.Null) {
      return new Value.Constant(Types.NULL, null);
    }
    return new FunctionCall.Choice(
        List.copyOf(conditions),
        values.stream().map(value -> cast(value, type, whole)).toList(),
        type);
  }

  /// How many names of a path lead to a map, if the next one is a key of it; else 0.
  private int mapOwner(Expr.Column column) {
    for (int i = 1; i < column.path().size(); i++) {
      try {
        Expr.Column owner = new Expr.Column(column.path().subList(0, i), column.exact());
        if (Names.resolve(schema, owner).type() instanceof DataType.MapOf) {
          return i;
        }
      } catch (InvalidInputException e) {
        return 0;
      }
    }
    return 0;
  }

  private Value entry(Expr.Column column) {
    int names = mapOwner(column);
    Value found = value(new Expr.Column(column.path().subList(0, names), column.exact()));
    for (String key : column.path().subList(names, column.path().size())) {
      found =
          FunctionTable.bind(
              this,
              new Expr.Call("get_field", List.of(column, new Expr.Literal(key))),
              List.of(found, literal(key)));
    }
    return found;
  }

  private static boolean isMoment(DataType type) {
    return Order.isDay(type);
  }

  private static @Nullable Value timeMath(Expr.Operator op, Value left, Value right) {
    boolean add = op == Expr.Operator.ADD;
    if (!add && op != Expr.Operator.SUBTRACT) {
      return null;
    }
    if (isMoment(left.plainType()) && right instanceof Value.Interval interval) {
      return TimeFunctions.shifted(left, interval, add ? 1 : -1);
    }
    if (add && left instanceof Value.Interval interval && isMoment(right.plainType())) {
      return TimeFunctions.shifted(right, interval, 1);
    }
    if (left instanceof Value.Interval a && right instanceof Value.Interval b) {
      int sign = add ? 1 : -1;
      return new Value.Interval(
          a.months() + sign * b.months(), a.days() + sign * b.days(), a.nanos() + sign * b.nanos());
    }
    if (!add && isMoment(left.plainType()) && isMoment(right.plainType())) {
      return TimeFunctions.between(left, right);
    }
    return null;
  }

  Value arithmetic(Expr.Operator op, Value left, Value right, Expr whole) {
    Value timed = timeMath(op, left, right);
    if (timed != null) {
      return timed;
    }
    if (left instanceof Value.Constant(_, Object minus)
        && BigInteger.ONE.negate().equals(minus)
        && op == Expr.Operator.MULTIPLY
        && right instanceof Value.Interval(long months, long days, long nanos)) {
      return new Value.Interval(-months, -days, -nanos);
    }
    DataType a = left.plainType();
    DataType b = right.plainType();
    if (a instanceof DataType.Null || b instanceof DataType.Null) {
      return new Value.Constant(Types.NULL, null);
    }
    if (op == Expr.Operator.CONCAT) {
      return Functions.concat(
          List.of(cast(left, Types.UTF8, whole), cast(right, Types.UTF8, whole)));
    }
    if (!Order.isNumber(a) || !Order.isNumber(b)) {
      throw new InvalidInputException(
          "cannot compute "
              + a.arrowName()
              + " "
              + op.symbol()
              + " "
              + b.arrowName()
              + ": expected=two numbers, found="
              + whole);
    }
    return NumberMath.of(op, besideDecimal(left, b), besideDecimal(right, a));
  }

  /// A constant with a point is a decimal beside a decimal, a float elsewhere.
  private static Value besideDecimal(Value value, DataType other) {
    if (other instanceof DataType.Decimal
        && value instanceof Value.Constant(DataType.Floating _, BigDecimal exact)
        && exact.scale() <= 38
        && exact.precision() <= 38) {
      BigDecimal scaled = exact.scale() < 0 ? exact.setScale(0) : exact;
      return new Value.Constant(new DataType.Decimal(256, 76, scaled.scale()), scaled);
    }
    return value;
  }

  /// Computes a value that is the same for all rows. One that cannot be computed stays, to fail on
  /// the rows that need it.
  private static Value folded(Value value) {
    if (value instanceof Value.Constant || !value.isConstant()) {
      return value;
    }
    try (Memory memory = Memory.ofLimit(16 << 20);
        var scratch = memory.scratch()) {
      Frame frame = new Frame(new Batch(Schema.of(), 1, List.of()), scratch);
      Column column = value.evaluate(frame);
      frame.check(frame.takeFailed());
      return new Value.Constant(value.type(), Comparisons.constantOf(column, 0, value.type()));
    } catch (LancelotException e) {
      return value;
    }
  }

  private static Predicate folded(Predicate predicate) {
    if (predicate instanceof Predicate.Constant || !predicate.isConstant()) {
      return predicate;
    }
    try (Memory memory = Memory.ofLimit(16 << 20);
        var scratch = memory.scratch()) {
      Frame frame = new Frame(new Batch(Schema.of(), 1, List.of()), scratch);
      Truth truth = predicate.test(frame);
      frame.check(truth.failed());
      boolean known = truth.valid() == null || truth.valid().get(0);
      return new Predicate.Constant(known ? truth.value().get(0) : null);
    } catch (LancelotException e) {
      return predicate;
    }
  }
}
