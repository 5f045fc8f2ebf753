package io.lancelot.expr;

import io.lancelot.base.InvalidInputException;
import io.lancelot.columnar.Bits;
import io.lancelot.columnar.Column;
import io.lancelot.columnar.ColumnBuilder;
import io.lancelot.columnar.Columns;
import io.lancelot.columnar.DataType;
import io.lancelot.columnar.FixedColumn;
import io.lancelot.columnar.NullColumn;
import java.lang.foreign.MemorySegment;
import java.time.DateTimeException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// A function of values.
sealed interface FunctionCall extends Value
    permits FunctionCall.PerRow, FunctionCall.Scalar, FunctionCall.Choice, FunctionCall.Coalesce {

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

  /// A function of the table, computed row by row.
  record Scalar(FunctionTable.Row function, List<Value> arguments, DataType type)
      implements FunctionCall {

    @Override
    public Column evaluate(Frame frame) {
      List<Column> columns = new ArrayList<>();
      for (Value argument : arguments) {
        columns.add(Value.plain(argument.evaluate(frame), frame));
      }
      FunctionTable.Body body = Objects.requireNonNull(function.body());
      Bits failed = frame.takeFailed();
      frame.putFailed(failed);
      FailedRows failures = new FailedRows(frame);
      DataType storage = Constant.storage(type);
      ColumnBuilder builder = ColumnBuilder.of(storage, frame.scratch);
      Arguments row = new Arguments(columns);
      for (int i = 0; i < frame.rows; i++) {
        row.move(i);
        boolean known = failed == null || !failed.get(i);
        for (int j = 0; j < columns.size() && known && !function.seesNulls(); j++) {
          known = !row.isNull(j);
        }
        try {
          builder.append(known ? body.of(row) : null);
        } catch (ArithmeticException | DateTimeException | InvalidInputException e) {
          failures.add(
              i,
              () ->
                  e instanceof InvalidInputException
                      ? String.valueOf(e.getMessage())
                      : "cannot compute "
                          + function.signature().names().getFirst()
                          + " in filter: "
                          + e.getMessage());
          builder.appendNull();
        }
      }
      failures.report();
      Column built = builder.build();
      return built instanceof FixedColumn fixed && !storage.equals(type)
          ? new FixedColumn(type, fixed.length(), fixed.data(), fixed.validity())
          : built;
    }

    @Override
    public int cost() {
      return 30 + arguments.stream().mapToInt(Value::cost).sum();
    }

    @Override
    public boolean isConstant() {
      return function.steady() && arguments.stream().allMatch(Value::isConstant);
    }
  }

  /// CASE: the value beside the first condition that is true; null if none is. A last condition
  /// that is always true stands for ELSE. All values have the same type.
  record Choice(List<Predicate> conditions, List<Value> values, DataType type)
      implements FunctionCall {

    @Override
    public Column evaluate(Frame frame) {
      int[] rows = new int[frame.rows];
      java.util.Arrays.fill(rows, Columns.NO_ROW);
      Bits outer = frame.takeFailed();
      Bits open = frame.constant(true);
      Bits failed = null;
      List<Column> columns = new ArrayList<>();
      for (int k = 0; k < conditions.size(); k++) {
        Truth truth = conditions.get(k).holds(frame);
        Column column = Value.plain(values.get(k).evaluate(frame), frame);
        Bits broken = frame.takeFailed();
        if (column instanceof NullColumn) {
          column = Columns.nulls(type, frame.rows, frame.scratch);
        }
        MemorySegment still = frame.words();
        MemorySegment wrong = frame.words();
        for (int i = 0; i < frame.rows; i += 64) {
          long undecided = open.word(i);
          long chosen = truth.value().word(i) & ~truth.failedWord(i) & undecided;
          long unknown = truth.failedWord(i) & undecided;
          wrong.set(
              FixedColumn.LONG, i >>> 3, unknown | (broken == null ? 0 : broken.word(i) & chosen));
          still.set(FixedColumn.LONG, i >>> 3, undecided & ~chosen & ~unknown);
          while (chosen != 0) {
            int row = i + Long.numberOfTrailingZeros(chosen);
            chosen &= chosen - 1;
            rows[row] = column.isNull(row) ? Columns.NO_ROW : columns.size() * frame.rows + row;
          }
        }
        open = Bits.of(still, frame.rows);
        failed = frame.or(failed, Bits.of(wrong, frame.rows));
        columns.add(column);
      }
      frame.putFailed(outer);
      frame.putFailed(failed);
      Column all = Columns.concat(type, columns, frame.scratch);
      return Columns.gather(all, rows, frame.rows, frame.scratch);
    }

    @Override
    public int cost() {
      return 10
          + values.stream().mapToInt(Value::cost).sum()
          + conditions.stream().mapToInt(Predicate::cost).sum();
    }

    @Override
    public boolean isConstant() {
      return values.stream().allMatch(Value::isConstant)
          && conditions.stream().allMatch(Predicate::isConstant);
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
