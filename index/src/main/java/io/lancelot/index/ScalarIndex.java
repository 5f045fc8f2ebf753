package io.lancelot.index;

import io.lancelot.expr.Expr;
import java.util.Optional;

/// A segment that answers predicates on its column.
public non-sealed interface ScalarIndex extends OpenIndex {

  /// Whether its row numbers are addresses even where row ids are stable.
  boolean storesAddresses();

  /// The rows of the segment for which a predicate on the column is true.
  ///
  /// @param predicate one conjunct: a comparison, IN, BETWEEN, IS NULL, LIKE, or a function call
  ///   over the indexed column and constants
  /// @return empty if the segment cannot help with such a predicate
  Optional<Matches> search(Expr predicate);

  /// @param rows for which it is true; if not exact, more may be among them, which the caller sorts
  ///   out
  /// @param nulls for which it is neither true nor false: without them NOT could not be answered;
  ///   exact always
  /// @param exact whether every one of `rows` matches
  record Matches(RowSet rows, RowSet nulls, boolean exact) {}
}
