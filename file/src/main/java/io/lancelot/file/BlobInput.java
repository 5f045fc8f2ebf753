package io.lancelot.file;

import io.lancelot.base.InvalidInputException;
import io.lancelot.columnar.Column;
import io.lancelot.columnar.DataType;
import io.lancelot.columnar.Field;
import io.lancelot.columnar.FixedColumn;
import io.lancelot.columnar.StructColumn;
import io.lancelot.columnar.Types;
import io.lancelot.columnar.VarColumn;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Large values as users give them: bytes, or structs of `data` or `uri`, with `position` and
/// `size` if the value is part of what lies at the URI.
///
/// Format: lance-format section 2.5, blob v2.
public final class BlobInput {

  /// The widest of the accepted types.
  public static final DataType.Struct TYPE =
      new DataType.Struct(
          List.of(
              Field.nullable("data", Types.LARGE_BINARY),
              Field.nullable("uri", Types.UTF8),
              Field.nullable("position", Types.UINT64),
              Field.nullable("size", Types.UINT64)));

  private final Column column;
  private final String path;
  private final @Nullable VarColumn data;
  private final @Nullable VarColumn uri;
  private final @Nullable FixedColumn position;
  private final @Nullable FixedColumn size;

  /// @param column of an accepted type
  BlobInput(Column column, String path) {
    this.column = column;
    this.path = path;
    this.data = column instanceof VarColumn bytes ? bytes : (VarColumn) child(column, "data");
    this.uri = (VarColumn) child(column, "uri");
    this.position = (FixedColumn) child(column, "position");
    this.size = (FixedColumn) child(column, "size");
  }

  private static @Nullable Column child(Column column, String name) {
    if (column instanceof StructColumn struct) {
      List<Field> fields = struct.type().fields();
      for (int i = 0; i < fields.size(); i++) {
        if (fields.get(i).name().equals(name)) {
          return struct.children().get(i);
        }
      }
    }
    return null;
  }

  /// Whether values of the type can be written into a column of blobs.
  public static boolean accepts(DataType type) {
    return switch (type) {
      case DataType.Binary _ -> true;
      case DataType.Struct(List<Field> fields) ->
          fields.stream().anyMatch(f -> f.name().equals("data") || f.name().equals("uri"))
              && fields.stream().allMatch(BlobInput::accepts);
      default -> false;
    };
  }

  private static boolean accepts(Field field) {
    return switch (field.name()) {
      case "data" -> field.type() instanceof DataType.Binary;
      case "uri" -> field.type() instanceof DataType.Utf8;
      case "position", "size" -> field.type().equals(Types.UINT64);
      default -> false;
    };
  }

  /// A field of blobs.
  public static Field field(String name) {
    return new Field(
        name,
        new DataType.Struct(TYPE.fields().subList(0, 2)),
        true,
        Map.of("ARROW:extension:name", "lance.blob.v2"));
  }

  /// A field of a table as users give its values: of blobs they do not give descriptors.
  public static Field given(Field field) {
    return LanceField.blobV2(field) ? field.withType(TYPE) : field;
  }

  boolean isNull(int row) {
    return column.isNull(row);
  }

  /// The bytes of a row that is not null, or null if they lie elsewhere.
  @Nullable VarColumn data(int row) {
    boolean here = data != null && !data.isNull(row);
    boolean there = uri != null && !uri.isNull(row);
    if (here == there) {
      throw new InvalidInputException(
          "blob: expected=either data or uri, found="
              + (here ? "both" : "none")
              + " (column="
              + path
              + ", row="
              + row
              + ")");
    }
    return here ? data : null;
  }

  /// Where the bytes of a row lie that are not here.
  BlobDescriptor external(int row) {
    if (uri == null) {
      throw new IllegalStateException("no uri");
    }
    String address = uri.stringAt(row);
    if (address.isEmpty()) {
      throw new InvalidInputException(
          "blob: expected=a uri, found=an empty one (column=" + path + ", row=" + row + ")");
    }
    return new BlobDescriptor(
        BlobDescriptor.EXTERNAL, number(position, row), number(size, row), 0, address);
  }

  private static long number(@Nullable FixedColumn column, int row) {
    return column == null || column.isNull(row) ? 0 : column.longAt(row);
  }
}
