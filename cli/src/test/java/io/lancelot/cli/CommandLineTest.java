package io.lancelot.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The command as a script sees it: arguments in, two streams and an exit code out.
class CommandLineTest {

  @TempDir Path folder;
  private String db;

  record Run(int code, String out, String err) {}

  private static Run run(Object... args) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    String[] words = new String[args.length];
    for (int i = 0; i < words.length; i++) {
      words[i] = args[i].toString();
    }
    PrintStream to = new PrintStream(out, true, StandardCharsets.UTF_8);
    int code = Main.run(to, new PrintStream(err, true, StandardCharsets.UTF_8), words);
    to.flush();
    return new Run(
        code, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
  }

  private static String ok(Object... args) {
    Run run = run(args);
    assertThat(run.err()).isEmpty();
    assertThat(run.code()).isZero();
    return run.out();
  }

  @BeforeEach
  void create() throws IOException {
    db = folder.resolve("db").toString();
    Path rows =
        Files.write(
            folder.resolve("rows.jsonl"),
            List.of(
                "{\"id\":1,\"title\":\"ın \\\"quotes\\\"\",\"score\":0.1,\"tags\":[\"a\",\"b\"],\"at\":{\"x\":1},\"vector\":[1,0]}",
                "{\"id\":2,\"title\":null,\"score\":2,\"tags\":[],\"at\":null,\"vector\":[0,1]}",
                "{\"id\":3,\"title\":\"three\",\"score\":1e300,\"tags\":null,\"at\":{\"x\":null},\"vector\":[1,1]}"));
    assertThat(ok("import", db, "t", rows, "--vector", "vector"))
        .isEqualTo("{\"table\":\"t\",\"rows\":3,\"version\":1}\n");
  }

  @Test
  void rowsComeOutAsTheContractSays() {
    assertThat(ok("head", db, "t", "-n", 1, "--format", "jsonl"))
        .isEqualTo(
            "{\"id\":1,\"title\":\"ın \\\"quotes\\\"\",\"score\":0.1,\"tags\":[\"a\",\"b\"],\"at\":{\"x\":1},\"vector\":[1.0,0.0]}\n");
    assertThat(
            ok(
                "query",
                db,
                "t",
                "--where",
                "title IS NULL",
                "--select",
                "id,at,tags",
                "--format",
                "json"))
        .isEqualTo("[{\"id\":2,\"at\":null,\"tags\":[]}]\n");
    assertThat(ok("query", db, "t", "--select", "id,title", "--format", "csv", "--limit", 2))
        .isEqualToNormalizingNewlines("id,title\n1,\"ın \"\"quotes\"\"\"\n2,\n");
    assertThat(ok("query", db, "t", "--select", "id,title", "--format", "table"))
        .isEqualToNormalizingNewlines(
            "id  title\n--  -----------\n1   ın \"quotes\"\n2   null\n3   three\n");
  }

  @Test
  void anIndexIsEstimatedWithoutBeingBuilt() {
    assertThat(ok("index", "estimate", db, "t", "vector", "--type", "IVF_FLAT"))
        .startsWith("{\"num_rows\":3,\"num_partitions\":2,\"native_bytes\":")
        .contains("\"least_native_bytes\":", "\"heap_bytes\":", "\"disk_bytes\":")
        .contains("\"loaded_bytes\":", "\"seconds\":");
    assertThat(ok("index", "list", db, "t", "--format", "json")).isEqualTo("[]\n");
  }

  @Test
  void searchColumnsComeLast() {
    assertThat(
            ok(
                "query",
                db,
                "t",
                "--vector",
                "[1,0]",
                "--select",
                "id",
                "--limit",
                2,
                "--with-row-id",
                "--format",
                "jsonl"))
        .isEqualTo(
            "{\"id\":1,\"_distance\":0.0,\"_rowid\":0}\n{\"id\":3,\"_distance\":1.0,\"_rowid\":2}\n");
    assertThat(
            ok(
                "query",
                db,
                "t",
                "--vector",
                "[1,0]",
                "--metric",
                "dot",
                "--distance-range",
                "0,1",
                "--select",
                "id",
                "--format",
                "jsonl"))
        .isEqualTo("{\"id\":1,\"_distance\":0.0}\n{\"id\":3,\"_distance\":0.0}\n");
  }

  @Test
  void tablesCountsAndSchemas() {
    assertThat(ok("tables", db)).isEqualToNormalizingNewlines("t\n");
    assertThat(ok("tables", db, "--format", "json")).isEqualToNormalizingNewlines("[\"t\"]\n");
    assertThat(ok("count", db, "t")).isEqualToNormalizingNewlines("3\n");
    assertThat(ok("count", db + "/t.lance", "--where", "id > 1"))
        .isEqualToNormalizingNewlines("2\n");
    assertThat(ok("schema", db, "t", "--format", "json"))
        .contains(
            "{\"name\":\"vector\",\"type\":\"fixed_size_list<item: float>[2]\",\"nullable\":true,\"metadata\":{}");
  }

  @Test
  void historyIsListedReadAndRestored() {
    assertThat(ok("delete", db, "t", "--where", "id = 2"))
        .isEqualToNormalizingNewlines("{\"rows\":1,\"version\":2}\n");
    assertThat(ok("count", db, "t", "--version", 1)).isEqualToNormalizingNewlines("3\n");
    assertThat(ok("restore", db, "t", 1)).isEqualToNormalizingNewlines("{\"version\":3}\n");
    assertThat(ok("versions", db, "t", "--format", "json"))
        .contains(
            "\"version\":1,",
            "\"operation\":\"Delete\"",
            "\"operation\":\"Restore\"",
            "\"rows\":3",
            "\"tags\":[]");
  }

  @Test
  void exportsComeBack() {
    for (String format : List.of("arrow", "jsonl", "json")) {
      Path file = folder.resolve("out." + format);
      assertThat(ok("export", db, "t", file)).isEmpty();
      ok("import", db, format, file, "--vector", "vector");
      assertThat(ok("head", db, format, "--format", "jsonl"))
          .isEqualTo(ok("head", db, "t", "--format", "jsonl"));
    }
    Path csv = folder.resolve("out.csv");
    ok("export", db, "t", csv, "--select", "id,title,score");
    ok("import", db, "csv", csv);
    assertThat(ok("head", db, "csv", "--format", "jsonl"))
        .isEqualTo(ok("query", db, "t", "--select", "id,title,score", "--format", "jsonl"));
    ok("import", db, "csv", csv, "--mode", "append");
    ok("import", db, "csv", csv, "--mode", "overwrite");
    assertThat(ok("versions", db, "csv")).hasLineCount(3);
  }

  @Test
  void searchesTakeTheOptionsOfTheWire() throws IOException {
    assertThat(
            ok(
                "query",
                db,
                "t",
                "--vector",
                "[1,0]",
                "--select",
                "id",
                "--limit",
                1,
                "--with-row-address",
                "--search-effort",
                "0.3",
                "--approx-mode",
                "fast",
                "--fragments",
                "0",
                "--timeout-ms",
                60000,
                "--max-exact-rows",
                3,
                "--format",
                "jsonl"))
        .isEqualTo("{\"id\":1,\"_distance\":0.0,\"_rowaddr\":0}\n");
    Run refused = run("query", db, "t", "--vector", "[1,0]", "--max-exact-rows", 2);
    assertThat(refused.code()).isEqualTo(1);
    assertThat(refused.err()).startsWith("lancelot: invalid-input: exact vector search");
    assertThat(run("query", db, "t", "--timeout-ms", 0).err())
        .startsWith("lancelot: cancelled: Query timeout");
    assertThat(run("query", db, "t", "--fragments", 4).err()).contains("fragment: expected=");
    assertThat(ok("analyze", db, "t", "--vector", "[1,0]"))
        .containsPattern("KNNVectorDistance.*exact=true, metrics=.*rows_compared=3");
    Path requests =
        Files.write(
            folder.resolve("options.jsonl"),
            List.of(
                "{\"vector\":[1,0],\"k\":1,\"columns\":[\"id\"],\"with_row_address\":true,"
                    + "\"fragment_ids\":[0],\"search_effort\":1,\"approx_mode\":\"accurate\","
                    + "\"nprobes\":0}",
                "{\"vector\":[1,0],\"use_lsm\":true}",
                "{\"vector\":[1,0],\"approx_mode\":\"wild\"}",
                "{\"vector\":[1,0],\"k\":0}"));
    List<String> lines = ok("query", db, "t", "--requests", requests).lines().toList();
    assertThat(lines.get(0))
        .isEqualTo("{\"request\":0,\"rows\":[{\"id\":1,\"_distance\":0.0,\"_rowaddr\":0}]}");
    assertThat(lines.get(1)).contains("invalid-input", "use_lsm: expected=");
    assertThat(lines.get(2)).contains("invalid-input", "approx_mode: expected=");
    assertThat(lines.get(3)).contains("invalid-input", "limit of a vector search");
  }

  @Test
  void progressIsOneLineThatIsWipedInTheEnd() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    PrintStream err = new PrintStream(bytes, true, StandardCharsets.UTF_8);
    long[] millis = {0};
    try (ProgressLine line = new ProgressLine(err, true, () -> millis[0] * 1_000_000)) {
      line.report("k-means", 1, 50);
      millis[0] = 1000;
      line.report("k-means", 17, 50);
      millis[0] = 1050;
      line.report("k-means", 18, 50);
      millis[0] = 1100;
      line.report("sort", 3, 0);
    }
    assertThat(bytes.toString(StandardCharsets.UTF_8))
        .isEqualTo("\r  k-means 17/50\r  sort 3       \r        \r");
    bytes.reset();
    try (ProgressLine line = new ProgressLine(err, false, () -> millis[0] * 1_000_000)) {
      millis[0] = 9000;
      line.report("k-means", 17, 50);
    }
    assertThat(bytes.size()).isZero();
  }

  @Test
  void requestsAreReplayedInOrder() throws IOException {
    Path requests =
        Files.write(
            folder.resolve("requests.jsonl"),
            List.of(
                "{\"vector\":[0,1],\"k\":1,\"columns\":[\"id\"],\"distance_type\":\"l2\"}",
                "{\"count\":true,\"filter\":\"id > 1\"}",
                "{\"filter\":\"id = 3\",\"columns\":[\"id\"]}",
                "{\"filter\":\"nosuch = 3\"}",
                "not json",
                "{\"vector\":[1,0],\"frobnicate\":1}"));
    String[] lines =
        ok("query", db, "t", "--requests", requests, "--repeat", 3, "--threads", 2, "--timings")
            .split("\\R");
    assertThat(lines[0])
        .startsWith("{\"request\":0,\"rows\":[{\"id\":2,\"_distance\":0.0}],\"micros\":[")
        .matches(".*\\[\\d+,\\d+,\\d+\\]}");
    assertThat(lines[1]).startsWith("{\"request\":1,\"count\":2,");
    assertThat(lines[2]).startsWith("{\"request\":2,\"rows\":[{\"id\":3}],");
    assertThat(lines[3])
        .contains("\"error\":{\"kind\":\"invalid-input\"", "nosuch", "\"retryable\":false");
    assertThat(lines[4]).contains("malformed JSON");
    assertThat(lines[5]).contains("frobnicate");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "count DB nope",
        "count DB ../t",
        "query DB t --where nosuch>1",
        "query DB t --where id>",
        "query DB t --vector [1,2,3]",
        "query DB t --vector [NaN,0]",
        "query DB t --vector oops",
        "count DB t --version 99",
        "count DB t --tag nope",
        "import DB t2 nofile.arrow",
        "query DB t --text words",
        "count s3://bucket/db t"
      })
  void failuresAreOneLineAndExitOne(String line) {
    Run run = run((Object[]) line.replace("DB", db).split(" "));
    assertThat(run.code()).isEqualTo(1);
    assertThat(run.out()).isEmpty();
    assertThat(run.err()).startsWith("lancelot: ").hasLineCount(1);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "frobnicate",
        "sql DB",
        "count DB",
        "count DB t --bogus",
        "count DB t more",
        "count DB t --version 1 --tag x",
        "head DB t -n",
        "head DB t -n x",
        "index DB t",
        "index create DB t id",
        "columns"
      })
  void usageErrorsExitTwo(String line) {
    Run run = run((Object[]) line.replace("DB", db).split(" "));
    assertThat(run.code()).isEqualTo(2);
    assertThat(run.err()).startsWith("lancelot: usage: ").hasLineCount(1);
  }

  @Test
  void malformedInputNamesRowAndColumnAndLeavesNoTable() throws IOException {
    Path mixed = Files.writeString(folder.resolve("mixed.jsonl"), "{\"a\":1}\n{\"a\":\"x\"}\n");
    Run run = run("import", db, "bad", mixed);
    assertThat(run.code()).isEqualTo(1);
    assertThat(run.err()).contains("column=a").contains("row=2");
    Path broken = Files.writeString(folder.resolve("broken.csv"), "a,b\n1,2\n3\n");
    assertThat(run("import", db, "bad", broken).err())
        .contains("Record 3 has 1 fields")
        .contains("broken.csv");
    Path short_ = Files.writeString(folder.resolve("short.jsonl"), "{\"v\":[1,2]}\n{\"v\":[1]}\n");
    assertThat(run("import", db, "bad", short_, "--vector", "v").err())
        .contains("expected=2, found=1")
        .contains("row=2");
    assertThat(ok("tables", db)).isEqualToNormalizingNewlines("t\n");
  }

  @Test
  void helpIsThere() {
    assertThat(ok("help")).contains("import", "query", "restore");
    assertThat(ok("query", "--help")).contains("--where", "--vector-file");
    assertThat(ok("version")).contains("Lance file format");
  }

  @Test
  void aMessageIsOneLineWhateverADamagedFileHoldsInIt() {
    assertThat(Main.oneLine("found=a\n\u000b b\u001b\u0085\u2028c (path=x)"))
        .isEqualTo("found=a b c (path=x)");
  }
}
