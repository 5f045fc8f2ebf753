package io.lancelot.index.vector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.lancelot.base.CancelledException;
import io.lancelot.base.Context;
import io.lancelot.index.BuildProgress;
import io.lancelot.kernels.Metric;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class KMeansTest {

  private static final int DIM = 8;
  private static final int ROWS = 12_000;
  private static final int MANY = KMeans.FLAT_CENTRES + 76;
  private static final int ROUNDS = 20;

  private final Context context = Context.create();

  /// Noise around 500 places.
  private static float[] clustered() {
    Random random = new Random(5);
    float[] middles = new float[500 * DIM];
    for (int i = 0; i < middles.length; i++) {
      middles[i] = (float) random.nextGaussian();
    }
    float[] rows = new float[ROWS * DIM];
    for (int i = 0; i < ROWS; i++) {
      int middle = random.nextInt(500) * DIM;
      for (int d = 0; d < DIM; d++) {
        rows[i * DIM + d] = middles[middle + d] + (float) (0.3 * random.nextGaussian());
      }
    }
    return rows;
  }

  private KMeans kMeans(Context within, Metric metric, float[] rows) {
    return new KMeans(within, metric, KMeans.Rows.of(rows, DIM), 7);
  }

  private double loss(Metric metric, float[] rows, float[] centres) {
    int[] best = kMeans(context, metric, rows).nearest(centres);
    return IntStream.range(0, best.length)
        .mapToDouble(i -> IvfModel.loss(metric, rows, i, centres, best[i], DIM))
        .average()
        .orElseThrow();
  }

  private static Set<List<Float>> different(float[] vectors) {
    Set<List<Float>> different = new HashSet<>();
    for (int at = 0; at < vectors.length; at += DIM) {
      List<Float> vector = new ArrayList<>();
      for (int d = 0; d < DIM; d++) {
        vector.add(vectors[at + d]);
      }
      different.add(vector);
    }
    return different;
  }

  /// Of so few numbers two levels find what one does, but for some.
  @ParameterizedTest
  @EnumSource(names = {"L2", "DOT"})
  void manyCentresLoseAboutAsMuchAsThoseOfOneLevel(Metric metric) {
    float[] rows = clustered();
    float[] before = rows.clone();
    float[] centres = kMeans(context, metric, rows).train(MANY, ROUNDS, BuildProgress.NONE);
    float[] flat = kMeans(context, metric, rows).trainFlat(MANY, ROUNDS, BuildProgress.NONE);
    assertThat(centres).hasSize(MANY * DIM);
    assertThat(flat).hasSize(MANY * DIM);
    assertThat(loss(metric, rows, centres)).isLessThan(1.04 * loss(metric, rows, flat));
    assertThat(rows).isEqualTo(before);
  }

  @Test
  void centresOfProductsHaveLengthOne() {
    float[] centres =
        kMeans(context, Metric.DOT, clustered()).train(MANY, ROUNDS, BuildProgress.NONE);
    for (int at = 0; at < centres.length; at += DIM) {
      double square = 0;
      for (int d = 0; d < DIM; d++) {
        square += (double) centres[at + d] * centres[at + d];
      }
      assertThat(square).isCloseTo(1, within(1e-5));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {100, MANY})
  void rowsMayLieApart(int wanted) {
    float[] rows = clustered();
    int stride = DIM + 3;
    float[] wide = new float[2 + ROWS * stride];
    Arrays.fill(wide, 1e6f);
    for (int i = 0; i < ROWS; i++) {
      System.arraycopy(rows, i * DIM, wide, 2 + i * stride, DIM);
    }
    KMeans.Rows apart = new KMeans.Rows(wide, 2, stride, ROWS, DIM);
    float[] centres =
        new KMeans(context, Metric.L2, apart, 7).train(wanted, ROUNDS, BuildProgress.NONE);
    float[] dense = kMeans(context, Metric.L2, rows).train(wanted, ROUNDS, BuildProgress.NONE);
    assertThat(loss(Metric.L2, rows, centres))
        .isCloseTo(loss(Metric.L2, rows, dense), within(0.01));
  }

  /// However many threads there are, and whoever comes first.
  @ParameterizedTest
  @ValueSource(ints = {100, MANY})
  void theSameSeedFindsTheSameCentres(int wanted) {
    float[] rows = clustered();
    Context alone =
        new Context(context.memory(), context.cpu(), 1, context.clock(), context.random());
    float[] centres = kMeans(alone, Metric.L2, rows).train(wanted, ROUNDS, BuildProgress.NONE);
    Context many =
        new Context(context.memory(), context.cpu(), 7, context.clock(), context.random());
    for (int turn = 0; turn < 3; turn++) {
      assertThat(kMeans(many, Metric.L2, rows).train(wanted, ROUNDS, BuildProgress.NONE))
          .isEqualTo(centres);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 100, MANY})
  void progressRisesToItsTotal(int wanted) {
    List<Long> heard = new ArrayList<>();
    Set<Long> totals = new HashSet<>();
    kMeans(context, Metric.L2, clustered())
        .train(
            wanted,
            ROUNDS,
            (stage, done, total) -> {
              assertThat(stage).isEqualTo("k-means");
              heard.add(done);
              totals.add(total);
            });
    assertThat(heard).isSorted().startsWith(0L);
    assertThat(totals).containsExactly(heard.getLast());
  }

  /// At the beginning, among the coarse centres, in cells, and in the whole rounds.
  @ParameterizedTest
  @ValueSource(doubles = {0, 0.02, 0.08, 0.5, 0.99})
  void progressCancels(double part) {
    KMeans kMeans = kMeans(context, Metric.L2, clustered());
    BuildProgress stops =
        (_, done, total) -> {
          if (done >= part * total) {
            throw new CancelledException("enough");
          }
        };
    assertThatThrownBy(() -> kMeans.train(MANY, ROUNDS, stops))
        .isInstanceOf(CancelledException.class)
        .hasMessageContaining("enough");
  }

  @Test
  void anInterruptCancels() {
    KMeans kMeans = kMeans(context, Metric.L2, clustered());
    Thread.currentThread().interrupt();
    try {
      assertThatThrownBy(() -> kMeans.train(MANY, ROUNDS, BuildProgress.NONE))
          .isInstanceOf(CancelledException.class);
    } finally {
      assertThat(Thread.interrupted()).isTrue();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 40})
  void fewerDifferentRowsMakeFewerCentres(int different) {
    float[] rows = clustered();
    for (int i = different; i < ROWS; i++) {
      System.arraycopy(rows, i % different * DIM, rows, i * DIM, DIM);
    }
    float[] centres = kMeans(context, Metric.L2, rows).train(MANY, ROUNDS, BuildProgress.NONE);
    assertThat(centres.length / DIM).isBetween(different, MANY / 2);
    assertThat(loss(Metric.L2, rows, centres)).isCloseTo(0, within(1e-6));
  }

  /// Where all rows of a cell are the same its share goes to others.
  @Test
  void centresThatEqualRowsCannotUseGoToOthers() {
    float[] rows = clustered();
    for (int i = 0; i < ROWS; i += 2) {
      System.arraycopy(rows, 0, rows, i * DIM, DIM);
    }
    float[] centres = kMeans(context, Metric.L2, rows).train(MANY, ROUNDS, BuildProgress.NONE);
    assertThat(different(centres)).hasSizeGreaterThan(MANY * 9 / 10);
  }

  @Test
  void rowsFewerThanCentresAreCentresThemselves() {
    float[] rows = Arrays.copyOf(clustered(), (KMeans.FLAT_CENTRES + 10) * DIM);
    float[] centres = kMeans(context, Metric.L2, rows).train(5000, ROUNDS, BuildProgress.NONE);
    assertThat(centres).hasSizeLessThanOrEqualTo(rows.length);
    assertThat(different(centres)).hasSizeGreaterThan(KMeans.FLAT_CENTRES * 9 / 10);
  }

  @Test
  void cellsShareCentresByTheirRows() {
    assertThat(TwoLevels.shares(new int[] {101, 201, 0, 101}, 43)).containsExactly(11, 21, 0, 11);
    assertThat(TwoLevels.shares(new int[] {1, 1, 1, 1000}, 10)).containsExactly(1, 1, 1, 7);
    assertThat(TwoLevels.shares(new int[] {3, 5, 2}, 10)).containsExactly(3, 5, 2);
    Random random = new Random(5);
    for (int turn = 0; turn < 100; turn++) {
      int[] sizes = random.ints(1 + random.nextInt(20), 1, 50).toArray();
      int wanted = random.nextInt(sizes.length, Arrays.stream(sizes).sum() + 1);
      int[] shares = TwoLevels.shares(sizes, wanted);
      assertThat(Arrays.stream(shares).sum()).isEqualTo(wanted);
      for (int c = 0; c < sizes.length; c++) {
        assertThat(shares[c]).isBetween(1, sizes[c]);
      }
    }
  }
}
