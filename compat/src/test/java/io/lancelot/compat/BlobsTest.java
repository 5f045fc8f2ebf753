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
import io.lancelot.columnar.Field;
import io.lancelot.columnar.Schema;
import io.lancelot.columnar.Types;
import io.lancelot.file.BlobInput;
import io.lancelot.table.Blob;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Large values of the second kind, written and moved by ours and by the real Lance in turn: inside
/// the data file, packed, dedicated and external ones, none and empty ones.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class BlobsTest {

  private static final Schema SCHEMA =
      Schema.of(Field.nullable("id", Types.INT64), BlobInput.field("b"));

  private final Oracle oracle = Oracle.start();

  @AfterAll
  void close() {
    oracle.close();
  }

  /// @param size -1 for null
  private record Value(int size, int key) {
    byte[] bytes() {
      byte[] bytes = new byte[size];
      for (int i = 0; i < size; i++) {
        bytes[i] = (byte) (i * 31 + key * 7);
      }
      return bytes;
    }

    @Nullable List<Object> digest() {
      return size < 0 ? null : digestOf(bytes());
    }
  }

  private static List<Object> digestOf(byte[] bytes) {
    try {
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(bytes);
      return List.of(bytes.length, HexFormat.of().formatHex(digest));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  private static Value value(Random random, int key) {
    int size =
        switch (random.nextInt(8)) {
          case 0, 1 -> -1;
          case 2 -> 0;
          case 3, 4, 5 -> 1 + random.nextInt(1000);
          case 6 -> 65_530 + random.nextInt(100_000);
          default -> random.nextInt(4) == 0 ? 4_194_300 + random.nextInt(10) : 200_000;
        };
    return new Value(size, key);
  }

  @ParameterizedTest
  @ValueSource(strings = {"2.1", "2.2"})
  void blobsInsideStructsAreTakenByTheirPath(String format, @TempDir Path dir) throws IOException {
    List<@Nullable Integer> sizes = new ArrayList<>();
    for (int i = 0; i < 60; i++) {
      sizes.add(i % 4 == 3 ? null : i % 9 == 0 ? 0 : i % 11 == 0 ? 100_000 : 10 * i);
    }
    JsonNode theirs =
        oracle
            .call(
                "blobs_inside",
                Map.of("format", format, "sizes", sizes, "lance", Ours.folder(dir, "t")))
            .get("sizes");
    for (int i = 0; i < sizes.size(); i++) {
      assertThat(theirs.get(i).isNull()).as("their blob " + i).isEqualTo(!inside(sizes, i));
    }
    try (Database database = Lancelot.connect(dir.toString());
        Table table = database.openTable("t")) {
      readInside(table, sizes);
      // lance#8082, #5115: compaction of blobs in structs failed.
      table.delete("id % 5 = 1");
      assertThat(table.optimize().compaction().fragmentsRemoved()).isEqualTo(1);
      readInside(table, sizes);
    }
  }

  private static boolean inside(List<@Nullable Integer> sizes, int i) {
    return sizes.get(i) != null && i % 5 != 4 && i % 7 != 6;
  }

  private static void readInside(Table table, List<@Nullable Integer> sizes) throws IOException {
    List<Map<String, Object>> found = table.query().select("id").withRowId().toMaps();
    long[] rows =
        found.stream().mapToLong(row -> ((Number) row.get("_rowid")).longValue()).toArray();
    List<@Nullable Blob> ours = table.takeBlobs("out.in ner.b", rows);
    for (int at = 0; at < rows.length; at++) {
      int i = ((Number) found.get(at).get("id")).intValue();
      try (Blob blob = ours.get(at)) {
        if (!inside(sizes, i)) {
          assertThat(blob).as("blob " + i).isNull();
          continue;
        }
        assertThat(blob).as("blob " + i).isNotNull();
        assertThat(blob.readAll())
            .isEqualTo(new Value(Objects.requireNonNull(sizes.get(i)), i).bytes());
      }
    }
  }

  /// And lance#7955, #8069, #7716: null and empty values, moved.
  @Test
  void bothSeeTheSameValuesWhoeverWroteOrMovedThem(@TempDir Path dir) {
    Random random = new Random(Cases.seed());
    Map<Long, Value> model = new TreeMap<>();
    try (Database database = Lancelot.connect(dir.toString());
        Table table = database.createTable("t", SCHEMA)) {
      for (int step = 0; step < 12; step++) {
        Map<Long, Value> fresh = new LinkedHashMap<>();
        for (int i = 0; i < 20; i++) {
          long id = 100L * step + i;
          fresh.put(id, value(random, (int) id));
        }
        switch (step % 6) {
          case 0, 3 -> table.add(rows(fresh));
          case 1 -> writeByThem(dir, fresh);
          case 2 -> {
            fresh.clear();
            table.delete("id % 7 = 3");
            model.keySet().removeIf(id -> id % 7 == 3);
            table.optimize();
          }
          case 4 -> {
            fresh.clear();
            // The rows move, and their values with them.
            table.update().where("id % 5 = 1").setSql("id", "id + 1000000").execute();
            Map<Long, Value> moved = new TreeMap<>();
            model.forEach((id, v) -> moved.put(id % 5 == 1 ? id + 1_000_000 : id, v));
            model.clear();
            model.putAll(moved);
          }
          default -> {
            // Half of the source are rows that are there.
            model.keySet().stream().limit(10).forEach(id -> fresh.put(id, value(random, 5)));
            table
                .mergeInsert("id")
                .whenMatchedUpdateAll()
                .whenNotMatchedInsertAll()
                .execute(rows(fresh));
          }
        }
        model.putAll(fresh);
        check(dir, table, model, "step " + step + " of seed " + Cases.seed());
      }
      oracle.call("compact", Map.of("lance", Ours.folder(dir, "t")));
      table.checkoutLatest();
      check(dir, table, model, "compacted by the real Lance");
    }
  }

  private static List<Map<String, @Nullable Object>> rows(Map<Long, Value> values) {
    List<Map<String, @Nullable Object>> rows = new ArrayList<>();
    values.forEach((id, v) -> {
      Map<String, @Nullable Object> row = new LinkedHashMap<>();
      row.put("id", id);
      row.put("b", v.size() < 0 ? null : v.bytes());
      rows.add(row);
    });
    return rows;
  }

  private void writeByThem(Path dir, Map<Long, Value> values) {
    List<List<@Nullable Object>> rows = new ArrayList<>();
    values.forEach((id, v) -> {
      List<@Nullable Object> row = new ArrayList<>();
      row.add(id);
      row.add(v.size() < 0 ? null : v.size());
      row.add(v.key());
      rows.add(row);
    });
    oracle.call(
        "blobs_write", Map.of("lance", Ours.folder(dir, "t"), "rows", rows, "mode", "append"));
  }

  private void check(Path dir, Table table, Map<Long, Value> model, String when) {
    table.checkoutLatest();
    Map<Long, @Nullable List<Object>> expected = new TreeMap<>();
    model.forEach((id, v) -> expected.put(id, v.digest()));
    Map<Long, @Nullable List<Object>> theirs = new TreeMap<>();
    for (JsonNode row :
        oracle.call("blobs_read", Map.of("lance", Ours.folder(dir, "t"))).get("rows")) {
      JsonNode value = row.get(1);
      theirs.put(
          row.get(0).asLong(),
          value.isNull() ? null : List.of(value.get(0).asInt(), value.get(1).asText()));
    }
    assertThat(theirs).as("the real Lance, %s", when).isEqualTo(expected);
    assertThat(read(table)).as("ours, %s", when).isEqualTo(expected);
  }

  private static Map<Long, @Nullable List<Object>> read(Table table) {
    List<Map<String, Object>> found = table.query().select("id").withRowId().toMaps();
    long[] rowIds =
        found.stream().mapToLong(row -> ((Number) row.get("_rowid")).longValue()).toArray();
    Map<Long, @Nullable List<Object>> values = new TreeMap<>();
    List<@Nullable Blob> blobs = table.takeBlobs("b", rowIds);
    for (int i = 0; i < rowIds.length; i++) {
      try (Blob blob = blobs.get(i)) {
        values.put((long) found.get(i).get("id"), blob == null ? null : digestOf(blob.readAll()));
      }
    }
    return values;
  }

  @Test
  void valuesOutsideTheTableStayThere(@TempDir Path dir) throws IOException {
    Path file = dir.resolve("outside.bin");
    byte[] bytes = new Value(100_000, 3).bytes();
    Files.write(file, bytes);
    try (Database database = Lancelot.connect(dir.toString());
        Table table = database.createTable("t", SCHEMA)) {
      Map<String, Object> row = Map.of("id", 1L, "b", file.toUri());
      assertThatThrownBy(() -> table.add(List.of(row)))
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining("outside the table");
      assertThat(table.countRows()).isZero();
      oracle.call(
          "blobs_write",
          Map.of(
              "lance", Ours.folder(dir, "t"),
              "rows", List.of(List.of(1, file.toUri().toString().replace("file:/", "file:///"), 0)),
              "mode", "append"));
      table.checkoutLatest();
      table.delete("id = 7");
      table.update().setSql("id", "id + 1").execute();
      table.optimize();
      long id = ((Number) table.query().withRowId().toMaps().getFirst().get("_rowid")).longValue();
      try (Blob blob = table.takeBlobs("b", id).getFirst();
          InputStream stream = blob.stream()) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        stream.transferTo(all);
        assertThat(all.toByteArray()).isEqualTo(bytes);
      }
    }
  }

  @Test
  void blobsInsideStructsAndLists(@TempDir Path dir) {
    Field inner = BlobInput.field("v");
    Schema nested =
        Schema.of(
            Field.nullable("id", Types.INT64),
            Field.nullable(
                "s",
                new io.lancelot.columnar.DataType.Struct(
                    List.of(Field.nullable("n", Types.INT32), inner))),
            Field.nullable(
                "l", new io.lancelot.columnar.DataType.ListOf(inner.withName("item"), false)));
    try (Database database = Lancelot.connect(dir.toString());
        Table table = database.createTable("t", nested)) {
      List<Map<String, Object>> rows = new ArrayList<>();
      for (long id = 0; id < 50; id++) {
        Map<String, Object> row = new LinkedHashMap<>();
        row.put("id", id);
        byte[] bytes = new Value((int) id * 3000, (int) id).bytes();
        if (id % 3 != 0) {
          Map<String, Object> s = new LinkedHashMap<>();
          s.put("n", 1);
          s.put("v", id % 5 == 0 ? null : Map.of("data", bytes));
          row.put("s", s);
        }
        if (id % 4 != 0) {
          List<Object> items = new ArrayList<>();
          items.add(Map.of("data", bytes));
          items.add(null);
          row.put("l", id % 4 == 1 ? List.of() : items);
        }
        rows.add(row);
      }
      try (var memory = io.lancelot.base.Memory.ofLimit(1 << 28);
          var scratch = memory.scratch()) {
        List<io.lancelot.columnar.Column> columns = new ArrayList<>();
        List<Field> given = new ArrayList<>();
        for (Field field : nested.fields()) {
          var builder = io.lancelot.columnar.ColumnBuilder.of(field.type(), scratch);
          rows.forEach(row -> builder.append(row.get(field.name())));
          columns.add(builder.build());
          given.add(field);
        }
        table.add(
            BatchStream.of(Schema.of(given), List.of(new Batch(Schema.of(given), 50, columns))));
      }
      table.delete("id = 49");
      table.update().where("id = 48").setSql("id", "id").execute();
      table.optimize();
    }
    JsonNode theirs =
        oracle.call("blobs_read", Map.of("lance", Ours.folder(dir, "t"), "column", "s.v"));
    assertThat(theirs.get("rows")).hasSize(49);
    for (JsonNode row : theirs.get("rows")) {
      int id = row.get(0).asInt();
      if (id % 3 == 0 || id % 5 == 0) {
        assertThat(row.get(1).isNull()).as("row %s", id).isTrue();
      } else {
        assertThat(row.get(1).get(1).asText())
            .as("row %s", id)
            .isEqualTo(new Value(id * 3000, id).digest().get(1));
      }
    }
    JsonNode lists = oracle.call("blob_lists", Map.of("lance", Ours.folder(dir, "t"))).get("rows");
    for (JsonNode row : lists) {
      int id = row.get(0).asInt();
      List<Integer> sizes = new ArrayList<>();
      row.get(1).forEach(size -> sizes.add(size.isNull() ? -1 : size.asInt()));
      assertThat(sizes).as("row %s", id).isEqualTo(id % 4 < 2 ? List.of() : List.of(id * 3000, -1));
      assertThat(row.get(1).isNull()).isEqualTo(id % 4 == 0);
    }
  }
}
