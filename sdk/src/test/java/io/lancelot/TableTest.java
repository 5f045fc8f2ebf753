package io.lancelot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.lancelot.base.InvalidInputException;
import io.lancelot.base.NotFoundException;
import io.lancelot.columnar.Batch;
import io.lancelot.columnar.BatchStream;
import io.lancelot.table.VersionInfo;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class TableTest {

  private static final int DIM = 7;

  record Item(long id, String name, @Vector(DIM) float[] vector) {}

  record Hit(long id, float _distance) {}

  private final long seed = Long.getLong("lancelot.seed", System.nanoTime());
  private final Random random = new Random(seed);
  private Database database;
  private Table table;
  private List<Item> items;

  @BeforeEach
  void create() {
    database = Lancelot.connect("memory://");
    items = new ArrayList<>();
    for (int i = 0; i < 500; i++) {
      float[] vector = new float[DIM];
      for (int j = 0; j < DIM; j++) {
        vector[j] = random.nextFloat() * 2 - 1;
      }
      items.add(new Item(i, i % 10 == 0 ? "ten" : "item " + i, vector));
    }
    table = database.createTable("items", items.subList(0, 300));
    table.add(items.subList(300, 500));
  }

  @AfterEach
  void close() {
    database.close();
  }

  private static double distance(Distance metric, float[] a, float[] b) {
    double dot = 0;
    double squares = 0;
    double aa = 0;
    double bb = 0;
    for (int i = 0; i < a.length; i++) {
      dot += (double) a[i] * b[i];
      squares += ((double) a[i] - b[i]) * ((double) a[i] - b[i]);
      aa += (double) a[i] * a[i];
      bb += (double) b[i] * b[i];
    }
    return switch (metric) {
      case L2 -> squares;
      case DOT -> 1 - dot;
      case COSINE -> 1 - dot / Math.sqrt(aa * bb);
      case HAMMING -> throw new IllegalArgumentException();
    };
  }

  @ParameterizedTest
  @EnumSource(names = {"L2", "DOT", "COSINE"})
  void searchFindsTheNearest(Distance metric) {
    float[] query = items.get(123).vector().clone();
    query[0] += 0.1f;
    List<Hit> hits = table.search(query).distanceType(metric).limit(20).toList(Hit.class);
    List<Item> expected =
        items.stream()
            .sorted(Comparator.comparingDouble(item -> distance(metric, query, item.vector())))
            .limit(20)
            .toList();
    assertThat(hits)
        .as("seed %s", seed)
        .extracting(Hit::id)
        .containsExactlyElementsOf(expected.stream().map(Item::id).toList());
    for (int i = 0; i < hits.size(); i++) {
      assertThat((double) hits.get(i)._distance())
          .isCloseTo(distance(metric, query, expected.get(i).vector()), within(1e-5));
    }
  }

  @Test
  void prefilterFindsAsManyAsMatch() {
    float[] query = items.get(5).vector();
    List<Map<String, Object>> hits =
        maps(table.search(query).where("name = 'ten'").limit(10).select("id", "name"));
    assertThat(hits).hasSize(10).allSatisfy(hit -> assertThat(hit).containsEntry("name", "ten"));
    List<Map<String, Object>> after =
        maps(table.search(query).where("name = 'ten'").postfilter().limit(10).select("id", "name"));
    assertThat(after.size()).isLessThan(10);
  }

  @SuppressWarnings({"unchecked", "rawtypes"})
  private static List<Map<String, Object>> maps(QueryBuilder<?> query) {
    return (List) query.toMaps();
  }

  @Test
  void offsetAndRangeCutTheRanking() {
    float[] query = items.get(7).vector();
    List<Hit> all = table.search(query).limit(30).toList(Hit.class);
    assertThat(table.search(query).limit(10).offset(20).toList(Hit.class))
        .isEqualTo(all.subList(20, 30));
    float low = all.get(3)._distance();
    float high = all.get(8)._distance();
    assertThat(table.search(query).limit(30).distanceRange(low, high).toList(Hit.class))
        .isEqualTo(all.subList(3, 8));
  }

  @Test
  void severalQueriesAreToldApart() {
    List<Map<String, Object>> hits =
        maps(
            table
                .searchAll(List.of(items.get(1).vector(), items.get(400).vector()))
                .limit(2)
                .select("id"));
    assertThat(hits).hasSize(4);
    assertThat(hits).extracting(hit -> hit.get("query_index")).containsExactly(0, 0, 1, 1);
    assertThat(hits.get(0)).containsEntry("id", 1L);
    assertThat(hits.get(2)).containsEntry("id", 400L);
  }

  @Test
  void aScanReturnsEveryRowUnlessLimited() {
    assertThat(table.query().toMaps()).hasSize(500);
    assertThat(maps(table.query().limit(3).offset(299).select("id")))
        .containsExactly(Map.of("id", 299L), Map.of("id", 300L), Map.of("id", 301L));
    assertThat(table.query().limit(0).toMaps()).isEmpty();
    assertThat(maps(table.query().where("id >= 10").where("id < 12").select("id").withRowId()))
        .containsExactly(
            Map.of("id", 10L, "_rowid", java.math.BigInteger.TEN),
            Map.of("id", 11L, "_rowid", java.math.BigInteger.valueOf(11)));
  }

  @Test
  void expressionsCanBeSelected() {
    assertThat(maps(table.query().where("id = 10").selectAs("twice", "id * 2").select("name")))
        .containsExactly(Map.of("twice", 20L, "name", "ten"));
  }

  @Test
  void deletedRowsAreGoneFromEveryAnswer() {
    Table.DeleteResult deleted = table.delete("id % 2 = 0");
    assertThat(deleted.rows()).isEqualTo(250);
    assertThat(deleted.version()).isEqualTo(3);
    assertThat(table.countRows()).isEqualTo(250);
    assertThat(table.countRows("id < 10")).isEqualTo(5);
    assertThat(table.query().select("id").toMaps()).hasSize(250);
    assertThat(table.search(items.get(8).vector()).limit(500).toList(Hit.class))
        .hasSize(250)
        .allSatisfy(hit -> assertThat(hit.id() % 2).isEqualTo(1));
    assertThat(table.delete("id < 0")).isEqualTo(new Table.DeleteResult(0, 3));
  }

  @Test
  void versionsAreReadAndRestored() {
    table.delete("id >= 300");
    assertThat(table.versions())
        .extracting(VersionInfo::operation)
        .containsExactly("Overwrite", "Append", "Delete");
    table.checkout(2);
    assertThat(table.countRows()).isEqualTo(500);
    assertThatThrownBy(() -> table.add(items.subList(0, 1)))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("checkoutLatest");
    table.checkoutLatest();
    assertThat(table.countRows()).isEqualTo(300);
    assertThat(table.restore(2)).isEqualTo(4);
    assertThat(table.countRows()).isEqualTo(500);
    assertThatThrownBy(() -> table.checkout(99))
        .isInstanceOf(NotFoundException.class)
        .hasMessageContaining("99");
  }

  @Test
  void anotherHandleSeesCommitsAfterTheInterval() {
    try (Database impatient =
        Lancelot.connect(
            "memory://", ConnectOptions.defaults().withReadConsistency(Duration.ZERO))) {
      Table writer = impatient.createTable("t", List.of(Map.of("id", 1)));
      Table reader = impatient.openTable("t");
      writer.add(List.of(Map.of("id", 2)));
      assertThat(reader.countRows()).isEqualTo(2);
    }
    Table lazy = database.openTable("items");
    table.add(items.subList(0, 1));
    assertThat(lazy.countRows()).isEqualTo(500);
    lazy.checkoutLatest();
    assertThat(lazy.countRows()).isEqualTo(501);
  }

  @Test
  void badQueriesSayWhatIsWrong() {
    assertThatThrownBy(() -> table.search(1f, 2f).toMaps())
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("expected=7, found=2");
    float[] nan = items.get(0).vector().clone();
    nan[3] = Float.NaN;
    assertThatThrownBy(() -> table.search(nan).toMaps())
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("NaN")
        .hasMessageContaining("position=3");
    assertThatThrownBy(() -> table.query().where("nmae = 'x'").toMaps())
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("nmae")
        .hasMessageContaining("name");
    assertThatThrownBy(() -> table.query().where("id >").toMaps())
        .isInstanceOf(InvalidInputException.class);
    assertThatThrownBy(() -> table.query().select("nosuch").toMaps())
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("nosuch");
    assertThatThrownBy(() -> table.search(items.get(0).vector()).column("name").toMaps())
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("not a vector column");
    assertThatThrownBy(
            () -> table.search(items.get(0).vector()).distanceType(Distance.HAMMING).toMaps())
        .isInstanceOf(InvalidInputException.class);
    assertThatThrownBy(() -> table.add(List.of(Map.of("id", 1, "oops", 2))))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("oops");
    assertThat(table.countRows()).isEqualTo(500);
  }

  @Test
  void nullAndNaNVectorsAreNeverFound() {
    Map<String, Object> nothing = new HashMap<>();
    nothing.put("id", 1000L);
    nothing.put("vector", null);
    float[] broken = items.get(0).vector().clone();
    broken[0] = Float.NaN;
    table.add(List.of(nothing, Map.of("id", 1001L, "vector", items.get(0).vector())));
    // Adding refuses it; older tables may have it all the same.
    table.update().where("id = 1001").set("vector", broken).execute();
    assertThat(table.countRows()).isEqualTo(502);
    assertThat(table.search(items.get(0).vector()).limit(1000).toList(Hit.class))
        .hasSize(500)
        .noneSatisfy(hit -> assertThat(hit.id()).isGreaterThanOrEqualTo(1000));
  }

  @Test
  void plansArePrinted() {
    assertThat(table.search(items.get(0).vector()).where("id > 3").select("id").limit(5).explain())
        .contains(
            "KNNVectorDistance", "metric=l2", "k=5", "prefilter=[id > 3]", "Take: columns=[id]");
    assertThat(table.query().where("id > 3").limit(5).explain())
        .contains("LanceScan", "fetch=5", "filter=[id > 3]");
  }

  @Test
  void streamsGiveTheirMemoryBack() {
    try (BatchStream rows = table.query().where("id > 100").stream()) {
      Batch first = rows.next();
      assertThat(first).isNotNull();
    }
    assertThat(database.memoryInUse()).isZero();
    assertThat(table.search(items.get(0).vector()).toList(Hit.class)).hasSize(10);
    assertThat(database.memoryInUse()).isZero();
  }
}
