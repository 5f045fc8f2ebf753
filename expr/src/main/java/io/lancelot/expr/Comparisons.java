package io.lancelot.expr;

import io.lancelot.base.InvalidInputException;
import io.lancelot.columnar.DataType;
import io.lancelot.columnar.FixedColumn;
import io.lancelot.columnar.Values;
import java.lang.foreign.MemorySegment;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Turns "value against constant" into a test on the value's own representation, exactly: the
/// constant is never rounded in a way that changes an answer.
final class Comparisons {

  private Comparisons() {}

  /// The test, or null if the two types do not compare.
  static @Nullable Predicate against(Expr.Comparison op, Value value, Value.Constant constant) {
    DataType type = value.plainType();
    Object bound = constant.value();
    if (bound == null || type instanceof DataType.Null) {
      return new Predicate.Constant(null);
    }
    return switch (type) {
      case DataType.Int(int bits, boolean signed) ->
          Order.isNumber(constant.type()) ? integer(op, value, bits, signed, bound) : null;
      case DataType.Floating(int bits) ->
          Order.isNumber(constant.type()) ? floating(op, value, bits, constant) : null;
      case DataType.Decimal decimal ->
          Order.isNumber(constant.type()) ? decimal(op, value, decimal, bound) : null;
      case DataType.Utf8 _, DataType.Binary _, DataType.FixedSizeBinary _ -> {
        byte[] bytes = bytes(bound);
        yield bytes == null
            ? null
            : new ColumnCondition.BytesBound(value, op, MemorySegment.ofArray(bytes));
      }
      case DataType.Date _, DataType.Timestamp _, DataType.Time _ ->
          temporal(op, value, type, constant);
      default -> null;
    };
  }

  static byte @Nullable [] bytes(Object bound) {
    return switch (bound) {
      case String text -> text.getBytes(StandardCharsets.UTF_8);
      case byte[] bytes -> bytes;
      default -> null;
    };
  }

  /// A finite number exactly, or null.
  static @Nullable BigDecimal exact(Object number) {
    return switch (number) {
      case BigInteger integer -> new BigDecimal(integer);
      case BigDecimal decimal -> decimal;
      case Double d when Double.isFinite(d) -> new BigDecimal(d);
      default -> null;
    };
  }

  private static Predicate integer(
      Expr.Comparison op, Value value, int bits, boolean signed, Object bound) {
    BigInteger min = signed ? BigInteger.TWO.pow(bits - 1).negate() : BigInteger.ZERO;
    BigInteger max = BigInteger.TWO.pow(signed ? bits - 1 : bits).subtract(BigInteger.ONE);
    return integers(op, bound, BigInteger.ONE, BigInteger.ZERO, min, max).test(value);
  }

  private static Predicate decimal(
      Expr.Comparison op, Value value, DataType.Decimal type, Object bound) {
    BigInteger max = BigInteger.TWO.pow(type.bits() - 1).subtract(BigInteger.ONE);
    BigInteger min = max.not();
    BigDecimal exact = exact(bound);
    Object scaled = exact == null ? bound : exact.scaleByPowerOfTen(type.scale());
    Interval interval = integers(op, scaled, BigInteger.ONE, BigInteger.ZERO, min, max);
    return new ColumnCondition.DecimalRange(
        value,
        words(interval.low, type.bits() / 64),
        words(interval.high, type.bits() / 64),
        interval.outside);
  }

  private static MemorySegment words(BigInteger value, int count) {
    MemorySegment words = MemorySegment.ofArray(new long[count]);
    for (int i = 0; i < count; i++) {
      words.set(FixedColumn.LONG, 8L * i, value.shiftRight(64 * i).longValue());
    }
    return words;
  }

  /// The integers that compare so with a bound.
  private record Interval(BigInteger low, BigInteger high, boolean outside) {
    Predicate test(Value value) {
      return new ColumnCondition.IntRange(value, low.longValue(), high.longValue(), outside);
    }
  }

  /// The whole numbers `x` in `[min, max]` with `x × unit + origin` compared so with `bound`.
  private static Interval integers(
      Expr.Comparison op,
      Object bound,
      BigInteger unit,
      BigInteger origin,
      BigInteger min,
      BigInteger max) {
    BigDecimal exact = exact(bound);
    if (exact == null) {
      // NaN and infinity are above every integer, negative infinity below.
      boolean less = (Double) bound != Double.NEGATIVE_INFINITY;
      return everything(holds(op, less ? -1 : 1), min, max);
    }
    BigDecimal from = exact.subtract(new BigDecimal(origin));
    BigInteger floor;
    boolean whole;
    if (from.precision() - from.scale() > 200) {
      return everything(holds(op, -from.signum()), min, max);
    }
    if (unit.equals(BigInteger.ONE)) {
      floor = from.setScale(0, java.math.RoundingMode.FLOOR).toBigInteger();
      whole = from.compareTo(new BigDecimal(floor)) == 0;
    } else {
      BigInteger nanos = from.toBigIntegerExact();
      BigInteger[] parts = Order.floorDivide(nanos, unit);
      floor = parts[0];
      whole = parts[1].signum() == 0;
    }
    return switch (op) {
      case EQ, NOT_DISTINCT, NE, DISTINCT -> {
        boolean equal = op == Expr.Comparison.EQ || op == Expr.Comparison.NOT_DISTINCT;
        if (!whole || floor.compareTo(min) < 0 || floor.compareTo(max) > 0) {
          yield everything(!equal, min, max);
        }
        yield new Interval(floor, floor, !equal);
      }
      case LT -> upTo(whole ? floor.subtract(BigInteger.ONE) : floor, min, max, false);
      case LE -> upTo(floor, min, max, false);
      case GT -> upTo(floor, min, max, true);
      case GE -> upTo(whole ? floor.subtract(BigInteger.ONE) : floor, min, max, true);
    };
  }

  private static Interval upTo(BigInteger high, BigInteger min, BigInteger max, boolean outside) {
    if (high.compareTo(min) < 0) {
      return everything(outside, min, max);
    }
    if (high.compareTo(max) >= 0) {
      return everything(!outside, min, max);
    }
    // Both ways of saying "above" are the same; the positive one can be joined with others.
    return outside
        ? new Interval(high.add(BigInteger.ONE), max, false)
        : new Interval(min, high, false);
  }

  private static Interval everything(boolean inside, BigInteger min, BigInteger max) {
    return new Interval(min, max, !inside);
  }

  /// Whether the comparison holds between values of that order.
  static boolean holds(Expr.Comparison op, int order) {
    return switch (op) {
      case EQ, NOT_DISTINCT -> order == 0;
      case NE, DISTINCT -> order != 0;
      case LT -> order < 0;
      case LE -> order <= 0;
      case GT -> order > 0;
      case GE -> order >= 0;
    };
  }

  /// A constant as written is taken as the nearest value of the column's type, so that `f32 = 0.1`
  /// finds what was stored as 0.1. Integers and computed constants are compared exactly.
  private static Predicate floating(
      Expr.Comparison op, Value value, int bits, Value.Constant constant) {
    Object bound = constant.value();
    BigDecimal exact = bound == null ? null : exact(bound);
    if (exact == null) {
      double special = bound instanceof Double d ? d : Double.NaN;
      return Double.isNaN(special) ? nan(op, value) : bound(op, value, special, 0);
    }
    double nearest = nearest(exact, bits);
    boolean written = bound instanceof BigDecimal && constant.type() instanceof DataType.Floating;
    int beyond;
    if (Double.isInfinite(nearest)) {
      beyond = nearest > 0 ? -1 : 1;
    } else {
      beyond = written ? 0 : exact.compareTo(new BigDecimal(nearest));
    }
    return bound(op, value, nearest, beyond);
  }

  static double nearest(BigDecimal exact, int bits) {
    return switch (bits) {
      case 16 -> Float.float16ToFloat(Float.floatToFloat16(exact.floatValue()));
      case 32 -> exact.floatValue();
      default -> exact.doubleValue();
    };
  }

  /// @param beyond on which side of the representable `bound` the true bound lies, with no
  ///   representable value between; 0 if it is the bound
  private static Predicate bound(Expr.Comparison op, Value value, double bound, int beyond) {
    Ranges.FloatTest below = beyond > 0 ? Ranges.FloatTest.AT_MOST : Ranges.FloatTest.BELOW;
    Ranges.FloatTest atMost = beyond < 0 ? Ranges.FloatTest.BELOW : Ranges.FloatTest.AT_MOST;
    Ranges.FloatTest equal = Ranges.FloatTest.EQUAL;
    return switch (op) {
      case LT -> new ColumnCondition.FloatBound(value, below, bound, false);
      case LE -> new ColumnCondition.FloatBound(value, atMost, bound, false);
      case GT -> new ColumnCondition.FloatBound(value, atMost, bound, true);
      case GE -> new ColumnCondition.FloatBound(value, below, bound, true);
      case EQ, NOT_DISTINCT ->
          beyond == 0
              ? new ColumnCondition.FloatBound(value, equal, bound, false)
              : new ColumnCondition.FloatBound(value, Ranges.FloatTest.ALWAYS, 0, true);
      case NE, DISTINCT ->
          beyond == 0
              ? new ColumnCondition.FloatBound(value, equal, bound, true)
              : new ColumnCondition.FloatBound(value, Ranges.FloatTest.ALWAYS, 0, false);
    };
  }

  private static Predicate nan(Expr.Comparison op, Value value) {
    return switch (op) {
      case EQ, NOT_DISTINCT, GE ->
          new ColumnCondition.FloatBound(value, Ranges.FloatTest.NOT_NAN, 0, true);
      case NE, DISTINCT, LT ->
          new ColumnCondition.FloatBound(value, Ranges.FloatTest.NOT_NAN, 0, false);
      case LE -> new ColumnCondition.FloatBound(value, Ranges.FloatTest.ALWAYS, 0, false);
      case GT -> new ColumnCondition.FloatBound(value, Ranges.FloatTest.ALWAYS, 0, true);
    };
  }

  private static @Nullable Predicate temporal(
      Expr.Comparison op, Value value, DataType type, Value.Constant constant) {
    BigInteger nanos = nanos(type, constant);
    if (nanos == null) {
      return null;
    }
    boolean narrow = type.byteWidth() == 4;
    BigInteger max = BigInteger.valueOf(narrow ? Integer.MAX_VALUE : Long.MAX_VALUE);
    return integers(
            op,
            new BigDecimal(nanos),
            BigInteger.valueOf(Order.nanos(type)),
            BigInteger.ZERO,
            max.not(),
            max)
        .test(value);
  }

  /// A temporal constant, or text that can be read as one, in nanoseconds on the column's clock.
  static @Nullable BigInteger nanos(DataType type, Value.Constant constant) {
    boolean time = type instanceof DataType.Time;
    Optional<String> zone = Order.zone(type);
    BigInteger nanos;
    boolean zoned;
    if (constant.value() instanceof String text) {
      Optional<Moment> read = time ? Moment.time(text) : Moment.timestamp(text);
      if (read.isEmpty()) {
        throw new InvalidInputException(
            "invalid "
                + (time ? "time" : type instanceof DataType.Date ? "date" : "timestamp")
                + ": expected="
                + (time ? "hh:mm:ss" : "yyyy-mm-dd or yyyy-mm-dd hh:mm:ss")
                + ", found='"
                + text
                + "'");
      }
      nanos = read.get().nanos();
      zoned = read.get().zoned();
    } else if (constant.value() instanceof Long ticks
        && time == constant.type() instanceof DataType.Time
        && !(constant.type() instanceof DataType.Duration)) {
      nanos = BigInteger.valueOf(ticks).multiply(BigInteger.valueOf(Order.nanos(constant.type())));
      zoned = Order.zone(constant.type()).isPresent();
    } else {
      return null;
    }
    return zone.isPresent() && !zoned ? Order.instant(nanos, Moment.rules(zone.get())) : nanos;
  }

  /// The value of one row, in the form constants have.
  static @Nullable Object constantOf(io.lancelot.columnar.Column column, int row, DataType type) {
    if (column.isNull(row)) {
      return null;
    }
    return switch (column) {
      case io.lancelot.columnar.FixedColumn fixed ->
          switch (type) {
            case DataType.Int _ ->
                Order.isUnsigned64(type)
                    ? Values.unsigned(fixed.longAt(row))
                    : BigInteger.valueOf(fixed.integerAt(row));
            case DataType.Floating _ -> fixed.floatingAt(row);
            case DataType.Decimal(_, _, int scale) -> Values.decimal(fixed.bytesAt(row), scale);
            case DataType.FixedSizeBinary _ ->
                fixed.bytesAt(row).toArray(java.lang.foreign.ValueLayout.JAVA_BYTE);
            default -> fixed.integerAt(row);
          };
      case io.lancelot.columnar.VarColumn var when type instanceof DataType.Utf8 ->
          var.stringAt(row);
      case io.lancelot.columnar.VarColumn var ->
          var.bytesAt(row).toArray(java.lang.foreign.ValueLayout.JAVA_BYTE);
      case io.lancelot.columnar.BoolColumn bool -> bool.booleanAt(row);
      default -> null;
    };
  }
}
