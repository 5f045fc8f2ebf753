package io.lancelot.compat;

import io.lancelot.ColumnAlteration;
import io.lancelot.Database;
import io.lancelot.Index;
import io.lancelot.Lancelot;
import io.lancelot.OptimizeOptions;
import io.lancelot.Table;
import io.lancelot.columnar.Field;
import io.lancelot.columnar.Schema;
import io.lancelot.columnar.Types;
import io.lancelot.table.CleanupOptions;
import io.lancelot.table.CompactionOptions;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// Steps of a [History] that change columns, indices and files, and no rows.
final class ColumnSteps {

  private final History history;
  private final Random random;

  ColumnSteps(History history) {
    this.history = history;
    this.random = history.random;
  }

  private Line line() {
    return history.line;
  }

  String addColumn(Table table) {
    String name = history.fresh("y");
    switch (random.nextInt(3)) {
      case 0 -> {
        table.addColumns(Map.of(name, "id * 2"));
        List.copyOf(line().rows.keySet()).forEach(id -> line().change(id, name, id * 2));
      }
      case 1 -> {
        table.addColumns(Schema.of(Field.nullable(name, Types.INT64)));
        List.copyOf(line().rows.keySet()).forEach(id -> line().change(id, name, null));
      }
      default -> {
        List<Map<String, @Nullable Object>> known = new ArrayList<>();
        known.add(Map.of("id", -1L, name, 1L));
        line()
            .hits(row -> (Long) row.get("id") % 3 != 0)
            .forEach(id -> known.add(Map.of("id", id, name, id * 3)));
        try (Database memory = Lancelot.connect("memory://");
            Table other = memory.createTable("source", known)) {
          table.addColumns(List.of("id"), other.query().stream());
        }
        List.copyOf(line().rows.keySet())
            .forEach(id -> line().change(id, name, id % 3 != 0 ? (Long) (id * 3) : null));
      }
    }
    line().extra.add(name);
    return name;
  }

  String alterColumn(Table table) {
    if (line().extra.isEmpty()) {
      return "nothing";
    }
    String name = history.oneOf(line().extra);
    String renamed = history.fresh("y");
    ColumnAlteration alteration = ColumnAlteration.of(name).rename(renamed);
    boolean cast = random.nextBoolean();
    if (cast) {
      boolean narrow = table.schema().field(name).orElseThrow().type().byteWidth() == 8;
      alteration = alteration.castTo(narrow ? Types.INT32 : Types.INT64);
    }
    table.alterColumns(alteration);
    for (long id : List.copyOf(line().rows.keySet())) {
      Map<String, @Nullable Object> row = new HashMap<>(line().rows.get(id));
      row.put(renamed, row.remove(name));
      line().rows.put(id, row);
    }
    line().extra.remove(name);
    line().extra.add(renamed);
    return name + " to " + renamed + (cast ? " with another type" : "");
  }

  String dropColumn(Table table) {
    if (line().extra.isEmpty()) {
      return "nothing";
    }
    String name = history.oneOf(line().extra);
    table.dropColumns(name);
    for (long id : List.copyOf(line().rows.keySet())) {
      Map<String, @Nullable Object> row = new HashMap<>(line().rows.get(id));
      row.remove(name);
      line().rows.put(id, row);
    }
    line().extra.remove(name);
    return name;
  }

  String compact(Table table) {
    OptimizeOptions options =
        new OptimizeOptions(
            CompactionOptions.DEFAULT
                .withTargetRows(20L << random.nextInt(8))
                .withDeletionThreshold(random.nextInt(3) * 0.1),
            CleanupOptions.DEFAULT);
    long before = table.version();
    String what = String.valueOf(table.optimize(options).compaction());
    // Indices are brought up to date in a version of their own.
    for (long version = before + 1; version < table.version(); version++) {
      line().past.put(version, new TreeMap<>(line().rows));
    }
    return what;
  }

  String index(Table table) {
    String column = history.oneOf(List.of("id", "n", "s"));
    Index index = random.nextBoolean() ? Index.btree() : Index.bitmap();
    if (table.countRows() == 0) {
      return "not without rows";
    }
    table.createIndex(column, index);
    return "on " + column + ": " + index;
  }

  String dropIndex(Table table) {
    if (table.indices().isEmpty()) {
      return "nothing";
    }
    String name = history.oneOf(table.indices()).name();
    table.dropIndex(name);
    return name;
  }
}
