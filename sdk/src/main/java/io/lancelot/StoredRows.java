package io.lancelot;

import io.lancelot.base.Memory;
import io.lancelot.columnar.BatchStream;
import io.lancelot.columnar.DataType;
import io.lancelot.columnar.Field;
import io.lancelot.columnar.Jsonb;
import io.lancelot.columnar.Schema;
import java.util.List;

/// Rows of users as tables store them, the other way round than [ShownRows]: JSON in its binary
/// form. Text is JSON where Arrow's name for it says so, or the table's column is.
///
/// Format: lance-format section 1.6.
final class StoredRows {

  private StoredRows() {}

  /// The stream itself if it is to be stored as it is.
  ///
  /// @param table where it goes, without columns if that is decided by the rows
  static BatchStream of(BatchStream input, Schema table, Memory memory) {
    return ConvertedRows.of(input, stored(input.schema(), table), Jsonb::stored, memory);
  }

  /// Columns as a table stores them.
  ///
  /// @param table what is known of them there
  static List<Field> stored(Schema given, Schema table) {
    return given.fields().stream().map(field -> stored(field, table.fields())).toList();
  }

  /// A table's columns as users give them: JSON as text.
  static Schema given(Schema table) {
    return new Schema(table.fields().stream().map(StoredRows::given).toList(), table.metadata());
  }

  private static Field given(Field field) {
    return switch (field.type()) {
      case DataType.Binary _ when Jsonb.isStored(field) -> Jsonb.text(field);
      case DataType.Struct(List<Field> fields) ->
          field.withType(new DataType.Struct(fields.stream().map(StoredRows::given).toList()));
      case DataType.ListOf(Field item, boolean large) ->
          field.withType(new DataType.ListOf(given(item), large));
      default -> field;
    };
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
}
