package io.lancelot.expr;

import io.lancelot.columnar.Bits;
import io.lancelot.columnar.Column;
import io.lancelot.columnar.ColumnBuilder;
import io.lancelot.columnar.Columns;
import io.lancelot.columnar.DataType;
import io.lancelot.columnar.FixedColumn;
import io.lancelot.columnar.NullColumn;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A function of values.
sealed interface FunctionCall extends Value permits FunctionCall.PerRow, FunctionCall.Coalesce {

  /// What a function computes for one row, none of whose arguments is null. Takes and gives values
  /// in the form of constants.
  @FunctionalInterface
  interface Body {
    @Nullable Object apply(List<Column> arguments, int row);
  }

  /// A function that is null where an argument is, computed row by row.
  record PerRow(String name, List<Value> arguments, DataType type, Body body)
      implements FunctionCall {

    @Override
    public Column evaluate(Frame frame) {
      List<Column> columns = new ArrayList<>();
      for (Value argument : arguments) {
        Column column = Value.plain(argument.evaluate(frame), frame);
        if (column instanceof NullColumn) {
          return Columns.nulls(type, frame.rows, frame.scratch);
        }
        columns.add(column);
      }
      Bits failed = frame.takeFailed();
      frame.putFailed(failed);
      FailedRows failures = new FailedRows(frame);
      ColumnBuilder builder = ColumnBuilder.of(type, frame.scratch);
      for (int i = 0; i < frame.rows; i++) {
        boolean known = failed == null || !failed.get(i);
        for (int j = 0; j < columns.size() && known; j++) {
          known = !columns.get(j).isNull(i);
        }
        Object value = known ? body.apply(columns, i) : null;
        if (known && value == null) {
          failures.add(i, () -> "overflow in filter: found=" + name + " of a value out of range");
        }
        builder.append(value);
      }
      failures.report();
      return builder.build();
    }

    @Override
    public int cost() {
      return 20 + arguments.stream().mapToInt(Value::cost).sum();
    }

    @Override
    public boolean isConstant() {
      return arguments.stream().allMatch(Value::isConstant);
    }
  }

  /// The first argument that is not null. All arguments have the same type.
  record Coalesce(List<Value> arguments, DataType type) implements FunctionCall {

    @Override
    public Column evaluate(Frame frame) {
      int[] rows = new int[frame.rows];
      java.util.Arrays.fill(rows, Columns.NO_ROW);
      Bits outer = frame.takeFailed();
      Bits failed = null;
      List<Column> columns = new ArrayList<>();
      for (Value argument : arguments) {
        Column column = Value.plain(argument.evaluate(frame), frame);
        if (column instanceof NullColumn) {
          column = Columns.nulls(type, frame.rows, frame.scratch);
        }
        failed = frame.or(failed, open(frame.takeFailed(), rows, frame));
        for (int i = 0; i < frame.rows; i++) {
          if (rows[i] == Columns.NO_ROW && !column.isNull(i)) {
            rows[i] = columns.size() * frame.rows + i;
          }
        }
        columns.add(column);
      }
      frame.putFailed(outer);
      frame.putFailed(failed);
      Column all = Columns.concat(type, columns, frame.scratch);
      return Columns.gather(all, rows, frame.rows, frame.scratch);
    }

    /// Failures count only in rows without a value so far.
    private static @Nullable Bits open(@Nullable Bits failed, int[] rows, Frame frame) {
      if (failed == null) {
        return null;
      }
      MemorySegment out = frame.words();
      out.fill((byte) 0);
      for (int i = 0; i < frame.rows; i++) {
        if (failed.get(i) && rows[i] == Columns.NO_ROW) {
          long at = (long) (i >>> 6) << 3;
          out.set(FixedColumn.LONG, at, out.get(FixedColumn.LONG, at) | 1L << i);
        }
      }
      return Bits.of(out, frame.rows);
    }

    @Override
    public int cost() {
      return 10 + arguments.stream().mapToInt(Value::cost).sum();
    }

    @Override
    public boolean isConstant() {
      return arguments.stream().allMatch(Value::isConstant);
    }
  }
}
