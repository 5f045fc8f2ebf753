package io.lancelot.engine;

import io.lancelot.base.Context;
import io.lancelot.base.InvalidInputException;
import io.lancelot.base.Scratch;
import io.lancelot.columnar.Batch;
import io.lancelot.columnar.BatchStream;
import io.lancelot.columnar.Batches;
import io.lancelot.columnar.Column;
import io.lancelot.columnar.Field;
import io.lancelot.columnar.Schema;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The rows to be merged: held in memory, for each attempt looks at them anew. A source that does
/// not fit the budget is refused with the figure.
final class MergeSource implements AutoCloseable {

  private final List<String> on;
  private final Scratch rowMemory;
  private final Scratch castMemory;
  private final Batch rows;
  private @Nullable Fitted fitted;

  /// The rows as rows of a table.
  ///
  /// @param schema the table's, as far as the source has columns
  /// @param table finds rows by key
  record Fitted(Schema table, Batch rows, List<String> on, KeyTable keys) {}

  MergeSource(BatchStream stream, List<String> on, Context context) {
    this.on = on;
    this.rowMemory = context.memory().scratch();
    this.castMemory = context.memory().scratch();
    boolean read = false;
    try (Scratch parts = context.memory().scratch()) {
      List<Batch> batches = new ArrayList<>();
      for (Batch batch = stream.next(); batch != null; batch = stream.next()) {
        if (batch.rowCount() > 0) {
          batches.add(Batches.copy(batch, parts));
        }
      }
      // A single batch comes back as it is, in memory that goes away here.
      this.rows =
          batches.size() == 1
              ? Batches.copy(batches.getFirst(), rowMemory)
              : Batches.concat(stream.schema(), batches, rowMemory);
      read = true;
    } finally {
      if (!read) {
        close();
      }
    }
  }

  int rowCount() {
    return rows.rowCount();
  }

  /// The rows cast to the table's types, and their keys.
  ///
  /// @throws InvalidInputException if a column is unknown or does not fit, or two rows have the
  ///   same key
  Fitted fit(Schema table) {
    Fitted known = fitted;
    if (known != null && known.table().equals(table)) {
      return known;
    }
    castMemory.close();
    List<Field> fields = new ArrayList<>();
    List<Column> columns = new ArrayList<>();
    for (int i = 0; i < rows.columns().size(); i++) {
      Field field = rows.schema().fields().get(i);
      Field own =
          table
              .field(field.name())
              .orElseThrow(() ->
                  new InvalidInputException(
                      "merge: unknown column: expected one of "
                          + table.names()
                          + ", found="
                          + field.name()));
      fields.add(own);
      columns.add(
          Casting.of(field.type(), own.type(), field.name()).apply(rows.column(i), castMemory));
    }
    Batch cast = new Batch(Schema.of(fields), rows.rowCount(), columns);
    List<String> key = on.isEmpty() ? PrimaryKey.of(table) : on;
    known = new Fitted(table, cast, key, KeyTable.of(keys(key, cast, table), cast.rowCount(), key));
    fitted = known;
    return known;
  }

  private List<Column> keys(List<String> key, Batch cast, Schema table) {
    if (key.isEmpty()) {
      throw new InvalidInputException(
          "merge: expected=key columns, for the table has no primary key, found=none");
    }
    List<Column> columns = new ArrayList<>();
    for (String name : key) {
      if (table.indexOf(name) < 0) {
        throw new InvalidInputException(
            "merge: unknown key column: expected one of " + table.names() + ", found=" + name);
      }
      int index = cast.schema().indexOf(name);
      if (index < 0) {
        throw new InvalidInputException(
            "merge: the source lacks a key column: expected="
                + name
                + ", found="
                + cast.schema().names());
      }
      if (key.indexOf(name) != key.lastIndexOf(name)) {
        throw new InvalidInputException("merge: key column named twice: found=" + name);
      }
      columns.add(KeyHashes.plain(cast.column(index), castMemory));
    }
    return columns;
  }

  @Override
  public void close() {
    rowMemory.close();
    castMemory.close();
  }
}
