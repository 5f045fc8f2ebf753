package io.lancelot.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class MaxSimTest {

  private static final int DIM = 7;
  private static final int VECTORS = 9_000;

  private final long seed = Long.getLong("lancelot.seed", System.nanoTime());
  private final Random random = new Random(seed);

  MaxSimTest() {
    System.out.println("MaxSimTest -Dlancelot.seed=" + seed);
  }

  private float[] vector() {
    float[] vector = new float[DIM];
    for (int d = 0; d < DIM; d++) {
      vector[d] = (float) random.nextGaussian();
    }
    return vector;
  }

  /// Rows of none, some, and more vectors than are compared at once; some of them left out, some of
  /// them zero.
  @ParameterizedTest
  @EnumSource(
      value = Metric.class,
      names = {"L2", "COSINE", "DOT"})
  void sumsTheNearestVectorsOfARow(Metric metric) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment data = arena.allocate(4L * DIM * VECTORS);
      MemorySegment bits = arena.allocate(VECTORS / 8 + 8);
      float[][] vectors = new float[VECTORS][];
      boolean[] whole = new boolean[VECTORS];
      for (int i = 0; i < VECTORS; i++) {
        vectors[i] = random.nextInt(30) == 0 ? new float[DIM] : vector();
        MemorySegment.copy(vectors[i], 0, data, ScalarKernels.FLOAT, 4L * DIM * i, DIM);
        whole[i] = random.nextInt(5) > 0;
        byte before = bits.get(ValueLayout.JAVA_BYTE, i / 8);
        bits.set(ValueLayout.JAVA_BYTE, i / 8, (byte) (before | (whole[i] ? 1 << (i % 8) : 0)));
      }
      List<float[]> query = List.of(vector(), vector(), vector());
      MaxSim several =
          new MaxSim(
              Kernels.current(),
              query.stream().map(v -> QueryVector.of(metric, ElementType.FLOAT32, v)).toList());
      int rows = 1500;
      int[] starts = new int[rows];
      int[] ends = new int[rows];
      for (int i = 0; i < rows; i++) {
        int length = i == 700 ? 3 * Kernels.BLOCK : random.nextInt(9);
        starts[i] = random.nextInt(VECTORS - length + 1);
        ends[i] = starts[i] + length;
      }
      float[] out = new float[rows];
      several.distances(data, Bits.of(bits), starts, ends, rows, out);
      for (int i = 0; i < rows; i++) {
        double expected = 0;
        for (float[] q : query) {
          double nearest = Double.NaN;
          for (int v = starts[i]; v < ends[i]; v++) {
            double distance = distance(metric, q, vectors[v]);
            if (whole[v] && !Double.isNaN(distance) && !(nearest <= distance)) {
              nearest = distance;
            }
          }
          expected += nearest;
        }
        String row = "seed " + seed + ", row " + i;
        if (Double.isNaN(expected)) {
          assertThat(out[i]).as(row).isNaN();
        } else {
          assertThat((double) out[i]).as(row).isCloseTo(expected, within(1e-4));
        }
      }
    }
  }

  private static double distance(Metric metric, float[] a, float[] b) {
    double dot = 0;
    double squares = 0;
    double aa = 0;
    double bb = 0;
    for (int d = 0; d < DIM; d++) {
      dot += a[d] * b[d];
      squares += (a[d] - b[d]) * (a[d] - b[d]);
      aa += a[d] * a[d];
      bb += b[d] * b[d];
    }
    return switch (metric) {
      case L2 -> squares;
      case DOT -> 1 - dot;
      case COSINE -> 1 - dot / Math.sqrt(aa * bb);
      case HAMMING -> throw new AssertionError(metric);
    };
  }

  @Test
  void rowsBeyondTheDataAreRefused() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment data = arena.allocate(4L * DIM * 3);
      MaxSim several =
          new MaxSim(
              Kernels.current(),
              List.of(QueryVector.of(Metric.L2, ElementType.FLOAT32, new float[DIM])));
      assertThatThrownBy(
              () -> several.distances(data, null, new int[] {2}, new int[] {4}, 1, new float[1]))
          .isInstanceOf(IndexOutOfBoundsException.class);
    }
  }

  @Test
  void aHeapOfDistinctRowsHoldsEachOnceAtItsNearest() {
    for (int round = 0; round < 100; round++) {
      int k = 1 + random.nextInt(20);
      TopK best = TopK.ofDistinct(k);
      float[] nearest = new float[30];
      java.util.Arrays.fill(nearest, Float.POSITIVE_INFINITY);
      for (int i = 0; i < random.nextInt(300); i++) {
        int id = random.nextInt(nearest.length);
        float distance = random.nextInt(100);
        best.offer(distance, id);
        nearest[id] = Math.min(nearest[id], distance);
      }
      List<Long> expected = new ArrayList<>();
      for (long id = 0; id < nearest.length; id++) {
        if (nearest[(int) id] < Float.POSITIVE_INFINITY) {
          expected.add(id);
        }
      }
      expected.sort(
          java.util.Comparator.<Long>comparingDouble(id -> nearest[(int) (long) id])
              .thenComparing(id -> id));
      Ranking ranking = best.ranking();
      assertThat(ranking.ids())
          .as("seed %s", seed)
          .containsExactly(expected.stream().limit(k).mapToLong(Long::longValue).toArray());
      for (int i = 0; i < ranking.size(); i++) {
        assertThat(ranking.distance(i)).isEqualTo(nearest[(int) ranking.id(i)]);
      }
    }
  }
}
