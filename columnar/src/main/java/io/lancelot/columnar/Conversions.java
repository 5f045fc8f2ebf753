package io.lancelot.columnar;

import io.lancelot.base.InvalidInputException;
import java.lang.reflect.RecordComponent;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// Java values into stored values. Each method returns null where the value does not fit.
final class Conversions {

  private Conversions() {}

  /// A key and value on their way into a map column.
  record Entry(@Nullable Object key, @Nullable Object value) {}

  static @Nullable Long toInteger(Object value, DataType.Int type) {
    BigInteger exact =
        switch (value) {
          case Byte _, Short _, Integer _, Long _ ->
              BigInteger.valueOf(((Number) value).longValue());
          case BigInteger big -> big;
          case Number number -> wholeNumber(number);
          default -> null;
        };
    if (exact == null) {
      return null;
    }
    int bits = type.signed() ? type.bits() - 1 : type.bits();
    if (exact.signum() < 0
        ? !type.signed() || exact.bitLength() > bits
        : exact.bitLength() > bits) {
      return null;
    }
    return exact.longValue();
  }

  private static @Nullable BigInteger wholeNumber(Number number) {
    try {
      BigDecimal exact = new BigDecimal(number.toString());
      // 1e999999999 is a short text and a number of a gigabyte.
      return digitsBeforePoint(exact) > 20 ? null : exact.toBigIntegerExact();
    } catch (NumberFormatException | ArithmeticException e) {
      return null;
    }
  }

  private static long digitsBeforePoint(BigDecimal number) {
    return number.signum() == 0 ? 0 : (long) number.precision() - number.scale();
  }

  /// The nearest double, if it is finite in a float of `bits` bits or was not finite before.
  static @Nullable Double toDouble(Object value, int bits) {
    Double number = toDouble(value);
    if (number == null || number.isInfinite()) {
      return value instanceof Double || value instanceof Float || value instanceof String
          ? number
          : null;
    }
    float narrow =
        switch (bits) {
          case 16 -> Float.float16ToFloat(Float.floatToFloat16(number.floatValue()));
          case 32 -> number.floatValue();
          default -> 0;
        };
    return Float.isInfinite(narrow) ? null : number;
  }

  private static @Nullable Double toDouble(Object value) {
    return switch (value) {
      case Number number -> number.doubleValue();
      case String text ->
          switch (text) {
            case "NaN" -> Double.NaN;
            case "Infinity" -> Double.POSITIVE_INFINITY;
            case "-Infinity" -> Double.NEGATIVE_INFINITY;
            default -> null;
          };
      default -> null;
    };
  }

  /// The value as little-endian two's complement, if it fits scale and precision exactly.
  static byte @Nullable [] toDecimal(Object value, DataType.Decimal type) {
    BigDecimal number;
    try {
      number =
          switch (value) {
            case BigDecimal decimal -> decimal;
            case Number other -> new BigDecimal(other.toString());
            case String text -> new BigDecimal(text);
            default -> null;
          };
      if (number == null) {
        return null;
      }
      if (digitsBeforePoint(number) + type.scale() > type.precision()) {
        return null;
      }
      BigInteger unscaled = number.setScale(type.scale()).unscaledValue();
      if (unscaled.abs().compareTo(BigInteger.TEN.pow(type.precision())) >= 0) {
        return null;
      }
      return littleEndian(unscaled, type.bits() / 8);
    } catch (ArithmeticException | NumberFormatException e) {
      return null;
    }
  }

  static byte[] littleEndian(BigInteger value, int width) {
    byte[] big = value.toByteArray();
    byte[] little = new byte[width];
    byte sign = (byte) (value.signum() < 0 ? -1 : 0);
    for (int i = 0; i < width; i++) {
      little[i] = i < big.length ? big[big.length - 1 - i] : sign;
    }
    return little;
  }

  /// UTF-8, or null for text with half a surrogate pair, which has none.
  static byte @Nullable [] toUtf8(Object value) {
    String text =
        switch (value) {
          case CharSequence characters -> characters.toString();
          case Enum<?> constant -> constant.name();
          case UUID uuid -> uuid.toString();
          case Character character -> character.toString();
          default -> null;
        };
    if (text == null) {
      return null;
    }
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (Character.isSurrogate(c)) {
        if (Character.isLowSurrogate(c)
            || i + 1 == text.length()
            || !Character.isLowSurrogate(text.charAt(++i))) {
          return null;
        }
      }
    }
    return text.getBytes(StandardCharsets.UTF_8);
  }

  static byte @Nullable [] toBytes(Object value) {
    return switch (value) {
      case byte[] bytes -> bytes;
      case ByteBuffer buffer -> {
        byte[] bytes = new byte[buffer.remaining()];
        buffer.duplicate().get(bytes);
        yield bytes;
      }
      case UUID uuid ->
          ByteBuffer.allocate(16)
              .putLong(uuid.getMostSignificantBits())
              .putLong(uuid.getLeastSignificantBits())
              .array();
      default -> null;
    };
  }

  /// Ticks of a temporal type, from the classes of `java.time`, ISO text, or a number of ticks.
  /// What is finer than a tick is cut off, towards the past.
  static @Nullable Long toTicks(Object value, DataType type) {
    Long ticks = value instanceof Number ? toInteger(value, Types.INT64) : ticksOfTime(value, type);
    if (ticks == null) {
      return null;
    }
    boolean fits =
        switch (type) {
          case DataType.Time(DataType.TimeUnit unit) ->
              ticks >= 0 && ticks < 86_400L * unit.perSecond();
          default -> type.byteWidth() == 8 || ticks == ticks.intValue();
        };
    return fits ? ticks : null;
  }

  private static @Nullable Long ticksOfTime(Object value, DataType type) {
    try {
      return switch (type) {
        case DataType.Date(DataType.DateUnit unit) -> {
          LocalDate date =
              switch (value) {
                case LocalDate day -> day;
                case LocalDateTime moment when moment.toLocalTime().equals(LocalTime.MIDNIGHT) ->
                    moment.toLocalDate();
                case String text -> LocalDate.parse(text);
                default -> null;
              };
          yield date == null
              ? null
              : unit == DataType.DateUnit.DAY
                  ? date.toEpochDay()
                  : Math.multiplyExact(date.toEpochDay(), 86_400_000L);
        }
        case DataType.Time(DataType.TimeUnit unit) -> {
          LocalTime time =
              switch (value) {
                case LocalTime t -> t;
                case String text -> LocalTime.parse(text);
                default -> null;
              };
          yield time == null ? null : time.toNanoOfDay() / (1_000_000_000L / unit.perSecond());
        }
        case DataType.Timestamp(DataType.TimeUnit unit, var zone) -> {
          Instant instant = toInstant(value, zone.isPresent());
          yield instant == null ? null : ticks(instant.getEpochSecond(), instant.getNano(), unit);
        }
        case DataType.Duration(DataType.TimeUnit unit) -> {
          Duration duration =
              switch (value) {
                case Duration d -> d;
                case String text -> Duration.parse(text);
                default -> null;
              };
          yield duration == null ? null : ticks(duration.getSeconds(), duration.getNano(), unit);
        }
        default -> null;
      };
    } catch (DateTimeException | ArithmeticException e) {
      return null;
    }
  }

  private static @Nullable Instant toInstant(Object value, boolean zoned) {
    return switch (value) {
      case Instant instant -> instant;
      case OffsetDateTime moment -> moment.toInstant();
      case ZonedDateTime moment -> moment.toInstant();
      case LocalDateTime moment -> moment.toInstant(ZoneOffset.UTC);
      case LocalDate day -> day.atStartOfDay().toInstant(ZoneOffset.UTC);
      case String text
          when zoned || text.endsWith("Z") || text.matches(".*T.*[+-]\\d\\d:?\\d\\d$") ->
          text.endsWith("Z") ? Instant.parse(text) : OffsetDateTime.parse(text).toInstant();
      case String text -> LocalDateTime.parse(text.replace(' ', 'T')).toInstant(ZoneOffset.UTC);
      default -> null;
    };
  }

  private static long ticks(long seconds, int nanos, DataType.TimeUnit unit) {
    long fraction = nanos / (1_000_000_000L / unit.perSecond());
    // Just before the earliest moment that fits, whole seconds alone would overflow.
    return seconds < 0
        ? Math.addExact(
            Math.multiplyExact(seconds + 1, unit.perSecond()), fraction - unit.perSecond())
        : Math.addExact(Math.multiplyExact(seconds, unit.perSecond()), fraction);
  }

  /// The components of a record by name.
  static Map<String, @Nullable Object> components(Record record) {
    Map<String, @Nullable Object> values = new LinkedHashMap<>();
    for (RecordComponent component : record.getClass().getRecordComponents()) {
      try {
        component.getAccessor().setAccessible(true);
        values.put(component.getName(), component.getAccessor().invoke(record));
      } catch (ReflectiveOperationException | RuntimeException e) {
        throw new InvalidInputException(
            "record component not readable: "
                + record.getClass().getName()
                + "."
                + component.getName(),
            e);
      }
    }
    return values;
  }
}
