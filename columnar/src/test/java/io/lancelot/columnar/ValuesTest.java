package io.lancelot.columnar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lancelot.base.InvalidInputException;
import io.lancelot.base.UnsupportedFeatureException;
import io.lancelot.columnar.DataType.TimeUnit;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ValuesTest {

  private static @Nullable Object at(DataType type, long ticks) {
    MemorySegment bytes = MemorySegment.ofArray(new long[] {ticks});
    return Values.at(new FixedColumn(type, 1, bytes, null), 0);
  }

  @Test
  void timestampsBeyondJavaTimeAreATypedError() {
    for (String zone : new String[] {null, "UTC", "Europe/Paris"}) {
      DataType type = new DataType.Timestamp(TimeUnit.SECOND, Optional.ofNullable(zone));
      for (long ticks : new long[] {Long.MIN_VALUE, Long.MAX_VALUE, 31_556_889_864_403_199L + 1}) {
        assertThatThrownBy(() -> at(type, ticks))
            .isInstanceOf(UnsupportedFeatureException.class)
            .hasMessage(
                "value outside what java.time can express: found="
                    + ticks
                    + " in "
                    + type.arrowName());
      }
      for (TimeUnit unit :
          List.of(TimeUnit.MILLISECOND, TimeUnit.MICROSECOND, TimeUnit.NANOSECOND)) {
        DataType finer = new DataType.Timestamp(unit, Optional.ofNullable(zone));
        assertThat(at(finer, Long.MIN_VALUE)).isNotNull();
        assertThat(at(finer, Long.MAX_VALUE)).isNotNull();
      }
    }
  }

  @Test
  void unknownZonesAreShownInUtc() {
    DataType type = new DataType.Timestamp(TimeUnit.SECOND, Optional.of("Mars/Olympus Mons"));
    assertThat(at(type, 0)).isEqualTo(ZonedDateTime.of(1970, 1, 1, 0, 0, 0, 0, ZoneOffset.UTC));
  }

  @Test
  void timesOutsideTheDayAreATypedError() {
    for (TimeUnit unit : TimeUnit.values()) {
      DataType type = new DataType.Time(unit);
      assertThat(at(type, 86_400L * unit.perSecond() - 1)).isNotNull();
      for (long ticks : new long[] {86_400L * unit.perSecond(), -1}) {
        assertThatThrownBy(() -> at(type, ticks))
            .isInstanceOf(UnsupportedFeatureException.class)
            .hasMessageContaining("found=" + ticks);
      }
    }
  }

  @Test
  void datesInMillisecondsFallIntoTheirDay() {
    assertThat(at(Types.DATE64, -1)).isEqualTo(LocalDate.of(1969, 12, 31));
    assertThat(at(Types.DATE64, 86_399_999)).isEqualTo(LocalDate.EPOCH);
    assertThat(at(Types.DATE64, Long.MIN_VALUE)).isInstanceOf(LocalDate.class);
    assertThat(at(Types.DATE32, Integer.MIN_VALUE)).isInstanceOf(LocalDate.class);
  }

  @Test
  void durationsOfAnyLength() {
    for (TimeUnit unit : TimeUnit.values()) {
      assertThat(at(new DataType.Duration(unit), Long.MIN_VALUE)).isInstanceOf(Duration.class);
      assertThat(at(new DataType.Duration(unit), -1))
          .isEqualTo(Duration.ofNanos(-1_000_000_000L / unit.perSecond()));
    }
  }

  @Test
  void typesRefuseParametersOutOfRange() {
    assertThatThrownBy(() -> new DataType.Int(24, true))
        .isInstanceOf(InvalidInputException.class)
        .hasMessage("invalid integer width: found=24");
    assertThatThrownBy(() -> new DataType.Decimal(128, 39, 0))
        .hasMessage("invalid decimal precision: found=39");
    assertThatThrownBy(() -> new DataType.Decimal(128, 38, 1000))
        .hasMessage("invalid decimal scale: found=1000");
    assertThatThrownBy(() -> new DataType.FixedSizeBinary(1 << 28))
        .hasMessage("invalid binary width: found=268435456");
    assertThatThrownBy(() -> new DataType.FixedSizeList(Field.nullable("item", Types.INT8), -1))
        .hasMessage("invalid list size: found=-1");
    assertThatThrownBy(() -> new DataType.MapOf(Field.nullable("e", Types.INT8), false))
        .hasMessage("invalid map entries: found=int8");
    DataType dictionary = new DataType.Dictionary(Types.INT8, Types.UTF8, false);
    assertThatThrownBy(() -> new DataType.Dictionary(Types.INT8, dictionary, false))
        .hasMessageStartingWith("invalid dictionary values: found=dictionary<");
    assertThatThrownBy(
            () -> Schema.of(Field.nullable("a", Types.INT8), Field.nullable("a", Types.UTF8)))
        .isInstanceOf(InvalidInputException.class)
        .hasMessage("duplicate column name: found=a");
  }

  @Test
  void widthsAgree() {
    for (DataType type : RandomData.leaves()) {
      type.fixedBits()
          .filter(bits -> !(type instanceof DataType.Bool))
          .ifPresent(bits -> assertThat(type.byteWidth() * 8).isEqualTo(bits));
      if (type.fixedBits().isEmpty() || type instanceof DataType.Bool) {
        assertThatThrownBy(type::byteWidth).isInstanceOf(IllegalArgumentException.class);
      }
    }
    assertThat(new DataType.FixedSizeBinary((1 << 28) - 1).byteWidth()).isEqualTo((1 << 28) - 1);
  }
}
