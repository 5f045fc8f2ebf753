package io.lancelot.engine;

import io.lancelot.base.InvalidInputException;
import io.lancelot.columnar.Batch;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/// How the rows of several searches become one ranking: a reranker.
public sealed interface Fusion {

  /// What users see in plans.
  String name();

  /// Columns of the table that it reads.
  default List<String> columns() {
    return List.of();
  }

  /// Reciprocal rank fusion: a row gets `1 / (k + rank)` from each search that finds it.
  record Rrf(int k) implements Fusion {
    public Rrf {
      if (k <= 0) {
        throw new InvalidInputException("RRF: expected=k > 0, found=" + k);
      }
    }

    @Override
    public String name() {
      return "RRF(k=" + k + ")";
    }
  }

  /// A weighted mean of nearness and text score, both from 0 to 1.
  ///
  /// @param weight of the vector search
  /// @param fill the distance of rows that a search did not find
  record Linear(float weight, float fill) implements Fusion {
    public Linear {
      if (!(weight >= 0 && weight <= 1)) {
        throw new InvalidInputException(
            "linear combination: expected=weight 0 to 1, found=" + weight);
      }
    }

    @Override
    public String name() {
      return "LinearCombination(weight=" + weight + ", fill=" + fill + ")";
    }
  }

  /// A weighted mean of `1 / rank`.
  record Mrr(float vectorWeight, float textWeight) implements Fusion {
    public Mrr {
      if (!(Math.abs(vectorWeight + textWeight - 1) < 1e-6
          && vectorWeight >= 0
          && textWeight >= 0)) {
        throw new InvalidInputException(
            "MRR: expected=weights that add up to 1, found=" + vectorWeight + " and " + textWeight);
      }
    }

    @Override
    public String name() {
      return "MRR(weight_vector=" + vectorWeight + ", weight_fts=" + textWeight + ")";
    }
  }

  /// Any other way. Each method gives the relevance of each candidate, more for better ones; those
  /// that are not overridden do as [#rerankHybrid] does.
  non-sealed interface Reranker extends Fusion {
    /// The rows of a vector search and of a text search.
    float[] rerankHybrid(Candidates candidates);

    /// The rows of a vector search.
    default float[] rerankVector(Candidates candidates) {
      return rerankHybrid(candidates);
    }

    /// The rows of a text search.
    default float[] rerankText(Candidates candidates) {
      return rerankHybrid(candidates);
    }

    /// The rows of several vector searches.
    default float[] rerankMultivector(Candidates candidates) {
      return rerankHybrid(candidates);
    }
  }

  /// The rows that at least one search found.
  ///
  /// @param words what the text search looks for, or what the caller gave with a vector search
  /// @param rows what the reranker's columns hold, a row for each candidate; valid during the call
  /// @param distances the least found; NaN for rows that no vector search found
  /// @param scores NaN for rows that the text search did not find
  /// @param vectorRanks of each vector search, from 1; 0 for rows that it did not find
  /// @param textRanks from 1; 0 for rows that it did not find; empty if there was no text search
  record Candidates(
      String words,
      Batch rows,
      float[] distances,
      float[] scores,
      List<int[]> vectorRanks,
      Optional<int[]> textRanks) {

    public Candidates {
      vectorRanks = List.copyOf(vectorRanks);
    }

    /// How many there are.
    public int count() {
      return distances.length;
    }
  }

  /// What distances and scores are before they are combined.
  enum Normalization {
    /// Scaled to 0 to 1.
    SCORE,
    /// Replaced by ranks, and those scaled.
    RANK
  }

  /// How a search ends.
  ///
  /// @param allScores whether rows carry `_distance` and `_score` besides `_relevance_score`
  /// @param words what rows are compared with; empty for those of the text search
  record Settings(
      Fusion fusion, Normalization normalization, boolean allScores, Optional<String> words) {
    public static final Settings DEFAULT =
        new Settings(new Rrf(60), Normalization.SCORE, true, Optional.empty());
  }

  /// The relevance of each candidate.
  static float[] relevance(Settings settings, Candidates found) {
    return switch (settings.fusion()) {
      case Rrf(int k) -> reciprocalRanks(k, found);
      case Mrr mrr -> meanReciprocalRanks(mrr, found);
      case Linear linear -> linear(linear, settings.normalization() == Normalization.RANK, found);
      case Reranker own -> {
        float[] relevance = own(own, found);
        if (relevance.length != found.count()) {
          throw new InvalidInputException(
              "reranker: expected="
                  + found.count()
                  + " scores, found="
                  + relevance.length
                  + " (reranker="
                  + own.name()
                  + ")");
        }
        yield relevance;
      }
    };
  }

  private static float[] own(Reranker own, Candidates found) {
    if (found.vectorRanks().isEmpty()) {
      return own.rerankText(found);
    }
    if (found.textRanks().isPresent()) {
      return own.rerankHybrid(found);
    }
    return found.vectorRanks().size() == 1 ? own.rerankVector(found) : own.rerankMultivector(found);
  }

  private static float[] reciprocalRanks(int k, Candidates found) {
    double[] sums = new double[found.count()];
    found.vectorRanks().forEach(ranks -> addReciprocals(sums, ranks, 1, k));
    found.textRanks().ifPresent(ranks -> addReciprocals(sums, ranks, 1, k));
    return narrow(sums);
  }

  /// Several vector searches share the weight; a search that is alone has all of it.
  private static float[] meanReciprocalRanks(Mrr mrr, Candidates found) {
    double[] sums = new double[found.count()];
    boolean both = !found.vectorRanks().isEmpty() && found.textRanks().isPresent();
    double share = (both ? mrr.vectorWeight : 1.0) / Math.max(1, found.vectorRanks().size());
    found.vectorRanks().forEach(ranks -> addReciprocals(sums, ranks, share, 0));
    found.textRanks().ifPresent(ranks -> addReciprocals(sums, ranks, both ? mrr.textWeight : 1, 0));
    return narrow(sums);
  }

  private static void addReciprocals(double[] sums, int[] ranks, double weight, int k) {
    for (int i = 0; i < sums.length; i++) {
      sums[i] += ranks[i] > 0 ? weight / (k + ranks[i]) : 0;
    }
  }

  private static float[] narrow(double[] values) {
    float[] narrow = new float[values.length];
    for (int i = 0; i < values.length; i++) {
      narrow[i] = (float) values[i];
    }
    return narrow;
  }

  private static float[] linear(Linear linear, boolean byRank, Candidates found) {
    float[] relevance = new float[found.count()];
    float[] distances =
        scaled(byRank ? best(found.vectorRanks(), found.count()) : found.distances());
    List<int[]> ranks = found.textRanks().stream().toList();
    float[] scores = scaled(byRank ? reversed(best(ranks, found.count())) : found.scores());
    for (int i = 0; i < relevance.length; i++) {
      float near = 1 - (Float.isNaN(distances[i]) ? linear.fill : distances[i]);
      float text = Float.isNaN(scores[i]) ? 1 - linear.fill : scores[i];
      relevance[i] = linear.weight * near + (1 - linear.weight) * text;
    }
    return relevance;
  }

  /// The best rank that any search gives; NaN for rows that none found.
  private static float[] best(List<int[]> lists, int count) {
    float[] best = new float[count];
    Arrays.fill(best, Float.NaN);
    for (int[] ranks : lists) {
      for (int i = 0; i < count; i++) {
        if (ranks[i] > 0 && !(best[i] <= ranks[i])) {
          best[i] = ranks[i];
        }
      }
    }
    return best;
  }

  /// Ranks as scores: more for better ones.
  private static float[] reversed(float[] ranks) {
    float[] reversed = new float[ranks.length];
    for (int i = 0; i < ranks.length; i++) {
      reversed[i] = -ranks[i];
    }
    return reversed;
  }

  /// Values from 0 to 1; equal ones are all 0. NaN stays.
  private static float[] scaled(float[] values) {
    float min = Float.POSITIVE_INFINITY;
    float max = Float.NEGATIVE_INFINITY;
    for (float value : values) {
      if (!Float.isNaN(value)) {
        min = Math.min(min, value);
        max = Math.max(max, value);
      }
    }
    float[] scaled = new float[values.length];
    for (int i = 0; i < scaled.length; i++) {
      scaled[i] = max > min ? (values[i] - min) / (max - min) : values[i] - min;
    }
    return scaled;
  }
}
