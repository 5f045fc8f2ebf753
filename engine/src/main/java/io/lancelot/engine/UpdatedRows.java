package io.lancelot.engine;

import io.lancelot.base.Scratch;
import io.lancelot.columnar.Batch;
import io.lancelot.columnar.BatchStream;
import io.lancelot.columnar.Schema;
import io.lancelot.table.MovedRows;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.roaringbitmap.PeekableIntIterator;
import org.roaringbitmap.RoaringBitmap;

/// Rows found by a filter, with their new values: what an update writes.
final class UpdatedRows implements BatchStream {

  private static final int MAX_BATCH_ROWS = 8192;

  private final Execution execution;
  private final Assignments assignments;
  private final List<String> inputs;
  private final MovedRows moved;
  private final Iterator<Map.Entry<Long, RoaringBitmap>> fragments;
  private final Scratch scratch;
  private @Nullable ColumnsOfFragment reader;
  private PeekableIntIterator rows = new RoaringBitmap().getIntIterator();
  private long[] numbers = new long[0];

  /// @param rows for each fragment its rows
  /// @param moved takes what the rows keep, in the order in which they come out
  UpdatedRows(
      Execution execution,
      Assignments assignments,
      Map<Long, RoaringBitmap> rows,
      MovedRows moved) {
    this.execution = execution;
    this.assignments = assignments;
    this.inputs = assignments.inputs();
    this.moved = moved;
    this.fragments = new TreeMap<>(rows).entrySet().iterator();
    this.scratch = execution.context().memory().scratch();
  }

  @Override
  public Schema schema() {
    return execution.snapshot().schema().arrow();
  }

  @Override
  public @Nullable Batch next() {
    ColumnsOfFragment current = reader;
    while (current == null || !rows.hasNext()) {
      if (!fragments.hasNext()) {
        return null;
      }
      close();
      Map.Entry<Long, RoaringBitmap> entry = fragments.next();
      current =
          new ColumnsOfFragment(
              execution, execution.snapshot().fragment(entry.getKey()).orElseThrow(), inputs);
      reader = current;
      rows = entry.getValue().getIntIterator();
      numbers = new long[current.rowsPerRead(MAX_BATCH_ROWS)];
    }
    scratch.reset();
    int count = 0;
    while (count < numbers.length && rows.hasNext()) {
      numbers[count++] = Integer.toUnsignedLong(rows.next());
    }
    Batch batch = RowsByNumber.read(current, inputs, numbers, count, scratch);
    noteMoved(current, count);
    return assignments.apply(batch, scratch);
  }

  private void noteMoved(ColumnsOfFragment from, int count) {
    if (execution.snapshot().stableRowIds()) {
      for (int i = 0; i < count; i++) {
        moved.add(
            from.reader().rowId(numbers[i], scratch),
            from.reader().createdAtVersion(numbers[i], scratch));
      }
    }
  }

  @Override
  public void close() {
    if (reader != null) {
      reader.close();
      reader = null;
    }
    scratch.close();
  }
}
