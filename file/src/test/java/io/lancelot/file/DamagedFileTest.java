package io.lancelot.file;

import static org.assertj.core.api.Assertions.assertThat;

import io.lancelot.base.LancelotException;
import io.lancelot.base.Memory;
import io.lancelot.base.Scratch;
import io.lancelot.columnar.Column;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Whatever byte of a file is damaged, reading it ends in a typed error or in columns that are
/// well-formed.
class DamagedFileTest {

  private static final long SEED = Long.getLong("lancelot.seed", 20261121L);
  private static final int ROUNDS = Integer.getInteger("lancelot.damage.rounds", 40);
  private static final long LIMIT_MILLIS = 20_000;

  static Stream<Path> files() {
    return GoldenFiles.all().stream();
  }

  @ParameterizedTest
  @MethodSource("files")
  void survivesFlippedBits(Path path) throws Exception {
    byte[] whole = Files.readAllBytes(path);
    Random random = new Random(SEED ^ path.getFileName().hashCode());
    for (int round = 0; round < ROUNDS; round++) {
      byte[] bytes = whole.clone();
      StringBuilder what = new StringBuilder();
      // Metadata is a small part of most files but decides most: every other flip goes there.
      int tail = Math.min(bytes.length, 6000);
      for (int flip = 0; flip <= round % 3; flip++) {
        int at =
            random.nextBoolean()
                ? random.nextInt(bytes.length)
                : bytes.length - 1 - random.nextInt(tail);
        int bit = random.nextInt(8);
        bytes[at] ^= (byte) (1 << bit);
        what.append(at).append('.').append(bit).append(' ');
      }
      survives(bytes, path, "bits " + what, random);
    }
  }

  @ParameterizedTest
  @MethodSource("files")
  void survivesTruncation(Path path) throws Exception {
    byte[] whole = Files.readAllBytes(path);
    Random random = new Random(SEED ^ path.getFileName().hashCode());
    for (int round = 0; round < 10; round++) {
      int length = random.nextInt(whole.length);
      survives(Arrays.copyOf(whole, length), path, "length " + length, random);
      // The footer kept, a hole in the middle.
      byte[] holed = whole.clone();
      int from = random.nextInt(whole.length);
      Arrays.fill(holed, from, Math.min(whole.length, from + 1 + random.nextInt(64)), (byte) -1);
      survives(holed, path, "hole at " + from, random);
    }
  }

  private static void survives(byte[] bytes, Path path, String what, Random random) {
    long start = System.nanoTime();
    try (Memory memory = Memory.ofLimit(64L << 20)) {
      try (DataFileReader file =
          DataFileReader.open(GoldenFiles.reader(bytes, path.getFileName().toString()))) {
        for (LanceField field : file.schema().fields()) {
          try (Scratch scratch = memory.scratch()) {
            read(file, field, scratch, random);
          } catch (LancelotException expected) {
            assertThat(expected).hasMessageNotContaining("null pointer");
          }
        }
      } catch (LancelotException expected) {
        assertThat(expected.getMessage()).isNotEmpty();
      }
      assertThat(memory.usedBytes()).isZero();
    } catch (RuntimeException | AssertionError | StackOverflowError | OutOfMemoryError e) {
      throw new AssertionError("damage: " + what + "of " + path + ", seed " + SEED, e);
    }
    long millis = (System.nanoTime() - start) / 1_000_000;
    assertThat(millis).as(what + path).isLessThan(LIMIT_MILLIS);
  }

  private static void read(DataFileReader file, LanceField field, Scratch scratch, Random random) {
    ColumnReader reader = file.column(field, file.columnsOf(field));
    int rows = (int) Math.min(file.rowCount(), 300_000);
    if (random.nextBoolean()) {
      Column column = reader.read(0, rows, scratch);
      assertThat(column.length()).isEqualTo(rows);
      WellFormed.check(column);
    }
    scratch.reset();
    if (rows > 0) {
      long[] some = random.longs(20, 0, rows).sorted().toArray();
      Column column = reader.take(some, some.length, scratch);
      assertThat(column.length()).isEqualTo(some.length);
      WellFormed.check(column);
    }
  }
}
