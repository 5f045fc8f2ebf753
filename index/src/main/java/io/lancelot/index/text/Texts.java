package io.lancelot.index.text;

import io.lancelot.columnar.Column;
import io.lancelot.columnar.FixedColumn;
import io.lancelot.columnar.ListColumn;
import io.lancelot.columnar.VarColumn;

/// Takes documents out of columns: a text, or a list of texts, a row.
final class Texts {

  private Texts() {}

  static void add(Column texts, FixedColumn rows, Analyzer analyzer, PartitionBuilder builder) {
    for (int row = 0; row < texts.length(); row++) {
      if (!texts.isNull(row)) {
        add(texts, row, analyzer, builder);
        builder.endDocument(rows.longAt(row));
      }
    }
  }

  private static void add(Column texts, int row, Analyzer analyzer, PartitionBuilder builder) {
    switch (texts) {
      case VarColumn text -> {
        if (text.byteLength(row) > 0) {
          builder.addText(analyzer, text.stringAt(row));
        }
      }
      case ListColumn list -> {
        for (int i = list.offset(row); i < list.offset(row + 1); i++) {
          if (!list.items().isNull(i)) {
            add(list.items(), i, analyzer, builder);
          }
        }
      }
      default ->
          throw new IllegalStateException("not a column of text: " + texts.type().arrowName());
    }
  }
}
