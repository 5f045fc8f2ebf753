package io.lancelot.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.lancelot.Database;
import io.lancelot.Index;
import io.lancelot.Table;
import io.lancelot.base.StorageException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A folder that cannot be written: reads go on, writes say so, and nothing is lost.
class ReadOnlyFolderTest {

  record Row(long id, String text) {}

  @TempDir Path root;
  private boolean mounted;

  /// Takes the right to write away: by permissions or, from the superuser, by a mount.
  private void seal() throws Exception {
    permit("r-xr-xr-x");
    if (Files.isWritable(root)) {
      String folder = root.toString();
      mounted =
          run("mount", "--bind", folder, folder) && run("mount", "-o", "remount,bind,ro", folder);
    }
    assumeTrue(!Files.isWritable(root), "nobody can keep the superuser from writing here");
  }

  private void permit(String folders) throws IOException {
    try (Stream<Path> all = Files.walk(root)) {
      for (Path folder : all.filter(Files::isDirectory).toList()) {
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString(folders));
      }
    }
  }

  private static boolean run(String... command) throws Exception {
    Process process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    return process.waitFor(10, TimeUnit.SECONDS) && process.exitValue() == 0;
  }

  @AfterEach
  void unseal() throws Exception {
    if (mounted) {
      assertThat(run("umount", "-l", root.toString())).isTrue();
    }
    permit("rwxr-xr-x");
  }

  @Test
  void readsGoOnAndWritesAreRefused() throws Exception {
    ServerOptions options = ServerOptions.of(root);
    List<Row> rows = List.of(new Row(1, "moon"), new Row(2, "river"), new Row(3, "lamp"));
    try (ServerProbe probe = new ServerProbe(options);
        Database database = probe.database("");
        Table table = database.createTable("t", rows)) {
      table.createIndex("id", Index.btree());
      seal();
      assertRefused(database, table);
    }
    // A server that is started so serves all the same.
    try (ServerProbe probe = new ServerProbe(options);
        Database database = probe.database("");
        Table table = database.openTable("t")) {
      assertRefused(database, table);
      assertThat(probe.get("", "/readyz").statusCode()).isEqualTo(200);
    }
  }

  private static void assertRefused(Database database, Table table) {
    assertThatThrownBy(() -> table.add(List.of(new Row(4, "late"))))
        .isInstanceOf(StorageException.class);
    assertThatThrownBy(() -> table.delete("id = 1")).isInstanceOf(StorageException.class);
    assertThatThrownBy(() -> table.update().where("id = 1").set("text", "x").execute())
        .isInstanceOf(StorageException.class);
    assertThatThrownBy(() -> table.createIndex("text", Index.btree()))
        .isInstanceOf(StorageException.class);
    assertThatThrownBy(() -> database.createTable("other", List.of(new Row(1, "x"))))
        .isInstanceOf(StorageException.class);
    assertThatThrownBy(() -> database.dropTable("t")).isInstanceOf(StorageException.class);
    assertThat(table.countRows()).isEqualTo(3);
    assertThat(table.query().where("id = 2").toMaps())
        .containsExactly(Map.of("id", 2L, "text", "river"));
    assertThat(database.tableNames()).containsExactly("t");
  }
}
