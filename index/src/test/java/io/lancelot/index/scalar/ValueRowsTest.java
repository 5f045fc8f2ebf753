package io.lancelot.index.scalar;

import static org.assertj.core.api.Assertions.assertThat;

import io.lancelot.base.Context;
import io.lancelot.base.Scratch;
import io.lancelot.columnar.ColumnBuilder;
import io.lancelot.columnar.DataType;
import io.lancelot.columnar.FixedColumn;
import io.lancelot.columnar.Types;
import io.lancelot.columnar.Values;
import io.lancelot.index.BuildProgress;
import io.lancelot.index.IndexFiles;
import io.lancelot.storage.MemoryStore;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ValueRowsTest {

  private final long seed = Long.getLong("lancelot.seed", System.nanoTime());
  private final Random random = new Random(seed);

  private @Nullable Object value(DataType type, int different) {
    int number = random.nextInt(different) - 1;
    if (number < 0) {
      return null;
    }
    return type.equals(Types.UTF8)
        ? (number % 3 == 0 ? "a long text before " : "") + number
        : (Object) (number * 0x9E37_79B9_7F4A_7C15L);
  }

  /// Few values stay in memory, many are sorted; either way each comes out once with its rows.
  @ParameterizedTest
  @CsvSource({"int64,1", "int64,700", "int64,120000", "string,50", "string,90000"})
  void collectsTheRowsOfEachValue(String name, int different) {
    DataType type = name.equals("int64") ? Types.INT64 : Types.UTF8;
    Map<@Nullable Object, TreeSet<Long>> expected = new HashMap<>();
    List<@Nullable Object> order = new ArrayList<>();
    Map<@Nullable Object, List<Long>> found = new HashMap<>();
    try (Context context = Context.ofMemory(64 << 20);
        ValueRows rows =
            new ValueRows(
                type, new IndexFiles(MemoryStore.create(), "index", context), BuildProgress.NONE);
        Scratch scratch = context.memory().scratch()) {
      for (int chunk = 0; chunk < 30; chunk++) {
        scratch.reset();
        ColumnBuilder values = ColumnBuilder.of(type, scratch);
        ColumnBuilder numbers = ColumnBuilder.of(Types.UINT64, scratch);
        for (int i = 0; i < 7000; i++) {
          Object value = value(type, different);
          long row = (long) (chunk / 4) << 32 | (chunk % 4 * 7000 + i);
          expected.computeIfAbsent(value, _ -> new TreeSet<>()).add(row);
          values.append(value);
          numbers.append(row);
        }
        rows.add(values.build(), (FixedColumn) numbers.build());
      }
      rows.finish((value, set) -> {
        order.add(Values.at(value, 0));
        List<Long> own = new ArrayList<>();
        set.forEach(own::add);
        assertThat(found.put(Values.at(value, 0), own)).isNull();
      });
    }
    assertThat(found).as("seed=%d", seed).hasSameSizeAs(expected);
    expected.forEach((value, own) -> assertThat(found.get(value)).containsExactlyElementsOf(own));
    assertThat(order.getFirst()).isEqualTo(expected.containsKey(null) ? null : order.getFirst());
    for (int i = 2; i < order.size(); i++) {
      assertThat(compare(order.get(i - 1), order.get(i))).isNegative();
    }
  }

  private static int compare(@Nullable Object a, @Nullable Object b) {
    return a instanceof Long x && b instanceof Long y
        ? Long.compare(x, y)
        : String.valueOf(a).compareTo(String.valueOf(b));
  }
}
