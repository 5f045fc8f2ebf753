package io.lancelot.engine;

import io.lancelot.base.InvalidInputException;
import io.lancelot.expr.Expr;
import io.lancelot.index.FullTextQuery;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/// What a caller wants to know, without any I/O: filter, columns, nearest neighbours, limits.
///
/// @param filter rows for which it is true; the others do not take part
/// @param prefilter with a vector search: whether the filter comes before it (so that k rows that
///   match are found) or after (which may leave fewer than k)
/// @param select columns and expressions to return; empty for all columns
/// @param limit rows to return at the most; empty for all, and for 10 in a vector search
/// @param offset rows to leave out before the first one returned
/// @param withRowId whether to add `_rowid`
/// @param withRowAddress whether to add `_rowaddr`, where each row is
/// @param text words to look for; with `nearest` too, the search is hybrid
/// @param indexedOnly whether a text search leaves out rows that no index covers
/// @param fusion how a hybrid search makes one ranking of two, or what another search's rows are
///   ranked by instead; empty for reciprocal ranks, or the order of the search
/// @param order what a plain query's rows are ordered by; empty for the order of the table
/// @param grouping what a plain query's rows are put together by; filter comes before it, order,
///   limit and selected columns after it
/// @param within what the query may read, and for how long
public record Query(
    Optional<Expr> filter,
    boolean prefilter,
    List<Output> select,
    OptionalLong limit,
    long offset,
    boolean withRowId,
    boolean withRowAddress,
    Optional<Nearest> nearest,
    Optional<FullTextQuery> text,
    boolean indexedOnly,
    Optional<Fusion.Settings> fusion,
    List<Ordering> order,
    Optional<Grouping> grouping,
    Within within) {

  /// Neighbours that a vector search returns unless told otherwise.
  public static final long DEFAULT_LIMIT = 10;

  public Query {
    select = List.copyOf(select);
    order = List.copyOf(order);
    if (!order.isEmpty() && nearest.isPresent()) {
      throw new InvalidInputException(
          "order of a vector search: expected=none, since it is ordered by distance, found="
              + order);
    }
    if (grouping.isPresent()
        && (nearest.isPresent() || text.isPresent() || withRowId || withRowAddress)) {
      throw new InvalidInputException(
          "grouping: expected=a plain query without row ids, found="
              + (withRowId ? "_rowid" : withRowAddress ? "_rowaddr" : "a search"));
    }
    if (offset < 0) {
      throw new InvalidInputException("offset: expected>=0, found=" + offset);
    }
    if (limit.isPresent() && limit.getAsLong() < 0) {
      throw new InvalidInputException("limit: expected>=0, found=" + limit.getAsLong());
    }
    if (nearest.isPresent() && limit.isPresent() && limit.getAsLong() == 0) {
      throw new InvalidInputException("limit of a vector search: expected>=1, found=0");
    }
  }

  /// A scan or a vector search, in the order of the table or of the search.
  public Query(
      Optional<Expr> filter,
      boolean prefilter,
      List<Output> select,
      OptionalLong limit,
      long offset,
      boolean withRowId,
      Optional<Nearest> nearest) {
    this(
        filter,
        prefilter,
        select,
        limit,
        offset,
        withRowId,
        false,
        nearest,
        Optional.empty(),
        false,
        Optional.empty(),
        List.of(),
        Optional.empty(),
        Within.ALL);
  }

  /// The same with a moment in the place of `now()`; itself if it does not ask for the time.
  Query at(Instant now) {
    Optional<Expr> fixed = filter.map(expr -> expr.at(now));
    List<Output> columns = select.isEmpty() ? select : at(select, now);
    List<Ordering> keys =
        order.isEmpty()
            ? order
            : order.stream()
                .map(key -> new Ordering(key.key().at(now), key.ascending(), key.nullsFirst()))
                .toList();
    Optional<Grouping> groups = grouping.map(each -> each.at(now));
    if (fixed.equals(filter)
        && columns.equals(select)
        && keys.equals(order)
        && groups.equals(grouping)) {
      return this;
    }
    return new Query(
        fixed,
        prefilter,
        columns,
        limit,
        offset,
        withRowId,
        withRowAddress,
        nearest,
        text,
        indexedOnly,
        fusion,
        keys,
        groups,
        within);
  }

  static List<Output> at(List<Output> outputs, Instant now) {
    boolean timeless = true;
    for (Output output : outputs) {
      timeless &= output.expr().at(now) == output.expr();
    }
    return timeless
        ? outputs
        : outputs.stream().map(output -> new Output(output.name(), output.expr().at(now))).toList();
  }

  /// What a query may read, and for how long.
  ///
  /// @param fragments ids of the only fragments it reads; empty for all
  /// @param timeout after which it is cancelled; empty to let it take its time
  public record Within(Optional<List<Long>> fragments, Optional<Duration> timeout) {

    /// Everything, and no hurry.
    public static final Within ALL = new Within(Optional.empty(), Optional.empty());

    public Within {
      fragments = fragments.map(List::copyOf);
      if (timeout.filter(Duration::isNegative).isPresent()) {
        throw new InvalidInputException("timeout: expected>=0, found=" + timeout.get());
      }
    }
  }

  /// What rows are ordered by.
  ///
  /// @param ascending the least value first; NaN is above every number
  /// @param nullsFirst rows without a value come first, not last
  public record Ordering(Expr key, boolean ascending, boolean nullsFirst) {
    @Override
    public String toString() {
      return key + (ascending ? " ASC" : " DESC") + (nullsFirst ? " NULLS FIRST" : " NULLS LAST");
    }
  }

  /// One column of the result.
  ///
  /// @param name what it is called there
  /// @param expr how it is computed
  public record Output(String name, Expr expr) {}

  /// The whole table.
  public static Query all() {
    return new Query(
        Optional.empty(), true, List.of(), OptionalLong.empty(), 0, false, Optional.empty());
  }
}
