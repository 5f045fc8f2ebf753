package io.lancelot;

import io.lancelot.base.Memory;
import io.lancelot.base.Scratch;
import io.lancelot.columnar.Batch;
import io.lancelot.columnar.BatchStream;
import io.lancelot.columnar.Column;
import io.lancelot.columnar.DataType;
import io.lancelot.columnar.Field;
import io.lancelot.columnar.Jsonb;
import io.lancelot.columnar.ListColumn;
import io.lancelot.columnar.Schema;
import io.lancelot.columnar.StructColumn;
import io.lancelot.columnar.VarColumn;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Rows of users as tables store them, the other way round than [ShownRows]: JSON in its binary
/// form. Text is JSON where Arrow's name for it says so, or the table's column is.
///
/// Format: lance-format section 1.6.
final class StoredRows implements BatchStream {

  private final BatchStream input;
  private final Schema schema;
  private final boolean same;
  private final Scratch scratch;

  private StoredRows(BatchStream input, Schema schema, Memory memory) {
    this.input = input;
    this.schema = schema;
    same = schema == input.schema();
    scratch = memory.scratch();
  }

  /// Rows that are the given ones if they are to be stored as they are. To be closed before these.
  ///
  /// @param table where it goes, without columns if that is decided by the rows
  static BatchStream of(BatchStream input, Schema table, Memory memory) {
    Schema given = input.schema();
    List<Field> stored = given.fields().stream().map(f -> stored(f, table.fields())).toList();
    return new StoredRows(
        input,
        stored.equals(given.fields()) ? given : new Schema(stored, given.metadata()),
        memory);
  }

  private static Field stored(Field field, List<Field> table) {
    Field there =
        table.stream().filter(f -> f.name().equals(field.name())).findFirst().orElse(field);
    return switch (field.type()) {
      case DataType.Utf8 _ when Jsonb.isText(field) || Jsonb.isStored(there) -> Jsonb.stored(field);
      case DataType.Struct(List<Field> fields) -> {
        List<Field> children =
            there.type() instanceof DataType.Struct(List<Field> known) ? known : List.of();
        yield field.withType(
            new DataType.Struct(fields.stream().map(f -> stored(f, children)).toList()));
      }
      case DataType.ListOf(Field item, boolean large) -> {
        List<Field> items =
            there.type() instanceof DataType.ListOf(Field known, _)
                ? List.of(known.withName(item.name()))
                : List.of();
        yield field.withType(new DataType.ListOf(stored(item, items), large));
      }
      default -> field;
    };
  }

  @Override
  public Schema schema() {
    return schema;
  }

  @Override
  public @Nullable Batch next() {
    scratch.reset();
    Batch batch = input.next();
    if (batch == null || same) {
      return batch;
    }
    List<Column> columns = new ArrayList<>();
    for (int i = 0; i < batch.columns().size(); i++) {
      columns.add(stored(batch.columns().get(i), schema.fields().get(i)));
    }
    return new Batch(schema, batch.rowCount(), columns);
  }

  private Column stored(Column column, Field field) {
    return switch (column) {
      case VarColumn text when !text.type().equals(field.type()) ->
          Jsonb.stored(text, field, scratch);
      case StructColumn struct when !struct.type().equals(field.type()) -> {
        var type = (DataType.Struct) field.type();
        List<Column> children = new ArrayList<>();
        for (int i = 0; i < struct.children().size(); i++) {
          children.add(stored(struct.children().get(i), type.fields().get(i)));
        }
        yield new StructColumn(type, struct.length(), children, struct.validity());
      }
      case ListColumn list when field.type() instanceof DataType.ListOf(Field item, _) ->
          new ListColumn(
              field.type(),
              list.length(),
              list.offsets(),
              stored(list.items(), item),
              list.validity());
      default -> column;
    };
  }

  /// The rows it was made of stay open.
  @Override
  public void close() {
    scratch.close();
  }
}
