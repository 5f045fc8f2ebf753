package io.lancelot.expr;

import io.lancelot.base.Scratch;
import io.lancelot.columnar.Batch;
import io.lancelot.columnar.Bits;
import io.lancelot.columnar.FixedColumn;
import io.lancelot.columnar.Schema;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// A condition bound to a schema, ready to run over batches. Immutable and thread-safe.
public final class Filter {

  private final Expr expr;
  private final Predicate predicate;
  private final List<String> columns;
  private final List<List<String>> paths;

  private Filter(Expr expr, Predicate predicate, List<String> columns, List<List<String>> paths) {
    this.expr = expr;
    this.predicate = predicate;
    this.columns = columns;
    this.paths = paths;
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
    return new Filter(expr, predicate, binder.columns(), binder.paths());
  }

  /// A test of items as a condition on a column of them.
  static Filter ofItem(Predicate item, String name) {
    Expr column = new Expr.Column(List.of(name), true);
    return new Filter(column, item, List.of(name), List.of(List.of(name)));
  }

  /// What the condition asks of the column it reads, if it reads but one.
  public Probe probe() {
    return paths.size() == 1 ? Probe.of(predicate) : new Probe.Opaque();
  }

  /// The condition as it was parsed.
  public Expr expr() {
    return expr;
  }

  /// The top-level columns it reads.
  public List<String> columns() {
    return columns;
  }

  /// Whether it says the same of equal rows, however often it is asked.
  public boolean repeatable() {
    String text = expr.toString().toLowerCase(Locale.ROOT);
    return !text.contains("random(") && !text.contains("rand(") && !text.contains("uuid(");
  }

  /// The columns, or fields inside them, that it reads, by their names from the outermost in.
  public List<List<String>> paths() {
    return paths;
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

  /// For which rows a condition is true, and for which it is neither true nor false.
  ///
  /// @param unknown null if there are none
  public record Answers(Bits truths, @Nullable Bits unknown) {}

  /// The same with unknown told from false.
  ///
  /// @throws io.lancelot.base.InvalidInputException if a value cannot be computed for some row
  public Answers answers(Batch batch, Scratch scratch) {
    Frame frame = new Frame(batch, scratch);
    Truth truth = predicate.test(frame);
    frame.check(truth.failed());
    Bits truths = truth.settled(frame).value().compact(scratch);
    if (truth.valid() == null) {
      return new Answers(truths, null);
    }
    MemorySegment unknown = frame.words();
    for (int i = 0; i < frame.rows; i += 64) {
      unknown.set(FixedColumn.LONG, i >>> 3, ~truth.valid().word(i));
    }
    return new Answers(truths, Bits.of(unknown, frame.rows).compact(scratch));
  }

  /// The condition as SQL.
  @Override
  public String toString() {
    return expr.toString();
  }
}
