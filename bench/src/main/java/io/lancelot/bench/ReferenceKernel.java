package io.lancelot.bench;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/// The inner loop of [Reference].
final class ReferenceKernel {

  private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;
  private static final int LANES = FLOATS.length();

  private ReferenceKernel() {}

  /// Squared distances of as many rows as `out` has room for, from number `at` of `data` on.
  static void squares(float[] query, float[] data, int at, float[] out) {
    int dim = query.length;
    int whole = dim / (2 * LANES) * (2 * LANES);
    for (int r = 0; r < out.length; r++, at += dim) {
      FloatVector a = FloatVector.zero(FLOATS);
      FloatVector b = FloatVector.zero(FLOATS);
      for (int d = 0; d < whole; d += 2 * LANES) {
        FloatVector x =
            FloatVector.fromArray(FLOATS, data, at + d)
                .sub(FloatVector.fromArray(FLOATS, query, d));
        FloatVector y =
            FloatVector.fromArray(FLOATS, data, at + d + LANES)
                .sub(FloatVector.fromArray(FLOATS, query, d + LANES));
        a = x.fma(x, a);
        b = y.fma(y, b);
      }
      float sum = a.add(b).reduceLanes(VectorOperators.ADD);
      for (int d = whole; d < dim; d++) {
        float x = data[at + d] - query[d];
        sum += x * x;
      }
      out[r] = sum;
    }
  }
}
