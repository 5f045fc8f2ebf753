package io.lancelot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lancelot.base.InvalidInputException;
import io.lancelot.columnar.DataType;
import io.lancelot.columnar.Field;
import io.lancelot.columnar.Schema;
import io.lancelot.columnar.Types;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Order, distinct rows and aggregates, in plenty of memory and in so little that rows go to files
/// on the way; the truth is computed here over plain Java objects.
class GroupingTest {

  private static final Schema SCHEMA =
      Schema.of(
          Field.nullable("id", Types.INT64),
          Field.nullable("g", Types.INT32),
          Field.nullable("f", Types.FLOAT64),
          Field.nullable("s", Types.UTF8),
          Field.nullable("d", new DataType.Decimal(128, 10, 2)),
          Field.nullable("b", Types.BOOL),
          Field.nullable("tags", Types.listOf(Types.UTF8)));

  private final long seed = Long.getLong("lancelot.seed", System.nanoTime());
  private final Random random = new Random(seed);

  @TempDir Path folder;

  private static Map<String, @Nullable Object> row(@Nullable Object... values) {
    Map<String, @Nullable Object> row = new HashMap<>();
    for (int i = 0; i < values.length; i++) {
      row.put(SCHEMA.names().get(i), values[i]);
    }
    return row;
  }

  private <T> @Nullable T maybe(T value) {
    return random.nextInt(8) == 0 ? null : value;
  }

  private List<Map<String, @Nullable Object>> rows(int count, int groups) {
    List<Map<String, @Nullable Object>> rows = new ArrayList<>();
    double[] floats = {0.0, -0.0, Double.NaN, Double.POSITIVE_INFINITY, -1.5};
    for (long id = 0; id < count; id++) {
      double f = random.nextBoolean() ? floats[random.nextInt(5)] : random.nextInt(100) / 4.0;
      rows.add(
          row(
              id,
              maybe(random.nextInt(groups) - groups / 2),
              maybe(f),
              maybe("s" + "x".repeat(random.nextInt(3)) + random.nextInt(groups)),
              maybe(BigDecimal.valueOf(random.nextInt(2000) - 1000, 2)),
              maybe(random.nextBoolean()),
              maybe(List.of("p", "q" + random.nextInt(3)).subList(0, random.nextInt(3)))));
    }
    return rows;
  }

  private Database open(long memoryBytes) {
    return Lancelot.connect(
        folder.toString(), ConnectOptions.defaults().withMemoryBytes(memoryBytes));
  }

  private Table write(Database database, List<Map<String, @Nullable Object>> rows) {
    Table table = database.createTable("t", SCHEMA);
    for (int from = 0; from < rows.size(); from += 20_000) {
      table.add(rows.subList(from, Math.min(rows.size(), from + 20_000)));
    }
    table.delete("id % 11 = 3");
    rows.removeIf(row -> (Long) Objects.requireNonNull(row.get("id")) % 11 == 3);
    return table;
  }

  /// The order of values: NaN above all, both zeros equal.
  @SuppressWarnings({"unchecked", "rawtypes"})
  private static int compare(Object a, Object b) {
    if (a instanceof Double x && b instanceof Double y) {
      return x.doubleValue() == y.doubleValue() ? 0 : Double.compare(x, y);
    }
    return ((Comparable) a).compareTo(b);
  }

  private static Comparator<Map<String, @Nullable Object>> by(
      String key, boolean ascending, boolean nullsFirst) {
    return (x, y) -> {
      Object a = x.get(key);
      Object b = y.get(key);
      if (a == null || b == null) {
        return a == b ? 0 : (a == null) == nullsFirst ? -1 : 1;
      }
      return ascending ? compare(a, b) : compare(b, a);
    };
  }

  private static List<Object> ids(List<Map<String, @Nullable Object>> rows) {
    return rows.stream().<Object>map(row -> Objects.requireNonNull(row.get("id"))).toList();
  }

  @ParameterizedTest
  @ValueSource(longs = {12L << 20, 256L << 20})
  void rowsComeInOrder(long memoryBytes) {
    try (Database database = open(2512L << 20)) {
      write(database, rows(40_000, 300)).close();
    }
    List<Map<String, @Nullable Object>> all;
    try (Database database = open(2512L << 20);
        Table table = database.openTable("t")) {
      all = table.query().toMaps();
    }
    try (Database database = open(memoryBytes);
        Table table = database.openTable("t")) {
      for (int round = 0; round < 6; round++) {
        List<String> keys = new ArrayList<>(List.of("g", "f", "s", "d", "b"));
        java.util.Collections.shuffle(keys, random);
        Comparator<Map<String, @Nullable Object>> order = (_, _) -> 0;
        ScanQuery query = table.query().select("id");
        StringBuilder shown = new StringBuilder("seed " + seed);
        for (String key : keys.subList(0, 1 + random.nextInt(3))) {
          boolean ascending = random.nextBoolean();
          boolean nullsFirst = random.nextBoolean();
          order = order.thenComparing(by(key, ascending, nullsFirst));
          query.orderBy(key, ascending, nullsFirst);
          shown.append(", ").append(key).append(ascending).append(nullsFirst);
        }
        int offset = random.nextInt(3) * 700;
        int limit = List.of(0, 10, 5000, 1_000_000).get(random.nextInt(4));
        query.offset(offset).limit(limit);
        List<Map<String, @Nullable Object>> expected = new ArrayList<>(all);
        expected.sort(order);
        int from = Math.min(offset, expected.size());
        int to = Math.min(expected.size(), from + limit);
        assertThat(ids(query.toMaps()))
            .as(shown.toString())
            .isEqualTo(ids(expected.subList(from, to)));
      }
    }
  }

  private static @Nullable Object canonical(@Nullable Object value) {
    return value instanceof Double d ? (Object) (d == 0 ? 0.0 : d) : value;
  }

  @ParameterizedTest
  @ValueSource(longs = {12L << 20, 256L << 20})
  void differentRowsComeOnce(long memoryBytes) {
    try (Database database = open(2512L << 20)) {
      List<Map<String, @Nullable Object>> rows = rows(40_000, 3000);
      write(database, rows).close();
      try (Database small = open(memoryBytes);
          Table table = small.openTable("t")) {
        for (List<String> columns :
            List.of(List.of("g"), List.of("f"), List.of("s", "b"), List.of("tags", "f"))) {
          Set<List<@Nullable Object>> expected = new HashSet<>();
          for (Map<String, @Nullable Object> row : rows) {
            List<@Nullable Object> key = new ArrayList<>();
            columns.forEach(column -> key.add(canonical(row.get(column))));
            expected.add(key);
          }
          List<List<@Nullable Object>> found = new ArrayList<>();
          for (Map<String, @Nullable Object> row :
              table.query().select(columns).distinct().toMaps()) {
            List<@Nullable Object> key = new ArrayList<>();
            columns.forEach(column -> key.add(canonical(row.get(column))));
            found.add(key);
          }
          assertThat(found).as("seed %d, %s", seed, columns).hasSameSizeAs(expected);
          assertThat(new HashSet<>(found)).isEqualTo(expected);
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {24L << 20, 256L << 20})
  void groupsAreAggregated(long memoryBytes) {
    try (Database database = open(2512L << 20)) {
      List<Map<String, @Nullable Object>> rows = rows(40_000, 5000);
      write(database, rows).close();
      try (Database small = open(memoryBytes);
          Table table = small.openTable("t")) {
        List<Map<String, @Nullable Object>> found =
            table
                .query()
                .groupBy("g")
                .aggregate(
                    Aggregate.count(),
                    Aggregate.countDistinct("b"),
                    Aggregate.min("s"),
                    Aggregate.countDistinct("s"),
                    Aggregate.max("d"),
                    Aggregate.sum("d"),
                    Aggregate.sum("id"),
                    Aggregate.avg("id"),
                    Aggregate.max("f"),
                    Aggregate.count("f"))
                .orderBy("g")
                .toMaps();
        List<Map<String, @Nullable Object>> expected = truth(rows);
        assertThat(found).hasSameSizeAs(expected);
        for (int i = 0; i < found.size(); i++) {
          found.get(i).replace("max_f", canonical(found.get(i).get("max_f")));
          assertThat(found.get(i)).as("seed %d", seed).isEqualTo(expected.get(i));
        }
      }
    }
  }

  private static List<Map<String, @Nullable Object>> truth(
      List<Map<String, @Nullable Object>> rows) {
    Map<@Nullable Object, List<Map<String, @Nullable Object>>> groups =
        new TreeMap<>(Comparator.nullsLast((a, b) -> compare(a, b)));
    rows.forEach(row -> groups.computeIfAbsent(row.get("g"), _ -> new ArrayList<>()).add(row));
    List<Map<String, @Nullable Object>> all = new ArrayList<>();
    groups.forEach((key, group) -> {
      Map<String, @Nullable Object> out = new HashMap<>();
      out.put("g", key);
      out.put("count", (long) group.size());
      out.put("count_distinct_b", values(group, "b").stream().distinct().count());
      out.put("count_distinct_s", values(group, "s").stream().distinct().count());
      out.put("min_s", values(group, "s").stream().min(GroupingTest::compare).orElse(null));
      out.put("max_d", values(group, "d").stream().max(GroupingTest::compare).orElse(null));
      out.put(
          "max_f", canonical(values(group, "f").stream().max(GroupingTest::compare).orElse(null)));
      out.put("count_f", (long) values(group, "f").size());
      out.put(
          "sum_d",
          values(group, "d").stream()
              .map(BigDecimal.class::cast)
              .reduce(BigDecimal::add)
              .orElse(null));
      long sum =
          group.stream().mapToLong(row -> (Long) Objects.requireNonNull(row.get("id"))).sum();
      out.put("sum_id", sum);
      out.put("avg_id", (double) sum / group.size());
      all.add(out);
    });
    return all;
  }

  private static List<Object> values(List<Map<String, @Nullable Object>> rows, String column) {
    List<Object> values = new ArrayList<>();
    rows.forEach(row -> {
      Object value = row.get(column);
      if (value != null) {
        values.add(value);
      }
    });
    return values;
  }

  @Test
  void emptyTablesNullsAndOverflow() {
    try (Database database = open(64L << 20);
        Table table = database.createTable("t", SCHEMA)) {
      ScanQuery all =
          table
              .query()
              .aggregate(
                  Aggregate.count().as("n"),
                  Aggregate.countDistinct("s"),
                  Aggregate.sum("g"),
                  Aggregate.avg("f"),
                  Aggregate.min("s"));
      Map<String, @Nullable Object> nothing = new HashMap<>();
      nothing.put("n", 0L);
      nothing.put("count_distinct_s", 0L);
      nothing.put("sum_g", null);
      nothing.put("avg_f", null);
      nothing.put("min_s", null);
      assertThat(all.toMaps()).isEqualTo(List.of(nothing));
      assertThat(table.query().groupBy("g").aggregate(Aggregate.count()).toMaps()).isEmpty();
      table.add(List.of(row(Long.MAX_VALUE, null, null, null, null, null, null)));
      nothing.put("n", 1L);
      assertThat(all.toMaps()).isEqualTo(List.of(nothing));
      table.add(List.of(row(1L, 5, 2.5, "a", null, true, null)));
      assertThatThrownBy(() -> table.query().aggregate(Aggregate.sum("id")).toMaps())
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining("sum: expected=within int64, found=9223372036854775808");
      assertThat(
              table
                  .query()
                  .where("g IS NOT NULL")
                  .groupBy("g + 1")
                  .aggregate(Aggregate.avg("f").as("mean"), Aggregate.max("b"))
                  .having("mean > 2")
                  .select("mean", "max_b")
                  .toMaps())
          .isEqualTo(List.of(Map.of("mean", 2.5, "max_b", true)));
    }
  }

  /// What an index knows is taken from it, as long as it speaks for just the rows there are.
  @Test
  void extremesComeFromIndices() {
    try (Database database = open(64L << 20);
        Table table = database.createTable("t", SCHEMA)) {
      List<Map<String, @Nullable Object>> rows = rows(500, 90);
      table.add(rows);
      table.createIndex("g", Index.btree());
      table.createIndex("s", Index.btree());
      for (String stage :
          List.of("indexed", "not covered", "indexed anew", "deleted", "optimized")) {
        switch (stage) {
          case "not covered" -> table.add(List.of(row(-1L, 77, null, "zz", null, null, null)));
          case "indexed anew", "optimized" -> table.optimize();
          case "deleted" -> table.delete("g = 77 OR s = 'zz'");
          default -> {}
        }
        ScanQuery query =
            table
                .query()
                .aggregate(
                    Aggregate.count(), Aggregate.min("g"), Aggregate.max("g"), Aggregate.max("s"));
        boolean known = stage.equals("indexed") || stage.equals("indexed anew");
        if (!stage.equals("optimized")) {
          assertThat(query.explain().startsWith("KnownExec")).as(stage).isEqualTo(known);
        }
        Map<String, @Nullable Object> scanned =
            table
                .query()
                .where("id >= -1 OR id < 0")
                .aggregate(
                    Aggregate.count(), Aggregate.min("g"), Aggregate.max("g"), Aggregate.max("s"))
                .toMaps()
                .getFirst();
        assertThat(query.toMaps()).as("%s, seed %d", stage, seed).isEqualTo(List.of(scanned));
      }
    }
  }

  @Test
  void whatCannotBeGroupedIsSaid() {
    try (Database database = open(64L << 20);
        Table table = database.createTable("t", SCHEMA)) {
      assertThatThrownBy(() -> table.query().aggregate(Aggregate.sum("s")).toMaps())
          .isInstanceOf(InvalidInputException.class)
          .hasMessage("sum: expected=numbers, found=string");
      assertThatThrownBy(() -> table.query().aggregate(Aggregate.min("tags")).toMaps())
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining("min: expected=plain values");
      assertThatThrownBy(() -> table.query().having("a > 1").toMaps())
          .isInstanceOf(InvalidInputException.class);
      assertThatThrownBy(() -> table.query().groupBy("g").withRowId().toMaps())
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining("_rowid");
      assertThat(table.query().groupBy("g").aggregate(Aggregate.countDistinct("s")).explain())
          .startsWith(
              "AggregateExec: gby=[`g` as g], aggr=[count(DISTINCT `s`) as count_distinct_s]");
    }
  }
}
