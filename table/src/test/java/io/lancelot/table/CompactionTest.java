package io.lancelot.table;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import io.lancelot.base.CommitConflictException;
import io.lancelot.base.Context;
import io.lancelot.base.InvalidInputException;
import io.lancelot.storage.MemoryStore;
import io.lancelot.table.proto.TableProto;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.roaringbitmap.RoaringBitmap;

class CompactionTest {

  private static final String PATH = "films.lance";
  private static final CompactionOptions DEFAULT = CompactionOptions.DEFAULT;

  private final Context context = Context.ofMemory(256 << 20);
  private final MemoryStore store = MemoryStore.create();

  @AfterEach
  void noLeaks() {
    store.close();
    assertThat(context.memory().usedBytes()).isZero();
  }

  private Table create(boolean stable, int fragments, int rows) {
    CreateOptions options =
        stable ? CreateOptions.DEFAULT.withStableRowIds() : CreateOptions.DEFAULT;
    Table table = Table.create(store, PATH, Rows.of(0, rows), options, context);
    for (int i = 1; i < fragments; i++) {
      table.append(Rows.of((long) i * rows, rows));
    }
    return table;
  }

  private static List<Long> idsOfFragments(Snapshot snapshot) {
    return snapshot.fragments().stream().map(Fragment::id).toList();
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void smallFragmentsBecomeOneAndASecondRunFindsNothing(boolean stable) {
    try (Table table = create(stable, 20, 10)) {
      Snapshot before = table.snapshot();
      List<Long> rowIds = Rows.longs(table, before, TableScan.ROW_ID);
      CompactionReport report = table.compact(DEFAULT);
      Snapshot after = table.snapshot();
      assertThat(report.fragmentsRemoved()).isEqualTo(20);
      assertThat(report.fragmentsAdded()).isEqualTo(1);
      assertThat(report.filesRemoved()).isEqualTo(20);
      assertThat(report.bytesWritten()).isPositive();
      assertThat(report.version()).isEqualTo(after.version()).isEqualTo(21);
      assertThat(idsOfFragments(after)).containsExactly(20L);
      assertThat(Rows.ids(table, after)).isEqualTo(Rows.range(0, 200));
      assertThat(Rows.ids(table, before)).isEqualTo(Rows.range(0, 200));
      assertThat(table.versions().getLast().operation()).isEqualTo("Rewrite");
      if (stable) {
        assertThat(Rows.longs(table, after, TableScan.ROW_ID)).isEqualTo(rowIds);
      }
      int files = store.list(PATH + "/data").size();
      CompactionReport again = table.compact(DEFAULT);
      assertThat(again).isEqualTo(CompactionReport.nothing(21));
      assertThat(store.list(PATH + "/data")).hasSize(files);
      assertThat(idsOfFragments(table.append(Rows.of(200, 1)))).containsExactly(20L, 21L);
    }
  }

  @Test
  void deletedRowsGoOnceTheyAreMany() {
    try (Table table = create(false, 1, 1000)) {
      CompactionOptions small = DEFAULT.withTargetRows(500);
      table.delete(table.snapshot(), Map.of(0L, RoaringBitmap.bitmapOfRange(0, 100)), "few");
      assertThat(table.compact(small).fragmentsRemoved()).isZero();
      table.delete(table.snapshot(), Map.of(0L, RoaringBitmap.bitmapOf(100)), "one more");
      assertThat(table.compact(small.withDeletionThreshold(1)).fragmentsRemoved()).isZero();
      CompactionReport report = table.compact(small);
      assertThat(report.fragmentsRemoved()).isEqualTo(1);
      assertThat(report.fragmentsAdded()).isEqualTo(2);
      assertThat(report.filesRemoved()).isEqualTo(2);
      Snapshot after = table.snapshot();
      assertThat(after.physicalRows()).isEqualTo(899);
      assertThat(Rows.ids(table, after)).isEqualTo(Rows.range(101, 1000));
      assertThat(table.compact(small).fragmentsRemoved()).isZero();
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void rowsAreCutAtTheTarget(boolean stable) {
    try (Table table = create(stable, 10, 95)) {
      table.compact(DEFAULT.withTargetRows(100));
      Snapshot after = table.snapshot();
      assertThat(after.fragments()).allMatch(f -> f.physicalRows() <= 100).hasSizeLessThan(12);
      assertThat(Rows.ids(table, after)).isEqualTo(Rows.range(0, 950));
      assertThat(table.compact(DEFAULT.withTargetRows(100)).fragmentsRemoved()).isZero();
    }
  }

  @Test
  void aLargeFragmentIsNotWrittenAnewForASmallOne() {
    try (Table table = create(false, 1, 900_000)) {
      long big = CompactionPlan.bytes(table.snapshot().fragments().getFirst());
      for (int i = 0; i < 5; i++) {
        table.append(Rows.of(900_000 + 10L * i, 10));
        CompactionReport report = table.compact(DEFAULT);
        // Small tables are always merged; this one must be larger than that to prove anything.
        assertThat(report.bytesWritten()).isLessThan(big <= 16 << 20 ? 2 * big : 100_000);
      }
      assertThat(table.snapshot().rowCount()).isEqualTo(900_050);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void lineageSurvives(boolean stable) {
    try (Table table = create(stable, 3, 50)) {
      RoaringBitmap even = new RoaringBitmap();
      for (int i = 0; i < 50; i += 2) {
        even.add(i);
      }
      table.delete(table.snapshot(), Map.of(1L, even), "even");
      Snapshot before = table.snapshot();
      List<Long> rowIds = Rows.longs(table, before, TableScan.ROW_ID);
      table.compact(DEFAULT);
      Fragment fragment = table.snapshot().fragments().getFirst();
      if (stable) {
        assertThat(Rows.longs(table, table.snapshot(), TableScan.ROW_ID)).isEqualTo(rowIds);
        RowVersions created =
            RowVersions.parse(fragment.proto().getInlineCreatedAtVersions(), 125, "test");
        assertThat(created.at(0)).isEqualTo(1);
        assertThat(created.at(49)).isEqualTo(1);
        assertThat(created.at(50)).isEqualTo(2);
        assertThat(created.at(74)).isEqualTo(2);
        assertThat(created.at(75)).isEqualTo(3);
        assertThat(created.at(124)).isEqualTo(3);
      } else {
        assertThat(fragment.proto().hasInlineRowIds()).isFalse();
      }
    }
  }

  @Test
  void anyOrderOfIdsSurvives() {
    Random random = new Random(7);
    for (int round = 0; round < 300; round++) {
      long[] ids = new long[1 + random.nextInt(200)];
      long spread = 1L << random.nextInt(62);
      long next = random.nextLong(spread);
      for (int i = 0; i < ids.length; i++) {
        ids[i] = next;
        next =
            switch (random.nextInt(round % 3 == 0 ? 20 : 3)) {
              case 0 -> random.nextLong(spread);
              case 1 -> next + random.nextLong(70_000);
              default -> next + 1;
            };
      }
      int from = random.nextInt(ids.length);
      RowIdSequence read =
          RowIdSequence.parse(
              RowIdSequence.of(ids, from, ids.length), ids.length - from, "round " + round);
      for (int i = from; i < ids.length; i++) {
        assertThat(read.at(i - from)).isEqualTo(ids[i]);
      }
    }
  }

  /// lance PR#6653: rows deleted while a compaction was under way came back.
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void rowsDeletedMeanwhileStayDeleted(boolean stable) {
    try (Table table = create(stable, 4, 25);
        Table other = Table.open(store, PATH, context)) {
      table.delete(table.snapshot(), Map.of(2L, RoaringBitmap.bitmapOf(0, 1, 2)), "first");
      Snapshot base = table.latest();
      RewriteChange[] change = new RewriteChange[1];
      WrittenFiles written = new WrittenFiles(store);
      new Compaction(
              table,
              new TableRoot(store, PATH),
              context,
              DEFAULT,
              new Bases(new TableRoot(store, PATH)),
              new DeletionReader(new Bases(new TableRoot(store, PATH)), context.memory()),
              (from, rewrite, files) -> {
                if (change[0] == null) {
                  change[0] = (RewriteChange) rewrite;
                  other.latest();
                  other.delete(
                      other.snapshot(),
                      Map.of(
                          0L, RoaringBitmap.bitmapOf(3, 24),
                          2L, RoaringBitmap.bitmapOf(1, 3),
                          3L, RoaringBitmap.bitmapOf(7)),
                      "meanwhile");
                  other.append(Rows.of(100, 1));
                }
                return new Committer(new TableRoot(store, PATH), context)
                    .commit(from, rewrite, files);
              })
          .run();
      Snapshot after = table.latest();
      assertThat(written).isNotNull();
      assertThat(base.version()).isLessThan(after.version());
      List<Long> expected = new ArrayList<>(Rows.range(0, 101));
      expected.removeAll(List.of(3L, 24L, 50L, 51L, 52L, 53L, 82L));
      assertThat(Rows.ids(table, after)).containsExactlyInAnyOrderElementsOf(expected);
      assertThat(after.rowCount()).isEqualTo(94);
    }
  }

  @Test
  void aStaleRewriteIsRefused() {
    try (Table table = create(false, 2, 5)) {
      Operation rewrite =
          new Operation.Rewrite(
              List.of(new Operation.Rewrite.Group(table.snapshot().fragments(), List.of())));
      assertThatThrownBy(() -> table.commit(table.snapshot(), rewrite))
          .isInstanceOf(InvalidInputException.class);
    }
  }

  /// Files of the old fragments are there no more: nothing to carry over, the compaction gives way.
  @Test
  void restoredTableMakesTheCompactionStartOver() {
    try (Table table = create(false, 3, 10);
        Table other = Table.open(store, PATH, context)) {
      boolean[] once = {false};
      CompactionReport report =
          new Compaction(
                  table,
                  new TableRoot(store, PATH),
                  context,
                  DEFAULT,
                  new Bases(new TableRoot(store, PATH)),
                  new DeletionReader(new Bases(new TableRoot(store, PATH)), context.memory()),
                  (from, rewrite, files) -> {
                    if (!once[0]) {
                      once[0] = true;
                      other.overwrite(Rows.of(500, 3));
                    }
                    return new Committer(new TableRoot(store, PATH), context)
                        .commit(from, rewrite, files);
                  })
              .run();
      assertThat(report.fragmentsRemoved()).isZero();
      assertThat(Rows.ids(table, table.latest())).isEqualTo(Rows.range(500, 503));
      assertThat(store.list(PATH + "/data")).hasSize(4);
    }
  }

  @Test
  void movesAreWrittenDownForIndices() {
    try (Table table = create(false, 4, 10)) {
      Snapshot built = table.snapshot();
      addIndex(table, "/lance.table.BTreeIndexDetails", RoaringBitmap.bitmapOf(0, 1, 2, 3));
      table.delete(table.latest(), Map.of(1L, RoaringBitmap.bitmapOf(0, 9)), "two");
      table.compact(DEFAULT);
      Snapshot after = table.snapshot();
      assertThat(idsOfFragments(after)).containsExactly(4L);
      FragmentReuse reuse = table.fragmentReuse(after);
      assertThat(reuse.remap(5, built.version())).isEqualTo(4L << 32 | 5);
      assertThat(reuse.remap(1L << 32, built.version())).isEqualTo(FragmentReuse.DELETED);
      assertThat(reuse.remap(1L << 32 | 1, built.version())).isEqualTo(4L << 32 | 10);
      assertThat(reuse.remap(3L << 32 | 9, built.version())).isEqualTo(4L << 32 | 37);
      assertThat(reuse.remap(4L << 32 | 9, after.version())).isEqualTo(4L << 32 | 9);
      IndexEntry index =
          after.indices().stream().filter(i -> !i.system()).findFirst().orElseThrow();
      assertThat(reuse.coverage(index)).isEqualTo(RoaringBitmap.bitmapOf(4));

      // Once more: the two moves are followed one after the other.
      table.append(Rows.of(40, 10));
      table.delete(table.latest(), Map.of(4L, RoaringBitmap.bitmapOfRange(0, 10)), "ten");
      table.compact(DEFAULT);
      FragmentReuse twice = table.fragmentReuse(table.snapshot());
      assertThat(twice.remap(5, built.version())).isEqualTo(FragmentReuse.DELETED);
      assertThat(twice.remap(3L << 32 | 9, built.version())).isEqualTo(6L << 32 | 27);
      assertThat(idsOfFragments(table.snapshot())).containsExactly(5L, 6L);
      assertThat(Rows.ids(table, table.snapshot())).hasSize(38);
    }
  }

  @Test
  void largeRecordsOfMovesGoIntoAFile() {
    try (Table table = create(false, 2, 900_000)) {
      addIndex(table, "/lance.table.BTreeIndexDetails", RoaringBitmap.bitmapOf(0, 1));
      Random random = new Random(1);
      Map<Long, RoaringBitmap> deleted = new TreeMap<>();
      for (long f = 0; f < 2; f++) {
        RoaringBitmap rows = new RoaringBitmap();
        for (int i = 0; i < 250_000; i++) {
          rows.add(random.nextInt(900_000));
        }
        deleted.put(f, rows);
      }
      Snapshot before = table.delete(table.latest(), deleted, "many");
      List<Long> ids = Rows.ids(table, before);
      List<Long> addresses = Rows.longs(table, before, TableScan.ROW_ADDRESS);
      table.compact(DEFAULT);
      assertThat(store.list(PATH + "/_indices")).hasSize(1);
      FragmentReuse reuse = table.fragmentReuse(table.snapshot());
      List<Long> now = Rows.longs(table, table.snapshot(), TableScan.ROW_ADDRESS);
      assertThat(Rows.ids(table, table.snapshot())).isEqualTo(ids);
      for (int i = 0; i < ids.size(); i += 997) {
        assertThat(reuse.remap(addresses.get(i), 1)).isEqualTo(now.get(i));
      }
    }
  }

  @Test
  void fragmentsOfIndicesThatCannotFollowStay() {
    try (Table table = create(false, 4, 10)) {
      addIndex(table, "/lance.index.pb.FMIndexDetails", RoaringBitmap.bitmapOf(0, 1));
      table.compact(DEFAULT);
      assertThat(idsOfFragments(table.snapshot())).containsExactly(0L, 1L, 4L);
    }
  }

  @Test
  void partlyCoveredFragmentsAreNotMixed() {
    try (Table table = create(false, 4, 10)) {
      addIndex(table, "/lance.table.BTreeIndexDetails", RoaringBitmap.bitmapOf(0, 1));
      table.compact(DEFAULT);
      assertThat(idsOfFragments(table.snapshot())).containsExactly(4L, 5L);
      assertThat(Rows.ids(table, table.snapshot())).isEqualTo(Rows.range(0, 40));
    }
  }

  @Test
  void indicesOfStableIdsFollowOrLetGo() {
    try (Table table = create(true, 4, 10)) {
      addIndex(table, "/lance.table.BitmapIndexDetails", RoaringBitmap.bitmapOf(0, 1, 2, 3));
      addIndex(table, "/lance.table.ZoneMapIndexDetails", RoaringBitmap.bitmapOf(0, 1, 2, 3));
      table.compact(DEFAULT);
      List<RoaringBitmap> covered =
          table.snapshot().indices().stream().map(i -> i.fragments().orElseThrow()).toList();
      assertThat(covered).containsExactly(RoaringBitmap.bitmapOf(4), new RoaringBitmap());
    }
  }

  @Test
  void givesUpWithoutATraceWhenConflictsDoNotEnd() {
    try (Table table = create(false, 3, 10)) {
      int files = store.list(PATH + "/data").size();
      Compaction compaction =
          new Compaction(
              table,
              new TableRoot(store, PATH),
              context,
              DEFAULT,
              new Bases(new TableRoot(store, PATH)),
              new DeletionReader(new Bases(new TableRoot(store, PATH)), context.memory()),
              (_, _, _) -> {
                throw new CommitConflictException("always");
              });
      assertThatThrownBy(compaction::run).isInstanceOf(CommitConflictException.class);
      assertThat(store.list(PATH + "/data")).hasSize(files);
    }
  }

  /// Index modules are above this one: an entry is put into the manifest by hand.
  private void addIndex(Table table, String kind, RoaringBitmap fragments) {
    Snapshot base = table.latest();
    ByteBuffer uuid = ByteBuffer.allocate(16).putLong(base.version()).putLong(7);
    IndexEntry entry =
        new IndexEntry(
            TableProto.IndexMetadata.newBuilder()
                .setUuid(TableProto.Uuid.newBuilder().setUuid(ByteString.copyFrom(uuid.array())))
                .setName("i" + base.version())
                .addFields(0)
                .setDatasetVersion(base.version())
                .setFragmentBitmap(ByteString.copyFrom(DeletionVectors.bitmap(fragments)))
                .setIndexDetails(Any.newBuilder().setTypeUrl(kind))
                .build(),
            "test");
    Manifests.withIndex(store, PATH, base, entry);
  }
}
