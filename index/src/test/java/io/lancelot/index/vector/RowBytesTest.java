package io.lancelot.index.vector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.lancelot.base.Context;
import io.lancelot.base.Scratch;
import java.util.Random;
import org.junit.jupiter.api.Test;

class RowBytesTest {

  private static final int DIM = 96;
  private static final int ROWS = 300;

  private final long seed = Long.getLong("lancelot.seed", System.nanoTime());
  private final Random random = new Random(seed);

  private float[] vector() {
    float[] vector = new float[DIM];
    for (int d = 0; d < DIM; d++) {
      vector[d] = -3 + 5 * random.nextFloat();
    }
    return vector;
  }

  @Test
  void estimatesMissByLessThanIsAllowedFor() {
    try (Scratch memory = Context.create().memory().scratch()) {
      RowBytes.Laid laid =
          new RowBytes.Laid(memory, memory.allocateBytes(ROWS * (DIM + 1L)), ROWS, DIM, -3, 2);
      float[][] rows = new float[ROWS][];
      for (int i = 0; i < ROWS; i += 2) {
        rows[i] = vector();
        laid.put(i, rows[i]);
      }
      float[] query = vector();
      byte[] coded = laid.codes(query);
      assertThat(coded).isNotNull();
      int[] places = new int[ROWS / 2];
      for (int i = 0; i < ROWS; i++) {
        assertThat(laid.has(i)).isEqualTo(i % 2 == 0);
        places[i / 2] = i / 2 * 2;
      }
      float[] estimates = new float[places.length];
      laid.estimate(coded, places, places.length, estimates);
      for (int i = 0; i < places.length; i++) {
        double square = 0;
        for (int d = 0; d < DIM; d++) {
          double x = query[d] - rows[places[i]][d];
          square += x * x;
        }
        double steps = Math.sqrt(laid.inSteps((float) square));
        // Two such rows are in the right order if they are three steps apart.
        assertThat(Math.sqrt(estimates[i])).as("seed %s", seed).isCloseTo(steps, within(1.5));
        assertThat(laid.square(laid.inSteps((float) square)))
            .isCloseTo((float) square, within(1e-3f));
      }
    }
  }

  /// Rows that were compared exactly stand beside others in one order, also among near twins, whose
  /// distance is less than what rounding adds.
  @Test
  void exactDistancesCompareWithEstimates() {
    int dim = 768;
    try (Scratch memory = Context.create().memory().scratch()) {
      RowBytes.Laid laid =
          new RowBytes.Laid(memory, memory.allocateBytes(dim + 1L), 1, dim, 0, 255);
      float[] query = new float[dim];
      float[] row = new float[dim];
      for (double spread : new double[] {0.05, 0.5, 5}) {
        double square = 0;
        for (int d = 0; d < dim; d++) {
          query[d] = 60 + 100 * random.nextFloat();
          row[d] = query[d] + (float) (spread * random.nextGaussian());
          square += (row[d] - query[d]) * (row[d] - query[d]);
        }
        laid.put(0, row);
        byte[] coded = laid.codes(query);
        assertThat(coded).isNotNull();
        float[] estimate = new float[1];
        laid.estimate(coded, new int[] {0}, 1, estimate);
        assertThat(estimate[0])
            .as("seed %s, spread %s", seed, spread)
            .isLessThanOrEqualTo(RowBytes.Laid.most(laid.asEstimated((float) square)));
      }
    }
  }

  @Test
  void rowsOutsideOfTheBoundsAreLeftOut() {
    try (Scratch memory = Context.create().memory().scratch()) {
      RowBytes.Laid laid =
          new RowBytes.Laid(memory, memory.allocateBytes(ROWS * (DIM + 1L)), ROWS, DIM, -3, 2);
      for (float outside : new float[] {-3.1f, 2.1f, 1e30f, -1e30f, Float.NaN}) {
        float[] vector = vector();
        vector[DIM - 1] = outside;
        laid.put(7, vector);
        assertThat(laid.has(7)).isFalse();
        assertThat(laid.codes(vector)).isNull();
      }
      for (float bound : new float[] {-3, 2}) {
        float[] vector = vector();
        vector[0] = bound;
        assertThat(laid.codes(vector)).isNotNull();
      }
    }
  }
}
