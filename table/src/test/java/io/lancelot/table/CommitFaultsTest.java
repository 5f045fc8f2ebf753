package io.lancelot.table;

import static org.assertj.core.api.Assertions.assertThat;

import io.lancelot.base.CommitUnknownException;
import io.lancelot.base.Context;
import io.lancelot.base.LancelotException;
import io.lancelot.storage.MemoryStore;
import io.lancelot.storage.ObjectStore.ObjectInfo;
import io.lancelot.testkit.Fault;
import io.lancelot.testkit.FaultyStore;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.roaringbitmap.RoaringBitmap;

/// Whatever call fails, and however: a table opens at a committed version, and what was
/// acknowledged is there.
class CommitFaultsTest {

  private static final String PATH = "t.lance";

  private final Context context = Context.ofMemory(64 << 20);

  /// What a writer knows to have happened.
  private static final class Acknowledged {
    private long version;
    private final Set<Long> ids = new HashSet<>();

    /// Ids that may or may not be there.
    private final Set<Long> maybe = new HashSet<>();
  }

  /// Creates, appends, deletes; stops at the first error as a program would.
  private Acknowledged work(FaultyStore store) {
    Acknowledged known = new Acknowledged();
    known.maybe.addAll(Rows.range(0, 10));
    try (Table table = Table.create(store, PATH, Rows.of(0, 10), CreateOptions.DEFAULT, context)) {
      known.ids.addAll(Rows.range(0, 10));
      known.version = 1;
      known.maybe.addAll(Rows.range(10, 20));
      table.append(Rows.of(10, 10));
      known.ids.addAll(Rows.range(10, 20));
      known.version = 2;
      known.maybe.addAll(Set.of(3L, 5L));
      known.ids.removeAll(Set.of(3L, 5L));
      table.delete(table.snapshot(), Map.of(0L, RoaringBitmap.bitmapOf(3, 5)), "id IN (3, 5)");
      known.maybe.removeAll(Set.of(3L, 5L));
      known.version = 3;
    } catch (LancelotException _) {
      // The end of this writer.
    }
    return known;
  }

  @ParameterizedTest
  @EnumSource(
      value = Fault.class,
      names = {"REFUSE", "LOSE_ANSWER", "STOP", "STOP_AFTER"})
  void noCallThatFailsLosesAnything(Fault fault) {
    long calls;
    try (FaultyStore store = FaultyStore.wrap(MemoryStore.create())) {
      assertThat(work(store).version).isEqualTo(3);
      calls = store.callCount();
    }
    for (long n = 1; n <= calls; n++) {
      try (FaultyStore store = FaultyStore.wrap(MemoryStore.create())) {
        long number = n;
        store.injectOnce(call -> call.number() == number, fault);
        Acknowledged known = work(store);
        store.restart();
        check(store, known, "fault=" + fault + ", call=" + n);
      }
      assertThat(context.memory().usedBytes()).as("memory after call %d", n).isZero();
    }
  }

  private void check(FaultyStore store, Acknowledged known, String where) {
    if (!Table.exists(store, PATH)) {
      assertThat(known.version).as(where).isZero();
      return;
    }
    try (Table table = Table.open(store, PATH, context)) {
      Snapshot snapshot = table.snapshot();
      assertThat(snapshot.version()).as(where).isGreaterThanOrEqualTo(known.version);
      List<Long> ids = Rows.ids(table, snapshot);
      assertThat(ids).as(where).containsAll(known.ids).doesNotHaveDuplicates();
      Set<Long> extra = new HashSet<>(ids);
      extra.removeAll(known.ids);
      assertThat(known.maybe).as(where).containsAll(extra);
      // And it goes on.
      assertThat(table.append(Rows.of(100, 1)).rowCount()).as(where).isEqualTo(ids.size() + 1);
    }
  }

  @Test
  void lostAnswerOfAPublishedCommitIsFoundAgain() {
    for (Fault fault : List.of(Fault.LOSE_ANSWER, Fault.UNKNOWN_DONE)) {
      try (FaultyStore store = FaultyStore.wrap(MemoryStore.create());
          Table table = Table.create(store, PATH, Rows.of(0, 10), CreateOptions.DEFAULT, context)) {
        store.injectOnce(c -> c.operation() == FaultyStore.Operation.PUT_IF_ABSENT, fault);
        assertThat(table.append(Rows.of(10, 10)).version()).isEqualTo(2);
        assertThat(Rows.ids(table, table.latest())).isEqualTo(Rows.range(0, 20));
      }
    }
  }

  @Test
  void unknownOutcomeThatDidNotHappenIsTriedAgain() {
    try (FaultyStore store = FaultyStore.wrap(MemoryStore.create());
        Table table = Table.create(store, PATH, Rows.of(0, 10), CreateOptions.DEFAULT, context)) {
      store.injectOnce(
          c -> c.operation() == FaultyStore.Operation.PUT_IF_ABSENT, Fault.UNKNOWN_NOT_DONE);
      assertThat(table.append(Rows.of(10, 10)).version()).isEqualTo(2);
      assertThat(table.latest().rowCount()).isEqualTo(20);
    }
  }

  @Test
  void unknownOutcomeLeavesTheFilesAlone() {
    try (FaultyStore store = FaultyStore.wrap(MemoryStore.create());
        Table table = Table.create(store, PATH, Rows.of(0, 10), CreateOptions.DEFAULT, context)) {
      store.inject(
          c -> c.operation() == FaultyStore.Operation.PUT_IF_ABSENT, Fault.UNKNOWN_NOT_DONE);
      org.assertj.core.api.Assertions.assertThatThrownBy(() -> table.append(Rows.of(10, 10)))
          .isInstanceOf(CommitUnknownException.class)
          .hasMessageContaining("version=2");
      assertThat(store.list(PATH + "/data")).hasSize(2);
      assertThat(store.callCount(FaultyStore.Operation.DELETE)).isZero();
    }
  }

  @Test
  void failedWriteRemovesItsFiles() {
    try (FaultyStore store = FaultyStore.wrap(MemoryStore.create());
        Table table = Table.create(store, PATH, Rows.of(0, 10), CreateOptions.DEFAULT, context)) {
      List<String> before = paths(store);
      store.injectOnce(
          c -> c.operation() == FaultyStore.Operation.PUT && c.path().endsWith(".txn"),
          Fault.LOSE_ANSWER);
      org.assertj.core.api.Assertions.assertThatThrownBy(() -> table.append(Rows.of(10, 10)))
          .isInstanceOf(LancelotException.class);
      assertThat(paths(store)).hasSameElementsAs(before);
    }
  }

  private static List<String> paths(FaultyStore store) {
    List<String> paths = new ArrayList<>();
    for (ObjectInfo object : store.list(PATH)) {
      paths.add(object.path());
    }
    return paths;
  }
}
