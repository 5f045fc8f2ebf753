package io.lancelot;

import io.lancelot.base.InvalidInputException;
import io.lancelot.engine.Fusion;
import io.lancelot.engine.Nearest;
import io.lancelot.index.FullTextQuery;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// A search by a vector and by words, in one ranking. Results come best first and carry
/// `_relevance_score`, and the `_distance` and `_score` of the search that found them. Default: ten
/// rows, by reciprocal rank fusion.
public final class HybridQuery extends QueryBuilder<HybridQuery> {

  private double @Nullable [] vector;
  private @Nullable FullTextQuery text;
  private Optional<String> column = Optional.empty();
  private Optional<Distance> distance = Optional.empty();
  private boolean prefilter = true;
  private Fusion fusion = Fusion.Settings.DEFAULT.fusion();
  private Fusion.Normalization normalization = Fusion.Normalization.SCORE;
  private boolean allScores = true;

  HybridQuery(Table table) {
    super(table);
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
    vector = numbers.clone();
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

  /// The vector column. Needed only if the table has several.
  public HybridQuery column(String name) {
    column = Optional.of(name);
    return this;
  }

  /// How distance is measured. Default: as the column's index has it, or else [Distance#L2].
  public HybridQuery distanceType(Distance type) {
    distance = Optional.of(type);
    return this;
  }

  /// Applies the filter after both searches. Default: before.
  public HybridQuery postfilter() {
    prefilter = false;
    return this;
  }

  /// How two rankings become one. Default: reciprocal rank fusion with k = 60.
  public HybridQuery rerank(Fusion how) {
    fusion = how;
    return this;
  }

  /// What distances and scores are before they are combined. Default: scaled to 0 to 1.
  public HybridQuery normalize(Fusion.Normalization how) {
    normalization = how;
    return this;
  }

  /// Leaves `_distance` and `_score` out.
  public HybridQuery relevanceOnly() {
    allScores = false;
    return this;
  }

  @Override
  io.lancelot.engine.Query toQuery() {
    double[] near = vector;
    FullTextQuery words = text;
    if (near == null || words == null) {
      throw new InvalidInputException(
          "hybrid search: expected=a vector and text, found="
              + (near == null ? words == null ? "neither" : "text only" : "a vector only"));
    }
    return query(
        prefilter,
        Optional.of(
            new Nearest(
                column,
                List.of(near),
                distance.map(Distance::metric),
                Float.NaN,
                Float.NaN,
                Nearest.Tuning.AUTO)),
        words,
        new Fusion.Settings(fusion, normalization, allScores));
  }
}
