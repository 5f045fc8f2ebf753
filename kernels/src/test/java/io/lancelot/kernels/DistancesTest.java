package io.lancelot.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.lancelot.base.InvalidInputException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class DistancesTest {

  private static final int[] DIMS = {
    1, 3, 7, 8, 13, 15, 16, 17, 31, 100, 128, 384, 768, 1536, 2046
  };
  private static final float[] EXTREMES = {
    0f,
    -0f,
    1f,
    Float.MIN_VALUE,
    1e-40f,
    1e-25f,
    Float.MIN_NORMAL,
    1e19f,
    Float.MAX_VALUE,
    -Float.MAX_VALUE,
    Float.POSITIVE_INFINITY,
    Float.NEGATIVE_INFINITY,
    Float.NaN
  };

  private final long seed = Long.getLong("lancelot.seed", System.nanoTime());
  private final Random random = new Random(seed);

  DistancesTest() {
    System.out.println("DistancesTest -Dlancelot.seed=" + seed);
  }

  @ParameterizedTest
  @EnumSource
  void bothTwinsEqualTheDefinition(ElementType type) {
    for (int dim : DIMS) {
      int rows = 9;
      try (Arena arena = Arena.ofConfined()) {
        // One byte ahead, so that nothing is aligned.
        long bytes = (long) rows * dim * type.bytes();
        MemorySegment data = arena.allocate(bytes + 1).asSlice(1);
        for (long i = 0; i < (long) rows * dim; i++) {
          write(type, data, i, type == ElementType.FLOAT64 ? random.nextGaussian() : number(type));
        }
        double[] query = new double[dim];
        for (int i = 0; i < dim; i++) {
          query[i] = number(type);
        }
        for (Metric metric : Metric.values()) {
          if (metric.supports(type)) {
            compare(metric, type, data, rows, query);
          }
        }
      }
    }
  }

  private void compare(
      Metric metric, ElementType type, MemorySegment data, int rows, double[] query) {
    QueryVector ready = QueryVector.of(metric, type, query);
    float[] scalar = new float[rows];
    float[] vector = new float[rows];
    Kernels.scalar().distances(ready, data, 0, rows, scalar);
    Kernels.of(new VectorKernels()).distances(ready, data, 0, rows, vector);
    float[] picked = new float[3];
    int[] pick = {rows - 1, 0, rows - 1};
    Kernels.of(new VectorKernels()).distances(ready, data, pick, 3, picked);
    assertThat(picked).containsExactly(vector[rows - 1], vector[0], vector[rows - 1]);
    for (int r = 0; r < rows; r++) {
      double[] expected = definition(metric, type, data, r, query);
      double tolerance = 4e-6 * (1 + expected[1]);
      String what = metric + " " + type + " dim=" + query.length + " seed=" + seed;
      assertThat((double) scalar[r]).as(what).isCloseTo(expected[0], within(tolerance));
      assertThat((double) vector[r]).as(what).isCloseTo(expected[0], within(tolerance));
    }
  }

  /// The distance, and the sum of its terms' sizes, to which rounding is relative.
  private static double[] definition(
      Metric metric, ElementType type, MemorySegment data, int row, double[] query) {
    double sum = 0;
    double size = 0;
    double squareA = 0;
    double squareB = 0;
    for (int i = 0; i < query.length; i++) {
      double a = read(type, data, (long) row * query.length + i);
      double b = type == ElementType.FLOAT64 ? query[i] : (float) query[i];
      double term =
          switch (metric) {
            case L2 -> (a - b) * (a - b);
            case DOT, COSINE -> a * b;
            case HAMMING -> Integer.bitCount((int) a ^ (int) b);
          };
      sum += term;
      size += Math.abs(term);
      squareA += a * a;
      squareB += b * b;
    }
    return switch (metric) {
      case L2, HAMMING -> new double[] {sum, size};
      case DOT -> new double[] {1 - sum, size};
      case COSINE -> new double[] {1 - sum / Math.sqrt(squareA * squareB), 1};
    };
  }

  @Test
  void twinsAgreeOnExtremes() {
    try (Arena arena = Arena.ofConfined()) {
      for (int dim : new int[] {1, 4, 17, 40}) {
        int rows = 400;
        MemorySegment data = arena.allocate(4L * rows * dim);
        // One extreme a row: the sum of two would depend on the order of the additions.
        for (int r = 0; r < rows; r++) {
          int extreme = random.nextInt(dim);
          for (int i = 0; i < dim; i++) {
            float value = i == extreme ? EXTREMES[random.nextInt(EXTREMES.length)] : r % 2;
            data.set(ScalarKernels.FLOAT, 4L * (r * dim + i), value);
          }
        }
        float[] query = new float[dim];
        for (int i = 0; i < dim; i++) {
          query[i] = random.nextInt(-3, 4);
        }
        for (Metric metric : new Metric[] {Metric.L2, Metric.DOT, Metric.COSINE}) {
          QueryVector ready = QueryVector.of(metric, ElementType.FLOAT32, query);
          float[] scalar = new float[rows];
          float[] vector = new float[rows];
          Kernels.scalar().distances(ready, data, 0, rows, scalar);
          Kernels.of(new VectorKernels()).distances(ready, data, 0, rows, vector);
          for (int r = 0; r < rows; r++) {
            String what = metric + " dim=" + dim + " row=" + r + " seed=" + seed;
            assertAlike(scalar[r], vector[r], what);
          }
        }
      }
    }
  }

  private static void assertAlike(float a, float b, String what) {
    if (Float.isFinite(a) && Float.isFinite(b)) {
      assertThat(a).as(what).isCloseTo(b, within(1e-5f * (1 + Math.abs(a))));
    } else {
      assertThat(Float.valueOf(a)).as(what).isEqualTo(Float.valueOf(b));
    }
  }

  @Test
  void zeroVectorsHaveNoCosine() {
    for (Kernels kernels : both()) {
      for (ElementType type : ElementType.values()) {
        assertThat(one(kernels, Metric.COSINE, type, new double[] {1, 2}, 0, 0)).isNaN();
        assertThat(one(kernels, Metric.COSINE, type, new double[] {0, 0}, 1, 2)).isNaN();
      }
    }
  }

  @Test
  void cosineHoldsWhereSquaresLeaveTheRangeOfFloats() {
    for (Kernels kernels : both()) {
      for (double scale : new double[] {1e-44, 1e-40, 1e-25, 1, 1e19, 1e25, 3e38}) {
        float found =
            one(kernels, Metric.COSINE, ElementType.FLOAT32, new double[] {1, 1}, scale, 0);
        assertThat(found).as("scale " + scale).isCloseTo(0.29289323f, within(1e-6f));
      }
    }
  }

  @Test
  void infinitiesAreFoundAndNotANumberIsNot() {
    double inf = Double.POSITIVE_INFINITY;
    for (Kernels kernels : both()) {
      double[] query = {1, 2};
      assertThat(one(kernels, Metric.L2, ElementType.FLOAT32, query, inf, 0)).isEqualTo(1f / 0);
      assertThat(one(kernels, Metric.DOT, ElementType.FLOAT32, query, inf, 0)).isEqualTo(-1f / 0);
      assertThat(one(kernels, Metric.COSINE, ElementType.FLOAT32, query, inf, 0)).isNaN();
      assertThat(one(kernels, Metric.L2, ElementType.FLOAT32, query, Double.NaN, 0)).isNaN();
      assertThat(one(kernels, Metric.L2, ElementType.FLOAT32, query, 3e38, 0)).isEqualTo(1f / 0);
    }
  }

  @Test
  void doublesAreAddedAsDoubles() {
    for (Kernels kernels : both()) {
      double[] query = {1e8, 0};
      assertThat(one(kernels, Metric.L2, ElementType.FLOAT64, query, 1e8 + 1, 0)).isEqualTo(1f);
    }
  }

  @Test
  void queryOfHalvesIsRounded() {
    for (Kernels kernels : both()) {
      float found = one(kernels, Metric.L2, ElementType.FLOAT16, new double[] {4.1}, 4);
      assertThat(found).isEqualTo(0.010314941f);
    }
  }

  @Test
  void queriesThatMakeNoSenseAreRefused() {
    assertThatThrownBy(() -> QueryVector.of(Metric.HAMMING, ElementType.FLOAT32, 1f))
        .isInstanceOf(InvalidInputException.class)
        .hasMessage("metric does not fit the column: metric=HAMMING, element type=FLOAT32");
    assertThatThrownBy(() -> QueryVector.of(Metric.HAMMING, ElementType.UINT8, 1.5f, 256f))
        .isInstanceOf(InvalidInputException.class)
        .hasMessage("query vector of a uint8 column: expected=0..255, found=256.0 (position=1)");
    assertThatThrownBy(() -> QueryVector.of(Metric.L2, ElementType.FLOAT32, new float[0]))
        .isInstanceOf(InvalidInputException.class);
  }

  @Test
  void rowsBeyondTheDataAreRefused() {
    QueryVector query = QueryVector.of(Metric.L2, ElementType.FLOAT32, 1f, 2f);
    float[] out = new float[4];
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment data = arena.allocate(23);
      assertThatThrownBy(() -> Kernels.current().distances(query, data, 0, 3, out))
          .isInstanceOf(IndexOutOfBoundsException.class)
          .hasMessage("rows beyond the data: expected=3 rows of 8 bytes, found=23 bytes");
      assertThatThrownBy(() -> Kernels.current().distances(query, data, new int[] {-1}, 1, out))
          .isInstanceOf(IndexOutOfBoundsException.class);
      assertThatThrownBy(() -> Kernels.current().distances(query, data, new int[] {2}, 1, out))
          .isInstanceOf(IndexOutOfBoundsException.class);
    }
  }

  private static Kernels[] both() {
    return new Kernels[] {Kernels.scalar(), Kernels.of(new VectorKernels())};
  }

  /// The distance to a single row.
  private static float one(
      Kernels kernels, Metric metric, ElementType type, double[] query, double... row) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment data = arena.allocate((long) row.length * type.bytes());
      for (int i = 0; i < row.length; i++) {
        write(type, data, i, row[i]);
      }
      float[] out = new float[1];
      kernels.distances(QueryVector.of(metric, type, query), data, 0, 1, out);
      return out[0];
    }
  }

  private double number(ElementType type) {
    return switch (type) {
      case FLOAT16, FLOAT32, FLOAT64 ->
          Float.float16ToFloat(Float.floatToFloat16((float) random.nextGaussian()));
      case UINT8 -> random.nextInt(256);
      case INT8 -> random.nextInt(-128, 128);
    };
  }

  static void write(ElementType type, MemorySegment data, long index, double value) {
    switch (type) {
      case FLOAT16 -> data.set(ScalarKernels.SHORT, 2 * index, Float.floatToFloat16((float) value));
      case FLOAT32 -> data.set(ScalarKernels.FLOAT, 4 * index, (float) value);
      case FLOAT64 -> data.set(ScalarKernels.DOUBLE, 8 * index, value);
      case UINT8, INT8 -> data.set(ValueLayout.JAVA_BYTE, index, (byte) (int) value);
    }
  }

  private static double read(ElementType type, MemorySegment data, long index) {
    return switch (type) {
      case FLOAT16 -> Float.float16ToFloat(data.get(ScalarKernels.SHORT, 2 * index));
      case FLOAT32 -> data.get(ScalarKernels.FLOAT, 4 * index);
      case FLOAT64 -> data.get(ScalarKernels.DOUBLE, 8 * index);
      case UINT8 -> data.get(ValueLayout.JAVA_BYTE, index) & 0xff;
      case INT8 -> data.get(ValueLayout.JAVA_BYTE, index);
    };
  }
}
