package io.lancelot.expr;

import io.lancelot.base.Scratch;
import io.lancelot.columnar.Batch;
import io.lancelot.columnar.Bits;
import io.lancelot.columnar.Schema;
import java.util.List;

/// A condition bound to a schema, ready to run over batches. Immutable and thread-safe.
public final class Filter {

  private final Expr expr;
  private final Predicate predicate;
  private final List<String> columns;

  private Filter(Expr expr, Predicate predicate, List<String> columns) {
    this.expr = expr;
    this.predicate = predicate;
    this.columns = columns;
  }

  /// Parses and binds a condition.
  ///
  /// @throws io.lancelot.base.InvalidInputException if the text is not of the dialect, names an
  ///   unknown column or compares what does not compare
  /// @throws io.lancelot.base.UnsupportedFeatureException if it uses what is not built yet
  public static Filter parse(String sql, Schema schema) {
    return of(Expr.parse(sql), schema);
  }

  /// Binds a condition.
  public static Filter of(Expr expr, Schema schema) {
    Binder binder = new Binder(schema);
    Predicate predicate = binder.predicate(expr);
    return new Filter(expr, predicate, binder.columns());
  }

  /// The condition as it was parsed.
  public Expr expr() {
    return expr;
  }

  /// The top-level columns it reads.
  public List<String> columns() {
    return columns;
  }

  /// One bit per row, 1 where the condition is true; unknown counts as not true. Lives in
  /// `scratch`.
  ///
  /// @param batch holds at least [#columns()], by name and with the types of the schema
  /// @throws io.lancelot.base.InvalidInputException if the answer depends on a row for which a
  ///   value cannot be computed, such as a division by zero
  public Bits evaluate(Batch batch, Scratch scratch) {
    Frame frame = new Frame(batch, scratch);
    Truth truth = predicate.holds(frame);
    frame.check(truth.failed());
    // Copied, so that unused bits are zero and no caller holds on to a column's memory.
    return truth.value().compact(scratch);
  }

  /// The condition as SQL.
  @Override
  public String toString() {
    return expr.toString();
  }
}
