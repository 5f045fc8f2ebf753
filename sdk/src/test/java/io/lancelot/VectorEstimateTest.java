package io.lancelot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lancelot.base.ResourceExhaustedException;
import io.lancelot.base.UnsupportedFeatureException;
import io.lancelot.index.BuildEstimate;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What is said of a build beforehand, beside what it then takes.
class VectorEstimateTest {

  private static final int DIM = 64;

  record Item(long id, @Vector(DIM) float @Nullable [] vector) {}

  private final long seed = Long.getLong("lancelot.seed", System.nanoTime());
  private final Random random = new Random(seed);

  @TempDir private Path folder;

  private float[] vector() {
    float[] vector = new float[DIM];
    for (int d = 0; d < DIM; d++) {
      vector[d] = (float) random.nextGaussian();
    }
    return vector;
  }

  private void write(int rows) {
    List<Item> items = new ArrayList<>();
    for (int i = 0; i < rows; i++) {
      items.add(new Item(i, vector()));
    }
    try (Database database = Lancelot.connect(folder.toString())) {
      database.createTable("t", items).close();
    }
  }

  private static void assertAbout(String what, long found, long estimate, double factor) {
    assertThat((double) found)
        .as("%s: found %d, estimated %d", what, found, estimate)
        .isBetween(estimate / factor, estimate * factor);
  }

  @ParameterizedTest
  @CsvSource({
    "IVF_FLAT,15000",
    "IVF_FLAT,75000",
    "IVF_SQ,15000",
    "IVF_SQ,75000",
    "IVF_PQ,15000",
    "IVF_PQ,75000",
    "IVF_RQ,15000",
    "IVF_RQ,75000",
    "IVF_HNSW_SQ,5000",
    "IVF_HNSW_SQ,15000",
    "IVF_HNSW_FLAT,5000",
    "IVF_HNSW_FLAT,15000"
  })
  void aBuildTakesAboutWhatWasSaid(String kind, int rows) {
    write(rows);
    long limit = 256L << 20;
    ConnectOptions options = ConnectOptions.defaults().withMemoryBytes(limit);
    BuildEstimate estimate;
    try (Database database = Lancelot.connect(folder.toString(), options);
        Table table = database.openTable("t")) {
      Index index = Index.of(kind, Map.of());
      estimate = table.estimateIndex("vector", index);
      assertThat(estimate.rows()).isEqualTo(rows);
      assertThat(table.indices()).isEmpty();
      long disk = table.createIndex("vector", index).sizeBytes();
      assertAbout("working memory", database.memoryPeak(), estimate.nativeBytes(), 2);
      assertThat(estimate.leastNativeBytes()).isBetween(1L, database.memoryPeak());
      assertAbout("disk", disk, estimate.diskBytes(), 2);
      assertThat((Integer) table.indexStatistics("vector_idx").getFirst().get("num_partitions"))
          // Fewer where that many centres are not found.
          .isBetween(estimate.partitions() * 9 / 10, estimate.partitions());
      assertThat(estimate.seconds()).isBetween(0.01, 60.0);
      table.prewarmIndex("vector_idx");
      // What is kept of the vectors is made room for when some have been compared.
      for (int i = 0; i < 20; i++) {
        assertThat(table.search(vector()).toList(Item.class)).isNotEmpty();
      }
      Object held = table.indexStatistics("vector_idx").getFirst().get("held_bytes");
      assertAbout("loaded", ((Number) held).longValue(), estimate.loadedBytes(), 3);
    }
  }

  @Test
  void aBudgetThatCannotHoldAPartitionIsRefusedInTheBeginning() {
    write(20_000);
    ConnectOptions options = ConnectOptions.defaults().withMemoryBytes(8 << 20);
    try (Database database = Lancelot.connect(folder.toString(), options);
        Table table = database.openTable("t")) {
      Index whole = Index.of("IVF_HNSW_FLAT", Map.of());
      long least = table.estimateIndex("vector", whole).leastNativeBytes();
      List<String> stages = new ArrayList<>();
      assertThatThrownBy(() ->
              table.createIndex(
                  "vector",
                  whole,
                  Index.Options.DEFAULT,
                  (stage, done, total) -> stages.add(stage)))
          .isInstanceOf(ResourceExhaustedException.class)
          .hasMessage(
              "index build: expected=a memory budget of at least "
                  + least
                  + " bytes, found=8388608 (rows=20000, partitions=1; more partitions need less)");
      assertThat(stages).isEmpty();
      table.createIndex("vector", Index.of("IVF_FLAT", Map.of()));
      assertThat(table.index("vector_idx").indexedRows()).isEqualTo(20_000);
    }
  }

  @Test
  void kindsThatCannotTellSaySo() {
    write(10);
    try (Database database = Lancelot.connect(folder.toString());
        Table table = database.openTable("t")) {
      assertThatThrownBy(() -> table.estimateIndex("id", Index.of("BTREE", Map.of())))
          .isInstanceOf(UnsupportedFeatureException.class)
          .hasMessageContaining("estimate of an index of type BTREE");
    }
  }
}
