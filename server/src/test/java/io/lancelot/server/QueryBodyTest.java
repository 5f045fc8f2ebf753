package io.lancelot.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.lancelot.Database;
import io.lancelot.Index;
import io.lancelot.Table;
import io.lancelot.Vector;
import io.lancelot.base.InvalidInputException;
import io.lancelot.base.UnsupportedFeatureException;
import io.lancelot.client.QueryJson;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Members of the query's body as clients of several releases send them.
class QueryBodyTest {

  private static final int DIM = 8;
  private static final int ROWS = 5000;
  private static final ObjectMapper JSON = new ObjectMapper();

  record Item(long id, String owner, @Vector(DIM) float[] vector) {}

  @TempDir Path root;

  private static void fill(Database database) {
    Random random = new Random(7);
    List<Item> items = new ArrayList<>();
    for (int i = 0; i < ROWS; i++) {
      float[] vector = new float[DIM];
      for (int d = 0; d < DIM; d++) {
        vector[d] = (float) random.nextGaussian();
      }
      items.add(new Item(i, i % 2 == 0 ? "me" : "you", vector));
    }
    try (Table table = database.createTable("t", items)) {
      table.createIndex("vector", Index.ivfFlat().numPartitions(10));
    }
  }

  private static String body(String more) {
    return "{\"vector\":[0.1,0.2,0.3,0.4,0,0,0,0],\"k\":3,\"report\":true" + more + "}";
  }

  /// What a search with these members came to: a report, or an error.
  private static String ask(ServerProbe probe, String key, String more) throws Exception {
    HttpResponse<String> answer = probe.post(key, "/v1/table/t/query/", body(more));
    return answer.statusCode() == 200
        ? answer.headers().firstValue(QueryJson.REPORT_HEADER).orElse("no report")
        : answer.statusCode() + " " + answer.body();
  }

  @Test
  void membersOfSeveralReleasesAreTakenUp() throws Exception {
    try (ServerProbe probe = new ServerProbe(ServerOptions.of(root))) {
      try (Database database = probe.database("")) {
        fill(database);
      }
      // Python 0.40 sends these for nprobes(0), and for a maximum without limit.
      assertThat(ask(probe, "", ",\"nprobes\":0,\"minimum_nprobes\":0,\"maximum_nprobes\":0"))
          .startsWith("path=index;rows=5000;partitions=10;");
      assertThat(ask(probe, "", ",\"nprobes\":2,\"minimum_nprobes\":2,\"maximum_nprobes\":2"))
          .contains("partitions_searched=2;");
      assertThat(ask(probe, "", ",\"nprobes\":0")).contains("path=index;");
      // Rust 0.41 sends what was set alone.
      assertThat(ask(probe, "", ",\"nprobes\":3")).contains("partitions_searched=3;");
      assertThat(ask(probe, "", ",\"nprobes\":3,\"search_effort\":1"))
          .contains("partitions_searched=10;", "fraction=1.0");
      assertThat(ask(probe, "", ",\"search_effort\":0")).contains("partitions_searched=1;");
      assertThat(ask(probe, "", ",\"approx_mode\":\"fast\"")).startsWith("path=index");
      assertThat(ask(probe, "", ",\"bypass_vector_index\":true"))
          .isEqualTo(
              "path=scan;rows=5000;partitions=0;partitions_searched=0;rows_estimated=0;"
                  + "rows_compared=5000;fraction=1.0");
      assertThat(ask(probe, "", ",\"filter\":\"id < 7\""))
          .startsWith("path=filtered_rows;")
          .contains("rows_compared=7;");
      assertThat(ask(probe, "", ",\"use_lsm\":false,\"use_rte\":false,\"colour\":1"))
          .startsWith("path=index");
      HttpResponse<String> unasked =
          probe.post("", "/v1/table/t/query/", body("").replace(",\"report\":true", ""));
      assertThat(unasked.headers().firstValue(QueryJson.REPORT_HEADER)).isEmpty();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        ",\"search_effort\":1.5",
        ",\"search_effort\":\"much\"",
        ",\"approx_mode\":\"wild\"",
        ",\"use_lsm\":true",
        ",\"use_rte\":true",
        ",\"fragment_ids\":[3]",
        ",\"fragment_ids\":7",
        ",\"fragment_ids\":[null]",
        ",\"offset\":-1",
        ",\"limit\":0,\"k\":0",
        ",\"minimum_nprobes\":5,\"maximum_nprobes\":2",
      })
  void whatCannotBeDoneIsRefused(String more) throws Exception {
    try (ServerProbe probe = new ServerProbe(ServerOptions.of(root))) {
      try (Database database = probe.database("")) {
        fill(database);
      }
      String member = more.substring(2, more.indexOf('"', 2)).replace('_', ' ');
      assertThat(ask(probe, "", more).replace('_', ' '))
          .startsWith("400 ")
          .containsIgnoringCase(member.equals("fragment ids") ? "fragment" : member);
    }
  }

  @Test
  void statisticsTellLossAndDistance() throws Exception {
    try (ServerProbe probe = new ServerProbe(ServerOptions.of(root))) {
      try (Database database = probe.database("")) {
        fill(database);
      }
      JsonNode stats =
          JSON.readTree(probe.post("", "/v1/table/t/index/vector_idx/stats/", "{}").body());
      assertThat(stats.get("distance_type").asText()).isEqualTo("l2");
      assertThat(stats.get("loss").isNumber()).isTrue();
      assertThat(stats.get("loss").asDouble()).isPositive();
      assertThat(stats.get("num_indexed_rows").asLong()).isEqualTo(ROWS);
    }
  }

  @Test
  void aServerMayRefuseLargeExactSearches() throws Exception {
    Path keys = root.resolve("keys.json");
    String admin = ApiKeys.add(keys, "admin", Access.ADMIN, List.of("*"), List.of("*"));
    String mine = ApiKeys.addFiltered(keys, "f", List.of("dev"), List.of("*"), "owner = 'me'");
    ServerOptions options =
        ServerSettings.of(root.resolve("data"), null, Map.of(), Map.of("max-exact-rows", "4000"))
            .options()
            .withKeys(ApiKeys.of(keys));
    try (ServerProbe probe = new ServerProbe(options);
        Database database = probe.database(admin)) {
      fill(database);
      assertThat(ask(probe, admin, "")).startsWith("path=index");
      assertThat(ask(probe, admin, ",\"bypass_vector_index\":true"))
          .startsWith("400 ")
          .contains("exact vector search: expected=at most 4000 rows");
      // One's own limit may be narrower, not wider.
      assertThat(ask(probe, admin, ",\"bypass_vector_index\":true,\"max_exact_rows\":9000"))
          .startsWith("400 ");
      // Who may see some rows does not learn how many there are.
      assertThat(ask(probe, mine, "")).isEqualTo("no report");
      assertThat(ask(probe, mine, ",\"max_exact_rows\":1")).isEqualTo("no report");
      assertThat(ask(probe, mine, ",\"fragment_ids\":[0]")).startsWith("403 ");
      assertThat(ask(probe, mine, ",\"bypass_vector_index\":true"))
          .startsWith("400 ")
          .doesNotContain("5000");
      try (Database some = probe.database(mine);
          Table table = some.openTable("t")) {
        float[] vector = new float[DIM];
        assertThatThrownBy(() -> table.search(vector).toResult(Item.class))
            .isInstanceOf(UnsupportedFeatureException.class)
            .hasMessageContaining("search report");
        assertThat(table.search(vector).toList(Item.class)).hasSize(10);
      }
      try (Table table = database.openTable("t")) {
        assertThatThrownBy(
                () -> table.search(new float[DIM]).distanceRange(0, 1).toList(Item.class))
            .isInstanceOf(InvalidInputException.class)
            .hasMessageContaining("found=5000");
      }
    }
  }
}
