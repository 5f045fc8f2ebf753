package io.lancelot.compat;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.lancelot.Aggregate;
import io.lancelot.Database;
import io.lancelot.Lancelot;
import io.lancelot.ScanQuery;
import io.lancelot.Table;
import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/// Random groups and aggregates over rows with nulls, NaNs and zeros of both signs are those of
/// DuckDB, also where a filter leaves no rows.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class AggregatesTest {

  private static final MathContext DIGITS = new MathContext(9, RoundingMode.HALF_EVEN);
  private static final int CASES = Integer.getInteger("lancelot.fuzz.cases", 120);

  private final long seed = Long.getLong("lancelot.seed", System.nanoTime());
  private final Random random = new Random(seed);
  private final Oracle oracle = Oracle.start();

  @TempDir Path folder;

  @AfterAll
  void close() {
    oracle.close();
  }

  private <T> T any(List<T> values) {
    return values.get(random.nextInt(values.size()));
  }

  /// An aggregate and the same in SQL.
  private record Asked(Aggregate aggregate, String sql) {}

  private Asked aggregate() {
    String column = any(List.of("i", "f", "s", "b", "d", "u", "m.v"));
    String number = any(List.of("i", "f", "m.v"));
    return switch (random.nextInt(8)) {
      case 0 -> new Asked(Aggregate.count(), "count(*)");
      case 1 -> new Asked(Aggregate.count(column), "count(" + column + ")");
      case 2 -> new Asked(Aggregate.countDistinct(column), "count(DISTINCT " + column + ")");
      case 3 -> new Asked(Aggregate.min(column), "min(" + column + ")");
      case 4 -> new Asked(Aggregate.max(column), "max(" + column + ")");
      case 5 -> new Asked(Aggregate.sum(number), "sum(" + number + ")");
      case 6 -> new Asked(Aggregate.avg("u"), "avg(u)");
      default -> new Asked(Aggregate.avg(number), "avg(" + number + ")");
    };
  }

  private static String shown(@Nullable Object value) {
    return switch (value) {
      case Double d when d.isNaN() || d.isInfinite() -> d.toString();
      case Double d -> plain(new BigDecimal(d));
      case Integer i -> plain(BigDecimal.valueOf(i));
      case Long l -> plain(BigDecimal.valueOf(l));
      case Number n -> plain(new BigDecimal(n.toString()));
      case null, default -> String.valueOf(value);
    };
  }

  private static String plain(BigDecimal value) {
    return value.signum() == 0 ? "0" : value.round(DIGITS).stripTrailingZeros().toPlainString();
  }

  private void compare(Table table, Path lance) {
    List<String> keys = new ArrayList<>();
    for (int i = random.nextInt(3); i > 0; i--) {
      String key = any(List.of("i", "f", "s", "b", "d", "m.v", "i % 3"));
      if (!keys.contains(key)) {
        keys.add(key);
      }
    }
    List<String> selected = new ArrayList<>(keys);
    ScanQuery query = table.query().groupBy(keys.toArray(String[]::new));
    for (int i = 1 + random.nextInt(4); i > 0; i--) {
      Asked asked = aggregate();
      query.aggregate(asked.aggregate.as("a" + i));
      selected.add(asked.sql);
    }
    String where = any(List.of("true", "i > 3", "i > 100", "f IS NULL", "i = 2 AND f < 0"));
    query.where(where);
    String sql = "SELECT " + String.join(", ", selected) + " FROM rows WHERE " + where;
    sql += keys.isEmpty() ? "" : " GROUP BY " + String.join(", ", keys);
    List<String> found = new ArrayList<>();
    for (Map<String, @Nullable Object> row : query.toMaps()) {
      found.add(String.join("|", row.values().stream().map(AggregatesTest::shown).toList()));
    }
    List<String> expected = new ArrayList<>();
    JsonNode rows = oracle.call("duckdb", Map.of("lance", lance, "sql", sql)).get("rows");
    rows.forEach(row -> expected.add(row.asText()));
    assertThat(found).as("%s (seed=%d)", sql, seed).containsExactlyInAnyOrderElementsOf(expected);
  }

  @Test
  void groupsAndAggregatesAreThoseOfDuckDb() {
    Path lance = Ours.folder(folder, "t");
    oracle.call(
        "write",
        Map.of(
            "from",
            Data.filterable(900, random.nextInt(1 << 30)),
            "lance",
            lance,
            "max_rows_per_file",
            250));
    try (Database database = Lancelot.connect(folder.toString());
        Table table = database.openTable("t")) {
      table.delete("id % 13 = 4");
      for (int i = 0; i < CASES; i++) {
        compare(table, lance);
      }
    }
  }
}
