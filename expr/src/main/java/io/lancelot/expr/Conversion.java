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
import java.math.BigInteger;
import java.math.RoundingMode;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// CAST. A value that has no counterpart in the type fails, or becomes null if `lenient`.
record Conversion(Value operand, DataType type, boolean lenient) implements Value {

  /// Whether some values of one type have a counterpart in the other.
  static boolean exists(DataType from, DataType to) {
    boolean plain = !(to instanceof DataType.Duration) && to.children().isEmpty();
    boolean text = to instanceof DataType.Utf8;
    return switch (from) {
      case DataType.Null _ -> true;
      case DataType.Bool _ -> text || to instanceof DataType.Bool || Order.isNumber(to);
      case DataType.Int _ ->
          plain && !(to instanceof DataType.Binary) && !(to instanceof DataType.FixedSizeBinary);
      case DataType.Floating _, DataType.Decimal _ ->
          text || to instanceof DataType.Bool || Order.isNumber(to);
      case DataType.Utf8 _ ->
          plain && !(to instanceof DataType.Dictionary) && !(to instanceof DataType.Null);
      case DataType.Binary _, DataType.FixedSizeBinary _ -> Order.isBytes(to);
      case DataType.Date _, DataType.Timestamp _ ->
          text
              || Order.isDay(to)
              || to instanceof DataType.Int
              || (to instanceof DataType.Time && from instanceof DataType.Timestamp);
      case DataType.Time _ -> text || to instanceof DataType.Time || to instanceof DataType.Int;
      case DataType.Duration _,
          DataType.ListOf _,
          DataType.FixedSizeList _,
          DataType.Struct _,
          DataType.MapOf _,
          DataType.Dictionary _ ->
          false;
    };
  }

  @Override
  public Column evaluate(Frame frame) {
    Column column = Value.plain(operand.evaluate(frame), frame);
    if (column.type().equals(type)) {
      return column;
    }
    if (column instanceof NullColumn) {
      return io.lancelot.columnar.Columns.nulls(type, frame.rows, frame.scratch);
    }
    if (column instanceof FixedColumn fixed) {
      Column widened = widen(fixed, frame);
      if (widened != null) {
        return widened;
      }
    }
    DataType storage = Value.Constant.storage(type);
    ColumnBuilder builder = ColumnBuilder.of(storage, frame.scratch);
    FailedRows failed = new FailedRows(frame);
    DataType from = column.type();
    for (int i = 0; i < frame.rows; i++) {
      Object value = Comparisons.constantOf(column, i, from);
      Object converted = value == null ? null : convert(value, from, type);
      if (value != null && converted == null && !lenient) {
        failed.add(i, () -> message(value, from, type));
      }
      builder.append(converted);
    }
    failed.report();
    Column built = builder.build();
    return built instanceof FixedColumn fixed && !storage.equals(type)
        ? new FixedColumn(type, fixed.length(), fixed.data(), fixed.validity())
        : built;
  }

  /// The conversions that cannot fail, without an object per row.
  private @Nullable Column widen(FixedColumn column, Frame frame) {
    boolean integer = column.type() instanceof DataType.Int && !Order.isUnsigned64(column.type());
    Bits valid = column.validity();
    Numbers numbers = Numbers.of(column);
    if (type.equals(Types.INT64) && integer) {
      MemorySegment out = frame.scratch.allocate(8L * frame.rows, 8);
      for (int i = 0; i < frame.rows; i++) {
        out.set(FixedColumn.LONG, 8L * i, numbers.integer(i));
      }
      return new FixedColumn(type, frame.rows, out, valid);
    }
    if (type.equals(Types.FLOAT64) && (integer || column.type() instanceof DataType.Floating)) {
      MemorySegment out = frame.scratch.allocate(8L * frame.rows, 8);
      for (int i = 0; i < frame.rows; i++) {
        out.set(FixedColumn.DOUBLE, 8L * i, integer ? numbers.integer(i) : numbers.floating(i));
      }
      return new FixedColumn(type, frame.rows, out, valid);
    }
    return null;
  }

  static String message(Object value, DataType from, DataType to) {
    Object shown = value instanceof byte[] bytes ? bytes.length + " bytes" : value;
    return "cannot convert "
        + from.arrowName()
        + " to "
        + to.arrowName()
        + ": expected=a "
        + SqlTypes.name(to)
        + ", found="
        + shown;
  }

  /// A value in the form of constants, converted to another type; null if it has no counterpart.
  static @Nullable Object convert(Object value, DataType from, DataType to) {
    return switch (to) {
      case DataType.Bool _ -> toBoolean(value);
      case DataType.Int(int bits, boolean signed) -> toInteger(value, bits, signed);
      case DataType.Floating(int bits) -> toFloat(value, bits);
      case DataType.Decimal decimal -> toDecimal(value, decimal);
      case DataType.Utf8 _ -> toText(value, from);
      case DataType.Binary _ -> Comparisons.bytes(value);
      case DataType.FixedSizeBinary(int width) -> {
        byte[] bytes = Comparisons.bytes(value);
        yield bytes != null && bytes.length == width ? bytes : null;
      }
      case DataType.Date _, DataType.Timestamp _, DataType.Time _ -> toTicks(value, from, to);
      case DataType.Null _,
          DataType.Duration _,
          DataType.ListOf _,
          DataType.FixedSizeList _,
          DataType.Struct _,
          DataType.MapOf _,
          DataType.Dictionary _ ->
          null;
    };
  }

  private static @Nullable Boolean toBoolean(Object value) {
    return switch (value) {
      case Boolean bool -> bool;
      case String text ->
          switch (text.strip().toLowerCase(Locale.ROOT)) {
            case "true", "t", "yes", "y", "on", "1" -> true;
            case "false", "f", "no", "n", "off", "0" -> false;
            default -> null;
          };
      case BigInteger integer -> integer.signum() != 0;
      case BigDecimal decimal -> decimal.signum() != 0;
      case Double d -> d != 0;
      default -> null;
    };
  }

  private static @Nullable BigInteger toInteger(Object value, int bits, boolean signed) {
    BigInteger integer =
        switch (value) {
          case Boolean bool -> bool ? BigInteger.ONE : BigInteger.ZERO;
          case BigInteger whole -> whole;
          case Long ticks -> BigInteger.valueOf(ticks);
          case String text -> text.matches("[+-]?[0-9]{1,40}") ? new BigInteger(text) : null;
          default -> {
            BigDecimal exact = Comparisons.exact(value);
            yield exact == null ? null : exact.toBigInteger();
          }
        };
    if (integer == null) {
      return null;
    }
    boolean fits =
        signed ? integer.bitLength() < bits : integer.signum() >= 0 && integer.bitLength() <= bits;
    return fits ? integer : null;
  }

  private static @Nullable Double toFloat(Object value, int bits) {
    return switch (value) {
      case Boolean bool -> bool ? 1.0 : 0.0;
      case Double d ->
          bits == 64 || !Double.isFinite(d) ? d : Comparisons.nearest(new BigDecimal(d), bits);
      case String text -> {
        String word = text.toLowerCase(Locale.ROOT);
        boolean negative = word.startsWith("-");
        switch (negative || word.startsWith("+") ? word.substring(1) : word) {
          case "nan" -> {
            yield Double.NaN;
          }
          case "inf", "infinity" -> {
            yield negative ? Double.NEGATIVE_INFINITY : Double.POSITIVE_INFINITY;
          }
          default -> {
            BigDecimal exact = number(text);
            yield exact == null ? null : Comparisons.nearest(exact, bits);
          }
        }
      }
      default -> {
        BigDecimal exact = Comparisons.exact(value);
        yield exact == null ? null : Comparisons.nearest(exact, bits);
      }
    };
  }

  /// A number written as text; null if it is none or unreasonably long.
  private static @Nullable BigDecimal number(String text) {
    if (text.length() > 400
        || !text.matches("[+-]?(?:[0-9]+\\.?[0-9]*|\\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?")) {
      return null;
    }
    return new BigDecimal(text);
  }

  private static @Nullable BigDecimal toDecimal(Object value, DataType.Decimal type) {
    BigDecimal exact =
        switch (value) {
          case Boolean bool -> bool ? BigDecimal.ONE : BigDecimal.ZERO;
          case String text -> number(text);
          default -> Comparisons.exact(value);
        };
    if (exact == null || exact.precision() - (long) exact.scale() > 100) {
      return null;
    }
    BigDecimal scaled = exact.setScale(type.scale(), RoundingMode.HALF_UP);
    return scaled.signum() != 0 && scaled.precision() > type.precision() ? null : scaled;
  }

  private static @Nullable String toText(Object value, DataType from) {
    return switch (value) {
      case String text -> text;
      case BigDecimal decimal when from instanceof DataType.Decimal -> decimal.toPlainString();
      case BigDecimal decimal -> shown(decimal.doubleValue(), from);
      case Double d -> shown(d, from);
      case byte[] bytes -> {
        try {
          yield StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
        } catch (CharacterCodingException e) {
          yield null;
        }
      }
      case Long ticks -> moment(ticks, from);
      default -> value.toString();
    };
  }

  private static String shown(double value, DataType from) {
    String text =
        from instanceof DataType.Floating(int bits) && bits < 64
            ? Float.toString((float) value)
            : Double.toString(value);
    return switch (text) {
      case "Infinity" -> "inf";
      case "-Infinity" -> "-inf";
      default -> text.replace(".0E", "e").replace("E", "e");
    };
  }

  private static String moment(long ticks, DataType type) {
    BigInteger nanos = BigInteger.valueOf(ticks).multiply(BigInteger.valueOf(Order.nanos(type)));
    BigInteger[] parts = Order.floorDivide(nanos, BigInteger.valueOf(1_000_000_000L));
    long second = parts[0].longValue();
    int nano = parts[1].intValue();
    if (type instanceof DataType.Date) {
      return LocalDate.ofEpochDay(Math.floorDiv(second, 86_400L)).toString();
    }
    if (type instanceof DataType.Time) {
      return java.time.LocalTime.ofNanoOfDay(Math.floorMod(nanos.longValue(), 86_400_000_000_000L))
          .format(java.time.format.DateTimeFormatter.ISO_LOCAL_TIME);
    }
    Optional<String> zone = Order.zone(type);
    if (zone.isPresent()) {
      return java.time.Instant.ofEpochSecond(second, nano)
          .atZone(java.time.ZoneId.of(zone.get()))
          .format(java.time.format.DateTimeFormatter.ISO_OFFSET_DATE_TIME);
    }
    return LocalDateTime.ofEpochSecond(second, nano, ZoneOffset.UTC)
        .format(java.time.format.DateTimeFormatter.ISO_LOCAL_DATE_TIME);
  }

  private static @Nullable Long toTicks(Object value, DataType from, DataType to) {
    if (value instanceof BigInteger ticks) {
      boolean fits = ticks.bitLength() < to.byteWidth() * 8;
      return fits ? ticks.longValue() : null;
    }
    BigInteger nanos;
    if (value instanceof String text) {
      Optional<Moment> read =
          to instanceof DataType.Time ? Moment.time(text) : Moment.timestamp(text);
      if (read.isEmpty()) {
        return null;
      }
      nanos = read.get().nanos();
      if (!read.get().zoned() && Order.zone(to).isPresent()) {
        nanos = Order.instant(nanos, Moment.rules(Order.zone(to).get()));
      }
    } else if (value instanceof Long ticks) {
      nanos = BigInteger.valueOf(ticks).multiply(BigInteger.valueOf(Order.nanos(from)));
      nanos = rezoned(nanos, Order.zone(from), Order.zone(to), to);
    } else {
      return null;
    }
    if (to instanceof DataType.Time) {
      nanos = Order.floorDivide(nanos, BigInteger.valueOf(86_400_000_000_000L))[1];
    }
    BigInteger[] parts = Order.floorDivide(nanos, BigInteger.valueOf(Order.nanos(to)));
    boolean day =
        to instanceof DataType.Date(DataType.DateUnit unit)
            && unit == DataType.DateUnit.MILLISECOND;
    BigInteger ticks =
        day
            ? Order.floorDivide(nanos, BigInteger.valueOf(86_400_000_000_000L))[0].multiply(
                BigInteger.valueOf(86_400_000L))
            : parts[0];
    return ticks.bitLength() < to.byteWidth() * 8 ? ticks.longValue() : null;
  }

  /// From a wall clock to instants or back, where exactly one of the types has a zone.
  private static BigInteger rezoned(
      BigInteger nanos, Optional<String> from, Optional<String> to, DataType target) {
    if (from.isEmpty() && to.isPresent()) {
      return Order.instant(nanos, Moment.rules(to.get()));
    }
    if (from.isPresent() && to.isEmpty() && !(target instanceof DataType.Int)) {
      long second = Order.floorDivide(nanos, BigInteger.valueOf(1_000_000_000L))[0].longValue();
      long clamped = Math.clamp(second, -30_000_000_000_000L, 30_000_000_000_000L);
      int offset =
          Moment.rules(from.get())
              .getOffset(java.time.Instant.ofEpochSecond(clamped))
              .getTotalSeconds();
      return nanos.add(BigInteger.valueOf(offset * 1_000_000_000L));
    }
    return nanos;
  }

  @Override
  public int cost() {
    return operand.cost() + 20;
  }

  @Override
  public boolean isConstant() {
    return operand.isConstant();
  }
}
