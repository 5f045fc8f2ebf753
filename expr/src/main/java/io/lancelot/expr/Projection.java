package io.lancelot.expr;

import io.lancelot.base.Scratch;
import io.lancelot.columnar.Batch;
import io.lancelot.columnar.Column;
import io.lancelot.columnar.DataType;
import io.lancelot.columnar.Schema;
import java.util.List;

/// A computed value bound to a schema, ready to run over batches. Immutable and thread-safe.
public final class Projection {

  private final Expr expr;
  private final Value value;
  private final List<String> columns;

  private Projection(Expr expr, Value value, List<String> columns) {
    this.expr = expr;
    this.value = value;
    this.columns = columns;
  }

  /// Parses and binds a value; throws what [Filter#parse] does.
  public static Projection parse(String sql, Schema schema) {
    return of(Expr.parse(sql), schema);
  }

  /// Binds a value.
  public static Projection of(Expr expr, Schema schema) {
    Binder binder = new Binder(schema);
    Value value = binder.value(expr);
    return new Projection(expr, value, binder.columns());
  }

  /// The value as it was parsed.
  public Expr expr() {
    return expr;
  }

  public DataType type() {
    return value.type();
  }

  /// The top-level columns it reads.
  public List<String> columns() {
    return columns;
  }

  /// The value of every row; lives as long as the batch and `scratch` do.
  ///
  /// @param batch holds at least [#columns()], by name and with the types of the schema
  /// @throws io.lancelot.base.InvalidInputException if the value of a row cannot be computed
  public Column evaluate(Batch batch, Scratch scratch) {
    Frame frame = new Frame(batch, scratch);
    Column column = value.evaluate(frame);
    frame.check(frame.takeFailed());
    return column;
  }

  /// The value as SQL.
  @Override
  public String toString() {
    return expr.toString();
  }
}
