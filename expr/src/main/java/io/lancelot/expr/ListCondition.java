package io.lancelot.expr;

import io.lancelot.columnar.Bits;
import io.lancelot.columnar.Column;
import io.lancelot.columnar.FixedColumn;
import io.lancelot.columnar.FixedListColumn;
import io.lancelot.columnar.ListColumn;
import io.lancelot.columnar.NullColumn;
import java.lang.foreign.MemorySegment;

/// Whether any item of a list passes a test; unknown where the list is null. The test runs once
/// over the items of all lists.
record ListCondition(Value operand, ColumnCondition item) implements Predicate {

  @Override
  public Truth test(Frame frame) {
    Bits outer = frame.takeFailed();
    Column column = operand.evaluate(frame);
    Bits failed = frame.takeFailed();
    frame.putFailed(outer);
    Column items =
        switch (column) {
          case ListColumn list -> Value.plain(list.items(), frame);
          case FixedListColumn list -> Value.plain(list.items(), frame);
          default -> new NullColumn(0);
        };
    if (!(column instanceof ListColumn) && !(column instanceof FixedListColumn)) {
      Bits none = frame.constant(false);
      return new Truth(none, none, failed);
    }
    MemorySegment found = frame.words(items.length());
    if (items instanceof NullColumn) {
      found.fill((byte) 0);
    } else {
      item.run(items, found);
    }
    Bits hits = frame.and(Bits.of(found, items.length()), items.validity());
    MemorySegment out = frame.words();
    out.fill((byte) 0);
    for (int i = 0; i < frame.rows; i++) {
      int from = column instanceof ListColumn list ? list.offset(i) : i * size(column);
      int to = column instanceof ListColumn list ? list.offset(i + 1) : (i + 1) * size(column);
      boolean any = false;
      for (int j = from; j < to && !any && hits != null; j++) {
        any = hits.get(j);
      }
      if (any) {
        long at = (long) (i >>> 6) << 3;
        out.set(FixedColumn.LONG, at, out.get(FixedColumn.LONG, at) | 1L << i);
      }
    }
    return new Truth(Bits.of(out, frame.rows), column.validity(), failed);
  }

  private static int size(Column column) {
    return column instanceof FixedListColumn list ? list.size() : 0;
  }

  @Override
  public int cost() {
    return operand.cost() + 10;
  }

  @Override
  public boolean isConstant() {
    return operand.isConstant();
  }
}
