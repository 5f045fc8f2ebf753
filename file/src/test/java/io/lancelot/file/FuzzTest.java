package io.lancelot.file;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Whatever bytes the readers get, they end in a typed error or a well-formed result: on the
/// damaged files that earlier runs found worth keeping, and on what Jazzer makes of them.
///
/// Ten minutes of it: `./check -pl file -Dtest=FuzzTest -Dlancelot.fuzz.seconds=600`.
class FuzzTest {

  private static final int SECONDS = Integer.getInteger("lancelot.fuzz.seconds", 20);

  /// Long enough for a loaded machine: what takes longer hangs.
  private static final int SECONDS_PER_INPUT = 60;

  enum Target {
    DATA_FILE("data-file", FuzzDataFile.class, FuzzDataFile::fuzzerTestOneInput),
    IPC("ipc", FuzzIpc.class, FuzzIpc::fuzzerTestOneInput);

    private final String corpus;
    private final Class<?> type;
    private final Consumer<byte[]> input;

    Target(String corpus, Class<?> type, Consumer<byte[]> input) {
      this.corpus = corpus;
      this.type = type;
      this.input = input;
    }

    /// The inputs kept, by name.
    private Map<String, byte[]> corpus() {
      Map<String, byte[]> inputs = new TreeMap<>();
      try (InputStream resource = FuzzTest.class.getResourceAsStream("/fuzz/" + corpus + ".zip")) {
        assertThat(resource).as("corpus " + corpus).isNotNull();
        ZipInputStream zip = new ZipInputStream(resource);
        for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
          inputs.put(entry.getName(), zip.readAllBytes());
        }
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      return inputs;
    }
  }

  @ParameterizedTest
  @EnumSource
  void survivesTheCorpus(Target target) {
    Map<String, byte[]> corpus = target.corpus();
    assertThat(corpus).hasSizeGreaterThan(20);
    corpus.forEach((name, bytes) -> {
      try {
        target.input.accept(bytes);
      } catch (RuntimeException | Error e) {
        throw new AssertionError("input " + name + " of " + target, e);
      }
    });
  }

  @ParameterizedTest
  @EnumSource
  void survivesCoverageGuidedFuzzing(Target target, @TempDir Path folder) throws Exception {
    Path seeds = Files.createDirectory(folder.resolve("seeds"));
    for (Map.Entry<String, byte[]> input : target.corpus().entrySet()) {
      Files.write(seeds.resolve(input.getKey()), input.getValue());
    }
    if (target == Target.DATA_FILE) {
      for (Path golden : GoldenFiles.all()) {
        if (Files.size(golden) < 8 << 10) {
          Files.copy(golden, seeds.resolve(golden.getFileName()));
        }
      }
    }
    Path found = Files.createDirectory(folder.resolve("found"));
    Path log = folder.resolve("log");
    Process fuzzer =
        new ProcessBuilder(command(target, found, seeds))
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    try {
      assertThat(fuzzer.waitFor(SECONDS + 300L, TimeUnit.SECONDS)).as("fuzzer ends").isTrue();
    } finally {
      fuzzer.destroyForcibly();
    }
    List<String> lines = Files.readAllLines(log);
    assertThat(fuzzer.exitValue())
        .as(String.join("\n", lines.subList(Math.max(0, lines.size() - 80), lines.size())))
        .isZero();
    // A fuzzer that sees no coverage is blind.
    assertThat(lines).anyMatch(line -> line.contains("cov: "));
  }

  private static List<String> command(Target target, Path found, Path seeds) {
    List<String> command = new ArrayList<>();
    command.add(ProcessHandle.current().info().command().orElse("java"));
    command.addAll(
        List.of(
            "-Xmx2g",
            "-XX:+EnableDynamicAgentLoading",
            "--enable-native-access=ALL-UNNAMED",
            "-cp",
            System.getProperty(
                "surefire.test.class.path", System.getProperty("java.class.path", "")),
            "com.code_intelligence.jazzer.Jazzer",
            "--target_class=" + target.type.getName(),
            "--instrumentation_includes="
                + "io.lancelot.file.**:io.lancelot.columnar.**:io.lancelot.kernels.**",
            "--instrumentation_excludes=io.lancelot.file.proto.**",
            "--trace=cov:cmp",
            found.toString(),
            seeds.toString(),
            "-max_len=65536",
            "-rss_limit_mb=4000",
            "-timeout=" + SECONDS_PER_INPUT,
            "-max_total_time=" + SECONDS));
    return command;
  }
}
