package io.lancelot.expr;

import io.lancelot.base.InvalidInputException;
import io.lancelot.columnar.DataType;
import io.lancelot.columnar.Types;
import java.math.BigInteger;
import java.time.DateTimeException;
import java.time.DayOfWeek;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.time.temporal.IsoFields;
import java.time.temporal.TemporalAdjusters;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Functions of dates, times and timestamps. Timestamps with a zone are read on the clock of that
/// zone.
final class TimeFunctions {

  static final DataType NANOS =
      new DataType.Timestamp(DataType.TimeUnit.NANOSECOND, Optional.empty());

  private static final BigInteger SECOND = BigInteger.valueOf(1_000_000_000L);

  private TimeFunctions() {}

  static void register(FunctionTable to) {
    to.family("Dates and times");
    to.addSpecial(
        "now|current_timestamp() -> any",
        "The moment the filter was bound",
        (binder, a, call) -> {
          none(a, call);
          return now(
              binder, new DataType.Timestamp(DataType.TimeUnit.NANOSECOND, Optional.of("UTC")));
        });
    to.addSpecial(
        "current_date|today() -> any",
        "The day on which the filter was bound, in UTC",
        (binder, a, call) -> {
          none(a, call);
          return now(binder, Types.DATE32);
        });
    to.addSpecial(
        "current_time() -> any",
        "The time of day at which the filter was bound, in UTC",
        (binder, a, call) -> {
          none(a, call);
          return now(binder, new DataType.Time(DataType.TimeUnit.NANOSECOND));
        });
    to.addSpecial(
        "date_part|datepart(text, time) -> any",
        "A field: year, quarter, month, week, day, hour, minute, second, dow, doy, epoch, …",
        TimeFunctions::part);
    to.addSpecial(
        "date_trunc|datetrunc(text, moment) -> any",
        "Cut off to year, quarter, month, week, day, hour, minute, second, …",
        TimeFunctions::truncated);
    to.addSpecial(
        "date_bin(interval, moment, moment?) -> any",
        "Start of the interval a moment falls into, counted from the origin",
        TimeFunctions::binned);
    for (DataType.TimeUnit unit : DataType.TimeUnit.values()) {
      String name =
          switch (unit) {
            case SECOND -> "to_timestamp_seconds";
            case MILLISECOND -> "to_timestamp_millis";
            case MICROSECOND -> "to_timestamp_micros";
            case NANOSECOND -> "to_timestamp_nanos";
          };
      DataType type = new DataType.Timestamp(unit, Optional.empty());
      to.addSpecial(
          name + "(any) -> any",
          "As a timestamp of that unit; numbers count the unit",
          (binder, a, call) -> timestamp(binder, a, call, type));
    }
    to.addSpecial(
        "to_timestamp(any) -> any",
        "As a timestamp of nanoseconds; numbers count seconds",
        (binder, a, call) -> timestamp(binder, a, call, null));
    to.addSpecial(
        "from_unixtime(int) -> any",
        "As a timestamp of seconds",
        (binder, a, call) ->
            timestamp(
                binder,
                a,
                call,
                new DataType.Timestamp(DataType.TimeUnit.SECOND, Optional.empty())));
    to.addSpecial(
        "to_date(any) -> any",
        "As a date",
        (binder, a, call) -> binder.cast(one(a, call), Types.DATE32, call));
    to.addSpecial(
        "to_unixtime(any) -> any",
        "Whole seconds since 1970",
        (binder, a, call) ->
            binder.cast(
                binder.cast(
                    one(a, call),
                    new DataType.Timestamp(DataType.TimeUnit.SECOND, Optional.empty()),
                    call),
                Types.INT64,
                call));
    to.add(
        "make_date(int, int, int) -> date",
        "Of year, month and day",
        a -> LocalDate.of(a.small(0), a.small(1), a.small(2)).toEpochDay());
    to.add(
        "make_time(int, int, int) -> time",
        "Of hour, minute and second",
        a -> LocalTime.of(a.small(0), a.small(1), a.small(2)).toNanoOfDay());
    to.add(
        "to_char|date_format(time, text) -> text",
        "Written after a pattern such as %Y-%m-%d %H:%M:%S",
        a -> DateTimeFormatter.ofPattern(format(a.text(1)), Locale.ROOT).format(wall(a, 0)));
  }

  private static void none(List<Value> arguments, Expr.Call call) {
    if (!arguments.isEmpty()) {
      throw Functions.wrong(call, "no arguments", arguments);
    }
  }

  private static Value one(List<Value> arguments, Expr.Call call) {
    if (arguments.size() != 1) {
      throw Functions.wrong(call, "one value", arguments);
    }
    return arguments.getFirst();
  }

  @SuppressWarnings("JavaInstantGetSecondsGetNano") // The seconds are taken beside it.
  private static Value now(Binder binder, DataType type) {
    BigInteger nanos =
        BigInteger.valueOf(binder.now().getEpochSecond())
            .multiply(SECOND)
            .add(BigInteger.valueOf(binder.now().getNano()));
    if (type instanceof DataType.Time) {
      nanos = nanos.mod(BigInteger.valueOf(86_400_000_000_000L));
    }
    return new Value.Constant(
        type, nanos.divide(BigInteger.valueOf(Order.nanos(type))).longValueExact());
  }

  private static Value timestamp(
      Binder binder, List<Value> arguments, Expr.Call call, @Nullable DataType unit) {
    Value value = one(arguments, call);
    DataType from = value.plainType();
    DataType seconds = new DataType.Timestamp(DataType.TimeUnit.SECOND, Optional.empty());
    DataType type = unit == null ? NANOS : unit;
    if (from instanceof DataType.Int) {
      return binder.cast(
          binder.cast(binder.cast(value, Types.INT64, call), unit == null ? seconds : type, call),
          type,
          call);
    }
    if (Order.isNumber(from)) {
      Value nanos =
          binder.arithmetic(
              Expr.Operator.MULTIPLY,
              binder.cast(value, Types.FLOAT64, call),
              new Value.Constant(Types.FLOAT64, (double) (unit == null ? 1_000_000_000L : 1L)),
              call);
      return binder.cast(binder.cast(nanos, Types.INT64, call), type, call);
    }
    return binder.cast(value, type, call);
  }

  /// The value on its own clock.
  static LocalDateTime wall(Arguments a, int index) {
    return wall(a.integer(index), a.type(index));
  }

  static LocalDateTime wall(long ticks, DataType type) {
    BigInteger nanos = BigInteger.valueOf(ticks).multiply(BigInteger.valueOf(Order.nanos(type)));
    BigInteger[] parts = Order.floorDivide(nanos, SECOND);
    long second = parts[0].longValue();
    Optional<String> zone = Order.zone(type);
    if (zone.isPresent()) {
      second +=
          Moment.rules(zone.get())
              .getOffset(java.time.Instant.ofEpochSecond(second))
              .getTotalSeconds();
    }
    return LocalDateTime.ofEpochSecond(second, parts[1].intValue(), ZoneOffset.UTC);
  }

  /// The ticks of a reading of the value's own clock.
  @SuppressWarnings("JavaLocalDateTimeGetNano") // The seconds are taken beside it.
  static long ticks(LocalDateTime wall, DataType type) {
    BigInteger nanos =
        BigInteger.valueOf(wall.toEpochSecond(ZoneOffset.UTC))
            .multiply(SECOND)
            .add(BigInteger.valueOf(wall.getNano()));
    Optional<String> zone = Order.zone(type);
    if (zone.isPresent()) {
      nanos = Order.instant(nanos, Moment.rules(zone.get()));
    }
    return Order.floorDivide(nanos, BigInteger.valueOf(Order.nanos(type)))[0].longValueExact();
  }

  private static String constantText(Value value, List<Value> arguments, Expr.Call call) {
    if (value instanceof Value.Constant(_, Object found) && found instanceof String text) {
      return text.toLowerCase(Locale.ROOT);
    }
    throw Functions.wrong(call, "the name of a field in quotes, and a moment", arguments);
  }

  private static Value part(Binder binder, List<Value> arguments, Expr.Call call) {
    if (arguments.isEmpty()) {
      throw Functions.wrong(call, "the name of a field, and a moment", arguments);
    }
    String name = constantText(arguments.getFirst(), arguments, call);
    boolean epoch = name.equals("epoch");
    FunctionTable.Row row =
        new FunctionTable.Row(
            Signature.of("date_part(text, time) -> " + (epoch ? "float" : "int32")),
            "",
            "",
            false,
            true,
            a -> epoch ? (Object) seconds(a) : (Object) Math.toIntExact(field(name, wall(a, 1))),
            null);
    field(name, LocalDateTime.of(2000, 1, 1, 0, 0));
    return row.bind(binder, arguments, call);
  }

  private static double seconds(Arguments a) {
    return (double) a.integer(1) * Order.nanos(a.type(1)) / 1e9;
  }

  private static long field(String name, LocalDateTime wall) {
    return switch (name) {
      case "year", "years" -> wall.getYear();
      case "isoyear" -> wall.get(IsoFields.WEEK_BASED_YEAR);
      case "quarter" -> (wall.getMonthValue() + 2) / 3;
      case "month", "months" -> wall.getMonthValue();
      case "week", "weeks" -> wall.get(IsoFields.WEEK_OF_WEEK_BASED_YEAR);
      case "day", "days" -> wall.getDayOfMonth();
      case "hour", "hours" -> wall.getHour();
      case "minute", "minutes" -> wall.getMinute();
      case "second", "seconds" -> wall.getSecond();
      case "millisecond", "milliseconds" -> wall.getSecond() * 1000L + wall.getNano() / 1_000_000L;
      case "microsecond", "microseconds" -> wall.getSecond() * 1_000_000L + wall.getNano() / 1_000L;
      case "nanosecond", "nanoseconds" -> wall.getSecond() * 1_000_000_000L + wall.getNano();
      case "dow", "weekday" -> wall.getDayOfWeek().getValue() % 7;
      case "isodow" -> wall.getDayOfWeek().getValue();
      case "doy" -> wall.getDayOfYear();
      case "epoch" -> 0;
      default ->
          throw new InvalidInputException(
              "unknown field of a moment: expected=year, quarter, month, week, day, hour, minute,"
                  + " second, millisecond, microsecond, nanosecond, dow, isodow, doy, isoyear or"
                  + " epoch, found="
                  + name);
    };
  }

  private static Value truncated(Binder binder, List<Value> arguments, Expr.Call call) {
    if (arguments.size() != 2) {
      throw Functions.wrong(call, "the name of a field, and a moment", arguments);
    }
    String name = constantText(arguments.getFirst(), arguments, call);
    cut(name, LocalDateTime.of(2000, 1, 1, 0, 0));
    Value moment = arguments.get(1);
    if (moment.plainType() instanceof DataType.Utf8
        || moment.plainType() instanceof DataType.Date) {
      moment = binder.cast(moment, NANOS, call);
    }
    if (!Order.isDay(moment.plainType())) {
      throw Functions.wrong(call, "the name of a field, and a moment", arguments);
    }
    DataType type = moment.plainType();
    return computed(
        "date_trunc(text, moment) -> any",
        List.of(arguments.getFirst(), moment),
        type,
        a -> ticks(cut(name, wall(a, 1)), type));
  }

  /// A function whose type is known already.
  static Value computed(
      String signature, List<Value> arguments, DataType type, FunctionTable.Body body) {
    return new FunctionCall.Scalar(
        new FunctionTable.Row(Signature.of(signature), "", "", false, true, body, null),
        arguments,
        type);
  }

  private static LocalDateTime cut(String name, LocalDateTime wall) {
    LocalDateTime day = wall.truncatedTo(ChronoUnit.DAYS);
    return switch (name) {
      case "year" -> day.withDayOfYear(1);
      case "quarter" -> day.withDayOfMonth(1).withMonth((wall.getMonthValue() - 1) / 3 * 3 + 1);
      case "month" -> day.withDayOfMonth(1);
      case "week" -> day.with(TemporalAdjusters.previousOrSame(DayOfWeek.MONDAY));
      case "day" -> day;
      case "hour" -> wall.truncatedTo(ChronoUnit.HOURS);
      case "minute" -> wall.truncatedTo(ChronoUnit.MINUTES);
      case "second" -> wall.truncatedTo(ChronoUnit.SECONDS);
      case "millisecond" -> wall.truncatedTo(ChronoUnit.MILLIS);
      case "microsecond" -> wall.truncatedTo(ChronoUnit.MICROS);
      case "nanosecond" -> wall;
      default ->
          throw new InvalidInputException(
              "unknown precision: expected=year, quarter, month, week, day, hour, minute, second,"
                  + " millisecond, microsecond or nanosecond, found="
                  + name);
    };
  }

  private static Value binned(Binder binder, List<Value> arguments, Expr.Call call) {
    if (arguments.size() < 2
        || arguments.size() > 3
        || !(arguments.getFirst() instanceof Value.Interval interval)
        || interval.months() != 0) {
      throw Functions.wrong(call, "an interval without months, and a moment", arguments);
    }
    Value moment = arguments.get(1);
    if (!(moment.plainType() instanceof DataType.Timestamp)) {
      moment = binder.cast(moment, NANOS, call);
    }
    DataType type = moment.plainType();
    long width = Math.floorDiv(interval.totalNanos(), Order.nanos(type));
    if (width <= 0) {
      throw new InvalidInputException("date_bin: expected=an interval above 0, found=" + call);
    }
    Value origin =
        arguments.size() > 2
            ? binder.cast(arguments.get(2), type, call)
            : new Value.Constant(type, 0L);
    return computed(
        "date_bin(moment, moment) -> any",
        List.of(moment, origin),
        type,
        a -> {
          long from = a.integer(1);
          return from
              + Math.multiplyExact(
                  Math.floorDiv(Math.subtractExact(a.integer(0), from), width), width);
        });
  }

  /// A moment plus so many intervals.
  static Value shifted(Value moment, Value.Interval interval, int sign) {
    DataType type = moment.plainType();
    return computed(
        "+(moment) -> any",
        List.of(moment),
        type,
        a -> {
          try {
            LocalDateTime wall =
                wall(a, 0)
                    .plusMonths((long) sign * interval.months())
                    .plusDays((long) sign * interval.days());
            if (type instanceof DataType.Date) {
              return ticks(wall.plusNanos(sign * interval.nanos()), type);
            }
            return Math.addExact(
                ticks(wall, type), Math.floorDiv(sign * interval.nanos(), Order.nanos(type)));
          } catch (DateTimeException e) {
            throw new ArithmeticException("moment out of range");
          }
        });
  }

  /// From one moment to another.
  static Value between(Value later, Value earlier) {
    return computed(
        "-(moment, moment) -> any",
        List.of(later, earlier),
        new DataType.Duration(DataType.TimeUnit.NANOSECOND),
        a ->
            BigInteger.valueOf(a.integer(0))
                .multiply(BigInteger.valueOf(Order.nanos(a.type(0))))
                .subtract(
                    BigInteger.valueOf(a.integer(1))
                        .multiply(BigInteger.valueOf(Order.nanos(a.type(1)))))
                .longValueExact());
  }

  /// A pattern of `%` letters as one of `java.time`.
  private static String format(String pattern) {
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < pattern.length(); i++) {
      char c = pattern.charAt(i);
      if (c != '%') {
        out.append(c == '\'' ? "''" : "'" + c + "'");
        continue;
      }
      char letter = ++i < pattern.length() ? pattern.charAt(i) : ' ';
      out.append(
          switch (letter) {
            case 'Y' -> "uuuu";
            case 'y' -> "uu";
            case 'm' -> "MM";
            case 'd' -> "dd";
            case 'e' -> "ppd";
            case 'j' -> "DDD";
            case 'H' -> "HH";
            case 'I' -> "hh";
            case 'M' -> "mm";
            case 'S' -> "ss";
            case 'f' -> "nnnnnnnnn";
            case 'p' -> "a";
            case 'b', 'h' -> "MMM";
            case 'B' -> "MMMM";
            case 'a' -> "EEE";
            case 'A' -> "EEEE";
            case 'F' -> "uuuu'-'MM'-'dd";
            case 'T' -> "HH':'mm':'ss";
            case 'R' -> "HH':'mm";
            case 'D' -> "MM'/'dd'/'uu";
            case '%' -> "'%'";
            default ->
                throw new InvalidInputException(
                    "time pattern: expected=one of %Y %y %m %d %e %j %H %I %M %S %f %p %b %B %a %A"
                        + " %F %T %R %D %%, found=%"
                        + letter);
          });
    }
    // Two quoted pieces side by side would read as a quoted quote.
    return out.toString().replaceAll("(?<!')''(?!')", "");
  }
}
