package io.lancelot.engine;

import io.lancelot.base.InvalidInputException;
import io.lancelot.base.Scratch;
import io.lancelot.columnar.Batch;
import io.lancelot.columnar.BatchStream;
import io.lancelot.columnar.Column;
import io.lancelot.columnar.Columns;
import io.lancelot.columnar.Field;
import io.lancelot.columnar.Schema;
import io.lancelot.table.MovedRows;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What a merge writes: the updated rows in the order of the table, then the new ones in the order
/// of the source. Columns that the source lacks keep their values, or are null in new rows.
final class MergedRows implements BatchStream {

  private static final int MAX_BATCH_ROWS = 8192;

  private final Execution execution;
  private final Batch source;
  private final List<MergeMatches.Piece> updates;
  private final int[] inserts;
  private final MovedRows moved;
  private final Schema schema;
  private final List<String> kept;
  private final Scratch scratch;
  private @Nullable ColumnsOfFragment reader;
  private int piece;
  private int inPiece;
  private int inserted;

  /// @param moved takes what updated rows keep
  MergedRows(
      Execution execution,
      Batch source,
      List<MergeMatches.Piece> updates,
      int[] inserts,
      MovedRows moved) {
    this.execution = execution;
    this.source = source;
    this.updates = updates;
    this.inserts = inserts;
    this.moved = moved;
    this.schema = execution.snapshot().schema().arrow();
    this.kept = schema.names().stream().filter(name -> source.schema().indexOf(name) < 0).toList();
    this.scratch = execution.context().memory().scratch();
    for (String name : kept) {
      if (inserts.length > 0 && !schema.field(name).orElseThrow().nullable()) {
        throw new InvalidInputException(
            "merge: the source lacks a column that new rows need: expected="
                + name
                + ", which must not be null, found="
                + source.schema().names());
      }
    }
  }

  @Override
  public Schema schema() {
    return schema;
  }

  @Override
  public @Nullable Batch next() {
    scratch.reset();
    if (piece < updates.size()) {
      return nextUpdated(updates.get(piece));
    }
    closeReader();
    int count = Math.min(MAX_BATCH_ROWS, inserts.length - inserted);
    if (count == 0) {
      return null;
    }
    int[] rows = Arrays.copyOfRange(inserts, inserted, inserted + count);
    inserted += count;
    return combine(rows, count, null);
  }

  private Batch nextUpdated(MergeMatches.Piece from) {
    boolean stable = execution.snapshot().stableRowIds();
    if (!kept.isEmpty() || stable) {
      open(from);
    }
    int count = Math.min(MAX_BATCH_ROWS, from.rows().length - inPiece);
    long[] rows = Arrays.copyOfRange(from.rows(), inPiece, inPiece + count);
    int[] sources = Arrays.copyOfRange(from.sources(), inPiece, inPiece + count);
    inPiece += count;
    if (inPiece == from.rows().length) {
      piece++;
      inPiece = 0;
    }
    Batch old = null;
    ColumnsOfFragment current = reader;
    if (current != null && !kept.isEmpty()) {
      old = RowsByNumber.read(current, kept, rows, count, scratch);
    }
    if (current != null && stable) {
      for (long row : rows) {
        moved.add(
            current.reader().rowId(row, scratch), current.reader().createdAtVersion(row, scratch));
      }
    }
    return combine(sources, count, old);
  }

  private void open(MergeMatches.Piece from) {
    if (reader == null || reader.reader().fragment().id() != from.fragmentId()) {
      closeReader();
      reader =
          new ColumnsOfFragment(
              execution, execution.snapshot().fragment(from.fragmentId()).orElseThrow(), kept);
    }
  }

  private Batch combine(int[] sources, int count, @Nullable Batch old) {
    List<Column> columns = new ArrayList<>();
    for (Field field : schema.fields()) {
      int index = source.schema().indexOf(field.name());
      if (index >= 0) {
        columns.add(Columns.gather(source.column(index), sources, count, scratch));
      } else if (old != null) {
        columns.add(old.column(kept.indexOf(field.name())));
      } else {
        columns.add(Columns.nulls(field.type(), count, scratch));
      }
    }
    return new Batch(schema, count, columns);
  }

  private void closeReader() {
    if (reader != null) {
      reader.close();
      reader = null;
    }
  }

  @Override
  public void close() {
    closeReader();
    scratch.close();
  }
}
