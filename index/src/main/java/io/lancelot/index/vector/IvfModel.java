package io.lancelot.index.vector;

import io.lancelot.kernels.Centroids;
import io.lancelot.kernels.Metric;
import java.util.Optional;

/// What training has found and all rows share: the centres of the partitions and the coding.
///
/// @param centres `partitions × width` numbers
/// @param graph whether each partition has a graph
/// @param loss mean squared distance of the sample from its centres
record IvfModel(
    VectorType type,
    Metric metric,
    float[] centres,
    Codec codec,
    boolean graph,
    int m,
    int efConstruction,
    Optional<Double> loss) {

  int width() {
    return type.width(metric);
  }

  int partitions() {
    return centres.length / width();
  }

  Centroids centroids() {
    return Centroids.ofL2(centres, partitions(), width());
  }

  String typeName() {
    return "IVF_" + (graph ? "HNSW_" : "") + codec.coding().name();
  }
}
