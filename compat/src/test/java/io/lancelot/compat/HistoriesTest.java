package io.lancelot.compat;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Random [History]s of a table. Ours agrees with the model after every step and at every version
/// in the end; there the real Lance reads the same rows, on the main line, on every branch and at
/// every tag.
///
/// `-Dlancelot.histories=N` asks for more of them, `-Dlancelot.steps=N` for longer ones; a history
/// that failed repeats with `-Dlancelot.seed=` and its seed.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class HistoriesTest {

  private static final int STEPS = Integer.getInteger("lancelot.steps", 200);
  private static final int HISTORIES = Integer.getInteger("lancelot.histories", 2);

  private final Oracle oracle = Oracle.start();

  @AfterAll
  void close() {
    oracle.close();
  }

  record Story(long seed, boolean stableRowIds) {}

  List<Story> stories() {
    return IntStream.range(0, HISTORIES)
        .mapToObj(i -> new Story(Cases.seed() + i / 2, i % 2 == 1))
        .toList();
  }

  @ParameterizedTest
  @MethodSource("stories")
  void tableAndModelAgree(Story story, @TempDir Path dir) {
    try (History history = new History(dir, story.seed(), story.stableRowIds())) {
      for (int step = 0; step < STEPS; step++) {
        history.step();
      }
      history.checkAllVersions();
      for (Line line : history.lines()) {
        assertThat(readByTheRealLance(line.folder, null))
            .as("%s%nthe real Lance on %s", history.story(), line.name)
            .isEqualTo(line.rows);
      }
      history
          .tags()
          .forEach((tag, tagged) ->
              assertThat(
                      readByTheRealLance(
                          tagged.line().folder, tagged.line().isMain() ? tag : tagged.version()))
                  .as("%s%nthe real Lance at tag %s", history.story(), tag)
                  .isEqualTo(tagged.rows()));
      checkCounts(history);
    }
  }

  /// The real Lance counts the rows of every version as we remember them.
  private void checkCounts(History history) {
    Line main = history.lines().getFirst();
    Map<Long, Integer> counted = new TreeMap<>();
    for (JsonNode v : oracle.call("versions", Map.of("lance", main.folder)).get("versions")) {
      counted.put(v.get("version").asLong(), v.get("rows").asInt());
    }
    Map<Long, Integer> known = new TreeMap<>();
    main.past.forEach((version, rows) -> known.put(version, rows.size()));
    assertThat(counted).as(history.story()).isEqualTo(known);
  }

  private Map<Long, Map<String, @Nullable Object>> readByTheRealLance(
      Path folder, @Nullable Object version) {
    Map<String, Object> request = new HashMap<>(Map.of("lance", folder));
    if (version != null) {
      request.put("version", version);
    }
    JsonNode answer = oracle.call("rows", request);
    Map<Long, Map<String, @Nullable Object>> rows = new TreeMap<>();
    for (JsonNode row : answer.get("rows")) {
      Map<String, @Nullable Object> plain = new HashMap<>();
      row.properties()
          .forEach(field -> {
            JsonNode value = field.getValue();
            plain.put(
                field.getKey(),
                value.isNull() ? null : value.isNumber() ? value.asLong() : value.asText());
          });
      rows.put((Long) plain.get("id"), plain);
    }
    assertThat(answer.get("count").asInt()).isEqualTo(answer.get("rows").size());
    assertThat(rows).hasSize(answer.get("rows").size());
    return rows;
  }
}
