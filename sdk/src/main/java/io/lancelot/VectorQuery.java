package io.lancelot;

import io.lancelot.base.InvalidInputException;
import io.lancelot.engine.Nearest;
import java.util.List;
import java.util.Optional;

/// A search for the rows nearest to one vector or several. Results come nearest first and carry
/// `_distance`; with several vectors also `query_index`.
public final class VectorQuery extends QueryBuilder<VectorQuery> {

  private final List<double[]> vectors;
  private Optional<String> column = Optional.empty();
  private Distance distance = Distance.L2;
  private float lower = Float.NaN;
  private float upper = Float.NaN;
  private boolean prefilter = true;

  VectorQuery(Table table, List<double[]> vectors) {
    super(table);
    this.vectors = List.copyOf(vectors);
  }

  @Override
  VectorQuery self() {
    return this;
  }

  /// The vector column to search. Needed only if the table has several.
  public VectorQuery column(String name) {
    column = Optional.of(name);
    return this;
  }

  /// How distance is measured. Default: [Distance#L2].
  public VectorQuery distanceType(Distance type) {
    distance = type;
    return this;
  }

  /// Only rows with `lower <= _distance < upper`. Infinite bounds mean no bound.
  public VectorQuery distanceRange(float lower, float upper) {
    if (Float.isNaN(lower) || Float.isNaN(upper)) {
      throw new InvalidInputException(
          "distance range: expected=numbers, found=" + lower + ".." + upper);
    }
    this.lower = lower == Float.NEGATIVE_INFINITY ? Float.NaN : lower;
    this.upper = upper == Float.POSITIVE_INFINITY ? Float.NaN : upper;
    return this;
  }

  /// Applies the filter to the nearest rows found, instead of searching among the rows that pass
  /// it: fewer rows than the limit may come out. Default: the filter comes first.
  public VectorQuery postfilter() {
    prefilter = false;
    return this;
  }

  @Override
  io.lancelot.engine.Query toQuery() {
    return query(
        prefilter, Optional.of(new Nearest(column, vectors, distance.metric(), lower, upper)));
  }
}
