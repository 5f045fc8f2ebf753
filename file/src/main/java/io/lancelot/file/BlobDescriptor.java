package io.lancelot.file;

import io.lancelot.columnar.Column;
import io.lancelot.columnar.DataType;
import io.lancelot.columnar.Field;
import io.lancelot.columnar.FixedColumn;
import io.lancelot.columnar.StructColumn;
import io.lancelot.columnar.Types;
import io.lancelot.columnar.VarColumn;
import java.lang.foreign.MemorySegment;
import java.util.List;

/// Where the bytes of a large value lie. Format: lance-format section 2.5, blob v2.
///
/// @param kind one of the constants here
/// @param position first byte in the object
/// @param size bytes; of an external object 0 may mean all of it
/// @param blobId number of the object beside the data file, or of a base path
/// @param uri of an external object
public record BlobDescriptor(int kind, long position, long size, long blobId, String uri) {

  /// In the data file itself.
  public static final int INLINE = 0;

  /// In an object beside the data file, together with others.
  public static final int PACKED = 1;

  /// In an object of its own beside the data file.
  public static final int DEDICATED = 2;

  /// Somewhere else.
  public static final int EXTERNAL = 3;

  /// In the object whose address the URI is; only of rows on their way from one data file to
  /// another, never in a file.
  public static final int MOVED = 255;

  /// The type of a column of descriptors, as the real Lance gives them out.
  public static final DataType.Struct TYPE =
      new DataType.Struct(
          List.of(
              Field.required("kind", Types.UINT8),
              Field.required("position", Types.UINT64),
              Field.required("size", Types.UINT64),
              Field.required("blob_id", Types.UINT32),
              Field.required("blob_uri", Types.UTF8)));

  /// The descriptor in a row that is not null of a column of [#TYPE].
  public static BlobDescriptor of(StructColumn column, int row) {
    List<Column> children = column.children();
    return new BlobDescriptor(
        (int) ((FixedColumn) children.get(0)).integerAt(row) & 0xFF,
        ((FixedColumn) children.get(1)).longAt(row),
        ((FixedColumn) children.get(2)).longAt(row),
        ((FixedColumn) children.get(3)).intAt(row) & 0xFFFF_FFFFL,
        ((VarColumn) children.get(4)).stringAt(row));
  }

  /// Appends the descriptor of bytes that lie in the data file.
  static void appendInline(PageSink.Rows sink, long position, long size, MemorySegment work) {
    List<PageSink> children = List.of(sink.children());
    children.get(0).appendNothing(1);
    work.set(FixedColumn.LONG, 0, position);
    ((PageSink.Fixed) children.get(1)).append(work, 0, 1);
    work.set(FixedColumn.LONG, 0, size);
    ((PageSink.Fixed) children.get(2)).append(work, 0, 1);
    children.get(3).appendNothing(1);
    children.get(4).appendNothing(1);
    sink.advance(1);
  }
}
