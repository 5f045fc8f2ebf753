package io.lancelot.expr;

import io.lancelot.base.InvalidInputException;
import io.lancelot.base.Scratch;
import io.lancelot.columnar.Batch;
import io.lancelot.columnar.Bits;
import io.lancelot.columnar.FixedColumn;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// One evaluation: the batch, memory for results, and the rows whose value could not be computed.
///
/// A row that divides by zero is not an error yet. It is one only if the answer depends on it: in
/// `d <> 0 AND n / d > 2` the rows with `d = 0` are decided by the first term, in whatever order
/// the terms are written or run.
final class Frame {

  /// Rows that failed, and why.
  private record Failure(Bits rows, String message) {}

  final Batch batch;
  final Scratch scratch;
  final int rows;
  private final List<Failure> failures = new ArrayList<>();
  private @Nullable Bits pending;

  Frame(Batch batch, Scratch scratch) {
    this.batch = batch;
    this.scratch = scratch;
    this.rows = batch.rowCount();
  }

  /// Number of 64-bit words that hold a bit for each of `rows` rows.
  static int wordCount(int rows) {
    return (rows + 63) >>> 6;
  }

  /// Uninitialised memory for one bit per row.
  MemorySegment words() {
    return words(rows);
  }

  MemorySegment words(int count) {
    return scratch.allocate(wordCount(count) * 8L, 8);
  }

  Bits constant(boolean value) {
    return constant(value, rows);
  }

  Bits constant(boolean value, int count) {
    MemorySegment words = words(count);
    words.fill((byte) (value ? 0xFF : 0));
    return Bits.of(words, count);
  }

  /// Notes that the values of `failed` rows could not be computed.
  void fail(Bits failed, String message) {
    failures.add(new Failure(failed, message));
    pending = or(pending, failed);
  }

  /// The rows noted since the last call, which the caller now accounts for.
  @Nullable Bits takeFailed() {
    Bits taken = pending;
    pending = null;
    return taken;
  }

  /// Gives rows back that [#takeFailed] took.
  void putFailed(@Nullable Bits failed) {
    pending = or(pending, failed);
  }

  /// Ends the evaluation: throws if the answer depends on a row that failed.
  void check(@Nullable Bits failed) {
    if (failed == null || failed.count() == 0) {
      return;
    }
    for (Failure failure : failures) {
      for (int i = 0; i < rows; i += 64) {
        if ((failure.rows().word(i) & failed.word(i)) != 0) {
          throw new InvalidInputException(failure.message());
        }
      }
    }
    throw new IllegalStateException("a row failed without a reason");
  }

  @Nullable Bits or(@Nullable Bits a, @Nullable Bits b) {
    if (a == null || b == null) {
      return a == null ? b : a;
    }
    MemorySegment out = words();
    for (int i = 0; i < rows; i += 64) {
      out.set(FixedColumn.LONG, i >>> 3, a.word(i) | b.word(i));
    }
    return Bits.of(out, rows);
  }

  /// Where both are set; null stands for "everywhere".
  @Nullable Bits and(@Nullable Bits a, @Nullable Bits b) {
    if (a == null || b == null) {
      return a == null ? b : a;
    }
    int count = a.length();
    MemorySegment out = words(count);
    for (int i = 0; i < count; i += 64) {
      out.set(FixedColumn.LONG, i >>> 3, a.word(i) & b.word(i));
    }
    return Bits.of(out, count);
  }
}
