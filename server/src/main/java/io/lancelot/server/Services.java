package io.lancelot.server;

import io.lancelot.QueryBuilder;
import io.lancelot.Table;
import io.lancelot.base.InvalidInputException;
import io.lancelot.base.Memory;
import io.lancelot.base.NotFoundException;
import io.lancelot.expr.Expr;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/// What the routes of one server share.
///
/// @param bodies the part of the memory that bodies of requests may take, however many there are
///   and however slow: reads go on beside them
/// @param heap for what is read as JSON
record Services(
    ServerOptions options,
    Databases databases,
    Memory memory,
    Memory bodies,
    HeapRoom heap,
    Jobs jobs,
    Upkeep upkeep,
    Observed observed)
    implements AutoCloseable {

  /// Something done with a table that is open.
  @FunctionalInterface
  interface Read {
    void at(Table table);
  }

  /// The table that a request names, on the branch it names, at its latest version.
  Table table(Exchange exchange, TableRef ref) {
    return databases.table(branched(ref, exchange.body()));
  }

  /// The same where the body is not JSON: the branch stands in the address.
  Table tableOfStream(TableRef ref) {
    return databases.table(ref);
  }

  static TableRef branched(TableRef ref, Map<?, ?> body) {
    return QueryBody.text(body, "branch")
        .filter(branch -> !branch.isEmpty())
        .map(ref::onBranch)
        .orElse(ref);
  }

  /// Reads a table at the version that a body names; at the latest if it names none.
  void reading(TableRef ref, Map<?, ?> body, Read read) {
    reading(branched(ref, body), QueryBody.number(body, "version"), read);
  }

  void reading(TableRef ref, OptionalLong version, Read read) {
    if (version.isEmpty()) {
      // All that one request reads is of one version, which is looked for once.
      read.at(databases.table(ref).pinned());
      return;
    }
    try (Table pinned = databases.open(ref)) {
      try {
        pinned.checkout(version.getAsLong());
      } catch (NotFoundException e) {
        throw new Failures.Coded(Failures.Code.VERSION_NOT_FOUND, String.valueOf(e.getMessage()));
      }
      read.at(pinned);
    }
  }

  /// The query of a body, over the rows that there are for the caller. A filter of the caller's key
  /// always comes before the search.
  QueryBuilder<?> query(Exchange exchange, Table table, Map<?, ?> body) {
    Map<Object, Object> own = new LinkedHashMap<>(body);
    long most = options.maxExactRows();
    if (most > 0) {
      long asked = QueryBody.number(body, "max_exact_rows").orElse(most);
      own.put("max_exact_rows", Math.min(most, asked));
    }
    Optional<Expr> visible = exchange.rowFilter();
    if (visible.isEmpty()) {
      return QueryBody.toQuery(table, own);
    }
    if (body.get("fragment_ids") != null) {
      throw new Failures.Coded(
          Failures.Code.PERMISSION_DENIED, "fragments tell of rows that this key may not see");
    }
    // Refusals by a number of one's own choice would tell how many rows there are.
    own.put("max_exact_rows", most > 0 ? most : null);
    own.put("prefilter", true);
    QueryBuilder<?> query = QueryBody.toQuery(table, own);
    query.where(visible.get());
    // What is wrong with the query itself may be told: no row was looked at. How many rows there
    // are may not.
    try {
      query.explain();
    } catch (InvalidInputException e) {
      if (most > 0 && String.valueOf(e.getMessage()).startsWith("exact vector search")) {
        throw new InvalidInputException("exact vector search: expected=a vector index, found=none");
      }
      throw e;
    }
    return query;
  }

  /// Runs what reads rows. For a caller who may not see all of them a failure says no more than
  /// that: its text could hold a value of a hidden row.
  static <T> T discreet(Exchange exchange, Supplier<T> read) {
    try {
      return read.get();
    } catch (InvalidInputException e) {
      if (exchange.rowFilter().isEmpty()) {
        throw e;
      }
      throw new InvalidInputException("query: expected=one that can be computed for all rows");
    }
  }

  /// Counts rows, as far as the caller may see them.
  static long count(Exchange exchange, Table table, Optional<String> predicate) {
    Optional<Expr> asked = predicate.filter(text -> !text.isBlank()).map(Expr::parse);
    Optional<Expr> visible = exchange.rowFilter();
    if (asked.isEmpty() && visible.isEmpty()) {
      return table.countRows();
    }
    List<Expr> terms = Stream.of(visible, asked).flatMap(Optional::stream).toList();
    String all = (terms.size() == 1 ? terms.getFirst() : new Expr.And(terms)).toString();
    return discreet(exchange, () -> table.countRows(all));
  }

  /// Refuses ids of rows that are not there for the caller.
  static void requireVisible(Exchange exchange, Table table, String column, long... rows) {
    Optional<Expr> visible = exchange.rowFilter();
    if (visible.isEmpty() || rows.length == 0) {
      return;
    }
    String ids =
        LongStream.of(rows)
            .distinct()
            .mapToObj(Long::toUnsignedString)
            .collect(Collectors.joining(", ", "_rowid IN (", ")"));
    QueryBuilder<?> found = table.query().where(ids).where(visible.get()).select("_rowid");
    if (found.toMaps().size() < LongStream.of(rows).distinct().count()) {
      throw new InvalidInputException(
          "row ids: expected=those of rows that are there (column=" + column + ")");
    }
  }

  @Override
  public void close() {
    upkeep.close();
    jobs.close();
    databases.close();
    observed.close();
  }
}
