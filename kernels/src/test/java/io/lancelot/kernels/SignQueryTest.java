package io.lancelot.kernels;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SignQueryTest {

  private final long seed = Long.getLong("lancelot.seed", System.nanoTime());
  private final Random random = new Random(seed);
  private final Arena arena = Arena.ofConfined();

  @AfterEach
  void close() {
    arena.close();
  }

  private float[] query(int dim) {
    float[] query = new float[dim];
    for (int d = 0; d < dim; d++) {
      query[d] = (float) random.nextGaussian();
    }
    return query;
  }

  /// What a query's sum stands for: half of what the numbers add up to by the signs of a code.
  private static double product(float[] query, byte[] code) {
    double sum = 0;
    for (int d = 0; d < query.length; d++) {
      sum += (code[d / 8] >>> (d % 8) & 1) == 1 ? query[d] / 2 : -query[d] / 2;
    }
    return sum;
  }

  /// Numbers are rounded to half a step at the most, and 16 of a table to one.
  private static double tolerance(SignQuery query, int dim, boolean byTables) {
    return 1e-3 + query.step() * (byTables ? dim / 4 : dim) / 2.0;
  }

  @ParameterizedTest
  @CsvSource({
    "8,1,true", "64,2,true", "128,17,true", "200,3,true", "768,2,true", "2400,1,true",
    "8,1,false", "64,2,false", "128,17,false", "200,3,false", "768,33,false", "2400,1,false"
  })
  void sumsStandForProducts(int dim, int blocks, boolean byTables) {
    int lines = dim / 8;
    int bytes = SignQuery.codeBytes(lines, byTables);
    int rows = blocks * CodeScan.BLOCK;
    MemorySegment codes = arena.allocate((long) bytes * rows + 64, 64);
    byte[][] signs = new byte[rows][lines];
    for (int row = 0; row < rows; row++) {
      random.nextBytes(signs[row]);
      for (int line = 0; line < lines; line++) {
        int place = SignQuery.place(row, line, lines, blocks, byTables);
        codes.set(ValueLayout.JAVA_BYTE, 64L + place, signs[row][line]);
      }
    }
    float[] numbers = query(dim);
    SignQuery query = new SignQuery(numbers, byTables);
    short[] sums = new short[rows];
    // Twice, as arrays are used again.
    query.sums(codes, 64, blocks, sums);
    query.sums(codes, 64, blocks, sums);
    double squares = 0;
    for (int row = 0; row < rows; row++) {
      double product = product(numbers, signs[row]);
      double error = query.step() * sums[row] + query.bias() - product;
      squares += error * error;
      assertThat(Math.abs(error))
          .as("seed %s, row %s", seed, row)
          .isLessThan(tolerance(query, dim, byTables));
    }
    // Errors of single numbers must not add up.
    assertThat(Math.sqrt(squares / rows))
        .as("seed %s", seed)
        .isLessThan(query.step() * Math.sqrt(dim) / 2 + 1e-3);
  }

  @ParameterizedTest
  @ValueSource(ints = {8, 64, 128, 200, 768})
  void neighboursStandForProducts(int dim) {
    int lines = dim / 8;
    int bytes = SignQuery.codeBytes(lines, false);
    MemorySegment codes = arena.allocate((long) bytes * NeighbourScan.SLOTS + 64, 64);
    byte[][] signs = new byte[NeighbourScan.SLOTS][lines];
    for (int slot = 0; slot < signs.length; slot++) {
      random.nextBytes(signs[slot]);
      for (int line = 0; line < lines; line++) {
        int place = NeighbourScan.wordPlace(slot, line);
        codes.set(ValueLayout.JAVA_BYTE, 64 + place, signs[slot][line]);
      }
    }
    float[] numbers = query(dim);
    SignQuery query = new SignQuery(numbers, false);
    short[] sums = new short[NeighbourScan.SLOTS];
    query.neighbours(codes, 64, sums);
    for (int slot = 0; slot < signs.length; slot++) {
      double error = query.step() * sums[slot] + query.bias() - product(numbers, signs[slot]);
      assertThat(Math.abs(error))
          .as("seed %s, slot %s", seed, slot)
          .isLessThan(tolerance(query, dim, false));
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void sumsOfManyEqualNumbersFit(boolean byTables) {
    int dim = 4096;
    float[] ones = new float[dim];
    java.util.Arrays.fill(ones, -3);
    SignQuery query = new SignQuery(ones, byTables);
    int bytes = SignQuery.codeBytes(dim / 8, byTables);
    MemorySegment codes = arena.allocate((long) bytes * CodeScan.BLOCK, 64).fill((byte) -1);
    short[] sums = new short[CodeScan.BLOCK];
    query.sums(codes, 0, 1, sums);
    for (short sum : sums) {
      assertThat(query.step() * sum + query.bias()).isEqualTo(-1.5f * dim);
    }
  }
}
