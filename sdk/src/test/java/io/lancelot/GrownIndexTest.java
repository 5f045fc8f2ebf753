package io.lancelot;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// An index that was made when there was nothing to learn from serves the rows that come later.
class GrownIndexTest {

  private static final int DIM = 16;
  private static final int ROWS = 10_000;
  private static final int QUERIES = 20;

  record Item(long id, @Vector(DIM) float @Nullable [] vector) {}

  record Hit(long id) {}

  private final Embeddings embeddings = new Embeddings(DIM, 100);
  private final Database database = Lancelot.connect("memory://");

  @AfterEach
  void close() {
    database.close();
    assertThat(database.memoryInUse()).isZero();
  }

  /// @param first rows that are there when the index is made; below 0: as many without a vector
  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, -300})
  void anIndexMadeOfNothingFindsNearlyAllThatCameLater(int first) {
    List<float[]> vectors = embeddings.next(ROWS);
    List<Item> items = new ArrayList<>();
    for (int i = 0; i < ROWS; i++) {
      items.add(new Item(i, i < -first ? null : vectors.get(i)));
    }
    int start = Math.abs(first);
    List<float[]> queries = new ArrayList<>();
    List<Set<Long>> truths = new ArrayList<>();
    for (int i = 0; i < QUERIES; i++) {
      float[] query = embeddings.near(vectors.get(embeddings.random.nextInt(ROWS)), 0.1);
      queries.add(query);
      truths.add(Embeddings.nearest(vectors, Distance.L2, query, 10, row -> row >= -first));
    }
    for (String type : Embeddings.KINDS) {
      try (Table table = database.createTable(type, Item.class)) {
        if (start > 0) {
          table.add(items.subList(0, start));
        }
        table.createIndex("vector", Index.of(type, Map.of()));
        table.add(items.subList(start, ROWS));
        table.optimize();
        String what = "seed " + embeddings.seed + ", " + type + " made of " + first;
        assertThat(table.index("vector_idx").unindexedRows()).as(what).isZero();
        assertThat(table.search(queries.getFirst()).explain()).as(what).contains("ANNSubIndex");
        int found = 0;
        for (int i = 0; i < QUERIES; i++) {
          Set<Long> truth = truths.get(i);
          List<Hit> hits = table.search(queries.get(i)).toList(Hit.class);
          assertThat(hits).as(what).hasSize(10).doesNotHaveDuplicates();
          found += (int) hits.stream().filter(hit -> truth.contains(hit.id())).count();
        }
        assertThat(found / (10.0 * QUERIES)).as(what).isGreaterThanOrEqualTo(0.93);
      }
    }
  }
}
