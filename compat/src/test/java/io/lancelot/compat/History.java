package io.lancelot.compat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lancelot.ColumnAlteration;
import io.lancelot.Database;
import io.lancelot.Index;
import io.lancelot.Lancelot;
import io.lancelot.OptimizeOptions;
import io.lancelot.Table;
import io.lancelot.TableOptions;
import io.lancelot.base.InvalidInputException;
import io.lancelot.columnar.Batch;
import io.lancelot.columnar.BatchStream;
import io.lancelot.columnar.Field;
import io.lancelot.columnar.Schema;
import io.lancelot.columnar.Types;
import io.lancelot.columnar.Values;
import io.lancelot.table.ChangeFeed;
import io.lancelot.table.CleanupOptions;
import io.lancelot.table.CompactionOptions;
import io.lancelot.table.TagInfo;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// A random history of one table with its tags and branches, beside a plain map from id to row for
/// each version there is.
///
/// A step is an [Act] on the line of versions that is at hand; whatever else changes a table, or
/// must not, is one more entry in [#acts]. Rows in the model are never changed in place, so that
/// versions may share them.
final class History implements AutoCloseable {

  private static final String NAME = "t";

  private final Path dir;
  private final long seed;
  private final boolean stableRowIds;
  private final Random random;
  private final List<String> told = new ArrayList<>();
  private final Map<String, Act> acts = acts();
  private final Map<String, Line> lines = new LinkedHashMap<>();
  private final Map<String, Tagged> tags = new TreeMap<>();
  private Database database;
  private Line line;
  private long nextId;
  private int nextName;

  private interface Act {
    /// Does one thing to the table and the model and says what.
    String run(Table table);
  }

  /// The main line or a branch.
  static final class Line {
    private final String name;
    private final Path folder;
    private final @Nullable Line parent;
    private final long parentVersion;
    private final Map<Long, Map<Long, Map<String, @Nullable Object>>> past = new TreeMap<>();
    private Map<Long, Map<String, @Nullable Object>> rows = new TreeMap<>();
    private Set<String> extra = new LinkedHashSet<>();
    private Table table;

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

    String name() {
      return name;
    }

    Path folder() {
      return folder;
    }

    Map<Long, Map<String, @Nullable Object>> rows() {
      return rows;
    }

    Map<Long, Map<Long, Map<String, @Nullable Object>>> past() {
      return past;
    }
  }

  record Tagged(Line line, long version, Map<Long, Map<String, @Nullable Object>> rows) {}

  History(Path dir, long seed, boolean stableRowIds) {
    this.dir = dir;
    this.seed = seed;
    this.stableRowIds = stableRowIds;
    this.random = new Random(seed * 2 + (stableRowIds ? 1 : 0));
    TableOptions options = TableOptions.defaults();
    List<Map<String, @Nullable Object>> first = rows(Set.of(), ids(60));
    this.database = Lancelot.connect(dir.toString());
    Table table =
        database.createTable(NAME, first, stableRowIds ? options.withStableRowIds() : options);
    this.line = new Line("main", dir.resolve(NAME + ".lance"), null, 0, table);
    lines.put(line.name, line);
    first.forEach(this::put);
    remember(table);
  }

  private Map<String, Act> acts() {
    Map<String, Act> all = new LinkedHashMap<>();
    all.put("append", this::append);
    all.put("delete", this::delete);
    all.put("update", this::update);
    all.put("upsert", this::upsert);
    all.put("upsert partly", this::upsertPartly);
    all.put("insert if absent", this::insertIfAbsent);
    all.put("replace range", this::replaceRange);
    all.put("overwrite", this::overwrite);
    all.put("add column", this::addColumn);
    all.put("alter column", this::alterColumn);
    all.put("drop column", this::dropColumn);
    all.put("compact", this::compact);
    all.put("cleanup", this::cleanup);
    all.put("index", this::index);
    all.put("drop index", this::dropIndex);
    all.put("restore", this::restore);
    all.put("tag", this::tag);
    all.put("restore tag", this::restoreTag);
    all.put("branch", this::branch);
    all.put("delete branch", this::deleteBranch);
    all.put("switch", this::switchLine);
    all.put("changes", this::changes);
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
        .isEqualTo(hits(row -> row.get("n") != null && (Long) row.get("n") < n).size());
    String s = "s" + random.nextInt(9);
    assertThat(line.table.countRows("NOT (s = '" + s + "')"))
        .as("%s%ns != %s", story(), s)
        .isEqualTo(hits(row -> row.get("s") != null && !s.equals(row.get("s"))).size());
  }

  private static Map<Long, Map<String, @Nullable Object>> read(Table table) {
    Map<Long, Map<String, @Nullable Object>> rows = new TreeMap<>();
    for (Map<String, @Nullable Object> row : table.query().toMaps()) {
      Map<String, @Nullable Object> plain = plain(row);
      assertThat(rows.put((Long) plain.get("id"), plain)).isNull();
    }
    return rows;
  }

  private static Map<String, @Nullable Object> plain(Map<String, @Nullable Object> row) {
    Map<String, @Nullable Object> plain = new HashMap<>(row);
    plain.replaceAll((_, value) -> value instanceof Number n ? (Object) n.longValue() : value);
    return plain;
  }

  private void put(Map<String, @Nullable Object> row) {
    line.rows.put((Long) row.get("id"), row);
  }

  private void change(long id, String column, @Nullable Object value) {
    Map<String, @Nullable Object> row = new HashMap<>(line.rows.get(id));
    row.put(column, value);
    line.rows.put(id, row);
  }

  private List<Long> ids(int count) {
    List<Long> ids = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      ids.add(nextId++);
    }
    return ids;
  }

  private List<Map<String, @Nullable Object>> rows(Set<String> more, Collection<Long> ids) {
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

  private List<Map<String, @Nullable Object>> rows(Collection<Long> ids) {
    return rows(line.extra, ids);
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

  private List<Long> hits(Predicate<Map<String, @Nullable Object>> test) {
    return line.rows.values().stream().filter(test).map(row -> (Long) row.get("id")).toList();
  }

  private <T> T oneOf(Collection<T> all) {
    return List.copyOf(all).get(random.nextInt(all.size()));
  }

  private String fresh(String prefix) {
    return prefix + nextName++;
  }

  private String append(Table table) {
    List<Map<String, @Nullable Object>> more = rows(ids(1 + random.nextInt(40)));
    table.add(more);
    more.forEach(this::put);
    return more.size() + " rows";
  }

  private String delete(Table table) {
    long k = random.nextInt(7);
    List<Long> gone = hits(row -> (Long) row.get("id") % 7 == k);
    assertThat(table.delete("id % 7 = " + k).rows()).as(story()).isEqualTo(gone.size());
    gone.forEach(line.rows::remove);
    return "id % 7 = " + k;
  }

  private String update(Table table) {
    long k = random.nextInt(5);
    List<Long> hit = hits(row -> (Long) row.get("id") % 5 == k && row.get("n") != null);
    Table.UpdateResult result =
        table
            .update()
            .where("id % 5 = " + k + " AND n IS NOT NULL")
            .setSql("n", "n + 1")
            .set("s", "new")
            .execute();
    assertThat(result.rowsUpdated()).as(story()).isEqualTo(hit.size());
    for (long id : hit) {
      change(id, "n", (Long) line.rows.get(id).get("n") + 1);
      change(id, "s", "new");
    }
    return "id % 5 = " + k;
  }

  private String upsert(Table table) {
    List<Map<String, @Nullable Object>> source = rows(someIds());
    long updated =
        source.stream().filter(row -> line.rows.containsKey((Long) row.get("id"))).count();
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
      Map<String, @Nullable Object> known = line.rows.get((Long) row.get("id"));
      if (known == null) {
        Map<String, @Nullable Object> added = new HashMap<>(row);
        added.put("s", null);
        line.extra.forEach(column -> added.put(column, null));
        put(added);
      } else if (known.get("n") != null && (Long) known.get("n") < 77) {
        change((Long) row.get("id"), "n", 77L);
      }
    }
    return source.size() + " rows";
  }

  private String insertIfAbsent(Table table) {
    List<Map<String, @Nullable Object>> source = rows(someIds());
    table.mergeInsert("id").whenNotMatchedInsertAll().execute(source);
    source.forEach(row -> line.rows.putIfAbsent((Long) row.get("id"), row));
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
    List<Long> range = hits(row -> (Long) row.get("id") >= low && (Long) row.get("id") <= high);
    long kept = source.stream().filter(row -> range.contains((Long) row.get("id"))).count();
    assertThat(result.numDeleted()).as(story()).isEqualTo(range.size() - kept);
    range.forEach(line.rows::remove);
    source.forEach(this::put);
    return low + " to " + high;
  }

  private String overwrite(Table table) {
    if (random.nextInt(3) > 0) {
      return "not this time";
    }
    List<Map<String, @Nullable Object>> source = rows(Set.of("z"), ids(50));
    try (Database memory = Lancelot.connect("memory://");
        Table other = memory.createTable("source", source)) {
      table.overwrite(other.query().stream());
    }
    line.extra = new LinkedHashSet<>(Set.of("z"));
    line.rows.clear();
    source.forEach(this::put);
    return "50 rows";
  }

  private String addColumn(Table table) {
    String name = fresh("y");
    switch (random.nextInt(3)) {
      case 0 -> {
        table.addColumns(Map.of(name, "id * 2"));
        List.copyOf(line.rows.keySet()).forEach(id -> change(id, name, id * 2));
      }
      case 1 -> {
        table.addColumns(Schema.of(Field.nullable(name, Types.INT64)));
        List.copyOf(line.rows.keySet()).forEach(id -> change(id, name, null));
      }
      default -> {
        List<Map<String, @Nullable Object>> known = new ArrayList<>();
        known.add(Map.of("id", -1L, name, 1L));
        hits(row -> (Long) row.get("id") % 3 != 0)
            .forEach(id -> known.add(Map.of("id", id, name, id * 3)));
        try (Database memory = Lancelot.connect("memory://");
            Table other = memory.createTable("source", known)) {
          table.addColumns(List.of("id"), other.query().stream());
        }
        List.copyOf(line.rows.keySet())
            .forEach(id -> change(id, name, id % 3 != 0 ? (Long) (id * 3) : null));
      }
    }
    line.extra.add(name);
    return name;
  }

  private String alterColumn(Table table) {
    if (line.extra.isEmpty()) {
      return "nothing";
    }
    String name = oneOf(line.extra);
    String renamed = fresh("y");
    ColumnAlteration alteration = ColumnAlteration.of(name).rename(renamed);
    boolean cast = random.nextBoolean();
    if (cast) {
      boolean narrow = table.schema().field(name).orElseThrow().type().byteWidth() == 8;
      alteration = alteration.castTo(narrow ? Types.INT32 : Types.INT64);
    }
    table.alterColumns(alteration);
    for (long id : List.copyOf(line.rows.keySet())) {
      Map<String, @Nullable Object> row = new HashMap<>(line.rows.get(id));
      row.put(renamed, row.remove(name));
      line.rows.put(id, row);
    }
    line.extra.remove(name);
    line.extra.add(renamed);
    return name + " to " + renamed + (cast ? " with another type" : "");
  }

  private String dropColumn(Table table) {
    if (line.extra.isEmpty()) {
      return "nothing";
    }
    String name = oneOf(line.extra);
    table.dropColumns(name);
    for (long id : List.copyOf(line.rows.keySet())) {
      Map<String, @Nullable Object> row = new HashMap<>(line.rows.get(id));
      row.remove(name);
      line.rows.put(id, row);
    }
    line.extra.remove(name);
    return name;
  }

  private String compact(Table table) {
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
      line.past.put(version, new TreeMap<>(line.rows));
    }
    return what;
  }

  private String cleanup(Table table) {
    int keep = 1 + random.nextInt(20);
    CleanupOptions options = CleanupOptions.DEFAULT.withOlderThan(Duration.ZERO).withKeep(keep);
    table.cleanup(random.nextBoolean() ? options : options.withUnverified());
    Set<Long> needed = new HashSet<>();
    tags.values().stream()
        .filter(tag -> tag.line() == line)
        .forEach(tag -> needed.add(tag.version()));
    lines.values().stream()
        .filter(other -> other.parent == line)
        .forEach(other -> needed.add(other.parentVersion));
    List<Long> all = List.copyOf(line.past.keySet());
    needed.addAll(all.subList(Math.max(0, all.size() - keep), all.size()));
    line.past.keySet().retainAll(needed);
    assertThat(table.versions().stream().map(v -> v.version()))
        .as(story())
        .isEqualTo(List.copyOf(line.past.keySet()));
    return "to " + keep + " versions";
  }

  private String index(Table table) {
    String column = oneOf(List.of("id", "n", "s"));
    Index index = random.nextBoolean() ? Index.btree() : Index.bitmap();
    if (table.countRows() == 0) {
      return "not without rows";
    }
    table.createIndex(column, index);
    return "on " + column + ": " + index;
  }

  private String dropIndex(Table table) {
    if (table.indices().isEmpty()) {
      return "nothing";
    }
    String name = oneOf(table.indices()).name();
    table.dropIndex(name);
    return name;
  }

  private String restore(Table table) {
    long version = oneOf(line.past.keySet());
    table.restore(version);
    back(table, version);
    return "version " + version;
  }

  private void back(Table table, long version) {
    line.rows = new TreeMap<>(line.past.get(version));
    line.extra =
        table.schema().names().stream()
            .filter(name -> name.startsWith("y") || name.startsWith("z"))
            .collect(Collectors.toCollection(LinkedHashSet::new));
  }

  private String tag(Table table) {
    int dice = random.nextInt(4);
    long version = oneOf(line.past.keySet());
    Tagged tagged = new Tagged(line, version, line.past.get(version));
    if (tags.isEmpty() || dice > 1) {
      String name = fresh("tag");
      table.createTag(name, version);
      tags.put(name, tagged);
      return name + " is version " + version;
    }
    String name = oneOf(tags.keySet());
    if (dice == 0) {
      table.deleteTag(name);
      tags.remove(name);
      return name + " deleted";
    }
    table.updateTag(name, version);
    tags.put(name, tagged);
    TagInfo info = table.tags().get(name);
    assertThat(info.version()).isEqualTo(version);
    return name + " moved to version " + version;
  }

  private String restoreTag(Table table) {
    List<String> here = tags.keySet().stream().filter(t -> tags.get(t).line() == line).toList();
    if (here.isEmpty()) {
      return "none";
    }
    String name = oneOf(here);
    table.restore(name);
    back(table, tags.get(name).version());
    return name;
  }

  private String branch(Table table) {
    if (lines.size() > 4) {
      return "enough of them";
    }
    long version = oneOf(line.past.keySet());
    String name = fresh("branch");
    Table branch = table.createBranch(name, version);
    Line created =
        new Line(
            name,
            dir.resolve(NAME + ".lance").resolve("tree").resolve(name),
            line,
            version,
            branch);
    Line before = line;
    lines.put(name, created);
    line = created;
    created.rows = new TreeMap<>(before.past.get(version));
    back(branch);
    return name + " from version " + version + " of " + before.name;
  }

  private void back(Table table) {
    line.extra =
        table.schema().names().stream()
            .filter(name -> name.startsWith("y") || name.startsWith("z"))
            .collect(Collectors.toCollection(LinkedHashSet::new));
  }

  private String deleteBranch(Table table) {
    if (lines.size() == 1) {
      return "none";
    }
    Line gone = oneOf(lines.values().stream().filter(l -> !l.isMain()).toList());
    boolean used =
        lines.values().stream().anyMatch(l -> l.parent == gone)
            || tags.values().stream().anyMatch(t -> t.line() == gone);
    Line main = lines.get("main");
    if (used) {
      assertThatThrownBy(() -> main.table.deleteBranch(gone.name))
          .isInstanceOf(InvalidInputException.class);
      return gone.name + " is needed";
    }
    gone.table.close();
    main.table.deleteBranch(gone.name);
    lines.remove(gone.name);
    if (line == gone) {
      line = main;
    }
    return gone.name;
  }

  private String switchLine(Table table) {
    line = oneOf(lines.values());
    return "to " + line.name;
  }

  /// The changes between two versions lead from one to the other.
  private String changes(Table table) {
    if (!stableRowIds) {
      return "not without stable row ids";
    }
    long one = oneOf(line.past.keySet());
    long two = oneOf(line.past.keySet());
    long from = Math.min(one, two);
    long to = Math.max(one, two);
    table.checkout(from);
    Schema before = table.schema();
    table.checkout(to);
    Schema after = table.schema();
    table.checkoutLatest();
    if (!before.equals(after)) {
      return "not across schemas";
    }
    List<String> columns = after.names();
    ChangeFeed feed = table.changes(from, to);
    Map<Long, Map<String, @Nullable Object>> rows = new TreeMap<>(line.past.get(from));
    rows(feed.deleted(columns)).forEach(row -> rows.remove((Long) row.get("id")));
    rows(feed.updated(columns)).forEach(row -> rows.replace((Long) row.get("id"), row));
    rows(feed.inserted(columns)).forEach(row -> rows.put((Long) row.get("id"), row));
    assertThat(rows)
        .as("%s%nchanges from %s to %s", story(), from, to)
        .isEqualTo(line.past.get(to));
    return from + " to " + to;
  }

  private static List<Map<String, @Nullable Object>> rows(BatchStream stream) {
    List<Map<String, @Nullable Object>> rows = new ArrayList<>();
    try (stream) {
      for (Batch batch = stream.next(); batch != null; batch = stream.next()) {
        for (int i = 0; i < batch.rowCount(); i++) {
          rows.add(plain(Values.row(batch, i)));
        }
      }
    }
    return rows;
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
      return main.branch(line.name);
    }
  }

  @Override
  public void close() {
    lines.values().forEach(each -> each.table.close());
    assertThat(database.memoryInUse()).as(story()).isZero();
    database.close();
  }
}
