package io.lancelot.file;

import io.lancelot.columnar.BoolColumn;
import io.lancelot.columnar.Column;
import io.lancelot.columnar.DictionaryColumn;
import io.lancelot.columnar.FixedColumn;
import io.lancelot.columnar.FixedListColumn;
import io.lancelot.columnar.ListColumn;
import io.lancelot.columnar.NullColumn;
import io.lancelot.columnar.StructColumn;
import io.lancelot.columnar.VarColumn;
import io.lancelot.file.proto.ColumnMetadata;
import java.util.List;

/// The columns of a data file under construction, in the way of its version.
sealed interface ColumnsWriter extends AutoCloseable permits LevelColumns, V20Columns {

  /// A column and the pages it has so far.
  record Written(LanceField field, List<ColumnMetadata.Page> pages) {}

  /// Appends rows of a top-level field. Their memory can be reused as soon as this returns.
  void append(int field, Column column);

  /// Bytes taken over and not yet written to the file.
  long bufferedBytes();

  /// Writes what is left.
  void finish();

  /// The columns in file order.
  List<Written> columns();

  /// Gives memory back.
  @Override
  void close();

  /// About how many bytes the largest leaf of a column takes.
  static long sizeOf(Column column) {
    return switch (column) {
      case NullColumn nulls -> nulls.length();
      case BoolColumn bools -> 2L * bools.length();
      case FixedColumn fixed -> (long) fixed.length() * fixed.width();
      case VarColumn var -> 4L * var.length() + var.offset(var.length()) - var.offset(0);
      case DictionaryColumn coded -> sizeOf(coded.indices());
      case FixedListColumn list -> sizeOf(list.items());
      case ListColumn list -> {
        int from = list.offset(0);
        Column items = list.items().slice(from, list.offset(list.length()) - from);
        yield 4L * (list.length() + items.length()) + sizeOf(items);
      }
      case StructColumn struct -> {
        long max = 2L * struct.length();
        for (Column child : struct.children()) {
          max = Math.max(max, sizeOf(child));
        }
        yield max;
      }
    };
  }
}
