package io.lancelot.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.lancelot.Database;
import io.lancelot.Table;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JobsTest {

  record Row(long id) {}

  private static final TableRef TABLE =
      new TableRef(new Databases.Place("dev", List.of()), "rows", "");

  @TempDir Path root;

  private static void await(Jobs.Job job) {
    assertThat(job.await(Duration.ofSeconds(20))).isTrue();
  }

  @Test
  void whatAStoppedServerLeftTheNextOneEnds() throws Exception {
    CountDownLatch begun = new CountDownLatch(1);
    Jobs first =
        new Jobs(
            root,
            Map.of(
                "slow",
                (_, progress) -> {
                  begun.countDown();
                  for (int i = 0; ; i++) {
                    progress.report("waiting", i, 0);
                    Thread.onSpinWait();
                  }
                }));
    Jobs.Job left = first.start("slow", TABLE, Map.of("n", 7));
    Jobs.Job told = first.start("slow", TABLE, Map.of("n", 8));
    begun.await();
    Jobs.cancel(told);
    await(told);
    assertThat(told.state()).isEqualTo(Jobs.State.CANCELLED);
    first.close();
    Jobs second = new Jobs(root, Map.of("slow", (job, _) -> Map.of("n", job.spec().get("n"))));
    second.resume();
    Jobs.Job again = second.find(left.id()).orElseThrow();
    await(again);
    assertThat(again.state()).isEqualTo(Jobs.State.DONE);
    assertThat(again.description()).containsEntry("result", Map.of("n", 7));
    assertThat(second.find(told.id()).orElseThrow().state()).isEqualTo(Jobs.State.CANCELLED);
    second.close();
    Jobs third = new Jobs(root, Map.of());
    third.resume();
    assertThat(third.find(left.id()).orElseThrow().description())
        .containsEntry("job_state", "done")
        .containsEntry("result", Map.of("n", 7));
    third.close();
  }

  @Test
  void failuresAreToldAlsoByTheNextServer() {
    Jobs first =
        new Jobs(
            root,
            Map.of(
                "bad",
                (_, _) -> {
                  throw new io.lancelot.base.InvalidInputException("no such thing");
                }));
    Jobs.Job job = first.start("bad", TABLE, Map.of());
    await(job);
    first.close();
    Jobs second = new Jobs(root, Map.of());
    second.resume();
    assertThat(second.find(job.id()).orElseThrow().description())
        .containsEntry("job_state", "failed")
        .extractingByKey("failure")
        .asString()
        .contains("no such thing");
    second.close();
  }

  @Test
  void anIndexThatWasAskedForIsBuiltAfterACrash() throws Exception {
    try (ServerProbe probe = new ServerProbe(ServerOptions.of(root));
        Database database = probe.database("")) {
      List<Row> rows = new ArrayList<>();
      for (int i = 0; i < 500; i++) {
        rows.add(new Row(i));
      }
      database.createTable("rows", rows).close();
    }
    // As the file stands when the process dies in the middle.
    String id = UUID.randomUUID().toString();
    Path jobs = Files.createDirectories(root.resolve(".lancelot/jobs"));
    Files.writeString(
        jobs.resolve(id + ".json"),
        """
        {"job_id":"%s","job_type":"create_index","job_state":"in_progress","creation_ms":5,
         "database":"dev","namespace":[],"name":"rows","branch":"",
         "spec":{"column":"id","index_type":"BTREE","params":{},"replace":true}}
        """
            .formatted(id));
    Files.writeString(jobs.resolve("torn.json"), "{\"job_id\":");
    try (ServerProbe probe = new ServerProbe(ServerOptions.of(root));
        Database database = probe.database("");
        Table table = database.openTable("rows")) {
      ObjectMapper json = new ObjectMapper();
      JsonNode job = json.createObjectNode();
      for (int i = 0; i < 200 && !job.path("job_state").asText().equals("done"); i++) {
        Thread.sleep(50);
        job =
            json.readTree(
                probe.post("", "/v1/jobs/describe", "{\"job_id\":\"" + id + "\"}").body());
      }
      assertThat(job.path("job_state").asText()).isEqualTo("done");
      assertThat(table.index("id_idx").indexedRows()).isEqualTo(500);
    }
  }

  @Test
  void newRowsAreIndexedByThemselves() throws Exception {
    ServerOptions options = ServerOptions.of(root).withUpkeepAfter(Duration.ofMillis(50));
    try (ServerProbe probe = new ServerProbe(options);
        Database database = probe.database("");
        Table table = database.createTable("rows", List.of(new Row(1), new Row(2)))) {
      table.createIndex("id", io.lancelot.Index.btree());
      table.add(List.of(new Row(3)));
      for (int i = 0; i < 200 && table.index("id_idx").unindexedRows() > 0; i++) {
        Thread.sleep(50);
      }
      assertThat(table.index("id_idx").unindexedRows()).isZero();
      assertThat(table.index("id_idx").indexedRows()).isEqualTo(3);
    }
  }
}
