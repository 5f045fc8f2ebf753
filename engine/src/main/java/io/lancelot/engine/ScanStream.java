package io.lancelot.engine;

import io.lancelot.base.Scratch;
import io.lancelot.columnar.Batch;
import io.lancelot.columnar.BatchStream;
import io.lancelot.columnar.Batches;
import io.lancelot.columnar.Bits;
import io.lancelot.columnar.Column;
import io.lancelot.columnar.Columns;
import io.lancelot.columnar.Field;
import io.lancelot.columnar.FixedColumn;
import io.lancelot.columnar.Schema;
import io.lancelot.expr.Filter;
import io.lancelot.table.Fragment;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/// Reads the live rows of all fragments in order, or those that pass a filter.
///
/// Columns of the filter are read first; the others for the rows that are left, by taking single
/// rows where these are few and by reading the whole range where they are many.
final class ScanStream implements BatchStream {

  /// Below this share of a range, rows are taken one by one.
  private static final int TAKE_BELOW = 8;

  private static final int MAX_BATCH_ROWS = 8192;

  private final Execution execution;
  private final Plan.Scan plan;
  private final Schema schema;
  private final List<String> filterColumns;
  private final List<String> otherColumns;
  private final OptionalLong enough;
  private final Scratch scratch;
  private final Iterator<Fragment> fragments;
  private @Nullable ColumnsOfFragment reader;
  private long position;
  private int batchRows;
  private int[] rows = new int[0];

  ScanStream(Execution execution, Plan.Scan plan, OptionalLong enough) {
    this.execution = execution;
    this.plan = plan;
    this.schema = plan.schema();
    this.filterColumns = plan.filter().map(Filter::columns).orElse(List.of());
    this.otherColumns =
        plan.columns().stream()
            .map(Field::name)
            .filter(name -> !filterColumns.contains(name))
            .toList();
    this.enough = enough;
    this.scratch = execution.context().memory().scratch();
    this.fragments = execution.snapshot().fragments().iterator();
  }

  @Override
  public Schema schema() {
    return schema;
  }

  @Override
  public @Nullable Batch next() {
    while (true) {
      ColumnsOfFragment current = reader;
      if (current == null || position >= current.physicalRows()) {
        current = nextFragment();
        if (current == null) {
          return null;
        }
      }
      scratch.reset();
      int count = (int) Math.min(batchRows, current.physicalRows() - position);
      Batch batch = read(current, position, count);
      position += count;
      if (batch.rowCount() > 0) {
        return batch;
      }
    }
  }

  private @Nullable ColumnsOfFragment nextFragment() {
    if (reader != null) {
      reader.close();
      reader = null;
    }
    if (!fragments.hasNext()) {
      return null;
    }
    List<String> names = new ArrayList<>(filterColumns);
    names.addAll(otherColumns);
    reader = new ColumnsOfFragment(execution, fragments.next(), names);
    position = 0;
    batchRows = reader.rowsPerRead(MAX_BATCH_ROWS);
    if (enough.isPresent() && plan.filter().isEmpty()) {
      batchRows = Math.clamp(enough.getAsLong(), 1, batchRows);
    }
    return reader;
  }

  private Batch read(ColumnsOfFragment from, long first, int count) {
    Bits selected = Selection.live(from.reader().deletions(), first, count, scratch);
    Map<String, Column> columns = new HashMap<>();
    if (plan.filter().isPresent()) {
      Batch batch = from.read(filterColumns, first, count, scratch);
      selected = Selection.and(selected, plan.filter().get().evaluate(batch, scratch), scratch);
      for (int i = 0; i < filterColumns.size(); i++) {
        columns.put(filterColumns.get(i), batch.column(i));
      }
    }
    int kept = count;
    if (selected != null) {
      if (rows.length < count) {
        rows = new int[MAX_BATCH_ROWS];
      }
      kept = Selection.of(selected, rows);
    }
    if (kept == 0) {
      return emptyBatch();
    }
    boolean all = kept == count;
    if (!all) {
      int size = kept;
      columns.replaceAll((_, column) -> Columns.gather(column, rows, size, scratch));
    }
    if (!otherColumns.isEmpty()) {
      Batch batch = readOthers(from, first, count, kept, all);
      for (int i = 0; i < otherColumns.size(); i++) {
        columns.put(otherColumns.get(i), batch.column(i));
      }
    }
    List<Column> ordered = new ArrayList<>();
    for (Field field : plan.columns()) {
      ordered.add(columns.get(field.name()));
    }
    if (plan.withRowAddress()) {
      ordered.add(rowNumbers(from, first, kept, all, false));
    }
    if (plan.withRowId()) {
      ordered.add(rowNumbers(from, first, kept, all, true));
    }
    return new Batch(schema, kept, ordered);
  }

  private Batch readOthers(ColumnsOfFragment from, long first, int count, int kept, boolean all) {
    if (!all && (long) kept * TAKE_BELOW < count) {
      long[] wanted = new long[kept];
      for (int i = 0; i < kept; i++) {
        wanted[i] = first + rows[i];
      }
      return from.take(otherColumns, wanted, kept, scratch);
    }
    Batch batch = from.read(otherColumns, first, count, scratch);
    return all ? batch : Batches.gather(batch, rows, kept, scratch);
  }

  private FixedColumn rowNumbers(
      ColumnsOfFragment from, long first, int kept, boolean all, boolean ids) {
    MemorySegment values = scratch.allocateBytes(8L * kept);
    for (int i = 0; i < kept; i++) {
      long row = first + (all ? i : rows[i]);
      values.set(
          FixedColumn.LONG,
          8L * i,
          ids ? from.reader().rowId(row, scratch) : from.reader().address(row));
    }
    return new FixedColumn(Plan.ROW_ID.type(), kept, values, null);
  }

  private Batch emptyBatch() {
    return new Batch(
        schema, 0, schema.fields().stream().map(field -> Columns.empty(field.type())).toList());
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
