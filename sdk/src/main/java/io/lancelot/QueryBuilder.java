package io.lancelot;

import io.lancelot.base.InvalidInputException;
import io.lancelot.columnar.Batch;
import io.lancelot.columnar.BatchStream;
import io.lancelot.columnar.Schema;
import io.lancelot.columnar.Values;
import io.lancelot.engine.Fusion;
import io.lancelot.engine.Grouping;
import io.lancelot.engine.Nearest;
import io.lancelot.engine.Query.Ordering;
import io.lancelot.engine.Query.Output;
import io.lancelot.engine.Query.Within;
import io.lancelot.expr.Expr;
import io.lancelot.index.FullTextQuery;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/// What scans and searches have in common. Builders are mutable and used by one thread; nothing is
/// read before one of the methods that return rows is called, and each call reads anew.
///
/// @param <Q> the builder itself
public abstract sealed class QueryBuilder<Q extends QueryBuilder<Q>>
    permits ScanQuery, NearestQuery, TextQuery {

  private final Table table;
  private Optional<Expr> filter = Optional.empty();
  private final List<Output> select = new ArrayList<>();
  private OptionalLong limit = OptionalLong.empty();
  private long offset;
  private boolean withRowId;
  private boolean withRowAddress;
  private Within within = Within.ALL;
  private final List<Ordering> order = new ArrayList<>();

  QueryBuilder(Table table) {
    this.table = table;
  }

  final Table table() {
    return table;
  }

  abstract Q self();

  abstract io.lancelot.engine.Query toQuery();

  /// Only rows for which an SQL predicate is true: `"year > 1980 AND title LIKE '%moon%'"`. Several
  /// calls combine with AND.
  ///
  /// @throws InvalidInputException if the text is no predicate; unknown columns are reported when
  ///   the query runs
  public Q where(String predicate) {
    return where(Expr.parse(predicate));
  }

  /// Only rows for which a predicate is true.
  public Q where(Expr predicate) {
    filter =
        Optional.of(filter.isEmpty() ? predicate : new Expr.And(List.of(filter.get(), predicate)));
    return self();
  }

  /// Only these columns, in this order. A name may also be an expression (`stats.magic`,
  /// `upper(title)`), which then is its own name. Default: all columns.
  public Q select(String... columns) {
    for (String column : columns) {
      select.add(output(column));
    }
    return self();
  }

  /// Only these columns, in this order.
  public Q select(List<String> columns) {
    return select(columns.toArray(String[]::new));
  }

  /// A computed column, added to those selected so far.
  public Q selectAs(String name, String expression) {
    select.add(new Output(name, Expr.parse(expression)));
    return self();
  }

  private Expr columnOrExpression(String text) {
    return table.schema().indexOf(text) >= 0 || text.startsWith("_")
        ? new Expr.Column(List.of(text), true)
        : Expr.parse(text);
  }

  /// At most so many rows. Default: all rows of a scan, 10 of a search.
  public Q limit(long rows) {
    limit = OptionalLong.of(rows);
    return self();
  }

  /// Leaves out the first rows. Default: 0, as for negative numbers.
  public Q offset(long rows) {
    offset = Math.max(0, rows);
    return self();
  }

  /// Adds `_rowid`, the id of each row.
  public Q withRowId() {
    withRowId = true;
    return self();
  }

  /// Adds `_rowaddr`, where each row is in this version: the fragment's id in the upper, the row's
  /// number in it in the lower 32 bits.
  public Q withRowAddress() {
    withRowAddress = true;
    return self();
  }

  /// Reads these fragments of the table alone, by their ids; indices find their rows alone.
  /// `_rowoffset` counts from the first of them.
  public Q fragments(List<Long> ids) {
    within = new Within(Optional.of(ids), within.timeout());
    return self();
  }

  /// Cancels the query if its last row has not come after so long.
  ///
  /// @throws InvalidInputException if the time is negative; when it is over, methods that return
  ///   rows throw [io.lancelot.base.CancelledException]
  public Q timeout(Duration time) {
    within = new Within(within.fragments(), Optional.of(time));
    return self();
  }

  /// Orders a plain query by a column or an expression, after what was given before: the least
  /// value first, rows without one last. Not for vector searches, which come by distance.
  public Q orderBy(String key) {
    return orderBy(key, true, false);
  }

  /// The same with the greatest value first, rows without one last.
  public Q orderByDescending(String key) {
    return orderBy(key, false, false);
  }

  /// The same, saying which way and where rows without a value go.
  public Q orderBy(String key, boolean ascending, boolean nullsFirst) {
    order.add(new Ordering(columnOrExpression(key), ascending, nullsFirst));
    return self();
  }

  /// Columns and expressions selected so far.
  final List<Output> selected() {
    return List.copyOf(select);
  }

  final Output output(String column) {
    return new Output(column, columnOrExpression(column));
  }

  /// A plain query.
  final io.lancelot.engine.Query query(List<Output> columns, Optional<Grouping> grouping) {
    return new io.lancelot.engine.Query(
        filter,
        true,
        columns,
        limit,
        offset,
        withRowId,
        withRowAddress,
        Optional.empty(),
        Optional.empty(),
        false,
        Optional.empty(),
        order,
        grouping,
        within);
  }

  final io.lancelot.engine.Query query(
      boolean prefilter,
      Optional<Nearest> nearest,
      Optional<FullTextQuery> text,
      boolean indexedOnly,
      Optional<Fusion.Settings> fusion) {
    return new io.lancelot.engine.Query(
        filter,
        prefilter,
        select,
        limit,
        offset,
        withRowId,
        withRowAddress,
        nearest,
        text,
        indexedOnly,
        fusion,
        order,
        Optional.empty(),
        within);
  }

  /// Runs the query. The stream must be closed; a batch is valid until the next one is pulled.
  public BatchStream stream() {
    return table.run(toQuery());
  }

  /// Runs the query and returns its rows as records, matched to columns by name.
  public <T> List<T> toList(Class<T> recordClass) {
    try (BatchStream stream = stream()) {
      return records(recordClass, stream);
    }
  }

  static <T> List<T> records(Class<T> recordClass, BatchStream stream) {
    List<T> rows = new ArrayList<>();
    for (Batch batch = stream.next(); batch != null; batch = stream.next()) {
      rows.addAll(RecordMapping.toRecords(recordClass, batch));
    }
    return rows;
  }

  /// Runs the query and returns its rows as maps from column to value; see [Values] for the classes
  /// of values.
  public List<Map<String, @Nullable Object>> toMaps() {
    List<Map<String, @Nullable Object>> rows = new ArrayList<>();
    try (BatchStream stream = stream()) {
      for (Batch batch = stream.next(); batch != null; batch = stream.next()) {
        for (int i = 0; i < batch.rowCount(); i++) {
          rows.add(Values.row(batch, i));
        }
      }
    }
    return rows;
  }

  /// The columns of the result, without running the query.
  ///
  /// @throws InvalidInputException if the query does not fit the table
  public Schema outputSchema() {
    return table.outputSchema(toQuery());
  }

  /// Runs the query and says what each step did: rows, time, and what was looked up in indices.
  public String analyze() {
    return table.analyze(toQuery());
  }

  /// Runs the query as planned and without any index, and compares the rows.
  ///
  /// @return how many rows there are
  /// @throws io.lancelot.base.CorruptDataException if they differ
  public long verify() {
    return table.verify(toQuery());
  }

  /// How the query would run: one line per step, inputs indented below.
  public String explain() {
    return table.explain(toQuery());
  }
}
