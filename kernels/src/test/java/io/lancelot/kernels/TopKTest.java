package io.lancelot.kernels;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TopKTest {

  private record Row(float distance, long id) {}

  private final long seed = Long.getLong("lancelot.seed", System.nanoTime());
  private final Random random = new Random(seed);

  /// Many equal distances, both zeros, negative ones as inner products have, and infinity.
  private float distance() {
    return switch (random.nextInt(8)) {
      case 0 -> 0f;
      case 1 -> -0f;
      case 2 -> Float.POSITIVE_INFINITY;
      case 3 -> random.nextInt(3) - 1;
      default -> (float) random.nextGaussian();
    };
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 10, 500, 3000})
  void ranksAsSortingDoes(int k) {
    TopK nearest = new TopK(k);
    List<Row> rows = new ArrayList<>();
    for (int i = 0; i < 2000; i++) {
      Row row = new Row(distance(), random.nextLong());
      rows.add(row);
      nearest.offer(row.distance(), row.id());
    }
    rows.sort(
        Comparator.comparingDouble((Row row) -> row.distance() + 0.0).thenComparingLong(Row::id));
    Ranking ranking = nearest.ranking();
    assertThat(ranking.size()).isEqualTo(Math.min(k, rows.size()));
    for (int i = 0; i < ranking.size(); i++) {
      assertThat(ranking.id(i)).as("seed %s", seed).isEqualTo(rows.get(i).id());
      assertThat(ranking.distance(i) == rows.get(i).distance()).isTrue();
    }
    assertThat(nearest.ranking(3).id(0)).isEqualTo(rows.getFirst().id());
  }
}
