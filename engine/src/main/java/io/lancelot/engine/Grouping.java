package io.lancelot.engine;

import io.lancelot.base.InvalidInputException;
import io.lancelot.expr.Expr;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/// Rows put together: one row comes out for each different key, with what is computed over the rows
/// that have it. Null is a key like any other, so is NaN; both zeros are one.
///
/// @param keys what rows are grouped by; without any, all rows are one group, also where there are
///   none
/// @param measures what is computed over each group
/// @param having groups for which it is true; it names keys and measures
public record Grouping(List<Query.Output> keys, List<Measure> measures, Optional<Expr> having) {

  public Grouping {
    keys = List.copyOf(keys);
    measures = List.copyOf(measures);
    if (keys.isEmpty() && measures.isEmpty()) {
      throw new InvalidInputException("grouping: expected=keys or aggregates, found=neither");
    }
  }

  /// The same with a moment in the place of `now()`.
  Grouping at(Instant now) {
    return new Grouping(
        Query.at(keys, now),
        measures.stream()
            .map(each ->
                new Measure(
                    each.name(), each.function(), each.argument().map(expr -> expr.at(now))))
            .toList(),
        having.map(expr -> expr.at(now)));
  }

  /// What is computed over the rows of a group. Rows where the argument is null do not take part;
  /// where none is left, the result is null, and 0 for counts.
  public enum Function {
    /// Rows, or values that are not null: an `int64`.
    COUNT,
    /// Different values that are not null: an `int64`.
    COUNT_DISTINCT,
    /// An `int64`, `uint64`, `double` or `decimal128(38, s)`, depending on the argument.
    SUM,
    /// A `double`.
    AVG,
    /// The least value; NaN is above every number.
    MIN,
    /// The greatest value; NaN is above every number.
    MAX
  }

  /// One aggregate.
  ///
  /// @param name of the column that comes out
  /// @param argument what it is computed of; empty to count rows
  public record Measure(String name, Function function, Optional<Expr> argument) {
    public Measure {
      if (argument.isEmpty() && function != Function.COUNT) {
        throw new InvalidInputException(
            function + ": expected=an argument, found=none (name=" + name + ")");
      }
    }
  }
}
