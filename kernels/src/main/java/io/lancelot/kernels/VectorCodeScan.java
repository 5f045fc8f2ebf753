package io.lancelot.kernels;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/// The vector twins of [CodeScan]: tables in registers, a look-up being one byte permutation.
final class VectorCodeScan {

  private static final ByteOrder LITTLE = ByteOrder.LITTLE_ENDIAN;
  private static final VectorSpecies<Byte> BYTES =
      ByteVector.SPECIES_PREFERRED.length() >= 64 ? ByteVector.SPECIES_512 : ByteVector.SPECIES_256;
  private static final VectorSpecies<Short> SHORTS =
      VectorSpecies.of(short.class, BYTES.vectorShape());
  private static final VectorSpecies<Float> FLOATS =
      VectorSpecies.of(float.class, BYTES.vectorShape());
  private static final VectorSpecies<Short> HALF =
      VectorSpecies.of(short.class, VectorShape.forBitSize(BYTES.vectorBitSize() / 2));
  static final int LANES = BYTES.length();
  static final int FLOAT_LANES = FLOATS.length();

  private VectorCodeScan() {}

  static void sums4(
      MemorySegment codes, long at, int lines, int blocks, byte[] table, short[] sums) {
    for (int b = 0; b < blocks; b++) {
      for (int part = 0; part < CodeScan.BLOCK; part += LANES) {
        ShortVector even = ShortVector.zero(SHORTS);
        ShortVector odd = ShortVector.zero(SHORTS);
        long o = at + part;
        int t = 0;
        for (int j = 0; j < lines; j++, o += CodeScan.BLOCK, t += 32) {
          ByteVector code = ByteVector.fromMemorySegment(BYTES, codes, o, LITTLE);
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
        even.sub(odd.lanewise(VectorOperators.LSHL, 8)).intoArray(sums, b * CodeScan.BLOCK + part);
        odd.intoArray(sums, b * CodeScan.BLOCK + part + LANES / 2);
      }
      at += (long) lines * CodeScan.BLOCK;
    }
  }

  static void sums8(
      MemorySegment codes, long at, int lines, int blocks, byte[] table, short[] sums) {
    if (LANES == CodeScan.BLOCK) {
      sums8By64(codes, at, lines, blocks, table, sums);
    } else {
      sums8By32(codes, at, lines, blocks, table, sums);
    }
  }

  /// Eight look-ups in 32 entries each, of which three bits of the code choose one: 3 ns a row of
  /// eight codes, where plain Java takes 8.
  private static void sums8By32(
      MemorySegment codes, long at, int lines, int blocks, byte[] table, short[] sums) {
    for (int b = 0; b < blocks; b++) {
      for (int part = 0; part < CodeScan.BLOCK; part += LANES) {
        ShortVector even = ShortVector.zero(SHORTS);
        ShortVector odd = ShortVector.zero(SHORTS);
        long o = at + part;
        int t = 0;
        for (int j = 0; j < lines; j++, o += CodeScan.BLOCK, t += 256) {
          ByteVector code = ByteVector.fromMemorySegment(BYTES, codes, o, LITTLE);
          ByteVector entry = code.and((byte) 31);
          VectorMask<Byte> by32 = code.and((byte) 32).compare(VectorOperators.NE, (byte) 0);
          VectorMask<Byte> by64 = code.and((byte) 64).compare(VectorOperators.NE, (byte) 0);
          VectorMask<Byte> by128 = code.compare(VectorOperators.LT, (byte) 0);
          ByteVector first = entries(entry, table, t).blend(entries(entry, table, t + 32), by32);
          ByteVector second =
              entries(entry, table, t + 64).blend(entries(entry, table, t + 96), by32);
          ByteVector third =
              entries(entry, table, t + 128).blend(entries(entry, table, t + 160), by32);
          ByteVector fourth =
              entries(entry, table, t + 192).blend(entries(entry, table, t + 224), by32);
          ShortVector x =
              first
                  .blend(second, by64)
                  .blend(third.blend(fourth, by64), by128)
                  .reinterpretAsShorts();
          even = even.add(x);
          odd = odd.add(x.lanewise(VectorOperators.LSHR, 8));
        }
        even.sub(odd.lanewise(VectorOperators.LSHL, 8)).intoArray(sums, b * CodeScan.BLOCK + part);
        odd.intoArray(sums, b * CodeScan.BLOCK + part + LANES / 2);
      }
      at += (long) lines * CodeScan.BLOCK;
    }
  }

  private static ByteVector entries(ByteVector entry, byte[] table, int at) {
    return entry.selectFrom(ByteVector.fromArray(BYTES, table, at));
  }

  private static void sums8By64(
      MemorySegment codes, long at, int lines, int blocks, byte[] table, short[] sums) {
    for (int b = 0; b < blocks; b++) {
      ShortVector even = ShortVector.zero(SHORTS);
      ShortVector odd = ShortVector.zero(SHORTS);
      int t = 0;
      for (int j = 0; j < lines; j++, at += CodeScan.BLOCK, t += 256) {
        ByteVector code = ByteVector.fromMemorySegment(BYTES, codes, at, LITTLE);
        ByteVector low =
            code.selectFrom(
                ByteVector.fromArray(BYTES, table, t), ByteVector.fromArray(BYTES, table, t + 64));
        ByteVector high =
            code.selectFrom(
                ByteVector.fromArray(BYTES, table, t + 128),
                ByteVector.fromArray(BYTES, table, t + 192));
        ShortVector x =
            low.blend(high, code.compare(VectorOperators.LT, (byte) 0)).reinterpretAsShorts();
        even = even.add(x);
        odd = odd.add(x.lanewise(VectorOperators.LSHR, 8));
      }
      even.sub(odd.lanewise(VectorOperators.LSHL, 8)).intoArray(sums, b * CodeScan.BLOCK);
      odd.intoArray(sums, b * CodeScan.BLOCK + LANES / 2);
    }
  }

  static void products(
      float[] query, float[] columns, int part, int words, int parts, float[] out) {
    for (int p = 0; p < parts; p++) {
      for (int w = 0; w < words; w += FLOAT_LANES) {
        FloatVector sum = FloatVector.zero(FLOATS);
        for (int d = p * part; d < (p + 1) * part; d++) {
          sum =
              FloatVector.fromArray(FLOATS, columns, d * words + w)
                  .fma(FloatVector.broadcast(FLOATS, query[d]), sum);
        }
        sum.intoArray(out, p * words + w);
      }
    }
  }

  private static FloatVector sums(short[] sums, int at) {
    return (FloatVector)
        ShortVector.fromArray(HALF, sums, at).convertShape(VectorOperators.S2F, FLOATS, 0);
  }

  static void below(
      short[] sums,
      int blocks,
      MemorySegment add,
      MemorySegment scale,
      MemorySegment error,
      long at,
      float base,
      float step,
      float bias,
      float spread,
      float limit,
      float[] out,
      long[] mask) {
    for (int b = 0; b < blocks; b++) {
      long hits = 0;
      for (int r = 0; r < CodeScan.BLOCK; r += FLOAT_LANES) {
        int i = b * CodeScan.BLOCK + r;
        long o = at + 4L * i;
        FloatVector product = sums(sums, i).mul(step).add(bias);
        FloatVector bound =
            FloatVector.fromMemorySegment(FLOATS, scale, o, LITTLE)
                .fma(product, FloatVector.fromMemorySegment(FLOATS, add, o, LITTLE))
                .add(base)
                .sub(FloatVector.fromMemorySegment(FLOATS, error, o, LITTLE).mul(spread));
        bound.intoArray(out, i);
        hits |= bound.compare(VectorOperators.LT, limit).toLong() << r;
      }
      mask[b] = hits;
    }
  }

  static void offsets(
      short[] sums,
      int blocks,
      MemorySegment add,
      long at,
      float base,
      float step,
      float bias,
      float limit,
      float[] out,
      long[] mask) {
    for (int b = 0; b < blocks; b++) {
      long hits = 0;
      for (int r = 0; r < CodeScan.BLOCK; r += FLOAT_LANES) {
        int i = b * CodeScan.BLOCK + r;
        FloatVector estimate =
            sums(sums, i)
                .mul(step)
                .add(base + bias)
                .add(FloatVector.fromMemorySegment(FLOATS, add, at + 4L * i, LITTLE));
        estimate.intoArray(out, i);
        hits |= estimate.compare(VectorOperators.LT, limit).toLong() << r;
      }
      mask[b] = hits;
    }
  }
}
