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

  /// How distance is measured. Default: as the column's index has it, or else [Distance#L2]. An
  /// index that measures otherwise is not used.
  public VectorQuery distanceType(Distance type) {
    distance = Optional.of(type);
    return this;
  }

  /// How many partitions of an index to look into; more only where fewer than the limit would be
  /// found. Default: as many as the query needs.
  public VectorQuery nprobes(int partitions) {
    return minimumNprobes(positive("nprobes", partitions)).maximumNprobes(partitions);
  }

  /// How many partitions to look into at the least.
  public VectorQuery minimumNprobes(int partitions) {
    minProbes = positive("minimum nprobes", partitions);
    return this;
  }

  /// How many partitions to look into at the most, unless rows would be missed; 0 for no limit.
  public VectorQuery maximumNprobes(int partitions) {
    maxProbes = partitions == 0 ? 0 : positive("maximum nprobes", partitions);
    return this;
  }

  /// How many candidates a search through a graph keeps: more find more, and take longer.
  public VectorQuery ef(int candidates) {
    ef = positive("ef", candidates);
    return this;
  }

  /// How many rows are compared exactly for each row wanted.
  public VectorQuery refineFactor(int factor) {
    refine = positive("refine factor", factor);
    return this;
  }

  /// Leaves out rows that no index covers yet.
  public VectorQuery fastSearch() {
    fastSearch = true;
    return this;
  }

  /// Compares every vector, as if there were no index.
  public VectorQuery bypassVectorIndex() {
    bypassIndex = true;
    return this;
  }

  private static int positive(String name, int value) {
    if (value < 1) {
      throw new InvalidInputException(name + ": expected=a positive number, found=" + value);
    }
    return value;
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
    Nearest.Tuning tuning =
        new Nearest.Tuning(minProbes, maxProbes, ef, refine, fastSearch, bypassIndex);
    return query(
        prefilter,
        Optional.of(
            new Nearest(column, vectors, distance.map(Distance::metric), lower, upper, tuning)));
  }
}
