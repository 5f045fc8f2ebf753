package io.lancelot.expr;

import io.lancelot.columnar.Bits;
import io.lancelot.columnar.FixedColumn;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/// What a predicate says of every row of a batch.
///
/// @param value 1 = true; means nothing where not valid or failed
/// @param valid 0 = unknown; null if nothing is unknown
/// @param failed rows whose truth could not be computed; null if there are none
record Truth(Bits value, @Nullable Bits valid, @Nullable Bits failed) {

  static Truth unknown(Frame frame) {
    Bits none = frame.constant(false);
    return new Truth(none, none, null);
  }

  long validWord(int row) {
    return valid == null ? -1L : valid.word(row);
  }

  long failedWord(int row) {
    return failed == null ? 0L : failed.word(row);
  }

  /// Unknown taken as false.
  Truth settled(Frame frame) {
    if (valid == null) {
      return this;
    }
    MemorySegment out = frame.words();
    for (int i = 0; i < frame.rows; i += 64) {
      out.set(FixedColumn.LONG, i >>> 3, value.word(i) & valid.word(i));
    }
    return new Truth(Bits.of(out, frame.rows), null, failed);
  }

  /// Whether every row is `what`, without unknowns and failures.
  boolean isAll(boolean what) {
    if (failed != null) {
      return false;
    }
    int rows = value.length();
    for (int i = 0; i < rows; i += 64) {
      long all = rows - i >= 64 ? -1L : (1L << (rows - i)) - 1;
      if ((value.word(i) & all) != (what ? all : 0) || (validWord(i) & all) != all) {
        return false;
      }
    }
    return true;
  }

  Truth negated(Frame frame) {
    MemorySegment out = frame.words();
    for (int i = 0; i < frame.rows; i += 64) {
      out.set(FixedColumn.LONG, i >>> 3, ~value.word(i));
    }
    return new Truth(Bits.of(out, frame.rows), valid, failed);
  }

  /// Three-valued AND or OR. A side that decides a row decides it also where the other side failed.
  ///
  /// @param decider the value that decides: false for AND, true for OR
  static Truth combine(Truth a, Truth b, boolean decider, Frame frame) {
    long flip = decider ? 0 : -1L;
    boolean valid = a.valid != null || b.valid != null;
    boolean failed = a.failed != null || b.failed != null;
    MemorySegment values = frame.words();
    MemorySegment valids = valid ? frame.words() : MemorySegment.NULL;
    MemorySegment faileds = failed ? frame.words() : MemorySegment.NULL;
    for (int i = 0; i < frame.rows; i += 64) {
      int at = i >>> 3;
      long x = a.value.word(i);
      long y = b.value.word(i);
      if (!valid && !failed) {
        values.set(FixedColumn.LONG, at, decider ? x | y : x & y);
        continue;
      }
      long fx = a.failedWord(i);
      long fy = b.failedWord(i);
      long vx = a.validWord(i) & ~fx;
      long vy = b.validWord(i) & ~fy;
      long decided = ((x ^ flip) & vx) | ((y ^ flip) & vy);
      values.set(FixedColumn.LONG, at, decider ? decided : ~decided);
      if (valid) {
        valids.set(FixedColumn.LONG, at, decided | (vx & vy));
      }
      if (failed) {
        faileds.set(FixedColumn.LONG, at, (fx | fy) & ~decided);
      }
    }
    return new Truth(
        Bits.of(values, frame.rows),
        valid ? Bits.of(valids, frame.rows) : null,
        failed ? Bits.of(faileds, frame.rows) : null);
  }
}
