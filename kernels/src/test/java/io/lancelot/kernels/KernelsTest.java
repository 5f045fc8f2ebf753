package io.lancelot.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.File;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class KernelsTest {

  /// Runs in a JVM of its own, without the vector module or with another property.
  static final class Alone {
    public static void main(String[] args) {
      QueryVector query = QueryVector.of(Metric.L2, ElementType.FLOAT32, 3f, 4f);
      float[] out = new float[1];
      try (Arena arena = Arena.ofConfined()) {
        Kernels.current().distances(query, arena.allocate(8), 0, 1, out);
      }
      System.out.println(Kernels.current().name() + " " + out[0]);
    }
  }

  @Test
  void withoutTheModuleKernelsArePlain() throws Exception {
    assertThat(runAlone()).isEqualTo("scalar 25.0");
    assertThat(runAlone("-Dlancelot.kernels=vector")).isEqualTo("scalar 25.0");
  }

  @Test
  void propertiesForceOneKind() throws Exception {
    assertThat(Kernels.choose("scalar", null).name()).isEqualTo("scalar");
    assertThat(Kernels.choose("vector", "off").name()).isEqualTo("vector-" + VectorKernels.bits());
    assertThat(Kernels.choose("scalar", null).reason())
        .isEqualTo("forced by lancelot.kernels=scalar");
    String module = "--add-modules=jdk.incubator.vector";
    assertThat(runAlone(module, "-Dlancelot.kernels=scalar")).isEqualTo("scalar 25.0");
    assertThat(runAlone(module, "-Dlancelot.kernels=vector", "-Dlancelot.kernels.warmup=off"))
        .startsWith("vector-")
        .endsWith(" 25.0");
  }

  /// The answer is right at every moment; when the switch happens is the machine's affair.
  @Test
  void answersStayRightWhileWarming() {
    var warming = new WarmingKernels(new ScalarKernels(), new VectorKernels());
    Kernels kernels = Kernels.of(warming);
    QueryVector query = QueryVector.of(Metric.L2, ElementType.FLOAT32, new float[100]);
    float[] out = new float[64];
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment data = arena.allocate(64 * query.rowBytes());
      for (int i = 0; i < 6400; i++) {
        data.setAtIndex(java.lang.foreign.ValueLayout.JAVA_FLOAT, i, 0.5f);
      }
      long end = System.nanoTime() + 2_000_000_000L;
      while (!warming.ready(query) && System.nanoTime() < end) {
        kernels.distances(query, data, 0, 64, out);
        assertThat(out[63]).isCloseTo(25f, within(1e-4f));
      }
      kernels.distances(query, data, 0, 64, out);
      assertThat(out[63]).isCloseTo(25f, within(1e-4f));
    }
  }

  private static String runAlone(String... flags) throws Exception {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of(flags));
    String path = System.getProperty("surefire.test.class.path");
    command.addAll(
        List.of(
            "-cp",
            path != null ? path : System.getProperty("java.class.path", File.pathSeparator)));
    command.add(Alone.class.getName());
    Process process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(output).isZero();
    return output.strip();
  }
}
