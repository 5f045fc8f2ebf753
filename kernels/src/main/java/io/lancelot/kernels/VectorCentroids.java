package io.lancelot.kernels;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorSpecies;

/// The vector twin of [Centroids]: products of four rows with the 32 centres of a panel stay in
/// registers, and so does the least score of each lane.
final class VectorCentroids {

  private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;
  private static final VectorSpecies<Integer> INTS =
      VectorSpecies.of(int.class, FLOATS.vectorShape());
  private static final int LANES = FLOATS.length();
  private static final int ROWS = 4;

  private VectorCentroids() {}

  static void nearest(
      float[] data,
      int offset,
      int stride,
      int rowCount,
      float[] panels,
      float[] norms,
      int dim,
      int[] best,
      float[] scores,
      int at) {
    float[] least = new float[ROWS * LANES];
    int[] winners = new int[ROWS * LANES];
    for (int r = 0; r < rowCount; r += ROWS) {
      int rows = Math.min(ROWS, rowCount - r);
      int o0 = offset + r * stride;
      // Missing rows repeat the last one.
      int o1 = o0 + Math.min(1, rows - 1) * stride;
      int o2 = o0 + Math.min(2, rows - 1) * stride;
      int o3 = o0 + Math.min(3, rows - 1) * stride;
      java.util.Arrays.fill(least, Float.POSITIVE_INFINITY);
      java.util.Arrays.fill(winners, 0);
      for (int first = 0; first < norms.length; first += 2 * LANES) {
        tile(data, o0, o1, o2, o3, panels, norms, dim, first, least, winners);
      }
      for (int i = 0; i < rows; i++) {
        reduce(least, winners, i * LANES, best, scores, at + r + i);
      }
    }
  }

  private static void tile(
      float[] data,
      int o0,
      int o1,
      int o2,
      int o3,
      float[] panels,
      float[] norms,
      int dim,
      int first,
      float[] least,
      int[] winners) {
    int p = first / Centroids.PANEL * Centroids.PANEL * dim + first % Centroids.PANEL;
    FloatVector a0 = FloatVector.zero(FLOATS);
    FloatVector a1 = FloatVector.zero(FLOATS);
    FloatVector b0 = FloatVector.zero(FLOATS);
    FloatVector b1 = FloatVector.zero(FLOATS);
    FloatVector c0 = FloatVector.zero(FLOATS);
    FloatVector c1 = FloatVector.zero(FLOATS);
    FloatVector d0 = FloatVector.zero(FLOATS);
    FloatVector d1 = FloatVector.zero(FLOATS);
    for (int d = 0; d < dim; d++, p += Centroids.PANEL) {
      FloatVector x = FloatVector.fromArray(FLOATS, panels, p);
      FloatVector y = FloatVector.fromArray(FLOATS, panels, p + LANES);
      FloatVector q = FloatVector.broadcast(FLOATS, data[o0 + d]);
      a0 = x.fma(q, a0);
      a1 = y.fma(q, a1);
      q = FloatVector.broadcast(FLOATS, data[o1 + d]);
      b0 = x.fma(q, b0);
      b1 = y.fma(q, b1);
      q = FloatVector.broadcast(FLOATS, data[o2 + d]);
      c0 = x.fma(q, c0);
      c1 = y.fma(q, c1);
      q = FloatVector.broadcast(FLOATS, data[o3 + d]);
      d0 = x.fma(q, d0);
      d1 = y.fma(q, d1);
    }
    FloatVector n0 = FloatVector.fromArray(FLOATS, norms, first);
    FloatVector n1 = FloatVector.fromArray(FLOATS, norms, first + LANES);
    IntVector i0 = IntVector.broadcast(INTS, first).addIndex(1);
    IntVector i1 = i0.add(LANES);
    keep(n0.sub(a0.add(a0)), n1.sub(a1.add(a1)), i0, i1, least, winners, 0);
    keep(n0.sub(b0.add(b0)), n1.sub(b1.add(b1)), i0, i1, least, winners, LANES);
    keep(n0.sub(c0.add(c0)), n1.sub(c1.add(c1)), i0, i1, least, winners, 2 * LANES);
    keep(n0.sub(d0.add(d0)), n1.sub(d1.add(d1)), i0, i1, least, winners, 3 * LANES);
  }

  private static void keep(
      FloatVector s0,
      FloatVector s1,
      IntVector i0,
      IntVector i1,
      float[] least,
      int[] winners,
      int at) {
    FloatVector held = FloatVector.fromArray(FLOATS, least, at);
    IntVector who = IntVector.fromArray(INTS, winners, at);
    VectorMask<Float> first = s0.lt(held);
    held = held.blend(s0, first);
    who = who.blend(i0, first.cast(INTS));
    VectorMask<Float> second = s1.lt(held);
    held.blend(s1, second).intoArray(least, at);
    who.blend(i1, second.cast(INTS)).intoArray(winners, at);
  }

  private static void reduce(
      float[] least, int[] winners, int from, int[] best, float[] scores, int at) {
    float min = least[from];
    int winner = winners[from];
    for (int l = from + 1; l < from + LANES; l++) {
      if (least[l] < min || (least[l] == min && winners[l] < winner)) {
        min = least[l];
        winner = winners[l];
      }
    }
    best[at] = winner;
    scores[at] = min;
  }
}
