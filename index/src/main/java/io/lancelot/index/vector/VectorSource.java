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

  /// Vectors that a list has, more or less.
  private static final int LIST_VECTORS = 16;

  private final Context context;
  private final IndexSource source;
  private final boolean lists;
  private final IndexSource other;
  private final long[] more;
  private long counted = -1;

  VectorSource(Context context, IndexSource source, VectorType type) {
    this(context, source, type.lists(), source, new long[0]);
  }

  private VectorSource(
      Context context, IndexSource source, boolean lists, IndexSource other, long[] more) {
    this.context = context;
    this.source = source;
    this.lists = lists;
    this.other = other;
    this.more = more;
  }

  /// The column's name.
  String name() {
    return source.field().name();
  }

  boolean isEmpty() {
    return source.rowCount() + more.length == 0;
  }

  /// How many vectors the streams deliver. Lists are read once to be counted.
  long count() {
    if (!lists) {
      return source.rowCount() + more.length;
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

  /// These, and then those of rows of another source; not for lists.
  VectorSource with(IndexSource other, long[] ids) {
    if (lists) {
      throw new IllegalStateException("lists of vectors by the ids of rows");
    }
    return new VectorSource(context, source, lists, other, ids);
  }

  /// The vectors of some rows, spread evenly, and their `_rowid`s.
  BatchStream sample(int most) {
    long rows = source.rowCount();
    int count = (int) Math.min(rows, lists ? most / LIST_VECTORS : most);
    long[] positions = new long[count];
    for (int i = 0; i < count; i++) {
      positions[i] = i * rows / count;
    }
    Scratch scratch = context.memory().scratch();
    try {
      return flat(new Once(source.sample(positions, count, scratch), scratch));
    } catch (RuntimeException | Error e) {
      scratch.close();
      throw e;
    }
  }

  private BatchStream flat(BatchStream rows) {
    return lists ? new Flattened(rows, context.memory().scratch()) : rows;
  }

  private static final class Both implements BatchStream {
    private final BatchStream first;
    private final BatchStream second;

    Both(BatchStream first, BatchStream second) {
      this.first = first;
      this.second = second;
    }

    @Override
    public Schema schema() {
      return first.schema();
    }

    @Override
    public @Nullable Batch next() {
      Batch batch = first.next();
      return batch == null ? second.next() : batch;
    }

    @Override
    public void close() {
      first.close();
      second.close();
    }
  }

  /// A single batch, and the memory it lies in.
  private static final class Once implements BatchStream {
    private final Batch batch;
    private final Scratch scratch;
    private boolean given;

    Once(Batch batch, Scratch scratch) {
      this.batch = batch;
      this.scratch = scratch;
    }

    @Override
    public Schema schema() {
      return batch.schema();
    }

    @Override
    public @Nullable Batch next() {
      boolean first = !given;
      given = true;
      return first ? batch : null;
    }

    @Override
    public void close() {
      scratch.close();
    }
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
    return more.length == 0 ? flat(source.rows()) : new Both(source.rows(), other.rows(more));
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
