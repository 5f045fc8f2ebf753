package io.lancelot;

import io.lancelot.engine.Grouping;
import java.util.Optional;

/// What is computed over the rows of a group. Rows where the argument is null do not take part;
/// where none is left the result is null, and 0 for counts.
///
/// @param argument a column or an expression; empty to count rows
/// @param name of the column that comes out. Default: the function's and the column's, such as
///   `avg_rating`
public record Aggregate(Grouping.Function function, Optional<String> argument, String name) {

  private static Aggregate of(Grouping.Function function, String column) {
    return new Aggregate(
        function,
        Optional.of(column),
        function.name().toLowerCase(java.util.Locale.ROOT) + "_" + column);
  }

  /// The number of rows.
  public static Aggregate count() {
    return new Aggregate(Grouping.Function.COUNT, Optional.empty(), "count");
  }

  /// The number of values that are not null.
  public static Aggregate count(String column) {
    return of(Grouping.Function.COUNT, column);
  }

  /// The number of different values that are not null; all NaNs are one value, both zeros too.
  public static Aggregate countDistinct(String column) {
    return of(Grouping.Function.COUNT_DISTINCT, column);
  }

  /// The least value; NaN is above every number.
  public static Aggregate min(String column) {
    return of(Grouping.Function.MIN, column);
  }

  /// The greatest value; NaN is above every number.
  public static Aggregate max(String column) {
    return of(Grouping.Function.MAX, column);
  }

  /// The sum: of integers an `int64` (`uint64` of unsigned ones), of floats a `double`, of decimals
  /// a `decimal128(38, s)`. A sum that does not fit is an error, not another number.
  public static Aggregate sum(String column) {
    return of(Grouping.Function.SUM, column);
  }

  /// The mean, as a `double`.
  public static Aggregate avg(String column) {
    return of(Grouping.Function.AVG, column);
  }

  /// The same under another name.
  public Aggregate as(String other) {
    return new Aggregate(function, argument, other);
  }

  Grouping.Measure measure(ScanQuery query) {
    return new Grouping.Measure(
        name, function, argument.map(column -> query.output(column).expr()));
  }
}
