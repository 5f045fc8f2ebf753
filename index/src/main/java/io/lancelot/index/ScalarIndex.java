package io.lancelot.index;

import io.lancelot.base.Scratch;
import io.lancelot.columnar.Column;
import io.lancelot.expr.Filter;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// A segment that answers conditions on its column.
public non-sealed interface ScalarIndex extends OpenIndex {

  /// Whether its row numbers are addresses even where row ids are stable.
  boolean storesAddresses();

  /// Whether it can tell the rows whose value is null from others without a value looked for.
  /// Without that, the rows for which a condition is false are not looked up.
  default boolean knowsNulls() {
    return true;
  }

  /// What [#search] would find, as far as that can be told with little work.
  ///
  /// @param condition reads the indexed column and nothing else, under its path in the table
  /// @return empty if the segment cannot help with such a condition
  Optional<Outlook> outlook(Filter condition);

  /// @param cost how many entries have to be looked at, roughly
  /// @param exact whether all rows found match
  record Outlook(long cost, boolean exact) {}

  /// The least and the greatest of the segment's values; empty if it does not know them exactly.
  default Optional<Extremes> extremes(Scratch scratch) {
    return Optional.empty();
  }

  /// @param rows that the segment has entries of, also where they are deleted or rewritten since
  /// @param ends the least and the greatest value, null where there are none; in memory of the
  ///   scratch given
  record Extremes(long rows, Column ends) {}

  /// The rows of the segment for which a condition is true.
  ///
  /// @return empty if the segment cannot answer after all, such as when the condition fails for a
  ///   value; the rows are then scanned
  Optional<Matches> search(Filter condition, IndexWork work);

  /// @param rows for which it is true; if not exact, more may be among them, which the caller sorts
  ///   out
  /// @param exact whether every one of `rows` matches
  /// @param unknown the rows for which it is neither true nor false, exactly: without them NOT
  ///   cannot be answered. Computed when asked for; null if the segment does not know
  record Matches(RowSet rows, boolean exact, @Nullable Supplier<RowSet> unknown) {}
}
