package io.lancelot.expr;

import static org.assertj.core.api.Assertions.assertThat;

import io.lancelot.base.Memory;
import io.lancelot.base.Scratch;
import io.lancelot.columnar.ColumnBuilder;
import io.lancelot.columnar.DataType;
import io.lancelot.columnar.Field;
import io.lancelot.columnar.Types;
import io.lancelot.columnar.VarColumn;
import java.lang.foreign.ValueLayout;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/// Values given in their order have keys in their order, and equal ones equal keys.
class KeyBytesTest {

  private static List<byte[]> keys(
      DataType type, List<? extends @Nullable Object> values, boolean ascending) {
    try (Memory memory = Memory.ofLimit(1 << 20);
        Scratch scratch = memory.scratch()) {
      ColumnBuilder builder = ColumnBuilder.of(type, scratch);
      values.forEach(builder::append);
      VarColumn keys =
          KeyBytes.encode(
              List.of(new KeyBytes.Part(builder.build(), ascending, ascending)),
              values.size(),
              scratch);
      List<byte[]> all = new ArrayList<>();
      for (int i = 0; i < values.size(); i++) {
        all.add(keys.bytesAt(i).toArray(ValueLayout.JAVA_BYTE));
      }
      return all;
    }
  }

  private static void inOrder(DataType type, @Nullable Object... values) {
    List<@Nullable Object> list = Arrays.asList(values);
    List<byte[]> up = keys(type, list, true);
    List<byte[]> down = keys(type, list, false);
    for (int i = 0; i < values.length; i++) {
      for (int j = 0; j < values.length; j++) {
        assertThat(Integer.signum(Arrays.compareUnsigned(up.get(i), up.get(j))))
            .as("%s, %s", values[i], values[j])
            .isEqualTo(Integer.compare(i, j));
        assertThat(Integer.signum(Arrays.compareUnsigned(down.get(i), down.get(j))))
            .as("%s, %s, descending", values[i], values[j])
            .isEqualTo(Integer.compare(j, i));
      }
    }
  }

  @Test
  void numbersGoByValue() {
    inOrder(Types.INT32, null, Integer.MIN_VALUE, -256, -1, 0, 1, 255, 256, Integer.MAX_VALUE);
    inOrder(new DataType.Int(8, true), null, -128, -1, 0, 127);
    inOrder(Types.INT64, null, Long.MIN_VALUE, -1L, 0L, Long.MAX_VALUE);
    inOrder(
        Types.UINT64,
        null,
        0,
        Long.MAX_VALUE,
        BigInteger.ONE.shiftLeft(64).subtract(BigInteger.ONE));
    inOrder(
        Types.FLOAT64,
        null,
        Double.NEGATIVE_INFINITY,
        -2.5,
        -Double.MIN_VALUE,
        0.0,
        1e-300,
        2.5,
        Double.POSITIVE_INFINITY,
        Double.NaN);
    inOrder(Types.FLOAT32, null, -1.5f, 0f, 1.5f, Float.NaN);
    inOrder(
        new DataType.Decimal(128, 38, 2),
        null,
        new BigDecimal("-99999999999999999999.01"),
        new BigDecimal("-0.01"),
        new BigDecimal("0.00"),
        new BigDecimal("99999999999999999999.99"));
    inOrder(Types.BOOL, null, false, true);
  }

  @Test
  void bothZerosAndAllNansAreOne() {
    List<byte[]> keys =
        keys(
            Types.FLOAT64,
            List.of(0.0, -0.0, Double.NaN, Double.longBitsToDouble(0xFFF8_0000_0000_0001L)),
            true);
    assertThat(keys.get(0)).isEqualTo(keys.get(1));
    assertThat(keys.get(2)).isEqualTo(keys.get(3));
  }

  @Test
  void textAndListsGoItemByItem() {
    inOrder(Types.UTF8, null, "", "\0", "\0\0", "\0a", "a", "a\0", "a\0b", "ab", "b", "é", "漢");
    DataType texts = Types.listOf(Types.UTF8);
    inOrder(
        texts,
        null,
        List.of(),
        List.of(""),
        List.of("", "a"),
        List.of("a"),
        List.of("a", "a"),
        List.of("ab"),
        Arrays.asList((Object) null));
    DataType pair =
        new DataType.Struct(
            List.of(Field.nullable("x", Types.INT32), Field.nullable("y", Types.UTF8)));
    inOrder(pair, null, Map.of("x", 1), Map.of("x", 2, "y", "a"), Map.of("x", 2, "y", "b"));
  }
}
