package io.lancelot.kernels;

/// How far two vectors are apart. Smaller is nearer, for every metric.
///
/// A distance that is not a number takes no part in a search: neither rows that hold a NaN nor,
/// under cosine, rows of zeros are ever found, as in the real Lance. Infinite distances are found.
public enum Metric {
  /// The squared Euclidean distance, Σ(a − b)². Overflows to infinity as floats do.
  L2,
  /// 1 − a·b / (|a|·|b|), from 0 to 2. Not a number where either vector is zero or infinite.
  ///
  /// The real Lance divides floats and so answers −∞, 1 or nothing for vectors whose squared length
  /// leaves the range of a float (below 1e-45, above 3e38); here these get their true distance.
  COSINE,
  /// 1 − a·b. Not bounded below: longer vectors are nearer.
  DOT,
  /// The number of differing bits; only for bytes.
  HAMMING;

  /// Whether vectors of `type` have this distance.
  ///
  /// Format: the real Lance knows L2, cosine and dot on float16, float32 and float64, and only
  /// Hamming on uint8; it refuses searches on int8. Distances between the numbers of uint8 and int8
  /// columns are our extension.
  public boolean supports(ElementType type) {
    return this != HAMMING || type == ElementType.UINT8;
  }
}
