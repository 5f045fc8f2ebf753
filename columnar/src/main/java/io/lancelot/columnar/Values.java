package io.lancelot.columnar;

import io.lancelot.base.UnsupportedFeatureException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Stored values as Java objects, for the edges: results, messages, tests.
///
/// | type | object |
/// |---|---|
/// | bool | `Boolean` |
/// | int8, int16, uint8, int32, uint16 | `Integer` |
/// | int64, uint32 | `Long` |
/// | uint64 | `BigInteger` |
/// | float16, float32 | `Float` |
/// | float64 | `Double` |
/// | decimal | `BigDecimal` |
/// | string | `String` |
/// | binary | `byte[]` |
/// | date | `LocalDate`; milliseconds inside a day are dropped |
/// | time | `LocalTime` |
/// | timestamp | `LocalDateTime`, with a zone `ZonedDateTime` (in UTC if the JVM lacks the zone) |
/// | duration | `Duration` |
/// | list, fixed-size list | `List<Object>`; a fixed-size list of float32 without nulls `float[]` |
/// | struct | `Map<String, Object>` in field order |
/// | map | `Map<Object, Object>` in entry order; of equal keys the last wins |
public final class Values {

  private Values() {}

  /// The value at `index`, or null.
  ///
  /// @throws UnsupportedFeatureException if it is a time outside a day, or a timestamp outside the
  ///   billion years either way that `java.time` knows
  public static @Nullable Object at(Column column, int index) {
    if (column.isNull(index)) {
      return null;
    }
    return switch (column) {
      case NullColumn _ -> null;
      case BoolColumn bool -> bool.booleanAt(index);
      case FixedColumn fixed -> fixedAt(fixed, index);
      case VarColumn var ->
          var.type() instanceof DataType.Utf8
              ? var.stringAt(index)
              : var.bytesAt(index).toArray(ValueLayout.JAVA_BYTE);
      case ListColumn list -> {
        Column items = list.itemsAt(index);
        yield list.type() instanceof DataType.MapOf ? map((StructColumn) items) : list(items);
      }
      case FixedListColumn list -> {
        Column items = list.itemsAt(index);
        yield items instanceof FixedColumn floats
                && floats.type().equals(Types.FLOAT32)
                && floats.nullCount() == 0
            ? floats.data().toArray(FixedColumn.FLOAT)
            : list(items);
      }
      case StructColumn struct -> {
        Map<String, @Nullable Object> values = new LinkedHashMap<>();
        for (int i = 0; i < struct.children().size(); i++) {
          values.put(struct.type().fields().get(i).name(), at(struct.children().get(i), index));
        }
        yield values;
      }
      case DictionaryColumn dictionary -> at(dictionary.values(), dictionary.indexAt(index));
    };
  }

  /// Row `index` of a batch as a map from column name to value.
  public static Map<String, @Nullable Object> row(Batch batch, int index) {
    Map<String, @Nullable Object> values = new LinkedHashMap<>();
    for (int i = 0; i < batch.columns().size(); i++) {
      values.put(batch.schema().fields().get(i).name(), at(batch.column(i), index));
    }
    return values;
  }

  private static List<@Nullable Object> list(Column items) {
    List<@Nullable Object> values = new ArrayList<>(items.length());
    for (int i = 0; i < items.length(); i++) {
      values.add(at(items, i));
    }
    return values;
  }

  private static Map<@Nullable Object, @Nullable Object> map(StructColumn entries) {
    Map<@Nullable Object, @Nullable Object> values = new LinkedHashMap<>();
    for (int i = 0; i < entries.length(); i++) {
      values.put(at(entries.children().get(0), i), at(entries.children().get(1), i));
    }
    return values;
  }

  private static Object fixedAt(FixedColumn column, int index) {
    return switch (column.type()) {
      case DataType.Int(int bits, boolean signed) -> {
        long value = column.integerAt(index);
        if (bits == 64 && !signed) {
          yield unsigned(value);
        }
        yield bits == 64 || bits == 32 && !signed ? (Object) value : (Object) (int) value;
      }
      case DataType.Floating(int bits) ->
          bits == 64 ? (Object) column.doubleAt(index) : (Object) (float) column.floatingAt(index);
      case DataType.Decimal decimal -> decimal(column.bytesAt(index), decimal.scale());
      case DataType.FixedSizeBinary _ -> column.bytesAt(index).toArray(ValueLayout.JAVA_BYTE);
      case DataType.Date(DataType.DateUnit unit) ->
          LocalDate.ofEpochDay(
              unit == DataType.DateUnit.DAY
                  ? column.intAt(index)
                  : Math.floorDiv(column.longAt(index), 86_400_000L));
      case DataType.Time(DataType.TimeUnit unit) -> {
        long ticks = column.integerAt(index);
        if (ticks < 0 || ticks >= 86_400L * unit.perSecond()) {
          throw outside(column.type(), ticks, null);
        }
        yield LocalTime.ofNanoOfDay(ticks * (1_000_000_000L / unit.perSecond()));
      }
      case DataType.Timestamp(DataType.TimeUnit unit, var zone) -> {
        long ticks = column.longAt(index);
        try {
          Instant instant = instant(ticks, unit);
          yield zone.isPresent()
              ? (Object) instant.atZone(zoneOf(zone.get()))
              : (Object) LocalDateTime.ofInstant(instant, ZoneOffset.UTC);
        } catch (DateTimeException e) {
          throw outside(column.type(), ticks, e);
        }
      }
      case DataType.Duration(DataType.TimeUnit unit) -> {
        long ticks = column.longAt(index);
        yield Duration.ofSeconds(
            Math.floorDiv(ticks, unit.perSecond()),
            Math.floorMod(ticks, unit.perSecond()) * (1_000_000_000L / unit.perSecond()));
      }
      default ->
          throw new IllegalStateException("not a fixed-width type: " + column.type().arrowName());
    };
  }

  private static UnsupportedFeatureException outside(
      DataType type, long ticks, @Nullable DateTimeException cause) {
    return new UnsupportedFeatureException(
        "value outside what java.time can express: found=" + ticks + " in " + type.arrowName(),
        cause);
  }

  private static ZoneId zoneOf(String name) {
    try {
      return ZoneId.of(name);
    } catch (DateTimeException e) {
      return ZoneOffset.UTC;
    }
  }

  /// An object that equals that of another value of the same type exactly if the stored values are
  /// the same, bit for bit and with dictionaries resolved: a key for hash tables. Null for null.
  public static @Nullable Object key(Column column, int index) {
    if (column.isNull(index)) {
      return null;
    }
    return switch (column) {
      case NullColumn _ -> null;
      case BoolColumn bool -> bool.booleanAt(index);
      case FixedColumn fixed ->
          fixed.width() <= 8 && Integer.bitCount(fixed.width()) == 1
              ? (Object) fixed.integerAt(index)
              : bytesKey(fixed.bytesAt(index));
      case VarColumn var -> bytesKey(var.bytesAt(index));
      case ListColumn list -> keys(list.itemsAt(index));
      case FixedListColumn list -> keys(list.itemsAt(index));
      case StructColumn struct -> {
        List<@Nullable Object> keys = new ArrayList<>();
        struct.children().forEach(child -> keys.add(key(child, index)));
        yield keys;
      }
      case DictionaryColumn dictionary -> key(dictionary.values(), dictionary.indexAt(index));
    };
  }

  private static ByteBuffer bytesKey(MemorySegment bytes) {
    return ByteBuffer.wrap(bytes.toArray(ValueLayout.JAVA_BYTE));
  }

  private static List<@Nullable Object> keys(Column items) {
    List<@Nullable Object> keys = new ArrayList<>(items.length());
    for (int i = 0; i < items.length(); i++) {
      keys.add(key(items, i));
    }
    return keys;
  }

  /// A 64-bit pattern as the unsigned number it stands for.
  public static BigInteger unsigned(long bits) {
    BigInteger value = BigInteger.valueOf(bits & Long.MAX_VALUE);
    return bits < 0 ? value.setBit(63) : value;
  }

  /// A count of ticks since the epoch as an instant.
  ///
  /// @throws DateTimeException beyond a billion years either way
  public static Instant instant(long ticks, DataType.TimeUnit unit) {
    return Instant.ofEpochSecond(
        Math.floorDiv(ticks, unit.perSecond()),
        Math.floorMod(ticks, unit.perSecond()) * (1_000_000_000L / unit.perSecond()));
  }

  /// A little-endian two's complement integer with a scale.
  public static BigDecimal decimal(MemorySegment littleEndian, int scale) {
    byte[] bytes = littleEndian.toArray(ValueLayout.JAVA_BYTE);
    for (int i = 0, j = bytes.length - 1; i < j; i++, j--) {
      byte swap = bytes[i];
      bytes[i] = bytes[j];
      bytes[j] = swap;
    }
    return new BigDecimal(new BigInteger(bytes), scale);
  }
}
