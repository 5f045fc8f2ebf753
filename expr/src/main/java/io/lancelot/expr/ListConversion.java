package io.lancelot.expr;

import io.lancelot.columnar.Batch;
import io.lancelot.columnar.Column;
import io.lancelot.columnar.DataType;
import io.lancelot.columnar.Field;
import io.lancelot.columnar.FixedColumn;
import io.lancelot.columnar.FixedListColumn;
import io.lancelot.columnar.ListColumn;
import io.lancelot.columnar.Schema;
import java.lang.foreign.MemorySegment;
import java.util.List;

/// A list as a list of other items. Items are converted together, those of rows that do not count
/// as well, so an item that cannot be converted becomes null.
record ListConversion(Value operand, DataType.ListOf type) implements Value {

  @Override
  public Column evaluate(Frame frame) {
    Column column = Value.plain(operand.evaluate(frame), frame);
    if (column instanceof ListColumn list) {
      int base = list.offset(0);
      MemorySegment offsets = frame.scratch.allocate(4L * (list.length() + 1), 8);
      for (int i = 0; i <= list.length(); i++) {
        offsets.set(FixedColumn.INT, 4L * i, list.offset(i) - base);
      }
      Column items = list.items().slice(base, list.offset(list.length()) - base);
      return new ListColumn(type, list.length(), offsets, converted(items, frame), list.validity());
    }
    if (column instanceof FixedListColumn list) {
      MemorySegment offsets = frame.scratch.allocate(4L * (list.length() + 1), 8);
      for (int i = 0; i <= list.length(); i++) {
        offsets.set(FixedColumn.INT, 4L * i, i * list.size());
      }
      return new ListColumn(
          type, list.length(), offsets, converted(list.items(), frame), list.validity());
    }
    return io.lancelot.columnar.Columns.nulls(type, frame.rows, frame.scratch);
  }

  private Column converted(Column items, Frame frame) {
    Field field = Field.nullable("item", items.type());
    Frame inner =
        new Frame(
            new Batch(Schema.of(List.of(field)), items.length(), List.of(items)), frame.scratch);
    Value item = new Path(List.of("item"), items.type());
    DataType to = type.item().type();
    return Value.plain(
        (item.plainType().equals(to) ? item : new Conversion(item, to, true)).evaluate(inner),
        inner);
  }

  @Override
  public int cost() {
    return operand.cost() + 40;
  }

  @Override
  public boolean isConstant() {
    return operand.isConstant();
  }
}
