package io.lancelot.engine;

import io.lancelot.base.Scratch;
import io.lancelot.columnar.Batch;
import io.lancelot.columnar.Batches;
import java.util.List;

/// Reads chosen rows of a fragment: one by one where they are few, out of the range they lie in
/// where they are many.
final class RowsByNumber {

  /// Below this share of a range, rows are taken one by one.
  private static final int TAKE_BELOW = 8;

  private RowsByNumber() {}

  /// @param rows ascending
  static Batch read(
      ColumnsOfFragment reader, List<String> columns, long[] rows, int count, Scratch scratch) {
    long span = count == 0 ? 0 : rows[count - 1] - rows[0] + 1;
    if ((long) count * TAKE_BELOW < span) {
      return reader.take(columns, rows, count, scratch);
    }
    Batch range = reader.read(columns, count == 0 ? 0 : rows[0], (int) span, scratch);
    if (span == count) {
      return range;
    }
    int[] picked = new int[count];
    for (int i = 0; i < count; i++) {
      picked[i] = (int) (rows[i] - rows[0]);
    }
    return Batches.gather(range, picked, count, scratch);
  }
}
