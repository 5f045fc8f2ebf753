package io.lancelot.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lancelot.Database;
import io.lancelot.Index;
import io.lancelot.Table;
import io.lancelot.base.InvalidInputException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Every route × no key, a weaker key, another database's key, a key that sees some rows.
class AccessTest {

  record Letter(long id, String owner, String secret) {}

  private static final int ROWS = 100;
  private static final int MINE = 40;

  @TempDir Path root;
  private ServerProbe probe;
  private String reader;
  private String admin;
  private String stranger;
  private String filtered;

  @BeforeEach
  void start() {
    Path keys = root.resolve("keys.json");
    reader = ApiKeys.add(keys, "reader", Access.READ, List.of("dev"), List.of("*"));
    admin = ApiKeys.add(keys, "admin", Access.ADMIN, List.of("*"), List.of("*"));
    stranger = ApiKeys.add(keys, "stranger", Access.ADMIN, List.of("other"), List.of("*"));
    filtered = ApiKeys.addFiltered(keys, "filtered", List.of("dev"), List.of("*"), "owner = 'me'");
    probe =
        new ServerProbe(
            ServerOptions.of(root.resolve("data"))
                .withKeys(ApiKeys.of(keys))
                .withAuditLog(root.resolve("audit.log")));
    List<Letter> letters = new ArrayList<>();
    for (int i = 0; i < ROWS; i++) {
      letters.add(
          i < MINE ? new Letter(i, "me", Integer.toString(i)) : new Letter(i, "you", "hidden" + i));
    }
    try (Database database = probe.database(admin);
        Table table = database.createTable("letters", letters)) {
      table.createIndex("id", Index.btree());
      table.createIndex("secret", Index.fts());
    }
  }

  @AfterEach
  void stop() {
    probe.close();
  }

  private static String path(String words) {
    return "/v1/table/letters/" + words.replace("index/*", "index/id_idx").replace("*", "0");
  }

  @Test
  void everyRouteAsksForAKeyThatMay() throws Exception {
    Map<String, Access> routes = probe.server().router().tableOperations();
    assertThat(routes).hasSizeGreaterThan(40);
    for (Map.Entry<String, Access> route : routes.entrySet()) {
      String path = path(route.getKey());
      assertThat(probe.post("", path, "{}").statusCode()).as(path).isEqualTo(401);
      assertThat(probe.post("lk_wrong", path, "{}").statusCode()).as(path).isEqualTo(401);
      assertThat(probe.post(stranger, path, "{}").statusCode()).as(path).isEqualTo(403);
      if (route.getValue() != Access.READ) {
        assertThat(probe.post(reader, path, "{}").statusCode()).as(path).isEqualTo(403);
        assertThat(probe.post(filtered, path, "{}").statusCode()).as(path).isEqualTo(403);
      }
    }
    for (Map.Entry<String, Access> route : probe.server().router().placeOperations().entrySet()) {
      String path = "/v1/" + route.getKey().replace("*", "$");
      assertThat(probe.post("", path, "{}").statusCode()).as(path).isEqualTo(401);
      assertThat(probe.post(stranger, path, "{}").statusCode()).as(path).isEqualTo(403);
      if (route.getValue() != Access.READ) {
        assertThat(probe.post(reader, path, "{}").statusCode()).as(path).isEqualTo(403);
      }
    }
    assertThat(probe.get("", "/metrics").statusCode()).isEqualTo(401);
    assertThat(probe.get("", "/").statusCode()).isEqualTo(200);
    assertThat(probe.get(admin, "/v1/table/letters/count_rows/").body()).isEqualTo("" + ROWS);
  }

  @Test
  void aFilteredKeySeesItsRowsAloneOnEveryReadingRoute() throws Exception {
    List<String> bodies =
        List.of(
            "{}",
            "{\"column\":\"secret\",\"row_ids\":[0],\"tag\":\"x\"}",
            "{\"query\":{\"k\":100,\"vector\":[]}}",
            "{\"k\":1000,\"vector\":[],\"filter\":\"owner = 'you' OR true\"}",
            "{\"k\":1000,\"vector\":[],\"columns\":[\"secret\"],\"prefilter\":false}",
            "{\"vector\":[],\"full_text_query\":{\"query\":\"hidden77\",\"columns\":[\"secret\"]}}",
            "{\"k\":10,\"vector\":[],\"filter\":\"CAST(secret AS BIGINT) >= 0\"}",
            "{\"predicate\":\"owner = 'you'\"}",
            "{\"predicate\":\"CAST(secret AS BIGINT) >= 0\"}",
            "{\"predicate\":\"true) OR (true\"}");
    for (Map.Entry<String, Access> route : probe.server().router().tableOperations().entrySet()) {
      if (route.getValue() != Access.READ) {
        continue;
      }
      for (String body : bodies) {
        String path = path(route.getKey());
        String answer = probe.post(filtered, path, body).body();
        assertThat(answer)
            .as(path + " " + body)
            .doesNotContain("hidden", "" + ROWS + ",", ":" + ROWS);
      }
    }
  }

  @Test
  void aFilteredKeyCountsItsRowsAlone() throws Exception {
    try (Database database = probe.database(filtered);
        Table table = database.openTable("letters")) {
      assertThat(table.countRows()).isEqualTo(MINE);
      assertThat(table.countRows("owner = 'you'")).isZero();
      assertThat(table.countRows("id < 10 OR owner = 'you'")).isEqualTo(10);
      assertThat(table.query().toMaps()).hasSize(MINE);
      assertThat(table.query().where("owner = 'you' OR id = 3").toMaps()).hasSize(1);
      assertThat(table.stats().rowCount()).isEqualTo(MINE);
      assertThat(table.index("id_idx").indexedRows()).isEqualTo(MINE);
      assertThatThrownBy(() -> table.query().where("nothing = 1").toMaps())
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining("nothing");
      assertThatThrownBy(() -> table.delete("true")).hasMessageContaining("does not allow");
      assertThatThrownBy(() -> table.query().analyze()).hasMessageContaining("may not see");
    }
    assertThat(probe.post(filtered, path("preview"), "{\"k\":500}").body())
        .contains("\"me\"")
        .doesNotContain("you");
  }

  @Test
  void notesWhoDidWhatButNoData() throws Exception {
    probe.post(reader, path("count_rows"), "{\"predicate\":\"secret = 'hidden50'\"}");
    probe.post(reader, path("delete"), "{\"predicate\":\"true\"}");
    probe.post("lk_wrong", path("delete"), "{}");
    // Lines are written when answers are gone.
    String log = "";
    for (int i = 0; i < 100 && !log.contains("\"who\":\"unknown\""); i++) {
      Thread.sleep(50);
      log = Files.readString(root.resolve("audit.log"));
    }
    assertThat(log)
        .contains("\"who\":\"reader\",\"operation\":\"table/count_rows\"")
        .contains(
            "\"operation\":\"table/delete\",\"database\":\"dev\",\"table\":\"letters\",\"status\":403")
        .contains("\"who\":\"unknown\"")
        .doesNotContain("hidden", reader, admin, "lk_wrong");
  }

  @Test
  void limitsHowOftenAKeyAsks() throws Exception {
    Path keys = root.resolve("more.json");
    String key = ApiKeys.add(keys, "busy", Access.READ, List.of("*"), List.of("*"));
    try (ServerProbe limited =
        new ServerProbe(
            ServerOptions.of(root.resolve("data"))
                .withKeys(ApiKeys.of(keys))
                .withRequestsPerSecond(3))) {
      List<Integer> answers = new ArrayList<>();
      for (int i = 0; i < 12; i++) {
        var answer = limited.get(key, "/v1/table/");
        answers.add(answer.statusCode());
        if (answer.statusCode() == 429) {
          assertThat(answer.headers().firstValue("retry-after")).isPresent();
        }
      }
      assertThat(answers).contains(200, 429);
    }
  }
}
