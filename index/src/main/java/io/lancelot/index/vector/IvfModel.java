package io.lancelot.index.vector;

import io.lancelot.kernels.Centroids;
import io.lancelot.kernels.Metric;
import java.util.Optional;
import java.util.OptionalLong;

/// What training has found and all rows share: the centres of the partitions and the coding.
///
/// @param centres `partitions × width` numbers
/// @param graph whether each partition has a graph
/// @param loss mean squared distance of the sample from its centres, of the real Lance's a sum
/// @param trained what it was made for; empty of models that are not ours
/// @param partitionRows rows that a partition should have, where that was asked for
record IvfModel(
    VectorType type,
    Metric metric,
    float[] centres,
    Codec codec,
    boolean graph,
    int m,
    int efConstruction,
    Optional<Double> loss,
    Optional<Trained> trained,
    OptionalLong partitionRows) {

  /// The rows that a model was made for, as a measure of those that come later.
  ///
  /// @param rows of the segment
  /// @param partitions that so many rows were to have
  /// @param loss mean squared distance of a row from its centre
  record Trained(long rows, int partitions, double loss) {}

  int width() {
    return type.width(metric);
  }

  int partitions() {
    return centres.length / width();
  }

  Centroids centroids() {
    return centroids(metric, centres, width());
  }

  /// Centres, for finding the one whose partition a row belongs to.
  static Centroids centroids(Metric metric, float[] centres, int width) {
    int count = centres.length / width;
    return metric == Metric.DOT
        ? Centroids.ofProduct(centres, count, width)
        : Centroids.ofL2(centres, count, width);
  }

  /// What a row loses by being taken for its centre: the squared distance from it; under the inner
  /// product, where a centre is a direction, from the line through it.
  static double loss(Metric metric, float[] rows, int row, float[] centres, int centre, int width) {
    double apart = 0;
    double product = 0;
    double square = 0;
    double length = 0;
    for (int d = 0; d < width; d++) {
      double x = rows[row * width + d];
      double c = centres[centre * width + d];
      apart += (x - c) * (x - c);
      product += x * c;
      square += x * x;
      length += c * c;
    }
    if (metric != Metric.DOT || length == 0) {
      return apart;
    }
    double along = Math.max(0, product);
    return Math.max(0, square - along * along / length);
  }

  /// The same with other centres, of which a codec may make use.
  IvfModel with(float[] others) {
    Codec moved =
        switch (codec) {
          case FlatCodec flat -> flat;
          case SqCodec sq -> sq;
          case PqCodec pq ->
              new PqCodec(type, metric, pq.subVectors(), pq.bits(), pq.codebook(), others);
          case RqCodec rq -> new RqCodec(rq.dim(), metric, rq.bits(), rq.rotation(), others);
        };
    return new IvfModel(
        type, metric, others, moved, graph, m, efConstruction, loss, trained, partitionRows);
  }

  IvfModel with(Codec other) {
    return new IvfModel(
        type, metric, centres, other, graph, m, efConstruction, loss, trained, partitionRows);
  }

  IvfModel with(Trained other) {
    return new IvfModel(
        type,
        metric,
        centres,
        codec,
        graph,
        m,
        efConstruction,
        loss,
        Optional.of(other),
        partitionRows);
  }

  String typeName() {
    return "IVF_" + (graph ? "HNSW_" : "") + codec.coding().name();
  }
}
