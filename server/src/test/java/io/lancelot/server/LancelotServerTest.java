package io.lancelot.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.lancelot.base.InvalidInputException;
import io.lancelot.base.Memory;
import io.lancelot.base.Scratch;
import io.lancelot.columnar.Batch;
import io.lancelot.columnar.ColumnBuilder;
import io.lancelot.columnar.Field;
import io.lancelot.columnar.Schema;
import io.lancelot.columnar.Types;
import io.lancelot.columnar.Values;
import io.lancelot.columnar.ipc.IpcReader;
import io.lancelot.columnar.ipc.IpcWriter;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.channels.Channels;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LancelotServerTest {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Schema SCHEMA = Schema.of(Field.nullable("id", Types.INT64));

  @TempDir Path root;
  private LancelotServer server;
  private HttpClient client;
  private Memory memory;

  @BeforeEach
  void start() {
    server = LancelotServer.start(ServerOptions.of(root).withPort(0));
    client = HttpClient.newHttpClient();
    memory = Memory.ofLimit(64 << 20);
  }

  @AfterEach
  void stop() {
    client.close();
    server.close();
    memory.close();
  }

  private HttpResponse<byte[]> send(String path, byte[] body) throws Exception {
    return client.send(
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + path))
            .header("x-lancedb-database", "dev")
            .POST(HttpRequest.BodyPublishers.ofByteArray(body))
            .build(),
        HttpResponse.BodyHandlers.ofByteArray());
  }

  private JsonNode json(String path, String body, int status) throws Exception {
    HttpResponse<byte[]> answer = send(path, body.getBytes(UTF_8));
    assertThat(answer.statusCode()).as(new String(answer.body(), UTF_8)).isEqualTo(status);
    return JSON.readTree(answer.body());
  }

  private byte[] rows(long... ids) throws Exception {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (Scratch scratch = memory.scratch();
        IpcWriter writer = IpcWriter.stream(Channels.newChannel(out), SCHEMA, memory)) {
      ColumnBuilder column = ColumnBuilder.of(Types.INT64, scratch);
      for (long id : ids) {
        column.append(id);
      }
      writer.write(new Batch(SCHEMA, ids.length, List.of(column.build())));
      writer.finish();
    }
    return out.toByteArray();
  }

  private List<Object> ids(HttpResponse<byte[]> answer) {
    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.headers().firstValue("content-type"))
        .contains("application/vnd.apache.arrow.file");
    List<Object> ids = new ArrayList<>();
    try (IpcReader reader =
        IpcReader.open("answer", MemorySegment.ofArray(answer.body()), memory)) {
      for (Batch batch = reader.next(); batch != null; batch = reader.next()) {
        for (int i = 0; i < batch.rowCount(); i++) {
          ids.add(Values.row(batch, i).get("id"));
        }
      }
    }
    return ids;
  }

  @Test
  void tellsItsVersionOnEveryAnswer() throws Exception {
    assertThat(
            send("/v1/table/nope/describe/", new byte[0]).headers().firstValue("phalanx-version"))
        .hasValue(Exchange.SERVER_VERSION);
  }

  @Test
  void createsFillsQueriesAndDropsTables() throws Exception {
    assertThat(send("/v1/table/t/create/", rows(1, 2, 3)).statusCode()).isEqualTo(200);
    assertThat(send("/v1/table/t/insert/", rows(4)).statusCode()).isEqualTo(200);
    assertThat(json("/v1/table/t/count_rows/", "{\"version\":null}", 200).asLong()).isEqualTo(4);
    assertThat(json("/v1/table/t/count_rows", "{\"version\":1}", 200).asLong()).isEqualTo(3);
    assertThat(
            ids(
                send(
                    "/v1/table/t/query/",
                    "{\"filter\":\"id > 1\",\"vector\":[],\"k\":9223372036854775807}"
                        .getBytes(UTF_8))))
        .containsExactly(2L, 3L, 4L);
    JsonNode described = json("/v1/table/t/describe/", "", 200);
    assertThat(described.at("/version").asLong()).isEqualTo(2);
    assertThat(described.at("/schema/fields/0/type/type").asText()).isEqualTo("int64");
    json("/v1/table/t/drop/", "", 200);
    assertThat(json("/v1/table/t/describe/", "", 404).get("code").asInt()).isEqualTo(4);
  }

  @Test
  void answersAnEmptyResultWithASchema() throws Exception {
    send("/v1/table/t/create/", rows(1));
    assertThat(
            ids(
                send(
                    "/v1/table/t/query/", "{\"filter\":\"id > 7\",\"vector\":[]}".getBytes(UTF_8))))
        .isEmpty();
  }

  /// Cloud clients look for the words in a 400; Namespace clients for the code of a 409.
  @Test
  void refusesATakenNameAsEachDialectExpects() throws Exception {
    send("/v1/table/t/create/", rows(1));
    HttpResponse<byte[]> cloud = send("/v1/table/t/create/", rows(2));
    assertThat(cloud.statusCode()).isEqualTo(400);
    assertThat(new String(cloud.body(), UTF_8)).contains("already exists");
    assertThat(send("/v1/table/t/create", rows(2)).statusCode()).isEqualTo(409);
    assertThat(json("/v1/table/t/count_rows/", "{}", 200).asLong()).isEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/v1/table/..%2f..%2fetc/describe/",
        "/v1/table/%2e%2e/create/",
        "/v1/table/a%00b/create/",
        "/v1/namespace/..$x/list",
        "/v1/table/x%24%2e%2e%24t/create/",
      })
  void keepsPathsInside(String path) throws Exception {
    assertThat(send(path, rows(1)).statusCode()).isBetween(400, 499);
    assertThat(send("/healthz", new byte[0]).statusCode()).isEqualTo(200);
  }

  @ParameterizedTest
  @ValueSource(strings = {"{\"k\":-1}", "[1]", "{\"vector\":\"x\"}", "{", "{\"columns\":7}"})
  void refusesBrokenQueries(String body) throws Exception {
    send("/v1/table/t/create/", rows(1));
    json("/v1/table/t/query/", body, 400);
  }

  @Test
  void namesWhatIsNotBuilt() throws Exception {
    send("/v1/table/t/create/", rows(1));
    assertThat(json("/v1/table/t/branches/cherry_pick/", "{}", 501).get("code").asInt()).isZero();
  }

  @Test
  void refusesToListenForOthersWithoutKeys() {
    assertThatThrownBy(() -> LancelotServer.start(ServerOptions.of(root).withHost("0.0.0.0")))
        .isInstanceOf(InvalidInputException.class);
  }

  @Test
  void keepsNamespacesApart() throws Exception {
    json("/v1/namespace/a/create", "{\"mode\":\"\\\"Create\\\"\"}", 200);
    json("/v1/namespace/a/create", "{\"mode\":\"Create\"}", 409);
    json("/v1/namespace/nope$x/create", "{}", 404);
    send("/v1/table/a$t/create/", rows(1, 2));
    send("/v1/table/t/create/", rows(1));
    assertThat(json("/v1/table/a$t/count_rows/", "{}", 200).asLong()).isEqualTo(2);
    assertThat(json("/v1/namespace/a/table/list", "", 200).get("tables")).hasSize(1);
    json("/v1/namespace/a/drop", "{}", 409);
    json("/v1/namespace/a/drop", "{\"behavior\":\"Cascade\"}", 200);
    json("/v1/namespace/a/describe", "{}", 404);
  }
}
