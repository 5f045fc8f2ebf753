package io.lancelot.index;

import io.lancelot.kernels.Metric;

/// A segment that finds near vectors.
public non-sealed interface VectorIndex extends OpenIndex {

  /// How it measures distance; it cannot answer for another.
  Metric metric();

  int dim();

  int partitionCount();

  /// Rows it has entries for.
  long rowCount();
}
