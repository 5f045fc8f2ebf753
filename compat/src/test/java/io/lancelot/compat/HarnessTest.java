package io.lancelot.compat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/// The harness itself: the pinned versions run, a difference is found where there is one, and
/// neither an error nor a crash of the real Lance ends more than its own case.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class HarnessTest {

  private final Oracle oracle = Oracle.start();

  @AfterAll
  void close() {
    oracle.close();
  }

  @Test
  void theNewestRealLanceRuns() {
    assertThat(oracle.call("hello", Map.of()).get("lance").asText()).isEqualTo("14.0.2");
  }

  @Test
  void oneChangedValueIsFoundAndNamed() {
    Data all = Data.numbered(5, 100, "2.1");
    assertThat(oracle.difference(all, all)).isEmpty();
    assertThat(oracle.difference(all.take(List.of(1L, 2L, 3L)), all.take(List.of(1L, 4L, 3L))))
        .hasValueSatisfying(d -> assertThat(d).contains("column id (int64) row 1: 2 vs 4"));
  }

  @Test
  void aMissingRowIsFound() {
    Data all = Data.numbered(5, 100, "2.1");
    assertThat(oracle.difference(all.take(List.of(1L, 2L)), all.take(List.of(1L))))
        .contains("rows: 2 vs 1");
  }

  @Test
  void anotherTypeIsFound() {
    assertThat(oracle.difference(Data.column("int32", 10), Data.column("int64", 10)))
        .hasValueSatisfying(d -> assertThat(d).contains("int32 vs int64"));
  }

  @Test
  void differencesInNestedNullsAndFloatBitsAreFound() {
    assertThat(oracle.call("selftest", Map.of()).get("failures")).isEmpty();
  }

  @Test
  void anErrorLeavesTheProcessAlive(@TempDir Path dir) {
    assertThatThrownBy(() -> oracle.call("count", Map.of("lance", dir.resolve("nothing.lance"))))
        .isInstanceOf(OracleException.class)
        .hasMessageContaining("not found");
    assertThat(oracle.call("hello", Map.of()).has("lance")).isTrue();
  }

  @Test
  void aCrashFailsOnlyItsOwnCase() {
    assertThatThrownBy(() -> oracle.call("exit", Map.of("code", 134)))
        .isInstanceOf(OracleException.class)
        .hasMessageContaining("exit code 134");
    assertThat(oracle.call("hello", Map.of()).has("lance")).isTrue();
  }

  @Test
  void aHangEndsWithTheTimeout() {
    oracle.call("hello", Map.of());
    assertThatThrownBy(() -> oracle.call("sleep", Map.of("seconds", 60), Duration.ofMillis(300)))
        .isInstanceOf(OracleException.class)
        .hasMessageContaining("no answer in PT0.3S");
    assertThat(oracle.call("hello", Map.of()).has("lance")).isTrue();
  }
}
