package io.lancelot.engine;

import io.lancelot.kernels.Metric;
import io.lancelot.kernels.QueryVector;
import java.util.List;

/// What rows are compared with: a vector, or, where each row holds several, as many vectors as the
/// query has. Then a row's distance is that of late interaction ([io.lancelot.kernels.MaxSim]).
///
/// @param vectors as kernels take them; all of one metric
/// @param numbers the same vectors as they were given
record QueryVectors(List<QueryVector> vectors, List<double[]> numbers) {

  QueryVectors {
    vectors = List.copyOf(vectors);
    numbers = List.copyOf(numbers);
  }

  Metric metric() {
    return vectors.getFirst().metric();
  }
}
