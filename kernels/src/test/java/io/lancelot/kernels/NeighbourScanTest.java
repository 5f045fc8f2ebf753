package io.lancelot.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NeighbourScanTest {

  private final long seed = Long.getLong("lancelot.seed", System.nanoTime());
  private final Random random = new Random(seed);

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 16, 48})
  void theTwinsAgree(int lines) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment blocks = arena.allocate(2L * NeighbourScan.bytes(lines), 64);
      long at = NeighbourScan.bytes(lines);
      for (long i = 0; i < NeighbourScan.codeBytes(lines); i++) {
        blocks.set(ValueLayout.JAVA_BYTE, at + i, (byte) random.nextInt());
      }
      long factors = at + NeighbourScan.codeBytes(lines);
      for (int i = 0; i < NeighbourScan.SLOTS; i++) {
        int both =
            NeighbourScan.factors((float) random.nextGaussian(), (float) random.nextGaussian());
        blocks.set(ValueLayout.JAVA_INT, factors + 4L * i, both);
      }
      byte[] table = new byte[lines * 32 + CodeScan.TABLE_SLACK];
      for (int i = 0; i < lines * 32; i++) {
        table[i] = (byte) random.nextInt(128);
      }
      short[] sums = new short[32];
      NeighbourScan.plain(blocks, at, lines, table, sums);
      float[] plain = new float[32];
      int hits = NeighbourScan.plainBelow(blocks, factors, sums, 3, 0.1f, -5, 2, plain);
      short[] vectorSums = new short[32];
      float[] vector = new float[32];
      VectorNeighbourScan.sums(blocks, at, lines, table, vectorSums);
      int vectorHits =
          VectorNeighbourScan.below(blocks, factors, vectorSums, 3, 0.1f, -5, 2, vector);
      assertThat(vectorSums).as("seed %s", seed).isEqualTo(sums);
      for (int s = 0; s < 32; s++) {
        assertThat(vector[s]).as("seed %s", seed).isCloseTo(plain[s], within(1e-3f));
        assertThat(vectorHits >>> s & 1)
            .as("seed %s, %s", seed, s)
            .isEqualTo(vector[s] < 2 ? 1 : 0);
        assertThat(hits >>> s & 1).as("seed %s, %s", seed, s).isEqualTo(plain[s] < 2 ? 1 : 0);
      }
    }
  }

  /// Without a code an estimate is its base and what is added: factors keep their size to a 256th,
  /// and nothing that is infinitely far comes nearer.
  @Test
  void factorsAreRounded() {
    for (int round = 0; round < 1000; round++) {
      float add = (float) (random.nextGaussian() * Math.exp(10 * random.nextGaussian()));
      float scale = (float) (random.nextGaussian() * Math.exp(10 * random.nextGaussian()));
      assertThat(estimate(add, scale, 0, 0)).as("seed %s", seed).isCloseTo(add, within(ulp(add)));
      assertThat(estimate(0, scale, 0, 1)).as("seed %s", seed).isCloseTo(scale, within(ulp(scale)));
    }
    assertThat(estimate(Float.POSITIVE_INFINITY, 0, 5, 7)).isEqualTo(Float.POSITIVE_INFINITY);
  }

  private static float ulp(float number) {
    return Math.abs(number) / 256 + Float.MIN_NORMAL;
  }

  private static float estimate(float add, float scale, float base, float bias) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment block = arena.allocate(NeighbourScan.bytes(1), 64);
      long factors = NeighbourScan.codeBytes(1);
      for (int i = 0; i < NeighbourScan.SLOTS; i++) {
        block.set(ValueLayout.JAVA_INT, factors + 4L * i, NeighbourScan.factors(add, scale));
      }
      float[] plain = new float[32];
      float[] vector = new float[32];
      NeighbourScan.plainBelow(block, factors, new short[32], base, 0, bias, 0, plain);
      VectorNeighbourScan.below(block, factors, new short[32], base, 0, bias, 0, vector);
      assertThat(vector).isEqualTo(plain);
      return plain[31];
    }
  }
}
