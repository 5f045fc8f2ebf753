package io.lancelot;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/// Every row can be reached: a search for its own vector finds it, with default settings.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class VectorReachTest {

  private static final int DIM = 16;
  private static final int ROWS = 20_000;
  private static final int BATCH = 1000;
  static final List<String> KINDS = Embeddings.KINDS;

  record Item(long id, @Vector(DIM) float[] vector) {}

  record Found(long id, int query_index) {}

  private final Embeddings embeddings = new Embeddings(DIM, 200);
  private final Database database = Lancelot.connect("memory://");
  private final List<float[]> vectors = embeddings.next(ROWS);
  private final Table table = database.createTable("t", Item.class);

  @BeforeAll
  void fill() {
    // Some rows are equal, up to five of them.
    for (int i = 0; i < 500; i++) {
      vectors.set(ROWS - 1 - i, vectors.get(i / 4));
    }
    List<Item> items = new ArrayList<>();
    for (int i = 0; i < ROWS; i++) {
      items.add(new Item(i, vectors.get(i)));
    }
    table.add(items);
  }

  @AfterAll
  void close() {
    table.close();
    database.close();
    assertThat(database.memoryInUse()).isZero();
  }

  private int lost(boolean exact) {
    BitSet reached = new BitSet();
    for (int from = 0; from < ROWS; from += BATCH) {
      VectorQuery query = table.searchAll(vectors.subList(from, from + BATCH)).select("id");
      VectorQuery asked = exact ? query.bypassVectorIndex() : query;
      for (Found found : asked.toList(Found.class)) {
        if (found.id() == from + found.query_index()) {
          reached.set((int) found.id());
        }
      }
    }
    return ROWS - reached.cardinality();
  }

  @ParameterizedTest
  @FieldSource("KINDS")
  void indicesLoseOneRowInAThousandAtTheMost(String type) {
    table.createIndex("vector", Index.of(type, Map.of()), Embeddings.ONE);
    assertThat(table.search(vectors.getFirst()).explain()).contains("ANNSubIndex");
    assertThat(lost(false)).as("seed %s", embeddings.seed).isLessThanOrEqualTo(ROWS / 1000);
  }

  @Test
  void exactSearchLosesNone() {
    assertThat(lost(true)).as("seed %s", embeddings.seed).isZero();
  }
}
