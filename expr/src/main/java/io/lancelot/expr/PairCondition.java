package io.lancelot.expr;

import io.lancelot.columnar.Bits;
import io.lancelot.columnar.Column;
import io.lancelot.columnar.FixedColumn;
import io.lancelot.columnar.NullColumn;
import java.lang.foreign.MemorySegment;

/// Compares two computed values row by row; unknown where either is null.
record PairCondition(Expr.Comparison op, Value left, Value right) implements Predicate {

  @Override
  public Truth test(Frame frame) {
    Bits outer = frame.takeFailed();
    Column a = Value.plain(left.evaluate(frame), frame);
    Column b = Value.plain(right.evaluate(frame), frame);
    Bits failed = frame.takeFailed();
    frame.putFailed(outer);
    if (a instanceof NullColumn || b instanceof NullColumn) {
      Bits none = frame.constant(false);
      return new Truth(none, none, failed);
    }
    Bits valid = frame.and(a.validity(), b.validity());
    Order order = Order.between(a, b);
    MemorySegment out = frame.words();
    for (int i = 0; i < frame.rows; i += 64) {
      int count = Math.min(64, frame.rows - i);
      long known = valid == null ? -1L : valid.word(i);
      if (failed != null) {
        known &= ~failed.word(i);
      }
      long less = 0;
      long equal = 0;
      for (int j = 0; j < count; j++) {
        if ((known >>> j & 1) != 0) {
          int found = order.compare(i + j);
          less |= (found < 0 ? 1L : 0L) << j;
          equal |= (found == 0 ? 1L : 0L) << j;
        }
      }
      long word =
          switch (op) {
            case EQ, NOT_DISTINCT -> equal;
            case NE, DISTINCT -> ~equal;
            case LT -> less;
            case LE -> less | equal;
            case GT -> ~(less | equal);
            case GE -> ~less;
          };
      out.set(FixedColumn.LONG, i >>> 3, word);
    }
    return new Truth(Bits.of(out, frame.rows), valid, failed);
  }

  @Override
  public int cost() {
    return left.cost() + right.cost() + 4;
  }

  @Override
  public boolean isConstant() {
    return left.isConstant() && right.isConstant();
  }
}
