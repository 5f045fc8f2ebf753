package io.lancelot;

import io.lancelot.base.InvalidInputException;
import io.lancelot.engine.Fusion;
import io.lancelot.engine.Nearest;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// What searches by vectors have in common: the column, how distance is measured, and how an index
/// is gone through.
///
/// @param <Q> the builder itself
public abstract sealed class NearestQuery<Q extends NearestQuery<Q>> extends QueryBuilder<Q>
    permits VectorQuery, HybridQuery {

  private Optional<String> column = Optional.empty();
  private Optional<Distance> distance = Optional.empty();
  private int minProbes;
  private int maxProbes;
  private int ef;
  private int refine;
  private boolean fastSearch;
  private boolean bypassIndex;
  private float lower = Float.NaN;
  private float upper = Float.NaN;
  private boolean prefilter = true;
  private @Nullable Fusion fusion;
  private Fusion.Normalization normalization = Fusion.Normalization.SCORE;
  private boolean allScores = true;

  NearestQuery(Table table) {
    super(table);
  }

  /// The vector column to search. Needed only if the table has several.
  public Q column(String name) {
    column = Optional.of(name);
    return self();
  }

  /// How distance is measured. Default: as the column's index has it, or else [Distance#L2]. An
  /// index that measures otherwise is not used.
  public Q distanceType(Distance type) {
    distance = Optional.of(type);
    return self();
  }

  /// How many partitions of an index to look into; more only where fewer than the limit would be
  /// found. Default: as many as the query needs.
  public Q nprobes(int partitions) {
    return minimumNprobes(positive("nprobes", partitions)).maximumNprobes(partitions);
  }

  /// How many partitions to look into at the least.
  public Q minimumNprobes(int partitions) {
    minProbes = positive("minimum nprobes", partitions);
    return self();
  }

  /// How many partitions to look into at the most, unless rows would be missed; 0 for no limit.
  public Q maximumNprobes(int partitions) {
    maxProbes = partitions == 0 ? 0 : positive("maximum nprobes", partitions);
    return self();
  }

  /// How many candidates a search through a graph keeps: more find more, and take longer.
  public Q ef(int candidates) {
    ef = positive("ef", candidates);
    return self();
  }

  /// How many rows are compared exactly for each row wanted.
  public Q refineFactor(int factor) {
    refine = positive("refine factor", factor);
    return self();
  }

  /// Leaves out rows that no index covers yet.
  public Q fastSearch() {
    fastSearch = true;
    return self();
  }

  /// Compares every vector, as if there were no index.
  public Q bypassVectorIndex() {
    bypassIndex = true;
    return self();
  }

  private static int positive(String name, int value) {
    if (value < 1) {
      throw new InvalidInputException(name + ": expected=a positive number, found=" + value);
    }
    return value;
  }

  /// Only rows with `lower <= _distance < upper`. Infinite bounds mean no bound.
  public Q distanceRange(float lower, float upper) {
    if (Float.isNaN(lower) || Float.isNaN(upper)) {
      throw new InvalidInputException(
          "distance range: expected=numbers, found=" + lower + ".." + upper);
    }
    this.lower = lower == Float.NEGATIVE_INFINITY ? Float.NaN : lower;
    this.upper = upper == Float.POSITIVE_INFINITY ? Float.NaN : upper;
    return self();
  }

  /// Applies the filter to the rows found, instead of searching among the rows that pass it: fewer
  /// rows than the limit may come out. Default: the filter comes first.
  public Q postfilter() {
    prefilter = false;
    return self();
  }

  /// How the rows become one ranking, by `_relevance_score`.
  Q rankBy(Fusion how) {
    fusion = how;
    return self();
  }

  /// What distances and scores are before a reranker combines them. Default: scaled to 0 to 1.
  public Q normalize(Fusion.Normalization how) {
    normalization = how;
    return self();
  }

  /// Which scores come with reranked rows. Default: all.
  public Q returnScore(ReturnScore which) {
    allScores = which == ReturnScore.ALL;
    return self();
  }

  boolean indexedOnly() {
    return fastSearch;
  }

  boolean prefilter() {
    return prefilter;
  }

  /// @param words that a reranker compares rows with; empty for those of the text search
  Optional<Fusion.Settings> reranking(Optional<String> words) {
    return Optional.ofNullable(fusion)
        .map(how -> new Fusion.Settings(how, normalization, allScores, words));
  }

  Nearest nearest(List<double[]> vectors) {
    Nearest.Tuning tuning =
        new Nearest.Tuning(minProbes, maxProbes, ef, refine, fastSearch, bypassIndex);
    return new Nearest(column, vectors, distance.map(Distance::metric), lower, upper, tuning);
  }
}
