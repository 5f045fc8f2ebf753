package io.lancelot.expr;

import io.lancelot.columnar.Column;
import io.lancelot.columnar.DataType;
import io.lancelot.columnar.FixedColumn;
import io.lancelot.columnar.Values;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.zone.ZoneRules;
import java.util.Optional;

/// The order of two columns' values in one row. Numbers compare by value whatever their types, NaN
/// above all; instants compare as such whatever their units.
@FunctionalInterface
interface Order {

  int compare(int row);

  /// Whether values of the two types can be compared at all.
  static boolean exists(DataType a, DataType b) {
    return (isNumber(a) && isNumber(b))
        || (isBytes(a) && isBytes(b))
        || (isDay(a) && isDay(b))
        || (a instanceof DataType.Time && b instanceof DataType.Time)
        || (a instanceof DataType.Duration && b instanceof DataType.Duration);
  }

  static boolean isNumber(DataType type) {
    return type instanceof DataType.Int
        || type instanceof DataType.Floating
        || type instanceof DataType.Decimal;
  }

  static boolean isBytes(DataType type) {
    return type instanceof DataType.Utf8
        || type instanceof DataType.Binary
        || type instanceof DataType.FixedSizeBinary;
  }

  static boolean isDay(DataType type) {
    return type instanceof DataType.Date || type instanceof DataType.Timestamp;
  }

  /// Both columns plain and of types for which an order [#exists].
  static Order between(Column a, Column b) {
    if (isBytes(a.type())) {
      ByteStrings x = ByteStrings.of(a);
      ByteStrings y = ByteStrings.of(b);
      return row -> x.compare(row, y, row);
    }
    FixedColumn x = (FixedColumn) a;
    FixedColumn y = (FixedColumn) b;
    if (!isNumber(a.type())) {
      return ticks(x, y);
    }
    if (a.type() instanceof DataType.Decimal || b.type() instanceof DataType.Decimal) {
      return row -> compare(number(x, row), number(y, row));
    }
    Numbers p = Numbers.of(x);
    Numbers q = Numbers.of(y);
    boolean floatA = a.type() instanceof DataType.Floating;
    boolean floatB = b.type() instanceof DataType.Floating;
    if (floatA && floatB) {
      return row -> compare(p.floating(row), q.floating(row));
    }
    boolean bigA = isUnsigned64(a.type());
    boolean bigB = isUnsigned64(b.type());
    if (floatA) {
      return row -> -compare(q.integer(row), bigB, p.floating(row));
    }
    if (floatB) {
      return row -> compare(p.integer(row), bigA, q.floating(row));
    }
    return row -> compare(p.integer(row), bigA, q.integer(row), bigB);
  }

  static boolean isUnsigned64(DataType type) {
    return type instanceof DataType.Int(int bits, boolean signed) && bits == 64 && !signed;
  }

  /// Total order: both zeros equal, all NaNs equal and above everything.
  static int compare(double a, double b) {
    if (a < b) {
      return -1;
    }
    if (a > b) {
      return 1;
    }
    if (a == b) {
      return 0;
    }
    return Boolean.compare(Double.isNaN(a), Double.isNaN(b));
  }

  private static int compare(long a, boolean bigA, long b, boolean bigB) {
    if (bigA && a < 0) {
      return bigB && b < 0 ? Long.compare(a, b) : 1;
    }
    return bigB && b < 0 ? -1 : Long.compare(a, b);
  }

  /// An integer with a float, exactly.
  private static int compare(long a, boolean bigA, double b) {
    if (Double.isNaN(b)) {
      return -1;
    }
    if (bigA && a < 0) {
      if (b >= 0x1p64) {
        return -1;
      }
      if (b < 0x1p63) {
        return 1;
      }
      // Doubles this large are whole.
      return Long.compareUnsigned(a, (long) (b - 0x1p63) + Long.MIN_VALUE);
    }
    if (b >= 0x1p63) {
      return -1;
    }
    if (b < -0x1p63) {
      return 1;
    }
    int whole = Long.compare(a, (long) b);
    return whole != 0 ? whole : -Double.compare(b - (long) b + 0.0, 0.0);
  }

  private static int compare(Object a, Object b) {
    if (a instanceof BigDecimal x && b instanceof BigDecimal y) {
      return x.compareTo(y);
    }
    double x = a instanceof BigDecimal ? 0 : (Double) a;
    double y = b instanceof BigDecimal ? 0 : (Double) b;
    return compare(x, y);
  }

  /// A number as a `BigDecimal`, or a `Double` if it is not finite.
  static Object number(FixedColumn column, int row) {
    return switch (column.type()) {
      case DataType.Decimal(_, _, int scale) -> Values.decimal(column.bytesAt(row), scale);
      case DataType.Floating _ -> {
        double value = column.floatingAt(row);
        yield Double.isFinite(value) ? new BigDecimal(value) : (Object) value;
      }
      default -> {
        long value = column.integerAt(row);
        yield isUnsigned64(column.type())
            ? new BigDecimal(Values.unsigned(value))
            : BigDecimal.valueOf(value);
      }
    };
  }

  private static Order ticks(FixedColumn a, FixedColumn b) {
    long unitA = nanos(a.type());
    long unitB = nanos(b.type());
    Optional<String> zoneA = zone(a.type());
    Optional<String> zoneB = zone(b.type());
    if (zoneA.isPresent() != zoneB.isPresent() && isDay(a.type())) {
      ZoneRules rules = Moment.rules(zoneA.or(() -> zoneB).orElseThrow());
      boolean shiftA = zoneA.isEmpty();
      return row -> {
        BigInteger x = BigInteger.valueOf(a.integerAt(row)).multiply(BigInteger.valueOf(unitA));
        BigInteger y = BigInteger.valueOf(b.integerAt(row)).multiply(BigInteger.valueOf(unitB));
        return (shiftA ? instant(x, rules) : x).compareTo(shiftA ? y : instant(y, rules));
      };
    }
    Numbers p = Numbers.of(a);
    Numbers q = Numbers.of(b);
    if (unitA == unitB) {
      return row -> Long.compare(p.integer(row), q.integer(row));
    }
    return row -> {
      long x = p.integer(row);
      long y = q.integer(row);
      int high = Long.compare(Math.multiplyHigh(x, unitA), Math.multiplyHigh(y, unitB));
      return high != 0 ? high : Long.compareUnsigned(x * unitA, y * unitB);
    };
  }

  /// A wall-clock reading, as nanoseconds since the epoch, at the place with these rules.
  static BigInteger instant(BigInteger wallNanos, ZoneRules rules) {
    BigInteger[] parts = floorDivide(wallNanos, BigInteger.valueOf(1_000_000_000L));
    long second = parts[0].longValue();
    if (Math.abs(second) > Instant.MAX.getEpochSecond() / 2) {
      return wallNanos;
    }
    LocalDateTime wall = LocalDateTime.ofEpochSecond(second, 0, ZoneOffset.UTC);
    long offset = rules.getOffset(wall).getTotalSeconds();
    return wallNanos.subtract(BigInteger.valueOf(offset * 1_000_000_000L));
  }

  /// Quotient rounded down and remainder.
  static BigInteger[] floorDivide(BigInteger a, BigInteger b) {
    BigInteger[] parts = a.divideAndRemainder(b);
    if (parts[1].signum() < 0) {
      parts[0] = parts[0].subtract(BigInteger.ONE);
      parts[1] = parts[1].add(b);
    }
    return parts;
  }

  static Optional<String> zone(DataType type) {
    return type instanceof DataType.Timestamp(_, Optional<String> zone) ? zone : Optional.empty();
  }

  /// Nanoseconds in one unit of a temporal type.
  static long nanos(DataType type) {
    return switch (type) {
      case DataType.Date(DataType.DateUnit unit) ->
          unit == DataType.DateUnit.DAY ? 86_400_000_000_000L : 1_000_000L;
      case DataType.Timestamp(DataType.TimeUnit unit, _) -> 1_000_000_000L / unit.perSecond();
      case DataType.Time(DataType.TimeUnit unit) -> 1_000_000_000L / unit.perSecond();
      case DataType.Duration(DataType.TimeUnit unit) -> 1_000_000_000L / unit.perSecond();
      default -> throw new IllegalArgumentException("not temporal: " + type.arrowName());
    };
  }
}
