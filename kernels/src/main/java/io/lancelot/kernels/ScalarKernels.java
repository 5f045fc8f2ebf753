package io.lancelot.kernels;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/// The kernels in plain Java: the fallback of every JVM, the stand-in until the vector kernels are
/// compiled, and their oracle in tests.
///
/// Rows are first copied, several at a time, into an array that stays in the first-level cache.
/// Reading segments number by number is as fast as long as the JVM has seen one kind of segment
/// only, and five times slower once both native and mapped ones have come by. C2 does not vectorise
/// sums of floats, so every loop carries several sums to break the chain of additions, and takes
/// four rows at once where the processor multiplies and adds in one step ([RowsOfFour]). It does
/// vectorise the loops that widen bytes and half floats, and the squares of bytes' differences
/// ([ByteRows]), of which only the sums remain to be made one by one.
final class ScalarKernels implements DistanceKernels {

  static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  static final ValueLayout.OfDouble DOUBLE =
      ValueLayout.JAVA_DOUBLE_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  /// Numbers copied at a time, unless four rows have more.
  private static final int TILE = 2048;

  @Override
  public String name() {
    return "scalar";
  }

  @Override
  public void distances(
      QueryVector query, MemorySegment data, long base, int[] rows, int count, float[] out) {
    if (query.metric() == Metric.HAMMING) {
      hamming(query.bytes(), data, base, rows, count, out);
      return;
    }
    if (query.metric() != Metric.COSINE && query.type().bytes() == 1 && count >= ByteRows.LEAST) {
      ByteRows.distances(query, data, base, rows, count, out);
      return;
    }
    int dim = query.dim();
    int most = Math.min(count, Math.max(4, TILE / dim));
    Tile tile = Tile.of(query.type(), Math.multiplyExact(most, dim));
    for (int i = 0; i < count; i += most) {
      int some = Math.min(most, count - i);
      tile.fill(data, base, query.rowBytes(), rows, i, some, dim);
      if (query.type() == ElementType.FLOAT64) {
        doubleRows(query.metric(), tile.doubles, some, query.doubles(), out, i);
      } else {
        floatRows(query.metric(), tile.floats, some, query.floats(), out, i);
      }
    }
  }

  /// How many of some rows, from one on, follow each other in memory.
  static int run(int[] rows, int from, int to) {
    int run = 1;
    while (from + run < to && rows[from + run] == rows[from] + run) {
      run++;
    }
    return run;
  }

  /// A few rows on the heap, as floats or doubles.
  private static final class Tile {

    private final ElementType type;
    private final float[] floats;
    private final double[] doubles;
    private final short[] halves;
    private final byte[] bytes;

    private Tile(ElementType type, int floats, int doubles, int halves, int bytes) {
      this.type = type;
      this.floats = new float[floats];
      this.doubles = new double[doubles];
      this.halves = new short[halves];
      this.bytes = new byte[bytes];
    }

    static Tile of(ElementType type, int size) {
      return switch (type) {
        case FLOAT16 -> new Tile(type, size, 0, size, 0);
        case FLOAT32 -> new Tile(type, size, 0, 0, 0);
        case FLOAT64 -> new Tile(type, 0, size, 0, 0);
        case UINT8, INT8 -> new Tile(type, size, 0, 0, size);
      };
    }

    void fill(
        MemorySegment data, long base, long stride, int[] rows, int first, int some, int dim) {
      for (int i = first; i < first + some; ) {
        int run = run(rows, i, first + some);
        long at = base + rows[i] * stride;
        int to = (i - first) * dim;
        switch (type) {
          case FLOAT32 -> MemorySegment.copy(data, FLOAT, at, floats, to, run * dim);
          case FLOAT64 -> MemorySegment.copy(data, DOUBLE, at, doubles, to, run * dim);
          case FLOAT16 -> MemorySegment.copy(data, SHORT, at, halves, to, run * dim);
          case INT8, UINT8 ->
              MemorySegment.copy(data, ValueLayout.JAVA_BYTE, at, bytes, to, run * dim);
        }
        i += run;
      }
      switch (type) {
        case FLOAT32, FLOAT64 -> {}
        case FLOAT16 -> widenHalves(halves, floats, some * dim);
        case INT8 -> widenBytes(bytes, floats, some * dim, 0);
        case UINT8 -> {
          flip(bytes, some * dim);
          widenBytes(bytes, floats, some * dim, 128);
        }
      }
    }
  }

  static void widenHalves(short[] halves, float[] floats, int size) {
    for (int j = 0; j < size; j++) {
      floats[j] = Float.float16ToFloat(halves[j]);
    }
  }

  /// Unsigned bytes to signed ones that are smaller by 128: C2 widens only signed bytes by vectors.
  static void flip(byte[] bytes, int size) {
    for (int j = 0; j < size; j++) {
      bytes[j] = (byte) (bytes[j] ^ 0x80);
    }
  }

  private static void widenBytes(byte[] bytes, float[] floats, int size, float offset) {
    for (int j = 0; j < size; j++) {
      floats[j] = (float) bytes[j] + offset;
    }
  }

  private static void floatRows(
      Metric metric, float[] tile, int run, float[] q, float[] out, int first) {
    int done = RowsOfFour.FAST ? RowsOfFour.distances(metric, tile, run, q, out, first) : 0;
    switch (metric) {
      case L2 -> {
        for (int r = done; r < run; r++) {
          out[first + r] = l2(tile, r * q.length, q);
        }
      }
      case DOT -> {
        for (int r = done; r < run; r++) {
          out[first + r] = 1 - dot(tile, r * q.length, q);
        }
      }
      case COSINE -> {
        for (int r = done; r < run; r++) {
          out[first + r] = cosine(tile, r * q.length, q);
        }
      }
      case HAMMING -> throw new AssertionError(metric);
    }
  }

  private static float l2(float[] tile, int at, float[] q) {
    float s0 = 0;
    float s1 = 0;
    float s2 = 0;
    float s3 = 0;
    int j = 0;
    for (; j <= q.length - 4; j += 4) {
      float d0 = tile[at + j] - q[j];
      float d1 = tile[at + j + 1] - q[j + 1];
      float d2 = tile[at + j + 2] - q[j + 2];
      float d3 = tile[at + j + 3] - q[j + 3];
      s0 += d0 * d0;
      s1 += d1 * d1;
      s2 += d2 * d2;
      s3 += d3 * d3;
    }
    for (; j < q.length; j++) {
      float d = tile[at + j] - q[j];
      s0 += d * d;
    }
    return (s0 + s1) + (s2 + s3);
  }

  private static float dot(float[] tile, int at, float[] q) {
    float s0 = 0;
    float s1 = 0;
    float s2 = 0;
    float s3 = 0;
    int j = 0;
    for (; j <= q.length - 4; j += 4) {
      s0 += tile[at + j] * q[j];
      s1 += tile[at + j + 1] * q[j + 1];
      s2 += tile[at + j + 2] * q[j + 2];
      s3 += tile[at + j + 3] * q[j + 3];
    }
    for (; j < q.length; j++) {
      s0 += tile[at + j] * q[j];
    }
    return (s0 + s1) + (s2 + s3);
  }

  private static float cosine(float[] tile, int at, float[] q) {
    float s0 = 0;
    float s1 = 0;
    float n0 = 0;
    float n1 = 0;
    int j = 0;
    for (; j <= q.length - 2; j += 2) {
      float a = tile[at + j];
      float b = tile[at + j + 1];
      s0 += a * q[j];
      s1 += b * q[j + 1];
      n0 += a * a;
      n1 += b * b;
    }
    if (j < q.length) {
      s0 += tile[at + j] * q[j];
      n0 += tile[at + j] * tile[at + j];
    }
    return cosine(s0 + s1, n0 + n1);
  }

  private static void doubleRows(
      Metric metric, double[] tile, int run, double[] q, float[] out, int first) {
    switch (metric) {
      case L2 -> {
        for (int r = 0; r < run; r++) {
          out[first + r] = (float) l2(tile, r * q.length, q);
        }
      }
      case DOT -> {
        for (int r = 0; r < run; r++) {
          out[first + r] = (float) (1 - dot(tile, r * q.length, q));
        }
      }
      case COSINE -> {
        for (int r = 0; r < run; r++) {
          out[first + r] = cosine(tile, r * q.length, q);
        }
      }
      case HAMMING -> throw new AssertionError(metric);
    }
  }

  private static double l2(double[] tile, int at, double[] q) {
    double s0 = 0;
    double s1 = 0;
    double s2 = 0;
    double s3 = 0;
    int j = 0;
    for (; j <= q.length - 4; j += 4) {
      double d0 = tile[at + j] - q[j];
      double d1 = tile[at + j + 1] - q[j + 1];
      double d2 = tile[at + j + 2] - q[j + 2];
      double d3 = tile[at + j + 3] - q[j + 3];
      s0 += d0 * d0;
      s1 += d1 * d1;
      s2 += d2 * d2;
      s3 += d3 * d3;
    }
    for (; j < q.length; j++) {
      double d = tile[at + j] - q[j];
      s0 += d * d;
    }
    return (s0 + s1) + (s2 + s3);
  }

  private static double dot(double[] tile, int at, double[] q) {
    double s0 = 0;
    double s1 = 0;
    double s2 = 0;
    double s3 = 0;
    int j = 0;
    for (; j <= q.length - 4; j += 4) {
      s0 += tile[at + j] * q[j];
      s1 += tile[at + j + 1] * q[j + 1];
      s2 += tile[at + j + 2] * q[j + 2];
      s3 += tile[at + j + 3] * q[j + 3];
    }
    for (; j < q.length; j++) {
      s0 += tile[at + j] * q[j];
    }
    return (s0 + s1) + (s2 + s3);
  }

  private static float cosine(double[] tile, int at, double[] q) {
    double s0 = 0;
    double s1 = 0;
    double n0 = 0;
    double n1 = 0;
    int j = 0;
    for (; j <= q.length - 2; j += 2) {
      double a = tile[at + j];
      double b = tile[at + j + 1];
      s0 += a * q[j];
      s1 += b * q[j + 1];
      n0 += a * a;
      n1 += b * b;
    }
    if (j < q.length) {
      s0 += tile[at + j] * q[j];
      n0 += tile[at + j] * tile[at + j];
    }
    return cosine(s0 + s1, n0 + n1);
  }

  /// The cosine distance from the product with the query of length one and the row's squared
  /// length; NaN where that length is no use.
  static float cosine(float dot, float squaredLength) {
    if (!(squaredLength >= Float.MIN_NORMAL && squaredLength <= Float.MAX_VALUE)) {
      return Float.NaN;
    }
    // Rounding may take equal vectors below zero: pgvector#196.
    return Math.max(0, 1 - dot / (float) Math.sqrt(squaredLength));
  }

  static float cosine(double dot, double squaredLength) {
    if (!(squaredLength >= Double.MIN_NORMAL && squaredLength <= Double.MAX_VALUE)) {
      return Float.NaN;
    }
    return (float) Math.max(0, 1 - dot / Math.sqrt(squaredLength));
  }

  /// The cosine distance of a row of floats by way of doubles, for rows whose squared length leaves
  /// the range of a float.
  static float cosineInDoubles(MemorySegment data, long at, float[] q) {
    double dot = 0;
    double squaredLength = 0;
    for (int j = 0; j < q.length; j++) {
      double a = data.get(FLOAT, at + 4L * j);
      dot += a * q[j];
      squaredLength += a * a;
    }
    return cosine(dot, squaredLength);
  }

  /// Differing bits, eight bytes at a time. There is no vector twin: the processor's own bit count
  /// keeps up with memory.
  static void hamming(byte[] q, MemorySegment data, long base, int[] rows, int count, float[] out) {
    MemorySegment query = MemorySegment.ofArray(q);
    int words = q.length >>> 3;
    long[] wide = new long[words];
    for (int j = 0; j < words; j++) {
      wide[j] = query.get(LONG, 8L * j);
    }
    for (int i = 0; i < count; i++) {
      long at = base + (long) rows[i] * q.length;
      int bits = 0;
      for (int j = 0; j < words; j++) {
        bits += Long.bitCount(data.get(LONG, at + 8L * j) ^ wide[j]);
      }
      for (int j = words << 3; j < q.length; j++) {
        bits += Integer.bitCount((data.get(ValueLayout.JAVA_BYTE, at + j) ^ q[j]) & 0xff);
      }
      out[i] = bits;
    }
  }
}
