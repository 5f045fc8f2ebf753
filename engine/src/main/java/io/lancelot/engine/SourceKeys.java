package io.lancelot.engine;

import io.lancelot.base.InvalidInputException;
import io.lancelot.base.Scratch;
import io.lancelot.columnar.Batch;
import io.lancelot.columnar.Column;
import io.lancelot.columnar.Field;
import io.lancelot.columnar.Schema;
import java.util.ArrayList;
import java.util.List;

/// The columns by which rows of a source find their partners in a table.
final class SourceKeys {

  private SourceKeys() {}

  /// @param on as asked for; empty for the table's primary key
  static List<String> names(List<String> on, Schema table) {
    return on.isEmpty() ? PrimaryKey.of(table) : on;
  }

  /// The columns of some rows, in the table's types and without dictionaries.
  ///
  /// @throws InvalidInputException if the source or the table lacks one, or it does not fit
  static List<Column> of(List<String> names, Batch source, Schema table, Scratch scratch) {
    if (names.isEmpty()) {
      throw new InvalidInputException(
          "merge: expected=key columns, for the table has no primary key, found=none");
    }
    List<Column> columns = new ArrayList<>();
    for (String name : names) {
      Field own =
          table
              .field(name)
              .orElseThrow(() ->
                  new InvalidInputException(
                      "merge: unknown key column: expected one of "
                          + table.names()
                          + ", found="
                          + name));
      int index = source.schema().indexOf(name);
      if (index < 0) {
        throw new InvalidInputException(
            "merge: the source lacks a key column: expected="
                + name
                + ", found="
                + source.schema().names());
      }
      if (names.indexOf(name) != names.lastIndexOf(name)) {
        throw new InvalidInputException("merge: key column named twice: found=" + name);
      }
      Casting casting = Casting.of(source.schema().fields().get(index).type(), own.type(), name);
      columns.add(KeyHashes.plain(casting.apply(source.column(index), scratch), scratch));
    }
    return columns;
  }
}
