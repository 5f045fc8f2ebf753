package io.lancelot.kernels;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/// The vector twin of [ByteDistances]: differences as bytes, squares as shorts, sums as ints.
final class VectorByteDistances {

  private static final ByteOrder LITTLE = ByteOrder.LITTLE_ENDIAN;
  private static final VectorSpecies<Byte> BYTES = ByteVector.SPECIES_PREFERRED;
  private static final VectorSpecies<Integer> INTS =
      VectorSpecies.of(int.class, BYTES.vectorShape());
  static final int LANES = BYTES.length();

  private VectorByteDistances() {}

  static void squares(byte[] query, MemorySegment data, int[] rows, int count, float[] out) {
    for (int i = 0; i < count; i++) {
      out[i] = square(query, data, (long) rows[i] * query.length);
    }
  }

  static float square(byte[] query, MemorySegment data, long at) {
    int dim = query.length;
    int bound = BYTES.loopBound(dim);
    // Each int holds two squares of 16 bits. Their sums: of the upper ones alone, and of both, in
    // which the upper ones' count 65,536 times; what overflows cancels out in the end.
    IntVector both = IntVector.zero(INTS);
    IntVector upper = IntVector.zero(INTS);
    int j = 0;
    for (; j < bound; j += LANES) {
      ByteVector a = ByteVector.fromMemorySegment(BYTES, data, at + j, LITTLE);
      ByteVector b = ByteVector.fromArray(BYTES, query, j);
      ShortVector apart =
          a.lanewise(VectorOperators.UMAX, b)
              .sub(a.lanewise(VectorOperators.UMIN, b))
              .reinterpretAsShorts();
      ShortVector low = apart.and((short) 0xff);
      ShortVector high = apart.lanewise(VectorOperators.LSHR, 8);
      IntVector lows = low.mul(low).reinterpretAsInts();
      IntVector highs = high.mul(high).reinterpretAsInts();
      both = both.add(lows).add(highs);
      upper =
          upper
              .add(lows.lanewise(VectorOperators.LSHR, 16))
              .add(highs.lanewise(VectorOperators.LSHR, 16));
    }
    int sum =
        both.add(upper)
            .sub(upper.lanewise(VectorOperators.LSHL, 16))
            .reduceLanes(VectorOperators.ADD);
    for (; j < dim; j++) {
      int x = (data.get(ValueLayout.JAVA_BYTE, at + j) & 0xff) - (query[j] & 0xff);
      sum += x * x;
    }
    return sum;
  }
}
