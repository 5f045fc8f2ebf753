package io.lancelot.kernels;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.LongVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/// The loops of [Bounds] on vectors: 3 to 10 times as fast as plain ones on values in the cache.
final class VectorBounds {

  private static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(LITTLE_ENDIAN);
  private static final VectorSpecies<Integer> INTS = IntVector.SPECIES_PREFERRED;
  private static final VectorSpecies<Long> LONGS = LongVector.SPECIES_PREFERRED;
  private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;
  private static final VectorSpecies<Double> DOUBLES = DoubleVector.SPECIES_PREFERRED;

  private VectorBounds() {}

  static void ints(MemorySegment data, int rows, int low, int span, long flip, MemorySegment out) {
    for (int i = 0; i < rows; i += 64) {
      long word = 0;
      for (int j = 0; j < 64; j += INTS.length()) {
        IntVector above =
            IntVector.fromMemorySegment(INTS, data, 4L * (i + j), LITTLE_ENDIAN).sub(low);
        word |= above.compare(VectorOperators.ULE, span).toLong() << j;
      }
      out.set(LONG, i >>> 3, word ^ flip);
    }
  }

  static void longs(
      MemorySegment data, int rows, long low, long span, long flip, MemorySegment out) {
    for (int i = 0; i < rows; i += 64) {
      long word = 0;
      for (int j = 0; j < 64; j += LONGS.length()) {
        LongVector above =
            LongVector.fromMemorySegment(LONGS, data, 8L * (i + j), LITTLE_ENDIAN).sub(low);
        word |= above.compare(VectorOperators.ULE, span).toLong() << j;
      }
      out.set(LONG, i >>> 3, word ^ flip);
    }
  }

  // An operator must be a constant where it is used, or nothing is compiled to vectors.

  static void floats(
      MemorySegment data, int rows, Bounds.Test test, float bound, long flip, MemorySegment out) {
    for (int i = 0; i < rows; i += 64) {
      long word = 0;
      for (int j = 0; j < 64; j += FLOATS.length()) {
        FloatVector values =
            FloatVector.fromMemorySegment(FLOATS, data, 4L * (i + j), LITTLE_ENDIAN);
        long fits =
            switch (test) {
              case BELOW -> values.compare(VectorOperators.LT, bound).toLong();
              case AT_MOST -> values.compare(VectorOperators.LE, bound).toLong();
              case EQUAL -> values.compare(VectorOperators.EQ, bound).toLong();
            };
        word |= fits << j;
      }
      out.set(LONG, i >>> 3, word ^ flip);
    }
  }

  static void doubles(
      MemorySegment data, int rows, Bounds.Test test, double bound, long flip, MemorySegment out) {
    for (int i = 0; i < rows; i += 64) {
      long word = 0;
      for (int j = 0; j < 64; j += DOUBLES.length()) {
        DoubleVector values =
            DoubleVector.fromMemorySegment(DOUBLES, data, 8L * (i + j), LITTLE_ENDIAN);
        long fits =
            switch (test) {
              case BELOW -> values.compare(VectorOperators.LT, bound).toLong();
              case AT_MOST -> values.compare(VectorOperators.LE, bound).toLong();
              case EQUAL -> values.compare(VectorOperators.EQ, bound).toLong();
            };
        word |= fits << j;
      }
      out.set(LONG, i >>> 3, word ^ flip);
    }
  }
}
