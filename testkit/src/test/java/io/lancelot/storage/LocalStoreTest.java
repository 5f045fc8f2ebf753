package io.lancelot.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.lancelot.base.CancelledException;
import io.lancelot.base.CorruptDataException;
import io.lancelot.base.LancelotException;
import io.lancelot.base.NotFoundException;
import io.lancelot.base.StorageException;
import io.lancelot.testkit.ObjectStoreContract;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LocalStoreTest extends ObjectStoreContract {

  @TempDir private Path folder = Path.of("");

  private Path root() {
    return folder.resolve("not/yet/there");
  }

  @Override
  protected ObjectStore openEmpty() {
    return LocalStore.open(root());
  }

  @Test
  void rootAppearsWithTheFirstWrite() {
    assertThat(store().list("")).isEmpty();
    assertThat(store().listFolders("")).isEmpty();
    assertThat(root()).doesNotExist();
    store().put("x", heap(bytes(1, 1)));
    assertThat(root().resolve("x")).hasSize(1);
    assertThat(store().uri()).isEqualTo(root().toString());
  }

  @Test
  void leftoversAreInvisibleUntilSweptUp() throws IOException {
    ObjectWriter left = store().create("a/x");
    left.write(heap(bytes(3_000_000, 1)));
    try (var files = Files.list(root().resolve("a"))) {
      assertThat(files).hasSize(1);
    }
    assertThat(store().list("")).isEmpty();
    assertThat(store().listFolders("")).containsExactly("a");
    assertThat(store().deleteAbandoned("", System.currentTimeMillis() - 60_000)).isZero();
    assertThat(store().deleteAbandoned("a", System.currentTimeMillis() + 60_000)).isEqualTo(1);
    assertThat(root().resolve("a")).isEmptyDirectory();
    assertThatThrownBy(left::finish).isInstanceOf(StorageException.class);
    left.close();
    assertThat(store().list("")).isEmpty();
  }

  @Test
  void foldersRemovedBehindOurBackAreMadeAgain() throws IOException {
    store().put("a/b/x", heap(bytes(1, 1)));
    LocalTree.remove(root());
    store().put("a/b/x", heap(bytes(2, 1)));
    LocalTree.remove(root());
    store().putIfAbsent("a/b/x", heap(bytes(3, 1)));
    assertThat(store().size("a/b/x")).hasValue(3);
  }

  @Test
  void fileCutShortUnderAnOpenReaderIsCorruptData() throws IOException {
    store().put("x", heap(bytes(200_000, 1)));
    try (ObjectReader reader = store().open("x");
        Arena arena = Arena.ofConfined()) {
      try (FileChannel channel = FileChannel.open(root().resolve("x"), StandardOpenOption.WRITE)) {
        channel.truncate(50_000);
      }
      assertThatThrownBy(() -> reader.read(49_000, arena.allocate(10_000)))
          .isInstanceOf(CorruptDataException.class)
          .hasMessageContaining("expected=at least 59000 bytes")
          .hasMessageContaining("found=50000")
          .hasMessageContaining("path=x");
      // Through the mapping, where the JVM turns the lost page into an error of its own.
      assertThatThrownBy(() -> reader.read(100_000, MemorySegment.ofArray(new long[10])))
          .isInstanceOf(CorruptDataException.class)
          .hasMessageContaining("path=x");
      reader.read(0, arena.allocate(50_000));
    }
  }

  @Test
  void fileShorterThanItClaimsIsCorruptDataAndLeaksNothing() throws IOException {
    // The kernel reports one page for its settings, whatever they hold.
    Path sys = Path.of("/sys/kernel/mm/transparent_hugepage");
    assumeTrue(Files.isReadable(sys.resolve("enabled")));
    try (ObjectStore kernel = LocalStore.open(sys)) {
      assertNoHandleLeaks(() ->
          assertThatThrownBy(() -> kernel.open("enabled"))
              .isInstanceOf(CorruptDataException.class)
              .hasMessageContaining("expected=at least 4096 bytes")
              .hasMessageContaining("path=enabled"));
    }
  }

  @Test
  void fileThatCannotBeMappedLeaksNothing() throws IOException {
    store().put("x", heap(bytes(1, 1)));
    try (RandomAccessFile sparse = new RandomAccessFile(root().resolve("x").toFile(), "rw")) {
      sparse.setLength(15L << 40);
    } catch (IOException e) {
      assumeTrue(false, "no huge sparse files here: " + e);
    }
    // Fill the 128 TiB of addresses that a process has.
    List<ObjectReader> readers = new ArrayList<>();
    try {
      LancelotException refused = null;
      while (refused == null) {
        assumeTrue(readers.size() < 20, "more addresses than expected");
        try {
          readers.add(store().open("x"));
        } catch (LancelotException e) {
          refused = e;
        }
      }
      assertThat(refused).isInstanceOf(StorageException.class).hasMessageContaining("path=x");
      long before = openHandles();
      for (int i = 0; i < 3; i++) {
        assertThatThrownBy(() -> store().open("x")).isInstanceOf(StorageException.class);
      }
      assertThat(openHandles()).isEqualTo(before);
    } finally {
      readers.forEach(ObjectReader::close);
    }
  }

  @Test
  void handlesAreGivenBack() throws IOException {
    store().put("small", heap(bytes(100, 1)));
    store().put("large", heap(bytes(100_000, 1)));
    assertNoHandleLeaks(() -> {
      store().open("small").close();
      store().open("large").close();
      assertThatThrownBy(() -> store().open("none")).isInstanceOf(NotFoundException.class);
      store().put("x", heap(bytes(100, 1)));
      store().delete("y");
      store().putIfAbsent("y", heap(bytes(100, 1)));
      assertThatThrownBy(() -> store().putIfAbsent("y", heap(bytes(100, 1))))
          .isInstanceOf(LancelotException.class);
      store().create("z").close();
      assertThatThrownBy(() -> store().put("x/below/a/file", heap(bytes(1, 1))))
          .isInstanceOf(LancelotException.class);
      store().list("");
      store().listFolders("");
    });
  }

  private static void assertNoHandleLeaks(Runnable action) throws IOException {
    action.run();
    long before = openHandles();
    for (int i = 0; i < 50; i++) {
      action.run();
    }
    assertThat(openHandles()).isLessThan(before + 25);
  }

  private static long openHandles() throws IOException {
    Path handles = Path.of("/proc/self/fd");
    assumeTrue(Files.isDirectory(handles));
    try (var open = Files.list(handles);
        var maps = Files.lines(Path.of("/proc/self/maps"))) {
      return open.count() + maps.filter(line -> line.contains("/not/yet/there/")).count();
    }
  }

  @Test
  void expectingBytesChangesNothingButTheTime() {
    byte[] expected = bytes(1_000_000, 1);
    store().put("x", heap(expected));
    try (ObjectReader reader = store().open("x");
        Arena arena = Arena.ofConfined()) {
      for (int round = 0; round < 3; round++) {
        reader.expect(List.of(new ObjectReader.Range(0, 0)));
        reader.expect(List.of(new ObjectReader.Range(1_000_000, 0)));
        reader.expect(List.of(new ObjectReader.Range(999_999, 1)));
        reader.expect(List.of(new ObjectReader.Range(20_000, 100)));
        reader.expect(List.of(new ObjectReader.Range(16_384, 700_000)));
        reader.expect(List.of(new ObjectReader.Range(0, 1_000_000)));
        reader.expect(
            IntStream.range(0, 100)
                .mapToObj(i -> new ObjectReader.Range((i * 37 % 100) * 9_876L, 12_000))
                .toList());
        MemorySegment view = reader.view(0, 1_000_000, arena);
        assertThat(view.mismatch(heap(expected))).isEqualTo(-1);
      }
      assertThatThrownBy(() -> reader.expect(List.of(new ObjectReader.Range(999_999, 2))))
          .isInstanceOf(CorruptDataException.class);
      assertThatThrownBy(() -> reader.expect(List.of(new ObjectReader.Range(-1, 2))))
          .isInstanceOf(CorruptDataException.class);
      Thread.currentThread().interrupt();
      reader.expect(List.of(new ObjectReader.Range(0, 1_000_000)));
      assertThat(Thread.interrupted()).isTrue();
    }
  }

  @Test
  void coldBytesAreFetchedAtOnce() throws Exception {
    byte[] expected = bytes(8 << 20, 5);
    store().put("x", heap(expected));
    cool(root().resolve("x"));
    List<ObjectReader.Range> ranges =
        IntStream.range(0, 300).mapToObj(i -> new ObjectReader.Range(i * 27_000L, 20 + i)).toList();
    try (ObjectReader reader = store().open("x");
        Arena arena = Arena.ofConfined()) {
      assertThat(reader.mayBeCold()).isTrue();
      reader.expect(ranges);
      reader.expect(List.of(new ObjectReader.Range(0, 8 << 20)));
      assertThat(reader.mayBeCold()).isFalse();
      assertThat(reader.view(0, 8 << 20, arena).mismatch(heap(expected))).isEqualTo(-1);
    }
    cool(root().resolve("x"));
    try (ObjectReader reader = store().open("x")) {
      try (var file = new RandomAccessFile(root().resolve("x").toFile(), "rw")) {
        file.setLength(100_000);
      }
      assertThatThrownBy(() -> reader.expect(ranges)).isInstanceOf(CorruptDataException.class);
    }
  }

  /// Has the system forget what it knows of a file, where it can be asked to.
  private static void cool(Path file) throws Exception {
    new ProcessBuilder(
            "dd", "of=" + file, "oflag=nocache", "conv=notrunc,fdatasync", "count=0", "status=none")
        .start()
        .waitFor();
  }

  @Test
  void expectingBytesThatAreGoneIsCorruptData() throws IOException {
    store().put("x", heap(bytes(200_000, 1)));
    try (ObjectReader reader = store().open("x")) {
      try (var file = new RandomAccessFile(root().resolve("x").toFile(), "rw")) {
        file.setLength(100_000);
      }
      assertThatThrownBy(() -> reader.expect(List.of(new ObjectReader.Range(0, 200_000))))
          .isInstanceOf(CorruptDataException.class)
          .hasMessageContaining("object cut short")
          .hasMessageContaining("path=x");
    }
  }

  @Test
  void interruptEndsOneCallAndHarmsNobodyElse() {
    store().put("x", heap(bytes(200_000, 1)));
    try (ObjectReader reader = store().open("x")) {
      Thread.currentThread().interrupt();
      assertThatThrownBy(() -> reader.read(0, heap(new byte[10])))
          .isInstanceOf(CancelledException.class);
      assertThatThrownBy(() -> store().putIfAbsent("y", heap(new byte[10])))
          .isInstanceOf(CancelledException.class);
      assertThat(Thread.interrupted()).isTrue();
      byte[] read = new byte[200_000];
      reader.read(0, heap(read));
      assertThat(read).isEqualTo(bytes(200_000, 1));
    }
    assertThat(store().list("")).hasSize(1);
    assertThat(store().deleteAbandoned("", Long.MAX_VALUE)).isZero();
  }

  @Test
  void interruptsWhileReadingHarmNoOtherThread() throws Exception {
    byte[] expected = bytes(3_000_000, 1);
    store().put("x", heap(expected));
    for (int round = 0; round < 10; round++) {
      try (ObjectReader reader = store().open("x")) {
        Thread victim =
            Thread.ofPlatform()
                .start(() -> {
                  try {
                    while (true) {
                      reader.read(0, heap(new byte[3_000_000]));
                    }
                  } catch (CancelledException e) {
                    // as it should be
                  }
                });
        Thread.sleep(5);
        victim.interrupt();
        for (int i = 0; i < 5; i++) {
          byte[] read = new byte[3_000_000];
          reader.read(0, heap(read));
          assertThat(read).isEqualTo(expected);
        }
        victim.join(10_000);
        assertThat(victim.isAlive()).isFalse();
      }
    }
  }

  @Test
  void linksAreFollowedButOnlyTheyAreRemoved() throws IOException {
    Path elsewhere = Files.createDirectories(folder.resolve("elsewhere"));
    Files.write(elsewhere.resolve("x"), bytes(10, 1));
    Files.createDirectories(root().resolve("a"));
    Files.createSymbolicLink(root().resolve("a/link"), elsewhere);
    Files.createSymbolicLink(root().resolve("a/broken"), folder.resolve("nowhere"));
    Files.createSymbolicLink(root().resolve("a/loop"), root());
    assertThat(content(store(), "a/link/x")).isEqualTo(bytes(10, 1));
    assertThat(store().list("").stream().map(ObjectStore.ObjectInfo::path))
        .containsExactly("a/link/x");
    assertThatThrownBy(() -> store().open("a/broken")).isInstanceOf(NotFoundException.class);
    store().deleteAll("a");
    assertThat(elsewhere.resolve("x")).exists();
    assertThat(store().listFolders("")).isEmpty();
  }

  @Test
  void foldersAndPipesAreNoObjects() throws Exception {
    store().put("a/x", heap(bytes(1, 1)));
    assertThatThrownBy(() -> store().open("a")).isInstanceOf(NotFoundException.class);
    Path pipe = root().resolve("pipe");
    Process mkfifo = new ProcessBuilder(List.of("mkfifo", pipe.toString())).start();
    assumeTrue(mkfifo.waitFor() == 0);
    assertThatThrownBy(() -> store().open("pipe")).isInstanceOf(NotFoundException.class);
    assertThat(store().list("")).hasSize(1);
  }

  @Test
  void withoutForcingItIsTheSameStore() {
    try (ObjectStore quick = LocalStore.open(root(), Durability.NONE)) {
      quick.putIfAbsent("q", heap(bytes(10, 1)));
      quick.put("q", heap(bytes(20, 1)));
    }
    assertThat(store().size("q")).hasValue(20);
  }
}
