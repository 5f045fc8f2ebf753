package io.lancelot.expr;

import io.lancelot.base.InvalidInputException;
import io.lancelot.columnar.Batch;
import io.lancelot.columnar.Bits;
import io.lancelot.columnar.BoolColumn;
import io.lancelot.columnar.Column;
import io.lancelot.columnar.ColumnBuilder;
import io.lancelot.columnar.Columns;
import io.lancelot.columnar.DataType;
import io.lancelot.columnar.DictionaryColumn;
import io.lancelot.columnar.Field;
import io.lancelot.columnar.FixedColumn;
import io.lancelot.columnar.FixedListColumn;
import io.lancelot.columnar.ListColumn;
import io.lancelot.columnar.NullColumn;
import io.lancelot.columnar.StructColumn;
import io.lancelot.columnar.Types;
import io.lancelot.columnar.VarColumn;
import java.math.BigDecimal;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A computed value bound to a schema: gives a column for a batch.
sealed interface Value
    permits Value.Path,
        Value.Constant,
        Value.Interval,
        Value.Condition,
        NumberMath,
        Conversion,
        ListConversion,
        FunctionCall {

  DataType type();

  /// The values of every row; those of failed rows mean nothing (see [Frame#fail]).
  Column evaluate(Frame frame);

  int cost();

  boolean isConstant();

  /// The type of the values themselves: that of the entries, for a dictionary.
  default DataType plainType() {
    return type() instanceof DataType.Dictionary(_, DataType value, _) ? value : type();
  }

  /// A dictionary column as a column of its values; any other as it is.
  static Column plain(Column column, Frame frame) {
    if (!(column instanceof DictionaryColumn dictionary)) {
      return column;
    }
    int[] rows = new int[column.length()];
    int count = dictionary.values().length();
    Numbers indices = Numbers.of(dictionary.indices());
    for (int i = 0; i < rows.length; i++) {
      rows[i] = Columns.NO_ROW;
      if (!dictionary.isNull(i)) {
        long index = indices.integer(i);
        rows[i] = index >= 0 && index < count ? (int) index : Columns.NO_ROW;
      }
    }
    return plain(Columns.gather(dictionary.values(), rows, rows.length, frame.scratch), frame);
  }

  /// A column of the batch, or a field inside one.
  record Path(List<String> names, DataType type) implements Value {
    @Override
    public Column evaluate(Frame frame) {
      Batch batch = frame.batch;
      int index = batch.schema().indexOf(names.getFirst());
      if (index < 0) {
        throw new InvalidInputException(
            "column not in the batch: expected="
                + names.getFirst()
                + ", found="
                + batch.schema().names());
      }
      Column column = batch.column(index);
      for (int i = 1; i < names.size(); i++) {
        if (!(column instanceof StructColumn struct)) {
          return new NullColumn(frame.rows);
        }
        Column child = struct.children().get(child(struct.type(), names.get(i)));
        Bits outer = struct.validity();
        column = outer == null ? child : hide(child, outer, frame);
      }
      return column;
    }

    private static int child(DataType.Struct struct, String name) {
      for (int i = 0; i < struct.fields().size(); i++) {
        if (struct.fields().get(i).name().equals(name)) {
          return i;
        }
      }
      throw new InvalidInputException(
          "field not in the batch: expected="
              + name
              + ", found="
              + struct.fields().stream().map(Field::name).toList());
    }

    /// A column whose values are also null where its parent is.
    private static Column hide(Column column, Bits parent, Frame frame) {
      Bits valid = frame.and(column.validity(), parent);
      return switch (column) {
        case NullColumn none -> none;
        case BoolColumn bool -> new BoolColumn(bool.values(), valid);
        case FixedColumn fixed ->
            new FixedColumn(fixed.type(), fixed.length(), fixed.data(), valid);
        case VarColumn var ->
            new VarColumn(var.type(), var.length(), var.offsets(), var.data(), valid);
        case ListColumn list ->
            new ListColumn(list.type(), list.length(), list.offsets(), list.items(), valid);
        case FixedListColumn list ->
            new FixedListColumn(list.type(), list.length(), list.items(), valid);
        case StructColumn struct ->
            new StructColumn(struct.type(), struct.length(), struct.children(), valid);
        case DictionaryColumn dictionary ->
            new DictionaryColumn(
                dictionary.type(),
                (FixedColumn) hide(dictionary.indices(), parent, frame),
                dictionary.values());
      };
    }

    @Override
    public int cost() {
      return 1;
    }

    @Override
    public boolean isConstant() {
      return false;
    }
  }

  /// One value for all rows.
  ///
  /// @param value null, `Boolean`, `BigInteger` (integers), `BigDecimal` (decimals, and floats as
  ///   written), `Double` (computed floats), `String`, `byte[]`, or a `Long` of ticks (temporal)
  record Constant(DataType type, @Nullable Object value) implements Value {
    @Override
    public Column evaluate(Frame frame) {
      if (value == null) {
        return type instanceof DataType.Null
            ? new NullColumn(frame.rows)
            : Columns.nulls(type, frame.rows, frame.scratch);
      }
      Object fitting = value;
      if (type instanceof DataType.Floating && value instanceof BigDecimal decimal) {
        fitting = decimal.doubleValue();
      }
      ColumnBuilder builder = ColumnBuilder.of(storage(type), frame.scratch);
      builder.append(fitting);
      Column one = builder.build();
      if (one instanceof FixedColumn fixed) {
        one = new FixedColumn(type, 1, fixed.data(), null);
      }
      return frame.rows == 1
          ? one
          : Columns.gather(one, new int[frame.rows], frame.rows, frame.scratch);
    }

    /// Temporal constants are held as ticks, which builders take for integers only.
    static DataType storage(DataType type) {
      return switch (type) {
        case DataType.Date _, DataType.Time _, DataType.Timestamp _, DataType.Duration _ ->
            type.byteWidth() == 4 ? Types.INT32 : Types.INT64;
        default -> type;
      };
    }

    @Override
    public int cost() {
      return 0;
    }

    @Override
    public boolean isConstant() {
      return true;
    }
  }

  /// A length of time, in which a month and a day are not always equally long.
  record Interval(long months, long days, long nanos) implements Value {
    @Override
    public DataType type() {
      return new DataType.Duration(DataType.TimeUnit.NANOSECOND);
    }

    long totalNanos() {
      return Math.addExact(Math.multiplyExact(days, 86_400_000_000_000L), nanos);
    }

    /// The same as a duration, which has no months.
    Constant duration() {
      if (months != 0) {
        throw new InvalidInputException(
            "an interval of months has no fixed length: expected=weeks, days, hours or less");
      }
      return new Constant(type(), totalNanos());
    }

    @Override
    public Column evaluate(Frame frame) {
      return duration().evaluate(frame);
    }

    @Override
    public int cost() {
      return 0;
    }

    @Override
    public boolean isConstant() {
      return false;
    }
  }

  /// A condition as a boolean value.
  record Condition(Predicate predicate) implements Value {
    @Override
    public DataType type() {
      return Types.BOOL;
    }

    @Override
    public Column evaluate(Frame frame) {
      Truth truth = predicate.test(frame);
      frame.putFailed(truth.failed());
      return new BoolColumn(truth.value(), truth.valid());
    }

    @Override
    public int cost() {
      return predicate.cost();
    }

    @Override
    public boolean isConstant() {
      return predicate.isConstant();
    }
  }
}
