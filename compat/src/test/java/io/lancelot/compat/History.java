package io.lancelot.compat;

import static org.assertj.core.api.Assertions.assertThat;

import io.lancelot.Database;
import io.lancelot.Lancelot;
import io.lancelot.Table;
import io.lancelot.TableOptions;
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
import org.jspecify.annotations.Nullable;

/// A random history of one table with its tags and branches, beside a plain map from id to row for
/// each version there is.
///
/// A step is an [Act] on the line of versions that is at hand; whatever else changes a table, or
/// must not, is one more entry in [#acts]. Rows in the model are never changed in place, so that
/// versions may share them.
final class History implements AutoCloseable {

  static final String NAME = "t";

  final Path dir;
  private final long seed;
  final boolean stableRowIds;
  final Random random;
  private final List<String> told = new ArrayList<>();
  private final Map<String, Act> acts;
  final Map<String, Line> lines = new LinkedHashMap<>();
  final Map<String, Tagged> tags = new TreeMap<>();
  private Database database;
  Line line;
  long nextId;
  private int nextName;

  private interface Act {
    /// Does one thing to the table and the model and says what.
    String run(Table table);
  }

  record Tagged(Line line, long version, Map<Long, Map<String, @Nullable Object>> rows) {}

  History(Path dir, long seed, boolean stableRowIds) {
    this.dir = dir;
    this.seed = seed;
    this.stableRowIds = stableRowIds;
    this.random = new Random(seed * 2 + (stableRowIds ? 1 : 0));
    this.acts = acts();
    TableOptions options = TableOptions.defaults();
    List<Map<String, @Nullable Object>> first = rows(Set.of(), ids(60));
    this.database = Lancelot.connect(dir.toString());
    Table table =
        database.createTable(NAME, first, stableRowIds ? options.withStableRowIds() : options);
    this.line = new Line("main", dir.resolve(NAME + ".lance"), null, 0, table);
    lines.put(line.name, line);
    first.forEach(line::put);
    remember(table);
  }

  private Map<String, Act> acts() {
    Map<String, Act> all = new LinkedHashMap<>();
    RowSteps rows = new RowSteps(this);
    ColumnSteps columns = new ColumnSteps(this);
    VersionSteps versions = new VersionSteps(this);
    all.put("append", rows::append);
    all.put("delete", rows::delete);
    all.put("update", rows::update);
    all.put("upsert", rows::upsert);
    all.put("upsert partly", rows::upsertPartly);
    all.put("insert if absent", rows::insertIfAbsent);
    all.put("replace range", rows::replaceRange);
    all.put("overwrite", rows::overwrite);
    all.put("add column", columns::addColumn);
    all.put("alter column", columns::alterColumn);
    all.put("drop column", columns::dropColumn);
    all.put("compact", columns::compact);
    all.put("cleanup", versions::cleanup);
    all.put("index", columns::index);
    all.put("drop index", columns::dropIndex);
    all.put("restore", versions::restore);
    all.put("rollback", versions::rollback);
    all.put("tag", versions::tag);
    all.put("restore tag", versions::restoreTag);
    all.put("branch", versions::branch);
    all.put("delete branch", versions::deleteBranch);
    all.put("switch", versions::switchLine);
    all.put("changes", versions::changes);
    all.put("reopen", this::reopen);
    return all;
  }

  /// Does one thing, and compares.
  void step() {
    List<String> names = List.copyOf(acts.keySet());
    String name = names.get(random.nextInt(names.size()));
    boolean elsewhere = random.nextInt(6) == 0;
    told.add(name + (elsewhere ? " elsewhere" : "") + "…");
    try {
      String what;
      Act act = acts.get(name);
      if (elsewhere && !Set.of("branch", "delete branch", "switch", "reopen").contains(name)) {
        try (Database other = Lancelot.connect(dir.toString());
            Table table = open(other, line)) {
          what = act.run(table);
          remember(table);
        }
        line.table.checkoutLatest();
      } else {
        what = act.run(line.table);
        remember(line.table);
      }
      told.set(told.size() - 1, told.getLast() + " " + what + " → " + line.table.version());
      check();
    } catch (RuntimeException e) {
      throw new IllegalStateException(story(), e);
    }
  }

  /// Reads each version of each line again.
  void checkAllVersions() {
    for (Line each : lines.values()) {
      each.past.forEach((version, rows) -> {
        each.table.checkout(version);
        assertThat(read(each.table))
            .as("%s%n%s at %s", story(), each.name, version)
            .isEqualTo(rows);
      });
      each.table.checkoutLatest();
    }
    assertThat(database.checkTable(NAME).findings()).as(story()).isEmpty();
  }

  List<Line> lines() {
    return List.copyOf(lines.values());
  }

  Map<String, Tagged> tags() {
    return tags;
  }

  String story() {
    return "-Dlancelot.seed="
        + seed
        + (stableRowIds ? ", stable row ids: " : ": ")
        + String.join("\n  ", told);
  }

  private void remember(Table table) {
    line.past.put(table.version(), new TreeMap<>(line.rows));
  }

  private void check() {
    Map<Long, Map<String, @Nullable Object>> rows = line.rows;
    assertThat(line.table.countRows()).as(story()).isEqualTo(rows.size());
    assertThat(read(line.table)).as(story()).isEqualTo(rows);
    long id = random.nextLong(nextId + 1);
    assertThat(line.table.countRows("id = " + id))
        .as("%s%nid = %s", story(), id)
        .isEqualTo(rows.containsKey(id) ? 1 : 0);
    long n = random.nextInt(20);
    assertThat(line.table.countRows("n < " + n))
        .as("%s%nn < %s", story(), n)
        .isEqualTo(line.hits(row -> row.get("n") != null && (Long) row.get("n") < n).size());
    String s = "s" + random.nextInt(9);
    assertThat(line.table.countRows("NOT (s = '" + s + "')"))
        .as("%s%ns != %s", story(), s)
        .isEqualTo(line.hits(row -> row.get("s") != null && !s.equals(row.get("s"))).size());
  }

  private static Map<Long, Map<String, @Nullable Object>> read(Table table) {
    Map<Long, Map<String, @Nullable Object>> rows = new TreeMap<>();
    for (Map<String, @Nullable Object> row : table.query().toMaps()) {
      Map<String, @Nullable Object> plain = plain(row);
      assertThat(rows.put((Long) plain.get("id"), plain)).isNull();
    }
    return rows;
  }

  static Map<String, @Nullable Object> plain(Map<String, @Nullable Object> row) {
    Map<String, @Nullable Object> plain = new HashMap<>(row);
    plain.replaceAll((_, value) -> value instanceof Number n ? (Object) n.longValue() : value);
    return plain;
  }

  List<Long> ids(int count) {
    List<Long> ids = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      ids.add(nextId++);
    }
    return ids;
  }

  List<Map<String, @Nullable Object>> rows(Set<String> more, Collection<Long> ids) {
    List<Map<String, @Nullable Object>> rows = new ArrayList<>();
    for (long id : ids) {
      Map<String, @Nullable Object> row = new HashMap<>();
      row.put("id", id);
      // The first row fixes the types.
      row.put("n", rows.isEmpty() || random.nextInt(4) > 0 ? (long) random.nextInt(20) : null);
      row.put("s", rows.isEmpty() || random.nextInt(5) > 0 ? "s" + random.nextInt(9) : null);
      for (String column : more) {
        row.put(
            column, rows.isEmpty() || random.nextInt(3) > 0 ? (long) random.nextInt(100) : null);
      }
      rows.add(row);
    }
    return rows;
  }

  List<Map<String, @Nullable Object>> rows(Collection<Long> ids) {
    return rows(line.extra, ids);
  }

  /// Some ids that are there and some that are not.
  List<Long> someIds() {
    Set<Long> ids = new LinkedHashSet<>();
    for (int i = 0; i < 20; i++) {
      ids.add(random.nextLong(Math.max(1, nextId + 10)));
    }
    nextId += 10;
    return List.copyOf(ids);
  }

  <T> T oneOf(Collection<T> all) {
    return List.copyOf(all).get(random.nextInt(all.size()));
  }

  String fresh(String prefix) {
    return prefix + nextName++;
  }

  private String reopen(Table table) {
    close();
    database = Lancelot.connect(dir.toString());
    lines.values().forEach(each -> each.table = open(database, each));
    return "";
  }

  private static Table open(Database database, Line line) {
    Table main = database.openTable(NAME);
    if (line.isMain()) {
      return main;
    }
    try (main) {
      return main.branches().open(line.name);
    }
  }

  @Override
  public void close() {
    lines.values().forEach(each -> each.table.close());
    assertThat(database.memoryInUse()).as(story()).isZero();
    database.close();
  }
}
