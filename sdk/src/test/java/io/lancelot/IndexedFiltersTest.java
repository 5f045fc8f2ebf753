package io.lancelot;

import static org.assertj.core.api.Assertions.assertThat;

import io.lancelot.base.Context;
import io.lancelot.base.Memory;
import io.lancelot.base.Scratch;
import io.lancelot.columnar.Batch;
import io.lancelot.columnar.BatchStream;
import io.lancelot.columnar.Column;
import io.lancelot.columnar.ColumnBuilder;
import io.lancelot.columnar.DataType;
import io.lancelot.columnar.Field;
import io.lancelot.columnar.Schema;
import io.lancelot.columnar.Types;
import io.lancelot.columnar.Values;
import io.lancelot.storage.ObjectStore;
import io.lancelot.storage.ObjectStores;
import io.lancelot.table.CreateOptions;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// An index never changes an answer: random predicates on a table with every kind of scalar index
/// and on the same rows without any.
class IndexedFiltersTest {

  private static final Schema SCHEMA =
      Schema.of(
          Field.nullable("id", Types.INT64),
          Field.nullable("i", Types.INT32),
          Field.nullable("u", Types.UINT64),
          Field.nullable("f", Types.FLOAT64),
          Field.nullable("g", Types.FLOAT32),
          Field.nullable("s", Types.UTF8),
          Field.nullable("b", Types.BOOL),
          Field.nullable("d", Types.DATE32),
          Field.nullable("tags", Types.listOf(Types.UTF8)),
          Field.nullable("m", new DataType.Struct(List.of(Field.nullable("v", Types.INT32)))));

  private static final List<String> WORDS =
      List.of("", "a", "ab", "abc", "b_c", "100%", "Été", "漢字", "hello world", "Hello", "straße");

  private final long seed = Long.getLong("lancelot.seed", System.nanoTime());
  private final Random random = new Random(seed);
  private final Memory memory = Memory.ofLimit(64 << 20);
  private final Scratch scratch = memory.scratch();
  private Database database;
  private long nextId;

  @TempDir Path folder;

  @BeforeEach
  void connect() {
    database = Lancelot.connect(folder.toString());
  }

  /// An empty table.
  private Table create(String name, boolean stableRowIds) {
    CreateOptions options =
        stableRowIds ? CreateOptions.DEFAULT.withStableRowIds() : CreateOptions.DEFAULT;
    ObjectStore store = ObjectStores.open(folder.toString());
    try (Context context = Context.ofMemory(64 << 20)) {
      io.lancelot.table.Table.create(store, name + ".lance", SCHEMA, options, context).close();
    }
    store.close();
    return database.openTable(name);
  }

  @AfterEach
  void close() {
    database.close();
    scratch.close();
    memory.close();
  }

  private <T> @Nullable T maybe(T value) {
    return random.nextInt(8) == 0 ? null : value;
  }

  private <T> T any(List<T> values) {
    return values.get(random.nextInt(values.size()));
  }

  private Batch rows(int count) {
    List<ColumnBuilder> builders = new ArrayList<>();
    SCHEMA.fields().forEach(field -> builders.add(ColumnBuilder.of(field.type(), scratch)));
    for (int r = 0; r < count; r++) {
      double f =
          any(
              List.of(
                  0.0,
                  -0.0,
                  1.5,
                  -2.25,
                  Double.NaN,
                  Double.longBitsToDouble(0xFFF8_0000_0000_0000L),
                  Double.POSITIVE_INFINITY,
                  random.nextDouble() * 18 - 9));
      List<@Nullable Object> values = new ArrayList<>();
      values.add(nextId++);
      values.add(maybe(random.nextInt(41) - 20));
      values.add(maybe(any(List.of(0L, 1L, Long.MIN_VALUE, -1L, (long) random.nextInt(100)))));
      values.add(maybe(f));
      values.add(maybe((float) f));
      values.add(maybe(any(WORDS)));
      values.add(maybe(random.nextInt(3) == 0));
      values.add(maybe(18000 + random.nextInt(100)));
      List<@Nullable String> tags = new ArrayList<>();
      for (int i = random.nextInt(4); i > 0; i--) {
        tags.add(random.nextInt(9) == 0 ? null : any(List.of("p", "q", "r")));
      }
      values.add(maybe(tags));
      Map<String, @Nullable Object> struct = new HashMap<>();
      struct.put("v", maybe(random.nextInt(10)));
      values.add(maybe(struct));
      for (int i = 0; i < values.size(); i++) {
        Object value = values.get(i);
        if (value != null && i == 2) {
          value = Values.unsigned((Long) value);
        }
        if (value != null && i == 7) {
          value = LocalDate.ofEpochDay((Integer) value);
        }
        builders.get(i).append(value);
      }
    }
    List<Column> columns = builders.stream().map(ColumnBuilder::build).toList();
    return new Batch(SCHEMA, count, columns);
  }

  private String atom() {
    String op = any(List.of("=", "!=", "<", "<=", ">", ">="));
    String not = random.nextInt(3) == 0 ? "NOT " : "";
    return switch (random.nextInt(17)) {
      case 0 -> "i " + op + " " + (random.nextInt(45) - 22);
      case 1 -> "f " + op + " " + any(List.of("1.5", "-2.25", "0.0", "8"));
      case 2 -> "s " + op + " '" + any(WORDS) + "'";
      case 3 ->
          any(List.of("i", "f", "g", "s", "b", "u", "d", "tags", "m.v", "m"))
              + " IS "
              + not
              + "NULL";
      case 4 -> "i " + not + "IN (" + random.nextInt(20) + ", -3, 7)";
      case 5 -> "i " + not + "BETWEEN " + -random.nextInt(20) + " AND " + random.nextInt(20);
      case 6 ->
          "s "
              + not
              + "LIKE '"
              + any(List.of("a%", "%b%", "_b%", "%", "hello%", "%ello%", "%llo w%", "1%"))
              + "'";
      case 7 -> "b IS " + not + any(List.of("TRUE", "FALSE", "UNKNOWN"));
      case 8 -> "array_has(tags, '" + any(List.of("p", "q", "z")) + "')";
      case 9 -> "m.v " + op + " " + random.nextInt(10);
      case 10 -> "i * 2 + 3 " + op + " " + (random.nextInt(60) - 30);
      case 11 -> "d " + op + " date '2019-0" + (4 + random.nextInt(4)) + "-15'";
      case 12 -> "u " + op + " " + any(List.of("0", "1", "9223372036854775808", "50"));
      case 13 -> "g " + op + " " + any(List.of("1.5", "0.1", "-2.25"));
      case 14 -> "contains(s, '" + any(List.of("ello", "wor", "b", "ra")) + "')";
      case 15 -> "i IN (1, 2, NULL)";
      default -> "b";
    };
  }

  private String predicate(int depth) {
    if (depth == 0 || random.nextInt(4) == 0) {
      return atom();
    }
    return switch (random.nextInt(5)) {
      case 0 -> "NOT (" + predicate(depth - 1) + ")";
      case 1 -> "((" + predicate(depth - 1) + ") IS " + any(List.of("TRUE", "NOT FALSE")) + ")";
      case 2 -> "(" + predicate(depth - 1) + ") OR (" + predicate(depth - 1) + ")";
      default -> "(" + predicate(depth - 1) + ") AND (" + predicate(depth - 1) + ")";
    };
  }

  private static List<Long> ids(Table table, String predicate) {
    List<Long> ids = new ArrayList<>();
    table
        .query()
        .where(predicate)
        .select("id")
        .toMaps()
        .forEach(row -> ids.add((Long) row.get("id")));
    ids.sort(null);
    return ids;
  }

  private void compare(Table plain, Table indexed, int count, String stage) {
    for (int i = 0; i < count; i++) {
      String predicate = predicate(random.nextInt(5));
      List<Long> expected = ids(plain, predicate);
      assertThat(ids(indexed, predicate))
          .as(
              "%s: %s (seed=%d)\n%s",
              stage, predicate, seed, indexed.query().where(predicate).explain())
          .isEqualTo(expected);
      assertThat(indexed.countRows(predicate)).as("count %s", predicate).isEqualTo(expected.size());
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void givesTheAnswersOfAScan(boolean stableRowIds) {
    Batch first = rows(700);
    Batch second = rows(400);
    Table plain = create("plain", stableRowIds);
    Table indexed = create("indexed", stableRowIds);
    for (Table table : List.of(plain, indexed)) {
      table.add(BatchStream.of(SCHEMA, List.of(first)));
      table.add(BatchStream.of(SCHEMA, List.of(second)));
      table.delete("id % 11 = 3");
    }
    List<List<String>> indices =
        List.of(
            List.of("i", "BTREE"),
            List.of("f", "BTREE"),
            List.of("g", "ZONEMAP"),
            List.of("s", "BITMAP"),
            List.of("s", "NGRAM"),
            List.of("s", "FM"),
            List.of("s", "BTREE"),
            List.of("b", "BITMAP"),
            List.of("tags", "LABEL_LIST"),
            List.of("d", "ZONEMAP"),
            List.of("u", "BLOOMFILTER"),
            List.of("m.v", "BTREE"));
    for (List<String> index : indices) {
      if (random.nextInt(6) > 0) {
        indexed.createIndex(index.getFirst(), Index.of(index.getLast(), Map.of()));
      }
    }
    compare(plain, indexed, 150, "indexed");
    Batch third = rows(300);
    for (Table table : List.of(plain, indexed)) {
      table.delete("i = 7 OR id % 13 = 5");
      table.add(BatchStream.of(SCHEMA, List.of(third)));
      table.delete("id % 17 = 2");
    }
    compare(plain, indexed, 150, "appended and deleted");
    indexed.optimize();
    compare(plain, indexed, 150, "optimized");
  }

  /// lance#4756, PR#5270, #5918, #5895, #4814: nulls under NOT, OR and IN.
  @Test
  void waitsUntilAnIndexCoversAllRows() {
    Table table = database.createTable("t", Schema.of(Field.nullable("x", Types.INT64)));
    table.add(List.of(Map.of("x", 1)));
    table.createIndex("x", Index.btree());
    assertThat(table.waitForIndex(Duration.ZERO, "x_idx")).isTrue();
    table.add(List.of(Map.of("x", 2)));
    assertThat(table.waitForIndex(Duration.ofMillis(60), "x_idx")).isFalse();
    table.optimize();
    assertThat(table.waitForIndex(Duration.ZERO, "x_idx")).isTrue();
  }

  @Test
  void keepsNullsApart() {
    Table table =
        database.createTable(
            "t", Schema.of(Field.nullable("x", Types.INT32), Field.nullable("b", Types.BOOL)));
    for (Object[] row :
        new Object[][] {{1, true}, {2, false}, {null, null}, {3, true}, {5, null}}) {
      Map<String, @Nullable Object> values = new HashMap<>();
      values.put("x", row[0]);
      values.put("b", row[1]);
      table.add(List.of(values));
    }
    table.createIndex("x", Index.btree());
    table.createIndex("b", Index.bitmap());
    assertThat(table.countRows("NOT (x < 2)")).isEqualTo(3);
    assertThat(table.countRows("x IN (1, 2, NULL)")).isEqualTo(2);
    assertThat(table.countRows("NOT (x IN (1, 2, NULL))")).isZero();
    assertThat(table.countRows("(x != 0) OR (x < 5)")).isEqualTo(4);
    assertThat(table.countRows("NOT (b IS FALSE)")).isEqualTo(4);
    assertThat(table.countRows("NOT b")).isEqualTo(1);
    assertThat(table.query().where("NOT (b IS FALSE)").explain()).contains("ScalarIndexQuery");
  }
}
