package io.lancelot.engine;

import io.lancelot.base.InvalidInputException;
import io.lancelot.base.Scratch;
import io.lancelot.columnar.Batch;
import io.lancelot.columnar.BatchStream;
import io.lancelot.columnar.Batches;
import io.lancelot.columnar.Bits;
import io.lancelot.columnar.BoolColumn;
import io.lancelot.columnar.Column;
import io.lancelot.columnar.Columns;
import io.lancelot.columnar.DataType;
import io.lancelot.columnar.DictionaryColumn;
import io.lancelot.columnar.Field;
import io.lancelot.columnar.FixedColumn;
import io.lancelot.columnar.FixedListColumn;
import io.lancelot.columnar.ListColumn;
import io.lancelot.columnar.NullColumn;
import io.lancelot.columnar.Schema;
import io.lancelot.columnar.StructColumn;
import io.lancelot.columnar.VarColumn;
import io.lancelot.file.LanceField;
import io.lancelot.file.LanceSchema;
import io.lancelot.table.Fragment;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// New columns for every physical row of one fragment, as its new data file has them. Values are
/// made for live rows only; deleted rows get some value that nobody will see.
final class NewColumnRows implements BatchStream {

  private final Execution execution;
  private final ColumnMaker maker;
  private final LanceSchema columns;
  private final Schema schema;
  private final List<String> enclosing;
  private final ColumnsOfFragment reader;
  private final Scratch scratch;
  private final int batchRows;
  private long position;

  /// @param columns the new fields; one inside structs stands under fields of their names, each
  ///   with that one child
  NewColumnRows(
      Execution execution,
      Fragment fragment,
      ColumnMaker maker,
      LanceSchema columns,
      int batchRows) {
    this.execution = execution;
    this.maker = maker;
    this.columns = columns;
    this.schema = Schema.of(columns.arrow().fields());
    this.enclosing =
        columns.fields().stream()
            .map(LanceField::name)
            .filter(name -> enclosed(execution, columns, name))
            .toList();
    List<String> names = new ArrayList<>(maker.inputs());
    names.addAll(enclosing);
    this.reader = new ColumnsOfFragment(execution, fragment, names);
    this.scratch = execution.context().memory().scratch();
    this.batchRows = reader.rowsPerRead(batchRows);
  }

  private static boolean enclosed(Execution execution, LanceSchema columns, String name) {
    int id = columns.field(name).orElseThrow().id();
    return execution.snapshot().schema().fields().stream().anyMatch(field -> field.id() == id);
  }

  @Override
  public Schema schema() {
    return schema;
  }

  @Override
  public @Nullable Batch next() {
    int count = (int) Math.min(batchRows, reader.physicalRows() - position);
    if (count == 0) {
      return null;
    }
    scratch.reset();
    Bits live = Selection.live(reader.reader().deletions(), position, count, scratch);
    List<Column> made = live == null ? all(position, count) : some(position, count, live);
    List<Column> placed = new ArrayList<>();
    for (int i = 0; i < made.size(); i++) {
      LanceField field = columns.fields().get(i);
      Column column = made.get(i);
      if (enclosing.contains(field.name())) {
        Batch outer = reader.read(List.of(field.name()), position, count, scratch);
        column = wrap(field, outer.column(0), column);
      }
      placed.add(column);
    }
    position += count;
    return new Batch(schema, count, placed);
  }

  /// A value inside the structs that it belongs to, which are null where they were.
  private static Column wrap(LanceField field, Column outer, Column value) {
    if (!(outer instanceof StructColumn struct)
        || !(field.type() instanceof DataType.Struct type)) {
      return value;
    }
    LanceField child = field.children().getFirst();
    int at = struct.type().fields().stream().map(Field::name).toList().indexOf(child.name());
    Column inner = at < 0 ? value : wrap(child, struct.children().get(at), value);
    return new StructColumn(type, struct.length(), List.of(inner), struct.validity());
  }

  private List<Column> all(long first, int count) {
    return made(reader.read(maker.inputs(), first, count, scratch), count);
  }

  private List<Column> made(Batch batch, int count) {
    List<Column> made = maker.make(batch, scratch);
    for (Column column : made) {
      if (column.length() != count) {
        throw new InvalidInputException(
            "new column: expected=" + count + " rows, found=" + column.length());
      }
    }
    return made;
  }

  private List<Column> some(long first, int count, Bits live) {
    int[] rows = new int[count];
    int kept = Selection.of(live, rows);
    if (kept == 0) {
      List<Column> none = new ArrayList<>();
      for (LanceField field : columns.fields()) {
        none.add(filler(newField(field), count));
      }
      return none;
    }
    Batch range = reader.read(maker.inputs(), first, count, scratch);
    List<Column> made = made(Batches.gather(range, rows, kept, scratch), kept);
    int[] places = new int[count];
    for (int i = 0; i < kept; i++) {
      places[rows[i]] = i;
    }
    return made.stream().map(column -> Columns.gather(column, places, count, scratch)).toList();
  }

  /// The new field itself, below those that it lies in.
  private LanceField newField(LanceField field) {
    boolean outer =
        execution.snapshot().schema().fields().stream().anyMatch(top -> contains(top, field.id()));
    return outer ? newField(field.children().getFirst()) : field;
  }

  private static boolean contains(LanceField field, int id) {
    boolean[] found = {false};
    field.forEach(part -> found[0] |= part.id() == id);
    return found[0];
  }

  /// Values for rows that are all deleted: nulls, unmarked where there must not be any.
  private Column filler(LanceField field, int count) {
    Column nulls = Columns.nulls(field.type(), count, scratch);
    return field.field().nullable() ? nulls : unmarked(nulls);
  }

  private static Column unmarked(Column column) {
    return switch (column) {
      case NullColumn none -> none;
      case BoolColumn bool -> new BoolColumn(bool.values(), null);
      case FixedColumn fixed -> new FixedColumn(fixed.type(), fixed.length(), fixed.data(), null);
      case VarColumn var ->
          new VarColumn(var.type(), var.length(), var.offsets(), var.data(), null);
      case ListColumn list ->
          new ListColumn(list.type(), list.length(), list.offsets(), list.items(), null);
      case FixedListColumn list ->
          new FixedListColumn(list.type(), list.length(), unmarked(list.items()), null);
      case StructColumn struct ->
          new StructColumn(
              struct.type(),
              struct.length(),
              struct.children().stream().map(NewColumnRows::unmarked).toList(),
              null);
      case DictionaryColumn dictionary -> dictionary;
    };
  }

  @Override
  public void close() {
    reader.close();
    scratch.close();
  }
}
