package io.lancelot.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ByteDistancesTest {

  private final long seed = Long.getLong("lancelot.seed", System.nanoTime());
  private final Random random = new Random(seed);

  @ParameterizedTest
  @ValueSource(ints = {1, 7, 32, 64, 96, 128, 131, 384, 1000, ByteDistances.MAX_DIM})
  void theTwinsAgree(int dim) {
    int count = 9;
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment data = arena.allocate((long) count * dim, 64);
      byte[] query = new byte[dim];
      for (int d = 0; d < dim; d++) {
        query[d] = (byte) (random.nextInt(4) == 0 ? 0 : random.nextInt());
      }
      for (long i = 0; i < data.byteSize(); i++) {
        // The first row is as far as a row can be.
        data.set(
            ValueLayout.JAVA_BYTE,
            i,
            (byte) (i < dim ? (query[(int) i] < 0 ? 0 : 255) : random.nextInt()));
      }
      int[] rows = random.ints(count, 0, count).toArray();
      rows[0] = 0;
      float[] plain = new float[count];
      float[] vector = new float[count];
      ByteDistances.plain(query, data, rows, count, plain);
      VectorByteDistances.squares(query, data, rows, count, vector);
      assertThat(vector).as("seed %s", seed).isEqualTo(plain);
      for (int i = 0; i < count; i++) {
        long sum = 0;
        for (int d = 0; d < dim; d++) {
          long at = (long) rows[i] * dim + d;
          long x = (data.get(ValueLayout.JAVA_BYTE, at) & 0xff) - (query[d] & 0xff);
          sum += x * x;
        }
        assertThat(plain[i]).as("seed %s, row %s", seed, i).isEqualTo((float) sum);
      }
    }
  }

  @Test
  void rowsBeyondTheDataAreRefused() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment data = arena.allocate(100);
      int[] beyond = {10};
      int[] negative = {-1};
      float[] out = new float[1];
      assertThatThrownBy(() -> ByteDistances.squares(new byte[10], data, beyond, 1, out))
          .isInstanceOf(IndexOutOfBoundsException.class);
      assertThatThrownBy(() -> ByteDistances.squares(new byte[10], data, negative, 1, out))
          .isInstanceOf(IndexOutOfBoundsException.class);
    }
  }
}
