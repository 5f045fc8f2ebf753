package io.lancelot.cli;

import io.lancelot.Database;
import io.lancelot.Index;
import io.lancelot.Lancelot;
import io.lancelot.Table;
import io.lancelot.server.LancelotServer;
import io.lancelot.server.ServerOptions;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.StringJoiner;

/// A tiny job through the command's usual verbs in one JVM, so that the build can keep the classes
/// they load in an AOT cache. Nothing hangs on its outcome but start-up time.
final class Training {
  private static final PrintStream NOWHERE = new PrintStream(OutputStream.nullOutputStream());

  private Training() {}

  /// `args`: `heavy` or `light`, then a folder to play in. The light verbs read the table that the
  /// heavy ones left there.
  public static void main(String[] args) throws IOException {
    Path dir = Path.of(args[1]);
    String db = dir.resolve("db").toString();
    switch (args[0]) {
      case "heavy" -> heavy(dir, db);
      case "light" -> light(db);
      default -> throw new IllegalArgumentException(args[0]);
    }
  }

  private static void heavy(Path dir, String db) throws IOException {
    Files.createDirectories(dir);
    Path rows = dir.resolve("rows.jsonl");
    Files.write(
        rows,
        List.of(
            "{\"id\":1,\"title\":\"one\",\"vector\":[1,0,0,0]}",
            "{\"id\":2,\"title\":\"two\",\"vector\":[0,1,0,0]}",
            "{\"id\":3,\"title\":null,\"vector\":[0,0,1,0]}"));
    run("import", db, "t", rows.toString(), "--vector", "vector", "--quiet");
    run("export", db, "t", dir.resolve("t.arrow").toString(), "--quiet");
    run("query", db, "t", "--vector", "[1,0,0,0]", "--limit", "2", "--where", "id < 3");
    run("query", db, "t", "--where", "title IS NOT NULL", "--format", "json");
    vectors(dir, db);
    server(dir.resolve("served"));
    run("version");
  }

  /// A server that was killed is to be up again soon.
  private static void server(Path folder) {
    try (LancelotServer server = LancelotServer.start(ServerOptions.of(folder).withPort(0));
        Database database =
            Lancelot.connect("db://training", "", "http://127.0.0.1:" + server.port());
        Table table = database.createTable("t", List.of(Map.of("id", 1L, "title", "one")))) {
      table.add(List.of(Map.of("id", 2L, "title", "two")));
      table.createIndex("id", Index.btree());
      table.delete("id = 2");
      table.query().where("id = 1").toMaps();
      table.countRows();
    }
  }

  /// Enough searches that the profiles of the kernels go into the cache with the classes: a JVM
  /// that has them compiles the kernels at their first use instead of after thousands of slow
  /// calls.
  private static void vectors(Path dir, String db) throws IOException {
    StringBuilder rows = new StringBuilder();
    StringBuilder requests = new StringBuilder();
    Random random = new Random(1);
    for (int i = 0; i < 8192; i++) {
      StringJoiner vector = new StringJoiner(",", "[", "]");
      for (int j = 0; j < 128; j++) {
        vector.add(String.valueOf(random.nextInt(256)));
      }
      rows.append("{\"id\":").append(i).append(",\"vector\":").append(vector).append("}\n");
      if (i < 30) {
        String metric = List.of("l2", "cosine", "dot").get(i % 3);
        requests
            .append(
                "{\"k\":10,\"columns\":[\"id\"],\"distance_type\":\"" + metric + "\",\"vector\":")
            .append(vector)
            .append(i % 2 == 0 ? "" : ",\"filter\":\"id % 2 = 0 AND id < 8000\"")
            .append("}\n");
      }
    }
    Path data = Files.writeString(dir.resolve("vectors.jsonl"), rows);
    Path replay = Files.writeString(dir.resolve("requests.jsonl"), requests);
    run("import", db, "v", data.toString(), "--vector", "vector", "--quiet");
    run("query", db, "v", "--requests", replay.toString(), "--repeat", "60", "--timings");
    run("export", db, "v", dir.resolve("v.arrow").toString());
    run("import", db, "w", dir.resolve("v.arrow").toString());
  }

  private static void light(String db) {
    run("tables", db);
    run("count", db, "t");
    run("count", db, "t", "--where", "id > 1");
    run("schema", db, "t", "--format", "json");
    run("head", db, "t", "-n", "2");
    run("versions", db, "t", "--format", "json");
    run("explain", db, "t", "--where", "id > 1");
    run("delete", db, "t", "--where", "id = 3");
    run("restore", db, "t", "1");
    run("version");
  }

  private static void run(String... args) {
    Main.run(NOWHERE, NOWHERE, args);
  }
}
