package io.lancelot.kernels;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/// The vector twin of [NeighbourScan].
final class VectorNeighbourScan {

  private static final ByteOrder LITTLE = ByteOrder.LITTLE_ENDIAN;

  /// Registers in which a look-up is one instruction: 16 bytes, or 32 where 64 can be had.
  private static final VectorSpecies<Byte> BYTES =
      ByteVector.SPECIES_PREFERRED.length() >= 64 ? ByteVector.SPECIES_256 : ByteVector.SPECIES_128;

  private static final VectorSpecies<Short> SHORTS =
      VectorSpecies.of(short.class, BYTES.vectorShape());
  private static final VectorSpecies<Float> FLOATS =
      VectorSpecies.of(float.class, VectorShape.forBitSize(BYTES.vectorBitSize() * 2));
  private static final VectorSpecies<Integer> INTS =
      VectorSpecies.of(int.class, FLOATS.vectorShape());
  static final int LANES = BYTES.length();
  private static final int FLOAT_LANES = FLOATS.length();

  private VectorNeighbourScan() {}

  static void sums(MemorySegment blocks, long at, int lines, byte[] table, short[] sums) {
    for (int part = 0; part < NeighbourScan.SLOTS; part += LANES) {
      ShortVector even = ShortVector.zero(SHORTS);
      ShortVector odd = ShortVector.zero(SHORTS);
      long o = at + part;
      int t = 0;
      for (int j = 0; j < lines; j++, o += NeighbourScan.SLOTS, t += 32) {
        ByteVector code = ByteVector.fromMemorySegment(BYTES, blocks, o, LITTLE);
        ByteVector low = code.and((byte) 15).selectFrom(ByteVector.fromArray(BYTES, table, t));
        ByteVector high =
            code.reinterpretAsShorts()
                .lanewise(VectorOperators.LSHR, 4)
                .reinterpretAsBytes()
                .and((byte) 15)
                .selectFrom(ByteVector.fromArray(BYTES, table, t + 16));
        ShortVector x = low.add(high).reinterpretAsShorts();
        even = even.add(x);
        odd = odd.add(x.lanewise(VectorOperators.LSHR, 8));
      }
      even.sub(odd.lanewise(VectorOperators.LSHL, 8)).intoArray(sums, part);
      odd.intoArray(sums, part + LANES / 2);
    }
  }

  static int below(
      MemorySegment blocks,
      long factors,
      short[] sums,
      float base,
      float step,
      float bias,
      float limit,
      float[] out) {
    int hits = 0;
    for (int s = 0; s < NeighbourScan.SLOTS; s += FLOAT_LANES) {
      IntVector both = IntVector.fromMemorySegment(INTS, blocks, factors + 4L * s, LITTLE);
      FloatVector add = both.and(0xffff_0000).reinterpretAsFloats();
      FloatVector scale = both.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats();
      FloatVector product =
          ((FloatVector)
                  ShortVector.fromArray(SHORTS, sums, s)
                      .convertShape(VectorOperators.S2F, FLOATS, 0))
              .mul(step)
              .add(bias);
      FloatVector estimate = scale.fma(product, add).add(base);
      estimate.intoArray(out, s);
      hits |= (int) estimate.compare(VectorOperators.LT, limit).toLong() << s;
    }
    return hits;
  }
}
