package io.lancelot.columnar;

import static io.lancelot.columnar.RandomData.contents;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lancelot.base.InvalidInputException;
import io.lancelot.columnar.DataType.TimeUnit;
import java.lang.foreign.Arena;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.time.DayOfWeek;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ColumnBuilderTest {

  private static final DataType TIMESTAMP_US =
      new DataType.Timestamp(TimeUnit.MICROSECOND, Optional.empty());
  private static final DataType TIMESTAMP_UTC =
      new DataType.Timestamp(TimeUnit.MILLISECOND, Optional.of("UTC"));

  private final Arena arena = Arena.ofConfined();

  record Point(int x, @Nullable String label) {}

  @AfterEach
  void free() {
    arena.close();
  }

  private @Nullable Object stored(DataType type, Object value) {
    ColumnBuilder builder = ColumnBuilder.of(type, arena);
    builder.append(value);
    return contents(builder.build()).getFirst();
  }

  private void refused(DataType type, Object value, String message) {
    ColumnBuilder builder = ColumnBuilder.of(type, arena);
    assertThatThrownBy(() -> builder.append(value))
        .as(type.arrowName() + " " + value)
        .isInstanceOf(InvalidInputException.class)
        .hasMessage(message);
    assertThat(builder.length()).isZero();
  }

  private void doesNotFit(DataType type, Object value) {
    refused(
        type,
        value,
        "value does not fit the column type: expected="
            + type.arrowName()
            + ", found="
            + value.getClass().getSimpleName()
            + " "
            + value);
  }

  @Test
  void integers() {
    assertThat(stored(Types.INT64, (byte) 3)).isEqualTo(3L);
    assertThat(stored(Types.INT8, -128L)).isEqualTo(-128);
    assertThat(stored(Types.INT32, 7.0)).isEqualTo(7);
    assertThat(stored(Types.INT32, new BigDecimal("7.00"))).isEqualTo(7);
    assertThat(stored(Types.UINT8, 255)).isEqualTo(255);
    assertThat(stored(Types.UINT64, BigInteger.TWO.pow(64).subtract(BigInteger.ONE)))
        .isEqualTo(BigInteger.TWO.pow(64).subtract(BigInteger.ONE));
    doesNotFit(Types.INT8, 128);
    doesNotFit(Types.UINT8, -1);
    doesNotFit(Types.INT64, BigInteger.TWO.pow(63));
    doesNotFit(Types.UINT64, BigInteger.TWO.pow(64));
    doesNotFit(Types.INT32, 7.5);
    doesNotFit(Types.INT32, Double.NaN);
    doesNotFit(Types.INT32, "7");
    doesNotFit(Types.INT32, true);
    doesNotFit(Types.INT64, new BigDecimal("1e999999999"));
  }

  @Test
  void floats() {
    assertThat(stored(Types.FLOAT64, 3)).isEqualTo(3.0);
    assertThat(stored(Types.FLOAT32, 0.1)).isEqualTo(0.1f);
    assertThat(stored(Types.FLOAT16, 0.5f)).isEqualTo(0.5f);
    assertThat(stored(Types.FLOAT32, "NaN")).isEqualTo(Float.NaN);
    assertThat(stored(Types.FLOAT16, Double.NEGATIVE_INFINITY)).isEqualTo(Float.NEGATIVE_INFINITY);
    doesNotFit(Types.FLOAT32, 1e300);
    doesNotFit(Types.FLOAT16, 70_000);
    doesNotFit(Types.FLOAT64, new BigDecimal("1e400"));
    doesNotFit(Types.FLOAT64, "1.5");
  }

  @Test
  void decimals() {
    DataType type = new DataType.Decimal(128, 5, 2);
    assertThat(stored(type, 3)).isEqualTo(new BigDecimal("3.00"));
    assertThat(stored(type, "-999.99")).isEqualTo(new BigDecimal("-999.99"));
    assertThat(stored(type, 0.1)).isEqualTo(new BigDecimal("0.10"));
    assertThat(stored(new DataType.Decimal(256, 76, -3), 12_000)).isEqualTo(new BigDecimal("12e3"));
    doesNotFit(type, "1000");
    doesNotFit(type, "0.001");
    doesNotFit(type, "1e999999999");
    doesNotFit(type, "1e-999999999");
    doesNotFit(type, Double.NaN);
    doesNotFit(type, "x");
  }

  @Test
  void textAndBytes() {
    UUID uuid = UUID.fromString("00112233-4455-6677-8899-aabbccddeeff");
    assertThat(stored(Types.UTF8, CharBuffer.wrap("ıİ😀"))).isEqualTo("ıİ😀");
    assertThat(stored(Types.UTF8, DayOfWeek.FRIDAY)).isEqualTo("FRIDAY");
    assertThat(stored(Types.LARGE_UTF8, 'x')).isEqualTo("x");
    assertThat(stored(Types.UTF8, uuid)).isEqualTo(uuid.toString());
    assertThat(stored(Types.BINARY, ByteBuffer.wrap(new byte[] {1, 2, 3}, 1, 2)))
        .isEqualTo(ByteBuffer.wrap(new byte[] {2, 3}));
    assertThat(stored(new DataType.FixedSizeBinary(16), uuid))
        .isEqualTo(
            ByteBuffer.allocate(16)
                .putLong(uuid.getMostSignificantBits())
                .putLong(uuid.getLeastSignificantBits())
                .flip());
    doesNotFit(Types.UTF8, 1);
    doesNotFit(Types.UTF8, "half a pair \uD83D");
    doesNotFit(Types.UTF8, "\uDE00\uD83D");
    doesNotFit(Types.BINARY, "text");
    doesNotFit(Types.BOOL, 1);
    doesNotFit(Types.NULL, 1);
    ColumnBuilder builder = ColumnBuilder.of(new DataType.FixedSizeBinary(2), arena);
    assertThatThrownBy(() -> builder.append(new byte[3])).isInstanceOf(InvalidInputException.class);
  }

  @Test
  void datesAndTimes() {
    LocalDate day = LocalDate.of(2024, 2, 29);
    assertThat(stored(Types.DATE32, "2024-02-29")).isEqualTo(day);
    assertThat(stored(Types.DATE64, day)).isEqualTo(day);
    assertThat(stored(Types.DATE32, day.atStartOfDay())).isEqualTo(day);
    assertThat(stored(Types.DATE32, 19_782)).isEqualTo(day);
    assertThat(stored(new DataType.Time(TimeUnit.SECOND), "12:34:56"))
        .isEqualTo(LocalTime.of(12, 34, 56));
    assertThat(stored(new DataType.Time(TimeUnit.MILLISECOND), LocalTime.of(1, 2, 3, 4_999_999)))
        .isEqualTo(LocalTime.of(1, 2, 3, 4_000_000));
    assertThat(stored(TIMESTAMP_US, "2024-02-29 01:02:03"))
        .isEqualTo(LocalDateTime.of(2024, 2, 29, 1, 2, 3));
    assertThat(stored(TIMESTAMP_UTC, "2024-02-29T01:02:03+02:00"))
        .isEqualTo(
            OffsetDateTime.parse("2024-02-28T23:02:03Z").atZoneSameInstant(ZoneId.of("UTC")));
    assertThat(stored(TIMESTAMP_US, Instant.parse("1969-12-31T23:59:59.9999999Z")))
        .isEqualTo(LocalDateTime.parse("1969-12-31T23:59:59.999999"));
    assertThat(stored(new DataType.Duration(TimeUnit.SECOND), "PT1H"))
        .isEqualTo(Duration.ofHours(1));
    doesNotFit(Types.DATE32, LocalDate.MAX);
    doesNotFit(Types.DATE64, LocalDate.MIN);
    doesNotFit(Types.DATE32, 1L << 40);
    doesNotFit(Types.DATE32, day.atTime(1, 0));
    doesNotFit(Types.DATE32, "29.2.2024");
    doesNotFit(new DataType.Time(TimeUnit.SECOND), 86_400);
    doesNotFit(new DataType.Time(TimeUnit.NANOSECOND), -1);
    doesNotFit(new DataType.Timestamp(TimeUnit.NANOSECOND, Optional.empty()), Instant.MAX);
    doesNotFit(TIMESTAMP_UTC, "2024-02-29T01:02:03");
    doesNotFit(new DataType.Duration(TimeUnit.NANOSECOND), Duration.ofDays(1_000_000));
  }

  @Test
  void theEarliestNanosecondFits() {
    DataType type = new DataType.Timestamp(TimeUnit.NANOSECOND, Optional.empty());
    Instant earliest = Values.instant(Long.MIN_VALUE, TimeUnit.NANOSECOND);
    ColumnBuilder builder = ColumnBuilder.of(type, arena);
    builder.append(earliest);
    builder.append(Values.instant(Long.MAX_VALUE, TimeUnit.NANOSECOND));
    FixedColumn column = (FixedColumn) builder.build();
    assertThat(column.longAt(0)).isEqualTo(Long.MIN_VALUE);
    assertThat(column.longAt(1)).isEqualTo(Long.MAX_VALUE);
    doesNotFit(type, earliest.minusNanos(1));
  }

  @Test
  void lists() {
    assertThat(stored(Types.vector(2), new float[] {1, 2})).isEqualTo(List.of(1f, 2f));
    assertThat(stored(Types.vector(2), new double[] {1, 2})).isEqualTo(List.of(1f, 2f));
    assertThat(stored(Types.vector(2), List.of(1, 2))).isEqualTo(List.of(1f, 2f));
    assertThat(stored(Types.listOf(Types.INT16), new byte[] {1, 2})).isEqualTo(List.of(1, 2));
    assertThat(stored(Types.listOf(Types.UTF8), new String[] {"a", null}))
        .isEqualTo(Arrays.asList("a", null));
    refused(
        Types.vector(2),
        new float[3],
        "wrong length for fixed_size_list<item: float>[2]: expected=2, found=3");
    refused(
        Types.vector(2),
        "text",
        "wrong length for fixed_size_list<item: float>[2]: expected=2, found=-1");
    doesNotFit(Types.listOf(Types.UTF8), "text");
    refused(
        new DataType.ListOf(Field.required("item", Types.INT32), false),
        Arrays.asList(1, null),
        "null in a required field: expected=int32 (field=item)");
  }

  @Test
  void structsAndMaps() {
    DataType point =
        new DataType.Struct(
            List.of(Field.required("x", Types.INT64), Field.nullable("label", Types.UTF8)));
    Map<String, @Nullable Object> expected = new LinkedHashMap<>();
    expected.put("x", 1L);
    expected.put("label", null);
    assertThat(stored(point, new Point(1, null))).isEqualTo(expected);
    assertThat(stored(point, Map.of("x", 1))).isEqualTo(expected);
    refused(
        point,
        Map.of("x", 1, "y", 2),
        "unknown field in struct: expected one of [x, label], found=y");
    refused(point, Map.of("label", "no x"), "null in a required field: expected=int64 (field=x)");
    doesNotFit(point, 7);

    DataType map = RandomData.mapOf(Types.UTF8, Types.INT32);
    assertThat(stored(map, Map.of("a", 1))).isEqualTo(Map.of("a", 1));
    Map<@Nullable String, Integer> nullKey = new LinkedHashMap<>();
    nullKey.put(null, 1);
    refused(map, nullKey, "null in a required field: expected=string (field=key)");
  }

  @Test
  void dictionaries() {
    DataType type = new DataType.Dictionary(Types.UINT8, Types.INT32, false);
    ColumnBuilder builder = ColumnBuilder.of(type, arena);
    List<@Nullable Object> expected = new ArrayList<>();
    for (int i = 0; i < 600; i++) {
      Integer value = i % 5 == 0 ? null : i % 256;
      builder.append(value);
      expected.add(value);
    }
    assertThatThrownBy(() -> builder.append(256))
        .isInstanceOf(InvalidInputException.class)
        .hasMessage(
            "too many different values for dictionary<values=int32, indices=uint8, ordered=0>:"
                + " expected at most 256");
    DictionaryColumn column = (DictionaryColumn) builder.build();
    assertThat(contents(column)).isEqualTo(expected);
    assertThat(column.values().length()).isEqualTo(256);
  }

  /// A refused row leaves no trace, whatever lay before the bad value inside it.
  @Test
  void aRefusedValueLeavesNothingBehind() {
    RandomData data = RandomData.seeded("ColumnBuilderTest");
    for (int round = 0; round < 150; round++) {
      DataType inner = data.type(3);
      DataType type =
          new DataType.Struct(
              List.of(
                  Field.nullable("a", Types.listOf(inner)),
                  Field.nullable("b", new DataType.FixedSizeList(Field.nullable("item", inner), 2)),
                  Field.nullable("c", Types.INT8)));
      ColumnBuilder builder = ColumnBuilder.of(type, arena);
      List<@Nullable Object> expected = new ArrayList<>();
      for (int i = 0; i < 20; i++) {
        @SuppressWarnings("unchecked")
        var row = (Map<String, @Nullable Object>) Objects.requireNonNull(data.value(type));
        if (i % 3 == 1) {
          row.put("c", 1000);
          assertThatThrownBy(() -> builder.append(row)).isInstanceOf(InvalidInputException.class);
        } else {
          builder.append(row);
          expected.add(row);
        }
      }
      assertThat(contents(builder.build())).as(type.arrowName()).isEqualTo(contents(expected));
    }
  }

  @Test
  void typedAppends() {
    var longs = (ColumnBuilder.OfFixed) ColumnBuilder.of(Types.INT16, arena);
    longs.appendLong(-5);
    longs.appendNull();
    assertThat(contents(longs.build())).isEqualTo(Arrays.asList(-5, null));
    var floats = (ColumnBuilder.OfFixed) ColumnBuilder.of(Types.FLOAT16, arena);
    floats.appendDouble(1.5);
    assertThat(contents(floats.build())).isEqualTo(List.of(1.5f));
  }
}
