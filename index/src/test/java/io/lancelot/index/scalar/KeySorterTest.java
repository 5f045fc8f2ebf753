package io.lancelot.index.scalar;

import static org.assertj.core.api.Assertions.assertThat;

import io.lancelot.base.Context;
import io.lancelot.base.Scratch;
import io.lancelot.columnar.Column;
import io.lancelot.columnar.ColumnBuilder;
import io.lancelot.columnar.DataType;
import io.lancelot.columnar.Types;
import io.lancelot.columnar.Values;
import io.lancelot.index.BuildProgress;
import io.lancelot.index.IndexFiles;
import io.lancelot.storage.MemoryStore;
import io.lancelot.storage.ObjectStore;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class KeySorterTest {

  private final long seed = Long.getLong("lancelot.seed", System.nanoTime());
  private final Random random = new Random(seed);

  private @Nullable Object value(DataType type) {
    if (random.nextInt(10) == 0) {
      return null;
    }
    return switch (type) {
      case DataType.Utf8 _ ->
          "prefix" + random.nextInt(3) + "x".repeat(random.nextInt(12)) + random.nextInt(50);
      case DataType.Floating _ ->
          switch (random.nextInt(6)) {
            case 0 -> Double.NaN;
            case 1 -> -0.0;
            case 2 -> 0.0;
            default -> random.nextGaussian();
          };
      case DataType.Bool _ -> random.nextBoolean();
      default -> random.nextLong() >> random.nextInt(64);
    };
  }

  /// With a budget far below the data, so that most of it goes through files.
  @ParameterizedTest
  @ValueSource(strings = {"int64", "double", "string", "bool"})
  void sortsStablyInLittleMemory(String name) {
    DataType type =
        switch (name) {
          case "int64" -> Types.INT64;
          case "double" -> Types.FLOAT64;
          case "string" -> Types.UTF8;
          default -> Types.BOOL;
        };
    ObjectStore store = MemoryStore.create();
    List<Object[]> all = new ArrayList<>();
    try (Context context = Context.ofMemory(24 << 20)) {
      IndexFiles files = new IndexFiles(store, "index", context);
      try (KeySorter sorter = new KeySorter(type, files, BuildProgress.NONE);
          Scratch scratch = context.memory().scratch()) {
        long row = 0;
        for (int chunk = 0; chunk < 45; chunk++) {
          scratch.reset();
          ColumnBuilder values = ColumnBuilder.of(type, scratch);
          ColumnBuilder rows = ColumnBuilder.of(Types.UINT64, scratch);
          for (int i = 0; i < 9000; i++) {
            Object value = value(type);
            all.add(new Object[] {value, row});
            values.append(value);
            rows.append(row++);
          }
          sorter.add(values.build(), rows.build());
        }
        int[] at = {0};
        long[] last = {-1};
        Column[] previous = new Column[1];
        try (Scratch kept = context.memory().scratch()) {
          sorter.finish((values, rows) -> {
            for (int i = 0; i < rows.length(); i++) {
              Column before = i == 0 ? previous[0] : values;
              int order =
                  before == null ? -1 : SortKeys.compare(before, i == 0 ? 0 : i - 1, values, i);
              assertThat(order).as("seed=%d", seed).isLessThanOrEqualTo(0);
              long number = rows.longAt(i);
              if (order == 0) {
                assertThat(number).as("seed=%d", seed).isGreaterThan(last[0]);
              }
              last[0] = number;
              Object expected = all.get((int) number)[0];
              assertThat(Values.at(values, i)).as("seed=%d", seed).isEqualTo(expected);
              at[0]++;
            }
            previous[0] =
                io.lancelot.columnar.Columns.copy(values.slice(rows.length() - 1, 1), kept);
          });
        }
        assertThat(at[0]).isEqualTo(all.size());
      }
      assertThat(store.list("index")).isEmpty();
      assertThat(context.memory().usedBytes()).isZero();
    }
  }
}
