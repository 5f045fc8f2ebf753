package io.lancelot.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Each operation of the protocol is built, or answers 501 and stands in the documentation.
class OperationsTest {

  private static final Path DOCUMENT = Path.of("../docs/compatibility.md");
  private static final Pattern ROW = Pattern.compile("\\| `([^`]+)` \\| (.+) \\|");

  /// Paths under `/v1/` of both dialects; `*` stands for an identifier.
  private static final List<String> OPERATIONS =
      """
      table table/*/create table/*/describe table/*/drop table/*/rename table/*/clone
      table/*/exists table/*/register table/*/deregister table/*/declare table/*/create-empty
      table/*/insert table/*/merge_insert table/*/update table/*/delete table/*/query
      table/*/count_rows table/*/explain_plan table/*/analyze_plan table/*/add_columns
      table/*/alter_columns table/*/drop_columns table/*/update_field_metadata
      table/*/backfill_column table/*/schema_metadata/update table/*/restore table/*/stats
      table/*/create_index table/*/create_scalar_index table/*/index/list table/*/index/*/stats
      table/*/index/*/drop table/*/index/*/prewarm table/*/page_cache/prewarm table/*/tags/list
      table/*/tags/version table/*/tags/create table/*/tags/update table/*/tags/delete
      table/*/branches/list table/*/branches/create table/*/branches/delete table/*/branches/diff
      table/*/branches/cherry_pick table/*/version/list table/*/version/create
      table/*/version/describe table/*/version/delete table/version/batch-create
      table/batch-commit table/*/multipart_write/create table/*/multipart_write/complete
      table/*/multipart_write/abort table/*/set_lsm_write_spec table/*/unset_lsm_write_spec
      table/*/get_lsm_write_spec table/*/flush_lsm table/*/compact_lsm table/*/get_lsm_stats
      table/*/enable_rte table/*/disable_rte table/*/get_rte_spec table/*/flush_rte
      table/*/compact_rte table/*/get_rte_stats table/*/fetch_blobs table/*/blob/*/*/bytes
      table/*/errors namespace/*/list namespace/*/table/list namespace/*/create
      namespace/*/describe namespace/*/drop namespace/*/exists namespace/*/function/list
      namespace/*/secret/list namespace/*/view/list namespace/*/materialized_view/list jobs/list
      jobs/describe jobs/cancel jobs/query_events jobs/pause jobs/resume functions/create
      functions/get function/*/create function/*/describe function/*/drop secret/*/create
      secret/*/alter secret/*/describe secret/*/drop view/*/create view/*/describe view/*/drop
      materialized_view/*/create materialized_view/*/refresh materialized_view/*/describe
      materialized_view/*/drop transaction/*/describe transaction/*/alter
      """
          .lines()
          .flatMap(line -> List.of(line.strip().split(" ")).stream())
          .filter(path -> !path.isEmpty())
          .toList();

  private static Map<String, String> documented() throws IOException {
    Map<String, String> rows = new TreeMap<>();
    boolean inside = false;
    for (String line : Files.readAllLines(DOCUMENT)) {
      inside = line.startsWith("#") ? line.equals("### Operations not built") : inside;
      Matcher row = ROW.matcher(line);
      if (inside && row.matches()) {
        rows.put(row.group(1), row.group(2));
      }
    }
    return rows;
  }

  @Test
  void documentsWhatIsNotBuilt() throws Exception {
    assertThat(documented()).containsExactlyEntriesOf(Router.notBuilt());
  }

  @Test
  void answersEveryOperationOrNamesIt(@TempDir Path root) throws Exception {
    Map<String, String> refused = new TreeMap<>();
    ObjectMapper json = new ObjectMapper();
    try (LancelotServer server = LancelotServer.start(ServerOptions.of(root).withPort(0));
        HttpClient client = HttpClient.newHttpClient()) {
      for (String operation : OPERATIONS) {
        for (String slash : List.of("", "/")) {
          HttpRequest request =
              HttpRequest.newBuilder(
                      URI.create(
                          "http://127.0.0.1:"
                              + server.port()
                              + "/v1/"
                              + operation.replace("*", "nope$7")
                              + slash))
                  .POST(HttpRequest.BodyPublishers.ofString("{}"))
                  .build();
          HttpResponse<String> answer = client.send(request, HttpResponse.BodyHandlers.ofString());
          assertThat(answer.statusCode()).as(operation).isBetween(200, 501).isNotEqualTo(500);
          assertThat(answer.body()).as(operation).doesNotContain("no such route");
          if (answer.statusCode() == 501) {
            JsonNode error = json.readTree(answer.body());
            assertThat(error.get("code").asInt()).isZero();
            assertThat(error.get("error").asText()).contains("unsupported", "not built");
            refused.put(operation, Router.notBuilt().get(operation));
          }
        }
      }
    }
    Map<String, String> known = new TreeMap<>(Router.notBuilt());
    known.keySet().removeIf(path -> path.startsWith("admin/"));
    assertThat(refused).containsExactlyEntriesOf(known);
  }
}
