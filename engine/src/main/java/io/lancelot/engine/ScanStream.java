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
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import org.roaringbitmap.RoaringBitmap;

/// Reads the live rows of all fragments in order, or those that pass a filter.
///
/// Where indices know which rows may pass, only these are read. Columns of the filter are read
/// first; the others for the rows that are left, by taking single rows where these are few and by
/// reading the whole range where they are many.
final class ScanStream implements BatchStream {

  /// Below this share of a range, rows are taken one by one.
  private static final int TAKE_BELOW = 8;

  private static final int MAX_BATCH_ROWS = 8192;

  private final Execution execution;
  private final Plan.Scan plan;
  private final Schema schema;
  private final List<String> columns;
  private final OptionalLong enough;
  private final Scratch scratch;
  private final Iterator<Fragment> fragments;
  private @Nullable RowFilter filter;

  private @Nullable ColumnsOfFragment reader;

  /// What is tried on the rows of the fragment at hand.
  private Optional<Filter> condition = Optional.empty();

  /// Its rows, where indices know them.
  private RowFilter.@Nullable Candidates candidates;

  private long position;
  private int batchRows;
  private int[] rows = new int[0];

  ScanStream(Execution execution, Plan.Scan plan, OptionalLong enough) {
    this.execution = execution;
    this.plan = plan;
    this.schema = plan.schema();
    this.columns = plan.columns().stream().map(Field::name).toList();
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
      if (current == null) {
        current = nextFragment();
        if (current == null) {
          return null;
        }
      }
      scratch.reset();
      RowFilter.Candidates some = candidates;
      Batch batch = some == null ? nextRange(current) : nextCandidates(current, some);
      if (batch == null) {
        current.close();
        reader = null;
      } else if (batch.rowCount() > 0) {
        return batch;
      }
    }
  }

  private @Nullable ColumnsOfFragment nextFragment() {
    RowFilter rowFilter = filter;
    if (rowFilter == null) {
      rowFilter = RowFilter.of(execution, plan.filter(), plan.index());
      filter = rowFilter;
    }
    while (fragments.hasNext()) {
      Fragment fragment = fragments.next();
      RoaringBitmap known = rowFilter.candidates(fragment);
      if (known != null && known.isEmpty()) {
        continue;
      }
      condition = rowFilter.condition(fragment);
      List<String> names = new ArrayList<>(condition.map(Filter::columns).orElse(List.of()));
      names.addAll(columns);
      ColumnsOfFragment opened = new ColumnsOfFragment(execution, fragment, names);
      reader = opened;
      position = 0;
      batchRows = opened.rowsPerRead(MAX_BATCH_ROWS);
      if (enough.isPresent() && condition.isEmpty()) {
        batchRows = Math.clamp(enough.getAsLong(), 1, batchRows);
      }
      candidates = known == null ? null : new RowFilter.Candidates(known, opened, batchRows);
      return opened;
    }
    return null;
  }

  /// The next rows of those that the indices found; null at the end.
  private @Nullable Batch nextCandidates(ColumnsOfFragment from, RowFilter.Candidates some) {
    if (!some.advance()) {
      return null;
    }
    Map<String, Column> read = new HashMap<>();
    if (condition.isPresent()) {
      Batch batch = some.read(condition.get().columns(), scratch);
      Bits passed = condition.get().evaluate(batch, scratch);
      int kept = positions(passed);
      if (kept == 0) {
        return emptyBatch();
      }
      boolean all = kept == some.count();
      for (int i = 0; i < batch.columns().size(); i++) {
        Column column = batch.column(i);
        read.put(
            condition.get().columns().get(i),
            all ? column : Columns.gather(column, rows, kept, scratch));
      }
      some.keep(rows, kept);
    }
    List<String> others = others();
    if (!others.isEmpty()) {
      Batch batch = some.read(others, scratch);
      for (int i = 0; i < others.size(); i++) {
        read.put(others.get(i), batch.column(i));
      }
    }
    return batch(from, read, some.rows(), some.count());
  }

  private List<String> others() {
    return condition.isEmpty()
        ? columns
        : columns.stream().filter(name -> !condition.get().columns().contains(name)).toList();
  }

  private int positions(Bits selected) {
    if (rows.length < selected.length()) {
      rows = new int[Math.max(MAX_BATCH_ROWS, selected.length())];
    }
    return Selection.of(selected, rows);
  }

  /// The next rows of the fragment that pass; null at the end.
  private @Nullable Batch nextRange(ColumnsOfFragment from) {
    if (position >= from.physicalRows()) {
      return null;
    }
    long first = position;
    int count = (int) Math.min(batchRows, from.physicalRows() - first);
    position += count;
    Bits selected = Selection.live(from.reader().deletions(), first, count, scratch);
    Map<String, Column> read = new HashMap<>();
    if (condition.isPresent()) {
      List<String> names = condition.get().columns();
      Batch batch = from.read(names, first, count, scratch);
      selected = Selection.and(selected, condition.get().evaluate(batch, scratch), scratch);
      for (int i = 0; i < names.size(); i++) {
        read.put(names.get(i), batch.column(i));
      }
    }
    int kept = selected == null ? count : positions(selected);
    if (kept == 0) {
      return emptyBatch();
    }
    boolean all = kept == count;
    long[] numbers = new long[kept];
    for (int i = 0; i < kept; i++) {
      numbers[i] = first + (all ? i : rows[i]);
    }
    if (!all) {
      read.replaceAll((_, column) -> Columns.gather(column, rows, kept, scratch));
    }
    List<String> others = others();
    if (!others.isEmpty()) {
      Batch batch = readOthers(from, others, first, count, numbers, all);
      for (int i = 0; i < others.size(); i++) {
        read.put(others.get(i), batch.column(i));
      }
    }
    return batch(from, read, numbers, kept);
  }

  private Batch readOthers(
      ColumnsOfFragment from,
      List<String> others,
      long first,
      int count,
      long[] numbers,
      boolean all) {
    if (!all && (long) numbers.length * TAKE_BELOW < count) {
      return from.take(others, numbers, numbers.length, scratch);
    }
    Batch batch = from.read(others, first, count, scratch);
    return all ? batch : Batches.gather(batch, rows, numbers.length, scratch);
  }

  private Batch batch(ColumnsOfFragment from, Map<String, Column> read, long[] numbers, int count) {
    List<Column> ordered = new ArrayList<>();
    for (Field field : plan.columns()) {
      ordered.add(read.get(field.name()));
    }
    if (plan.withRowAddress()) {
      ordered.add(rowNumbers(from, numbers, count, false));
    }
    if (plan.withRowId()) {
      ordered.add(rowNumbers(from, numbers, count, true));
    }
    return new Batch(schema, count, ordered);
  }

  private FixedColumn rowNumbers(ColumnsOfFragment from, long[] numbers, int count, boolean ids) {
    MemorySegment values = scratch.allocateBytes(8L * count);
    for (int i = 0; i < count; i++) {
      values.set(
          FixedColumn.LONG,
          8L * i,
          ids ? from.reader().rowId(numbers[i], scratch) : from.reader().address(numbers[i]));
    }
    return new FixedColumn(Plan.ROW_ID.type(), count, values, null);
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
