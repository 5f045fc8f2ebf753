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
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HexFormat;

/// Values as JSON in one canonical form: bytes of any kind as hexadecimal text, lists and structs
/// as arrays.
final class ColumnText {

  private ColumnText() {}

  static String of(Column column, int index) {
    StringBuilder out = new StringBuilder();
    append(column, index, out);
    return out.toString();
  }

  static void append(Column column, int index, StringBuilder out) {
    if (column.isNull(index)) {
      out.append("null");
      return;
    }
    switch (column) {
      case NullColumn _ -> out.append("null");
      case BoolColumn bools -> out.append(bools.booleanAt(index));
      case FixedColumn fixed -> appendHex(fixed.bytesAt(index), out);
      case VarColumn var -> appendHex(var.bytesAt(index), out);
      case ListColumn list -> appendAll(list.itemsAt(index), out);
      case FixedListColumn list -> appendAll(list.itemsAt(index), out);
      case StructColumn struct -> {
        out.append('[');
        for (int i = 0; i < struct.children().size(); i++) {
          out.append(i == 0 ? "" : ",");
          append(struct.children().get(i), index, out);
        }
        out.append(']');
      }
      case DictionaryColumn coded -> append(coded.values(), coded.indexAt(index), out);
    }
  }

  private static void appendAll(Column items, StringBuilder out) {
    out.append('[');
    for (int i = 0; i < items.length(); i++) {
      out.append(i == 0 ? "" : ",");
      append(items, i, out);
    }
    out.append(']');
  }

  private static void appendHex(MemorySegment bytes, StringBuilder out) {
    out.append('"')
        .append(HexFormat.of().formatHex(bytes.toArray(ValueLayout.JAVA_BYTE)))
        .append('"');
  }
}
