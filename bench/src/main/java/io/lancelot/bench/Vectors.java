package io.lancelot.bench;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Optional;

/// The vector column of a data set, with queries and what their answers should be.
///
/// @param rows float32 vectors end to end
/// @param truth the neighbours that came with the data, if any
record Vectors(
    String column,
    int dim,
    long count,
    MemorySegment rows,
    float[][] queries,
    Optional<Truth> truth) {

  /// Neighbours that came with the data: row numbers, nearest first, `k` for each query.
  record Truth(Similarity similarity, int k, int[] neighbours) {}

  /// The distance of the k-th true neighbour of a query: whatever is not farther is a right answer,
  /// since rows at the same distance may change places.
  double farthest(Similarity similarity, int query, int k) {
    if (truth.isPresent() && truth.get().similarity() == similarity && truth.get().k() >= k) {
      Truth known = truth.get();
      return similarity.distance(
          queries[query], rows, known.neighbours()[query * known.k() + k - 1]);
    }
    double[] all = new double[(int) count];
    for (int row = 0; row < all.length; row++) {
      all[row] = similarity.distance(queries[query], rows, row);
    }
    Arrays.sort(all);
    return all[Math.min(k, all.length) - 1];
  }

  /// The distance of the k-th true neighbour among some rows.
  double farthest(Similarity similarity, int query, int k, BitSet among) {
    double[] all =
        among.stream()
            .mapToDouble(row -> similarity.distance(queries[query], rows, row))
            .sorted()
            .toArray();
    return all[Math.min(k, all.length) - 1];
  }

  /// How many of the rows found are true neighbours. Systems compute in single precision, hence the
  /// tolerance.
  int hits(Similarity similarity, int query, long[] found, double farthest) {
    double bound = farthest + 1e-5 * Math.abs(farthest) + 1e-6;
    return (int)
        Arrays.stream(found)
            .distinct()
            .filter(row -> similarity.distance(queries[query], rows, row) <= bound)
            .count();
  }
}
