package io.lancelot.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lancelot.Database;
import io.lancelot.Index;
import io.lancelot.Table;
import io.lancelot.base.LancelotException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/// No room on the disk: `-Dlancelot.small.disk=FOLDER`, a file system of some 16 MB of its own,
/// such as a tmpfs.
@EnabledIfSystemProperty(named = "lancelot.small.disk", matches = ".+")
class FullDiskTest {

  private static final int ROWS = 20_000;

  record Row(long id, String text) {}

  private final Path disk = Path.of(System.getProperty("lancelot.small.disk", "."));

  private static List<Row> rows(long from) {
    List<Row> rows = new ArrayList<>();
    for (long i = 0; i < ROWS; i++) {
      rows.add(new Row(from + i, Long.toHexString((from + i) * 0x9E3779B97F4A7C15L)));
    }
    return rows;
  }

  @Test
  void whatWasAcknowledgedIsThereAndTheRestIsRefused() throws IOException {
    Path ballast = disk.resolve("ballast");
    Files.deleteIfExists(ballast);
    ServerOptions options = ServerOptions.of(disk.resolve("data" + System.nanoTime()));
    long written = ROWS;
    try (ServerProbe probe = new ServerProbe(options);
        Database database = probe.database("");
        Table table = database.createTable("t", rows(0))) {
      boolean full = false;
      for (long from = ROWS; !full && from < 100L * ROWS; from += ROWS) {
        try {
          table.add(rows(from));
          written += ROWS;
        } catch (LancelotException e) {
          full = true;
          assertThat(e).hasMessageContaining("space");
        }
      }
      assertThat(full).isTrue();
      // Not a byte is left.
      try (RandomAccessFile file = new RandomAccessFile(ballast.toFile(), "rw")) {
        byte[] block = new byte[4096];
        while (disk.toFile().getUsableSpace() > 0) {
          file.write(block);
        }
      } catch (IOException _) {
        // Full.
      }
      assertThat(table.countRows()).isEqualTo(written);
      assertThatThrownBy(() -> table.delete("id < 10")).isInstanceOf(LancelotException.class);
      assertThatThrownBy(() -> table.createIndex("id", Index.btree()))
          .isInstanceOf(LancelotException.class);
      assertThatThrownBy(() -> database.createTable("other", rows(0)))
          .isInstanceOf(LancelotException.class);
      assertThat(table.query().where("id = 5").toMaps()).hasSize(1);
      assertThat(table.countRows()).isEqualTo(written);
      Files.delete(ballast);
      assertThat(table.delete("id < 10").rows()).isEqualTo(10);
    }
    try (ServerProbe again = new ServerProbe(options);
        Database database = again.database("");
        Table table = database.openTable("t")) {
      assertThat(table.countRows()).isEqualTo(written - 10);
      assertThat(database.tableNames()).containsExactly("t");
    }
  }
}
