package io.lancelot.compat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lancelot.Table;
import io.lancelot.base.InvalidInputException;
import io.lancelot.base.NotFoundException;
import io.lancelot.columnar.Batch;
import io.lancelot.columnar.BatchStream;
import io.lancelot.columnar.Schema;
import io.lancelot.columnar.Values;
import io.lancelot.table.ChangeFeed;
import io.lancelot.table.CleanupOptions;
import io.lancelot.table.TagInfo;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// Steps of a [History] that move between its versions, and name, branch off and remove them.
final class VersionSteps {

  private final History history;
  private final Random random;

  VersionSteps(History history) {
    this.history = history;
    this.random = history.random;
  }

  private Line line() {
    return history.line;
  }

  String cleanup(Table table) {
    int keep = 1 + random.nextInt(20);
    CleanupOptions options = CleanupOptions.DEFAULT.withOlderThan(Duration.ZERO).withKeep(keep);
    table.cleanup(random.nextBoolean() ? options : options.withUnverified());
    Set<Long> needed = new HashSet<>();
    history.tags.values().stream()
        .filter(tag -> tag.line() == line())
        .forEach(tag -> needed.add(tag.version()));
    history.lines.values().stream()
        .filter(other -> other.parent == line())
        .forEach(other -> needed.add(other.parentVersion));
    List<Long> all = List.copyOf(line().past.keySet());
    needed.addAll(all.subList(Math.max(0, all.size() - keep), all.size()));
    line().past.keySet().retainAll(needed);
    assertThat(table.versions().stream().map(v -> v.version()))
        .as(history.story())
        .isEqualTo(List.copyOf(line().past.keySet()));
    return "to " + keep + " versions";
  }

  String restore(Table table) {
    long version = history.oneOf(line().past.keySet());
    table.restore(version);
    back(table, version);
    return "version " + version;
  }

  /// Takes the latest commit back.
  String rollback(Table table) {
    List<Long> versions = List.copyOf(line().past.keySet());
    if (versions.size() == 1) {
      assertThatThrownBy(table::rollback).isInstanceOf(NotFoundException.class);
      return "to nothing";
    }
    long before = versions.get(versions.size() - 2);
    table.rollback();
    back(table, before);
    return "to version " + before;
  }

  String tag(Table table) {
    int dice = random.nextInt(4);
    long version = history.oneOf(line().past.keySet());
    History.Tagged tagged = new History.Tagged(line(), version, line().past.get(version));
    if (history.tags.isEmpty() || dice > 1) {
      String name = history.fresh("tag");
      table.tags().create(name, version);
      history.tags.put(name, tagged);
      return name + " is version " + version;
    }
    String name = history.oneOf(history.tags.keySet());
    if (dice == 0) {
      table.tags().delete(name);
      history.tags.remove(name);
      return name + " deleted";
    }
    table.tags().update(name, version);
    history.tags.put(name, tagged);
    TagInfo info = table.tags().list().get(name);
    assertThat(info.version()).isEqualTo(version);
    return name + " moved to version " + version;
  }

  String restoreTag(Table table) {
    List<String> here =
        history.tags.keySet().stream().filter(t -> history.tags.get(t).line() == line()).toList();
    if (here.isEmpty()) {
      return "none";
    }
    String name = history.oneOf(here);
    table.restore(name);
    back(table, history.tags.get(name).version());
    return name;
  }

  String branch(Table table) {
    if (history.lines.size() > 4) {
      return "enough of them";
    }
    long version = history.oneOf(line().past.keySet());
    String name = history.fresh("branch");
    Table branch = table.branches().create(name, version);
    Line created =
        new Line(
            name,
            history.dir.resolve(History.NAME + ".lance").resolve("tree").resolve(name),
            line(),
            version,
            branch);
    Line before = line();
    history.lines.put(name, created);
    history.line = created;
    created.rows = new TreeMap<>(before.past.get(version));
    created.noteColumns(branch);
    return name + " from version " + version + " of " + before.name;
  }

  String deleteBranch(Table table) {
    if (history.lines.size() == 1) {
      return "none";
    }
    Line gone = history.oneOf(history.lines.values().stream().filter(l -> !l.isMain()).toList());
    boolean used =
        history.lines.values().stream().anyMatch(l -> l.parent == gone)
            || history.tags.values().stream().anyMatch(t -> t.line() == gone);
    Line main = history.lines.get("main");
    if (used) {
      assertThatThrownBy(() -> main.table.branches().delete(gone.name))
          .isInstanceOf(InvalidInputException.class);
      return gone.name + " is needed";
    }
    gone.table.close();
    main.table.branches().delete(gone.name);
    history.lines.remove(gone.name);
    if (line() == gone) {
      history.line = main;
    }
    return gone.name;
  }

  String switchLine(Table table) {
    history.line = history.oneOf(history.lines.values());
    return "to " + line().name;
  }

  /// The changes between two versions lead from one to the other.
  String changes(Table table) {
    if (!history.stableRowIds) {
      return "not without stable row ids";
    }
    long one = history.oneOf(line().past.keySet());
    long two = history.oneOf(line().past.keySet());
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
    Map<Long, Map<String, @Nullable Object>> rows = new TreeMap<>(line().past.get(from));
    read(feed.deleted(columns)).forEach(row -> rows.remove((Long) row.get("id")));
    read(feed.updated(columns)).forEach(row -> rows.replace((Long) row.get("id"), row));
    read(feed.inserted(columns)).forEach(row -> rows.put((Long) row.get("id"), row));
    assertThat(rows)
        .as("%s%nchanges from %s to %s", history.story(), from, to)
        .isEqualTo(line().past.get(to));
    return from + " to " + to;
  }

  /// The model goes back to an older version, which the table has gone back to.
  private void back(Table table, long version) {
    line().rows = new TreeMap<>(line().past.get(version));
    line().noteColumns(table);
  }

  private static List<Map<String, @Nullable Object>> read(BatchStream stream) {
    List<Map<String, @Nullable Object>> rows = new ArrayList<>();
    try (stream) {
      for (Batch batch = stream.next(); batch != null; batch = stream.next()) {
        for (int i = 0; i < batch.rowCount(); i++) {
          rows.add(History.plain(Values.row(batch, i)));
        }
      }
    }
    return rows;
  }
}
