package io.lancelot.index.vector;

import io.lancelot.base.InvalidInputException;
import io.lancelot.base.UnsupportedFeatureException;
import io.lancelot.columnar.DataType;
import io.lancelot.columnar.Field;
import io.lancelot.columnar.FixedColumn;
import io.lancelot.columnar.FixedListColumn;
import io.lancelot.columnar.Types;
import io.lancelot.kernels.ElementType;
import io.lancelot.kernels.Metric;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// What the vectors of a column are made of, and how their rows become floats.
///
/// @param dim numbers per vector
/// @param lists whether each row holds a list of vectors (a multivector column), and not just one.
///   Each of them has an entry under the row's id, and searches find rows by their nearest vector
record VectorType(ElementType element, int dim, boolean lists) {

  /// The type of a column.
  ///
  /// @throws InvalidInputException if it holds no vectors
  /// @throws UnsupportedFeatureException for elements that cannot be indexed
  static VectorType of(Field field) {
    boolean lists = isLists(field);
    DataType type = lists ? field.type().children().getFirst().type() : field.type();
    if (!(type instanceof DataType.FixedSizeList(Field item, int dim)) || dim == 0) {
      throw notVectors(field);
    }
    return switch (item.type()) {
      case DataType.Floating(int bits) ->
          new VectorType(
              bits == 16
                  ? ElementType.FLOAT16
                  : bits == 32 ? ElementType.FLOAT32 : ElementType.FLOAT64,
              dim,
              lists);
      case DataType.Int(int bits, boolean signed) when bits == 8 && !signed ->
          new VectorType(ElementType.UINT8, dim, lists);
      case DataType.Int(int bits, boolean _) when bits == 8 ->
          throw new UnsupportedFeatureException(
              "index on vectors of int8 is not built yet (column=" + field.name() + ")");
      default -> throw notVectors(field);
    };
  }

  static boolean isLists(Field field) {
    return field.type() instanceof DataType.ListOf(Field _, boolean large) && !large;
  }

  private static InvalidInputException notVectors(Field field) {
    return new InvalidInputException(
        "vector index: expected=fixed_size_list of float16, float32, float64 or uint8, or a list of"
            + " those, found="
            + field.type().arrowName()
            + " (column="
            + field.name()
            + ")");
  }

  /// Floats of a row as training and encoding see it: single bits under Hamming.
  int width(Metric metric) {
    return metric == Metric.HAMMING ? Math.multiplyExact(dim, 8) : dim;
  }

  /// Means of vectors as centres can be: those of bits are bits.
  float[] centres(float[] means) {
    if (element == ElementType.UINT8) {
      for (int i = 0; i < means.length; i++) {
        means[i] = means[i] > 0.5f ? 1 : 0;
      }
    }
    return means;
  }

  DataType itemType() {
    return switch (element) {
      case FLOAT16 -> Types.FLOAT16;
      case FLOAT32 -> Types.FLOAT32;
      case FLOAT64 -> Types.FLOAT64;
      case UINT8 -> Types.UINT8;
      case INT8 -> Types.INT8;
    };
  }

  /// The vector's place in the data-type enumeration of tensors.
  int tensorType() {
    return switch (element) {
      case FLOAT16 -> 1;
      case FLOAT32 -> 2;
      case FLOAT64 -> 3;
      case UINT8 -> 4;
      case INT8 -> throw new IllegalStateException("no tensor of int8");
    };
  }

  /// Copies a row to `out` as floats, of length one under cosine.
  ///
  /// @return false if the row takes no part in searches: null, not finite, or zero under cosine
  boolean read(FixedListColumn column, int row, Metric metric, float[] out, int at) {
    if (column.isNull(row) || !(column.items() instanceof FixedColumn items)) {
      return false;
    }
    if (items.validity() != null && items.slice(row * dim, dim).nullCount() > 0) {
      return false;
    }
    MemorySegment data = items.data();
    long from = (long) row * dim * element.bytes();
    switch (element) {
      case FLOAT32 -> MemorySegment.copy(data, FixedColumn.FLOAT, from, out, at, dim);
      case FLOAT16 -> {
        for (int i = 0; i < dim; i++) {
          out[at + i] = Float.float16ToFloat(data.get(FixedColumn.SHORT, from + 2L * i));
        }
      }
      case FLOAT64 -> {
        for (int i = 0; i < dim; i++) {
          out[at + i] = (float) data.get(FixedColumn.DOUBLE, from + 8L * i);
        }
      }
      case UINT8, INT8 -> {
        if (metric == Metric.HAMMING) {
          bits(data, from, out, at);
          return true;
        }
        for (int i = 0; i < dim; i++) {
          out[at + i] = data.get(ValueLayout.JAVA_BYTE, from + i) & 0xff;
        }
      }
    }
    return finite(out, at, dim) && (metric != Metric.COSINE || normalise(out, at, dim));
  }

  private void bits(MemorySegment data, long from, float[] out, int at) {
    for (int i = 0; i < dim; i++) {
      int bits = data.get(ValueLayout.JAVA_BYTE, from + i);
      for (int b = 0; b < 8; b++) {
        out[at + 8 * i + b] = bits >>> b & 1;
      }
    }
  }

  static boolean finite(float[] vector, int at, int dim) {
    float zero = 0;
    for (int i = 0; i < dim; i++) {
      zero += vector[at + i] * 0f;
    }
    return zero == 0;
  }

  /// Scales a vector to length one; false if it has none.
  static boolean normalise(float[] vector, int at, int dim) {
    double sum = 0;
    for (int i = 0; i < dim; i++) {
      sum += (double) vector[at + i] * vector[at + i];
    }
    if (sum == 0) {
      return false;
    }
    double scale = 1 / Math.sqrt(sum);
    for (int i = 0; i < dim; i++) {
      vector[at + i] = (float) (vector[at + i] * scale);
    }
    return true;
  }

  /// Writes floats as numbers of this type; single bits become bytes under Hamming.
  void write(float[] vector, int at, Metric metric, MemorySegment out, long to) {
    switch (element) {
      case FLOAT32 -> MemorySegment.copy(vector, at, out, FixedColumn.FLOAT, to, dim);
      case FLOAT16 -> {
        for (int i = 0; i < dim; i++) {
          out.set(FixedColumn.SHORT, to + 2L * i, Float.floatToFloat16(vector[at + i]));
        }
      }
      case FLOAT64 -> {
        for (int i = 0; i < dim; i++) {
          out.set(FixedColumn.DOUBLE, to + 8L * i, vector[at + i]);
        }
      }
      case UINT8, INT8 -> {
        for (int i = 0; i < dim; i++) {
          int value = 0;
          if (metric == Metric.HAMMING) {
            for (int b = 0; b < 8; b++) {
              value |= vector[at + 8 * i + b] > 0.5f ? 1 << b : 0;
            }
          } else {
            value = (int) vector[at + i];
          }
          out.set(ValueLayout.JAVA_BYTE, to + i, (byte) value);
        }
      }
    }
  }
}
