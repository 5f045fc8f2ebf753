package io.lancelot.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CentroidsTest {

  private final long seed = Long.getLong("lancelot.seed", System.nanoTime());
  private final Random random = new Random(seed);

  private float[] numbers(int count) {
    float[] numbers = new float[count];
    for (int i = 0; i < count; i++) {
      numbers[i] = (float) random.nextGaussian();
    }
    return numbers;
  }

  @ParameterizedTest
  @CsvSource({"1,1,5", "3,7,1", "32,16,33", "33,16,100", "256,8,17", "300,100,9"})
  void bothTwinsFindTheNearest(int count, int dim, int rows) {
    float[] centres = numbers(count * dim);
    int stride = dim + 3;
    float[] data = numbers(2 + rows * stride);
    for (boolean products : new boolean[] {false, true}) {
      for (boolean vector : new boolean[] {false, true}) {
        Centroids centroids = Centroids.of(centres, count, dim, products, vector);
        int[] best = new int[rows];
        float[] scores = new float[rows];
        centroids.nearest(data, 2, stride, rows, best, scores, 0);
        for (int r = 0; r < rows; r++) {
          double least = Double.POSITIVE_INFINITY;
          for (int c = 0; c < count; c++) {
            least = Math.min(least, score(centres, c, dim, data, 2 + r * stride, products));
          }
          assertThat(best[r]).as("seed %s", seed).isBetween(0, count - 1);
          assertThat(score(centres, best[r], dim, data, 2 + r * stride, products))
              .as("seed %s, row %s, vector %s", seed, r, vector)
              .isCloseTo(least, within(1e-3));
          assertThat((double) scores[r]).isCloseTo(least, within(1e-3));
        }
      }
    }
  }

  private static double score(
      float[] centres, int c, int dim, float[] data, int at, boolean products) {
    double norm = 0;
    double product = 0;
    for (int d = 0; d < dim; d++) {
      norm += (double) centres[c * dim + d] * centres[c * dim + d];
      product += (double) centres[c * dim + d] * data[at + d];
    }
    return (products ? 0 : norm) - 2 * product;
  }
}
