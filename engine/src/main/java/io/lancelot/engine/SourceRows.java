package io.lancelot.engine;

import io.lancelot.base.Context;
import io.lancelot.base.InvalidInputException;
import io.lancelot.base.Scratch;
import io.lancelot.columnar.Batch;
import io.lancelot.columnar.BatchStream;
import io.lancelot.columnar.Batches;
import io.lancelot.columnar.Column;
import io.lancelot.columnar.Field;
import io.lancelot.columnar.FixedColumn;
import io.lancelot.columnar.Schema;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntToLongFunction;
import org.jspecify.annotations.Nullable;

/// Rows of a source to be joined to a table by key, all of them in memory.
final class SourceRows implements AutoCloseable {

  private final List<String> on;
  private final Scratch rowMemory;
  private final Scratch castMemory;
  private final Batch rows;

  /// The number of each row in the source, for messages.
  private final IntToLongFunction numbers;

  private @Nullable Fitted fitted;

  /// The rows as rows of a table.
  ///
  /// @param table its schema
  /// @param on the key columns
  /// @param keys finds rows by key
  record Fitted(Schema table, Batch rows, List<String> on, KeyTable keys) {}

  private SourceRows(List<String> on, Scratch rowMemory, Batch rows, IntToLongFunction numbers) {
    this.on = on;
    this.rowMemory = rowMemory;
    this.castMemory = rowMemory.memory().scratch();
    this.rows = rows;
    this.numbers = numbers;
  }

  /// Reads a whole source. One that does not fit the budget is refused with the figure.
  static SourceRows read(BatchStream stream, List<String> on, Context context) {
    try (HeldBatches held = new HeldBatches(context.memory())) {
      held.addAll(stream);
      return of(stream.schema(), held.batches(), on, context);
    }
  }

  /// Rows that lie in batches, copied.
  static SourceRows of(Schema schema, List<Batch> batches, List<String> on, Context context) {
    Scratch memory = context.memory().scratch();
    try {
      return new SourceRows(on, memory, joined(schema, batches, memory), row -> row);
    } catch (RuntimeException | Error e) {
      memory.close();
      throw e;
    }
  }

  /// Rows of a file, behind whose columns stand their numbers.
  static SourceRows ofNumbered(SpilledRows file, List<String> on, Context context) {
    Scratch memory = context.memory().scratch();
    try (HeldBatches held = new HeldBatches(context.memory())) {
      file.rewind();
      held.addAll(file);
      Batch all = joined(file.schema(), held.batches(), memory);
      int last = all.columns().size() - 1;
      Schema schema = Schema.of(all.schema().fields().subList(0, last));
      FixedColumn numbers = (FixedColumn) all.column(last);
      Batch rows = new Batch(schema, all.rowCount(), all.columns().subList(0, last));
      return new SourceRows(on, memory, rows, numbers::longAt);
    } catch (RuntimeException | Error e) {
      memory.close();
      throw e;
    }
  }

  private static Batch joined(Schema schema, List<Batch> batches, Scratch memory) {
    // A single batch would come back as it is, in memory of others.
    return batches.size() == 1
        ? Batches.copy(batches.getFirst(), memory)
        : Batches.concat(schema, batches, memory);
  }

  /// The rows cast to the table's types, and their keys.
  ///
  /// @param repeats whether several rows may have the same key; one of them is found by it
  /// @throws InvalidInputException if a column is unknown or does not fit, or two rows have the
  ///   same key and must not
  Fitted fit(Schema table, boolean repeats) {
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
    List<String> key = SourceKeys.names(on, table);
    List<Column> keys = SourceKeys.of(key, cast, table, castMemory);
    known = new Fitted(table, cast, key, KeyTable.of(keys, cast.rowCount(), key, numbers, repeats));
    fitted = known;
    return known;
  }

  /// The rows as values to be joined to a table's rows.
  ///
  /// @param values the columns that are no keys
  record Joined(Batch values, KeyTable keys) {}

  /// Casts the key columns to the table's types.
  ///
  /// @throws InvalidInputException if a key column is missing, a value column exists in the table
  ///   already, or two rows have the same key
  Joined join(Schema table) {
    castMemory.close();
    List<Field> fields = new ArrayList<>();
    List<Column> columns = new ArrayList<>();
    for (int i = 0; i < rows.columns().size(); i++) {
      Field field = rows.schema().fields().get(i);
      if (!on.contains(field.name())) {
        fields.add(field);
        columns.add(rows.column(i));
      }
    }
    List<Column> keys = SourceKeys.of(on, rows, table, castMemory);
    return new Joined(
        new Batch(Schema.of(fields), rows.rowCount(), columns),
        KeyTable.of(keys, rows.rowCount(), on, numbers, false));
  }

  @Override
  public void close() {
    rowMemory.close();
    castMemory.close();
  }
}
