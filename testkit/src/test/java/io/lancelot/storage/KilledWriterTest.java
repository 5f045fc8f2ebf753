package io.lancelot.storage;

import static org.assertj.core.api.Assertions.assertThat;

import io.lancelot.base.AlreadyExistsException;
import java.io.PrintStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// A process that dies in the middle of its writes.
class KilledWriterTest {

  private static final int ROUNDS = 5;
  private static final int SIZE = 300_000;

  @TempDir private Path folder = Path.of("");

  private Path root() {
    return folder.resolve("root");
  }

  private static byte[] content(int number) {
    byte[] bytes = new byte[SIZE + number];
    new SplittableRandom(number).nextBytes(bytes);
    return bytes;
  }

  private static LocalStore open(Path root, boolean links) {
    return links ? LocalStore.open(root) : LocalStore.withoutLinks(root);
  }

  /// The child: writes objects until it is killed, saying which it was told are safe.
  static final class Writer {

    public static void main(String[] arguments) {
      PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
      try (LocalStore store = open(Path.of(arguments[0]), Boolean.parseBoolean(arguments[1]))) {
        for (int number = 0; ; number++) {
          try {
            store.putIfAbsent("v/" + number, MemorySegment.ofArray(content(number)));
            out.println(number);
          } catch (AlreadyExistsException e) {
            // of an earlier round
          }
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void leavesOnlyWholeObjects(boolean links) throws Exception {
    long seed = Long.getLong("lancelot.seed", System.nanoTime());
    SplittableRandom random = new SplittableRandom(seed);
    int acknowledged = -1;
    for (int round = 0; round < ROUNDS; round++) {
      Path said = folder.resolve("said-" + round);
      Process child = start(links, said);
      while (child.isAlive() && !Files.readString(said).contains("\n")) {
        TimeUnit.MILLISECONDS.sleep(5);
      }
      TimeUnit.MICROSECONDS.sleep(random.nextLong(100_000));
      assertThat(child.isAlive()).isTrue();
      child.destroyForcibly().waitFor();
      String lines = Files.readString(said);
      for (String line : lines.substring(0, lines.lastIndexOf('\n')).split("\n")) {
        acknowledged = Math.max(acknowledged, Integer.parseInt(line));
      }
    }
    try (LocalStore store = open(root(), links)) {
      List<ObjectStore.ObjectInfo> found = store.list("");
      assertThat(found).as("seed=%d", seed).hasSizeBetween(acknowledged + 1, acknowledged + 2);
      for (ObjectStore.ObjectInfo info : found) {
        int number = Integer.parseInt(info.path().substring(2));
        try (ObjectReader reader = store.open(info.path())) {
          byte[] bytes =
              reader
                  .view(0, info.sizeBytes(), (_, _) -> MemorySegment.NULL)
                  .toArray(ValueLayout.JAVA_BYTE);
          assertThat(bytes).as("seed=%d, number=%d", seed, number).isEqualTo(content(number));
        }
      }
      store.putIfAbsent("v/" + found.size(), MemorySegment.ofArray(content(0)));
      assertThat(store.deleteAbandoned("", Long.MAX_VALUE)).isBetween(0L, (long) ROUNDS);
      assertThat(store.deleteAbandoned("", Long.MAX_VALUE)).isZero();
    }
  }

  private Process start(boolean links, Path said) throws Exception {
    String classes =
        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:TieredStopAtLevel=1",
            "-cp",
            classes,
            Writer.class.getName(),
            root().toString(),
            Boolean.toString(links))
        .redirectOutput(said.toFile())
        .redirectError(ProcessBuilder.Redirect.INHERIT)
        .start();
  }
}
