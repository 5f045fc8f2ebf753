package io.lancelot.table;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lancelot.base.AlreadyExistsException;
import io.lancelot.base.Context;
import io.lancelot.base.CorruptDataException;
import io.lancelot.base.InvalidInputException;
import io.lancelot.base.NotFoundException;
import io.lancelot.storage.MemoryStore;
import io.lancelot.storage.ObjectStore;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.roaringbitmap.RoaringBitmap;

/// Tags, branches, clones, cleanup, check, repair and backup.
class MaintenanceTest {

  private static final String PATH = "films.lance";
  private static final CleanupOptions ALL = CleanupOptions.DEFAULT.withOlderThan(Duration.ZERO);

  private Instant now = Instant.parse("2026-01-01T00:00:00Z");
  private final Context system = Context.ofMemory(256 << 20);
  private final Context context =
      new Context(system.memory(), system.cpu(), 1, () -> now, new Random(3));
  private final MemoryStore store = MemoryStore.create();

  @AfterEach
  void noLeaks() {
    store.close();
    assertThat(context.memory().usedBytes()).isZero();
  }

  /// Versions 1 to `versions`, a second apart, ten rows each.
  private Table create(int versions) {
    Table table = Table.create(store, PATH, Rows.of(0, 10), CreateOptions.DEFAULT, context);
    for (int i = 1; i < versions; i++) {
      now = now.plusSeconds(1);
      table.append(Rows.of(10L * i, 10));
    }
    now = now.plusSeconds(1);
    return table;
  }

  private static List<Long> versions(Table table) {
    return table.versions().stream().map(VersionInfo::version).toList();
  }

  private long count(String folder) {
    return store.list(PATH + "/" + folder).size();
  }

  @Test
  void tagsNameVersions() {
    try (Table table = create(3)) {
      table.refs().createTag("first", table.checkout(1));
      table.refs().createTag("v1.0-rc_1", table.checkout(2));
      assertThat(table.refs().tags()).containsOnlyKeys("first", "v1.0-rc_1");
      assertThat(table.refs().tag("first").version()).isEqualTo(1);
      assertThat(table.versions().getFirst().tags()).containsExactly("first");
      assertThatThrownBy(() -> table.refs().createTag("first", table.checkout(2)))
          .isInstanceOf(AlreadyExistsException.class)
          .hasMessageContaining("first");
      now = now.plusSeconds(5);
      table.refs().updateTag("first", table.checkout(3));
      TagInfo moved = table.refs().tag("first");
      assertThat(moved.version()).isEqualTo(3);
      assertThat(moved.updatedAt()).contains(now);
      assertThat(moved.createdAt()).contains(now.minusSeconds(5));
      table.refs().deleteTag("first");
      assertThatThrownBy(() -> table.refs().deleteTag("first"))
          .isInstanceOf(NotFoundException.class)
          .hasMessageContaining("v1.0-rc_1");
      assertThatThrownBy(() -> table.refs().updateTag("first", table.checkout(1)))
          .isInstanceOf(NotFoundException.class);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "a/b", ".x", "x.", "a..b", "x.lock", "ü", "a b"})
  void impossibleTagNamesAreRefused(String name) {
    try (Table table = create(1)) {
      assertThatThrownBy(() -> table.refs().createTag(name, table.snapshot()))
          .isInstanceOf(InvalidInputException.class);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "main", "/a", "a/", "a//b", "..", "x.lock", "a b", "_x", "a/data"})
  void impossibleBranchNamesAreRefused(String name) {
    try (Table table = create(1)) {
      assertThatThrownBy(() -> table.refs().createBranch(name, table.snapshot()))
          .isInstanceOf(InvalidInputException.class);
    }
  }

  @Test
  void branchesGoTheirOwnWay() {
    try (Table table = create(3);
        Table branch = table.refs().createBranch("dev", table.checkout(2));
        Table again = table.refs().branch("dev")) {
      assertThat(branch.snapshot().version()).isEqualTo(2);
      assertThat(branch.snapshot().branch()).contains("dev");
      branch.append(Rows.of(500, 5));
      branch.delete(
          branch.latest(), Map.of(0L, RoaringBitmap.bitmapOf(0)), "one of the parent's rows");
      table.append(Rows.of(30, 10));
      assertThat(Rows.ids(table, table.latest())).isEqualTo(Rows.range(0, 40));
      assertThat(Rows.ids(again, again.latest())).hasSize(24).contains(500L).doesNotContain(0L);
      branch.compact(CompactionOptions.DEFAULT);
      assertThat(Rows.ids(again, again.latest())).hasSize(24);
      try (Table child = branch.refs().createBranch("dev/b", branch.snapshot())) {
        assertThat(Rows.ids(child, child.snapshot())).hasSize(24);
        assertThat(table.refs().branches().get("dev/b").parent()).contains("dev");
        assertThat(table.refs().branches().get("dev/b").lineage()).hasSize(2);
        child.refs().createTag("there", child.snapshot());
        assertThat(table.refs().tag("there").branch()).contains("dev/b");
      }
      assertThatThrownBy(() -> table.refs().deleteBranch("dev"))
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining("dev/b");
      assertThatThrownBy(() -> table.refs().createBranch("dev", table.snapshot()))
          .isInstanceOf(AlreadyExistsException.class);
      table.refs().deleteTag("there");
      table.refs().deleteBranch("dev/b");
      table.refs().deleteBranch("dev");
      assertThat(table.refs().branches()).isEmpty();
      assertThat(count("tree")).isZero();
      assertThatThrownBy(() -> table.refs().branch("dev")).isInstanceOf(NotFoundException.class);
    }
  }

  @Test
  void leftoverOfABranchIsReplaced() {
    try (Table table = create(2)) {
      table.refs().createBranch("dev", table.snapshot()).close();
      store.delete(PATH + "/_refs/branches/dev.json");
      now = Instant.ofEpochMilli(System.currentTimeMillis());
      assertThatThrownBy(() -> table.refs().createBranch("dev", table.snapshot()))
          .isInstanceOf(AlreadyExistsException.class)
          .hasMessageContaining("being created");
      now = now.plusSeconds(700);
      table.refs().createBranch("dev", table.snapshot()).close();
      assertThat(table.refs().branches()).containsOnlyKeys("dev");
    }
  }

  @Test
  void clonesReadTheirSource() {
    try (Table table = create(3)) {
      table.refs().cloneTo(table.checkout(2), store, "copy.lance");
      try (Table copy = Table.open(store, "copy.lance", context)) {
        assertThat(Rows.ids(copy, copy.snapshot())).isEqualTo(Rows.range(0, 20));
        copy.append(Rows.of(900, 1));
        assertThat(copy.snapshot().rowCount()).isEqualTo(21);
        assertThat(store.list("copy.lance/data")).hasSize(1);
      }
      assertThat(table.latest().rowCount()).isEqualTo(30);
      assertThatThrownBy(() -> table.refs().cloneTo(table.snapshot(), store, "copy.lance"))
          .isInstanceOf(AlreadyExistsException.class);
    }
  }

  @Test
  void versionsAreFoundByTime() {
    Instant start = now;
    try (Table table = create(5)) {
      for (int i = 0; i < 5; i++) {
        assertThat(table.checkout(start.plusMillis(1000 * i + 500)).version()).isEqualTo(i + 1);
        assertThat(table.checkout(start.plusSeconds(i)).version()).isEqualTo(i + 1);
      }
      assertThatThrownBy(() -> table.checkout(start.minusSeconds(1)))
          .isInstanceOf(NotFoundException.class)
          .hasMessageContaining("2026-01-01T00:00:00Z");
    }
  }

  @Test
  void cleanupRemovesWhatOnlyOldVersionsNeed() {
    try (Table table = create(5)) {
      table.compact(CompactionOptions.DEFAULT);
      assertThat(table.cleanup(CleanupOptions.DEFAULT).oldVersions()).isZero();
      now = now.plusSeconds(1);
      CleanupReport dry = table.cleanup(ALL.withDryRun());
      assertThat(count("data")).isEqualTo(6);
      CleanupReport report = table.cleanup(ALL);
      assertThat(report).isEqualTo(dry);
      assertThat(report.oldVersions()).isEqualTo(5);
      assertThat(report.dataFiles()).isEqualTo(5);
      assertThat(report.bytesRemoved()).isPositive();
      assertThat(versions(table)).containsExactly(6L);
      assertThat(count("data")).isEqualTo(1);
      assertThat(count("_transactions")).isEqualTo(1);
      assertThat(Rows.ids(table, table.latest())).isEqualTo(Rows.range(0, 50));
      assertThat(Table.check(store, PATH, context).sound()).isTrue();
    }
  }

  @Test
  void cleanupKeepsSoManyVersions() {
    try (Table table = create(6)) {
      table.cleanup(ALL.withKeep(3));
      assertThat(versions(table)).containsExactly(4L, 5L, 6L);
    }
  }

  /// lance#8705: with a tag, data files of other versions stayed for ever.
  @Test
  void tagsAndBranchesKeepWhatTheyNeedAndNoMore() {
    try (Table table = create(5)) {
      table.refs().createTag("keep", table.checkout(2));
      table.refs().createBranch("dev", table.checkout(3)).close();
      table.overwrite(Rows.of(900, 1));
      now = now.plusSeconds(1);
      table.cleanup(ALL);
      assertThat(versions(table)).containsExactly(2L, 3L, 6L);
      assertThat(count("data")).isEqualTo(4);
      try (Table dev = table.refs().branch("dev")) {
        assertThat(Rows.ids(dev, dev.snapshot())).isEqualTo(Rows.range(0, 30));
      }
      assertThat(Rows.ids(table, table.checkout(2))).isEqualTo(Rows.range(0, 20));
      table.refs().deleteBranch("dev");
      table.refs().deleteTag("keep");
      table.cleanup(ALL);
      assertThat(count("data")).isEqualTo(1);
    }
  }

  @Test
  void filesOfCommitsUnderWayStay() {
    try (Table table = create(2)) {
      StagedRows staged = Rows.staged(table, table.snapshot(), Rows.of(50, 5));
      store.put(PATH + "/data/notes.txt", MemorySegment.ofArray(new byte[3]));
      now = Instant.ofEpochMilli(System.currentTimeMillis()).plus(Duration.ofDays(1));
      table.cleanup(ALL);
      assertThat(count("data")).isEqualTo(4);
      now = now.plus(Duration.ofDays(7));
      assertThat(staged.fragments()).hasSize(1);
      table.cleanup(ALL);
      assertThat(count("data")).isEqualTo(3);
    }
  }

  @Test
  void checkNamesWhatIsWrong() {
    try (Table table = create(3)) {
      table.delete(table.latest(), Map.of(0L, RoaringBitmap.bitmapOf(1)), "one");
      CheckReport sound = Table.check(store, PATH, context);
      assertThat(sound.sound()).isTrue();
      assertThat(sound.versions()).isEqualTo(4);
      assertThat(sound.files()).isEqualTo(4);
      List<ObjectStore.ObjectInfo> data = store.list(PATH + "/data");
      store.delete(data.get(0).path());
      store.put(data.get(1).path(), MemorySegment.ofArray(new byte[10]));
      byte[] broken = new byte[(int) data.get(2).sizeBytes()];
      Arrays.fill(broken, (byte) 7);
      store.put(data.get(2).path(), MemorySegment.ofArray(broken));
      String deletion = store.list(PATH + "/_deletions").getFirst().path();
      store.put(deletion, MemorySegment.ofArray(new byte[1]));
      store.delete(PATH + "/_versions/" + VersionNaming.V2.fileName(1));
      table.refs().createTag("gone", table.checkout(2));
      store.put(PATH + "/_versions/" + VersionNaming.V2.fileName(2), MemorySegment.NULL);
    }
    CheckReport report = Table.check(store, PATH, context);
    assertThat(report.findings().stream().map(CheckReport.Finding::path))
        .hasSize(5)
        .containsAll(store.list(PATH + "/_deletions").stream().map(o -> o.path()).toList())
        .contains(PATH + "/_versions/" + VersionNaming.V2.fileName(2));
    assertThat(report.findings().stream().map(CheckReport.Finding::problem))
        .anyMatch(problem -> problem.equals("missing"))
        .anyMatch(problem -> problem.startsWith("size: expected="));
  }

  /// pond#110: the newest manifest is empty, and every open fails.
  @Test
  void repairGoesBackToTheNewestReadableVersion() {
    create(3).close();
    String newest = PATH + "/_versions/" + VersionNaming.V2.fileName(3);
    store.put(newest, MemorySegment.ofArray(new byte[0]));
    assertThatThrownBy(() -> Table.open(store, PATH, context))
        .isInstanceOf(CorruptDataException.class)
        .hasMessageContaining("version 2 is sound")
        .hasMessageContaining("repair");
    RepairReport report = Table.repair(store, PATH);
    assertThat(report.version()).isEqualTo(2);
    assertThat(report.setAside())
        .singleElement()
        .satisfies(damaged -> {
          assertThat(damaged.version()).isEqualTo(3);
          assertThat(store.size(damaged.keptAt())).hasValue(0);
        });
    try (Table table = Table.open(store, PATH, context)) {
      assertThat(table.append(Rows.of(20, 1)).version()).isEqualTo(3);
    }
    assertThat(Table.repair(store, PATH).setAside()).isEmpty();
  }

  @Test
  void nothingToRepairFromIsAnError() {
    create(1).close();
    store.put(
        PATH + "/_versions/" + VersionNaming.V2.fileName(1), MemorySegment.ofArray(new byte[20]));
    assertThatThrownBy(() -> Table.open(store, PATH, context))
        .hasMessageContaining("restore a backup");
    assertThatThrownBy(() -> Table.repair(store, PATH)).isInstanceOf(CorruptDataException.class);
  }

  @Test
  void backupCopiesWhatIsNew() {
    try (MemoryStore other = MemoryStore.create();
        Table table = create(3)) {
      table.delete(table.latest(), Map.of(0L, RoaringBitmap.bitmapOf(1)), "one");
      table.refs().createTag("two", table.checkout(2));
      BackupReport first = table.backup(other, "b.lance");
      assertThat(first.version()).isEqualTo(4);
      assertThat(first.filesThere()).isZero();
      table.append(Rows.of(70, 1));
      BackupReport second = table.backup(other, "b.lance");
      assertThat(second.filesCopied()).isEqualTo(3);
      assertThat(second.filesThere()).isEqualTo(first.filesCopied());
      try (Table copy = Table.open(other, "b.lance", context)) {
        assertThat(Rows.ids(copy, copy.snapshot())).isEqualTo(Rows.ids(table, table.latest()));
        assertThat(copy.refs().tag("two").version()).isEqualTo(2);
        assertThat(versions(copy)).isEqualTo(versions(table));
      }
      assertThat(Table.check(other, "b.lance", context).sound()).isTrue();
      Table.create(other, "c.lance", Rows.of(0, 1), CreateOptions.DEFAULT, context).close();
      assertThatThrownBy(() -> table.backup(other, "c.lance"))
          .isInstanceOf(InvalidInputException.class);
      assertThat(Optional.of(table.snapshot().version())).contains(5L);
    }
  }

  /// A branch refers to its table by an absolute path: its copy must refer to the copied table.
  @Test
  void backupsOfBranchesStandByThemselves() {
    try (MemoryStore other = MemoryStore.create();
        Table table = create(3);
        Table branch = table.refs().createBranch("a/b", table.latest())) {
      branch.append(Rows.of(90, 5));
      branch.delete(branch.latest(), Map.of(0L, RoaringBitmap.bitmapOf(1)), "one");
      branch.refs().createTag("there", branch.snapshot());
      table.append(Rows.of(70, 1));
      table.backup(other, "b.lance");
      BackupReport second = table.backup(other, "b.lance");
      assertThat(second.filesCopied()).isZero();
      List<Long> rows = Rows.ids(branch, branch.snapshot());
      Table.drop(store, PATH);
      try (Table copy = Table.open(other, "b.lance", context);
          Table copied = copy.refs().branch("a/b")) {
        assertThat(Rows.ids(copied, copied.snapshot())).isEqualTo(rows);
        assertThat(copy.refs().tag("there").branch()).contains("a/b");
        assertThat(other.list("b.lance/tree").stream().map(file -> file.path()))
            .as("what the main line has is not copied again")
            .filteredOn(path -> path.contains("/data/"))
            .hasSize(1);
      }
      assertThat(Table.check(other, "b.lance", context).sound()).isTrue();
    }
  }

  @Test
  void backupsOfClonesHoldWhatTheyHaveFromElsewhere() {
    try (MemoryStore other = MemoryStore.create();
        Table table = create(3)) {
      table.delete(table.latest(), Map.of(0L, RoaringBitmap.bitmapOf(1)), "one");
      table.refs().cloneTo(table.snapshot(), store, "clone.lance");
      List<Long> rows = Rows.ids(table, table.snapshot());
      try (Table clone = Table.open(store, "clone.lance", context)) {
        clone.append(Rows.of(70, 1));
        clone.backup(other, "b.lance");
      }
      Table.drop(store, PATH);
      try (Table copy = Table.open(other, "b.lance", context)) {
        assertThat(Rows.ids(copy, copy.snapshot())).containsAll(rows).contains(70L);
        copy.append(Rows.of(71, 1));
      }
      assertThat(Table.check(other, "b.lance", context).sound()).isTrue();
    }
  }
}
