package io.lancelot.engine;

import io.lancelot.base.InvalidInputException;
import io.lancelot.index.ApproxMode;
import io.lancelot.kernels.Metric;
import java.util.List;
import java.util.Optional;

/// A search for the rows whose vectors are nearest to given ones.
///
/// @param column the vector column; empty if the table has only one
/// @param vectors one or more queries; with more than one the result carries `query_index`. In a
///   column whose rows hold lists of vectors they are one query together
/// @param metric how distance is measured; empty for that of the index, or [Metric#L2]
/// @param lower only rows at this distance or farther; NaN for no bound
/// @param upper only rows nearer than this; NaN for no bound
/// @param tuning how an index is searched
public record Nearest(
    Optional<String> column,
    List<double[]> vectors,
    Optional<Metric> metric,
    float lower,
    float upper,
    Tuning tuning) {

  /// How thoroughly an index is searched. Zero leaves a number to the index.
  ///
  /// @param minProbes partitions to look into at the least
  /// @param maxProbes partitions to look into at the most; more only where k rows would be missed
  /// @param ef candidates kept while walking a graph
  /// @param refine rows compared exactly for each row wanted
  /// @param effort from 0, the least number of partitions, to 1, all that may be looked into; NaN
  ///   to leave it to the index, as 0.5 does
  /// @param approximation how closely IVF_RQ looks at rows that may be near
  /// @param fastSearch whether rows that no index covers are left out
  /// @param bypassIndex whether every vector is compared, as if there were no index
  /// @param mostExact rows that may be searched exactly, without an index; 0 for any number
  public record Tuning(
      int minProbes,
      int maxProbes,
      int ef,
      int refine,
      double effort,
      ApproxMode approximation,
      boolean fastSearch,
      boolean bypassIndex,
      long mostExact) {

    /// Everything left to the index.
    public static final Tuning AUTO =
        new Tuning(0, 0, 0, 0, Double.NaN, ApproxMode.NORMAL, false, false, 0);

    public Tuning {
      require("minimum nprobes", minProbes);
      require("maximum nprobes", maxProbes);
      require("ef", ef);
      require("refine factor", refine);
      if (effort < 0 || effort > 1 || Double.isInfinite(effort)) {
        throw new InvalidInputException(
            "search effort: expected=a number from 0 to 1, found=" + effort);
      }
      if (maxProbes > 0 && minProbes > maxProbes) {
        throw new InvalidInputException(
            "minimum nprobes: expected=at most the maximum " + maxProbes + ", found=" + minProbes);
      }
    }

    private static void require(String name, int value) {
      if (value < 0) {
        throw new InvalidInputException(name + ": expected=a positive number, found=" + value);
      }
    }
  }

  public Nearest {
    vectors = List.copyOf(vectors);
    if (vectors.isEmpty()) {
      throw new InvalidInputException("vector search without a vector: expected=at least one");
    }
    if (lower > upper) {
      throw new InvalidInputException(
          "distance range: expected=lower bound first, found=" + lower + ".." + upper);
    }
    for (double[] vector : vectors) {
      for (int i = 0; i < vector.length; i++) {
        if (!Double.isFinite(vector[i])) {
          throw new InvalidInputException(
              "query vector: expected=finite numbers, found="
                  + vector[i]
                  + " (position="
                  + i
                  + ")");
        }
      }
    }
  }
}
