package io.lancelot.kernels;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// Squared distances and products of rows of bytes in plain Java. A long loop over several rows
/// makes a float of each byte and multiplies it, which C2 vectorises; what remains is to add the
/// products up, at 128 dimensions two thirds of the time.
final class ByteRows {

  /// Fewer rows are not worth repeating the query for.
  static final int LEAST = 64;

  /// Bytes taken at once, unless a row has more.
  private static final int TILE = 2048;

  private ByteRows() {}

  static void distances(
      QueryVector query, MemorySegment data, long base, int[] rows, int count, float[] out) {
    int dim = query.dim();
    int most = Math.min(count, Math.max(1, TILE / dim));
    int size = Math.multiplyExact(most, dim);
    boolean squares = query.metric() == Metric.L2;
    // Signed bytes only are widened by vectors: unsigned ones lie 128 lower.
    float offset = query.type() == ElementType.UINT8 ? 128 : 0;
    float[] numbers = repeated(query.floats(), most, squares ? offset : 0);
    byte[] bytes = new byte[size];
    float[] products = new float[size];
    for (int i = 0; i < count; i += most) {
      int some = Math.min(most, count - i);
      for (int j = i; j < i + some; ) {
        int run = ScalarKernels.run(rows, j, i + some);
        long at = base + rows[j] * (long) dim;
        MemorySegment.copy(data, ValueLayout.JAVA_BYTE, at, bytes, (j - i) * dim, run * dim);
        j += run;
      }
      if (offset != 0) {
        ScalarKernels.flip(bytes, some * dim);
      }
      if (squares) {
        squares(bytes, numbers, products, some * dim);
      } else {
        products(bytes, offset, numbers, products, some * dim);
      }
      for (int r = 0; r < some; r++) {
        float sum = sum(products, r * dim, dim);
        out[i + r] = squares ? sum : 1 - sum;
      }
    }
  }

  private static float[] repeated(float[] query, int times, float less) {
    float[] numbers = new float[query.length * times];
    for (int d = 0; d < query.length; d++) {
      numbers[d] = query[d] - less;
    }
    for (int i = 1; i < times; i++) {
      System.arraycopy(numbers, 0, numbers, i * query.length, query.length);
    }
    return numbers;
  }

  private static void squares(byte[] bytes, float[] numbers, float[] out, int count) {
    for (int i = 0; i < count; i++) {
      float apart = (float) bytes[i] - numbers[i];
      out[i] = apart * apart;
    }
  }

  private static void products(
      byte[] bytes, float offset, float[] numbers, float[] out, int count) {
    for (int i = 0; i < count; i++) {
      out[i] = ((float) bytes[i] + offset) * numbers[i];
    }
  }

  private static float sum(float[] numbers, int from, int count) {
    float s0 = 0;
    float s1 = 0;
    float s2 = 0;
    float s3 = 0;
    float s4 = 0;
    float s5 = 0;
    float s6 = 0;
    float s7 = 0;
    int i = from;
    for (; i <= from + count - 8; i += 8) {
      s0 += numbers[i];
      s1 += numbers[i + 1];
      s2 += numbers[i + 2];
      s3 += numbers[i + 3];
      s4 += numbers[i + 4];
      s5 += numbers[i + 5];
      s6 += numbers[i + 6];
      s7 += numbers[i + 7];
    }
    for (; i < from + count; i++) {
      s0 += numbers[i];
    }
    return ((s0 + s1) + (s2 + s3)) + ((s4 + s5) + (s6 + s7));
  }
}
