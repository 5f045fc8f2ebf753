package io.lancelot;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Random histories of one table against a plain map from id to row: equal after every step, and at
/// every version in the end.
///
/// A step is an [Act]; whatever else changes a table, or must not, is one more entry in [#acts].
class HistoriesTest {

  private static final int STEPS = Integer.getInteger("lancelot.steps", 60);

  private final long seed = Long.getLong("lancelot.seed", System.nanoTime());
  private final Random random = new Random(seed);
  private final List<String> told = new ArrayList<>();
  private final Map<Long, Map<Long, Map<String, @Nullable Object>>> past = new TreeMap<>();
  private final Set<String> extra = new LinkedHashSet<>();
  private Map<Long, Map<String, @Nullable Object>> model = new TreeMap<>();
  private long nextId;
  private int nextColumn;

  private interface Act {
    /// Does one thing to the table and the model and says what.
    String run(Table table);
  }

  private Map<String, Act> acts() {
    Map<String, Act> acts = new LinkedHashMap<>();
    acts.put("append", this::append);
    acts.put("delete", this::delete);
    acts.put("update", this::update);
    acts.put("upsert", this::upsert);
    acts.put("upsert partly", this::upsertPartly);
    acts.put("insert if absent", this::insertIfAbsent);
    acts.put("replace range", this::replaceRange);
    acts.put("add column", this::addColumn);
    acts.put("alter column", this::alterColumn);
    acts.put("drop column", this::dropColumn);
    acts.put("restore", this::restore);
    return acts;
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void tableAndModelAgree(boolean stableRowIds, @TempDir Path dir) {
    TableOptions options = TableOptions.defaults();
    if (stableRowIds) {
      options = options.withStableRowIds();
    }
    List<Map<String, @Nullable Object>> first = rows(60);
    Database database = Lancelot.connect(dir.toString());
    try {
      Table table = database.createTable("t", first, options);
      first.forEach(this::put);
      remember(table);
      List<Act> acts = List.copyOf(acts().values());
      List<String> names = List.copyOf(acts().keySet());
      for (int step = 0; step < STEPS; step++) {
        if (random.nextInt(10) == 0) {
          database.close();
          database = Lancelot.connect(dir.toString());
          table = database.openTable("t");
        }
        int dice = random.nextInt(acts.size());
        told.add(names.get(dice) + ": " + acts.get(dice).run(table));
        remember(table);
        check(table);
      }
      for (Map.Entry<Long, Map<Long, Map<String, @Nullable Object>>> then : past.entrySet()) {
        table.checkout(then.getKey());
        assertThat(read(table)).as(story()).isEqualTo(then.getValue());
      }
    } finally {
      database.close();
    }
  }

  private String story() {
    return "seed " + seed + ": " + told;
  }

  private void remember(Table table) {
    Map<Long, Map<String, @Nullable Object>> copy = new TreeMap<>();
    model.forEach((id, row) -> copy.put(id, new HashMap<>(row)));
    past.put(table.version(), copy);
  }

  private void check(Table table) {
    assertThat(table.countRows()).as(story()).isEqualTo(model.size());
    assertThat(read(table)).as(story()).isEqualTo(model);
  }

  private static Map<Long, Map<String, @Nullable Object>> read(Table table) {
    Map<Long, Map<String, @Nullable Object>> rows = new TreeMap<>();
    for (Map<String, @Nullable Object> row : table.query().toMaps()) {
      Map<String, @Nullable Object> plain = new HashMap<>(row);
      plain.replaceAll((_, value) -> value instanceof Number n ? (Object) n.longValue() : value);
      rows.put((Long) plain.get("id"), plain);
    }
    return rows;
  }

  private void put(Map<String, @Nullable Object> row) {
    model.put((Long) row.get("id"), new HashMap<>(row));
  }

  private List<Map<String, @Nullable Object>> rows(int count) {
    List<Long> ids = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      ids.add(nextId++);
    }
    return rows(ids);
  }

  private List<Map<String, @Nullable Object>> rows(Collection<Long> ids) {
    List<Map<String, @Nullable Object>> rows = new ArrayList<>();
    for (long id : ids) {
      Map<String, @Nullable Object> row = new HashMap<>();
      row.put("id", id);
      // The first row fixes the types.
      row.put("n", rows.isEmpty() || random.nextInt(4) > 0 ? (long) random.nextInt(20) : null);
      row.put("s", rows.isEmpty() || random.nextInt(5) > 0 ? "s" + random.nextInt(9) : null);
      for (String column : extra) {
        row.put(column, random.nextInt(3) > 0 ? (long) random.nextInt(100) : null);
      }
      rows.add(row);
    }
    return rows;
  }

  /// Some ids that are there and some that are not.
  private List<Long> someIds() {
    Set<Long> ids = new LinkedHashSet<>();
    for (int i = 0; i < 20; i++) {
      ids.add(random.nextLong(Math.max(1, nextId + 10)));
    }
    nextId += 10;
    return List.copyOf(ids);
  }

  private String append(Table table) {
    List<Map<String, @Nullable Object>> more = rows(1 + random.nextInt(40));
    table.add(more);
    more.forEach(this::put);
    return more.size() + " rows";
  }

  private String delete(Table table) {
    long k = random.nextInt(7);
    List<Long> gone = ids(row -> (Long) row.get("id") % 7 == k);
    assertThat(table.delete("id % 7 = " + k).rows()).as(story()).isEqualTo(gone.size());
    gone.forEach(model::remove);
    return "id % 7 = " + k;
  }

  private List<Long> ids(Predicate<Map<String, @Nullable Object>> test) {
    return model.values().stream().filter(test).map(row -> (Long) row.get("id")).toList();
  }

  private String update(Table table) {
    long k = random.nextInt(5);
    List<Long> hit = ids(row -> (Long) row.get("id") % 5 == k && row.get("n") != null);
    Table.UpdateResult result =
        table
            .update()
            .where("id % 5 = " + k + " AND n IS NOT NULL")
            .setSql("n", "n + 1")
            .set("s", "new")
            .execute();
    assertThat(result.rowsUpdated()).as(story()).isEqualTo(hit.size());
    for (long id : hit) {
      Map<String, @Nullable Object> row = model.get(id);
      row.put("n", (Long) row.get("n") + 1);
      row.put("s", "new");
    }
    return "id % 5 = " + k;
  }

  private String upsert(Table table) {
    List<Map<String, @Nullable Object>> source = rows(someIds());
    long updated = source.stream().filter(row -> model.containsKey((Long) row.get("id"))).count();
    Table.MergeResult result =
        table.mergeInsert("id").whenMatchedUpdateAll().whenNotMatchedInsertAll().execute(source);
    assertThat(result.numUpdated()).as(story()).isEqualTo(updated);
    assertThat(result.numInserted()).as(story()).isEqualTo(source.size() - updated);
    source.forEach(this::put);
    return source.size() + " rows";
  }

  private String upsertPartly(Table table) {
    List<Map<String, @Nullable Object>> source = new ArrayList<>();
    for (long id : someIds()) {
      source.add(Map.of("id", id, "n", 77L));
    }
    table
        .mergeInsert("id")
        .whenMatchedUpdateAll("target.n < source.n")
        .whenNotMatchedInsertAll()
        .execute(source);
    for (Map<String, @Nullable Object> row : source) {
      Map<String, @Nullable Object> known = model.get((Long) row.get("id"));
      if (known == null) {
        Map<String, @Nullable Object> added = new HashMap<>(row);
        added.put("s", null);
        extra.forEach(column -> added.put(column, null));
        put(added);
      } else if (known.get("n") != null && (Long) known.get("n") < 77) {
        known.put("n", 77L);
      }
    }
    return source.size() + " rows";
  }

  private String insertIfAbsent(Table table) {
    List<Map<String, @Nullable Object>> source = rows(someIds());
    table.mergeInsert("id").whenNotMatchedInsertAll().execute(source);
    for (Map<String, @Nullable Object> row : source) {
      if (!model.containsKey((Long) row.get("id"))) {
        put(row);
      }
    }
    return source.size() + " rows";
  }

  private String replaceRange(Table table) {
    long low = random.nextLong(nextId);
    long high = low + 30;
    List<Map<String, @Nullable Object>> source = rows(List.of(low, low + 1, low + 5));
    nextId = Math.max(nextId, low + 6);
    Table.MergeResult result =
        table
            .mergeInsert("id")
            .whenMatchedUpdateAll()
            .whenNotMatchedInsertAll()
            .whenNotMatchedBySourceDelete("id BETWEEN " + low + " AND " + high)
            .execute(source);
    List<Long> range = ids(row -> (Long) row.get("id") >= low && (Long) row.get("id") <= high);
    long kept = source.stream().filter(row -> range.contains((Long) row.get("id"))).count();
    assertThat(result.numDeleted()).as(story()).isEqualTo(range.size() - kept);
    range.forEach(model::remove);
    source.forEach(this::put);
    return low + " to " + high;
  }

  private String addColumn(Table table) {
    String name = "y" + nextColumn++;
    if (random.nextBoolean()) {
      table.addColumns(Map.of(name, "id * 2"));
      model.values().forEach(row -> row.put(name, (Long) row.get("id") * 2));
    } else {
      table.addColumns(
          io.lancelot.columnar.Schema.of(
              io.lancelot.columnar.Field.nullable(name, io.lancelot.columnar.Types.INT64)));
      model.values().forEach(row -> row.put(name, null));
    }
    extra.add(name);
    return name;
  }

  private String alterColumn(Table table) {
    if (extra.isEmpty()) {
      return "nothing";
    }
    String name = extra.iterator().next();
    String renamed = "y" + nextColumn++;
    ColumnAlteration alteration = ColumnAlteration.of(name).rename(renamed);
    boolean cast = random.nextBoolean();
    if (cast) {
      boolean narrow = table.schema().field(name).orElseThrow().type().byteWidth() == 8;
      alteration =
          alteration.castTo(
              narrow ? io.lancelot.columnar.Types.INT32 : io.lancelot.columnar.Types.INT64);
    }
    table.alterColumns(alteration);
    model.values().forEach(row -> row.put(renamed, row.remove(name)));
    extra.remove(name);
    extra.add(renamed);
    return name + " to " + renamed + (cast ? " with another type" : "");
  }

  private String dropColumn(Table table) {
    if (extra.isEmpty()) {
      return "nothing";
    }
    String name = extra.iterator().next();
    table.dropColumns(name);
    model.values().forEach(row -> row.remove(name));
    extra.remove(name);
    return name;
  }

  private String restore(Table table) {
    List<Long> versions = List.copyOf(past.keySet());
    long version = versions.get(random.nextInt(versions.size()));
    table.restore(version);
    model = new TreeMap<>();
    past.get(version).forEach((id, row) -> model.put(id, new HashMap<>(row)));
    extra.clear();
    table.schema().names().stream().filter(name -> name.startsWith("y")).forEach(extra::add);
    return "version " + version;
  }
}
