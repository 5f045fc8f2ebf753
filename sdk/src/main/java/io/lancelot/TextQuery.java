package io.lancelot;

import io.lancelot.engine.Fusion;
import io.lancelot.index.FullTextQuery;
import java.util.List;
import java.util.Optional;

/// A search for rows by their words. Results come best first and carry `_score`; without a limit
/// every row that fits is returned.
public final class TextQuery extends QueryBuilder<TextQuery> {

  private final FullTextQuery query;
  private List<String> columns = List.of();
  private boolean prefilter = true;
  private boolean indexedOnly;
  private Optional<Fusion> fusion = Optional.empty();

  TextQuery(Table table, FullTextQuery query) {
    super(table);
    this.query = query;
  }

  @Override
  TextQuery self() {
    return this;
  }

  /// The columns to search, where the query names none. Default: all that have a text index.
  public TextQuery columns(String... names) {
    columns = List.of(names);
    return this;
  }

  /// Applies the filter to the best rows found, instead of searching among the rows that pass it:
  /// fewer rows than the limit may come out. Default: the filter comes first.
  public TextQuery postfilter() {
    prefilter = false;
    return this;
  }

  /// Leaves out rows that no index covers yet.
  public TextQuery fastSearch() {
    indexedOnly = true;
    return this;
  }

  /// Ranks the rows found anew, and adds `_relevance_score`.
  public TextQuery rerank(Fusion how) {
    fusion = Optional.of(how);
    return this;
  }

  @Override
  io.lancelot.engine.Query toQuery() {
    return query(
        prefilter,
        Optional.empty(),
        Optional.of(columns.isEmpty() ? query : query.withColumns(columns)),
        indexedOnly,
        fusion.map(
            how -> new Fusion.Settings(how, Fusion.Normalization.SCORE, true, Optional.empty())));
  }
}
