package io.lancelot.engine;

import io.lancelot.expr.Expr;
import java.util.List;
import java.util.Optional;

/// What to do with rows that a source and a table have in common, and with those that only one of
/// them has. Rows belong together when their keys are equal; a key with a null in it is equal to
/// none.
///
/// @param on the key columns; empty for the table's primary key
/// @param updateMatched give the table's rows the source's values
/// @param insertUnmatched add source rows whose key the table does not have
/// @param deleteMissing delete the table's rows whose key the source does not have
public record MergeInsert(
    List<String> on,
    Optional<When> updateMatched,
    boolean insertUnmatched,
    Optional<When> deleteMissing) {

  public MergeInsert {
    on = List.copyOf(on);
  }

  /// For which rows: all, or those for which a condition holds. For matched rows it speaks of
  /// `source.` and `target.` columns, otherwise of the table's.
  public record When(Optional<Expr> condition) {}

  /// What a merge did.
  ///
  /// @param version the version it made; the version read if there was nothing to change
  public record Result(long inserted, long updated, long deleted, long version) {}
}
