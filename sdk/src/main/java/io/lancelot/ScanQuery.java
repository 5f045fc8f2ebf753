package io.lancelot;

import io.lancelot.base.InvalidInputException;
import io.lancelot.engine.Grouping;
import io.lancelot.engine.Query.Output;
import io.lancelot.expr.Expr;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// A plain query: rows in the order of the table, all of them unless limited, or groups of rows.
public final class ScanQuery extends QueryBuilder<ScanQuery> {

  private final Table table;
  private final List<Output> keys = new ArrayList<>();
  private final List<Grouping.Measure> measures = new ArrayList<>();
  private Optional<Expr> having = Optional.empty();
  private boolean distinct;

  ScanQuery(Table table) {
    super(table);
    this.table = table;
  }

  @Override
  ScanQuery self() {
    return this;
  }

  /// Each different row once: `select("genre").distinct()`. Nulls are equal here, and so are NaNs
  /// and both zeros. In no order, unless ordered by columns that are selected.
  public ScanQuery distinct() {
    distinct = true;
    return this;
  }

  /// One row for each different key: columns or expressions. They come out first, then the
  /// aggregates, in no order unless ordered by these columns; `select` chooses among them.
  public ScanQuery groupBy(String... columns) {
    for (String column : columns) {
      keys.add(output(column));
    }
    return this;
  }

  /// What is computed over each group; over all rows if there are no keys:
  /// `groupBy("year").aggregate(Aggregate.count().as("films"), Aggregate.avg("rating"))`.
  public ScanQuery aggregate(Aggregate... aggregates) {
    for (Aggregate aggregate : aggregates) {
      measures.add(aggregate.measure(this));
    }
    return this;
  }

  /// Only groups for which a predicate is true. It names keys and aggregates: `"films > 10"`.
  public ScanQuery having(String predicate) {
    Expr parsed = Expr.parse(predicate);
    having = Optional.of(having.isEmpty() ? parsed : new Expr.And(List.of(having.get(), parsed)));
    return this;
  }

  @Override
  io.lancelot.engine.Query toQuery() {
    boolean grouped = !keys.isEmpty() || !measures.isEmpty();
    if (!grouped && having.isPresent()) {
      throw new InvalidInputException(
          "having: expected=groupBy or aggregate, found=a query without groups");
    }
    if (!distinct) {
      return query(
          selected(),
          grouped ? Optional.of(new Grouping(keys, measures, having)) : Optional.empty());
    }
    if (grouped) {
      throw new InvalidInputException("distinct: expected=a query without groups, found=groupBy");
    }
    List<Output> columns =
        selected().isEmpty()
            ? table.schema().names().stream().map(this::output).toList()
            : selected();
    return query(List.of(), Optional.of(new Grouping(columns, List.of(), Optional.empty())));
  }
}
