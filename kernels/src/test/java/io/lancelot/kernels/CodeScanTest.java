package io.lancelot.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

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

  private MemorySegment factors(int rows, long at) {
    MemorySegment factors = arena.allocate(4L * rows + at, 64);
    for (int i = 0; i < rows; i++) {
      factors.set(ScalarKernels.FLOAT, at + 4L * i, random.nextFloat() - 0.5f);
    }
    return factors;
  }

  private short[] sums(int rows) {
    short[] sums = new short[rows];
    for (int i = 0; i < rows; i++) {
      sums[i] = (short) random.nextInt();
    }
    return sums;
  }

  private void sameWithin(
      float[] vector, float[] plain, long[] hits, long[] plainHits, float limit) {
    for (int i = 0; i < plain.length; i++) {
      assertThat(vector[i]).as("seed %s, row %s", seed, i).isCloseTo(plain[i], within(1e-4f));
      assertThat(hits[i / 64] >>> (i % 64) & 1).isEqualTo(vector[i] < limit ? 1 : 0);
      assertThat(plainHits[i / 64] >>> (i % 64) & 1).isEqualTo(plain[i] < limit ? 1 : 0);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3, 16, 17, 40})
  void boundsAndMasks(int blocks) {
    int rows = blocks * CodeScan.BLOCK;
    long at = 4L * CodeScan.BLOCK;
    short[] sums = sums(rows);
    MemorySegment add = factors(rows, at);
    MemorySegment scale = factors(rows, at);
    MemorySegment error = factors(rows, at);
    add.set(ScalarKernels.FLOAT, at, Float.POSITIVE_INFINITY);
    float[] out = new float[rows];
    long[] mask = new long[blocks];
    VectorCodeScan.below(sums, blocks, add, scale, error, at, 2, 1e-4f, -1, 0.5f, 2, out, mask);
    float[] plain = new float[rows];
    long[] plainMask = new long[blocks];
    CodeScan.Room room = new CodeScan.Room();
    CodeScan.plainBelow(
        sums, blocks, add, scale, error, at, 2, 1e-4f, -1, 0.5f, 2, plain, plainMask, room);
    assertThat(plain[0]).isEqualTo(Float.POSITIVE_INFINITY);
    sameWithin(out, plain, mask, plainMask, 2);
    for (int i = 1; i < rows; i++) {
      float a = add.get(ScalarKernels.FLOAT, at + 4L * i);
      float s = scale.get(ScalarKernels.FLOAT, at + 4L * i);
      float e = error.get(ScalarKernels.FLOAT, at + 4L * i);
      assertThat(plain[i])
          .as("seed %s, row %s", seed, i)
          .isCloseTo(2 + a + s * (1e-4f * sums[i] - 1) - 0.5f * e, within(1e-4f));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3, 16, 17, 40})
  void estimatesAndMasks(int blocks) {
    int rows = blocks * CodeScan.BLOCK;
    long at = 4L * CodeScan.BLOCK;
    short[] sums = sums(rows);
    MemorySegment add = factors(rows, at);
    float[] out = new float[rows];
    long[] mask = new long[blocks];
    VectorCodeScan.offsets(sums, blocks, add, at, 2, 1e-4f, 0, 3, out, mask);
    float[] plain = new float[rows];
    long[] plainMask = new long[blocks];
    CodeScan.plainOffsets(
        sums, blocks, add, at, 2, 1e-4f, 3, plain, plainMask, new CodeScan.Room());
    sameWithin(out, plain, mask, plainMask, 3);
    for (int i = 0; i < rows; i++) {
      float a = add.get(ScalarKernels.FLOAT, at + 4L * i);
      assertThat(plain[i]).isCloseTo(2 + a + 1e-4f * sums[i], within(1e-4f));
    }
  }

  @ParameterizedTest
  @CsvSource({"8,8,16", "128,8,256", "96,6,256", "5,1,32"})
  void productsWithCodebooks(int dim, int part, int words) {
    float[] query = new float[dim];
    float[] columns = new float[dim * words];
    for (int d = 0; d < dim; d++) {
      query[d] = (float) random.nextGaussian();
    }
    for (int i = 0; i < columns.length; i++) {
      columns[i] = (float) random.nextGaussian();
    }
    int parts = dim / part;
    float[] plain = new float[parts * words];
    java.util.Arrays.fill(plain, 7);
    CodeScan.plainProducts(query, columns, words, part, parts, plain);
    float[] vector = new float[parts * words];
    VectorCodeScan.products(query, columns, part, words, parts, vector);
    for (int p = 0; p < parts; p++) {
      for (int w = 0; w < words; w++) {
        double sum = 0;
        for (int d = p * part; d < (p + 1) * part; d++) {
          sum += (double) query[d] * columns[d * words + w];
        }
        assertThat((double) plain[p * words + w])
            .as("seed %s, %s, %s", seed, p, w)
            .isCloseTo(sum, within(1e-4));
        assertThat((double) vector[p * words + w])
            .as("seed %s, %s, %s", seed, p, w)
            .isCloseTo(sum, within(1e-4));
      }
    }
  }
}
