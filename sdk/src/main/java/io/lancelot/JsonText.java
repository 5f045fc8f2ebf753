package io.lancelot;

import io.lancelot.base.CorruptDataException;
import io.lancelot.base.Memory;
import io.lancelot.base.Scratch;
import io.lancelot.columnar.Batch;
import io.lancelot.columnar.BatchStream;
import io.lancelot.columnar.Column;
import io.lancelot.columnar.ColumnBuilder;
import io.lancelot.columnar.DataType;
import io.lancelot.columnar.Field;
import io.lancelot.columnar.Jsonb;
import io.lancelot.columnar.Schema;
import io.lancelot.columnar.Types;
import io.lancelot.columnar.VarColumn;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Rows as users see them: JSON, which Lance stores in a binary form, as text, with the name that
/// Arrow has for it.
final class JsonText implements BatchStream {

  private static final String NAME = "ARROW:extension:name";

  private final BatchStream input;
  private final Schema schema;
  private final Scratch scratch;

  private JsonText(BatchStream input, Schema schema, Memory memory) {
    this.input = input;
    this.schema = schema;
    scratch = memory.scratch();
  }

  /// The stream itself if it has no JSON.
  static BatchStream of(BatchStream input, Memory memory) {
    List<Field> fields = input.schema().fields();
    if (fields.stream().noneMatch(JsonText::isJson)) {
      return input;
    }
    List<Field> shown = new ArrayList<>();
    for (Field field : fields) {
      shown.add(isJson(field) ? shown(field) : field);
    }
    return new JsonText(input, new Schema(shown, input.schema().metadata()), memory);
  }

  private static boolean isJson(Field field) {
    String name = field.metadata().getOrDefault(NAME, "");
    // Releases around 0.39 kept Arrow's name for the binary form.
    return field.type() instanceof DataType.Binary
        && (name.equals("lance.json") || name.equals("arrow.json"));
  }

  private static Field shown(Field field) {
    Map<String, String> metadata = new LinkedHashMap<>(field.metadata());
    metadata.put(NAME, "arrow.json");
    return new Field(field.name(), Types.UTF8, field.nullable(), metadata);
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
      Field field = batch.schema().fields().get(i);
      Column column = batch.columns().get(i);
      columns.add(isJson(field) ? text((VarColumn) column, field.name()) : column);
    }
    return new Batch(schema, batch.rowCount(), columns);
  }

  private Column text(VarColumn column, String name) {
    ColumnBuilder texts = ColumnBuilder.of(Types.UTF8, scratch);
    for (int i = 0; i < column.length(); i++) {
      try {
        texts.append(column.isNull(i) ? null : Jsonb.text(column.bytesAt(i)));
      } catch (CorruptDataException e) {
        throw new CorruptDataException(e.getMessage() + " (column=" + name + ")", e);
      }
    }
    return texts.build();
  }

  @Override
  public void close() {
    input.close();
    scratch.close();
  }
}
