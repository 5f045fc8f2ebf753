package io.lancelot.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lancelot.base.AlreadyExistsException;
import io.lancelot.base.CorruptDataException;
import io.lancelot.base.InvalidInputException;
import io.lancelot.base.NotFoundException;
import io.lancelot.storage.MemoryStore;
import io.lancelot.storage.ObjectReader;
import io.lancelot.storage.ObjectReader.Range;
import io.lancelot.storage.ObjectStore;
import io.lancelot.storage.ObjectStore.ObjectInfo;
import io.lancelot.storage.ObjectWriter;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// What every [ObjectStore] promises. The test of a store extends this and says how to open one.
public abstract class ObjectStoreContract {

  private static final int RACERS = 16;

  private ObjectStore store = closedStore();
  private final Arena arena = Arena.ofShared();

  /// An empty store; closed by this class.
  protected abstract ObjectStore openEmpty();

  private static ObjectStore closedStore() {
    ObjectStore closed = MemoryStore.create();
    closed.close();
    return closed;
  }

  /// The store of the running test.
  protected final ObjectStore store() {
    return store;
  }

  @BeforeEach
  final void openStore() {
    store = openEmpty();
  }

  @AfterEach
  final void closeStore() {
    store.close();
    arena.close();
  }

  /// `size` bytes that tell their seed and position, on the heap.
  protected static byte[] bytes(int size, long seed) {
    byte[] bytes = new byte[size];
    new SplittableRandom(seed).nextBytes(bytes);
    return bytes;
  }

  protected static MemorySegment heap(byte[] bytes) {
    return MemorySegment.ofArray(bytes);
  }

  /// All bytes of an object.
  protected static byte[] content(ObjectStore store, String path) {
    try (ObjectReader reader = store.open(path)) {
      byte[] bytes = new byte[(int) reader.sizeBytes()];
      reader.read(0, heap(bytes));
      return bytes;
    }
  }

  private List<String> paths(String prefix) {
    return store.list(prefix).stream().map(ObjectInfo::path).sorted().toList();
  }

  // Around the sizes where a store may change its ways: empty, small, mapped, beyond one buffer.
  @ParameterizedTest
  @ValueSource(ints = {0, 1, 4096, 65535, 65536, 65537, 1 << 20, (1 << 20) + 1, 3_000_001})
  void whatIsPutIsRead(int size) {
    byte[] expected = bytes(size, size);
    store.put("a/b.bin", heap(expected));

    assertThat(store.size("a/b.bin")).isEqualTo(OptionalLong.of(size));
    try (ObjectReader reader = store.open("a/b.bin")) {
      assertThat(reader.path()).isEqualTo("a/b.bin");
      assertThat(reader.sizeBytes()).isEqualTo(size);
      MemorySegment view = reader.view(0, size, arena);
      assertThat(view.isNative()).isTrue();
      assertThat(view.isReadOnly()).isTrue();
      assertThat(view.toArray(ValueLayout.JAVA_BYTE)).isEqualTo(expected);
      MemorySegment copied = arena.allocate(size);
      reader.read(0, copied);
      assertThat(copied.mismatch(heap(expected))).isEqualTo(-1);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1000, 65536, 2_500_000})
  void writtenInPiecesIsReadWhole(int size) {
    byte[] expected = bytes(size, size);
    MemorySegment source = arena.allocate(size).copyFrom(heap(expected));
    SplittableRandom random = new SplittableRandom(7);
    try (ObjectWriter writer = store.create("w/x.bin")) {
      assertThat(writer.path()).isEqualTo("w/x.bin");
      int done = 0;
      while (done < size) {
        int length = Math.min(size - done, random.nextInt(random.nextInt(10) == 0 ? 1500000 : 99));
        MemorySegment piece = source.asSlice(done, length);
        writer.write(random.nextBoolean() ? piece : heap(piece.toArray(ValueLayout.JAVA_BYTE)));
        done += length;
        assertThat(writer.position()).isEqualTo(done);
      }
      assertThat(store.size("w/x.bin")).isEmpty();
      assertThat(store.list("")).isEmpty();
      writer.finish();
    }
    assertThat(content(store, "w/x.bin")).isEqualTo(expected);
  }

  @Test
  void arraysOfOtherTypesCanBeWrittenAndRead() {
    float[] floats = {1, 2.5f, -3};
    store.put("floats", MemorySegment.ofArray(floats));
    try (ObjectWriter writer = store.create("more")) {
      writer.write(MemorySegment.ofArray(floats));
      writer.finish();
    }
    float[] read = new float[3];
    try (ObjectReader reader = store.open("more")) {
      reader.read(0, MemorySegment.ofArray(read));
    }
    assertThat(read).isEqualTo(floats);
    assertThat(content(store, "floats")).isEqualTo(content(store, "more"));
  }

  @Test
  void abandonedWriterLeavesNothing() {
    try (ObjectWriter writer = store.create("a/x")) {
      writer.write(heap(bytes(2_000_000, 1)));
    }
    assertThat(store.list("")).isEmpty();
    assertThat(store.deleteAbandoned("", Long.MAX_VALUE)).isZero();
  }

  @Test
  void finishedAndClosedWritersTakeNoMoreBytes() {
    ObjectWriter writer = store.create("x");
    writer.write(heap(bytes(10, 1)));
    writer.finish();
    assertThatThrownBy(() -> writer.write(heap(bytes(1, 1))))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("path=x");
    assertThatThrownBy(writer::finish).isInstanceOf(InvalidInputException.class);
    writer.close();
    writer.close();
    assertThatThrownBy(writer::finish).isInstanceOf(InvalidInputException.class);
    assertThat(store.size("x")).hasValue(10);
  }

  @Test
  void putAndCreateReplace() {
    store.put("x", heap(bytes(100, 1)));
    store.put("x", heap(bytes(50, 2)));
    assertThat(content(store, "x")).isEqualTo(bytes(50, 2));
    try (ObjectWriter writer = store.create("x")) {
      writer.write(heap(bytes(70, 3)));
      assertThat(content(store, "x")).isEqualTo(bytes(50, 2));
      writer.finish();
    }
    assertThat(content(store, "x")).isEqualTo(bytes(70, 3));
  }

  @ParameterizedTest
  @ValueSource(ints = {100, 200_000})
  void openReaderOutlivesDeletionAndReplacement(int size) {
    store.put("x", heap(bytes(size, 1)));
    try (ObjectReader reader = store.open("x")) {
      store.put("x", heap(bytes(size, 2)));
      store.delete("x");
      byte[] read = new byte[size];
      reader.read(0, heap(read));
      assertThat(read).isEqualTo(bytes(size, 1));
      assertThat(reader.view(0, size, arena).mismatch(heap(bytes(size, 1)))).isEqualTo(-1);
    }
  }

  @Test
  void putIfAbsentRefusesTheSecond() {
    store.putIfAbsent("v/1", heap(bytes(3000, 1)));
    assertThatThrownBy(() -> store.putIfAbsent("v/1", heap(bytes(10, 2))))
        .isInstanceOf(AlreadyExistsException.class)
        .hasMessageContaining("path=v/1");
    assertThat(content(store, "v/1")).isEqualTo(bytes(3000, 1));
    assertThat(paths("")).containsExactly("v/1");
    assertThat(store.deleteAbandoned("", Long.MAX_VALUE)).isZero();
  }

  @Test
  void ofManyRacingPutsExactlyOneWins() throws Exception {
    for (int round = 0; round < 20; round++) {
      String path = "race/" + round;
      CyclicBarrier start = new CyclicBarrier(RACERS);
      List<Callable<Boolean>> racers = new ArrayList<>();
      for (int i = 0; i < RACERS; i++) {
        byte[] mine = bytes(20_000 + i, i);
        racers.add(() -> {
          start.await();
          try {
            store.putIfAbsent(path, heap(mine));
          } catch (AlreadyExistsException e) {
            // The winner's object is there, whole, as soon as anybody hears of it.
            byte[] found = content(store, path);
            assertThat(found).isEqualTo(bytes(found.length, found.length - 20_000));
            return false;
          }
          assertThat(content(store, path)).isEqualTo(mine);
          return true;
        });
      }
      int winners = 0;
      try (var threads = Executors.newFixedThreadPool(RACERS)) {
        for (Future<Boolean> racer : threads.invokeAll(racers)) {
          winners += racer.get() ? 1 : 0;
        }
      }
      assertThat(winners).isEqualTo(1);
    }
    assertThat(store.list("race")).hasSize(20);
    assertThat(store.deleteAbandoned("", Long.MAX_VALUE)).isZero();
  }

  @Test
  void missingObjectsAreNotFound() {
    store.put("a/b", heap(bytes(1, 1)));
    for (String path : List.of("nope", "a", "a/c", "a/b/c", "x/y/z")) {
      assertThatThrownBy(() -> store.open(path))
          .isInstanceOf(NotFoundException.class)
          .hasMessageContaining("path=" + path);
      assertThat(store.size(path)).isEmpty();
      store.delete(path);
    }
    assertThat(paths("")).containsExactly("a/b");
  }

  @Test
  void listingsShowWhatLiesBelow() {
    long before = System.currentTimeMillis() - 10_000;
    for (String path : List.of("a", "b/c", "b/d/e", "b/d/f", "bb/g", "b0/h", "ü/ñ 1")) {
      store.put(path, heap(bytes(path.length(), 1)));
    }
    assertThat(paths("")).containsExactly("a", "b/c", "b/d/e", "b/d/f", "b0/h", "bb/g", "ü/ñ 1");
    assertThat(paths("b")).containsExactly("b/c", "b/d/e", "b/d/f");
    assertThat(paths("b/d")).containsExactly("b/d/e", "b/d/f");
    assertThat(paths("a")).isEmpty();
    assertThat(paths("nope/deep")).isEmpty();
    assertThat(paths("a/deep")).isEmpty();
    assertThat(store.list("b/d"))
        .allSatisfy(info -> {
          assertThat(info.sizeBytes()).isEqualTo(5);
          assertThat(info.modifiedMillis()).isBetween(before, System.currentTimeMillis() + 10_000);
        });
    assertThat(store.listFolders("")).containsExactlyInAnyOrder("b", "bb", "b0", "ü");
    assertThat(store.listFolders("b")).containsExactly("d");
    assertThat(store.listFolders("b/d")).isEmpty();
    assertThat(store.listFolders("a")).isEmpty();
    assertThat(store.listFolders("nope/deep")).isEmpty();
  }

  @Test
  void deletesRemove() {
    for (String path : List.of("a", "b/c", "b/d/e", "bb/g")) {
      store.put(path, heap(bytes(10, 1)));
    }
    store.delete("b/c");
    assertThat(paths("")).containsExactly("a", "b/d/e", "bb/g");
    store.deleteAll("b");
    store.deleteAll("b");
    store.deleteAll("a");
    assertThat(paths("")).containsExactly("a", "bb/g");
    assertThat(store.listFolders("")).containsExactly("bb");
    store.put("b/new", heap(bytes(10, 1)));
    store.deleteAll("");
    assertThat(paths("")).isEmpty();
    store.put("b/new", heap(bytes(10, 1)));
    assertThat(paths("")).containsExactly("b/new");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "/",
        "/etc/passwd",
        "..",
        "../x",
        "a/../b",
        "a/..",
        ".",
        "a/./b",
        "a//b",
        "a/",
        "a\\b",
        "\\",
        "a\0b",
        ".tmp-x",
        "a/.tmp-1/b"
      })
  void nonsensicalPathsAreRefusedByEveryCall(String path) {
    MemorySegment bytes = heap(bytes(1, 1));
    assertInvalid(() -> store.open(path));
    assertInvalid(() -> store.create(path));
    assertInvalid(() -> store.put(path, bytes));
    assertInvalid(() -> store.putIfAbsent(path, bytes));
    assertInvalid(() -> store.size(path));
    assertInvalid(() -> store.delete(path));
    if (!path.isEmpty()) {
      assertInvalid(() -> store.list(path));
      assertInvalid(() -> store.listFolders(path));
      assertInvalid(() -> store.deleteAll(path));
      assertInvalid(() -> store.deleteAbandoned(path, 0));
    }
    assertThat(store.list("")).isEmpty();
  }

  private static void assertInvalid(Runnable call) {
    assertThatThrownBy(call::run)
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("object path")
        .hasMessageNotContaining("\0");
  }

  @Test
  void oddButHarmlessPathsWork() {
    for (String path :
        List.of("...", "a/..b", ".hidden", "_versions/1.manifest", ".tmp", "a b+%20")) {
      store.put(path, heap(bytes(3, 1)));
      assertThat(content(store, path)).hasSize(3);
    }
    assertThat(store.list("")).hasSize(6);
  }

  @ParameterizedTest
  @ValueSource(ints = {1000, 100_000})
  void rangesOutsideTheObjectAreCorruptData(int size) {
    store.put("x", heap(bytes(size, 1)));
    long[][] ranges = {
      {0, size + 1L},
      {size, 1},
      {size + 1L, 0},
      {-1, 1},
      {0, -1},
      {Long.MAX_VALUE, 1},
      {1, Long.MAX_VALUE},
      {Long.MAX_VALUE, Long.MAX_VALUE},
      {Long.MIN_VALUE, Long.MIN_VALUE}
    };
    try (ObjectReader reader = store.open("x")) {
      for (long[] range : ranges) {
        assertThatThrownBy(() -> reader.view(range[0], range[1], arena))
            .isInstanceOf(CorruptDataException.class)
            .hasMessageContaining("expected=")
            .hasMessageContaining("found=" + size)
            .hasMessageContaining("path=x");
        List<Range> several = List.of(new Range(0, 1), new Range(range[0], range[1]));
        assertThatThrownBy(() -> reader.viewAll(several, arena))
            .isInstanceOf(CorruptDataException.class);
      }
      assertThatThrownBy(() -> reader.read(size - 3, arena.allocate(4)))
          .isInstanceOf(CorruptDataException.class);
      assertThat(reader.view(size, 0, arena).byteSize()).isZero();
      reader.read(size, arena.allocate(0));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {50_000, 500_000})
  void viewsOfSeveralRangesComeInTheirOrder(int size) {
    byte[] expected = bytes(size, 1);
    store.put("x", heap(expected));
    long seed = Long.getLong("lancelot.seed", System.nanoTime());
    SplittableRandom random = new SplittableRandom(seed);
    List<Range> ranges = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      long position = random.nextLong(size);
      ranges.add(new Range(position, random.nextLong(Math.min(300, size - position + 1))));
    }
    try (ObjectReader reader = store.open("x")) {
      assertThat(reader.viewAll(List.of(), arena)).isEmpty();
      List<MemorySegment> views = reader.viewAll(ranges, arena);
      assertThat(views).hasSize(ranges.size());
      for (int i = 0; i < views.size(); i++) {
        Range range = ranges.get(i);
        MemorySegment slice = heap(expected).asSlice(range.position(), range.length());
        assertThat(views.get(i).mismatch(slice)).as("seed=%d, range=%s", seed, range).isEqualTo(-1);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1000, 100_000})
  void closedReadersSaySo(int size) {
    store.put("x", heap(bytes(size, 1)));
    ObjectReader reader = store.open("x");
    reader.close();
    reader.close();
    assertThatThrownBy(() -> reader.view(0, 1, arena))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("closed")
        .hasMessageContaining("path=x");
    assertThatThrownBy(() -> reader.read(0, arena.allocate(1)))
        .isInstanceOf(InvalidInputException.class);
    assertThatThrownBy(() -> reader.viewAll(List.of(new Range(0, 1)), arena))
        .isInstanceOf(InvalidInputException.class);
  }

  @ParameterizedTest
  @ValueSource(ints = {1000, 100_000})
  void readersServeManyThreads(int size) throws Exception {
    byte[] expected = bytes(size, 1);
    store.put("x", heap(expected));
    try (ObjectReader reader = store.open("x");
        var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Callable<Long>> tasks = new ArrayList<>();
      for (int i = 0; i < 100; i++) {
        int position = i * 7;
        tasks.add(() -> {
          byte[] read = new byte[300];
          reader.read(position, heap(read));
          return heap(read).mismatch(heap(expected).asSlice(position, 300));
        });
      }
      for (Future<Long> task : threads.invokeAll(tasks)) {
        assertThat(task.get()).isEqualTo(-1);
      }
    }
  }

  @Test
  void closedStoresSaySo() {
    store.put("x", heap(bytes(10, 1)));
    store.close();
    store.close();
    MemorySegment bytes = heap(bytes(1, 1));
    List<Runnable> calls =
        List.of(
            () -> store.open("x"),
            () -> store.create("y"),
            () -> store.put("y", bytes),
            () -> store.putIfAbsent("y", bytes),
            () -> store.list(""),
            () -> store.listFolders(""),
            () -> store.size("x"),
            () -> store.delete("x"),
            () -> store.deleteAll(""));
    for (Runnable call : calls) {
      assertThatThrownBy(call::run)
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining("store is closed");
    }
  }
}
