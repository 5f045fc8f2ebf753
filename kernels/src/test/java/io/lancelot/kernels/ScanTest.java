package io.lancelot.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ScanTest {

  private record Found(float distance, long id) {}

  private final long seed = Long.getLong("lancelot.seed", System.nanoTime());
  private final Random random = new Random(seed);

  ScanTest() {
    System.out.println("ScanTest -Dlancelot.seed=" + seed);
  }

  @Test
  void heapEqualsSort() {
    for (int round = 0; round < 200; round++) {
      int k = 1 + random.nextInt(200);
      boolean bounded = random.nextBoolean();
      float lower = bounded ? 5 : Float.NaN;
      float upper = bounded ? 40 : Float.NaN;
      TopK whole = new TopK(k, lower, upper);
      TopK[] parts = {new TopK(k, lower, upper), new TopK(k, lower, upper)};
      List<Found> all = new ArrayList<>();
      for (int i = 0; i < random.nextInt(1000); i++) {
        float distance =
            random.nextInt(20) == 0
                ? new float[] {Float.NaN, 1f / 0, -1f / 0, -0f}[random.nextInt(4)]
                : random.nextInt(50);
        long id = random.nextLong();
        whole.offer(distance, id);
        parts[random.nextInt(2)].offer(distance, id);
        if (!Float.isNaN(distance) && (!bounded || (distance >= 5 && distance < 40))) {
          // Minus zero is zero.
          all.add(new Found(distance + 0f, id));
        }
      }
      parts[0].merge(parts[1]);
      List<Found> expected = nearest(all, k);
      assertThat(list(whole.ranking())).as("seed=" + seed).isEqualTo(expected);
      assertThat(list(parts[0].ranking())).as("seed=" + seed).isEqualTo(expected);
      assertThat(whole.worst())
          .isEqualTo(whole.size() < k ? 1f / 0 : expected.getLast().distance());
    }
  }

  @Test
  void hugeKTakesNoMemoryUpFront() {
    TopK best = new TopK(Integer.MAX_VALUE);
    best.offer(1, 7);
    assertThat(best.ranking().ids()).containsExactly(7L);
    assertThat(best.worst()).isEqualTo(Float.POSITIVE_INFINITY);
  }

  @Test
  void scanFindsWhatSortingFinds() {
    int dim = 5;
    int rows = 5_000;
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment data = arena.allocate(4L * dim * rows);
      for (long i = 0; i < (long) rows * dim; i++) {
        // Few different numbers, so that many rows tie.
        data.set(ScalarKernels.FLOAT, 4 * i, random.nextInt(4));
      }
      for (int round = 0; round < 100; round++) {
        int from = random.nextInt(rows);
        int to = from + random.nextInt(rows - from + 1);
        long offset = random.nextInt(70);
        long firstId = random.nextLong(1L << 40);
        double share = new double[] {0, 0.001, 0.1, 0.5, 0.99, 1}[random.nextInt(6)];
        // Exactly as long as needed: nothing may be read beyond.
        MemorySegment bits = arena.allocate((offset + to + 7) / 8);
        boolean filtered = random.nextInt(4) > 0;
        QueryVector query =
            QueryVector.of(Metric.L2, ElementType.FLOAT32, 1f, 2f, random.nextInt(4), 0f, 3f);
        float[] distances = new float[rows];
        Kernels.scalar().distances(query, data, 0, rows, distances);
        List<Found> all = new ArrayList<>();
        int[] picked = new int[rows];
        for (int r = 0; r < to; r++) {
          boolean set = random.nextDouble() < share;
          if (set) {
            long bit = offset + r;
            byte old = bits.get(ValueLayout.JAVA_BYTE, bit >>> 3);
            bits.set(ValueLayout.JAVA_BYTE, bit >>> 3, (byte) (old | 1 << (bit & 7)));
          }
          if (r >= from && (set || !filtered)) {
            picked[all.size()] = r;
            all.add(new Found(distances[r], firstId + r));
          }
        }
        int k = 1 + random.nextInt(30);
        List<Found> expected = nearest(all, k);
        for (Kernels kernels : List.of(Kernels.scalar(), Kernels.of(new VectorKernels()))) {
          Scan scan = new Scan(kernels, query, new TopK(k));
          scan.topK(data, from, to, filtered ? new Bits(bits, offset) : null, firstId);
          assertThat(list(scan.best().ranking())).as("seed=" + seed).isEqualTo(expected);
          Scan rowsScan = new Scan(kernels, query, new TopK(k));
          rowsScan.topK(data, picked, all.size(), firstId);
          assertThat(list(rowsScan.best().ranking())).as("seed=" + seed).isEqualTo(expected);
        }
      }
    }
  }

  @Test
  void shortBitmapsAndDataAreRefused() {
    QueryVector query = QueryVector.of(Metric.L2, ElementType.UINT8, 1f);
    Scan scan = new Scan(Kernels.scalar(), query, new TopK(1));
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment data = arena.allocate(100);
      Bits bits = new Bits(arena.allocate(12), 0);
      assertThatThrownBy(() -> scan.topK(data, 0, 100, bits, 0))
          .isInstanceOf(IndexOutOfBoundsException.class)
          .hasMessage("bitmap too short: expected=100 bits from 0, found=12 bytes");
      assertThatThrownBy(() -> scan.topK(data, 0, 101, null, 0))
          .isInstanceOf(IndexOutOfBoundsException.class);
    }
  }

  private static List<Found> nearest(List<Found> all, int k) {
    return all.stream()
        .sorted(
            Comparator.comparingDouble((Found f) -> f.distance() == 0 ? 0 : f.distance())
                .thenComparingLong(Found::id))
        .limit(k)
        .toList();
  }

  private static List<Found> list(Ranking ranking) {
    List<Found> list = new ArrayList<>();
    for (int i = 0; i < ranking.size(); i++) {
      list.add(new Found(ranking.distance(i), ranking.id(i)));
    }
    return list;
  }

  @Test
  void theNearestFewOfThoseHeld() {
    TopK held = new TopK(50);
    for (int i = 0; i < 200; i++) {
      held.offer(i * 37 % 101, i);
    }
    assertThat(held.ranking(7).ids()).isEqualTo(Arrays.copyOf(held.ranking().ids(), 7));
    assertThat(held.ranking(80).ids()).isEqualTo(held.ranking().ids());
    assertThat(held.ids()).containsExactlyInAnyOrder(held.ranking().ids());
  }
}
