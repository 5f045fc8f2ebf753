package io.lancelot.engine;

import io.lancelot.base.InvalidInputException;
import io.lancelot.kernels.Metric;
import java.util.List;
import java.util.Optional;

/// A search for the rows whose vectors are nearest to given ones.
///
/// @param column the vector column; empty if the table has only one
/// @param vectors one or more queries; with more than one the result carries `query_index`
/// @param metric how distance is measured
/// @param lower only rows at this distance or farther; NaN for no bound
/// @param upper only rows nearer than this; NaN for no bound
public record Nearest(
    Optional<String> column, List<double[]> vectors, Metric metric, float lower, float upper) {

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
