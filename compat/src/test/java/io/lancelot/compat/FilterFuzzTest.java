package io.lancelot.compat;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.lancelot.Database;
import io.lancelot.Index;
import io.lancelot.Lancelot;
import io.lancelot.Table;
import io.lancelot.base.LancelotException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/// Random predicates on random tables: fragments, deletions, rows that no index covers, stable row
/// ids, indices of every kind built here or there. What indices find is what a scan finds, and that
/// is what a scan of the real Lance finds, or DuckDB where that is wrong. Its own indices sometimes
/// find other rows, which is counted.
///
/// A long run: `-Dlancelot.fuzz.cases=20000`; the same cases again: `-Dlancelot.seed=N`.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class FilterFuzzTest {

  private static final int CASES = Integer.getInteger("lancelot.fuzz.cases", 300);

  /// Making a table takes as long as many cases.
  private static final int CASES_OF_A_STAGE = Math.max(34, CASES / 50);

  private final long seed = Long.getLong("lancelot.seed", System.nanoTime());
  private final Random random = new Random(seed);
  private final Oracle oracle = Oracle.start();
  private int compared;
  private int refused;
  private int theirIndicesWrong;
  private int theirScansWrong;

  @TempDir Path folder;

  @AfterAll
  void close() {
    oracle.close();
  }

  private <T> T any(List<T> values) {
    return values.get(random.nextInt(values.size()));
  }

  private String not() {
    return random.nextInt(3) == 0 ? "NOT " : "";
  }

  private String atom() {
    String op = any(List.of("=", "!=", "<", "<=", ">", ">="));
    return switch (random.nextInt(20)) {
      case 0, 1 -> "i " + op + " " + (random.nextInt(45) - 22);
      case 2 -> "f " + op + " " + any(List.of("1.5", "-2.25", "8", "-9"));
      case 3 -> any(List.of("f = 0.0", "f != 0.0", "f < 0.0", "f >= 0.0"));
      case 4 -> "s " + op + " '" + any(List.of("", "a", "abc", "b_c", "Été hello", "xx")) + "'";
      case 5 ->
          any(List.of("i", "f", "s", "b", "u", "d", "ts", "tags", "m.v", "m"))
              + " IS "
              + not()
              + "NULL";
      case 6 -> "i " + not() + "IN (" + random.nextInt(20) + ", -3, 7)";
      case 7 -> "i " + not() + "BETWEEN " + -random.nextInt(20) + " AND " + random.nextInt(20);
      case 8 ->
          "s "
              + not()
              + any(List.of("LIKE '", "LIKE '", "ILIKE '"))
              + any(List.of("a%", "%b%", "_b%", "%", "Ét%", "%hello", "%HELLO%", "%ell_%", "x%"))
              + "'";
      case 9 -> "b IS " + not() + any(List.of("TRUE", "FALSE", "UNKNOWN"));
      case 10 -> any(List.of("array_has", "array_contains")) + "(tags, 'p')";
      case 11 ->
          any(List.of("array_has_any", "array_has_all"))
              + "(tags, ["
              + any(List.of("'p'", "'p', 'q'", "'z'", "'q', 'z'"))
              + "])";
      case 12 -> "m.v " + op + " " + random.nextInt(10);
      case 13 -> "i * 2 + 3 " + op + " " + (random.nextInt(60) - 30);
      case 14 -> "d " + op + " date '2019-0" + (4 + random.nextInt(4)) + "-15'";
      case 15 -> "u " + op + " " + any(List.of("0", "1", "9223372036854775808", "50"));
      case 16 -> "ts " + op + " timestamp '19" + (70 + random.nextInt(30)) + "-05-01 00:00:00'";
      case 17 -> "contains(s, '" + any(List.of("ello", "hell", "xxx", "b", "té h")) + "')";
      case 18 ->
          "regexp_like(s, '"
              + any(List.of("ell", "^Ét.*lo$", "(abc|hello)", "x{4,}", "b.c", "h(a|e)llo|abc"))
              + "')";
      default -> "b";
    };
  }

  private String predicate(int depth) {
    if (depth == 0 || random.nextInt(5) == 0) {
      return atom();
    }
    return switch (random.nextInt(6)) {
      case 0 -> "NOT (" + predicate(depth - 1) + ")";
      case 1 ->
          "(("
              + predicate(depth - 1)
              + ") IS "
              + any(List.of("TRUE", "NOT TRUE", "FALSE", "NOT FALSE", "UNKNOWN"))
              + ")";
      case 2, 3 -> "(" + predicate(depth - 1) + ") OR (" + predicate(depth - 1) + ")";
      default -> "(" + predicate(depth - 1) + ") AND (" + predicate(depth - 1) + ")";
    };
  }

  private static List<Long> ids(Table table, String filter) {
    List<Long> ids = new ArrayList<>();
    table.query().where(filter).select("id").toMaps().forEach(row -> ids.add((Long) row.get("id")));
    ids.sort(null);
    return ids;
  }

  private void compare(Table table, Path lance, String stage) {
    List<String> filters = new ArrayList<>();
    for (int i = 0; i < CASES_OF_A_STAGE; i++) {
      filters.add(predicate(random.nextInt(6)));
    }
    JsonNode answers =
        oracle.call("filtered_many", Map.of("lance", lance, "filters", filters)).get("answers");
    for (int i = 0; i < filters.size(); i++) {
      compare(table, lance, filters.get(i), answers.get(i), stage);
    }
  }

  private void compare(Table table, Path lance, String filter, JsonNode theirs, String stage) {
    String what = stage + ": " + filter + " (seed=" + seed + ")";
    compared++;
    List<Long> found;
    try {
      found = ids(table, filter);
      assertThat(table.query().where(filter).verify()).as(what).isEqualTo(found.size());
      assertThat(table.countRows(filter)).as(what).isEqualTo(found.size());
    } catch (LancelotException e) {
      throw new AssertionError(what, e);
    }
    if (!theirs.get("scan").isArray()) {
      refused++;
      return;
    }
    theirIndicesWrong += theirs.get("same").asBoolean() ? 0 : 1;
    List<Long> expected = new ArrayList<>();
    theirs.get("scan").forEach(id -> expected.add(id.asLong()));
    if (!found.equals(expected) && found.equals(duckDb(lance, filter))) {
      // `NOT (f != 0.0 AND f = 0.0)` is true there where f is null.
      theirScansWrong++;
      return;
    }
    assertThat(found).as(what).isEqualTo(expected);
  }

  /// What an engine of its own finds.
  private List<Long> duckDb(Path lance, String filter) {
    String sql =
        filter
            .replace("regexp_like(", "regexp_matches(")
            .replace("array_has_a", "list_has_a")
            .replace("array_has(", "list_contains(")
            .replace("array_contains(", "list_contains(")
            .replace("UNKNOWN", "NULL");
    List<Long> ids = new ArrayList<>();
    oracle
        .call("duckdb", Map.of("lance", lance, "sql", "SELECT id FROM rows WHERE " + sql))
        .get("rows")
        .forEach(id -> ids.add(Long.parseLong(id.asText())));
    ids.sort(null);
    return ids;
  }

  private static final List<List<String>> INDICES =
      List.of(
          List.of("i", "BTREE"),
          List.of("i", "BITMAP"),
          List.of("f", "BTREE"),
          List.of("f", "ZONEMAP"),
          List.of("s", "BITMAP"),
          List.of("s", "NGRAM"),
          List.of("s", "FM"),
          List.of("s", "BTREE"),
          List.of("s", "BLOOMFILTER"),
          List.of("b", "BITMAP"),
          List.of("tags", "LABEL_LIST"),
          List.of("d", "ZONEMAP"),
          List.of("d", "BTREE"),
          List.of("ts", "BTREE"),
          List.of("u", "BLOOMFILTER"),
          List.of("m.v", "BTREE"));

  /// One index at most for each column, as the real Lance takes only one.
  private void index(Table table, Path lance) {
    List<List<String>> order = new ArrayList<>(INDICES);
    java.util.Collections.shuffle(order, random);
    List<String> done = new ArrayList<>();
    for (List<String> index : order) {
      String column = index.getFirst();
      if (done.contains(column) || random.nextInt(6) == 0) {
        continue;
      }
      done.add(column);
      if (random.nextInt(3) == 0) {
        oracle.call("index", Map.of("lance", lance, "column", column, "type", index.getLast()));
        table.checkoutLatest();
      } else {
        table.createIndex(column, Index.of(index.getLast(), Map.of()));
      }
    }
  }

  private void write(Path lance, int rows, String mode, boolean stable) {
    oracle.call(
        "write",
        Map.of(
            "from",
            Data.filterable(rows, random.nextInt(1 << 30)),
            "lance",
            lance,
            "mode",
            mode,
            "max_rows_per_file",
            150 + random.nextInt(400),
            "enable_stable_row_ids",
            stable));
  }

  private void delete(Table table) {
    if (random.nextInt(4) > 0) {
      table.delete(
          any(List.of("id % 7 = 3", "i = 7 OR id < 40", "s = 'abc'", "id >= 100 AND id < 380")));
    }
  }

  private void round(int number) {
    Path db = folder.resolve("r" + number);
    Path lance = Ours.folder(db, "t");
    write(lance, 300 + random.nextInt(600), "create", random.nextBoolean());
    try (Database database = Lancelot.connect(db.toString());
        Table table = database.openTable("t")) {
      delete(table);
      index(table, lance);
      compare(table, lance, "indexed");
      write(lance, 100 + random.nextInt(300), "append", false);
      table.checkoutLatest();
      delete(table);
      compare(table, lance, "rows that no index covers");
      table.optimize();
      compare(table, lance, "optimized");
    }
  }

  @Test
  void indicesNeverChangeAnAnswer() {
    for (int round = 0; compared < CASES; round++) {
      round(round);
    }
    System.out.printf(
        "filters compared: %d (seed=%d); refused there: %d; wrong by indices there: %d; wrong without"
            + " them: %d%n",
        compared, seed, refused, theirIndicesWrong, theirScansWrong);
    assertThat(theirScansWrong).isLessThanOrEqualTo(compared / 100);
  }
}
