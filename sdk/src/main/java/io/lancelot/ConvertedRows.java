package io.lancelot;

import io.lancelot.base.Memory;
import io.lancelot.base.Scratch;
import io.lancelot.columnar.Batch;
import io.lancelot.columnar.BatchStream;
import io.lancelot.columnar.Column;
import io.lancelot.columnar.DataType;
import io.lancelot.columnar.Field;
import io.lancelot.columnar.ListColumn;
import io.lancelot.columnar.Schema;
import io.lancelot.columnar.StructColumn;
import io.lancelot.columnar.VarColumn;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Rows with text or bytes of some columns in another form, inside structs and lists too.
final class ConvertedRows implements BatchStream {

  /// Makes the values of one column into those of a field of another type.
  interface Form {
    Column of(VarColumn values, Field field, Scratch scratch);
  }

  private final BatchStream input;
  private final Schema schema;
  private final Form form;
  private final Scratch scratch;

  private ConvertedRows(BatchStream input, Schema schema, Form form, Memory memory) {
    this.input = input;
    this.schema = schema;
    this.form = form;
    scratch = memory.scratch();
  }

  /// The stream itself if no field changes.
  ///
  /// @param fields as the rows come, each in its new form or as it is
  static BatchStream of(BatchStream input, List<Field> fields, Form form, Memory memory) {
    Schema given = input.schema();
    return fields.equals(given.fields())
        ? input
        : new ConvertedRows(input, new Schema(fields, given.metadata()), form, memory);
  }

  @Override
  public Schema schema() {
    return schema;
  }

  @Override
  public @Nullable Batch next() {
    scratch.reset();
    Batch batch = input.next();
    if (batch == null) {
      return null;
    }
    List<Column> columns = new ArrayList<>();
    for (int i = 0; i < batch.columns().size(); i++) {
      columns.add(converted(batch.columns().get(i), schema.fields().get(i)));
    }
    return new Batch(schema, batch.rowCount(), columns);
  }

  private Column converted(Column column, Field field) {
    return switch (column) {
      case VarColumn values when !values.type().equals(field.type()) ->
          form.of(values, field, scratch);
      case StructColumn struct when !struct.type().equals(field.type()) -> {
        var type = (DataType.Struct) field.type();
        List<Column> children = new ArrayList<>();
        for (int i = 0; i < struct.children().size(); i++) {
          children.add(converted(struct.children().get(i), type.fields().get(i)));
        }
        yield new StructColumn(type, struct.length(), children, struct.validity());
      }
      case ListColumn list when field.type() instanceof DataType.ListOf(Field item, _) ->
          new ListColumn(
              field.type(),
              list.length(),
              list.offsets(),
              converted(list.items(), item),
              list.validity());
      default -> column;
    };
  }

  @Override
  public void close() {
    try (input) {
      scratch.close();
    }
  }
}
