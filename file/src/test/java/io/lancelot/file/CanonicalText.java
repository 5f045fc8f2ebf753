package io.lancelot.file;

import io.lancelot.columnar.BoolColumn;
import io.lancelot.columnar.Column;
import io.lancelot.columnar.DataType;
import io.lancelot.columnar.DictionaryColumn;
import io.lancelot.columnar.FixedColumn;
import io.lancelot.columnar.FixedListColumn;
import io.lancelot.columnar.ListColumn;
import io.lancelot.columnar.NullColumn;
import io.lancelot.columnar.StructColumn;
import io.lancelot.columnar.VarColumn;
import java.lang.foreign.ValueLayout;
import java.math.BigInteger;
import java.util.HexFormat;

/// One exact line of text for a value; `golden/make.py` writes the same.
final class CanonicalText {

  private CanonicalText() {}

  static String of(Column column, int row) {
    StringBuilder text = new StringBuilder();
    append(column, row, text);
    return text.toString();
  }

  private static void append(Column column, int row, StringBuilder text) {
    if (column.isNull(row)) {
      text.append("null");
      return;
    }
    switch (column) {
      case NullColumn _ -> text.append("null");
      case BoolColumn bool -> text.append(bool.booleanAt(row));
      case FixedColumn fixed -> text.append(fixed(fixed, row));
      case VarColumn var -> {
        if (var.type() instanceof DataType.Utf8) {
          quote(var.stringAt(row), text);
        } else {
          text.append('h').append(hex(var.bytesAt(row).toArray(ValueLayout.JAVA_BYTE)));
        }
      }
      case ListColumn list -> {
        Column items = list.items();
        text.append('[');
        for (int i = list.offset(row); i < list.offset(row + 1); i++) {
          text.append(i > list.offset(row) ? "," : "");
          if (list.type() instanceof DataType.MapOf) {
            var entries = (StructColumn) items;
            text.append('{');
            append(entries.children().get(0), i, text);
            text.append(':');
            append(entries.children().get(1), i, text);
            text.append('}');
          } else {
            append(items, i, text);
          }
        }
        text.append(']');
      }
      case FixedListColumn list -> {
        text.append('[');
        for (int i = 0; i < list.size(); i++) {
          text.append(i > 0 ? "," : "");
          append(list.items(), row * list.size() + i, text);
        }
        text.append(']');
      }
      case StructColumn struct -> {
        text.append('{');
        for (int i = 0; i < struct.children().size(); i++) {
          text.append(i > 0 ? "," : "").append(struct.type().fields().get(i).name()).append(':');
          append(struct.children().get(i), row, text);
        }
        text.append('}');
      }
      case DictionaryColumn dictionary ->
          append(dictionary.values(), dictionary.indexAt(row), text);
    }
  }

  private static String fixed(FixedColumn column, int row) {
    return switch (column.type()) {
      case DataType.Floating(int bits) ->
          "x" + hex(reversed(column.bytesAt(row).toArray(ValueLayout.JAVA_BYTE)));
      case DataType.FixedSizeBinary _ ->
          "h" + hex(column.bytesAt(row).toArray(ValueLayout.JAVA_BYTE));
      case DataType.Int(int bits, boolean signed) when bits == 64 && !signed ->
          Long.toUnsignedString(column.longAt(row));
      case DataType.Decimal _ ->
          new BigInteger(reversed(column.bytesAt(row).toArray(ValueLayout.JAVA_BYTE))).toString();
      default -> Long.toString(column.integerAt(row));
    };
  }

  private static byte[] reversed(byte[] bytes) {
    byte[] reversed = new byte[bytes.length];
    for (int i = 0; i < bytes.length; i++) {
      reversed[i] = bytes[bytes.length - 1 - i];
    }
    return reversed;
  }

  private static String hex(byte[] bytes) {
    return HexFormat.of().formatHex(bytes);
  }

  private static void quote(String value, StringBuilder text) {
    text.append('"');
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      if (c == '"' || c == '\\' || c < 32) {
        text.append('\\').append(HexFormat.of().toHexDigits(c));
      } else {
        text.append(c);
      }
    }
    text.append('"');
  }
}
