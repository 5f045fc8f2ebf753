package io.lancelot.expr;

import io.lancelot.columnar.Bits;
import io.lancelot.columnar.FixedColumn;
import java.lang.foreign.MemorySegment;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// Collects the rows of a frame whose value could not be computed, with the reason of the first.
final class FailedRows {

  private final Frame frame;
  private @Nullable MemorySegment rows;
  private String message = "";

  FailedRows(Frame frame) {
    this.frame = frame;
  }

  void add(int row, Supplier<String> reason) {
    if (rows == null) {
      rows = frame.words();
      rows.fill((byte) 0);
      message = reason.get();
    }
    long at = (long) (row >>> 6) << 3;
    rows.set(FixedColumn.LONG, at, rows.get(FixedColumn.LONG, at) | 1L << row);
  }

  void report() {
    if (rows != null) {
      frame.fail(Bits.of(rows, frame.rows), message);
    }
  }
}
