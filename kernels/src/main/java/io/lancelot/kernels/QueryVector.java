package io.lancelot.kernels;

import io.lancelot.base.InvalidInputException;

/// A query made ready for the kernels: checked, brought to the column's type, and scaled to length
/// one under cosine. Immutable; one query serves any number of threads.
///
/// As in the real Lance the query is a list of numbers of any type and takes the column's type:
/// rounded to half precision for float16, truncated to whole numbers for Hamming. Two things
/// differ. Doubles stay doubles for float64 columns (the Python client rounds them to floats), and
/// a byte out of 0..255 is refused (the real Lance takes it as 0). For uint8 and int8 columns under
/// the other metrics the query stays a vector of floats, fractions included.
public final class QueryVector {

  private static final float[] NO_FLOATS = {};
  private static final double[] NO_DOUBLES = {};
  private static final byte[] NO_BYTES = {};

  private final Metric metric;
  private final ElementType type;
  private final int dim;
  private final float[] floats;
  private final double[] doubles;
  private final byte[] bytes;

  private QueryVector(
      Metric metric, ElementType type, int dim, float[] floats, double[] doubles, byte[] bytes) {
    this.metric = metric;
    this.type = type;
    this.dim = dim;
    this.floats = floats;
    this.doubles = doubles;
    this.bytes = bytes;
  }

  /// A query of floats against a column of `type`.
  public static QueryVector of(Metric metric, ElementType type, float... query) {
    double[] wide = new double[query.length];
    for (int i = 0; i < query.length; i++) {
      wide[i] = query[i];
    }
    return of(metric, type, wide);
  }

  /// A query of doubles against a column of `type`.
  public static QueryVector of(Metric metric, ElementType type, double... query) {
    if (query.length == 0) {
      throw new InvalidInputException("query vector is empty: expected at least one number");
    }
    if (!metric.supports(type)) {
      throw new InvalidInputException(
          "metric does not fit the column: metric=" + metric + ", element type=" + type);
    }
    if (metric == Metric.HAMMING) {
      return new QueryVector(metric, type, query.length, NO_FLOATS, NO_DOUBLES, bytes(query));
    }
    double[] exact = type == ElementType.FLOAT16 ? halves(query) : query.clone();
    double scale = metric == Metric.COSINE ? length(exact) : 1;
    if (type == ElementType.FLOAT64) {
      for (int i = 0; i < exact.length; i++) {
        exact[i] /= scale;
      }
      return new QueryVector(metric, type, query.length, NO_FLOATS, exact, NO_BYTES);
    }
    float[] narrow = new float[exact.length];
    for (int i = 0; i < narrow.length; i++) {
      narrow[i] = (float) (exact[i] / scale);
    }
    return new QueryVector(metric, type, query.length, narrow, NO_DOUBLES, NO_BYTES);
  }

  private static double length(double[] vector) {
    double largest = 0;
    for (double x : vector) {
      largest = Math.max(largest, Math.abs(x));
    }
    if (largest == 0 || !Double.isFinite(largest)) {
      return Double.NaN;
    }
    double sum = 0;
    for (double x : vector) {
      sum += (x / largest) * (x / largest);
    }
    return Math.sqrt(sum) * largest;
  }

  private static double[] halves(double[] query) {
    double[] rounded = new double[query.length];
    for (int i = 0; i < query.length; i++) {
      rounded[i] = Float.float16ToFloat(Float.floatToFloat16((float) query[i]));
    }
    return rounded;
  }

  private static byte[] bytes(double[] query) {
    byte[] truncated = new byte[query.length];
    for (int i = 0; i < query.length; i++) {
      if (!(query[i] > -1 && query[i] < 256)) {
        throw new InvalidInputException(
            "query vector of a uint8 column: expected=0..255, found="
                + query[i]
                + " (position="
                + i
                + ")");
      }
      truncated[i] = (byte) (int) query[i];
    }
    return truncated;
  }

  public Metric metric() {
    return metric;
  }

  public ElementType type() {
    return type;
  }

  public int dim() {
    return dim;
  }

  /// Bytes from one row to the next.
  public long rowBytes() {
    return (long) dim * type.bytes();
  }

  /// The query for every type but float64 and every metric but Hamming; not to be written.
  float[] floats() {
    return floats;
  }

  /// The query for float64; not to be written.
  double[] doubles() {
    return doubles;
  }

  /// The query for Hamming; not to be written.
  byte[] bytes() {
    return bytes;
  }

  /// A dense number per combination of metric and type; lives no longer than the JVM.
  @SuppressWarnings("EnumOrdinal")
  int kernel() {
    return metric.ordinal() * ElementType.values().length + type.ordinal();
  }

  static int kernelCount() {
    return Metric.values().length * ElementType.values().length;
  }
}
