package io.lancelot.compat;

import static org.assertj.core.api.Assertions.assertThat;

import io.lancelot.Database;
import io.lancelot.Lancelot;
import io.lancelot.Table;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Steps of a [History] that change rows.
final class RowSteps {

  private final History history;
  private final Random random;

  RowSteps(History history) {
    this.history = history;
    this.random = history.random;
  }

  private Line line() {
    return history.line;
  }

  String append(Table table) {
    List<Map<String, @Nullable Object>> more = history.rows(history.ids(1 + random.nextInt(40)));
    table.add(more);
    more.forEach(line()::put);
    return more.size() + " rows";
  }

  String delete(Table table) {
    long k = random.nextInt(7);
    List<Long> gone = line().hits(row -> (Long) row.get("id") % 7 == k);
    assertThat(table.delete("id % 7 = " + k).rows()).as(history.story()).isEqualTo(gone.size());
    gone.forEach(line().rows::remove);
    return "id % 7 = " + k;
  }

  String update(Table table) {
    long k = random.nextInt(5);
    List<Long> hit = line().hits(row -> (Long) row.get("id") % 5 == k && row.get("n") != null);
    Table.UpdateResult result =
        table
            .update()
            .where("id % 5 = " + k + " AND n IS NOT NULL")
            .setSql("n", "n + 1")
            .set("s", "new")
            .execute();
    assertThat(result.rowsUpdated()).as(history.story()).isEqualTo(hit.size());
    for (long id : hit) {
      line().change(id, "n", (Long) line().rows.get(id).get("n") + 1);
      line().change(id, "s", "new");
    }
    return "id % 5 = " + k;
  }

  String upsert(Table table) {
    List<Map<String, @Nullable Object>> source = history.rows(history.someIds());
    long updated =
        source.stream().filter(row -> line().rows.containsKey((Long) row.get("id"))).count();
    Table.MergeResult result =
        table.mergeInsert("id").whenMatchedUpdateAll().whenNotMatchedInsertAll().execute(source);
    assertThat(result.numUpdated()).as(history.story()).isEqualTo(updated);
    assertThat(result.numInserted()).as(history.story()).isEqualTo(source.size() - updated);
    source.forEach(line()::put);
    return source.size() + " rows";
  }

  String upsertPartly(Table table) {
    List<Map<String, @Nullable Object>> source = new ArrayList<>();
    for (long id : history.someIds()) {
      source.add(Map.of("id", id, "n", 77L));
    }
    table
        .mergeInsert("id")
        .whenMatchedUpdateAll("target.n < source.n")
        .whenNotMatchedInsertAll()
        .execute(source);
    for (Map<String, @Nullable Object> row : source) {
      Map<String, @Nullable Object> known = line().rows.get((Long) row.get("id"));
      if (known == null) {
        Map<String, @Nullable Object> added = new HashMap<>(row);
        added.put("s", null);
        line().extra.forEach(column -> added.put(column, null));
        line().put(added);
      } else if (known.get("n") != null && (Long) known.get("n") < 77) {
        line().change((Long) row.get("id"), "n", 77L);
      }
    }
    return source.size() + " rows";
  }

  String insertIfAbsent(Table table) {
    List<Map<String, @Nullable Object>> source = history.rows(history.someIds());
    table.mergeInsert("id").whenNotMatchedInsertAll().execute(source);
    source.forEach(row -> line().rows.putIfAbsent((Long) row.get("id"), row));
    return source.size() + " rows";
  }

  String replaceRange(Table table) {
    long low = random.nextLong(history.nextId);
    long high = low + 30;
    List<Map<String, @Nullable Object>> source = history.rows(List.of(low, low + 1, low + 5));
    history.nextId = Math.max(history.nextId, low + 6);
    Table.MergeResult result =
        table
            .mergeInsert("id")
            .whenMatchedUpdateAll()
            .whenNotMatchedInsertAll()
            .whenNotMatchedBySourceDelete("id BETWEEN " + low + " AND " + high)
            .execute(source);
    List<Long> range =
        line().hits(row -> (Long) row.get("id") >= low && (Long) row.get("id") <= high);
    long kept = source.stream().filter(row -> range.contains((Long) row.get("id"))).count();
    assertThat(result.numDeleted()).as(history.story()).isEqualTo(range.size() - kept);
    range.forEach(line().rows::remove);
    source.forEach(line()::put);
    return low + " to " + high;
  }

  String overwrite(Table table) {
    if (random.nextInt(3) > 0) {
      return "not this time";
    }
    List<Map<String, @Nullable Object>> source = history.rows(Set.of("z"), history.ids(50));
    try (Database memory = Lancelot.connect("memory://");
        Table other = memory.createTable("source", source)) {
      table.overwrite(other.query().stream());
    }
    line().extra = new LinkedHashSet<>(Set.of("z"));
    line().rows.clear();
    source.forEach(line()::put);
    return "50 rows";
  }
}
