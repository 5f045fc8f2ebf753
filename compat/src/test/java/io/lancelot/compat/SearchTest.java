package io.lancelot.compat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.lancelot.compat.Ours.Hit;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Exact search and counts by filter give what the real Lance gives on the same table.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class SearchTest {

  private static final int DIM = 48;

  private final Oracle oracle = Oracle.start();
  private final Ours ours = Ours.underTest(oracle);
  private final Ours theirs = new RealLance(oracle);

  @AfterAll
  void close() {
    oracle.close();
  }

  @ParameterizedTest
  @ValueSource(strings = {"l2", "cosine", "dot"})
  void nearestNeighboursAndDistances(String metric, @TempDir Path dir) {
    oracle.call(
        "write",
        Map.of(
            "from",
            Data.vectors(5000, DIM),
            "lance",
            Ours.folder(dir, "t"),
            "max_rows_per_file",
            1900));
    theirs.delete(dir, "t", "id % 10 = 3");
    long seed = Cases.seed();
    Random random = new Random(seed);
    for (int i = 0; i < 20; i++) {
      float[] query = new float[DIM];
      for (int d = 0; d < DIM; d++) {
        query[d] = (float) random.nextGaussian();
      }
      List<Hit> expected = theirs.nearest(dir, "t", query, 10, metric);
      List<Hit> found = ours.nearest(dir, "t", query, 10, metric);
      assertThat(found).as("seed %d, query %d", seed, i).hasSameSizeAs(expected);
      for (int rank = 0; rank < expected.size(); rank++) {
        assertThat(found.get(rank).distance())
            .as("seed %d, query %d, rank %d", seed, i, rank)
            .isCloseTo(expected.get(rank).distance(), within(1e-3));
      }
      assertThat(found.stream().map(Hit::id))
          .containsExactlyInAnyOrderElementsOf(expected.stream().map(Hit::id).toList());
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "id < 100",
        "id % 7 = 2 AND label IS NOT NULL",
        "label IS NULL",
        "label = 'label 3' OR id BETWEEN 10 AND 20",
        "NOT (label = 'label 3')",
        "label IN ('label 1', 'label 2')",
        "label LIKE '%5'"
      })
  void countsByFilter(String filter, @TempDir Path dir) {
    oracle.call(
        "write",
        Map.of(
            "from",
            Data.vectors(2000, 4),
            "lance",
            Ours.folder(dir, "t"),
            "max_rows_per_file",
            700));
    assertThat(ours.countWhere(dir, "t", filter)).isEqualTo(theirs.countWhere(dir, "t", filter));
  }
}
