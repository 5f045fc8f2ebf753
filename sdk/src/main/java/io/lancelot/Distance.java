package io.lancelot;

import io.lancelot.kernels.Metric;

/// How far two vectors are apart; smaller is nearer.
public enum Distance {
  /// The squared Euclidean distance, Σ(a − b)².
  L2,
  /// 1 − a·b / (|a|·|b|). A vector of zeros has no direction: as in the real Lance, it has no
  /// distance from any other and is not found, with an index or without; by other distances it is.
  COSINE,
  /// 1 − a·b.
  DOT,
  /// The number of differing bits; for vectors of bytes only.
  HAMMING;

  Metric metric() {
    return switch (this) {
      case L2 -> Metric.L2;
      case COSINE -> Metric.COSINE;
      case DOT -> Metric.DOT;
      case HAMMING -> Metric.HAMMING;
    };
  }
}
