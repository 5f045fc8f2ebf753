package io.lancelot.file;

import static org.assertj.core.api.Assertions.assertThat;

import io.lancelot.columnar.BoolColumn;
import io.lancelot.columnar.Column;
import io.lancelot.columnar.DictionaryColumn;
import io.lancelot.columnar.FixedColumn;
import io.lancelot.columnar.FixedListColumn;
import io.lancelot.columnar.ListColumn;
import io.lancelot.columnar.NullColumn;
import io.lancelot.columnar.StructColumn;
import io.lancelot.columnar.VarColumn;

/// Checks a column as a careful consumer of Arrow memory would.
final class WellFormed {

  private WellFormed() {}

  static void check(Column column) {
    if (column.validity() != null) {
      assertThat(column.validity().length()).isEqualTo(column.length());
    }
    switch (column) {
      case NullColumn _ -> {}
      case BoolColumn bool -> assertThat(bool.values().length()).isEqualTo(bool.length());
      case FixedColumn fixed ->
          assertThat(fixed.data().byteSize())
              .isGreaterThanOrEqualTo((long) fixed.length() * fixed.width());
      case VarColumn var -> {
        long previous = 0;
        for (int i = 0; i <= var.length(); i++) {
          long offset = var.offset(i);
          if (offset < previous || offset > var.data().byteSize()) {
            throw new AssertionError("offset " + i + " is " + offset + " after " + previous);
          }
          previous = offset;
        }
        ValueChecks.check(var, "");
      }
      case ListColumn list -> {
        int previous = 0;
        for (int i = 0; i <= list.length(); i++) {
          int offset = list.offset(i);
          if (offset < previous || offset > list.items().length()) {
            throw new AssertionError("offset " + i + " is " + offset + " after " + previous);
          }
          previous = offset;
        }
        check(list.items());
      }
      case FixedListColumn list -> check(list.items());
      case StructColumn struct -> struct.children().forEach(WellFormed::check);
      case DictionaryColumn dictionary -> {
        check(dictionary.values());
        for (int i = 0; i < dictionary.length(); i++) {
          if (!dictionary.isNull(i)) {
            assertThat(dictionary.indexAt(i)).isBetween(0, dictionary.values().length() - 1);
          }
        }
      }
    }
  }
}
