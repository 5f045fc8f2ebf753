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
import io.lancelot.file.BlobDescriptor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Rows as users see them: JSON, which Lance stores in a binary form, as text, with the name that
/// Arrow has for it; descriptors of blobs under no name that promises the bytes.
final class ShownRows implements BatchStream {

  private static final String NAME = "ARROW:extension:name";

  private final BatchStream input;
  private final Schema schema;
  private final Scratch scratch;

  private ShownRows(BatchStream input, Schema schema, Memory memory) {
    this.input = input;
    this.schema = schema;
    scratch = memory.scratch();
  }

  /// The stream itself if it is to be shown as it is.
  static BatchStream of(BatchStream input, Memory memory) {
    List<Field> fields = input.schema().fields();
    List<Field> shown = fields.stream().map(ShownRows::shown).toList();
    return shown.equals(fields)
        ? input
        : new ShownRows(input, new Schema(shown, input.schema().metadata()), memory);
  }

  /// Columns as users see them.
  static Schema of(Schema stored) {
    return new Schema(stored.fields().stream().map(ShownRows::shown).toList(), stored.metadata());
  }

  private static Field shown(Field field) {
    return switch (field.type()) {
      case DataType.Binary _ when Jsonb.isStored(field) -> Jsonb.text(field);
      case DataType.Struct type when type.equals(BlobDescriptor.TYPE) -> {
        Map<String, String> metadata = new LinkedHashMap<>(field.metadata());
        metadata.remove(NAME);
        metadata.put("lance-encoding:blob", "true");
        metadata.put("lance-encoding:packed", "true");
        yield new Field(field.name(), type, field.nullable(), metadata);
      }
      case DataType.Struct(List<Field> fields) ->
          field.withType(new DataType.Struct(fields.stream().map(ShownRows::shown).toList()));
      case DataType.ListOf(Field item, boolean large) ->
          field.withType(new DataType.ListOf(shown(item), large));
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
    if (batch == null) {
      return null;
    }
    List<Column> columns = new ArrayList<>();
    for (int i = 0; i < batch.columns().size(); i++) {
      columns.add(shown(batch.columns().get(i), schema.fields().get(i)));
    }
    return new Batch(schema, batch.rowCount(), columns);
  }

  private Column shown(Column column, Field field) {
    return switch (column) {
      case VarColumn binary when !binary.type().equals(field.type()) ->
          Jsonb.text(binary, field, scratch);
      case StructColumn struct when !struct.type().equals(field.type()) -> {
        var type = (DataType.Struct) field.type();
        List<Column> children = new ArrayList<>();
        for (int i = 0; i < struct.children().size(); i++) {
          children.add(shown(struct.children().get(i), type.fields().get(i)));
        }
        yield new StructColumn(type, struct.length(), children, struct.validity());
      }
      case ListColumn list when field.type() instanceof DataType.ListOf(Field item, _) ->
          new ListColumn(
              field.type(),
              list.length(),
              list.offsets(),
              shown(list.items(), item),
              list.validity());
      default -> column;
    };
  }

  @Override
  public void close() {
    input.close();
    scratch.close();
  }
}
