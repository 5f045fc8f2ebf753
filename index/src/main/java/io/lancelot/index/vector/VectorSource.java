package io.lancelot.index.vector;

import io.lancelot.base.Context;
import io.lancelot.base.Scratch;
import io.lancelot.columnar.Batch;
import io.lancelot.columnar.BatchStream;
import io.lancelot.columnar.Field;
import io.lancelot.columnar.FixedColumn;
import io.lancelot.columnar.ListColumn;
import io.lancelot.columnar.Schema;
import io.lancelot.index.IndexSource;
import java.lang.foreign.MemorySegment;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The vectors that a segment is built of, each with the id of its row. Those of a column of lists
/// come one after the other, list by list.
///
/// Format: as the real Lance flattens multivector columns before it trains and writes.
final class VectorSource {

  private final Context context;
  private final IndexSource source;
  private final boolean lists;
  private long counted = -1;

  VectorSource(Context context, IndexSource source, VectorType type) {
    this.context = context;
    this.source = source;
    this.lists = type.lists();
  }

  /// The column's name.
  String name() {
    return source.field().name();
  }

  /// How many vectors the streams deliver. Lists are read once to be counted.
  long count() {
    if (!lists) {
      return source.rowCount();
    }
    if (counted < 0) {
      long count = 0;
      try (BatchStream rows = source.rows()) {
        for (Batch batch = rows.next(); batch != null; batch = rows.next()) {
          ListColumn column = (ListColumn) batch.column(0);
          count += column.offset(column.length()) - column.offset(0);
        }
      }
      counted = count;
    }
    return counted;
  }

  /// How many of them are not null, by reading all.
  long present() {
    long count = 0;
    try (BatchStream stream = vectors()) {
      for (Batch batch = stream.next(); batch != null; batch = stream.next()) {
        count += batch.rowCount() - batch.column(0).nullCount();
      }
    }
    return count;
  }

  /// Every vector, then `_rowid`.
  BatchStream vectors() {
    return lists ? new Flattened(source.rows(), context.memory().scratch()) : source.rows();
  }

  /// Null lists have no vectors in Lance's files. Should one have some, they are found under a row
  /// that has no distance.
  private static final class Flattened implements BatchStream {
    private final BatchStream rows;
    private final Scratch scratch;
    private final Schema schema;

    Flattened(BatchStream rows, Scratch scratch) {
      this.rows = rows;
      this.scratch = scratch;
      List<Field> fields = rows.schema().fields();
      Field lists = fields.getFirst();
      this.schema =
          Schema.of(
              lists.withType(lists.type().children().getFirst().type()),
              fields.get(rows.schema().indexOf(IndexSource.ROW_ID)));
    }

    @Override
    public Schema schema() {
      return schema;
    }

    @Override
    public @Nullable Batch next() {
      scratch.reset();
      Batch batch = rows.next();
      if (batch == null) {
        return null;
      }
      ListColumn lists = (ListColumn) batch.column(0);
      FixedColumn rowIds = (FixedColumn) batch.column(1);
      int first = lists.offset(0);
      int count = lists.offset(lists.length()) - first;
      MemorySegment ids = scratch.allocateBytes(8L * count);
      for (int row = 0; row < lists.length(); row++) {
        long id = rowIds.longAt(row);
        int end = lists.offset(row + 1) - first;
        for (int i = lists.offset(row) - first; i < end; i++) {
          ids.set(FixedColumn.LONG, 8L * i, id);
        }
      }
      return new Batch(
          schema,
          count,
          List.of(
              lists.items().slice(first, count), new FixedColumn(rowIds.type(), count, ids, null)));
    }

    @Override
    public void close() {
      rows.close();
      scratch.close();
    }
  }
}
