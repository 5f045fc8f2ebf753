package io.lancelot.table;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lancelot.base.AlreadyExistsException;
import io.lancelot.base.CommitConflictException;
import io.lancelot.base.Context;
import io.lancelot.base.InvalidInputException;
import io.lancelot.base.NotFoundException;
import io.lancelot.base.Scratch;
import io.lancelot.columnar.Batch;
import io.lancelot.columnar.BatchStream;
import io.lancelot.columnar.Field;
import io.lancelot.columnar.FixedColumn;
import io.lancelot.columnar.Schema;
import io.lancelot.columnar.Types;
import io.lancelot.columnar.Values;
import io.lancelot.file.FileVersion;
import io.lancelot.storage.ObjectStore;
import io.lancelot.table.Operation.UpdateConfig.Changes;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.roaringbitmap.RoaringBitmap;

/// What a table promises on every store.
abstract class TableContract {

  private static final String PATH = "films.lance";

  private final Context context = Context.ofMemory(256 << 20);
  private ObjectStore store = io.lancelot.storage.MemoryStore.create();

  abstract ObjectStore openEmpty();

  @BeforeEach
  void start() {
    store = openEmpty();
  }

  @AfterEach
  void noLeaks() {
    store.close();
    assertThat(context.memory().usedBytes()).isZero();
  }

  private Table create(BatchStream rows) {
    return Table.create(store, PATH, rows, CreateOptions.DEFAULT, context);
  }

  private Table open() {
    return Table.open(store, PATH, context);
  }

  private static RoaringBitmap rows(int... rows) {
    return RoaringBitmap.bitmapOf(rows);
  }

  @Test
  void createdTableHasItsRowsAndOneVersion() {
    try (Table table = create(Rows.of(0, 100));
        Table again = open()) {
      assertThat(table.snapshot().version()).isEqualTo(1);
      assertThat(again.snapshot().rowCount()).isEqualTo(100);
      assertThat(Rows.ids(again, again.snapshot())).isEqualTo(Rows.range(0, 100));
      assertThat(again.versions())
          .singleElement()
          .satisfies(info -> assertThat(info.operation()).isEqualTo("Overwrite"));
    }
  }

  @Test
  void emptyTableHasSchemaAndNoFragments() {
    try (Table table = Table.create(store, PATH, Rows.SCHEMA, CreateOptions.DEFAULT, context)) {
      assertThat(table.snapshot().fragments()).isEmpty();
      assertThat(table.snapshot().schema().arrow().names()).containsExactly("id", "name");
      assertThat(table.append(Rows.of(0, 5)).fragments().getFirst().id()).isZero();
    }
  }

  @Test
  void creatingTwiceFails() {
    create(Rows.of(0, 1)).close();
    assertThatThrownBy(() -> create(Rows.of(0, 1)))
        .isInstanceOf(AlreadyExistsException.class)
        .hasMessageContaining("films.lance");
    assertThatThrownBy(() -> Table.create(store, PATH, Rows.SCHEMA, CreateOptions.DEFAULT, context))
        .isInstanceOf(AlreadyExistsException.class);
    assertThat(store.list(PATH + "/data")).hasSize(1);
  }

  @Test
  void fragmentIdsContinueAfterOverwrite() {
    try (Table table = create(Rows.of(0, 10))) {
      table.append(Rows.of(10, 10));
      table.append(Rows.of(20, 10));
      Snapshot overwritten = table.overwrite(Rows.of(100, 10));
      Snapshot appended = table.append(Rows.of(110, 10));
      assertThat(overwritten.fragments().stream().map(Fragment::id).toList()).containsExactly(3L);
      assertThat(appended.fragments().stream().map(Fragment::id).toList()).containsExactly(3L, 4L);
      assertThat(Rows.ids(table, appended)).isEqualTo(Rows.range(100, 120));
      assertThat(Rows.ids(table, table.checkout(3))).isEqualTo(Rows.range(0, 30));
    }
  }

  @Test
  void overwriteMayChangeTheSchema() {
    Field score = Field.nullable("score", Types.FLOAT64);
    Schema schema = Schema.of(score);
    Batch batch = new Batch(schema, 3, List.of(Rows.column(score, 3, i -> i * 0.5)));
    try (Table table = create(Rows.of(0, 10))) {
      Snapshot snapshot = table.overwrite(BatchStream.of(schema, List.of(batch)));
      assertThat(snapshot.schema().arrow().names()).containsExactly("score");
      assertThat(snapshot.rowCount()).isEqualTo(3);
    }
  }

  @Test
  void columnsMayComeInAnyOrderAndNullableOnesMayBeMissing() {
    try (Table table = create(Rows.of(0, 3))) {
      Batch full = Rows.batch(3, 3);
      Batch turned = full.select(List.of("name", "id"));
      table.append(BatchStream.of(turned.schema(), List.of(turned)));
      Batch ids = Rows.batch(6, 3).select(List.of("id"));
      Snapshot snapshot = table.append(BatchStream.of(ids.schema(), List.of(ids)));
      assertThat(Rows.ids(table, snapshot)).isEqualTo(Rows.range(0, 9));
      assertThat(snapshot.fragments().getLast().fileOf(1)).isEmpty();
    }
  }

  @Test
  void rowsThatDoNotFitAreRefused() {
    try (Table table = create(Rows.of(0, 3))) {
      Batch names = Rows.batch(3, 3).select(List.of("name"));
      assertThatThrownBy(() -> table.append(BatchStream.of(names.schema(), List.of(names))))
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining("missing column: expected=id");
      Field id = Field.nullable("id", Types.INT32);
      Batch wrong = new Batch(Schema.of(id), 1, List.of(Rows.column(id, 1, _ -> 1)));
      assertThatThrownBy(() -> table.append(BatchStream.of(wrong.schema(), List.of(wrong))))
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining("expected schema [id: int64 not null, name: string]")
          .hasMessageContaining("found schema [id: int32]");
      Field other = Field.nullable("other", Types.INT32);
      Batch unknown = new Batch(Schema.of(other), 1, List.of(Rows.column(other, 1, _ -> 1)));
      assertThatThrownBy(() -> table.append(BatchStream.of(unknown.schema(), List.of(unknown))))
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining("unknown column");
      assertThat(table.latest().version()).isEqualTo(1);
      assertThat(store.list(PATH + "/data")).hasSize(1);
    }
  }

  @Test
  void nullsInAColumnThatMustHaveNoneAreRefusedAndLeaveNoFile() {
    Field id = Field.nullable("id", Types.INT64);
    Batch good = new Batch(Schema.of(id), 2, List.of(Rows.column(id, 2, i -> 10L + i)));
    Batch bad = new Batch(Schema.of(id), 2, List.of(Rows.column(id, 2, i -> i == 0 ? null : 1L)));
    try (Table table = create(Rows.of(0, 3))) {
      assertThat(table.append(BatchStream.of(good.schema(), List.of(good))).rowCount())
          .isEqualTo(5);
      assertThatThrownBy(() -> table.append(BatchStream.of(bad.schema(), List.of(good, bad))))
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining("id");
      assertThat(store.list(PATH + "/data")).hasSize(2);
    }
  }

  @Test
  void deletedRowsAreGoneFromScansButNotFromOlderVersions() {
    try (Table table = create(Rows.of(0, 100))) {
      Snapshot one = table.delete(table.snapshot(), Map.of(0L, rows(3, 5, 7)), "id IN (3, 5, 7)");
      Snapshot two = table.delete(one, Map.of(0L, rows(7, 8)), "id IN (7, 8)");
      List<Long> left = Rows.range(0, 100);
      left.removeAll(List.of(3L, 5L, 7L, 8L));
      assertThat(Rows.ids(table, two)).isEqualTo(left);
      assertThat(Rows.longs(table, two, TableScan.ROW_ADDRESS)).isEqualTo(left);
      assertThat(two.rowCount()).isEqualTo(96);
      assertThat(two.fragments().getFirst().deletionFile().orElseThrow().kind())
          .isEqualTo(DeletionFile.Kind.ARROW);
      assertThat(Rows.ids(table, table.checkout(1))).isEqualTo(Rows.range(0, 100));
    }
  }

  @Test
  void manyDeletionsAreABitmapAndAllOfThemDropTheFragment() {
    try (Table table = create(Rows.of(0, 20_000))) {
      RoaringBitmap even = new RoaringBitmap();
      RoaringBitmap odd = new RoaringBitmap();
      for (int i = 0; i < 20_000; i++) {
        (i % 2 == 0 ? even : odd).add(i);
      }
      Snapshot half = table.delete(table.snapshot(), Map.of(0L, even), "id % 2 = 0");
      assertThat(half.rowCount()).isEqualTo(10_000);
      assertThat(half.fragments().getFirst().deletionFile().orElseThrow().kind())
          .isEqualTo(DeletionFile.Kind.BITMAP);
      assertThat(Rows.ids(table, half)).hasSize(10_000).allMatch(id -> id % 2 == 1);
      Snapshot none = table.delete(half, Map.of(0L, odd), "true");
      assertThat(none.fragments()).isEmpty();
      assertThat(none.rowCount()).isZero();
      assertThat(table.append(Rows.of(0, 1)).fragments().getFirst().id()).isEqualTo(1);
    }
  }

  @Test
  void staleAppendsAndDeletesAreRebased() {
    try (Table table = create(Rows.of(0, 100));
        Table other = open()) {
      Snapshot base = table.snapshot();
      other.append(Rows.of(100, 10));
      other.delete(base, Map.of(0L, rows(1, 2)), "id IN (1, 2)");
      Snapshot joined = table.delete(base, Map.of(0L, rows(4, 5)), "id IN (4, 5)");
      assertThat(joined.version()).isEqualTo(4);
      List<Long> left = Rows.range(0, 110);
      left.removeAll(List.of(1L, 2L, 4L, 5L));
      assertThat(Rows.ids(table, joined)).isEqualTo(left);
      assertThatThrownBy(() -> table.delete(base, Map.of(0L, rows(2)), "id = 2"))
          .isInstanceOf(CommitConflictException.class)
          .satisfies(e -> assertThat(((CommitConflictException) e).retryable()).isTrue())
          .hasMessageContaining("same rows");
      // The superseded and the refused deletion files are gone: one each of both commits is left.
      assertThat(store.list(PATH + "/_deletions")).hasSize(2);
    }
  }

  @Test
  void appendOverOverwriteIsIncompatible() {
    try (Table table = create(Rows.of(0, 10));
        Table other = open()) {
      StagedRows staged = Rows.staged(table, table.snapshot(), Rows.of(10, 10));
      Snapshot base = table.snapshot();
      other.overwrite(Rows.of(50, 10));
      assertThatThrownBy(() -> table.commit(base, new Operation.Append(staged.fragments())))
          .isInstanceOf(CommitConflictException.class)
          .satisfies(e -> assertThat(((CommitConflictException) e).retryable()).isFalse())
          .hasMessageContaining("conflicting operation=Overwrite");
    }
  }

  @Test
  void restoreBringsBackAnOlderVersionAndKeepsFragmentIdsGrowing() {
    try (Table table = create(Rows.of(0, 10))) {
      table.append(Rows.of(10, 10));
      table.append(Rows.of(20, 10));
      Snapshot restored = table.restore(1);
      assertThat(restored.version()).isEqualTo(4);
      assertThat(Rows.ids(table, restored)).isEqualTo(Rows.range(0, 10));
      Snapshot appended = table.append(Rows.of(30, 1));
      assertThat(appended.fragments().getLast().id()).isEqualTo(3);
    }
  }

  @Test
  void unknownVersionNamesThoseThatThereAre() {
    try (Table table = create(Rows.of(0, 10))) {
      table.append(Rows.of(10, 10));
      assertThatThrownBy(() -> table.checkout(7))
          .isInstanceOf(NotFoundException.class)
          .hasMessageContaining("expected=1 to 2, found=7");
    }
    assertThatThrownBy(() -> Table.open(store, "other.lance", context))
        .isInstanceOf(NotFoundException.class)
        .hasMessageContaining("other.lance");
  }

  @Test
  void droppedTableIsGoneAndANewOneIsNotMistakenForIt() {
    try (Table stale = create(Rows.of(0, 10))) {
      Table.drop(store, PATH);
      assertThat(Table.exists(store, PATH)).isFalse();
      assertThatThrownBy(() -> Table.drop(store, PATH)).isInstanceOf(NotFoundException.class);
      Snapshot base = stale.snapshot();
      create(Rows.of(0, 1)).close();
      assertThatThrownBy(() -> stale.commit(base, new Operation.Append(List.of())))
          .isInstanceOf(CommitConflictException.class)
          .hasMessageContaining("created anew");
      assertThat(stale.latest().rowCount()).isEqualTo(1);
    }
  }

  @Test
  void takeKeepsTheOrderAskedForAndRepeats() {
    try (Table table = create(Rows.of(0, 10));
        Scratch scratch = context.memory().scratch()) {
      table.append(Rows.of(10, 10));
      long second = 1L << 32;
      long[] addresses = {second | 3, 2, second, 2, 9};
      List<String> columns = List.of(TableScan.ROW_ID, "name", "id", TableScan.ROW_ADDRESS);
      Batch taken = table.take(table.snapshot(), addresses, addresses.length, columns, scratch);
      List<Object> ids = new ArrayList<>();
      for (int i = 0; i < taken.rowCount(); i++) {
        ids.add(Values.at(taken.column("id"), i));
        assertThat(((FixedColumn) taken.column(3)).longAt(i)).isEqualTo(addresses[i]);
        assertThat(((FixedColumn) taken.column(0)).longAt(i)).isEqualTo(addresses[i]);
      }
      assertThat(ids).containsExactly(13L, 2L, 10L, 2L, 9L);
      assertThat(table.take(table.snapshot(), new long[0], 0, columns, scratch).rowCount())
          .isZero();
      assertThatThrownBy(
              () -> table.take(table.snapshot(), new long[] {7L << 32}, 1, columns, scratch))
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining("unknown fragment");
    }
  }

  @Test
  void scanChoosesColumnsAndFragments() {
    try (Table table = create(Rows.of(0, 10))) {
      table.append(Rows.of(10, 10));
      ScanOptions options =
          ScanOptions.of(List.of("id")).withBatchRows(4).withFragments(java.util.Set.of(1L));
      try (BatchStream rows = table.scan(table.snapshot(), options)) {
        Batch first = Objects.requireNonNull(rows.next());
        assertThat(first.rowCount()).isEqualTo(4);
        assertThat(((FixedColumn) first.column(0)).longAt(0)).isEqualTo(10);
      }
      assertThatThrownBy(() -> table.scan(table.snapshot(), ScanOptions.of(List.of("nope"))))
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining("unknown column");
    }
  }

  @Test
  void stableRowIdsAreGivenToNewRowsAndNeverAgain() {
    CreateOptions options = CreateOptions.DEFAULT.withStableRowIds();
    try (Table table = Table.create(store, PATH, Rows.of(0, 10), options, context)) {
      table.append(Rows.of(10, 10));
      Snapshot deleted = table.delete(table.snapshot(), Map.of(1L, rows(0)), "id = 10");
      List<Long> ids = Rows.range(0, 20);
      ids.remove(10L);
      assertThat(Rows.longs(table, deleted, TableScan.ROW_ID)).isEqualTo(ids);
      table.restore(1);
      Snapshot appended = table.append(Rows.of(50, 2));
      List<Long> expected = Rows.range(0, 10);
      expected.addAll(List.of(20L, 21L));
      assertThat(Rows.longs(table, appended, TableScan.ROW_ID)).isEqualTo(expected);
    }
  }

  @Test
  void updateReplacesRowsInOneCommit() {
    try (Table table = create(Rows.of(0, 10));
        Table other = open()) {
      Snapshot base = table.snapshot();
      StagedRows replacement = Rows.staged(table, base, Rows.of(100, 2));
      other.delete(base, Map.of(0L, rows(9)), "id = 9");
      Snapshot updated =
          table.update(base, Map.of(0L, rows(1, 2)), replacement, java.util.Set.of(0, 1), _ -> {});
      List<Long> expected = new ArrayList<>(List.of(0L, 3L, 4L, 5L, 6L, 7L, 8L, 100L, 101L));
      assertThat(Rows.ids(table, updated)).isEqualTo(expected);
      assertThat(table.versions().getLast().operation()).isEqualTo("Update");
      StagedRows late = Rows.staged(table, base, Rows.of(200, 1));
      assertThatThrownBy(
              () -> table.update(base, Map.of(0L, rows(9)), late, java.util.Set.of(), _ -> {}))
          .isInstanceOf(CommitConflictException.class);
      assertThat(store.list(PATH + "/data")).hasSize(2);
    }
  }

  @Test
  void configAndNotesChange() {
    Changes none = Changes.NONE;
    try (Table table = create(Rows.of(0, 1))) {
      Changes two = new Changes(Map.of("a", Optional.of("1"), "b", Optional.of("2")), false);
      table.commit(table.snapshot(), new Operation.UpdateConfig(two, two, none, Map.of()));
      Changes drop = new Changes(Map.of("a", Optional.empty()), false);
      Snapshot changed =
          table.commit(table.snapshot(), new Operation.UpdateConfig(drop, none, none, Map.of()));
      assertThat(changed.config()).isEqualTo(Map.of("b", "2"));
      assertThat(changed.tableMetadata()).isEqualTo(Map.of("a", "1", "b", "2"));
      assertThat(changed.manifest().getWriterFeatureFlags()).isEqualTo(8);
      Changes clear = new Changes(Map.of(), true);
      Snapshot cleared =
          table.commit(changed, new Operation.UpdateConfig(clear, none, none, Map.of()));
      assertThat(cleared.config()).isEmpty();
      assertThat(cleared.manifest().getWriterFeatureFlags()).isZero();
    }
  }

  @Test
  void appendsKeepTheTablesFileVersion() {
    CreateOptions options = CreateOptions.DEFAULT.withFileVersion(FileVersion.V2_1);
    try (Table table = Table.create(store, PATH, Rows.of(0, 10), options, context)) {
      Snapshot snapshot = table.append(Rows.of(10, 10));
      assertThat(snapshot.fileVersion()).isEqualTo(FileVersion.V2_1);
      assertThat(snapshot.fragments())
          .allMatch(f -> f.files().getFirst().version() == FileVersion.V2_1);
      assertThat(snapshot.manifest().getReaderFeatureFlags()).isZero();
    }
  }

  @Test
  void racingAppendersLoseNothing() throws Exception {
    int threads = 8;
    int appends = 25;
    Table.create(store, PATH, Rows.SCHEMA, CreateOptions.DEFAULT, context).close();
    try (var pool = Executors.newFixedThreadPool(threads)) {
      List<Future<?>> done = new ArrayList<>();
      for (int t = 0; t < threads; t++) {
        long first = t * 1000L;
        done.add(
            pool.submit(() -> {
              try (Table table = open()) {
                for (int i = 0; i < appends; i++) {
                  table.append(Rows.of(first + i, 1));
                }
              }
            }));
      }
      for (Future<?> future : done) {
        future.get();
      }
    }
    try (Table table = open()) {
      assertThat(table.snapshot().version()).isEqualTo(1 + threads * appends);
      assertThat(table.versions()).hasSize(1 + threads * appends);
      List<Long> expected = new ArrayList<>();
      for (int t = 0; t < threads; t++) {
        expected.addAll(Rows.range(t * 1000L, t * 1000L + appends));
      }
      assertThat(Rows.ids(table, table.snapshot())).hasSameElementsAs(expected).hasSize(200);
      assertThat(store.list(PATH + "/data")).hasSize(200);
      assertThat(store.list(PATH + "/_transactions")).hasSize(201);
    }
  }
}
