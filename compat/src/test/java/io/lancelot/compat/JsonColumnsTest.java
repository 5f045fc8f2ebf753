package io.lancelot.compat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.lancelot.Database;
import io.lancelot.Lancelot;
import io.lancelot.Table;
import io.lancelot.base.InvalidInputException;
import io.lancelot.columnar.Batch;
import io.lancelot.columnar.BatchStream;
import io.lancelot.columnar.Column;
import io.lancelot.columnar.ColumnBuilder;
import io.lancelot.columnar.DataType;
import io.lancelot.columnar.Field;
import io.lancelot.columnar.Schema;
import io.lancelot.columnar.StructColumn;
import io.lancelot.columnar.Types;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/// Columns of JSON come as text and are stored in the binary form, which the real Lance reads, and
/// shows as we do.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class JsonColumnsTest {

  private static final Field JSON =
      new Field("j", Types.UTF8, true, Map.of("ARROW:extension:name", "arrow.json"));
  private static final DataType PAGE =
      new DataType.Struct(List.of(JSON, Field.nullable("n", Types.INT64)));
  private static final Schema SCHEMA =
      Schema.of(Field.nullable("id", Types.INT64), JSON, Field.nullable("page", PAGE));

  private final Oracle oracle = Oracle.start();

  @AfterAll
  void close() {
    oracle.close();
  }

  private static BatchStream rows(Arena arena, long first, String... texts) {
    ColumnBuilder ids = ColumnBuilder.of(Types.INT64, arena);
    ColumnBuilder json = ColumnBuilder.of(Types.UTF8, arena);
    ColumnBuilder inside = ColumnBuilder.of(Types.UTF8, arena);
    ColumnBuilder numbers = ColumnBuilder.of(Types.INT64, arena);
    for (int i = 0; i < texts.length; i++) {
      ids.append(first + i);
      json.append(texts[i]);
      inside.append(texts[texts.length - 1 - i]);
      numbers.append((long) i);
    }
    Column page =
        new StructColumn(
            (DataType.Struct) PAGE, texts.length, List.of(inside.build(), numbers.build()), null);
    Batch batch = new Batch(SCHEMA, texts.length, List.of(ids.build(), json.build(), page));
    return BatchStream.of(SCHEMA, List.of(batch));
  }

  private void same(Table table, Path dir) {
    JsonNode theirs = oracle.call("rows", Map.of("lance", Ours.folder(dir, "t"))).path("rows");
    List<String> shown = new ArrayList<>();
    theirs.forEach(row ->
        shown.add(
            row.path("id").asLong()
                + " "
                + row.path("j").asText()
                + " "
                + row.path("page").path("j").asText()));
    List<String> ours = new ArrayList<>();
    for (Map<String, ?> row : table.query().toMaps()) {
      ours.add(row.get("id") + " " + row.get("j") + " " + ((Map<?, ?>) row.get("page")).get("j"));
    }
    assertThat(ours).containsExactlyInAnyOrderElementsOf(shown);
  }

  @Test
  void theRealLanceReadsWhatCameAsText(@TempDir Path dir) {
    try (Arena arena = Arena.ofConfined();
        Database database = Lancelot.connect(dir.toString());
        Table table =
            database.createTable(
                "t", rows(arena, 0, "{\"k\": 1, \"a\" : [1.5, null]}", "  ", "\"\\u00e9\""))) {
      table.add(rows(arena, 3, "12345678901234567890", "-1e-7", "NaN", "[[], {}]"));
      table.add(
          List.of(
              Map.of("id", 7L, "j", "{\"b\":2, \"a\": 1}", "page", Map.of("j", "[ 1 ]", "n", 0L))));
      table
          .mergeInsert("id")
          .whenMatchedUpdateAll()
          .whenNotMatchedInsertAll()
          .execute(rows(arena, 1, "{\"k\": 9}", null, "true"));
      table
          .update()
          .where("id = 7")
          .setSql("j", "'{\"z\" : ' || cast(id AS string) || '}'")
          .execute();
      table.update().where("id = 6").set("j", "[ 7 ]").execute();
      table.addColumns(Schema.of(JSON.withName("later")));
      table.update().where("id = 6").set("later", "{ }").execute();
      assertThat(table.countRows("json_extract(later, '$') = '{}'")).isEqualTo(1);
      same(table, dir);
      assertThat(table.countRows("json_extract(j, '$.k') = '9'")).isEqualTo(1);
      assertThat(table.countRows("json_get_int(page.j, 'k') = 9")).isEqualTo(1);
    }
  }

  @Test
  void refusesWhatIsNoJson(@TempDir Path dir) {
    try (Arena arena = Arena.ofConfined();
        Database database = Lancelot.connect(dir.toString());
        Table table = database.createTable("t", rows(arena, 0, "1"))) {
      for (String text :
          Arrays.asList("{", "{\"a\":1,\"a\":2}", "1 2", "[1,]", "\"\\x41\"", "'a'")) {
        assertThatThrownBy(() -> table.add(rows(arena, 1, "2", text)))
            .as(text)
            .isInstanceOf(InvalidInputException.class)
            .hasMessageContaining("column=j")
            .hasMessageContaining("position");
      }
      assertThat(table.countRows()).isEqualTo(1);
    }
  }
}
