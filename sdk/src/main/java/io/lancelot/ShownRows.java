package io.lancelot;

import io.lancelot.base.Memory;
import io.lancelot.columnar.BatchStream;
import io.lancelot.columnar.DataType;
import io.lancelot.columnar.Field;
import io.lancelot.columnar.Jsonb;
import io.lancelot.columnar.Schema;
import io.lancelot.file.BlobDescriptor;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Rows as users see them: JSON, which Lance stores in a binary form, as text, with the name that
/// Arrow has for it; descriptors of blobs under no name that promises the bytes.
final class ShownRows {

  private static final String NAME = "ARROW:extension:name";

  private ShownRows() {}

  /// The stream itself if it is to be shown as it is.
  static BatchStream of(BatchStream input, Memory memory) {
    List<Field> shown = input.schema().fields().stream().map(ShownRows::shown).toList();
    return ConvertedRows.of(input, shown, Jsonb::text, memory);
  }

  /// What rows of a schema are shown as.
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
}
