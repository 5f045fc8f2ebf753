package io.lancelot.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Each suite on a few made-up rows, without peers.
final class SuitesTest {

  @TempDir Path folder;

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  private int run(String... args) {
    return Main.run(
        new PrintStream(out, true, StandardCharsets.UTF_8),
        new PrintStream(err, true, StandardCharsets.UTF_8),
        false,
        args);
  }

  private List<String> lines() {
    return out.toString(StandardCharsets.UTF_8).lines().toList();
  }

  private int runTiny(String suite, String... more) {
    String[] all = new String[more.length + 11];
    List<String> args =
        List.of(
            "bench",
            suite,
            "--quick",
            "--peers",
            "none",
            "--rows",
            "3000",
            "--dim",
            "8",
            "--dir",
            folder.toString());
    args.toArray(all);
    System.arraycopy(more, 0, all, args.size(), more.length);
    return run(all);
  }

  @Test
  void tablesGivesALineForEachWork() {
    assertThat(runTiny("tables")).as(() -> err.toString(StandardCharsets.UTF_8)).isZero();
    assertThat(lines())
        .hasSize(23)
        .allSatisfy(line ->
            assertThat(line)
                .startsWith("{\"suite\":\"tables\",\"work\":\"")
                .contains(
                    "\"system\":\"lancelot\"", "\"recall\":null", "\"data\":\"synthetic-3000-8\""));
    assertThat(folder).isEmptyDirectory();
  }

  @Test
  void mutationsGivesALineForEachWork() {
    assertThat(runTiny("mutations")).as(() -> err.toString(StandardCharsets.UTF_8)).isZero();
    assertThat(lines())
        .hasSize(14)
        .allSatisfy(line -> assertThat(line).startsWith("{\"suite\":\"mutations\",\"work\":\""));
    assertThat(folder).isEmptyDirectory();
  }

  @Test
  void buildsTellsTimeAndMemory() {
    assertThat(runTiny("builds", "--only", "ivf_pq,ivf_flat"))
        .as(() -> err.toString(StandardCharsets.UTF_8))
        .isZero();
    assertThat(lines())
        .hasSize(5)
        .allSatisfy(line -> assertThat(line).startsWith("{\"suite\":\"builds\",\"work\":\""))
        .anySatisfy(line -> assertThat(line).contains("\"work\":\"IVF_PQ\"", "\"native_mb\":"));
    assertThat(folder).isEmptyDirectory();
  }

  @Test
  void serverAsksAndSends() {
    assertThat(runTiny("server", "--only", "queries,ingest"))
        .as(() -> err.toString(StandardCharsets.UTF_8))
        .isZero();
    assertThat(lines())
        .hasSize(8)
        .allSatisfy(line -> assertThat(line).startsWith("{\"suite\":\"server\",\"work\":\""))
        .anySatisfy(line -> assertThat(line).contains("\"system\":\"http\""));
    assertThat(folder).isEmptyDirectory();
  }

  @Test
  void filtersAsksBuildsAndChanges() {
    assertThat(runTiny("filters")).as(() -> err.toString(StandardCharsets.UTF_8)).isZero();
    assertThat(lines())
        .hasSize(18)
        .anySatisfy(line -> assertThat(line).contains("\"work\":\"point lookup\""))
        .anySatisfy(line -> assertThat(line).contains("\"work\":\"build NGRAM on name\""))
        .anySatisfy(line -> assertThat(line).contains("\"work\":\"update by key\""));
    assertThat(folder).isEmptyDirectory();
  }

  @Test
  void vectorsFindsAllTrueNeighbours() {
    assertThat(runTiny("vectors")).as(() -> err.toString(StandardCharsets.UTF_8)).isZero();
    assertThat(lines()).hasSize(12).allSatisfy(line -> assertThat(line).contains("\"recall\":1.0"));
    assertThat(lines().getFirst())
        .contains(
            "\"work\":\"exact l2 top-10, one thread, mapped\"",
            "\"metric\":\"latency\"",
            "\"unit\":\"ms\"",
            "\"threads\":1");
  }

  @Test
  void indicesSearchesInAFreshJvm() {
    assertThat(runTiny("indices", "--only", "ivf_flat,first"))
        .as(() -> err.toString(StandardCharsets.UTF_8))
        .isZero();
    assertThat(lines())
        .anySatisfy(line -> assertThat(line).contains("IVF_FLAT, first search\"", "\"recall\":1.0"))
        .anySatisfy(line -> assertThat(line).contains("first search, vector module"));
    assertThat(folder).isEmptyDirectory();
  }

  @Test
  void indicesBuildsAndSearches() {
    assertThat(runTiny("indices", "--only", "ivf_rq,filters"))
        .as(() -> err.toString(StandardCharsets.UTF_8))
        .isZero();
    assertThat(lines())
        .hasSize(15)
        .allSatisfy(line -> assertThat(line).startsWith("{\"suite\":\"indices\",\"work\":\"IVF_RQ"))
        .anySatisfy(line -> assertThat(line).contains("where 0.1 %, correlated"));
    assertThat(folder).isEmptyDirectory();
  }

  @Test
  void textGivesALineForEachKindOfSearch() {
    assertThat(runTiny("text")).as(() -> err.toString(StandardCharsets.UTF_8)).isZero();
    assertThat(lines())
        .hasSize(32)
        .allSatisfy(
            line -> assertThat(line).contains("\"system\":\"lancelot\"", "\"data\":\"zipf-3000\""));
    assertThat(folder).isEmptyDirectory();
  }

  @Test
  void tableForPeopleNamesDataAndUnits() {
    assertThat(runTiny("vectors", "--format", "table")).isZero();
    assertThat(out.toString(StandardCharsets.UTF_8))
        .contains(
            "vectors: synthetic-3000-8, 3000 rows",
            "exact cosine top-10 (ms)",
            "× 2 clients (queries/s)");
  }

  @Test
  void usageErrorsSayWhatIsExpected() {
    assertThat(run("bench")).isEqualTo(2);
    assertThat(run("bench", "tables", "--peers", "faiss")).isEqualTo(2);
    assertThat(run("bench", "sounds")).isEqualTo(2);
    assertThat(run("bench", "tables", "--rows", "x")).isEqualTo(2);
    assertThat(err.toString(StandardCharsets.UTF_8))
        .contains(
            "expected=a suite, found=none",
            "--peers: expected=lance, lucene, duckdb, jvector or none, found=faiss",
            "found=sounds",
            "--rows: expected=a positive number, found=x");
    assertThat(lines()).isEmpty();
  }

  @Test
  void missingDataIsAnError() {
    assertThat(run("bench", "tables", "--data", folder.resolve("nowhere").toString())).isEqualTo(1);
    assertThat(err.toString(StandardCharsets.UTF_8)).contains("--data: expected=a folder, found=");
  }
}
