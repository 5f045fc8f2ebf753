package io.lancelot.table;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lancelot.base.Context;
import io.lancelot.base.UnsupportedFeatureException;
import io.lancelot.columnar.Batch;
import io.lancelot.columnar.BatchStream;
import io.lancelot.columnar.FixedColumn;
import io.lancelot.storage.MemoryStore;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.roaringbitmap.RoaringBitmap;

class ChangeFeedTest {

  private static final String PATH = "films.lance";

  private final Context context = Context.ofMemory(64 << 20);
  private final MemoryStore store = MemoryStore.create();

  @AfterEach
  void noLeaks() {
    store.close();
    assertThat(context.memory().usedBytes()).isZero();
  }

  private static List<Long> ids(BatchStream rows) {
    List<Long> ids = new ArrayList<>();
    try (rows) {
      for (Batch batch = rows.next(); batch != null; batch = rows.next()) {
        for (int i = 0; i < batch.rowCount(); i++) {
          ids.add(((FixedColumn) batch.column(0)).longAt(i));
        }
      }
    }
    return ids;
  }

  @Test
  void tellsWhatCameAndWentAlsoAcrossCompaction() {
    CreateOptions stable = CreateOptions.DEFAULT.withStableRowIds();
    List<String> id = List.of("id");
    try (Table table = Table.create(store, PATH, Rows.of(0, 100), stable, context)) {
      Snapshot first = table.snapshot();
      table.append(Rows.of(100, 20));
      table.delete(
          table.latest(),
          Map.of(0L, RoaringBitmap.bitmapOf(5, 6), 1L, RoaringBitmap.bitmapOf(0)),
          "some");
      table.compact(CompactionOptions.DEFAULT);
      Snapshot last = table.append(Rows.of(120, 5));
      ChangeFeed all = table.changes(first, last);
      assertThat(ids(all.inserted(id))).isEqualTo(Rows.range(101, 125));
      assertThat(ids(all.updated(id))).isEmpty();
      assertThat(ids(all.deleted(id))).containsExactly(5L, 6L);
      ChangeFeed later = table.changes(table.checkout(2), last);
      assertThat(ids(later.inserted(id))).isEqualTo(Rows.range(120, 125));
      assertThat(ids(later.deleted(id))).containsExactly(5L, 6L, 100L);
      assertThat(ids(table.changes(last, last).inserted(id))).isEmpty();
    }
  }

  @Test
  void needsStableRowIds() {
    try (Table table = Table.create(store, PATH, Rows.of(0, 1), CreateOptions.DEFAULT, context)) {
      assertThatThrownBy(() -> table.changes(table.snapshot(), table.snapshot()))
          .isInstanceOf(UnsupportedFeatureException.class);
    }
  }
}
