package io.lancelot.kernels;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// Distances of rows that hold several vectors each, from a query of several vectors (late
/// interaction): the sum, over the query's vectors, of the distance of that vector of the row which
/// is nearest to it.
///
/// Not a number for rows that have no vector, and where no vector of the row can be compared with
/// one of the query's. Holds scratch arrays, so it serves one thread.
///
/// Format: `multivec_distance` of the real Lance, which compares null vectors too, by whatever
/// stands in their place; here they are left out.
public final class MaxSim {

  private final Kernels kernels;
  private final List<QueryVector> query;

  /// The vectors of some rows that are compared at once, and for each of these rows where its own
  /// end.
  private int[] vectors = new int[Kernels.BLOCK];

  private final int[] rowEnds = new int[Kernels.BLOCK];
  private float[] distances = new float[Kernels.BLOCK];

  /// @param query one or more vectors, of the same metric, type and dimension
  public MaxSim(Kernels kernels, List<QueryVector> query) {
    this.kernels = kernels;
    this.query = List.copyOf(query);
  }

  /// Writes the distances of some rows to the beginning of `out`. The vectors of row `i` are those
  /// from `starts[i]` (inclusive) to `ends[i]` (exclusive) of `data`.
  ///
  /// @param whole vectors whose bit is zero are left out; null if there are none
  /// @throws IndexOutOfBoundsException if a row lies beyond `data`
  public void distances(
      MemorySegment data, @Nullable Bits whole, int[] starts, int[] ends, int count, float[] out) {
    Objects.checkFromIndexSize(
        0, count, Math.min(starts.length, Math.min(ends.length, out.length)));
    for (int first = 0; first < count; ) {
      int rows = 0;
      int size = 0;
      int last = 0;
      while (first + rows < count && rows < rowEnds.length) {
        int start = starts[first + rows];
        int end = ends[first + rows];
        Objects.checkFromToIndex(start, end, Integer.MAX_VALUE);
        if (rows > 0 && size + (end - start) > Kernels.BLOCK) {
          break;
        }
        size = gather(whole, start, end, size);
        last = Math.max(last, end);
        rowEnds[rows++] = size;
      }
      if (size > 0) {
        Kernels.checkData(query.getFirst(), data, last);
      }
      compare(data, size, rows, first, out);
      first += rows;
    }
  }

  /// Adds a row's vectors to those to be compared; returns how many these are then.
  private int gather(@Nullable Bits whole, int start, int end, int before) {
    if (before + (end - start) > vectors.length) {
      vectors = Arrays.copyOf(vectors, before + (end - start));
      distances = new float[vectors.length];
    }
    int size = before;
    for (int i = start; i < end; i++) {
      if (whole == null || (whole.word(i) & 1) != 0) {
        vectors[size++] = i;
      }
    }
    return size;
  }

  private void compare(MemorySegment data, int size, int rows, int first, float[] out) {
    Arrays.fill(out, first, first + rows, 0);
    for (int q = 0; q < query.size(); q++) {
      if (size > 0) {
        kernels.compute(query.get(q), data, 0, vectors, size, distances);
      }
      int at = 0;
      for (int row = 0; row < rows; row++) {
        float nearest = Float.NaN;
        for (; at < rowEnds[row]; at++) {
          float distance = distances[at];
          // What is not a number is no less than another, and gives way to one.
          if (distance < nearest || Float.isNaN(nearest)) {
            nearest = distance;
          }
        }
        out[first + row] += nearest;
      }
    }
  }
}
