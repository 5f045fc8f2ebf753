package io.lancelot.index;

import static org.assertj.core.api.Assertions.assertThat;

import io.lancelot.columnar.FixedColumn;
import io.lancelot.columnar.Types;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.SplittableRandom;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RowSetTest {

  /// Few and many fragments, more than keep bits of their own, with row numbers beyond them.
  @ParameterizedTest
  @ValueSource(ints = {1, 63, 64, 65, 300})
  void rowsInNoOrderAreCollected(int fragments) {
    SplittableRandom random = new SplittableRandom(fragments);
    TreeSet<Long> expected = new TreeSet<>();
    RowSet.Builder builder = new RowSet.Builder();
    try (Arena arena = Arena.ofConfined()) {
      for (int page = 0; page < 4; page++) {
        int count = page == 2 ? 10 : 4096;
        MemorySegment rows = arena.allocate(8L * count, 8);
        for (int i = 0; i < count; i++) {
          long high = 7L * random.nextInt(fragments);
          long low = random.nextInt(100) == 0 ? (1L << 24) + i : random.nextInt(200_000);
          rows.set(FixedColumn.LONG, 8L * i, high << 32 | low);
        }
        builder.addAll(new FixedColumn(Types.UINT64, count, rows, null), 1, count - 1);
        for (int i = 1; i < count - 1; i++) {
          expected.add(rows.get(FixedColumn.LONG, 8L * i));
        }
      }
    }
    builder.add(5);
    expected.add(5L);
    RowSet set = builder.build();
    assertThat(set.toArray()).containsExactly(expected.toArray(new Long[0]));
    assertThat(builder.build().isEmpty()).isTrue();
  }

  @Test
  void fragmentsAreOrderedAsUnsignedNumbers() {
    RowSet set = RowSet.of(-1L << 32, 1L << 32, 3);
    assertThat(set.fragments()).containsExactly(0, 1, -1);
    assertThat(set.and(RowSet.of(3)).or(RowSet.of(4)).toArray()).containsExactly(3, 4);
  }
}
