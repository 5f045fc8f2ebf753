package io.lancelot.engine;

import io.lancelot.expr.Expr;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// A new value for a column.
public sealed interface Assignment {

  String column();

  /// The same with a moment in the place of `now()`.
  default Assignment at(Instant now) {
    return switch (this) {
      case Computed(String column, Expr value) -> new Computed(column, value.at(now));
      case Fixed fixed -> fixed;
    };
  }

  /// A value computed for each row.
  record Computed(String column, Expr value) implements Assignment {}

  /// The same value for all rows: anything that [io.lancelot.columnar.ColumnBuilder] takes for the
  /// column's type.
  record Fixed(String column, @Nullable Object value) implements Assignment {}
}
