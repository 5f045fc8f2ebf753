package io.lancelot.engine;

import io.lancelot.columnar.Bits;
import io.lancelot.columnar.FixedColumn;
import io.lancelot.columnar.ListColumn;
import io.lancelot.kernels.Kernels;
import io.lancelot.kernels.MaxSim;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// The distances of rows from one query, whether a row holds a vector or several. One thread.
final class VectorDistances {

  private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED;

  private final Kernels kernels = Kernels.current();
  private final QueryVectors query;
  private @Nullable MaxSim ofLists;
  private int[] starts = {};
  private int[] ends = {};

  VectorDistances(QueryVectors query) {
    this.query = query;
  }

  /// Writes the distances of `rows[0]` to `rows[count - 1]` to the beginning of `out`: not a number
  /// for rows that have no whole vector.
  void compute(VectorRows vectors, int[] rows, int count, float[] out) {
    ListColumn lists = vectors.lists();
    if (lists != null) {
      compute(lists, vectors, rows, count, out);
      return;
    }
    kernels.distances(query.vectors().getFirst(), vectors.data(), rows, count, out);
    Bits whole = vectors.whole();
    for (int i = 0; whole != null && i < count; i++) {
      out[i] = whole.get(rows[i]) ? out[i] : Float.NaN;
    }
  }

  /// Reads the numbers of a vector; false if it is not whole.
  boolean vector(VectorRows vectors, int row, float[] out) {
    if (vectors.lists() != null || (vectors.whole() != null && !vectors.whole().get(row))) {
      return false;
    }
    long at = (long) row * out.length;
    switch (query.vectors().getFirst().type()) {
      case FLOAT16 -> {
        for (int d = 0; d < out.length; d++) {
          out[d] = Float.float16ToFloat(vectors.data().get(SHORT, 2 * (at + d)));
        }
      }
      case FLOAT32 ->
          MemorySegment.copy(vectors.data(), FixedColumn.FLOAT, 4 * at, out, 0, out.length);
      case FLOAT64 -> {
        for (int d = 0; d < out.length; d++) {
          out[d] = (float) vectors.data().get(FixedColumn.DOUBLE, 8 * (at + d));
        }
      }
      default -> {
        return false;
      }
    }
    return true;
  }

  private void compute(ListColumn lists, VectorRows vectors, int[] rows, int count, float[] out) {
    MaxSim maxSim = ofLists;
    if (maxSim == null) {
      maxSim = new MaxSim(kernels, query.vectors());
      ofLists = maxSim;
    }
    if (starts.length < count) {
      starts = Arrays.copyOf(starts, count);
      ends = Arrays.copyOf(ends, count);
    }
    for (int i = 0; i < count; i++) {
      starts[i] = lists.offset(rows[i]);
      ends[i] = lists.isNull(rows[i]) ? starts[i] : lists.offset(rows[i] + 1);
    }
    maxSim.distances(
        vectors.data(), VectorRows.kernelBits(vectors.whole()), starts, ends, count, out);
  }
}
