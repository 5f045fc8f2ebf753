package io.lancelot;

import io.lancelot.base.NotFoundException;
import io.lancelot.columnar.Field;
import io.lancelot.columnar.Schema;
import io.lancelot.columnar.Types;
import io.lancelot.table.CleanupOptions;
import io.lancelot.table.CompactionOptions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// Random changes to a table, of which somebody keeps a log: what the table will hold before each
/// one begins, and that it does once it is acknowledged. Whoever dies in between leaves the one or
/// the other.
final class RandomWork {

  static final String TABLE = "t";

  /// Hears of changes.
  interface Log {
    /// @param content a digest of all rows as they will be
    void begin(String what, long content);

    /// The change begun last has been acknowledged.
    void acknowledged(long version);
  }

  private final Database database;
  private final Random random;
  private final Log log;
  private Table table;
  private Map<Long, Map<String, @Nullable Object>> rows;
  private long nextId;

  /// Goes on with the table that is there, or makes one.
  RandomWork(Database database, Random random, Log log) {
    this.database = database;
    this.random = random;
    this.log = log;
    this.rows = new TreeMap<>();
    Optional<Table> there = open(database);
    if (there.isEmpty()) {
      for (Map<String, @Nullable Object> row : newRows(50)) {
        rows.put((Long) row.get("id"), row);
      }
      log.begin("create", digest(rows));
      TableOptions options = TableOptions.defaults();
      table =
          database.createTable(
              TABLE,
              List.copyOf(rows.values()),
              random.nextBoolean() ? options.withStableRowIds() : options);
      log.acknowledged(table.version());
    } else {
      table = there.get();
      rows = read(table);
      nextId = rows.keySet().stream().mapToLong(id -> id + 1).max().orElse(0);
    }
  }

  /// Empty also where a first version was begun and never published.
  static Optional<Table> open(Database database) {
    try {
      return Optional.of(database.openTable(TABLE));
    } catch (NotFoundException _) {
      return Optional.empty();
    }
  }

  static Map<Long, Map<String, @Nullable Object>> read(Table table) {
    Map<Long, Map<String, @Nullable Object>> rows = new TreeMap<>();
    for (Map<String, @Nullable Object> row : table.query().toMaps()) {
      if (rows.put((Long) row.get("id"), row) != null) {
        throw new AssertionError("row twice: " + row);
      }
    }
    return rows;
  }

  /// The same for the same rows in any process.
  static long digest(Map<Long, Map<String, @Nullable Object>> rows) {
    long digest = rows.size();
    for (Map<String, @Nullable Object> row : rows.values()) {
      digest = digest * 31 + new TreeMap<>(row).toString().hashCode();
    }
    return digest;
  }

  private List<Map<String, @Nullable Object>> newRows(int count) {
    List<Map<String, @Nullable Object>> all = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      Map<String, @Nullable Object> row = new HashMap<>();
      row.put("id", nextId++);
      row.put("n", (long) random.nextInt(100));
      row.put("s", "s" + random.nextInt(9));
      all.add(row);
    }
    return all;
  }

  /// Other columns are null in new rows.
  private Map<String, @Nullable Object> padded(Map<String, @Nullable Object> row) {
    Map<String, @Nullable Object> whole = new HashMap<>(row);
    table.schema().names().forEach(name -> whole.putIfAbsent(name, null));
    return whole;
  }

  /// Does one thing.
  void step() {
    Map<Long, Map<String, @Nullable Object>> after = new TreeMap<>(rows);
    switch (random.nextInt(11)) {
      case 0, 1 -> {
        List<Map<String, @Nullable Object>> more = newRows(1 + random.nextInt(30));
        more.forEach(row -> after.put((Long) row.get("id"), padded(row)));
        run("append", after, () -> table.add(more));
      }
      case 2 -> {
        int k = random.nextInt(7);
        after.keySet().removeIf(id -> id % 7 == k);
        run("delete", after, () -> table.delete("id % 7 = " + k));
      }
      case 3 -> {
        int k = random.nextInt(5);
        after.replaceAll((id, row) -> {
          if (id % 5 != k) {
            return row;
          }
          Map<String, @Nullable Object> changed = new HashMap<>(row);
          changed.put("n", (Long) row.get("n") + 1);
          return changed;
        });
        run(
            "update",
            after,
            () -> table.update().where("id % 5 = " + k).setSql("n", "n + 1").execute());
      }
      case 4, 5 -> {
        nextId = Math.max(0, nextId - 10);
        List<Map<String, @Nullable Object>> source = newRows(20);
        for (Map<String, @Nullable Object> row : source) {
          Map<String, @Nullable Object> whole =
              new HashMap<>(after.getOrDefault((Long) row.get("id"), padded(row)));
          whole.putAll(row);
          after.put((Long) row.get("id"), whole);
        }
        run(
            "merge",
            after,
            () ->
                table
                    .mergeInsert("id")
                    .whenMatchedUpdateAll()
                    .whenNotMatchedInsertAll()
                    .execute(source));
      }
      case 6 -> changeColumns(after);
      case 7 ->
          run(
              "optimize",
              after,
              () ->
                  table.optimize(
                      new OptimizeOptions(
                          CompactionOptions.DEFAULT.withTargetRows(20L << random.nextInt(6)),
                          CleanupOptions.DEFAULT)));
      case 8 ->
          run(
              "cleanup",
              after,
              () -> table.cleanup(CleanupOptions.DEFAULT.withOlderThan(Duration.ZERO).withKeep(3)));
      case 9 -> {
        long version = table.versions().getFirst().version();
        table.checkout(version);
        Map<Long, Map<String, @Nullable Object>> then = read(table);
        table.checkoutLatest();
        run("restore", then, () -> table.restore(version));
      }
      default -> {
        if (!rows.isEmpty()) {
          run("index", after, () -> table.createIndex("n", Index.btree()));
        }
      }
    }
  }

  private void changeColumns(Map<Long, Map<String, @Nullable Object>> after) {
    List<String> names = table.schema().names();
    boolean there = names.contains("y");
    after.replaceAll((id, row) -> {
      Map<String, @Nullable Object> changed = new HashMap<>(row);
      if (there) {
        changed.remove("y");
      } else {
        changed.put("y", id * 2);
      }
      return changed;
    });
    if (there) {
      run("drop column", after, () -> table.dropColumns("y"));
    } else if (rows.isEmpty()) {
      run("add column", after, () -> table.addColumns(Schema.of(Field.nullable("y", Types.INT64))));
    } else {
      run("add column", after, () -> table.addColumns(Map.of("y", "id * 2")));
    }
  }

  private void run(String what, Map<Long, Map<String, @Nullable Object>> after, Runnable change) {
    log.begin(what, digest(after));
    change.run();
    rows = after;
    log.acknowledged(table.version());
  }

  void close() {
    table.close();
  }
}
