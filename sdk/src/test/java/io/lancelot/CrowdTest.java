package io.lancelot;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Many writers of one table on a disk: each commit goes through without a retry by its caller, and
/// none is lost or doubled. `-Dlancelot.crowd=full` makes the crowd as large as promised.
class CrowdTest {

  private static final boolean FULL = "full".equals(System.getProperty("lancelot.crowd"));
  private static final int THREADS = 16;
  private static final int UPSERTS = FULL ? 100 : 6;
  private static final int PROCESSES = FULL ? 8 : 4;
  private static final int APPENDS = FULL ? 50 : 12;

  record Row(long id, String name) {}

  @Test
  void threadsUpsertDisjointKeys(@TempDir Path dir) throws Exception {
    try (Database database = Lancelot.connect(dir.toString());
        Table table = database.createTable("t", Row.class);
        ExecutorService threads = Executors.newFixedThreadPool(THREADS)) {
      List<Callable<Long>> work = new ArrayList<>();
      for (int t = 0; t < THREADS; t++) {
        long first = (long) t * UPSERTS;
        work.add(() -> {
          long inserted = 0;
          for (int i = 0; i < UPSERTS; i++) {
            inserted +=
                table
                    .mergeInsert("id")
                    .whenMatchedUpdateAll()
                    .whenNotMatchedInsertAll()
                    .execute(List.of(new Row(first + i, "row")))
                    .numInserted();
          }
          return inserted;
        });
      }
      long inserted = 0;
      for (Future<Long> done : threads.invokeAll(work)) {
        inserted += done.get();
      }
      assertThat(inserted).isEqualTo((long) THREADS * UPSERTS);
      assertThat(ids(table)).hasSize(THREADS * UPSERTS);
      assertThat(table.version()).isEqualTo(1 + (long) THREADS * UPSERTS);
      assertThat(database.checkTable("t").findings()).isEmpty();
    }
  }

  private static Set<Long> ids(Table table) {
    Set<Long> ids = new HashSet<>();
    for (Map<String, @Nullable Object> row : table.query().toMaps()) {
      assertThat(ids.add((Long) row.get("id"))).as("once: %s", row).isTrue();
    }
    return ids;
  }

  /// The child: appends single rows.
  static final class Appender {

    public static void main(String[] arguments) {
      long first = Long.parseLong(arguments[1]);
      int count = Integer.parseInt(arguments[2]);
      try (Database database = Lancelot.connect(arguments[0]);
          Table table = database.openTable("t")) {
        for (int i = 0; i < count; i++) {
          table.add(List.of(new Row(first + i, "row")));
        }
      }
    }
  }

  @Test
  void processesAppend(@TempDir Path dir) throws Exception {
    try (Database database = Lancelot.connect(dir.toString());
        Table table = database.createTable("t", Row.class)) {
      List<Process> children = new ArrayList<>();
      for (int p = 0; p < PROCESSES; p++) {
        children.add(start(dir, p * 1000L));
      }
      for (Process child : children) {
        assertThat(child.waitFor(5, TimeUnit.MINUTES)).isTrue();
        assertThat(child.exitValue()).isZero();
      }
      table.checkoutLatest();
      assertThat(ids(table)).hasSize(PROCESSES * APPENDS);
      assertThat(table.version()).isEqualTo(1 + PROCESSES * APPENDS);
      assertThat(database.checkTable("t").findings()).isEmpty();
    }
  }

  private static Process start(Path dir, long first) throws Exception {
    String classes =
        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:TieredStopAtLevel=1",
            "-Xmx256m",
            "--enable-native-access=ALL-UNNAMED",
            "-cp",
            classes,
            Appender.class.getName(),
            dir.toString(),
            Long.toString(first),
            Integer.toString(APPENDS))
        .inheritIO()
        .start();
  }
}
