package io.lancelot.index.vector;

/// How an index keeps its vectors.
enum Coding {
  /// As they are.
  FLAT,
  /// A code per sub-vector, from a codebook.
  PQ,
  /// A byte per dimension.
  SQ,
  /// A few bits per dimension of the rotated vector.
  RQ
}
