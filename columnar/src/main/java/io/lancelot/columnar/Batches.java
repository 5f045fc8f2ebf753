package io.lancelot.columnar;

import java.lang.foreign.SegmentAllocator;
import java.util.ArrayList;
import java.util.List;

/// Operations on whole batches, column by column.
public final class Batches {

  private Batches() {}

  /// A batch with the same rows in memory of `allocator`.
  public static Batch copy(Batch batch, SegmentAllocator allocator) {
    return new Batch(
        batch.schema(),
        batch.rowCount(),
        batch.columns().stream().map(column -> Columns.copy(column, allocator)).toList());
  }

  /// Rows `rows[0 .. count)` of a batch, in that order; [Columns#NO_ROW] gives nulls.
  public static Batch gather(Batch batch, int[] rows, int count, SegmentAllocator allocator) {
    return new Batch(
        batch.schema(),
        count,
        batch.columns().stream()
            .map(column -> Columns.gather(column, rows, count, allocator))
            .toList());
  }

  /// Batches of one schema end to end; a single batch is returned as it is.
  public static Batch concat(Schema schema, List<Batch> batches, SegmentAllocator allocator) {
    long rows = 0;
    for (Batch batch : batches) {
      rows += batch.rowCount();
    }
    List<Column> columns = new ArrayList<>();
    for (int i = 0; i < schema.fields().size(); i++) {
      int column = i;
      columns.add(
          Columns.concat(
              schema.fields().get(i).type(),
              batches.stream().map(batch -> batch.column(column)).toList(),
              allocator));
    }
    return new Batch(schema, Columns.itemCount(rows), columns);
  }
}
