package io.lancelot.client;

import io.lancelot.columnar.DataType;
import io.lancelot.columnar.Field;
import io.lancelot.columnar.Schema;
import io.lancelot.file.BlobDescriptor;
import io.lancelot.file.BlobInput;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

/// Columns of blobs as the protocol has them: a schema tells what users give, rows bring
/// descriptors, and only the former bear the name of the extension type, for clients take a column
/// of that name for what users give.
public final class BlobFields {

  private static final String EXTENSION = "ARROW:extension:name";

  private BlobFields() {}

  /// A table's schema as `describe` tells it.
  public static Schema described(Schema schema) {
    return mapped(schema, field -> field.withType(BlobInput.TYPE));
  }

  /// A schema from `describe` as a table has it.
  static Schema known(Schema schema) {
    return mapped(schema, field -> field.withType(BlobDescriptor.TYPE));
  }

  /// The schema of rows as they are sent.
  public static Schema sent(Schema schema) {
    return mapped(
        schema,
        field -> {
          Map<String, String> metadata = new LinkedHashMap<>(field.metadata());
          metadata.remove(EXTENSION);
          metadata.put("lance-encoding:blob", "true");
          metadata.put("lance-encoding:packed", "true");
          return new Field(field.name(), field.type(), field.nullable(), metadata);
        });
  }

  private static Schema mapped(Schema schema, UnaryOperator<Field> blob) {
    return new Schema(mapped(schema.fields(), blob), schema.metadata());
  }

  private static List<Field> mapped(List<Field> fields, UnaryOperator<Field> blob) {
    return fields.stream().map(field -> mapped(field, blob)).toList();
  }

  private static Field mapped(Field field, UnaryOperator<Field> blob) {
    if ("lance.blob.v2".equals(field.metadata().get(EXTENSION))) {
      return blob.apply(field);
    }
    return switch (field.type()) {
      case DataType.Struct(List<Field> fields) ->
          field.withType(new DataType.Struct(mapped(fields, blob)));
      case DataType.ListOf(Field item, boolean large) ->
          field.withType(new DataType.ListOf(mapped(item, blob), large));
      case DataType.FixedSizeList(Field item, int size) ->
          field.withType(new DataType.FixedSizeList(mapped(item, blob), size));
      case DataType.MapOf(Field entries, boolean sorted) ->
          field.withType(new DataType.MapOf(mapped(entries, blob), sorted));
      default -> field;
    };
  }
}
