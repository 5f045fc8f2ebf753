package io.lancelot.table;

import io.lancelot.base.Scratch;
import io.lancelot.columnar.Column;
import io.lancelot.columnar.Field;
import io.lancelot.columnar.FixedColumn;
import io.lancelot.columnar.Types;
import io.lancelot.file.LanceField;
import java.lang.foreign.MemorySegment;
import java.util.List;

/// Columns that no schema lists and every table with stable row ids has: the versions that created
/// a row and last changed it. They stand with the fragment in the manifest, or, where that would
/// take too much room, in a hidden column of a data file under the same field ids. Format:
/// lance-format section 3.7.
record LineageReader(RowVersions versions) implements FieldSource {

  static final LanceField CREATED_AT = field(-4, "_row_created_at_version");
  static final LanceField UPDATED_AT = field(-5, "_row_last_updated_at_version");
  static final List<LanceField> FIELDS = List.of(CREATED_AT, UPDATED_AT);

  private static LanceField field(int id, String name) {
    return new LanceField(id, -1, Field.nullable(name, Types.UINT64), List.of());
  }

  /// Whether the values of a field are to be found in the manifest.
  static boolean reads(LanceField field, Fragment fragment) {
    return field.id() == CREATED_AT.id() && !fragment.proto().hasColumnCreatedAtVersions()
        || field.id() == UPDATED_AT.id() && !fragment.proto().hasColumnLastUpdatedAtVersions();
  }

  /// @param where for messages
  static LineageReader of(LanceField field, Fragment fragment, String where) {
    var bytes =
        field.id() == CREATED_AT.id()
            ? fragment.proto().getInlineCreatedAtVersions()
            : fragment.proto().getInlineLastUpdatedAtVersions();
    return new LineageReader(RowVersions.parse(bytes, fragment.physicalRows(), where));
  }

  @Override
  public Column read(long firstRow, int count, Scratch scratch) {
    MemorySegment values = scratch.allocateBytes(8L * count);
    for (int i = 0; i < count; i++) {
      values.set(FixedColumn.LONG, 8L * i, versions.at(firstRow + i));
    }
    return new FixedColumn(Types.UINT64, count, values, null);
  }

  @Override
  public Column take(long[] ascendingRows, int count, Scratch scratch) {
    MemorySegment values = scratch.allocateBytes(8L * count);
    for (int i = 0; i < count; i++) {
      values.set(FixedColumn.LONG, 8L * i, versions.at(ascendingRows[i]));
    }
    return new FixedColumn(Types.UINT64, count, values, null);
  }

  @Override
  public long pageEnd(long row, long rows) {
    return rows;
  }
}
