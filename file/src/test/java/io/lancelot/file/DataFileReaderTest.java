package io.lancelot.file;

import static org.assertj.core.api.Assertions.assertThat;

import io.lancelot.base.Memory;
import io.lancelot.base.Scratch;
import io.lancelot.columnar.Column;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Reads files of the real Lance in every way and compares with the rows it was given.
class DataFileReaderTest {

  private static final long SEED = Long.getLong("lancelot.seed", 20261121L);

  static Stream<Path> files() {
    return GoldenFiles.all().stream();
  }

  @ParameterizedTest
  @MethodSource("files")
  void readsAllRowsAtOnce(Path file) throws Exception {
    forEachColumn(
        file,
        (reader, expected, scratch) ->
            assertRows(reader.read(0, expected.size(), scratch), expected, 0));
  }

  @ParameterizedTest
  @MethodSource("files")
  void readsAnyRangeOfRows(Path file) throws Exception {
    Random random = new Random(SEED);
    forEachColumn(
        file,
        (reader, expected, scratch) -> {
          for (int at = 0; at < expected.size(); ) {
            int most = expected.size() > 10_000 ? 30_000 : 400;
            int count = Math.min(1 + random.nextInt(most), expected.size() - at);
            scratch.reset();
            assertRows(reader.read(at, count, scratch), expected, at);
            at += count;
          }
          for (int i = 0; i < 20 && !expected.isEmpty(); i++) {
            int at = random.nextInt(expected.size());
            int count = Math.min(1 + random.nextInt(5), expected.size() - at);
            scratch.reset();
            assertRows(reader.read(at, count, scratch), expected, at);
          }
        });
  }

  @ParameterizedTest
  @MethodSource("files")
  void takesAnyRows(Path file) throws Exception {
    Random random = new Random(SEED);
    forEachColumn(
        file,
        (reader, expected, scratch) -> {
          for (int round = 0; round < 5 && !expected.isEmpty(); round++) {
            int count = 1 + random.nextInt(round < 3 ? 60 : 2_000);
            long[] rows = random.longs(count, 0, expected.size()).sorted().toArray();
            scratch.reset();
            Column column = reader.take(rows, count, scratch);
            List<String> chosen = Arrays.stream(rows).mapToObj(r -> expected.get((int) r)).toList();
            assertRows(column, chosen, 0);
          }
        });
  }

  private interface ColumnTest {
    void run(ColumnReader reader, List<String> expected, Scratch scratch);
  }

  private static void forEachColumn(Path path, ColumnTest test) throws Exception {
    Map<String, List<String>> rows = GoldenFiles.rows(path);
    try (Memory memory = Memory.ofLimit(1L << 30);
        DataFileReader file =
            DataFileReader.open(
                GoldenFiles.reader(Files.readAllBytes(path), path.getFileName().toString()))) {
      List<String> names = new ArrayList<>();
      for (LanceField field : file.schema().fields()) {
        names.add(field.name());
        ColumnReader reader = file.column(field, file.columnsOf(field));
        try (Scratch scratch = memory.scratch()) {
          test.run(reader, Objects.requireNonNull(rows.get(field.name())), scratch);
        } catch (RuntimeException | AssertionError e) {
          throw new AssertionError("column " + field.name() + ", seed " + SEED, e);
        }
      }
      assertThat(names).containsExactlyElementsOf(rows.keySet());
      assertThat(memory.usedBytes()).isZero();
    }
  }

  private static void assertRows(Column column, List<String> expected, int from) {
    WellFormed.check(column);
    for (int i = 0; i < column.length(); i++) {
      String found = CanonicalText.of(column, i);
      if (!found.equals(expected.get(from + i))) {
        assertThat(found).as("row " + (from + i)).isEqualTo(expected.get(from + i));
      }
    }
  }
}
