package io.lancelot.engine;

import io.lancelot.base.CorruptDataException;
import io.lancelot.columnar.Batch;
import io.lancelot.columnar.BatchStream;
import io.lancelot.columnar.Values;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Compares the rows of two streams, one by one.
final class SameRows {

  private final BatchStream stream;
  private @Nullable Batch batch;
  private int next;

  private SameRows(BatchStream stream) {
    this.stream = stream;
  }

  /// @param plan of the first stream, for the message
  /// @return how many rows both have
  /// @throws CorruptDataException if they differ
  static long compare(BatchStream planned, BatchStream scanned, String plan) {
    SameRows ours = new SameRows(planned);
    SameRows truth = new SameRows(scanned);
    for (long row = 0; ; row++) {
      List<@Nullable Object> found = ours.row();
      List<@Nullable Object> expected = truth.row();
      if (found == null && expected == null) {
        return row;
      }
      if (found == null || !found.equals(expected)) {
        throw new CorruptDataException(
            "query with indices, row "
                + row
                + ": expected="
                + expected
                + " as without them, found="
                + found
                + " (plan="
                + plan.strip()
                + ")");
      }
    }
  }

  /// The next row; null at the end.
  private @Nullable List<@Nullable Object> row() {
    Batch current = batch;
    while (current == null || next == current.rowCount()) {
      current = stream.next();
      batch = current;
      next = 0;
      if (current == null) {
        return null;
      }
    }
    List<@Nullable Object> row = new ArrayList<>();
    for (int i = 0; i < current.columns().size(); i++) {
      row.add(Values.key(current.column(i), next));
    }
    next++;
    return row;
  }
}
