package io.lancelot;

import java.util.Optional;

/// A plain query: rows in the order of the table, all of them unless limited.
public final class ScanQuery extends QueryBuilder<ScanQuery> {

  ScanQuery(Table table) {
    super(table);
  }

  @Override
  ScanQuery self() {
    return this;
  }

  @Override
  io.lancelot.engine.Query toQuery() {
    return query(true, Optional.empty(), Optional.empty(), false, Optional.empty());
  }
}
