package io.lancelot.compat;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Just a jar: a user's program runs in a JVM without any flag, and with the vector module alone,
/// and the JVM has nothing to remark about it.
final class PlainJvmTest {

  private static final String INCUBATOR_GREETING =
      "WARNING: Using incubator modules: jdk.incubator.vector";

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void createAddAndSearch(boolean vectorModule, @TempDir Path dir) throws Exception {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    if (vectorModule) {
      command.add("--add-modules=jdk.incubator.vector");
    }
    command.addAll(
        List.of(
            "-cp",
            Embedded.classPath(),
            "src/test/programs/PlainProgram.java",
            dir.resolve("db").toString()));

    Result result = run(command, dir);

    List<String> remarks = new ArrayList<>(result.err());
    if (vectorModule) {
      remarks.remove(INCUBATOR_GREETING);
    }
    assertThat(remarks).as("stderr").isEmpty();
    assertThat(result.out()).containsExactly("two of 3");
    assertThat(result.code()).isZero();
  }

  private record Result(int code, List<String> out, List<String> err) {}

  private static Result run(List<String> command, Path dir)
      throws IOException, InterruptedException {
    Path out = dir.resolve("out");
    Path err = dir.resolve("err");
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectOutput(out.toFile()).redirectError(err.toFile());
    builder
        .environment()
        .keySet()
        .removeIf(name -> name.startsWith("JAVA_TOOL") || name.startsWith("JDK_JAVA"));
    Process process = builder.start();
    if (!process.waitFor(2, TimeUnit.MINUTES)) {
      process.destroyForcibly();
      throw new AssertionError("still running after two minutes: " + command);
    }
    return new Result(process.exitValue(), Files.readAllLines(out), Files.readAllLines(err));
  }
}
