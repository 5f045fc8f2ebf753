package io.lancelot.compat;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.lancelot.server.LancelotServer;
import io.lancelot.server.ServerOptions;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// LanceDB's own Python client, unmodified, against our server.
class OfficialClientTest {

  private static final int REQUESTS = Integer.getInteger("lancelot.requests", 60);
  private static final long SEED = Long.getLong("lancelot.seed", System.nanoTime() % 1_000_000);

  @TempDir Path root;
  private LancelotServer server;

  @BeforeEach
  void start() {
    server = LancelotServer.start(ServerOptions.of(root.resolve("served")).withPort(0));
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private JsonNode run(String script, String... arguments) throws Exception {
    String python = System.getProperty("lancelot.python", "../.build/venv/bin/python");
    List<String> command =
        new ArrayList<>(
            List.of(
                python,
                Path.of("src/test/python").resolve(script).toString(),
                "--host",
                "http://127.0.0.1:" + server.port()));
    command.addAll(List.of(arguments));
    Path out = root.resolve("out");
    Process process =
        new ProcessBuilder(command)
            .redirectOutput(out.toFile())
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    process.waitFor();
    List<String> lines = Files.readAllLines(out, StandardCharsets.UTF_8);
    assertThat(lines).as("output of " + command).isNotEmpty();
    return new ObjectMapper().readTree(lines.getLast());
  }

  @Test
  void theClientFindsAllItAsksFor() throws Exception {
    JsonNode result = run("official_client.py");
    assertThat(result.get("failed")).as(result.toPrettyString()).isEmpty();
    assertThat(result.get("steps").asInt()).isGreaterThan(8);
  }

  @Test
  void theSameRequestsHaveTheSameAnswersAsOnTheRealLanceDb() throws Exception {
    JsonNode result =
        run(
            "same_both.py",
            "--folder",
            root.resolve("real").toString(),
            "--count",
            Integer.toString(REQUESTS),
            "--seed",
            Long.toString(SEED));
    assertThat(result.get("differences")).as(result.toPrettyString()).isEmpty();
  }
}
