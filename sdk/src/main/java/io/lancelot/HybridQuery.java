package io.lancelot;

import io.lancelot.base.InvalidInputException;
import io.lancelot.engine.Fusion;
import io.lancelot.index.FullTextQuery;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// A search by a vector and by words, in one ranking. Results come best first and carry
/// `_relevance_score`, and the `_distance` and `_score` of the search that found them. Default: ten
/// rows, by reciprocal rank fusion.
///
/// Pages of the same limit fit together: none shows a row that one before it has shown, and all of
/// them show every row that either search finds.
public final class HybridQuery extends NearestQuery<HybridQuery> {

  private List<double[]> vectors = List.of();
  private @Nullable FullTextQuery text;

  HybridQuery(Table table) {
    super(table);
    rankBy(Fusion.Settings.DEFAULT.fusion());
  }

  @Override
  HybridQuery self() {
    return this;
  }

  /// The vector to be near to.
  public HybridQuery vector(float... numbers) {
    double[] wide = new double[numbers.length];
    for (int i = 0; i < wide.length; i++) {
      wide[i] = numbers[i];
    }
    return vectorOfDoubles(wide);
  }

  /// The vector to be near to.
  public HybridQuery vectorOfDoubles(double... numbers) {
    return vectorsOfDoubles(List.of(numbers.clone()));
  }

  /// The vectors that together are the query, in a column whose rows hold lists of vectors.
  public HybridQuery vectorsOfDoubles(List<double[]> query) {
    vectors = List.copyOf(query);
    return this;
  }

  /// The words to look for.
  public HybridQuery text(String words) {
    return text(FullTextQuery.Match.of(words));
  }

  /// What to look for.
  public HybridQuery text(FullTextQuery query) {
    text = query;
    return this;
  }

  /// How two rankings become one. Default: reciprocal rank fusion with k = 60.
  public HybridQuery rerank(Fusion how) {
    return rankBy(how);
  }

  @Override
  io.lancelot.engine.Query toQuery() {
    FullTextQuery words = text;
    if (vectors.isEmpty() || words == null) {
      throw new InvalidInputException(
          "hybrid search: expected=a vector and text, found="
              + (vectors.isEmpty() ? words == null ? "neither" : "text only" : "a vector only"));
    }
    return query(
        prefilter(),
        Optional.of(nearest(vectors)),
        Optional.of(words),
        indexedOnly(),
        reranking(Optional.empty()));
  }
}
