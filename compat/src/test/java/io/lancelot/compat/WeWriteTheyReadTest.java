package io.lancelot.compat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.fasterxml.jackson.databind.JsonNode;
import io.lancelot.base.UnsupportedFeatureException;
import io.lancelot.compat.Cases.Case;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.assertj.core.api.AbstractThrowableAssert;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// What ours writes, the real Lance reads: the same types, nulls and values, in the format asked
/// for.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class WeWriteTheyReadTest {

  private final Oracle oracle = Oracle.start();
  private final Ours ours = Ours.underTest(oracle);

  @AfterAll
  void close() {
    oracle.close();
  }

  List<Case> matrix() {
    return Cases.matrix(oracle);
  }

  List<Case> refused() {
    return Cases.refused(oracle);
  }

  List<Case> specials() {
    return Cases.specials(oracle).stream().filter(it -> !readOnly(it)).toList();
  }

  List<Case> readOnlySpecials() {
    return Cases.specials(oracle).stream().filter(WeWriteTheyReadTest::readOnly).toList();
  }

  /// What ours reads of version 2.0 and does not write.
  private static boolean readOnly(Case it) {
    return it.format().equals("2.0") && (it.name().equals("packed") || it.name().equals("blobs"));
  }

  List<Case> random() {
    return Cases.random();
  }

  @ParameterizedTest
  @MethodSource("matrix")
  void everyType(Case it, @TempDir Path dir) {
    writtenByUs(it, dir);
  }

  @ParameterizedTest
  @MethodSource("random")
  void randomSchemas(Case it, @TempDir Path dir) {
    writtenByUs(it, dir);
  }

  @ParameterizedTest
  @MethodSource("specials")
  void cornersOfTheFormat(Case it, @TempDir Path dir) {
    writtenByUs(it, dir);
    assertThat(oracle.differenceWithMetadata(Data.lance(Ours.folder(dir, "t")), it.data()))
        .isEmpty();
  }

  @ParameterizedTest
  @MethodSource("readOnlySpecials")
  void whatIsOnlyReadOfAnOldVersionIsRefused(Case it, @TempDir Path dir) {
    refusalOf(it, dir).hasMessageMatching("(?s).*2\\.0.*(packed|blob).*");
  }

  @ParameterizedTest
  @MethodSource("refused")
  void aTypeThatTheFormatCannotHoldIsRefusedByName(Case it, @TempDir Path dir) {
    refusalOf(it, dir).hasMessageMatching("(?si).*(map|fixed.?size.?list|null struct).*");
  }

  private AbstractThrowableAssert<?, ?> refusalOf(Case it, Path dir) {
    Path arrow = oracle.make(it.data(), dir.resolve("in.arrow"));

    Throwable refusal =
        catchThrowable(() -> ours.importArrow(dir, "t", arrow, Ours.Mode.CREATE, it.format()));

    assertThat(Files.exists(Ours.folder(dir, "t").resolve("_versions")))
        .as("a half-made table")
        .isFalse();
    return assertThat(refusal).isInstanceOf(UnsupportedFeatureException.class);
  }

  private void writtenByUs(Case it, Path dir) {
    Path arrow = oracle.make(it.data(), dir.resolve("in.arrow"));
    Path table = Ours.folder(dir, "t");

    ours.importArrow(dir, "t", arrow, Ours.Mode.CREATE, it.format());

    assertThat(oracle.difference(Data.lance(table), it.data()))
        .as("read by the real Lance")
        .isEmpty();
    JsonNode state = oracle.call("validate", Map.of("lance", table));
    assertThat(state.get("format").asText()).isEqualTo(it.format());
    assertThat(state.get("version").asLong()).isEqualTo(1);
    Path back = dir.resolve("out.arrow");
    ours.exportArrow(dir, "t", OptionalLong.empty(), back);
    assertThat(oracle.difference(Data.arrow(back), it.data())).as("read by ours").isEmpty();
  }
}
