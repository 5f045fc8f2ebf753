package io.lancelot.compat;

import io.lancelot.Table;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// The main line or a branch of a [History]'s table, and what its rows should be in each version
/// there is.
final class Line {

  final String name;
  final Path folder;
  final @Nullable Line parent;
  final long parentVersion;

  /// By version, then by id. Rows are never changed in place.
  final Map<Long, Map<Long, Map<String, @Nullable Object>>> past = new TreeMap<>();

  Map<Long, Map<String, @Nullable Object>> rows = new TreeMap<>();

  /// Columns that came later, all of whole numbers.
  Set<String> extra = new LinkedHashSet<>();

  Table table;

  Line(String name, Path folder, @Nullable Line parent, long parentVersion, Table table) {
    this.name = name;
    this.folder = folder;
    this.parent = parent;
    this.parentVersion = parentVersion;
    this.table = table;
  }

  boolean isMain() {
    return parent == null;
  }

  void put(Map<String, @Nullable Object> row) {
    rows.put((Long) row.get("id"), row);
  }

  void change(long id, String column, @Nullable Object value) {
    Map<String, @Nullable Object> row = new HashMap<>(rows.get(id));
    row.put(column, value);
    rows.put(id, row);
  }

  List<Long> hits(Predicate<Map<String, @Nullable Object>> test) {
    return rows.values().stream().filter(test).map(row -> (Long) row.get("id")).toList();
  }

  /// Notes which columns came later, after the table went back to an older version.
  void noteColumns(Table table) {
    extra =
        table.schema().names().stream()
            .filter(column -> column.startsWith("y") || column.startsWith("z"))
            .collect(Collectors.toCollection(LinkedHashSet::new));
  }
}
