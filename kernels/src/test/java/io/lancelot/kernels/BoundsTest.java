package io.lancelot.kernels;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Random;
import java.util.function.IntPredicate;
import org.junit.jupiter.api.Test;

class BoundsTest {

  private static final int ROWS = 192;

  private final long seed = Long.getLong("lancelot.seed", System.nanoTime());
  private final Random random = new Random(seed);

  private void check(MemorySegment out, long flip, IntPredicate expected) {
    for (int i = 0; i < ROWS; i++) {
      long word = out.get(ValueLayout.JAVA_LONG, i / 64 * 8) ^ flip;
      assertThat((word >>> i & 1) != 0).as("row %d (seed=%d)", i, seed).isEqualTo(expected.test(i));
    }
  }

  private void tryAll(Arena arena) {
    MemorySegment out = arena.allocate(ROWS / 8, 8);
    long flip = random.nextBoolean() ? -1 : 0;
    boolean near = random.nextBoolean();
    MemorySegment ints = arena.allocate(4L * ROWS + 1).asSlice(1);
    MemorySegment longs = arena.allocate(8L * ROWS + 1).asSlice(1);
    for (int i = 0; i < ROWS; i++) {
      long any = near ? random.nextInt(9) - 4 : random.nextLong();
      longs.set(ValueLayout.JAVA_LONG_UNALIGNED, 8L * i, any);
      ints.set(ValueLayout.JAVA_INT_UNALIGNED, 4L * i, (int) any);
    }
    long a = near ? random.nextInt(9) - 4 : random.nextLong();
    long b = near ? random.nextInt(9) - 4 : random.nextLong();
    long low = Math.min(a, b);
    long high = Math.max(a, b);
    Bounds.longs(longs, ROWS, low, high, flip, out);
    check(out, flip, i -> in(longs.get(ValueLayout.JAVA_LONG_UNALIGNED, 8L * i), low, high));
    int lowInt = Math.min((int) a, (int) b);
    int highInt = Math.max((int) a, (int) b);
    Bounds.ints(ints, ROWS, lowInt, highInt, flip, out);
    check(out, flip, i -> in(ints.get(ValueLayout.JAVA_INT_UNALIGNED, 4L * i), lowInt, highInt));
    int least = Integer.compareUnsigned((int) a, (int) b) < 0 ? (int) a : (int) b;
    int most = least == (int) a ? (int) b : (int) a;
    Bounds.ints(ints, ROWS, least, most, flip, out);
    check(
        out,
        flip,
        i -> {
          int value = ints.get(ValueLayout.JAVA_INT_UNALIGNED, 4L * i);
          return Integer.compareUnsigned(value, least) >= 0
              && Integer.compareUnsigned(value, most) <= 0;
        });
    tryFloats(arena, flip, out);
  }

  private static boolean in(long value, long low, long high) {
    return value >= low && value <= high;
  }

  private void tryFloats(Arena arena, long flip, MemorySegment out) {
    double[] some = {Double.NaN, 0.0, -0.0, 1.5, -1.5, 1 / 0.0, -1 / 0.0, 3};
    MemorySegment floats = arena.allocate(4L * ROWS);
    MemorySegment doubles = arena.allocate(8L * ROWS);
    double[] values = new double[ROWS];
    for (int i = 0; i < ROWS; i++) {
      values[i] = some[random.nextInt(some.length)];
      doubles.setAtIndex(ValueLayout.JAVA_DOUBLE, i, values[i]);
      floats.setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) values[i]);
    }
    double bound = some[1 + random.nextInt(some.length - 1)];
    for (Bounds.Test test : Bounds.Test.values()) {
      IntPredicate expected =
          i ->
              switch (test) {
                case BELOW -> values[i] < bound;
                case AT_MOST -> values[i] <= bound;
                case EQUAL -> values[i] == bound;
              };
      Bounds.doubles(doubles, ROWS, test, bound, flip, out);
      check(out, flip, expected);
      Bounds.floats(floats, ROWS, test, (float) bound, flip, out);
      check(out, flip, expected);
    }
  }

  /// Plain loops first, then vectors, where this JVM has them.
  @Test
  void plainLoopsAndVectorsTestTheSame() {
    for (int round = 0; round < 2; round++) {
      for (int i = 0; i < 300; i++) {
        try (Arena arena = Arena.ofConfined()) {
          tryAll(arena);
        }
      }
      Bounds.warm();
    }
  }
}
