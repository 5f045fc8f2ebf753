package io.lancelot.kernels;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

/// Which registers the kernels take is fixed when a JVM starts. This one starts another that has
/// only 256 bits, whatever the machine has, and lets it compare the twins.
class CodeScanWidthTest {

  @Test
  void theTwinsAgreeInRegistersOf256Bits() throws IOException, InterruptedException {
    Process child =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--add-modules",
                "jdk.incubator.vector",
                "-XX:MaxVectorSize=32",
                "-cp",
                System.getProperty("java.class.path"),
                CodeScanWidthTest.class.getName(),
                Long.toString(Long.getLong("lancelot.seed", System.nanoTime())))
            .redirectErrorStream(true)
            .start();
    String said = new String(child.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(child.waitFor()).as(said).isZero();
    assertThat(said).contains("32 lanes agree");
  }

  /// The child: fails with the seed it was given if the twins differ.
  public static void main(String[] args) {
    Random random = new Random(Long.parseLong(args[0]));
    int blocks = 5;
    for (int lines : new int[] {1, 8, 17, 96}) {
      try (Arena arena = Arena.ofConfined()) {
        MemorySegment codes = arena.allocate((long) lines * blocks * CodeScan.BLOCK, 64);
        for (long i = 0; i < codes.byteSize(); i++) {
          codes.set(ValueLayout.JAVA_BYTE, i, (byte) random.nextInt());
        }
        byte[] table = new byte[lines * 256 + CodeScan.TABLE_SLACK];
        random.nextBytes(table);
        short[] plain = new short[blocks * CodeScan.BLOCK];
        short[] vector = new short[blocks * CodeScan.BLOCK];
        CodeScan.plain8(codes, 0, lines, blocks, table, plain);
        VectorCodeScan.sums8(codes, 0, lines, blocks, table, vector);
        same("8 bits", lines, plain, vector, args[0]);
        for (int i = 0; i < table.length; i++) {
          table[i] &= 127;
        }
        CodeScan.plain4(codes, 0, lines, blocks, table, plain);
        VectorCodeScan.sums4(codes, 0, lines, blocks, table, vector);
        same("4 bits", lines, plain, vector, args[0]);
      }
    }
    // The answer to the parent, which reads it from this process's output.
    System.out.println(VectorCodeScan.LANES + " lanes agree");
  }

  private static void same(String what, int lines, short[] plain, short[] vector, String seed) {
    if (!Arrays.equals(plain, vector)) {
      throw new AssertionError(what + " differ at " + lines + " lines, seed " + seed);
    }
  }
}
