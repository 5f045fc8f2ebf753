package io.lancelot.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CodeScanTest {

  private final long seed = Long.getLong("lancelot.seed", System.nanoTime());
  private final Random random = new Random(seed);
  private final Arena arena = Arena.ofShared();

  @AfterEach
  void close() {
    arena.close();
  }

  private MemorySegment bytes(long size) {
    MemorySegment bytes = arena.allocate(size, 64);
    for (long i = 0; i < size; i++) {
      bytes.set(ValueLayout.JAVA_BYTE, i, (byte) random.nextInt());
    }
    return bytes;
  }

  private byte[] table(int size, int top) {
    byte[] table = new byte[size + CodeScan.TABLE_SLACK];
    for (int i = 0; i < size; i++) {
      table[i] = (byte) random.nextInt(top + 1);
    }
    return table;
  }

  @ParameterizedTest
  @CsvSource({"1,1", "2,3", "16,5", "48,2", "96,7"})
  void sumsOfFourBitLookUps(int lines, int blocks) {
    MemorySegment codes = bytes((long) lines * blocks * CodeScan.BLOCK);
    byte[] table = table(lines * 32, 127);
    short[] plain = new short[blocks * CodeScan.BLOCK];
    short[] vector = new short[blocks * CodeScan.BLOCK];
    CodeScan.plain4(codes, 0, lines, blocks, table, plain);
    VectorCodeScan.sums4(codes, 0, lines, blocks, table, vector);
    assertThat(vector).as("seed %s", seed).isEqualTo(plain);
    for (int row = 0; row < plain.length; row++) {
      int sum = 0;
      for (int j = 0; j < lines; j++) {
        long at = ((long) row / 64 * lines + j) * 64 + CodeScan.place(row % 64);
        int code = codes.get(ValueLayout.JAVA_BYTE, at) & 0xff;
        sum += table[32 * j + (code & 15)] + table[32 * j + 16 + (code >>> 4)];
      }
      assertThat((int) plain[row]).as("seed %s, row %s", seed, row).isEqualTo(sum);
    }
  }

  @ParameterizedTest
  @CsvSource({"1,1", "8,3", "16,5", "96,2"})
  void sumsOfEightBitLookUps(int lines, int blocks) {
    MemorySegment codes = bytes((long) lines * blocks * CodeScan.BLOCK);
    byte[] table = table(lines * 256, 255);
    short[] plain = new short[blocks * CodeScan.BLOCK];
    CodeScan.plain8(codes, 0, lines, blocks, table, plain);
    short[] vector = new short[blocks * CodeScan.BLOCK];
    VectorCodeScan.sums8(codes, 0, lines, blocks, table, vector);
    assertThat(vector).as("seed %s", seed).isEqualTo(plain);
    for (int row = 0; row < plain.length; row++) {
      int sum = 0;
      for (int j = 0; j < lines; j++) {
        long at = ((long) row / 64 * lines + j) * 64 + CodeScan.place(row % 64);
        sum += table[256 * j + (codes.get(ValueLayout.JAVA_BYTE, at) & 0xff)] & 0xff;
      }
      assertThat((int) plain[row]).as("seed %s, row %s", seed, row).isEqualTo(sum);
    }
  }

  @Test
  void boundsAndMasks() {
    int blocks = 3;
    int rows = blocks * CodeScan.BLOCK;
    short[] sums = new short[rows];
    MemorySegment add = arena.allocate(4L * rows, 64);
    MemorySegment scale = arena.allocate(4L * rows, 64);
    MemorySegment error = arena.allocate(4L * rows, 64);
    for (int i = 0; i < rows; i++) {
      sums[i] = (short) random.nextInt(32767);
      add.set(ScalarKernels.FLOAT, 4L * i, random.nextFloat());
      scale.set(ScalarKernels.FLOAT, 4L * i, random.nextFloat() - 1);
      error.set(ScalarKernels.FLOAT, 4L * i, random.nextFloat());
    }
    float[] out = new float[rows];
    long[] mask = new long[blocks];
    VectorCodeScan.below(sums, blocks, add, scale, error, 0, 2, 1e-4f, -1, 0.5f, 2, out, mask);
    float[] offsets = new float[rows];
    long[] hits = new long[blocks];
    VectorCodeScan.offsets(sums, blocks, add, 0, 2, 1e-4f, 0, 3, offsets, hits);
    for (int i = 0; i < rows; i++) {
      float a = add.get(ScalarKernels.FLOAT, 4L * i);
      float s = scale.get(ScalarKernels.FLOAT, 4L * i);
      float e = error.get(ScalarKernels.FLOAT, 4L * i);
      assertThat(out[i])
          .as("seed %s, row %s", seed, i)
          .isCloseTo(2 + a + s * (1e-4f * sums[i] - 1) - 0.5f * e, within(1e-4f));
      assertThat(mask[i / 64] >>> (i % 64) & 1).isEqualTo(out[i] < 2 ? 1 : 0);
      assertThat(offsets[i]).isCloseTo(2 + a + 1e-4f * sums[i], within(1e-4f));
      assertThat(hits[i / 64] >>> (i % 64) & 1).isEqualTo(offsets[i] < 3 ? 1 : 0);
    }
  }
}
