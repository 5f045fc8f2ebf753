package io.lancelot.kernels;

import java.lang.foreign.MemorySegment;

/// Distances from one query to many rows. Nothing is checked here: [Kernels] does.
sealed interface DistanceKernels permits ScalarKernels, VectorKernels, WarmingKernels {

  /// What to call these kernels in logs and in `lancelot version`.
  String name();

  /// Writes the distance from `query` to the row at byte `base + rows[i] * query.rowBytes()` of
  /// `data` to `out[i]`, for every `i` in `[0, count)`.
  ///
  /// There is no second form for rows in sequence: callers pass 0, 1, 2, … and move the base, which
  /// costs nothing measurable.
  void distances(
      QueryVector query, MemorySegment data, long base, int[] rows, int count, float[] out);
}
