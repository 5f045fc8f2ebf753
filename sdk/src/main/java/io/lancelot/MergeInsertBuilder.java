package io.lancelot;

import io.lancelot.base.InvalidInputException;
import io.lancelot.columnar.BatchStream;
import io.lancelot.engine.MergeInsert;
import io.lancelot.engine.MergeInsert.When;
import io.lancelot.expr.Expr;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/// A merge under way: what is to be done with rows whose key both sides have, and with those that
/// only the source or only the table has. Mutable and used by one thread; nothing happens before
/// [#execute].
///
/// A key with a null in it is equal to no other key.
public final class MergeInsertBuilder {

  private final Table table;
  private final List<String> on;
  private Optional<When> updateMatched = Optional.empty();
  private boolean insertUnmatched;
  private Optional<When> deleteMissing = Optional.empty();

  MergeInsertBuilder(Table table, List<String> on) {
    this.table = table;
    this.on = on;
  }

  /// Rows that both have get the source's values; columns that the source lacks keep theirs.
  public MergeInsertBuilder whenMatchedUpdateAll() {
    updateMatched = Optional.of(new When(Optional.empty()));
    return this;
  }

  /// Rows that both have get the source's values if a condition holds: `"source.revision >
  /// target.revision"`.
  ///
  /// @throws InvalidInputException if the text is no condition
  public MergeInsertBuilder whenMatchedUpdateAll(String condition) {
    updateMatched = Optional.of(new When(Optional.of(Expr.parse(condition))));
    return this;
  }

  /// Rows that only the source has are added; columns that the source lacks are null.
  public MergeInsertBuilder whenNotMatchedInsertAll() {
    insertUnmatched = true;
    return this;
  }

  /// Rows that only the table has are deleted.
  public MergeInsertBuilder whenNotMatchedBySourceDelete() {
    deleteMissing = Optional.of(new When(Optional.empty()));
    return this;
  }

  /// Rows that only the table has are deleted if a condition on them holds: `"year = 2026"`.
  ///
  /// @throws InvalidInputException if the text is no condition
  public MergeInsertBuilder whenNotMatchedBySourceDelete(String condition) {
    deleteMissing = Optional.of(new When(Optional.of(Expr.parse(condition))));
    return this;
  }

  /// Merges records or maps; columns that they do not have are those the source lacks.
  ///
  /// @throws InvalidInputException if a row does not fit the table, or two have the same key;
  ///   nothing was changed
  public Table.MergeResult execute(Collection<?> rows) {
    return table.merge(spec(), rows);
  }

  /// Merges the rows of a stream, which is read to its end and closed. What does not fit into
  /// memory goes to temporary files.
  ///
  /// @throws InvalidInputException if the rows do not fit the table, or two have the same key;
  ///   nothing was changed
  public Table.MergeResult execute(BatchStream rows) {
    return table.merge(spec(), rows);
  }

  private MergeInsert spec() {
    return new MergeInsert(on, updateMatched, insertUnmatched, deleteMissing);
  }
}
