package io.lancelot.compat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.abort;

import io.lancelot.compat.Cases.Case;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// What the real Lance writes, ours reads: the same types, nulls and values.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class TheyWriteWeReadTest {

  private final Oracle oracle = Oracle.start();
  private final Ours ours = Ours.underTest(oracle);

  @AfterAll
  void close() {
    oracle.close();
  }

  List<Case> matrix() {
    return Cases.matrix(oracle);
  }

  List<Case> specials() {
    return Cases.specials(oracle);
  }

  List<Case> random() {
    return Cases.random();
  }

  @ParameterizedTest
  @MethodSource("matrix")
  void everyType(Case it, @TempDir Path dir) {
    write(dir, it.data(), it.format(), Map.of());
    readByUs(dir, it.data());
  }

  @ParameterizedTest
  @MethodSource("random")
  void randomSchemas(Case it, @TempDir Path dir) {
    try {
      write(dir, it.data(), it.format(), Map.of());
    } catch (OracleException e) {
      abort("the real Lance does not write this one: " + e.getMessage());
    }
    readByUs(dir, it.data());
  }

  @ParameterizedTest
  @MethodSource("specials")
  void cornersOfTheFormat(Case it, @TempDir Path dir) {
    write(dir, it.data(), it.format(), Map.of());
    if (it.name().equals("blobs") && it.format().equals("2.2")) {
      // A scan gives descriptors there, as the real Lance's does; `takeBlobs` reads the bytes.
      assertThat(ours.count(dir, "t", OptionalLong.empty())).isPositive();
      return;
    }
    readByUs(dir, it.data());
    assertThat(oracle.differenceWithMetadata(Data.arrow(dir.resolve("out.arrow")), it.data()))
        .isEmpty();
  }

  /// How a table came to be, beside its rows.
  record Making(String name, String format, long seed, Map<String, ?> options) {
    @Override
    public String toString() {
      return name + " in " + format + ", seed " + seed;
    }
  }

  List<Making> makings() {
    List<Making> all = new ArrayList<>();
    long seed = Cases.seed();
    for (String format : Cases.FORMATS) {
      all.add(new Making("files of 700 rows", format, seed, Map.of("max_rows_per_file", 700)));
      all.add(new Making("groups of 100 rows", format, seed, Map.of("max_rows_per_group", 100)));
      all.add(
          new Making(
              "stable row ids",
              format,
              seed,
              Map.of("enable_stable_row_ids", true, "max_rows_per_file", 900)));
      all.add(
          new Making(
              "old manifest names", format, seed, Map.of("enable_v2_manifest_paths", false)));
    }
    return all;
  }

  @ParameterizedTest
  @MethodSource("makings")
  void severalFragmentsWithDeletionsAndCompaction(Making making, @TempDir Path dir) {
    List<Long> rows = LongStream.range(0, 11_000).boxed().toList();
    Data all = written(making, rows, dir);
    Path table = Ours.folder(dir, "t");
    readByUs(dir, all.take(rows));

    List<Long> more = LongStream.range(11_000, 12_000).boxed().toList();
    oracle.call("write", Map.of("from", all.take(more), "lance", table, "mode", "append"));
    List<Long> both = LongStream.range(0, 12_000).boxed().toList();
    readByUs(dir, all.take(both));

    // Few rows go into an Arrow deletion file, many into a bitmap, all of a file make it vanish.
    oracle.call("delete", Map.of("lance", table, "filter", "id IN (0, 3, 699, 700, 11999)"));
    oracle.call(
        "delete",
        Map.of(
            "lance", table, "filter", "id BETWEEN 1400 AND 2099 OR (id > 3000 AND id % 5 <> 2)"));
    List<Long> left =
        both.stream()
            .filter(id -> id != 0 && id != 3 && id != 699 && id != 700 && id != 11_999)
            .filter(id -> !(id >= 1400 && id <= 2099) && !(id > 3000 && id % 5 != 2))
            .toList();
    readByUs(dir, all.take(left));
    assertThat(ours.count(dir, "t", OptionalLong.empty())).isEqualTo(left.size());
    assertThat(ours.count(dir, "t", OptionalLong.of(2))).isEqualTo(both.size());

    oracle.call("compact", Map.of("lance", table));
    readByUs(dir, all.take(left));
  }

  /// Writes the given rows of the making's data. The real Lance cannot cut some structs with nulls
  /// into several files: then it is the data of the next seed.
  private Data written(Making making, List<Long> rows, Path dir) {
    for (long seed = making.seed(); ; seed++) {
      Data all = Data.numbered(seed, 12_000, making.format());
      try {
        write(dir, all.take(rows), making.format(), making.options());
        return all;
      } catch (OracleException e) {
        boolean known = String.valueOf(e.getMessage()).contains("null_bit_buffer size too small");
        if (!known || seed == making.seed() + 5) {
          throw e;
        }
      }
    }
  }

  private void write(Path dir, Data data, String format, Map<String, ?> options) {
    Map<String, Object> arguments = new HashMap<>(options);
    arguments.put("from", data);
    arguments.put("lance", Ours.folder(dir, "t"));
    arguments.put("data_storage_version", format);
    oracle.call("write", arguments);
  }

  private void readByUs(Path dir, Data expected) {
    Path out = dir.resolve("out.arrow");
    ours.exportArrow(dir, "t", OptionalLong.empty(), out);
    assertThat(oracle.difference(Data.arrow(out), expected)).isEmpty();
  }
}
