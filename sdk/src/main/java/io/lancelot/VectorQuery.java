package io.lancelot;

import io.lancelot.engine.Fusion;
import java.util.List;
import java.util.Optional;

/// A search for the rows nearest to one vector or several. Results come nearest first and carry
/// `_distance`; with several vectors also `query_index`.
public final class VectorQuery extends NearestQuery<VectorQuery> {

  private final List<double[]> vectors;
  private Optional<String> words = Optional.empty();

  VectorQuery(Table table, List<double[]> vectors) {
    super(table);
    this.vectors = List.copyOf(vectors);
  }

  @Override
  VectorQuery self() {
    return this;
  }

  /// Ranks the rows found anew, and adds `_relevance_score`. With several vectors, the rows that
  /// they find become one ranking: each row once, with its least distance.
  public VectorQuery rerank(Fusion how) {
    return rankBy(how);
  }

  /// The same with a reranker that compares rows with words.
  public VectorQuery rerank(Fusion how, String queryString) {
    words = Optional.of(queryString);
    return rankBy(how);
  }

  @Override
  io.lancelot.engine.Query toQuery() {
    return query(
        prefilter(), Optional.of(nearest(vectors)), Optional.empty(), false, reranking(words));
  }
}
