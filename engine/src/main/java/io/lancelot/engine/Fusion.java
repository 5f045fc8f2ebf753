package io.lancelot.engine;

import io.lancelot.base.InvalidInputException;

/// How the rows of a vector search and of a text search become one ranking.
public sealed interface Fusion {

  /// What users see in plans.
  String name();

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

  /// Any other way.
  non-sealed interface Custom extends Fusion {
    /// The relevance of each row that either search found; more is better.
    float[] relevance(Candidates candidates);
  }

  /// The rows that either search found.
  ///
  /// @param rows ids, those of the vector search first
  /// @param distances NaN for rows that the vector search did not find
  /// @param scores NaN for rows that the text search did not find
  /// @param vectorRanks from 1; 0 for rows that it did not find
  /// @param textRanks from 1; 0 for rows that it did not find
  record Candidates(
      long[] rows, float[] distances, float[] scores, int[] vectorRanks, int[] textRanks) {}

  /// What distances and scores are before they are combined.
  enum Normalization {
    /// Scaled to 0 to 1.
    SCORE,
    /// Replaced by ranks, and those scaled.
    RANK
  }

  /// How a hybrid search ends.
  ///
  /// @param allScores whether rows carry `_distance` and `_score` besides `_relevance_score`
  record Settings(Fusion fusion, Normalization normalization, boolean allScores) {
    public static final Settings DEFAULT = new Settings(new Rrf(60), Normalization.SCORE, true);
  }

  /// The relevance of each candidate.
  static float[] relevance(Settings settings, Candidates found) {
    int count = found.rows().length;
    float[] relevance = new float[count];
    switch (settings.fusion()) {
      case Rrf(int k) -> {
        for (int i = 0; i < count; i++) {
          double sum = found.vectorRanks()[i] > 0 ? 1.0 / (k + found.vectorRanks()[i]) : 0;
          sum += found.textRanks()[i] > 0 ? 1.0 / (k + found.textRanks()[i]) : 0;
          relevance[i] = (float) sum;
        }
      }
      case Mrr(float vectorWeight, float textWeight) -> {
        for (int i = 0; i < count; i++) {
          float vector = found.vectorRanks()[i] > 0 ? 1f / found.vectorRanks()[i] : 0;
          float text = found.textRanks()[i] > 0 ? 1f / found.textRanks()[i] : 0;
          relevance[i] = vectorWeight * vector + textWeight * text;
        }
      }
      case Linear(float weight, float fill) -> {
        boolean ranks = settings.normalization() == Normalization.RANK;
        float[] distances = scaled(found.distances(), found.vectorRanks(), ranks, false);
        float[] scores = scaled(found.scores(), found.textRanks(), ranks, true);
        for (int i = 0; i < count; i++) {
          float near = 1 - (Float.isNaN(distances[i]) ? fill : distances[i]);
          float text = Float.isNaN(scores[i]) ? 1 - fill : scores[i];
          relevance[i] = weight * near + (1 - weight) * text;
        }
      }
      case Custom custom -> {
        float[] own = custom.relevance(found);
        if (own.length != count) {
          throw new InvalidInputException(
              "reranker: expected=" + count + " scores, found=" + own.length);
        }
        relevance = own;
      }
    }
    return relevance;
  }

  /// Values from 0 to 1; equal ones are all 0. With ranks, the last rank is 0 of text and 1 of
  /// distances.
  private static float[] scaled(float[] values, int[] ranks, boolean byRank, boolean moreIsBetter) {
    float[] out = new float[values.length];
    float min = Float.POSITIVE_INFINITY;
    float max = Float.NEGATIVE_INFINITY;
    int last = 0;
    for (int rank : ranks) {
      last = Math.max(last, rank);
    }
    for (int i = 0; i < values.length; i++) {
      out[i] =
          ranks[i] == 0
              ? Float.NaN
              : byRank ? (moreIsBetter ? last + 1 - ranks[i] : ranks[i]) : values[i];
      if (ranks[i] > 0) {
        min = Math.min(min, out[i]);
        max = Math.max(max, out[i]);
      }
    }
    for (int i = 0; i < out.length; i++) {
      out[i] = max > min ? (out[i] - min) / (max - min) : out[i] - min;
    }
    return out;
  }
}
