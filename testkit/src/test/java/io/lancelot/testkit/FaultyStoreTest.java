package io.lancelot.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lancelot.base.CommitUnknownException;
import io.lancelot.base.StorageException;
import io.lancelot.storage.MemoryStore;
import io.lancelot.storage.ObjectReader;
import io.lancelot.storage.ObjectReader.Range;
import io.lancelot.storage.ObjectStore;
import io.lancelot.storage.ObjectWriter;
import io.lancelot.testkit.FaultyStore.Operation;
import java.lang.foreign.Arena;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class FaultyStoreTest extends ObjectStoreContract {

  private final FaultyStore faulty = FaultyStore.wrap(MemoryStore.create());

  @Override
  protected ObjectStore openEmpty() {
    return faulty;
  }

  @Test
  void failsAtOneCallAndCountsThem() {
    faulty.failAt(2);
    faulty.put("a", heap(bytes(10, 1)));
    assertThatThrownBy(() -> faulty.put("b", heap(bytes(20, 1))))
        .isInstanceOf(StorageException.class)
        .hasMessageContaining("path=b");
    faulty.put("c", heap(bytes(30, 1)));
    assertThat(faulty.size("b")).isEmpty();
    assertThat(faulty.callCount()).isEqualTo(4);
    assertThat(faulty.callCount(Operation.PUT)).isEqualTo(3);
    assertThat(faulty.bytes(Operation.PUT)).isEqualTo(60);
    assertThat(faulty.calls().get(1)).isEqualTo(new FaultyStore.Call(2, Operation.PUT, "b", 20));
  }

  @Test
  void stopsForGoodUntilRestarted() {
    faulty.stopAt(4);
    try (ObjectWriter writer = faulty.create("a")) {
      writer.write(heap(bytes(10, 1)));
      writer.write(heap(bytes(10, 2)));
      assertThatThrownBy(writer::finish).isInstanceOf(StorageException.class);
    }
    assertThat(faulty.stopped()).isTrue();
    assertThatThrownBy(() -> faulty.list("")).isInstanceOf(StorageException.class);
    faulty.restart();
    assertThat(faulty.list("")).isEmpty();
    faulty.inject(call -> call.operation() == Operation.PUT, Fault.STOP_AFTER);
    assertThatThrownBy(() -> faulty.put("b", heap(bytes(1, 1))))
        .isInstanceOf(StorageException.class);
    assertThatThrownBy(() -> faulty.size("b")).isInstanceOf(StorageException.class);
    faulty.restart();
    assertThat(faulty.size("b")).hasValue(1);
  }

  @Test
  void liesAboutCommits() {
    faulty.injectOnce(call -> call.operation() == Operation.PUT_IF_ABSENT, Fault.UNKNOWN_DONE);
    faulty.injectOnce(call -> call.operation() == Operation.PUT_IF_ABSENT, Fault.UNKNOWN_NOT_DONE);
    faulty.injectOnce(call -> call.operation() == Operation.PUT_IF_ABSENT, Fault.LOSE_ANSWER);
    assertThatThrownBy(() -> faulty.putIfAbsent("v1", heap(bytes(1, 1))))
        .isInstanceOf(CommitUnknownException.class);
    assertThatThrownBy(() -> faulty.putIfAbsent("v2", heap(bytes(1, 1))))
        .isInstanceOf(CommitUnknownException.class);
    assertThatThrownBy(() -> faulty.putIfAbsent("v3", heap(bytes(1, 1))))
        .isInstanceOf(StorageException.class);
    faulty.putIfAbsent("v4", heap(bytes(1, 1)));
    assertThat(faulty.list("").stream().map(ObjectStore.ObjectInfo::path))
        .containsExactlyInAnyOrder("v1", "v3", "v4");
  }

  @Test
  void failsByPath() {
    faulty.failPaths("data/.*\\.lance");
    faulty.put("data/x.txt", heap(bytes(1, 1)));
    assertThatThrownBy(() -> faulty.create("data/x.lance")).isInstanceOf(StorageException.class);
  }

  @Test
  void damagesObjects() {
    faulty.put("x", heap(bytes(100, 1)));
    faulty.corrupt("x", 7, 0x80);
    byte[] expected = bytes(100, 1);
    expected[7] ^= (byte) 0x80;
    assertThat(content(faulty, "x")).isEqualTo(expected);
    faulty.truncate("x", 40);
    assertThat(faulty.size("x")).hasValue(40);
  }

  @Test
  void powerCutsTakeOnlyWhatWasNotSynced() {
    for (int i = 0; i < 100; i++) {
      faulty.put("safe/" + i, heap(bytes(50, 1)));
    }
    faulty.sync();
    for (int i = 0; i < 100; i++) {
      faulty.put("risk/" + i, heap(bytes(50, 1)));
    }
    faulty.cutPower(new SplittableRandom(5));
    assertThatThrownBy(() -> faulty.list("")).isInstanceOf(StorageException.class);
    faulty.restart();
    assertThat(faulty.list("safe")).hasSize(100).allMatch(info -> info.sizeBytes() == 50);
    assertThat(faulty.list("risk")).hasSizeBetween(40, 90);
    assertThat(faulty.list("risk")).anyMatch(info -> info.sizeBytes() < 50);
    assertThat(faulty.list("risk")).anyMatch(info -> info.sizeBytes() == 50);
  }

  @Test
  void neighboursAreOneRequest() {
    faulty.put("x", heap(bytes(1_000_000, 1)));
    try (Arena arena = Arena.ofConfined();
        ObjectReader reader = faulty.open("x")) {
      reader.viewAll(
          List.of(
              new Range(500_000, 100),
              new Range(0, 100),
              new Range(100, 100),
              new Range(16_584, 100),
              new Range(33_069, 100),
              new Range(500_010, 10)),
          arena);
    }
    assertThat(faulty.callCount(Operation.VIEW)).isEqualTo(3);
    assertThat(faulty.bytes(Operation.VIEW)).isEqualTo(16_684 + 100 + 100);
  }
}
