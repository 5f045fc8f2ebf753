package io.lancelot.expr;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lancelot.base.InvalidInputException;
import io.lancelot.base.UnsupportedFeatureException;
import io.lancelot.columnar.DataType;
import io.lancelot.columnar.Types;
import io.lancelot.columnar.Values;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Instant;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class FilterTest {

  private final Rows rows = new Rows();

  @AfterEach
  void close() {
    rows.close();
  }

  /// The real Lance refuses a constant beyond the column's type, or one with a fraction; comparing
  /// by value is what the filter says.
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          i8 = 1000 |
          i8 < 1000 | 0 1 2 3
          i8 > -1000 | 0 1 2 3
          i8 != 1000 | 0 1 2 3
          i8 > 1.5 | 1
          i8 >= 1.0 | 1 3
          i8 = 1.0 | 3
          i8 IN (1, 1000, 0.5) | 3
          i8 NOT IN (1, 1000, 0.5) | 0 1 2
          i8 NOT IN (1, NULL) |
          i8 IN () |
          i8 NOT IN () | 0 1 2 3 4
          i8 BETWEEN -1000 AND 0 | 0 2
          i8 < CAST('nan' AS double) | 0 1 2 3
          i8 < 1e300 | 0 1 2 3
          u64 > -1 | 0 1 2 3
          u64 = 18446744073709551615 | 0
          u64 >= 9223372036854775808 | 0 1
          u64 < 18446744073709551616 | 0 1 2 3
          u64 - 1 > 0 | 0 1
          u64 > i64 | 0 1 2
          i64 = 9223372036854775808 |
          i64 = 9007199254740993.0 | 1
          f64 = 9007199254740993 |
          f64 >= 9007199254740993 | 0 1
          """)
  void integersCompareByValue(String filter, @org.jspecify.annotations.Nullable String expected) {
    rows.with("i8", Types.INT8, -128, 127, 0, 1, null)
        .with(
            "u64",
            Types.UINT64,
            BigInteger.TWO.pow(64).subtract(BigInteger.ONE),
            BigInteger.TWO.pow(63),
            1,
            0,
            null)
        .with("i64", Types.INT64, -1L, 9007199254740993L, 0L, 5L, null)
        .with("f64", Types.FLOAT64, Double.NaN, 9007199254740994.0, 9007199254740992.0, 1.0, null);
    assertThat(rows.pick(filter)).isEqualTo(numbers(expected));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          f = 0 | 1 2
          f = CAST('nan' AS double) | 0
          f > CAST('inf' AS double) | 0
          f >= 1 | 0 3 4
          f < 1 | 1 2
          f <= CAST('nan' AS double) | 0 1 2 3 4
          f = f | 0 1 2 3 4
          f IN (0, CAST('nan' AS double)) | 0 1 2
          f < 1e300 | 1 2 3
          f = 1e300 |
          f > -1e300 | 0 1 2 3 4
          isnan(f) | 0
          h = 0.1 | 3
          """)
  void floatsHaveATotalOrder(String filter, @org.jspecify.annotations.Nullable String expected) {
    rows.with("f", Types.FLOAT32, Float.NaN, 0f, -0f, 1f, Float.POSITIVE_INFINITY, null)
        .with(
            "h",
            Types.FLOAT16,
            1f,
            2f,
            3f,
            Float.float16ToFloat(Float.floatToFloat16(0.1f)),
            5f,
            null);
    assertThat(rows.pick(filter)).isEqualTo(numbers(expected));
  }

  /// The real Lance refuses `dec = 1.25`.
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          d = 1.25 | 0
          d > 1.249 | 0 2
          d < 1.251 | 0 1
          d = 1.251 |
          d IN (1.25, -2) | 0 1
          d + 0.75 = 2 | 0
          d * 2 = 2.5 | 0
          d = f | 0
          d < 1e200 | 0 1 2
          """)
  void decimalsAreExact(String filter, @org.jspecify.annotations.Nullable String expected) {
    for (int bits : new int[] {128, 256}) {
      try (Rows own = new Rows()) {
        own.with(
                "d",
                new DataType.Decimal(bits, 30, 2),
                new BigDecimal("1.25"),
                new BigDecimal("-2.00"),
                new BigDecimal("9999999999999999999999.99"),
                null)
            .with("f", Types.FLOAT64, 1.25, 2.0, 1e22, 1.0);
        assertThat(own.pick(filter)).as("%d bits", bits).isEqualTo(numbers(expected));
      }
    }
  }

  /// Every unit and zone against the instant itself; upstream cuts the constant to the column's
  /// unit, and refuses text.
  @Test
  void timestampsCompareAsInstants() {
    Instant[] instants = {
      Instant.parse("2024-01-03T01:59:59Z"),
      Instant.parse("2024-01-03T02:00:00Z"),
      Instant.parse("2024-01-03T02:00:01Z")
    };
    for (DataType.TimeUnit unit : DataType.TimeUnit.values()) {
      for (Optional<String> zone :
          List.of(Optional.<String>empty(), Optional.of("UTC"), Optional.of("Asia/Tokyo"))) {
        try (Rows own = new Rows()) {
          long perSecond = unit.perSecond();
          Object[] ticks =
              Arrays.stream(instants)
                  .map(i ->
                      zone.isPresent()
                          ? (Object) i
                          : java.time.LocalDateTime.ofInstant(i, java.time.ZoneOffset.UTC))
                  .toArray();
          own.with("t", new DataType.Timestamp(unit, zone), ticks);
          assertThat(perSecond).isPositive();
          String wall =
              zone.equals(Optional.of("Asia/Tokyo"))
                  ? "2024-01-03 11:00:00"
                  : "2024-01-03 02:00:00";
          for (String text :
              List.of(
                  "'" + wall + "'",
                  "timestamp '" + wall + "'",
                  "timestamp(9) '" + wall + ".000'",
                  "'2024-01-03T02:00:00Z'",
                  "timestamp '2024-01-03T07:00:00+05:00'")) {
            assertThat(own.pick("t = " + text)).as("%s %s %s", unit, zone, text).containsExactly(1);
            assertThat(own.pick("t > " + text)).containsExactly(2);
            assertThat(own.pick("t <= " + text)).containsExactly(0, 1);
            assertThat(own.pick("t IN (" + text + ")")).containsExactly(1);
          }
          assertThat(own.pick("t < '" + wall + ".5'")).containsExactly(0, 1);
          assertThat(own.pick("t = '" + wall + ".5'")).isEmpty();
          assertThat(own.pick("t > date '2024-01-03'")).containsExactly(0, 1, 2);
        }
      }
    }
  }

  @Test
  void anErrorCountsOnlyWhereTheAnswerDependsOnIt() {
    rows.with("n", Types.INT32, 10, 10, 10).with("d", Types.INT32, 5, 0, null);
    // Upstream fails on all but the last of these.
    assertThat(rows.pick("d <> 0 AND n / d = 2")).containsExactly(0);
    assertThat(rows.pick("n / d = 2 AND d <> 0")).containsExactly(0);
    assertThat(rows.pick("d = 0 OR n / d = 2")).containsExactly(0, 1);
    assertThat(rows.pick("NOT (d = 0 OR n / d <> 2)")).containsExactly(0);
    assertThat(rows.pick("coalesce(n, n / 0) = 10")).containsExactly(0, 1, 2);
    assertThatThrownBy(() -> rows.pick("n / d = 2"))
        .isInstanceOf(InvalidInputException.class)
        .hasMessage("division by zero in filter: found=10 / 0");
    assertThatThrownBy(() -> rows.pick("1 / 0 = 1")).hasMessageContaining("division by zero");
  }

  @Test
  void arithmeticDoesNotWrap() {
    rows.with("x", Types.INT64, Long.MAX_VALUE, 1L);
    assertThatThrownBy(() -> rows.pick("x + 1 < 0"))
        .hasMessage("integer overflow in filter: found=9223372036854775807 + 1");
    assertThatThrownBy(() -> rows.pick("x * 2 < 0")).hasMessageContaining("integer overflow");
    assertThatThrownBy(() -> rows.pick("-x - 2 < 0")).hasMessageContaining("integer overflow");
    assertThat(rows.pick("x < 5 AND x + 1 = 2")).containsExactly(1);
  }

  @Test
  void logicHasThreeValues() {
    rows.with("a", Types.BOOL, true, true, true, false, false, false, null, null, null)
        .with("b", Types.BOOL, true, false, null, true, false, null, true, false, null);
    assertThat(rows.pick("a AND b")).containsExactly(0);
    assertThat(rows.pick("NOT (a AND b)")).containsExactly(1, 3, 4, 5, 7);
    assertThat(rows.pick("a OR b")).containsExactly(0, 1, 2, 3, 6);
    assertThat(rows.pick("NOT (a OR b)")).containsExactly(4);
    assertThat(rows.pick("(a AND b) IS UNKNOWN")).containsExactly(2, 6, 8);
    assertThat(rows.pick("a IS NOT TRUE")).containsExactly(3, 4, 5, 6, 7, 8);
    assertThat(rows.pick("a IS DISTINCT FROM b")).containsExactly(1, 2, 3, 5, 6, 7);
    assertThat(rows.pick("a < b")).containsExactly(3);
    assertThat(rows.pick("NULL")).isEmpty();
  }

  /// Text in double quotes was LanceDB's way until 0.30, and dlt's still.
  @Test
  void quotedNamesOfNoColumnAreTextBesideText() {
    rows.with("item", Types.UTF8, "fizz", "buzz", "other").with("other", Types.UTF8, "a", "b", "c");
    assertThat(rows.pick("item = \"fizz\"")).containsExactly(0);
    assertThat(rows.pick("item IN (\"fizz\", 'buzz')")).containsExactly(0, 1);
    assertThat(rows.pick("item <> \"fizz\"")).containsExactly(1, 2);
    assertThat(rows.pick("item = \"other\"")).isEmpty();
    assertThatThrownBy(() -> rows.pick("\"itm\" = 'fizz'"))
        .hasMessageContaining("did you mean item?");
  }

  @Test
  void namesAreFoundAsWrittenThenWithoutCase() {
    rows.with("PartyAbbrev", Types.UTF8, "D", "R")
        .with("x y", Types.INT32, 1, 2)
        .with("two", Types.INT32, 1, 2)
        .with("TWO", Types.INT32, 2, 1);
    assertThat(rows.pick("PartyAbbrev = 'D'")).containsExactly(0);
    assertThat(rows.pick("\"PartyAbbrev\" = 'D'")).containsExactly(0);
    assertThat(rows.pick("`PartyAbbrev` = 'D'")).containsExactly(0);
    assertThat(rows.pick("partyabbrev = 'D'")).containsExactly(0);
    assertThat(rows.pick("`x y` = 2")).containsExactly(1);
    assertThat(rows.pick("TWO = 1")).containsExactly(1);
    assertThat(rows.pick("Two = 1")).containsExactly(0);
    assertThatThrownBy(() -> rows.pick("PartyAbrev = 'D'"))
        .isInstanceOf(InvalidInputException.class)
        .hasMessage(
            "unknown column: expected one of [PartyAbbrev, x y, two, TWO], found=PartyAbrev; did you mean PartyAbbrev?");
    assertThatThrownBy(() -> rows.pick("two = \"D\""))
        .hasMessageContaining("text goes in single quotes");
    assertThatThrownBy(() -> rows.pick("`partyabbrev` = 'D'"))
        .hasMessageContaining("did you mean PartyAbbrev?");
    assertThatThrownBy(() -> rows.pick("lowr(PartyAbbrev) = 'd'"))
        .hasMessageContaining("did you mean lower?");
  }

  @Test
  void dictionariesCompareByValue() {
    rows.with(
        "d", new DataType.Dictionary(Types.INT8, Types.UTF8, false), "x", "y", null, "x", "zz");
    assertThat(rows.pick("d = 'x'")).containsExactly(0, 3);
    assertThat(rows.pick("d > 'x'")).containsExactly(1, 4);
    assertThat(rows.pick("d IN ('y', 'zz')")).containsExactly(1, 4);
    assertThat(rows.pick("d LIKE '_'")).containsExactly(0, 1, 3);
    assertThat(rows.pick("d IS NULL")).containsExactly(2);
    assertThat(rows.pick("upper(d) = 'X'")).containsExactly(0, 3);
    assertThat(rows.pick("d = d")).containsExactly(0, 1, 3, 4);
  }

  @Test
  void likeEscapes() {
    rows.with("s", Types.UTF8, "a%b", "axb", "a!b", "a\\b", "İ");
    assertThat(rows.pick("s LIKE 'a\\%b'")).containsExactly(0);
    assertThat(rows.pick("s LIKE 'a!%b' ESCAPE '!'")).containsExactly(0);
    assertThat(rows.pick("s LIKE 'a\\\\b'")).containsExactly(3);
    assertThat(rows.pick("s ILIKE 'A_B'")).containsExactly(0, 1, 2, 3);
    assertThat(rows.pick("s ILIKE '_'")).containsExactly(4);
  }

  @Test
  void longListsAreSets() {
    String list =
        IntStream.range(0, 10_000)
            .mapToObj(i -> String.valueOf(i * 2))
            .collect(Collectors.joining(", "));
    String texts =
        IntStream.range(0, 10_000)
            .mapToObj(i -> "'" + i * 2 + "'")
            .collect(Collectors.joining(", "));
    Object[] numbers = IntStream.range(0, 30_000).boxed().toArray();
    Object[] strings = IntStream.range(0, 30_000).mapToObj(String::valueOf).toArray();
    rows.with("i", Types.INT32, numbers)
        .with("s", Types.UTF8, strings)
        .with("f", Types.FLOAT32, numbers);
    for (String filter :
        List.of("i IN (" + list + ")", "s IN (" + texts + ")", "f IN (" + list + ")")) {
      assertThat(rows.pick(filter)).hasSize(10_000).allMatch(row -> row % 2 == 0 && row < 20_000);
    }
  }

  @Test
  void valuesAreComputed() {
    rows.with("i", Types.INT32, 1, 2, null).with("s", Types.UTF8, "a", "É", null);
    assertThat(Values.at(rows.compute("i + 1"), 1)).isEqualTo(3L);
    assertThat(Values.at(rows.compute("i * 0.5"), 1)).isEqualTo(1.0);
    assertThat(Values.at(rows.compute("lower(s) || '!'"), 1)).isEqualTo("é!");
    assertThat(Values.at(rows.compute("coalesce(i, 42)"), 2)).isEqualTo(42L);
    assertThat(Values.at(rows.compute("i > 1"), 1)).isEqualTo(true);
    assertThat(rows.compute("i > 1").isNull(2)).isTrue();
    assertThat(Values.at(rows.compute("CAST(s AS binary)"), 0)).isEqualTo(new byte[] {'a'});
    assertThat(Values.at(rows.compute("CAST('2024-02-29' AS date)"), 0))
        .isEqualTo(java.time.LocalDate.of(2024, 2, 29));
    assertThat(Values.at(rows.compute("TRY_CAST(s AS int)"), 0)).isNull();
  }

  @ParameterizedTest
  @ValueSource(strings = {"i > interval '1 day'", "i & 1 = 1", "i <=> 1"})
  void whatIsNotBuiltIsNamed(String filter) {
    rows.with("i", Types.INT32, 1)
        .with("l", Types.listOf(Types.UTF8), List.of("a"))
        .with("s", Types.UTF8, "a");
    assertThatThrownBy(() -> rows.pick(filter)).isInstanceOf(UnsupportedFeatureException.class);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      textBlock =
          """
          i = | invalid filter: expected=an expression, found=end of text (position=4)
          i = = 5 | invalid filter: expected=an expression, found== (position=5)
          (i = 5 | invalid filter: expected=), found=end of text (position=7)
          i = 5) | invalid filter: expected=an operator or the end of the text, found=) (position=6)
          s = 'x | invalid filter: expected=closing ' of the text that starts at position 5, found=end of text (position=7)
          i = 5 AND | invalid filter: expected=an expression, found=end of text (position=10)
          i | not a condition: expected=a boolean, found=i of type int32
          i = '5' | cannot compare int32 with string: expected=two numbers, two texts, two times or two booleans, found=i = '5'
          s + 1 = 2 | cannot compute string + int64: expected=two numbers, found=s + 1
          i = 1e999999 | invalid filter: expected=a number of at most 1000 digits, found=1e999999 (position=5)
          """)
  void errorsSayWhereAndWhat(String filter, String message) {
    rows.with("i", Types.INT32, 1).with("s", Types.UTF8, "a");
    assertThatThrownBy(() -> rows.pick(filter))
        .isInstanceOf(InvalidInputException.class)
        .hasMessage(message);
  }

  @Test
  void emptyAndLongBatches() {
    for (int count : new int[] {0, 1, 63, 64, 65, 1000}) {
      try (Rows own = new Rows()) {
        Object[] values =
            IntStream.range(0, count)
                .mapToObj(i -> i % 7 == 3 ? null : (Object) (i % 50))
                .toArray();
        for (DataType type :
            List.of(
                Types.INT8,
                Types.INT16,
                Types.INT32,
                Types.INT64,
                Types.UINT8,
                Types.UINT16,
                Types.UINT32,
                Types.UINT64,
                Types.FLOAT32,
                Types.FLOAT64)) {
          own.with("c" + own.hashCode() + type.arrowName(), type, values);
        }
        for (var field : own.schema().fields()) {
          List<Integer> expected =
              IntStream.range(0, count)
                  .filter(i -> values[i] != null && i % 50 >= 10 && i % 50 < 20)
                  .boxed()
                  .toList();
          assertThat(own.pick(field.name() + " >= 10 AND " + field.name() + " < 20"))
              .as(field.name())
              .isEqualTo(expected);
        }
      }
    }
  }

  private static List<Integer> numbers(@org.jspecify.annotations.Nullable String text) {
    return text == null || text.isBlank()
        ? Collections.emptyList()
        : Arrays.stream(text.strip().split(" ")).map(Integer::valueOf).toList();
  }
}
