package io.lancelot;

/// Which scores come with reranked rows.
public enum ReturnScore {
  /// `_relevance_score`, and `_distance` and `_score` of the searches.
  ALL,
  /// `_relevance_score` only.
  RELEVANCE
}
