package io.lancelot.kernels;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.Vector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/// The kernels on the Vector API. The only class that touches `jdk.incubator.vector`, so that it
/// must not be loaded where that module is absent.
///
/// Every method keeps its vectors local and calls nothing that might not be inlined: a vector that
/// crosses a real call is boxed, which costs a factor of 50.
final class VectorKernels implements DistanceKernels {

  private static final ByteOrder LITTLE = ByteOrder.LITTLE_ENDIAN;
  private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;
  private static final VectorSpecies<Double> DOUBLES = DoubleVector.SPECIES_PREFERRED;
  private static final VectorSpecies<Integer> INTS =
      VectorSpecies.of(int.class, FLOATS.vectorShape());
  private static final VectorSpecies<Byte> BYTES =
      VectorSpecies.of(byte.class, VectorShape.forBitSize(FLOATS.length() * 8));
  private static final int LANES = FLOATS.length();
  private static final int DOUBLE_LANES = DOUBLES.length();

  /// The width of this machine's registers, as far as the JVM wants to use them.
  static int bits() {
    return FLOATS.vectorBitSize();
  }

  @Override
  public String name() {
    return "vector-" + bits();
  }

  @Override
  public void distances(
      QueryVector query, MemorySegment data, long base, int[] rows, int count, float[] out) {
    long stride = query.rowBytes();
    float[] q = query.floats();
    switch (query.metric()) {
      case L2 -> {
        switch (query.type()) {
          case FLOAT32 -> floatL2(data, base, stride, rows, count, q, out);
          case FLOAT64 -> doubleL2(data, base, stride, rows, count, query.doubles(), out);
          case FLOAT16 -> halfL2(data, base, stride, rows, count, q, out);
          case UINT8 -> byteL2(data, base, stride, rows, count, q, (byte) 0, out);
          case INT8 -> byteL2(data, base, stride, rows, count, q, (byte) 0x80, out);
        }
      }
      case DOT -> {
        switch (query.type()) {
          case FLOAT32 -> floatDot(data, base, stride, rows, count, q, out);
          case FLOAT64 -> doubleDot(data, base, stride, rows, count, query.doubles(), out);
          case FLOAT16 -> halfDot(data, base, stride, rows, count, q, out);
          case UINT8 -> byteDot(data, base, stride, rows, count, q, (byte) 0, out);
          case INT8 -> byteDot(data, base, stride, rows, count, q, (byte) 0x80, out);
        }
      }
      case COSINE -> {
        switch (query.type()) {
          case FLOAT32 -> floatCosine(data, base, stride, rows, count, q, out);
          case FLOAT64 -> doubleCosine(data, base, stride, rows, count, query.doubles(), out);
          case FLOAT16 -> halfCosine(data, base, stride, rows, count, q, out);
          case UINT8 -> byteCosine(data, base, stride, rows, count, q, (byte) 0, out);
          case INT8 -> byteCosine(data, base, stride, rows, count, q, (byte) 0x80, out);
        }
      }
      case HAMMING -> ScalarKernels.hamming(query.bytes(), data, base, rows, count, out);
    }
  }

  private static FloatVector load(MemorySegment data, long at) {
    return FloatVector.fromMemorySegment(FLOATS, data, at, LITTLE);
  }

  private static FloatVector load(float[] a, int at) {
    return FloatVector.fromArray(FLOATS, a, at);
  }

  private static float sum(FloatVector a, FloatVector b, FloatVector c, FloatVector d) {
    return a.add(b).add(c.add(d)).reduceLanes(VectorOperators.ADD);
  }

  private static void floatL2(
      MemorySegment data, long base, long stride, int[] rows, int count, float[] q, float[] out) {
    int four = q.length - q.length % (4 * LANES);
    int one = FLOATS.loopBound(q.length);
    for (int i = 0; i < count; i++) {
      long at = base + rows[i] * stride;
      FloatVector s0 = FloatVector.zero(FLOATS);
      FloatVector s1 = FloatVector.zero(FLOATS);
      FloatVector s2 = FloatVector.zero(FLOATS);
      FloatVector s3 = FloatVector.zero(FLOATS);
      int j = 0;
      for (; j < four; j += 4 * LANES) {
        long o = at + 4L * j;
        FloatVector d0 = load(data, o).sub(load(q, j));
        FloatVector d1 = load(data, o + 4L * LANES).sub(load(q, j + LANES));
        FloatVector d2 = load(data, o + 8L * LANES).sub(load(q, j + 2 * LANES));
        FloatVector d3 = load(data, o + 12L * LANES).sub(load(q, j + 3 * LANES));
        s0 = d0.fma(d0, s0);
        s1 = d1.fma(d1, s1);
        s2 = d2.fma(d2, s2);
        s3 = d3.fma(d3, s3);
      }
      for (; j < one; j += LANES) {
        FloatVector d = load(data, at + 4L * j).sub(load(q, j));
        s0 = d.fma(d, s0);
      }
      float s = sum(s0, s1, s2, s3);
      for (; j < q.length; j++) {
        float d = data.get(ScalarKernels.FLOAT, at + 4L * j) - q[j];
        s += d * d;
      }
      out[i] = s;
    }
  }

  private static void floatDot(
      MemorySegment data, long base, long stride, int[] rows, int count, float[] q, float[] out) {
    int four = q.length - q.length % (4 * LANES);
    int one = FLOATS.loopBound(q.length);
    for (int i = 0; i < count; i++) {
      long at = base + rows[i] * stride;
      FloatVector s0 = FloatVector.zero(FLOATS);
      FloatVector s1 = FloatVector.zero(FLOATS);
      FloatVector s2 = FloatVector.zero(FLOATS);
      FloatVector s3 = FloatVector.zero(FLOATS);
      int j = 0;
      for (; j < four; j += 4 * LANES) {
        long o = at + 4L * j;
        s0 = load(data, o).fma(load(q, j), s0);
        s1 = load(data, o + 4L * LANES).fma(load(q, j + LANES), s1);
        s2 = load(data, o + 8L * LANES).fma(load(q, j + 2 * LANES), s2);
        s3 = load(data, o + 12L * LANES).fma(load(q, j + 3 * LANES), s3);
      }
      for (; j < one; j += LANES) {
        s0 = load(data, at + 4L * j).fma(load(q, j), s0);
      }
      float s = sum(s0, s1, s2, s3);
      for (; j < q.length; j++) {
        s += data.get(ScalarKernels.FLOAT, at + 4L * j) * q[j];
      }
      out[i] = 1 - s;
    }
  }

  private static void floatCosine(
      MemorySegment data, long base, long stride, int[] rows, int count, float[] q, float[] out) {
    int two = q.length - q.length % (2 * LANES);
    int one = FLOATS.loopBound(q.length);
    for (int i = 0; i < count; i++) {
      long at = base + rows[i] * stride;
      FloatVector s0 = FloatVector.zero(FLOATS);
      FloatVector s1 = FloatVector.zero(FLOATS);
      FloatVector n0 = FloatVector.zero(FLOATS);
      FloatVector n1 = FloatVector.zero(FLOATS);
      int j = 0;
      for (; j < two; j += 2 * LANES) {
        FloatVector a = load(data, at + 4L * j);
        FloatVector b = load(data, at + 4L * j + 4L * LANES);
        s0 = a.fma(load(q, j), s0);
        s1 = b.fma(load(q, j + LANES), s1);
        n0 = a.fma(a, n0);
        n1 = b.fma(b, n1);
      }
      for (; j < one; j += LANES) {
        FloatVector a = load(data, at + 4L * j);
        s0 = a.fma(load(q, j), s0);
        n0 = a.fma(a, n0);
      }
      float s = s0.add(s1).reduceLanes(VectorOperators.ADD);
      float n = n0.add(n1).reduceLanes(VectorOperators.ADD);
      for (; j < q.length; j++) {
        float a = data.get(ScalarKernels.FLOAT, at + 4L * j);
        s += a * q[j];
        n += a * a;
      }
      out[i] = ScalarKernels.cosine(s, n);
    }
  }

  // Half floats have no vector class: a plain loop, which C2 vectorises, widens row by row. It
  // reads an array because a loop over segments of several kinds is not vectorised.

  private static void halfL2(
      MemorySegment data, long base, long stride, int[] rows, int count, float[] q, float[] out) {
    short[] halves = new short[q.length];
    float[] row = new float[q.length];
    int two = q.length - q.length % (2 * LANES);
    int one = FLOATS.loopBound(q.length);
    for (int i = 0; i < count; i++) {
      MemorySegment.copy(data, ScalarKernels.SHORT, base + rows[i] * stride, halves, 0, q.length);
      ScalarKernels.widenHalves(halves, row, q.length);
      FloatVector s0 = FloatVector.zero(FLOATS);
      FloatVector s1 = FloatVector.zero(FLOATS);
      int j = 0;
      for (; j < two; j += 2 * LANES) {
        FloatVector d0 = load(row, j).sub(load(q, j));
        FloatVector d1 = load(row, j + LANES).sub(load(q, j + LANES));
        s0 = d0.fma(d0, s0);
        s1 = d1.fma(d1, s1);
      }
      for (; j < one; j += LANES) {
        FloatVector d = load(row, j).sub(load(q, j));
        s0 = d.fma(d, s0);
      }
      float s = s0.add(s1).reduceLanes(VectorOperators.ADD);
      for (; j < q.length; j++) {
        float d = row[j] - q[j];
        s += d * d;
      }
      out[i] = s;
    }
  }

  private static void halfDot(
      MemorySegment data, long base, long stride, int[] rows, int count, float[] q, float[] out) {
    short[] halves = new short[q.length];
    float[] row = new float[q.length];
    int two = q.length - q.length % (2 * LANES);
    int one = FLOATS.loopBound(q.length);
    for (int i = 0; i < count; i++) {
      MemorySegment.copy(data, ScalarKernels.SHORT, base + rows[i] * stride, halves, 0, q.length);
      ScalarKernels.widenHalves(halves, row, q.length);
      FloatVector s0 = FloatVector.zero(FLOATS);
      FloatVector s1 = FloatVector.zero(FLOATS);
      int j = 0;
      for (; j < two; j += 2 * LANES) {
        s0 = load(row, j).fma(load(q, j), s0);
        s1 = load(row, j + LANES).fma(load(q, j + LANES), s1);
      }
      for (; j < one; j += LANES) {
        s0 = load(row, j).fma(load(q, j), s0);
      }
      float s = s0.add(s1).reduceLanes(VectorOperators.ADD);
      for (; j < q.length; j++) {
        s += row[j] * q[j];
      }
      out[i] = 1 - s;
    }
  }

  private static void halfCosine(
      MemorySegment data, long base, long stride, int[] rows, int count, float[] q, float[] out) {
    short[] halves = new short[q.length];
    float[] row = new float[q.length];
    int one = FLOATS.loopBound(q.length);
    for (int i = 0; i < count; i++) {
      MemorySegment.copy(data, ScalarKernels.SHORT, base + rows[i] * stride, halves, 0, q.length);
      ScalarKernels.widenHalves(halves, row, q.length);
      FloatVector s0 = FloatVector.zero(FLOATS);
      FloatVector n0 = FloatVector.zero(FLOATS);
      int j = 0;
      for (; j < one; j += LANES) {
        FloatVector a = load(row, j);
        s0 = a.fma(load(q, j), s0);
        n0 = a.fma(a, n0);
      }
      float s = s0.reduceLanes(VectorOperators.ADD);
      float n = n0.reduceLanes(VectorOperators.ADD);
      for (; j < q.length; j++) {
        s += row[j] * q[j];
        n += row[j] * row[j];
      }
      out[i] = ScalarKernels.cosine(s, n);
    }
  }

  private static DoubleVector load64(MemorySegment data, long at) {
    return DoubleVector.fromMemorySegment(DOUBLES, data, at, LITTLE);
  }

  private static DoubleVector load(double[] a, int at) {
    return DoubleVector.fromArray(DOUBLES, a, at);
  }

  private static void doubleL2(
      MemorySegment data, long base, long stride, int[] rows, int count, double[] q, float[] out) {
    int two = q.length - q.length % (2 * DOUBLE_LANES);
    int one = DOUBLES.loopBound(q.length);
    for (int i = 0; i < count; i++) {
      long at = base + rows[i] * stride;
      DoubleVector s0 = DoubleVector.zero(DOUBLES);
      DoubleVector s1 = DoubleVector.zero(DOUBLES);
      int j = 0;
      for (; j < two; j += 2 * DOUBLE_LANES) {
        long o = at + 8L * j;
        DoubleVector d0 = load64(data, o).sub(load(q, j));
        DoubleVector d1 = load64(data, o + 8L * DOUBLE_LANES).sub(load(q, j + DOUBLE_LANES));
        s0 = d0.fma(d0, s0);
        s1 = d1.fma(d1, s1);
      }
      for (; j < one; j += DOUBLE_LANES) {
        DoubleVector d = load64(data, at + 8L * j).sub(load(q, j));
        s0 = d.fma(d, s0);
      }
      double s = s0.add(s1).reduceLanes(VectorOperators.ADD);
      for (; j < q.length; j++) {
        double d = data.get(ScalarKernels.DOUBLE, at + 8L * j) - q[j];
        s += d * d;
      }
      out[i] = (float) s;
    }
  }

  private static void doubleDot(
      MemorySegment data, long base, long stride, int[] rows, int count, double[] q, float[] out) {
    int two = q.length - q.length % (2 * DOUBLE_LANES);
    int one = DOUBLES.loopBound(q.length);
    for (int i = 0; i < count; i++) {
      long at = base + rows[i] * stride;
      DoubleVector s0 = DoubleVector.zero(DOUBLES);
      DoubleVector s1 = DoubleVector.zero(DOUBLES);
      int j = 0;
      for (; j < two; j += 2 * DOUBLE_LANES) {
        long o = at + 8L * j;
        s0 = load64(data, o).fma(load(q, j), s0);
        s1 = load64(data, o + 8L * DOUBLE_LANES).fma(load(q, j + DOUBLE_LANES), s1);
      }
      for (; j < one; j += DOUBLE_LANES) {
        s0 = load64(data, at + 8L * j).fma(load(q, j), s0);
      }
      double s = s0.add(s1).reduceLanes(VectorOperators.ADD);
      for (; j < q.length; j++) {
        s += data.get(ScalarKernels.DOUBLE, at + 8L * j) * q[j];
      }
      out[i] = (float) (1 - s);
    }
  }

  private static void doubleCosine(
      MemorySegment data, long base, long stride, int[] rows, int count, double[] q, float[] out) {
    int one = DOUBLES.loopBound(q.length);
    for (int i = 0; i < count; i++) {
      long at = base + rows[i] * stride;
      DoubleVector s0 = DoubleVector.zero(DOUBLES);
      DoubleVector n0 = DoubleVector.zero(DOUBLES);
      int j = 0;
      for (; j < one; j += DOUBLE_LANES) {
        DoubleVector a = load64(data, at + 8L * j);
        s0 = a.fma(load(q, j), s0);
        n0 = a.fma(a, n0);
      }
      double s = s0.reduceLanes(VectorOperators.ADD);
      double n = n0.reduceLanes(VectorOperators.ADD);
      for (; j < q.length; j++) {
        double a = data.get(ScalarKernels.DOUBLE, at + 8L * j);
        s += a * q[j];
        n += a * a;
      }
      out[i] = ScalarKernels.cosine(s, n);
    }
  }

  // Bytes are widened to floats: exact up to 2^24, and no slower than whole numbers. Signed bytes
  // become unsigned by flipping the top bit, that is by adding 128, which is taken off as floats.

  private static FloatVector widen(MemorySegment data, long at, byte flip, float offset) {
    ByteVector raw =
        ByteVector.fromMemorySegment(BYTES, data, at, LITTLE).lanewise(VectorOperators.XOR, flip);
    Vector<Integer> ints = raw.convertShape(VectorOperators.ZERO_EXTEND_B2I, INTS, 0);
    return ((FloatVector) ints.convertShape(VectorOperators.I2F, FLOATS, 0)).sub(offset);
  }

  private static float widen(MemorySegment data, long at, byte flip) {
    return ((data.get(ValueLayout.JAVA_BYTE, at) ^ flip) & 0xff) - (flip & 0xff);
  }

  private static void byteL2(
      MemorySegment data,
      long base,
      long stride,
      int[] rows,
      int count,
      float[] q,
      byte flip,
      float[] out) {
    float offset = flip & 0xff;
    int two = q.length - q.length % (2 * LANES);
    int one = FLOATS.loopBound(q.length);
    for (int i = 0; i < count; i++) {
      long at = base + rows[i] * stride;
      FloatVector s0 = FloatVector.zero(FLOATS);
      FloatVector s1 = FloatVector.zero(FLOATS);
      int j = 0;
      for (; j < two; j += 2 * LANES) {
        FloatVector d0 = widen(data, at + j, flip, offset).sub(load(q, j));
        FloatVector d1 = widen(data, at + j + LANES, flip, offset).sub(load(q, j + LANES));
        s0 = d0.fma(d0, s0);
        s1 = d1.fma(d1, s1);
      }
      for (; j < one; j += LANES) {
        FloatVector d = widen(data, at + j, flip, offset).sub(load(q, j));
        s0 = d.fma(d, s0);
      }
      float s = s0.add(s1).reduceLanes(VectorOperators.ADD);
      for (; j < q.length; j++) {
        float d = widen(data, at + j, flip) - q[j];
        s += d * d;
      }
      out[i] = s;
    }
  }

  private static void byteDot(
      MemorySegment data,
      long base,
      long stride,
      int[] rows,
      int count,
      float[] q,
      byte flip,
      float[] out) {
    float offset = flip & 0xff;
    int two = q.length - q.length % (2 * LANES);
    int one = FLOATS.loopBound(q.length);
    for (int i = 0; i < count; i++) {
      long at = base + rows[i] * stride;
      FloatVector s0 = FloatVector.zero(FLOATS);
      FloatVector s1 = FloatVector.zero(FLOATS);
      int j = 0;
      for (; j < two; j += 2 * LANES) {
        s0 = widen(data, at + j, flip, offset).fma(load(q, j), s0);
        s1 = widen(data, at + j + LANES, flip, offset).fma(load(q, j + LANES), s1);
      }
      for (; j < one; j += LANES) {
        s0 = widen(data, at + j, flip, offset).fma(load(q, j), s0);
      }
      float s = s0.add(s1).reduceLanes(VectorOperators.ADD);
      for (; j < q.length; j++) {
        s += widen(data, at + j, flip) * q[j];
      }
      out[i] = 1 - s;
    }
  }

  private static void byteCosine(
      MemorySegment data,
      long base,
      long stride,
      int[] rows,
      int count,
      float[] q,
      byte flip,
      float[] out) {
    float offset = flip & 0xff;
    int one = FLOATS.loopBound(q.length);
    for (int i = 0; i < count; i++) {
      long at = base + rows[i] * stride;
      FloatVector s0 = FloatVector.zero(FLOATS);
      FloatVector n0 = FloatVector.zero(FLOATS);
      int j = 0;
      for (; j < one; j += LANES) {
        FloatVector a = widen(data, at + j, flip, offset);
        s0 = a.fma(load(q, j), s0);
        n0 = a.fma(a, n0);
      }
      float s = s0.reduceLanes(VectorOperators.ADD);
      float n = n0.reduceLanes(VectorOperators.ADD);
      for (; j < q.length; j++) {
        float a = widen(data, at + j, flip);
        s += a * q[j];
        n += a * a;
      }
      out[i] = ScalarKernels.cosine(s, n);
    }
  }
}
