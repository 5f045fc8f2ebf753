package io.lancelot.compat;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.lancelot.Database;
import io.lancelot.Lancelot;
import io.lancelot.Table;
import io.lancelot.TableOptions;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.stream.LongStream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Ours and the real Lance, two processes, appending to and deleting from one table at the same
/// time: nothing is lost and nothing doubled, as both read it.
final class AtOnceTest {

  private static final int ROUNDS = Integer.getInteger("lancelot.rounds", 12);
  private static final int FIRST = 200;

  record Row(long id, String name) {}

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void bothWriteAtOnce(boolean stableRowIds, @TempDir Path dir) {
    TableOptions options = TableOptions.defaults();
    Path folder = Ours.folder(dir, "t");
    try (Oracle oracle = Oracle.start();
        Database database = Lancelot.connect(dir.toString());
        Table table =
            database.createTable(
                "t",
                LongStream.range(0, FIRST).mapToObj(id -> new Row(id, "first")).toList(),
                stableRowIds ? options.withStableRowIds() : options)) {
      CompletableFuture<JsonNode> theirs =
          CompletableFuture.supplyAsync(() ->
              oracle.call("crowd", Map.of("lance", folder, "rounds", ROUNDS, "first", 100_000)));
      Set<Long> expected = new TreeSet<>();
      LongStream.range(0, FIRST).forEach(expected::add);
      for (int round = 0; round < ROUNDS; round++) {
        List<Row> rows = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
          rows.add(new Row(1000 + round * 5L + i, "ours"));
          expected.add(1000 + round * 5L + i);
          expected.add(100_000 + round * 5L + i);
        }
        table.add(rows);
        // Both delete from the same fragment, other rows each.
        assertThat(table.delete("id = " + 2 * round).rows()).isEqualTo(1);
        expected.remove(2L * round);
        expected.remove(2L * round + 1);
      }
      theirs.join();
      table.checkoutLatest();
      Set<Long> found = new TreeSet<>();
      table
          .query()
          .toMaps()
          .forEach(row -> assertThat(found.add((Long) row.get("id"))).as("once").isTrue());
      assertThat(found).isEqualTo(expected);
      Set<Long> read = new TreeSet<>();
      for (JsonNode row : oracle.call("rows", Map.of("lance", folder)).get("rows")) {
        assertThat(read.add(row.get("id").asLong())).as("once").isTrue();
      }
      assertThat(read).isEqualTo(expected);
      assertThat(table.version()).isEqualTo(1 + 4L * ROUNDS);
      assertThat(database.checkTable("t").findings()).isEmpty();
    }
  }
}
