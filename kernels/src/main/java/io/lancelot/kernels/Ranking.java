package io.lancelot.kernels;

/// Rows and their distances, nearest first; among equal distances the smaller row id comes first.
public final class Ranking {

  private final float[] distances;
  private final long[] ids;

  /// Takes ownership of the arrays.
  Ranking(float[] distances, long[] ids) {
    this.distances = distances;
    this.ids = ids;
  }

  public int size() {
    return ids.length;
  }

  public float distance(int rank) {
    return distances[rank];
  }

  public long id(int rank) {
    return ids[rank];
  }

  /// A copy of all distances.
  public float[] distances() {
    return distances.clone();
  }

  /// A copy of all row ids.
  public long[] ids() {
    return ids.clone();
  }
}
