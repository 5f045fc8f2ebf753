package io.lancelot.compat;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.lancelot.Database;
import io.lancelot.Index;
import io.lancelot.Lancelot;
import io.lancelot.Table;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Scalar indices of either side answer on the other: the plan names them, and the rows are those
/// of a scan.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class ScalarIndexTest {

  private static final String CASES =
      """
      BTREE;     i;    i = 7
      BTREE;     i;    i IN (1, 2, 3) OR i < -15
      BTREE;     i;    i IS NULL
      BTREE;     f;    f > 5
      BTREE;     f;    f = 0.0
      BTREE;     s;    s >= 'b' AND s < 'x'
      BTREE;     m.v;  m.v = 3
      BTREE;     d;    d = date '2019-05-01'
      BTREE;     ts;   ts < timestamp '1980-01-01 00:00:00'
      BITMAP;    s;    s = 'abc'
      BITMAP;    b;    b IS TRUE
      BITMAP;    i;    i BETWEEN -3 AND 3
      LABEL_LIST;tags; array_has(tags, 'p')
      LABEL_LIST;tags; array_has_any(tags, ['q', 'z'])
      LABEL_LIST;tags; array_has_all(tags, ['p', 'q'])
      ZONEMAP;   d;    d > date '2019-06-15'
      ZONEMAP;   f;    f > 8.9
      BLOOMFILTER;u;   u = 9223372036854775808
      BLOOMFILTER;s;   s = 'abc'
      NGRAM;     s;    contains(s, 'hello')
      FM;        s;    contains(s, 'llo')
      FM;        s;    contains(s, 'té h') OR contains(s, 'xxxxxxxxxxxxxxxxxxxxxxxxxx')
      """;

  private final Oracle oracle = Oracle.start();

  @AfterAll
  void close() {
    oracle.close();
  }

  private void write(Path dir, boolean stableRowIds) {
    oracle.call(
        "write",
        Map.of(
            "from",
            Data.filterable(9000),
            "lance",
            Ours.folder(dir, "t"),
            "max_rows_per_file",
            5000,
            "enable_stable_row_ids",
            stableRowIds));
  }

  private static List<Long> longs(JsonNode array) {
    List<Long> values = new ArrayList<>();
    array.forEach(value -> values.add(value.asLong()));
    return values;
  }

  private static List<Long> ours(Table table, String filter) {
    List<Long> ids = new ArrayList<>();
    table.query().where(filter).select("id").toMaps().forEach(row -> ids.add((Long) row.get("id")));
    ids.sort(null);
    return ids;
  }

  @ParameterizedTest
  @CsvSource(textBlock = CASES, delimiter = ';')
  void theyUseOurs(String type, String column, String filter, @TempDir Path dir) {
    for (boolean stable : new boolean[] {false, true}) {
      Path db = dir.resolve(String.valueOf(stable));
      write(db, stable);
      try (Database database = Lancelot.connect(db.toString());
          Table table = database.openTable("t")) {
        table.createIndex(column, Index.of(type, Map.of()));
      }
      JsonNode found =
          oracle.call("filtered", Map.of("lance", Ours.folder(db, "t"), "filter", filter));
      assertThat(found.get("plan").asText()).contains("ScalarIndexQuery");
      assertThat(longs(found.get("indexed"))).isEqualTo(longs(found.get("scan"))).isNotEmpty();
    }
  }

  @ParameterizedTest
  @CsvSource(textBlock = CASES, delimiter = ';')
  void weUseTheirs(String type, String column, String filter, @TempDir Path dir) {
    for (boolean stable : new boolean[] {false, true}) {
      Path db = dir.resolve(String.valueOf(stable));
      write(db, stable);
      oracle.call("index", Map.of("lance", Ours.folder(db, "t"), "column", column, "type", type));
      oracle.call("delete", Map.of("lance", Ours.folder(db, "t"), "filter", "id % 10 = 3"));
      JsonNode expected =
          oracle.call("filtered", Map.of("lance", Ours.folder(db, "t"), "filter", filter));
      try (Database database = Lancelot.connect(db.toString());
          Table table = database.openTable("t")) {
        assertThat(table.query().where(filter).explain()).contains("ScalarIndexQuery");
        assertThat(ours(table, filter)).isEqualTo(longs(expected.get("scan"))).isNotEmpty();
      }
    }
  }

  private static final List<String> TEXTS =
      List.of(
          "contains(s, 'llo')",
          "contains(s, 'b_')",
          "contains(s, 'É')",
          "contains(s, 'e h')",
          "contains(s, 'hellO')",
          "contains(s, '~')",
          "contains(s, 'xxxxxxxxxxxxxxxxxxxxxxxxxxxx') OR contains(s, '_c')",
          "contains(s, 'llo') AND id < 4000",
          "s LIKE '%llo%'",
          "s LIKE '%t_ hel%'",
          "starts_with(s, 'b_')",
          "NOT contains(s, 'llo')",
          "contains(s, 'llo') IS NOT TRUE",
          "contains(s, '')");

  private void sameRows(Table table, Path lance) {
    JsonNode answers =
        oracle.call("filtered_many", Map.of("lance", lance, "filters", TEXTS)).get("answers");
    for (int i = 0; i < TEXTS.size(); i++) {
      String filter = TEXTS.get(i);
      List<Long> expected = longs(answers.get(i).get("scan"));
      assertThat(ours(table, filter)).as(filter).isEqualTo(expected);
      assertThat(table.countRows(filter)).as(filter).isEqualTo(expected.size());
      // Its own search takes null for false, and finds an empty text nowhere.
      boolean theyErr = filter.contains("NOT") || filter.endsWith("'')");
      assertThat(answers.get(i).get("same").asBoolean() || theyErr).as(filter).isTrue();
    }
  }

  /// FM indices of several partitions and segments, of either side, through the life of a table.
  @ParameterizedTest
  @CsvSource({"false, false", "false, true", "true, false", "true, true"})
  void findsTextInEveryPartition(boolean byThem, boolean stable, @TempDir Path db) {
    Path lance = Ours.folder(db, "t");
    Map<String, Object> rows =
        Map.of("from", Data.filterable(11_500), "lance", lance, "enable_stable_row_ids", stable);
    oracle.call("write", with(rows, "max_rows_per_file", 7_000));
    try (Database database = Lancelot.connect(db.toString());
        Table table = database.openTable("t")) {
      if (byThem) {
        oracle.call("index", Map.of("lance", lance, "column", "s", "type", "FM"));
        table.checkoutLatest();
      } else {
        table.createIndex("s", Index.fm());
      }
      assertThat(table.indexStatistics("s_idx").getFirst()).containsEntry("num_partitions", 2L);
      assertThat(table.query().where(TEXTS.getFirst()).explain()).contains("ScalarIndexQuery");
      sameRows(table, lance);
      table.delete("id % 5 = 1");
      sameRows(table, lance);
      oracle.call("write", with(rows, "mode", "append"));
      table.checkoutLatest();
      sameRows(table, lance);
      table.optimize();
      sameRows(table, lance);
      table.update().where("id % 100 = 7").set("s", "llo").execute();
      sameRows(table, lance);
      table.optimize();
      sameRows(table, lance);
    }
  }

  private static Map<String, Object> with(Map<String, Object> map, String name, Object value) {
    Map<String, Object> more = new LinkedHashMap<>(map);
    more.put(name, value);
    return more;
  }
}
