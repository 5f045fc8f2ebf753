package io.lancelot.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.lancelot.base.Memory;
import io.lancelot.base.Scratch;
import io.lancelot.columnar.Batch;
import io.lancelot.columnar.ColumnBuilder;
import io.lancelot.columnar.Field;
import io.lancelot.columnar.Schema;
import io.lancelot.columnar.Types;
import io.lancelot.columnar.ipc.IpcWriter;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.Channels;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SecurityTest {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Schema SCHEMA =
      Schema.of(Field.nullable("id", Types.INT64), Field.nullable("name", Types.UTF8));

  @TempDir Path root;
  private final HttpClient client = HttpClient.newHttpClient();
  private final Memory memory = Memory.ofLimit(64 << 20);
  private LancelotServer server;
  private String reader;
  private String writer;
  private String admin;
  private String stranger;

  @BeforeEach
  void start() throws Exception {
    Path keys = root.resolve("keys.json");
    reader = ApiKeys.add(keys, "reader", Access.READ, List.of("dev"), List.of("film*"));
    writer = ApiKeys.add(keys, "writer", Access.WRITE, List.of("dev"), List.of("*"));
    admin = ApiKeys.add(keys, "admin", Access.ADMIN, List.of("*"), List.of("*"));
    stranger = ApiKeys.add(keys, "stranger", Access.ADMIN, List.of("other*"), List.of("*"));
    assertThat(Files.readString(keys)).doesNotContain(reader, writer, admin, stranger);
    server =
        LancelotServer.start(
            ServerOptions.of(root.resolve("data"))
                .withPort(0)
                .withMemoryBytes(64 << 20)
                .withKeys(ApiKeys.of(keys)));
    assertThat(send(admin, "table/films/create/", rows(100)).statusCode()).isEqualTo(200);
    assertThat(send(admin, "table/secrets/create/", rows(5)).statusCode()).isEqualTo(200);
  }

  @AfterEach
  void stop() {
    assertThat(server.memoryInUse()).isZero();
    server.close();
    client.close();
    memory.close();
  }

  private HttpResponse<byte[]> send(String key, String path, byte[] body) throws Exception {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + "/v1/" + path))
            .header("x-lancedb-database", "dev")
            .POST(HttpRequest.BodyPublishers.ofByteArray(body));
    if (!key.isEmpty()) {
      request.header("x-api-key", key);
    }
    return client.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
  }

  private int status(String key, String path, String body) throws Exception {
    return send(key, path, body.getBytes(UTF_8)).statusCode();
  }

  private byte[] rows(int count) throws Exception {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (Scratch scratch = memory.scratch();
        IpcWriter stream = IpcWriter.stream(Channels.newChannel(out), SCHEMA, memory)) {
      ColumnBuilder ids = ColumnBuilder.of(Types.INT64, scratch);
      ColumnBuilder names = ColumnBuilder.of(Types.UTF8, scratch);
      for (int i = 0; i < count; i++) {
        ids.append((long) i);
        names.append("name " + i);
      }
      stream.write(new Batch(SCHEMA, count, List.of(ids.build(), names.build())));
      stream.finish();
    }
    return out.toByteArray();
  }

  private void assertHealthy() throws Exception {
    assertThat(new String(send(admin, "table/films/count_rows/", new byte[0]).body(), UTF_8))
        .isEqualTo("100");
  }

  @Test
  void letsInOnlyKnownKeys() throws Exception {
    for (String key : List.of("", "lk_nonsense")) {
      assertThat(status(key, "table/films/count_rows/", "{}")).isEqualTo(401);
      assertThat(status(key, "nowhere", "{}")).isEqualTo(401);
    }
    HttpRequest bearer =
        HttpRequest.newBuilder(
                URI.create("http://127.0.0.1:" + server.port() + "/v1/table/films/count_rows/"))
            .header("x-lancedb-database", "dev")
            .header("authorization", "Bearer " + reader)
            .POST(HttpRequest.BodyPublishers.noBody())
            .build();
    assertThat(client.send(bearer, HttpResponse.BodyHandlers.ofString()).body()).isEqualTo("100");
    HttpRequest health =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + "/healthz"))
            .build();
    assertThat(client.send(health, HttpResponse.BodyHandlers.ofString()).statusCode())
        .isEqualTo(200);
  }

  @Test
  void keepsToRolesAndPatterns() throws Exception {
    assertThat(status(reader, "table/films/count_rows/", "{}")).isEqualTo(200);
    assertThat(status(reader, "table/secrets/count_rows/", "{}")).isEqualTo(403);
    assertThat(status(reader, "table/films/delete/", "{\"predicate\":\"true\"}")).isEqualTo(403);
    assertThat(status(reader, "table/films/drop/", "")).isEqualTo(403);
    assertThat(status(reader, "table/films/create_index/", "{\"column\":\"id\"}")).isEqualTo(403);
    assertThat(status(writer, "namespace/a/create", "{}")).isEqualTo(403);
    assertThat(status(admin, "namespace/a/create", "{}")).isEqualTo(200);
    assertThat(status(writer, "table/secrets/delete/", "{\"predicate\":\"id = 1\"}"))
        .isEqualTo(200);
    assertThat(status(stranger, "table/films/count_rows/", "{}")).isEqualTo(403);
    JsonNode names = JSON.readTree(send(reader, "table/", new byte[0]).body()).get("tables");
    assertThat(names).hasSize(1);
    String location =
        JSON.readTree(send(admin, "table/secrets/describe/", new byte[0]).body())
            .get("location")
            .asText();
    assertThat(
            status(
                reader,
                "table/film2/clone",
                JSON.writeValueAsString(java.util.Map.of("source_location", location))))
        .isEqualTo(403);
    assertHealthy();
  }

  @Test
  void staysInsideItsFolder() throws Exception {
    Files.createDirectories(root.resolve("elsewhere/t.lance"));
    for (String path :
        List.of(
            "table/..%2f..%2felsewhere%2ft/describe/",
            "table/%2e%2e/create/",
            "table/a%00b/create/",
            "table/" + "x".repeat(10_000) + "/create/",
            "table/$$/describe/",
            "table/a$..$t/describe/",
            "namespace/..$x/list",
            "namespace/%2e%2e/drop",
            "table/films/index/..%2f..%2fx/drop/")) {
      assertThat(send(admin, path, rows(1)).statusCode()).as(path).isBetween(400, 499);
    }
    assertThat(
            status(
                admin,
                "table/x/clone",
                "{\"source_location\":\"" + root.resolve("elsewhere/t.lance") + "\"}"))
        .isEqualTo(400);
    assertThat(status(admin, "table/films/rename/", "{\"new_table_name\":\"../x\"}"))
        .isEqualTo(400);
    assertHealthy();
  }

  /// Whoever is refused in the middle of sending hears why: the connection is not reset meanwhile.
  @Test
  void answersThoseWhoStillSend() throws Exception {
    try (Socket socket = new Socket("127.0.0.1", server.port())) {
      OutputStream out = socket.getOutputStream();
      InputStream in = socket.getInputStream();
      String head =
          "POST /v1/table/films/count_rows/ HTTP/1.1\r\nhost: x\r\nx-api-key: %s\r\n"
              + "content-encoding: gzip\r\ncontent-length: 1000000\r\n\r\n";
      out.write(head.formatted(admin).getBytes(UTF_8));
      // The answer is there before the body is.
      String answer = Character.toString(in.read());
      for (int i = 0; i < 10; i++) {
        out.write(new byte[100_000]);
        // Time for a reset, which is what a closed connection would answer: the next piece meets
        // it.
        Thread.sleep(50);
      }
      socket.shutdownOutput();
      answer += new String(in.readAllBytes(), UTF_8);
      assertThat(answer).startsWith("HTTP/1.1 400").containsIgnoringCase("connection: close");
    }
    assertHealthy();
  }

  @Test
  void refusesBodiesMadeToHurt() throws Exception {
    String deep = "{\"a\":".repeat(100_000);
    String nested = "[".repeat(5_000) + "]".repeat(5_000);
    String filter = "(".repeat(50_000) + "id" + ")".repeat(50_000);
    for (String body :
        List.of(
            deep,
            "{\"vector\":" + nested + "}",
            "{\"filter\":\"" + filter + " > 1\",\"vector\":[]}",
            "{\"k\":-5}",
            "{\"k\":1e400}",
            "{\"vector\":[1,2],\"k\":9223372036854775807,\"offset\":9223372036854775807}",
            "{\"full_text_query\":{\"query\":{\"boolean\":{}}},\"vector\":[]}")) {
      assertThat(status(admin, "table/films/query/", body))
          .as(body.substring(0, Math.min(60, body.length())))
          .isBetween(400, 499);
    }
    assertThat(status(admin, "table/films/query/", "{\"k\":9223372036854775807,\"offset\":5}"))
        .isEqualTo(200);
    assertHealthy();
  }

  @Test
  void refusesArrowBodiesThatLie() throws Exception {
    byte[] good = rows(100);
    Random random = new Random(17);
    for (int round = 0; round < 300; round++) {
      byte[] bad = good.clone();
      int at = random.nextInt(bad.length / 4) * 4;
      ByteBuffer.wrap(bad)
          .order(ByteOrder.LITTLE_ENDIAN)
          .putInt(Math.min(at, bad.length - 4), random.nextBoolean() ? Integer.MAX_VALUE : -7);
      int status = send(admin, "table/bad" + round + "/create/", bad).statusCode();
      // What is changed in a value is a value.
      assertThat(status).as("round=" + round + ", at=" + at).isIn(200, 400, 413, 501);
    }
    assertThat(send(admin, "table/films/insert/", new byte[7]).statusCode()).isEqualTo(400);
    assertHealthy();
  }

  /// Made by pyarrow: 128 MiB of zeros that Zstandard shrinks to 4 KB, more than all the server's
  /// memory.
  @Test
  void refusesWhatGrowsWhenItIsUnpacked() throws Exception {
    byte[] bomb;
    try (InputStream in = SecurityTest.class.getResourceAsStream("bomb.arrow")) {
      bomb = Objects.requireNonNull(in).readAllBytes();
    }
    assertThat(send(admin, "table/bomb/create/", bomb).statusCode()).isEqualTo(413);
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(packed)) {
      byte[] spaces = " ".repeat(1 << 20).getBytes(UTF_8);
      for (int i = 0; i < 100; i++) {
        gzip.write(spaces);
      }
      gzip.write("{}".getBytes(UTF_8));
    }
    HttpRequest request =
        HttpRequest.newBuilder(
                URI.create("http://127.0.0.1:" + server.port() + "/v1/table/films/count_rows/"))
            .header("x-lancedb-database", "dev")
            .header("x-api-key", admin)
            .header("content-encoding", "gzip")
            .POST(HttpRequest.BodyPublishers.ofByteArray(packed.toByteArray()))
            .build();
    assertThat(client.send(request, HttpResponse.BodyHandlers.ofString()).statusCode())
        .isBetween(400, 499);
    assertHealthy();
  }
}
