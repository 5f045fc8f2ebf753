package io.lancelot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.lancelot.base.InvalidInputException;
import io.lancelot.columnar.DataType;
import io.lancelot.columnar.Field;
import io.lancelot.columnar.Schema;
import io.lancelot.columnar.Types;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Vectors of other numbers than float32, several vector columns, several indices on one of them,
/// and what comes with the rows found.
class VectorColumnsTest {

  private static final int DIM = 16;

  /// Enough that a search goes through the index.
  private static final int ROWS = 5000;

  static final List<String> KINDS = Embeddings.KINDS;

  record Item(long id, @Vector(DIM) float[] vector) {}

  record Bits(long id, @Vector(DIM) byte[] vector) {}

  record Two(long id, @Vector(DIM) float[] text, @Vector(2 * DIM) float[] image) {}

  record Hit(long id, float _distance) {}

  private final Embeddings embeddings = new Embeddings(DIM, 50);
  private final Database database = Lancelot.connect("memory://");
  private final List<Table> open = new ArrayList<>();

  @AfterEach
  void close() {
    open.forEach(Table::close);
    database.close();
    assertThat(database.memoryInUse()).isZero();
  }

  private Table kept(Table table) {
    open.add(table);
    return table;
  }

  private static List<Item> items(List<float[]> vectors) {
    List<Item> items = new ArrayList<>();
    for (int i = 0; i < vectors.size(); i++) {
      items.add(new Item(i, vectors.get(i)));
    }
    return items;
  }

  private static List<Long> ids(List<Hit> hits) {
    return hits.stream().map(Hit::id).toList();
  }

  private double recall(Table table, List<float[]> vectors, Distance metric, int queries) {
    int found = 0;
    for (int i = 0; i < queries; i++) {
      float[] query = embeddings.near(vectors.get(embeddings.random.nextInt(vectors.size())), 0.1);
      List<Long> ids = ids(table.search(query).distanceType(metric).toList(Hit.class));
      assertThat(ids).as("seed %s", embeddings.seed).hasSize(10).doesNotHaveDuplicates();
      Set<Long> truth = Embeddings.nearest(vectors, metric, query, 10, _ -> true);
      found += (int) ids.stream().filter(truth::contains).count();
    }
    return found / (10.0 * queries);
  }

  @ParameterizedTest
  @CsvSource({
    "16,IVF_FLAT,L2",
    "16,IVF_PQ,COSINE",
    "16,IVF_SQ,L2",
    "16,IVF_RQ,DOT",
    "16,IVF_HNSW_FLAT,COSINE",
    "16,IVF_HNSW_SQ,L2",
    "64,IVF_FLAT,COSINE",
    "64,IVF_PQ,L2",
    "64,IVF_SQ,DOT",
    "64,IVF_RQ,L2",
    "64,IVF_HNSW_FLAT,L2",
    "64,IVF_HNSW_PQ,L2"
  })
  void floatsOfOtherWidths(int bits, String type, Distance metric) {
    DataType item = bits == 16 ? Types.FLOAT16 : Types.FLOAT64;
    DataType vector = new DataType.FixedSizeList(Field.nullable("item", item), DIM);
    Table table =
        kept(
            database.createTable(
                "t",
                Schema.of(Field.nullable("id", Types.INT64), Field.nullable("vector", vector))));
    List<float[]> vectors = embeddings.next(ROWS);
    if (bits == 16) {
      for (float[] each : vectors) {
        for (int d = 0; d < DIM; d++) {
          each[d] = Float.float16ToFloat(Float.floatToFloat16(each[d]));
        }
      }
    }
    table.add(items(vectors));
    Index.Vectors index = (Index.Vectors) Index.of(type, Map.of());
    Index.Vectors measured = index.distanceType(metric);
    table.createIndex("vector", type.endsWith("PQ") ? measured.numSubVectors(4) : measured);
    assertThat(table.search(vectors.getFirst()).explain()).contains("ANNSubIndex");
    assertThat(recall(table, vectors, metric, 30))
        .as("seed %s", embeddings.seed)
        .isGreaterThanOrEqualTo(0.95);
    if (metric == Distance.L2) {
      assertThat(table.search(vectors.get(7)).limit(1).toList(Hit.class))
          .containsExactly(new Hit(7, 0));
    }
  }

  @Test
  void bitsAreComparedByHowManyDiffer() {
    List<float[]> vectors = new ArrayList<>();
    List<Bits> items = new ArrayList<>();
    byte[] centre = new byte[DIM];
    for (int i = 0; i < ROWS; i++) {
      if (i % 100 == 0) {
        embeddings.random.nextBytes(centre);
      }
      byte[] bits = centre.clone();
      for (int flip = 0; flip < 12; flip++) {
        bits[embeddings.random.nextInt(DIM)] ^= (byte) (1 << embeddings.random.nextInt(8));
      }
      float[] vector = new float[DIM];
      for (int d = 0; d < DIM; d++) {
        vector[d] = bits[d] & 0xff;
      }
      vectors.add(vector);
      items.add(new Bits(i, bits));
    }
    Table table = kept(database.createTable("t", items));
    table.createIndex("vector", Index.ivfFlat().distanceType(Distance.HAMMING));
    assertThat(table.search(vectors.getFirst()).explain()).contains("ANNSubIndex");
    int found = 0;
    for (int i = 0; i < 40; i++) {
      float[] query = vectors.get(embeddings.random.nextInt(ROWS)).clone();
      query[3] = (int) query[3] ^ 0x41;
      List<Hit> hits = table.search(query).toList(Hit.class);
      assertThat(ids(hits)).hasSize(10).doesNotHaveDuplicates();
      List<Double> all =
          vectors.stream()
              .map(each -> Embeddings.distance(Distance.HAMMING, query, each))
              .sorted()
              .toList();
      for (int rank = 0; rank < 10; rank++) {
        Hit hit = hits.get(rank);
        assertThat((double) hit._distance())
            .isEqualTo(Embeddings.distance(Distance.HAMMING, query, vectors.get((int) hit.id())));
        // Many rows are as far: any of them is as good.
        found += hit._distance() <= all.get(9) ? 1 : 0;
      }
    }
    assertThat(found / 400.0).as("seed %s", embeddings.seed).isGreaterThanOrEqualTo(0.95);
    table.createIndex("vector", Index.ivfFlat().distanceType(Distance.HAMMING).numPartitions(1));
    assertThat(ids(table.search(vectors.get(9)).limit(1).toList(Hit.class))).containsExactly(9L);
    assertThat(table.query().where("id = 9").toList(Bits.class).getFirst().vector())
        .isEqualTo(items.get(9).vector());
    assertThatThrownBy(() -> table.createIndex("vector", Index.ivfPq()))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("hamming");
  }

  @Test
  void twoVectorColumnsHaveAnIndexEach() {
    Embeddings images = new Embeddings(2 * DIM, 30);
    List<float[]> texts = embeddings.next(ROWS);
    List<float[]> pictures = images.next(ROWS);
    List<Two> rows = new ArrayList<>();
    for (int i = 0; i < ROWS; i++) {
      rows.add(new Two(i, texts.get(i), pictures.get(i)));
    }
    Table table = kept(database.createTable("t", rows));
    table.createIndex("text", Index.ivfSq());
    table.createIndex("image", Index.ivfRq().distanceType(Distance.COSINE));
    assertThat(table.search(texts.get(5)).column("text").explain())
        .contains("ANNSubIndex", "text_idx", "metric=L2");
    assertThat(table.search(pictures.get(5)).column("image").explain())
        .contains("ANNSubIndex", "image_idx", "metric=Cosine");
    for (int i = 0; i < 50; i++) {
      assertThat(ids(table.search(texts.get(i)).column("text").limit(1).toList(Hit.class)))
          .containsExactly((long) i);
      assertThat(ids(table.search(pictures.get(i)).column("image").limit(1).toList(Hit.class)))
          .containsExactly((long) i);
    }
    // Only one of them has as many dimensions.
    assertThat(ids(table.search(pictures.get(5)).limit(1).toList(Hit.class))).containsExactly(5L);
  }

  @Test
  void ofTwoIndicesTheOneThatMeasuresAsAskedIsSearched() {
    List<float[]> vectors = embeddings.next(ROWS);
    // Longer vectors are nearer by one metric only.
    for (int i = 0; i < ROWS; i += 3) {
      float[] vector = vectors.get(i);
      for (int d = 0; d < DIM; d++) {
        vector[d] *= 3;
      }
    }
    Table table = kept(database.createTable("t", items(vectors)));
    table.createIndex("vector", Index.ivfFlat(), Index.Options.DEFAULT.withName("by_l2"));
    table.createIndex(
        "vector",
        Index.ivfSq().distanceType(Distance.COSINE),
        Index.Options.DEFAULT.withName("by_cosine"));
    float[] query = vectors.getFirst();
    assertThat(table.search(query).distanceType(Distance.L2).explain())
        .contains("ANNSubIndex", "by_l2")
        .doesNotContain("by_cosine");
    assertThat(table.search(query).distanceType(Distance.COSINE).explain())
        .contains("ANNSubIndex", "by_cosine")
        .doesNotContain("by_l2");
    assertThat(table.search(query).distanceType(Distance.DOT).explain()).doesNotContain("ANN");
    for (Distance metric : List.of(Distance.L2, Distance.COSINE, Distance.DOT)) {
      assertThat(recall(table, vectors, metric, 20))
          .as("seed %s, %s", embeddings.seed, metric)
          .isGreaterThanOrEqualTo(0.95);
    }
    table.dropIndex("by_l2");
    assertThat(table.search(query).explain()).contains("by_cosine");
    assertThat(table.search(query).distanceType(Distance.L2).explain()).doesNotContain("ANN");
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void offsetsAndRowIdsComeThroughAnIndex(boolean stableRowIds) {
    List<float[]> vectors = embeddings.next(ROWS);
    TableOptions options = TableOptions.defaults();
    Table table =
        kept(
            database.createTable(
                "t", items(vectors), stableRowIds ? options.withStableRowIds() : options));
    table.createIndex("vector", Index.ivfFlat());
    table.delete("id % 5 = 2");
    table.add(List.of(new Item(ROWS, embeddings.next())));
    for (int round = 0; round < 2; round++) {
      Map<Object, Object> rowIds = new HashMap<>();
      table
          .query()
          .withRowId()
          .select("id")
          .toMaps()
          .forEach(row -> rowIds.put(row.get("id"), row.get("_rowid")));
      for (int i = 0; i < 10; i++) {
        float[] query = embeddings.next();
        List<Long> first = ids(table.search(query).limit(25).toList(Hit.class));
        assertThat(ids(table.search(query).limit(10).offset(15).toList(Hit.class)))
            .as("seed %s", embeddings.seed)
            .isEqualTo(first.subList(15, 25));
        for (Map<String, ?> row : table.search(query).withRowId().limit(5).toMaps()) {
          assertThat(row.get("_rowid"))
              .isInstanceOf(BigInteger.class)
              .isEqualTo(rowIds.get(row.get("id")));
        }
      }
      assertThat(table.search(embeddings.next()).offset(ROWS + 1).toList(Hit.class)).isEmpty();
      table.optimize();
    }
  }

  /// lance#1672, lancedb#1222: a vector of zeros has no direction. As in the real Lance it has no
  /// distance from any other under cosine and is never found, by an index as little as without one.
  @ParameterizedTest
  @FieldSource("KINDS")
  void lance1672ZeroVectorsAreFoundByEveryDistanceButCosine(String type) {
    List<float[]> vectors = embeddings.next(ROWS);
    vectors.set(9, new float[DIM]);
    vectors.set(11, new float[DIM]);
    for (int d = 0; d < DIM / 2; d++) {
      vectors.get(10)[d] = 0;
    }
    Table table = kept(database.createTable("t", items(vectors)));
    table.createIndex("vector", Index.of(type, Map.of("distance_type", "cosine")), Embeddings.ONE);
    Set<Long> all = new HashSet<>();
    for (long i = 0; i < ROWS; i++) {
      all.add(i);
    }
    all.removeAll(List.of(9L, 11L));
    VectorQuery every = table.search(vectors.get(10)).distanceType(Distance.COSINE).limit(ROWS);
    List<Hit> hits = every.toList(Hit.class);
    assertThat(ids(hits)).doesNotHaveDuplicates().hasSameElementsAs(all);
    assertThat(hits).allMatch(hit -> hit._distance() >= 0 && hit._distance() <= 2);
    assertThat(hits.getFirst().id()).isEqualTo(10);
    assertThat(new HashSet<>(ids(every.bypassVectorIndex().toList(Hit.class)))).isEqualTo(all);
    VectorQuery byZero = table.search(new float[DIM]).distanceType(Distance.COSINE);
    assertThat(byZero.toList(Hit.class)).isEmpty();
    assertThat(byZero.bypassVectorIndex().toList(Hit.class)).isEmpty();

    table.createIndex("vector", Index.of(type, Map.of()), Embeddings.ONE);
    List<Hit> zeros = table.search(new float[DIM]).limit(2).toList(Hit.class);
    assertThat(ids(zeros)).containsExactlyInAnyOrder(9L, 11L);
    assertThat(zeros).allSatisfy(hit -> assertThat(hit._distance()).isCloseTo(0, within(0f)));
  }
}
