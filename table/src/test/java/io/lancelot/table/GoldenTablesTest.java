package io.lancelot.table;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.lancelot.base.Context;
import io.lancelot.storage.MemoryStore;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.StreamSupport;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.roaringbitmap.RoaringBitmap;

/// Every version of every table of the real Lance is what it says it is.
class GoldenTablesTest {

  private final Context context = Context.ofMemory(64 << 20);

  static List<String> names() {
    return Golden.names();
  }

  @ParameterizedTest
  @MethodSource("names")
  void everyVersionIsRead(String name) {
    JsonNode facts = Golden.facts().get(name);
    try (MemoryStore store = Golden.store(name);
        Table table = Table.open(store, name + ".lance", context)) {
      assertThat(table.versions().stream().map(VersionInfo::version).toList())
          .isEqualTo(stream(facts).map(fact -> fact.get("version").asLong()).toList());
      for (JsonNode fact : facts) {
        checkVersion(table, table.checkout(fact.get("version").asLong()), fact);
      }
    }
    assertThat(context.memory().usedBytes()).isZero();
  }

  private static void checkVersion(Table table, Snapshot snapshot, JsonNode fact) {
    assertThat(snapshot.rowCount()).isEqualTo(fact.get("rows").asLong());
    assertThat(snapshot.schema().arrow().names()).isEqualTo(texts(fact.get("columns")));
    assertThat(snapshot.fileVersion().text()).isEqualTo(fact.get("fileVersion").asText());
    assertThat(snapshot.indices().stream().map(IndexEntry::name).distinct().toList())
        .isEqualTo(texts(fact.get("indices")));
    assertThat(snapshot.config().size()).isEqualTo(fact.get("config").size());
    String operation = fact.get("operation").asText();
    // The Python binding has no class for this one.
    String expected = operation.equals("BaseOperation") ? "ReserveFragments" : operation;
    assertThat(table.transaction(snapshot).operation().label()).isEqualTo(expected);
    checkFragments(table, snapshot, fact.get("fragments"));
    checkRows(table, snapshot, fact);
  }

  private static void checkFragments(Table table, Snapshot snapshot, JsonNode facts) {
    assertThat(snapshot.fragments()).hasSize(facts.size());
    for (int i = 0; i < facts.size(); i++) {
      Fragment fragment = snapshot.fragments().get(i);
      JsonNode fact = facts.get(i);
      assertThat(fragment.id()).isEqualTo(fact.get("id").asLong());
      assertThat(fragment.physicalRows()).isEqualTo(fact.get("physicalRows").asLong());
      assertThat(fragment.deletedRows()).isEqualTo(fact.get("deletedRows").asLong());
      RoaringBitmap deleted = table.deletions(snapshot, fragment);
      assertThat(deleted.getLongCardinality()).isEqualTo(fragment.deletedRows());
      assertThat(fragment.files().stream().map(DataFile::path).toList())
          .isEqualTo(stream(fact.get("files")).map(file -> file.get("path").asText()).toList());
    }
  }

  private static void checkRows(Table table, Snapshot snapshot, JsonNode fact) {
    for (Map.Entry<String, String> column :
        Map.of("id", "ids", TableScan.ROW_ID, "rowIds", TableScan.ROW_ADDRESS, "rowAddresses")
            .entrySet()) {
      List<Long> expected = stream(fact.get(column.getValue())).map(JsonNode::asLong).toList();
      List<Long> found = Rows.longs(table, snapshot, column.getKey());
      assertThat(found).hasSize((int) snapshot.rowCount());
      assertThat(found.subList(0, expected.size())).as(column.getKey()).isEqualTo(expected);
    }
  }

  private static List<String> texts(JsonNode array) {
    List<String> texts = new ArrayList<>();
    array.forEach(node -> texts.add(node.asText()));
    return texts;
  }

  private static java.util.stream.Stream<JsonNode> stream(JsonNode array) {
    return StreamSupport.stream(array.spliterator(), false);
  }
}
