package io.lancelot.engine;

import io.lancelot.base.Scratch;
import io.lancelot.columnar.Batch;
import io.lancelot.columnar.Batches;
import io.lancelot.columnar.Bits;
import io.lancelot.columnar.Column;
import io.lancelot.columnar.Columns;
import io.lancelot.columnar.Field;
import io.lancelot.columnar.FixedColumn;
import io.lancelot.expr.Filter;
import io.lancelot.table.Fragment;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Reads pieces of a scan, one after the other, each into the memory of the one before.
///
/// Columns of the filter are read first; the others for the rows that are left, by taking single
/// rows where these are few and by reading the whole range where they are many.
final class PieceReader implements AutoCloseable {

  /// Below this share of a range, rows are taken one by one.
  private static final int TAKE_BELOW = 8;

  private final Execution execution;
  private final Plan.Scan plan;
  private final RowFilter filter;
  private final List<String> columns;
  private final Scratch scratch;
  private @Nullable ColumnsOfFragment open;

  /// Those that the batch at hand was read from, but for the one that is open.
  private final List<ColumnsOfFragment> used = new ArrayList<>();

  /// What is tried on the rows of the fragment that is open.
  private Optional<Filter> condition = Optional.empty();

  private int[] rows = new int[0];

  PieceReader(Execution execution, Plan.Scan plan, RowFilter filter) {
    this.execution = execution;
    this.plan = plan;
    this.filter = filter;
    this.columns = plan.columns().stream().map(Field::name).toList();
    this.scratch = execution.context().memory().scratch();
  }

  /// The rows of a piece that pass, valid until the next call.
  Batch read(List<ScanPiece.Part> parts) {
    scratch.reset();
    closeUsed();
    List<Batch> batches = new ArrayList<>();
    for (ScanPiece.Part part : parts) {
      Batch batch = read(part);
      if (batch.rowCount() > 0) {
        batches.add(batch);
      }
    }
    return switch (batches.size()) {
      case 0 -> emptyBatch();
      case 1 -> batches.getFirst();
      default -> Batches.concat(plan.schema(), batches, scratch);
    };
  }

  private Batch read(ScanPiece.Part part) {
    ColumnsOfFragment from = columns(part.fragment());
    return part.candidates() == null
        ? range(from, part.first(), part.count())
        : some(from, new RowFilter.Candidates(part.candidates(), from, part.first(), part.count()));
  }

  private ColumnsOfFragment columns(Fragment fragment) {
    ColumnsOfFragment known = open;
    if (known != null && known.reader().fragment().id() == fragment.id()) {
      return known;
    }
    if (known != null) {
      open = null;
      used.add(known);
    }
    condition = filter.condition(fragment);
    List<String> names = new ArrayList<>(condition.map(Filter::columns).orElse(List.of()));
    names.addAll(columns);
    ColumnsOfFragment opened = new ColumnsOfFragment(execution, fragment, names);
    open = opened;
    return opened;
  }

  private Batch some(ColumnsOfFragment from, RowFilter.Candidates some) {
    if (!some.advance()) {
      return emptyBatch();
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
      rows = new int[selected.length()];
    }
    return Selection.of(selected, rows);
  }

  private Batch range(ColumnsOfFragment from, long first, int count) {
    if (count == 0) {
      return emptyBatch();
    }
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
    return new Batch(plan.schema(), count, ordered);
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
        plan.schema(),
        0,
        plan.schema().fields().stream().map(field -> Columns.empty(field.type())).toList());
  }

  /// Gives the memory back; what was read is no more.
  void release() {
    scratch.close();
  }

  private void closeUsed() {
    used.forEach(ColumnsOfFragment::close);
    used.clear();
  }

  @Override
  public void close() {
    closeUsed();
    if (open != null) {
      open.close();
      open = null;
    }
    scratch.close();
  }
}
