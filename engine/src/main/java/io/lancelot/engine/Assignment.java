package io.lancelot.engine;

import io.lancelot.expr.Expr;
import org.jspecify.annotations.Nullable;

/// A new value for a column.
public sealed interface Assignment {

  String column();

  /// A value computed for each row.
  record Computed(String column, Expr value) implements Assignment {}

  /// The same value for all rows: anything that [io.lancelot.columnar.ColumnBuilder] takes for the
  /// column's type.
  record Fixed(String column, @Nullable Object value) implements Assignment {}
}
