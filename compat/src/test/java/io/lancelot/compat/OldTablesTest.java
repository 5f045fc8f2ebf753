package io.lancelot.compat;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.lancelot.Database;
import io.lancelot.Index;
import io.lancelot.Lancelot;
import io.lancelot.Table;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Tables in the file version that releases of Lance before 1.0 wrote: every change goes on in that
/// version, so that those releases still read them.
final class OldTablesTest {

  record Labelled(long id, String label) {}

  @Test
  void everyChangeKeepsTheVersionOfTheFiles(@TempDir Path dir) {
    Path folder = Ours.folder(dir, "t");
    try (Oracle oracle = Oracle.start()) {
      oracle.call(
          "write",
          Map.of(
              "from",
              Data.vectors(500, 8),
              "lance",
              folder,
              "data_storage_version",
              "2.0",
              "max_rows_per_file",
              300));
      try (Database database = Lancelot.connect(dir.toString());
          Table table = database.openTable("t")) {
        table.add(List.of(Map.of("id", 500L, "label", "new")));
        table.update().where("id % 100 = 7").setSql("label", "upper(label)").execute();
        table.delete("id % 10 = 3");
        table
            .mergeInsert("id")
            .whenMatchedUpdateAll()
            .whenNotMatchedInsertAll()
            .execute(
                LongStream.range(490, 510).mapToObj(id -> new Labelled(id, "merged")).toList());
        table.addColumns(Map.of("twice", "id * 2"));
        table.createIndex("id", Index.btree());
        table.optimize();
        assertThat(table.countRows()).isEqualTo(461);
        assertThat(table.countRows("label = 'merged'")).isEqualTo(20);
        assertThat(table.query().where("id = 107").select("label", "twice").toMaps())
            .containsExactly(Map.of("label", "LABEL 2", "twice", 214L));
        JsonNode state = oracle.call("validate", Map.of("lance", folder));
        assertThat(state.get("format").asText()).isEqualTo("2.0");
        assertThat(state.get("files").toString()).isEqualTo("[\"2.0\"]");
        JsonNode found =
            oracle.call(
                "filtered", Map.of("lance", folder, "filter", "twice >= 980 AND id IS NOT NULL"));
        assertThat(found.get("scan")).hasSize(20);
        assertThat(found.get("indexed")).isEqualTo(found.get("scan"));
      }
    }
  }
}
