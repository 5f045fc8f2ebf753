package io.lancelot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lancelot.base.InvalidInputException;
import io.lancelot.base.LancelotException;
import io.lancelot.columnar.Batch;
import io.lancelot.columnar.BatchStream;
import io.lancelot.columnar.DataType;
import io.lancelot.columnar.Field;
import io.lancelot.columnar.Schema;
import io.lancelot.columnar.Types;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MutationsTest {

  record Item(long id, @Nullable String name, @Vector(3) float[] vector) {}

  private Database database;
  private Table table;

  @BeforeEach
  void create() {
    database = Lancelot.connect("memory://");
    table =
        database.createTable(
            "items", IntStream.range(0, 20).mapToObj(MutationsTest::item).toList());
  }

  @AfterEach
  void close() {
    database.close();
  }

  private static Item item(long id) {
    return new Item(id, id % 5 == 0 ? null : "n" + id, new float[] {id, 1, 2});
  }

  private Map<String, @Nullable Object> row(long id) {
    return table.query().where("id = " + id).toMaps().getFirst();
  }

  @Test
  void updateSetsValuesOfEveryType() {
    Table.UpdateResult result =
        table
            .update()
            .where("id < 3")
            .set("name", "x")
            .set("vector", new float[] {7, 8, 9})
            .setSql("id", "id + 100")
            .execute();
    assertThat(result.rowsUpdated()).isEqualTo(3);
    assertThat(result.version()).isEqualTo(2);
    assertThat(row(101)).containsEntry("name", "x");
    assertThat(table.search(7, 8, 9).limit(3).toMaps())
        .allSatisfy(found -> assertThat(found.get("_distance")).isEqualTo(0f));
    assertThat(table.countRows()).isEqualTo(20);
    assertThat(table.update().where("id < 0").set("name", "y").execute())
        .isEqualTo(new Table.UpdateResult(0, 2));
    assertThat(table.update().set("name", null).execute().rowsUpdated()).isEqualTo(20);
  }

  @Test
  void updateRefusesWhatDoesNotFit() {
    assertThatThrownBy(() -> table.update().set("vector", new float[] {1}).execute())
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("vector");
    assertThatThrownBy(() -> table.update().set("oops", 1).execute())
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("oops");
    assertThatThrownBy(() -> table.update().set("id", null).execute())
        .isInstanceOf(InvalidInputException.class);
    assertThatThrownBy(() -> table.update().setSql("id", "NULL").execute())
        .isInstanceOf(InvalidInputException.class);
    assertThat(table.version()).isEqualTo(1);
    assertThat(database.memoryInUse()).isZero();
  }

  @Test
  void mergeReportsSourceRowsOfOneKey() {
    assertThatThrownBy(() ->
            table
                .mergeInsert("id")
                .whenMatchedUpdateAll()
                .execute(List.of(item(3), item(4), item(3))))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("rows 0 and 2")
        .hasMessageContaining("id=3");
    assertThat(table.version()).isEqualTo(1);
    assertThat(database.memoryInUse()).isZero();
  }

  /// dlt deletes the rows of older loads so: its source says a key once for each row to be kept.
  @Test
  void rowsThatOnlyTellWhichToKeepMayRepeatKeys() {
    long others = table.countRows("id > 4");
    Table.MergeResult merged =
        table
            .mergeInsert("id")
            .whenNotMatchedBySourceDelete("id > 2")
            .execute(List.of(item(3), item(4), item(3)));
    assertThat(merged.numDeleted()).isEqualTo(others).isPositive();
    assertThat(table.countRows("id IN (3, 4)")).isEqualTo(2);
    assertThat(table.countRows("id > 4")).isZero();
    assertThat(database.memoryInUse()).isZero();
  }

  @Test
  void mergeWithoutAnythingToDoIsRefused() {
    assertThatThrownBy(() -> table.mergeInsert("id").execute(List.of(item(3))))
        .isInstanceOf(InvalidInputException.class);
    assertThatThrownBy(() -> table.mergeInsert().whenMatchedUpdateAll().execute(List.of(item(3))))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("primary key");
  }

  /// A key with a null in it is equal to none (users.md 29).
  @Test
  void nullsNeverMatchInCompositeKeys() {
    Map<String, @Nullable Object> source = new HashMap<>();
    source.put("id", 5L);
    source.put("name", null);
    source.put("vector", new float[] {0, 0, 0});
    Table.MergeResult result =
        table
            .mergeInsert("id", "name")
            .whenMatchedUpdateAll()
            .whenNotMatchedInsertAll()
            .execute(List.of(source, Map.of("id", 6L, "name", "n6", "vector", new float[3])));
    assertThat(result.numInserted()).isEqualTo(1);
    assertThat(result.numUpdated()).isEqualTo(1);
    assertThat(table.countRows("id = 5")).isEqualTo(2);
  }

  /// lance#7596, lancedb#3515: the key is not the first column.
  @Test
  void mergeByAKeyThatIsNotTheFirstColumn() {
    Table.MergeResult result =
        table
            .mergeInsert("name")
            .whenMatchedUpdateAll()
            .execute(List.of(new Item(70, "n7", new float[3]), new Item(1, "none", new float[3])));
    assertThat(result.numUpdated()).isEqualTo(1);
    assertThat(result.numInserted()).isZero();
    assertThat(table.query().where("name = 'n7'").toMaps().getFirst()).containsEntry("id", 70L);
  }

  /// lancedb#2515: rows that lack a column that was added later.
  @Test
  void columnsThatTheSourceLacksKeepTheirValuesOrAreNull() {
    table.addColumns(Map.of("description", "'d'"));
    table
        .mergeInsert("id")
        .whenMatchedUpdateAll()
        .whenNotMatchedInsertAll()
        .execute(List.of(item(3), item(30)));
    assertThat(row(3)).containsEntry("description", "d");
    assertThat(row(30)).containsEntry("description", null);
  }

  @Test
  void upsertsOfManyThreadsAllGoThrough() throws Exception {
    int threads = 16;
    int each = 20;
    try (ExecutorService pool = Executors.newFixedThreadPool(threads)) {
      List<Future<?>> running = new ArrayList<>();
      for (int t = 0; t < threads; t++) {
        long first = 1000L * (t + 1);
        running.add(
            pool.submit(() -> {
              for (int i = 0; i < each; i++) {
                table
                    .mergeInsert("id")
                    .whenMatchedUpdateAll()
                    .whenNotMatchedInsertAll()
                    .execute(List.of(item(first + i)));
              }
            }));
      }
      for (Future<?> future : running) {
        future.get();
      }
    }
    assertThat(table.countRows()).isEqualTo(20 + threads * each);
  }

  @Test
  void upsertsOfOneKeyAtOnceLeaveOneRow() throws Exception {
    try (ExecutorService pool = Executors.newFixedThreadPool(8)) {
      List<Future<?>> running = new ArrayList<>();
      for (int t = 0; t < 8; t++) {
        running.add(
            pool.submit(() -> {
              for (int i = 0; i < 5; i++) {
                table
                    .mergeInsert("id")
                    .whenMatchedUpdateAll()
                    .whenNotMatchedInsertAll()
                    .execute(List.of(item(5000 + i)));
              }
            }));
      }
      for (Future<?> future : running) {
        future.get();
      }
    }
    assertThat(table.countRows("id >= 5000")).isEqualTo(5);
  }

  record Pair(long id, long n) {}

  /// lance PR#6969 and #6283: an index that is brought up to date forgets the values that rows had
  /// before, also where they keep their ids or their place.
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void indicesBroughtUpToDateForgetOldValues(boolean stableRowIds) {
    TableOptions options = TableOptions.defaults();
    List<Pair> pairs = LongStream.range(0, 100).mapToObj(id -> new Pair(id, id % 10)).toList();
    for (Index index : List.of(Index.btree(), Index.bitmap())) {
      try (Table pairTable =
          database.createTable(
              "pairs-" + index.hashCode(),
              pairs,
              stableRowIds ? options.withStableRowIds() : options)) {
        pairTable.createIndex("n", index);
        pairTable
            .mergeInsert("id")
            .whenMatchedUpdateAll()
            .execute(List.of(new Pair(3, 77), new Pair(13, 77)));
        pairTable.optimize();
        assertThat(pairTable.countRows("n = 3")).isEqualTo(8);
        assertThat(pairTable.countRows("n = 77")).isEqualTo(2);
        assertThat(pairTable.countRows("NOT (n = 3)")).isEqualTo(92);
        pairTable
            .mergeInsert("id")
            .whenMatchedUpdateAll()
            .execute(List.of(new Pair(3, 78), new Pair(23, 78)));
        pairTable.optimize();
        assertThat(pairTable.countRows("n = 77")).isEqualTo(1);
        assertThat(pairTable.countRows("n = 78")).isEqualTo(2);
        assertThat(pairTable.countRows("n = 3")).isEqualTo(7);
      }
    }
  }

  @Test
  void columnsOfFunctionsAndJoins() {
    table.delete("id = 4");
    Schema twice = Schema.of(Field.nullable("twice", Types.INT64));
    table.addColumns(
        twice,
        List.of("id"),
        batch -> {
          var builder =
              io.lancelot.columnar.ColumnBuilder.of(Types.INT64, java.lang.foreign.Arena.ofAuto());
          for (int i = 0; i < batch.rowCount(); i++) {
            builder.append(2 * (Long) io.lancelot.columnar.Values.at(batch.column(0), i));
          }
          return new Batch(twice, batch.rowCount(), List.of(builder.build()));
        });
    assertThat(row(7)).containsEntry("twice", 14L);
    try (Table other =
        database.createTable(
            "other", List.of(Map.of("id", 7L, "score", 0.5), Map.of("id", 99L, "score", 1.0)))) {
      BatchStream rows = other.query().stream();
      table.addColumns(List.of("id"), rows);
    }
    assertThat(row(7)).containsEntry("score", 0.5);
    assertThat(row(8)).containsEntry("score", null);
    assertThat(database.memoryInUse()).isZero();
  }

  @Test
  void listsOfOneLengthBecomeVectors() {
    Table lists =
        database.createTable(
            "lists",
            List.of(
                Map.of("id", 1L, "v", List.of(1f, 2f)), Map.of("id", 2L, "v", List.of(3f, 4f))));
    lists.alterColumns(ColumnAlteration.of("v").castTo(Types.vector(2)));
    assertThat(lists.schema().field("v").orElseThrow().type())
        .isInstanceOf(DataType.FixedSizeList.class);
    assertThat(lists.search(3, 4).limit(1).toMaps().getFirst()).containsEntry("id", 2L);
    assertThatThrownBy(() -> lists.alterColumns(ColumnAlteration.of("v").castTo(Types.vector(3))))
        .isInstanceOf(InvalidInputException.class);
  }

  @Test
  void metadataAndConfigChange() {
    Map<String, @Nullable String> change = new HashMap<>();
    change.put("unit", "m");
    table.updateFieldMetadata("vector", change);
    assertThat(table.schema().field("vector").orElseThrow().metadata()).containsEntry("unit", "m");
    change.put("unit", null);
    table.updateFieldMetadata("vector", change);
    assertThat(table.schema().field("vector").orElseThrow().metadata()).isEmpty();
    table.updateSchemaMetadata(Map.of("about", "tests"));
    assertThat(table.schema().metadata()).containsEntry("about", "tests");
    table.updateConfig(Map.of("mine", "1"));
    assertThat(table.config()).containsEntry("mine", "1");
    assertThat(table.countRows()).isEqualTo(20);
  }

  @Test
  void badVectorsAreRefusedDroppedFilledOrNulled() {
    Map<String, @Nullable Object> nothing = new HashMap<>();
    nothing.put("id", 103L);
    nothing.put("vector", null);
    List<Map<String, @Nullable Object>> rows =
        List.of(
            Map.of("id", 100L, "vector", new float[] {1, 2, 3}),
            Map.of("id", 101L, "vector", new float[] {1, Float.NaN, 3}),
            Map.of("id", 102L, "vector", new float[] {1}),
            nothing);
    assertThatThrownBy(() -> table.add(rows.subList(0, 2)))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("not-a-number")
        .hasMessageContaining("row=1");
    assertThatThrownBy(() -> table.add(rows)).isInstanceOf(InvalidInputException.class);
    assertThat(table.countRows()).isEqualTo(20);
    table.add(rows, BadVectors.drop());
    assertThat(table.countRows("id >= 100")).isEqualTo(1);
    table.delete("id >= 100");
    table.add(rows, BadVectors.toNull());
    assertThat(table.countRows("id >= 100 AND vector IS NULL")).isEqualTo(3);
    table.delete("id >= 100");
    table.add(rows, BadVectors.fill(9));
    assertThat(floats(row(101))).isEqualTo(List.of(1f, 9f, 3f));
    assertThat(floats(row(102))).isEqualTo(List.of(1f, 9f, 9f));
    assertThat(floats(row(103))).isEqualTo(List.of(9f, 9f, 9f));
    assertThat(database.memoryInUse()).isZero();
  }

  private static List<Object> floats(Map<String, @Nullable Object> row) {
    Object vector = row.get("vector");
    if (vector instanceof float[] floats) {
      List<Object> list = new ArrayList<>();
      for (float value : floats) {
        list.add(value);
      }
      return list;
    }
    return new ArrayList<>((List<?>) vector);
  }

  @Test
  void rowsByOffset() {
    table.delete("id IN (0, 1, 7)");
    assertThat(Arrays.asList(0L, 4L, 5L, 16L, 0L))
        .zipSatisfy(
            table.takeOffsets(Item.class, 0, 4, 5, 16, 0),
            (offset, item) ->
                assertThat(item.id())
                    .isEqualTo(
                        table.query().offset(offset).limit(1).toMaps().getFirst().get("id")));
    assertThatThrownBy(() -> table.takeOffsets(17)).isInstanceOf(InvalidInputException.class);
    assertThatThrownBy(() -> table.takeOffsets(-1)).isInstanceOf(InvalidInputException.class);
  }

  @Test
  void limitsAndRangesAtTheirEdges() {
    assertThat(table.query().limit(0).toMaps()).isEmpty();
    assertThatThrownBy(() -> table.search(1, 2, 3).limit(0).toMaps())
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("limit of a vector search");
    assertThatThrownBy(() -> table.search(1, 2, 3).distanceRange(2, 1).toMaps())
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("distance range");
  }

  @Test
  void streamsFailWhenTheirDatabaseIsClosed() {
    BatchStream stream = table.query().stream();
    BatchStream search = table.search(1, 2, 3).stream();
    database.close();
    assertThatThrownBy(stream::next).isInstanceOf(LancelotException.class);
    assertThatThrownBy(search::next).isInstanceOf(LancelotException.class);
    stream.close();
    search.close();
  }
}
