package io.lancelot.index.scalar;

import io.lancelot.base.InvalidInputException;
import io.lancelot.columnar.Field;
import io.lancelot.expr.KeyOrder;

/// Which columns can be indexed.
final class ColumnTypes {

  private ColumnTypes() {}

  static InvalidInputException wrong(Field field, String kind, String expected) {
    return new InvalidInputException(
        kind
            + " index cannot be created on this column: expected="
            + expected
            + ", found="
            + field.type().arrowName()
            + " (column="
            + field.name()
            + ")");
  }

  /// A column whose values compare with constants.
  static void requireComparable(Field field, String kind) {
    if (KeyOrder.of(field.type()).isEmpty()) {
      throw wrong(field, kind, "numbers, text, bytes, booleans, dates or times");
    }
  }

  static KeyOrder order(Field field) {
    return KeyOrder.of(field.type())
        .orElseThrow(() -> wrong(field, "scalar", "values that compare"));
  }
}
