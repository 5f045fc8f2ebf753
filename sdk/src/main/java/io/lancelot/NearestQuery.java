package io.lancelot;

import io.lancelot.base.InvalidInputException;
import io.lancelot.columnar.BatchStream;
import io.lancelot.engine.Fusion;
import io.lancelot.engine.Nearest;
import io.lancelot.engine.SearchReport;
import io.lancelot.index.ApproxMode;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// What searches by vectors have in common: the column, how distance is measured, and how an index
/// is gone through.
///
/// @param <Q> the builder itself
public abstract sealed class NearestQuery<Q extends NearestQuery<Q>> extends QueryBuilder<Q>
    permits VectorQuery, HybridQuery {

  private Optional<String> column = Optional.empty();
  private Optional<Distance> distance = Optional.empty();
  private int nprobes;
  private int minProbes;
  private OptionalInt maxProbes = OptionalInt.empty();
  private double effort = Double.NaN;
  private ApproxMode approximation = ApproxMode.NORMAL;
  private long mostExact;
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
  /// found. Default: as many as the query needs. Takes the place of a minimum and a maximum that
  /// were given before.
  public Q nprobes(int partitions) {
    nprobes = positive("nprobes", partitions);
    minProbes = 0;
    maxProbes = OptionalInt.empty();
    return self();
  }

  /// How many partitions to look into at the least.
  public Q minimumNprobes(int partitions) {
    minProbes = positive("minimum nprobes", partitions);
    return self();
  }

  /// How many partitions to look into at the most, unless rows would be missed; 0 for no limit.
  public Q maximumNprobes(int partitions) {
    maxProbes = OptionalInt.of(partitions == 0 ? 0 : positive("maximum nprobes", partitions));
    return self();
  }

  /// How hard to look, from 0, the least number of partitions, to 1, all of them up to the maximum.
  /// Counts in place of [#nprobes(int)]; says nothing about `ef` and `refineFactor`. Default: 0.5,
  /// which finds nearly all and looks into as many partitions as the query needs.
  ///
  /// @throws InvalidInputException if it is not from 0 to 1
  public Q searchEffort(double share) {
    if (!(share >= 0 && share <= 1)) {
      throw new InvalidInputException(
          "search effort: expected=a number from 0 to 1, found=" + share);
    }
    effort = share;
    return self();
  }

  /// How closely an IVF_RQ index looks at rows that may be near; other kinds have no such choice.
  /// Default: [ApproxMode#NORMAL].
  public Q approxMode(ApproxMode mode) {
    approximation = mode;
    return self();
  }

  /// Refuses the search if it would compare more rows than that for want of an index: all rows of a
  /// table without one, or those that the index does not cover. A row that holds a list of vectors
  /// counts for ten. Default: any number.
  public Q maxExactRows(long rows) {
    if (rows < 1) {
      throw new InvalidInputException("max exact rows: expected>=1, found=" + rows);
    }
    mostExact = rows;
    return self();
  }

  /// How many candidates a search through a graph keeps: more find more, and take longer.
  public Q ef(int candidates) {
    ef = positive("ef", candidates);
    return self();
  }

  /// How many rows are compared exactly for each row wanted. Default: by the kind of index. IVF_RQ
  /// compares as many as the error of its codes asks for; a factor above 20 has it allow for the
  /// whole of it, as [ApproxMode#ACCURATE] does.
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

  /// Only rows with `lower <= _distance < upper`. Infinite bounds mean no bound. Such a search is
  /// always exact, whatever indices there are: a range may hold rows that are none of the nearest,
  /// which only a comparison with every vector finds for sure.
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

  /// Runs the search and returns its rows as records, with how they were found.
  public <T> SearchResult<T> toResult(Class<T> recordClass) {
    AtomicReference<SearchReport> report = new AtomicReference<>();
    try (BatchStream rows = stream(report::set)) {
      List<T> records = records(recordClass, rows);
      return new SearchResult<>(records, report.get());
    }
  }

  /// Runs the search like [#stream()], and tells how it went before the first batch comes out.
  public BatchStream stream(Consumer<SearchReport> report) {
    return table().run(toQuery(), report);
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
    int probes = Double.isNaN(effort) ? nprobes : 0;
    Nearest.Tuning tuning =
        new Nearest.Tuning(
            minProbes > 0 ? minProbes : probes,
            maxProbes.orElse(probes),
            ef,
            refine,
            effort,
            approximation,
            fastSearch,
            bypassIndex,
            mostExact);
    return new Nearest(column, vectors, distance.map(Distance::metric), lower, upper, tuning);
  }
}
