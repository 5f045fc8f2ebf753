package io.lancelot.expr;

import io.lancelot.columnar.Bits;
import io.lancelot.columnar.Column;
import io.lancelot.columnar.ColumnBuilder;
import io.lancelot.columnar.DataType;
import io.lancelot.columnar.FixedColumn;
import io.lancelot.columnar.NullColumn;
import io.lancelot.columnar.Types;
import java.lang.foreign.MemorySegment;
import java.math.BigDecimal;
import java.math.RoundingMode;
import org.jspecify.annotations.Nullable;

/// Arithmetic. Integers are computed in 64 bits and never wrap: a result that does not fit fails,
/// and so does a division by zero. Where an unsigned 64-bit column or a decimal takes part, the
/// arithmetic is decimal and exact; with floats it is IEEE's.
record NumberMath(Expr.Operator op, Value left, Value right, DataType type) implements Value {

  static NumberMath of(Expr.Operator op, Value left, Value right) {
    return new NumberMath(op, left, right, type(op, left.plainType(), right.plainType()));
  }

  private static DataType type(Expr.Operator op, DataType a, DataType b) {
    if (a instanceof DataType.Floating(int x)) {
      return floating(x, b);
    }
    if (b instanceof DataType.Floating(int y)) {
      return floating(y, a);
    }
    boolean decimal = a instanceof DataType.Decimal || b instanceof DataType.Decimal;
    if (!decimal && !Order.isUnsigned64(a) && !Order.isUnsigned64(b)) {
      return Types.INT64;
    }
    int scaleA = a instanceof DataType.Decimal(_, _, int scale) ? scale : 0;
    int scaleB = b instanceof DataType.Decimal(_, _, int scale) ? scale : 0;
    int scale =
        switch (op) {
          case MULTIPLY -> scaleA + scaleB;
          case DIVIDE -> decimal ? scaleA + 4 : 0;
          default -> Math.max(scaleA, scaleB);
        };
    return new DataType.Decimal(256, 76, Math.min(scale, 76));
  }

  private static DataType floating(int bits, DataType other) {
    int others = other instanceof DataType.Floating(int b) ? b : 32;
    return bits == 64 || others == 64 || other instanceof DataType.Decimal
        ? Types.FLOAT64
        : Types.FLOAT32;
  }

  @Override
  public Column evaluate(Frame frame) {
    Column a = Value.plain(left.evaluate(frame), frame);
    Column b = Value.plain(right.evaluate(frame), frame);
    if (a instanceof NullColumn || b instanceof NullColumn) {
      return new NullColumn(frame.rows);
    }
    FixedColumn x = (FixedColumn) a;
    FixedColumn y = (FixedColumn) b;
    Bits valid = frame.and(x.validity(), y.validity());
    return switch (type) {
      case DataType.Floating(int bits) -> floats(x, y, bits, valid, frame);
      case DataType.Decimal decimal -> decimals(x, y, decimal, valid, frame);
      default -> integers(x, y, valid, frame);
    };
  }

  private Column integers(FixedColumn x, FixedColumn y, @Nullable Bits valid, Frame frame) {
    MemorySegment out = frame.scratch.allocate(8L * frame.rows, 8);
    FailedRows failures = new FailedRows(frame);
    Numbers p = Numbers.of(x);
    Numbers q = Numbers.of(y);
    for (int i = 0; i < frame.rows; i++) {
      long a = p.integer(i);
      long b = q.integer(i);
      boolean failed = false;
      long result = 0;
      switch (op) {
        case ADD -> {
          result = a + b;
          failed = ((a ^ result) & (b ^ result)) < 0;
        }
        case SUBTRACT -> {
          result = a - b;
          failed = ((a ^ b) & (a ^ result)) < 0;
        }
        case MULTIPLY -> {
          result = a * b;
          failed = Math.multiplyHigh(a, b) != result >> 63;
        }
        case DIVIDE -> {
          failed = b == 0 || (a == Long.MIN_VALUE && b == -1);
          result = failed ? 0 : a / b;
        }
        case REMAINDER -> {
          failed = b == 0;
          result = failed ? 0 : a % b;
        }
        case CONCAT -> throw new IllegalStateException("not arithmetic");
      }
      if (failed && (valid == null || valid.get(i))) {
        String what =
            b == 0 && op != Expr.Operator.MULTIPLY ? "division by zero" : "integer overflow";
        failures.add(i, () -> message(what, a, b));
      }
      out.set(FixedColumn.LONG, 8L * i, result);
    }
    failures.report();
    return new FixedColumn(type, frame.rows, out, valid);
  }

  private Column floats(FixedColumn x, FixedColumn y, int bits, @Nullable Bits valid, Frame frame) {
    int width = bits / 8;
    MemorySegment out = frame.scratch.allocate((long) width * frame.rows, 8);
    Numbers p = Numbers.of(x);
    Numbers q = Numbers.of(y);
    boolean plain = x.type() instanceof DataType.Floating && y.type() instanceof DataType.Floating;
    for (int i = 0; i < frame.rows; i++) {
      if (!plain && valid != null && !valid.get(i)) {
        continue;
      }
      double a = plain ? p.floating(i) : toDouble(x, i);
      double b = plain ? q.floating(i) : toDouble(y, i);
      double result =
          switch (op) {
            case ADD -> a + b;
            case SUBTRACT -> a - b;
            case MULTIPLY -> a * b;
            case DIVIDE -> a / b;
            case REMAINDER -> a % b;
            case CONCAT -> throw new IllegalStateException("not arithmetic");
          };
      if (width == 4) {
        out.set(FixedColumn.FLOAT, 4L * i, (float) result);
      } else {
        out.set(FixedColumn.DOUBLE, 8L * i, result);
      }
    }
    return new FixedColumn(type, frame.rows, out, valid);
  }

  /// Any number as a double, rounded to nearest.
  static double toDouble(FixedColumn column, int row) {
    return switch (column.type()) {
      case DataType.Floating _ -> column.floatingAt(row);
      case DataType.Int _ when !Order.isUnsigned64(column.type()) -> column.integerAt(row);
      default -> ((BigDecimal) Order.number(column, row)).doubleValue();
    };
  }

  private Column decimals(
      FixedColumn x, FixedColumn y, DataType.Decimal result, @Nullable Bits valid, Frame frame) {
    ColumnBuilder builder = ColumnBuilder.of(result, frame.scratch);
    FailedRows failures = new FailedRows(frame);
    BigDecimal limit = BigDecimal.ONE.scaleByPowerOfTen(result.precision() - result.scale());
    for (int i = 0; i < frame.rows; i++) {
      if (valid != null && !valid.get(i)) {
        builder.appendNull();
        continue;
      }
      BigDecimal a = (BigDecimal) Order.number(x, i);
      BigDecimal b = (BigDecimal) Order.number(y, i);
      if ((op == Expr.Operator.DIVIDE || op == Expr.Operator.REMAINDER) && b.signum() == 0) {
        failures.add(i, () -> message("division by zero", a, b));
        builder.appendNull();
        continue;
      }
      BigDecimal value =
          switch (op) {
            case ADD -> a.add(b);
            case SUBTRACT -> a.subtract(b);
            case MULTIPLY -> a.multiply(b);
            case DIVIDE -> a.divide(b, result.scale(), rounding(result));
            case REMAINDER -> a.remainder(b);
            case CONCAT -> throw new IllegalStateException("not arithmetic");
          };
      value = value.setScale(result.scale(), RoundingMode.HALF_UP);
      if (value.abs().compareTo(limit) >= 0) {
        failures.add(i, () -> message("decimal overflow", a, b));
        builder.appendNull();
      } else {
        builder.append(value);
      }
    }
    failures.report();
    return builder.build();
  }

  /// Integers divide towards zero, decimals to the nearest.
  private static RoundingMode rounding(DataType.Decimal result) {
    return result.scale() == 0 ? RoundingMode.DOWN : RoundingMode.HALF_UP;
  }

  private String message(String what, Object a, Object b) {
    return what + " in filter: found=" + a + " " + op.symbol() + " " + b;
  }

  @Override
  public int cost() {
    return left.cost() + right.cost() + (type instanceof DataType.Decimal ? 50 : 3);
  }

  @Override
  public boolean isConstant() {
    return left.isConstant() && right.isConstant();
  }
}
