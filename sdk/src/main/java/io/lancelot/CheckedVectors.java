package io.lancelot;

import io.lancelot.base.Context;
import io.lancelot.base.InvalidInputException;
import io.lancelot.base.Scratch;
import io.lancelot.columnar.Batch;
import io.lancelot.columnar.BatchStream;
import io.lancelot.columnar.Bits;
import io.lancelot.columnar.Column;
import io.lancelot.columnar.Columns;
import io.lancelot.columnar.DataType;
import io.lancelot.columnar.Field;
import io.lancelot.columnar.FixedColumn;
import io.lancelot.columnar.FixedListColumn;
import io.lancelot.columnar.ListColumn;
import io.lancelot.columnar.Schema;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Rows on their way into a table, with bad vectors dealt with. Closes its input.
final class CheckedVectors implements BatchStream {

  private final BatchStream input;
  private final BadVectors policy;
  private final Schema schema;
  private final List<Check> checks;
  private final Scratch scratch;
  private long rowsBefore;

  /// @param column position among the input's columns
  private record Check(int column, String name, DataType.FixedSizeList type) {}

  private CheckedVectors(
      BatchStream input, BadVectors policy, Schema schema, List<Check> checks, Context context) {
    this.input = input;
    this.policy = policy;
    this.schema = schema;
    this.checks = checks;
    this.scratch = context.memory().scratch();
  }

  /// @param table the schema of the table the rows go to; empty if they make a new one
  /// @return the input itself if it has no vectors
  static BatchStream of(
      BatchStream input, Optional<Schema> table, BadVectors policy, Context context) {
    List<Check> checks = new ArrayList<>();
    List<Field> fields = new ArrayList<>(input.schema().fields());
    for (int i = 0; i < fields.size(); i++) {
      Field field = fields.get(i);
      DataType target =
          table.flatMap(schema -> schema.field(field.name())).map(Field::type).orElse(field.type());
      if (policy.concerns(field.name())
          && target instanceof DataType.FixedSizeList vector
          && vector.item().type() instanceof DataType.Floating
          && fits(field.type(), vector)) {
        checks.add(new Check(i, field.name(), vector));
        fields.set(i, field.withType(vector));
      }
    }
    return checks.isEmpty()
        ? input
        : new CheckedVectors(
            input, policy, new Schema(fields, input.schema().metadata()), checks, context);
  }

  /// Whether the numbers are of the same width, in lists of whatever length.
  private static boolean fits(DataType given, DataType.FixedSizeList vector) {
    DataType items = vector.item().type();
    return switch (given) {
      case DataType.FixedSizeList(Field item, int _) -> item.type().equals(items);
      case DataType.ListOf(Field item, boolean _) -> item.type().equals(items);
      default -> false;
    };
  }

  @Override
  public Schema schema() {
    return schema;
  }

  @Override
  public @Nullable Batch next() {
    Batch batch = input.next();
    if (batch == null) {
      return null;
    }
    scratch.reset();
    List<Column> columns = new ArrayList<>(batch.columns());
    boolean[] dropped = new boolean[batch.rowCount()];
    for (Check check : checks) {
      columns.set(check.column(), checked(check, batch.column(check.column()), dropped));
    }
    rowsBefore += batch.rowCount();
    Batch whole = new Batch(schema, batch.rowCount(), columns);
    return policy.policy() == BadVectors.Policy.DROP ? keep(whole, dropped) : whole;
  }

  private Batch keep(Batch batch, boolean[] dropped) {
    int[] rows = new int[dropped.length];
    int kept = 0;
    for (int row = 0; row < dropped.length; row++) {
      if (!dropped[row]) {
        rows[kept++] = row;
      }
    }
    if (kept == dropped.length) {
      return batch;
    }
    int count = kept;
    return new Batch(
        schema,
        count,
        batch.columns().stream()
            .map(column -> Columns.gather(column, rows, count, scratch))
            .toList());
  }

  private Column checked(Check check, Column column, boolean[] dropped) {
    Lists lists = Lists.of(column);
    int dim = check.type().size();
    boolean[] bad = new boolean[column.length()];
    boolean any = !(column instanceof FixedListColumn list) || list.size() != dim;
    for (int row = 0; row < bad.length; row++) {
      boolean absent = column.isNull(row);
      if (absent) {
        bad[row] = policy.policy() != BadVectors.Policy.ERROR;
      } else if (lists.length(row) != dim || lists.hasNaN(row)) {
        if (policy.policy() == BadVectors.Policy.ERROR) {
          throw refused(check, lists, row);
        }
        bad[row] = true;
      }
      any |= bad[row];
    }
    if (!any) {
      return column;
    }
    return switch (policy.policy()) {
      case DROP -> {
        for (int row = 0; row < bad.length; row++) {
          dropped[row] |= bad[row];
        }
        yield rebuilt(check, column, lists, bad);
      }
      case ERROR, FILL, NULL -> rebuilt(check, column, lists, bad);
    };
  }

  private InvalidInputException refused(Check check, Lists lists, int row) {
    String found =
        lists.length(row) != check.type().size()
            ? lists.length(row) + " numbers"
            : "not-a-number in it";
    return new InvalidInputException(
        "bad vector: expected="
            + check.type().size()
            + " numbers, found="
            + found
            + " (row="
            + (rowsBefore + row)
            + ", column="
            + check.name()
            + "); drop, fill or null bad vectors to add the other rows");
  }

  /// The column as vectors of the right length.
  private Column rebuilt(Check check, Column column, Lists lists, boolean[] bad) {
    int dim = check.type().size();
    DataType item = check.type().item().type();
    int width = item.byteWidth();
    int rows = column.length();
    boolean fill = policy.policy() == BadVectors.Policy.FILL;
    MemorySegment data = scratch.allocateBytes((long) rows * dim * width);
    MemorySegment valid = scratch.allocateBytes((rows + 63L) / 64 * 8);
    valid.fill((byte) 0);
    for (int row = 0; row < rows; row++) {
      boolean absent = column.isNull(row);
      boolean blank = absent ? !fill : bad[row] && !fill;
      if (!blank) {
        long at = row >>> 3;
        byte before = valid.get(java.lang.foreign.ValueLayout.JAVA_BYTE, at);
        valid.set(java.lang.foreign.ValueLayout.JAVA_BYTE, at, (byte) (before | 1 << (row & 7)));
      }
      int given = absent || blank ? 0 : Math.min(dim, lists.length(row));
      for (int i = 0; i < dim; i++) {
        double value = i < given ? lists.at(row, i) : fill && !blank ? policy.fill() : 0;
        double sound = fill && Double.isNaN(value) ? policy.fill() : value;
        set(data, width, (long) row * dim + i, sound);
      }
    }
    return new FixedListColumn(
        check.type(), rows, new FixedColumn(item, rows * dim, data, null), Bits.of(valid, rows));
  }

  private static void set(MemorySegment data, int width, long index, double value) {
    switch (width) {
      case 2 -> data.set(FixedColumn.SHORT, 2 * index, Float.floatToFloat16((float) value));
      case 4 -> data.set(FixedColumn.FLOAT, 4 * index, (float) value);
      default -> data.set(FixedColumn.DOUBLE, 8 * index, value);
    }
  }

  /// The numbers of lists of either kind. Null items count as not-a-number.
  ///
  /// @param offsets null for lists of a fixed size
  private record Lists(FixedColumn items, int size, @Nullable ListColumn offsets) {

    static Lists of(Column column) {
      return switch (column) {
        case FixedListColumn list -> new Lists((FixedColumn) list.items(), list.size(), null);
        case ListColumn list -> new Lists((FixedColumn) list.items(), 0, list);
        default -> throw new IllegalStateException("not a list: " + column.type().arrowName());
      };
    }

    int first(int row) {
      return offsets == null ? row * size : offsets.offset(row);
    }

    int length(int row) {
      return offsets == null ? size : offsets.offset(row + 1) - offsets.offset(row);
    }

    double at(int row, int i) {
      int index = first(row) + i;
      return items.isNull(index) ? Double.NaN : items.floatingAt(index);
    }

    boolean hasNaN(int row) {
      int from = first(row);
      int to = from + length(row);
      if (items.width() == 4 && items.validity() == null) {
        MemorySegment data = items.data();
        boolean found = false;
        for (int i = from; i < to; i++) {
          found |= Float.isNaN(data.get(FixedColumn.FLOAT, 4L * i));
        }
        return found;
      }
      for (int i = from; i < to; i++) {
        if (items.isNull(i) || Double.isNaN(items.floatingAt(i))) {
          return true;
        }
      }
      return false;
    }
  }

  @Override
  public void close() {
    input.close();
    scratch.close();
  }
}
