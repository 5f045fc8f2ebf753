package io.lancelot;

import io.lancelot.base.InvalidInputException;
import io.lancelot.engine.Assignment;
import io.lancelot.expr.Expr;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// An update under way: which rows, and their new values. Mutable and used by one thread; nothing
/// happens before [#execute()].
public final class UpdateBuilder {

  private final Table table;
  private Optional<Expr> filter = Optional.empty();
  private final List<Assignment> assignments = new ArrayList<>();

  UpdateBuilder(Table table) {
    this.table = table;
  }

  /// Only rows for which an SQL predicate is true; several calls combine with AND. Default: all
  /// rows.
  ///
  /// @throws InvalidInputException if the text is no predicate
  public UpdateBuilder where(String predicate) {
    Expr parsed = Expr.parse(predicate);
    filter = Optional.of(filter.isEmpty() ? parsed : new Expr.And(List.of(filter.get(), parsed)));
    return this;
  }

  /// Gives a column the same value in every row: a number, text, a `float[]` for a vector, a list,
  /// a map for a struct, or null.
  public UpdateBuilder set(String column, @Nullable Object value) {
    assignments.add(new Assignment.Fixed(column, value));
    return this;
  }

  /// Gives a column a value computed from the row as it was: `setSql("price", "price * 1.1")`. The
  /// result is cast to the column's type.
  ///
  /// @throws InvalidInputException if the text is no expression
  public UpdateBuilder setSql(String column, String expression) {
    assignments.add(new Assignment.Computed(column, Expr.parse(expression)));
    return this;
  }

  /// Changes the rows, all in one new version or, on failure, none. If a concurrent commit changed
  /// some of them, the update looks again.
  ///
  /// @throws InvalidInputException if a value does not fit its column
  public Table.UpdateResult execute() {
    return table.updateRows(filter, List.copyOf(assignments));
  }
}
