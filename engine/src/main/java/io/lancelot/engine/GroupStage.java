package io.lancelot.engine;

import io.lancelot.base.Context;
import io.lancelot.base.Scratch;
import io.lancelot.columnar.Batch;
import io.lancelot.columnar.Column;
import io.lancelot.columnar.DataType;
import io.lancelot.columnar.Field;
import io.lancelot.columnar.Schema;
import io.lancelot.expr.KeyBytes;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Aggregates rows by their keys in a share of the memory budget. When that is full, what is known
/// of the groups is handed to a [RowSorter] and the table begins anew; in the end what was handed
/// over comes back ordered by keys, and is joined.
///
/// Rows are added first, then groups pulled.
final class GroupStage implements AutoCloseable {

  private static final int BATCH_ROWS = 8192;

  private final List<DataType> keyTypes;
  private final List<Accumulator> accumulators;
  private final Context context;
  private final GroupTable table;
  private final Schema states;
  private final long budget;
  private final Scratch out;
  private final boolean results;
  private @Nullable RowSorter spilled;
  private boolean ended;
  private int emitted;

  /// Rows of the batch at hand whose group goes on in the next one.
  private @Nullable Batch waiting;

  /// @param results whether results come out, or states for another stage
  GroupStage(
      List<DataType> keyTypes, List<Accumulator> accumulators, boolean results, Context context) {
    this.keyTypes = keyTypes;
    this.accumulators = accumulators;
    this.results = results;
    this.context = context;
    this.table = new GroupTable(keyTypes, context);
    this.out = context.memory().scratch();
    this.budget = context.memory().limitBytes() / 24;
    List<Field> fields = new ArrayList<>();
    for (DataType type : keyTypes) {
      fields.add(Field.nullable("k" + fields.size(), type));
    }
    for (Accumulator accumulator : accumulators) {
      for (DataType type : accumulator.stateTypes()) {
        fields.add(Field.nullable("s" + fields.size(), type));
      }
    }
    this.states = new Schema(fields, Map.of());
  }

  /// Takes rows.
  ///
  /// @param arguments of each accumulator, null for one without; null if only the keys count
  void add(List<Column> keys, @Nullable List<@Nullable Column> arguments, int rows) {
    int[] groups = locate(keys, rows);
    for (int i = 0; arguments != null && i < accumulators.size(); i++) {
      accumulators.get(i).add(groups, rows, arguments.get(i));
    }
    spillIfFull();
  }

  /// Takes states of some accumulators and values for the others.
  ///
  /// @param own of each accumulator: its states, or one value
  /// @param merged how many of the accumulators, from the first on, get states
  void merge(List<Column> keys, List<List<Column>> own, int merged, int rows) {
    int[] groups = locate(keys, rows);
    for (int i = 0; i < accumulators.size(); i++) {
      if (i < merged) {
        accumulators.get(i).merge(groups, rows, own.get(i));
      } else {
        accumulators.get(i).add(groups, rows, own.get(i).getFirst());
      }
    }
    spillIfFull();
  }

  private int[] locate(List<Column> keys, int rows) {
    int[] groups = new int[rows];
    table.locate(keys, rows, groups);
    for (Accumulator accumulator : accumulators) {
      accumulator.grow(table.count());
    }
    return groups;
  }

  private void spillIfFull() {
    long bytes = table.heldBytes();
    for (Accumulator accumulator : accumulators) {
      bytes += accumulator.bytesPerGroup() * table.count();
    }
    if (bytes > budget && !ended) {
      spill();
    }
  }

  private void spill() {
    RowSorter sorter = spilled;
    if (sorter == null) {
      sorter = new RowSorter(states, Long.MAX_VALUE, context);
      spilled = sorter;
    }
    for (int from = 0; from < table.count(); from += BATCH_ROWS) {
      out.reset();
      int to = Math.min(table.count(), from + BATCH_ROWS);
      Batch batch = new Batch(states, to - from, columns(from, to, false));
      sorter.add(
          batch,
          batch.columns().subList(0, keyTypes.size()).stream()
              .map(column -> new KeyBytes.Part(column, true, false))
              .toList());
    }
    clear();
  }

  private void clear() {
    table.clear();
    accumulators.forEach(Accumulator::clear);
  }

  private List<Column> columns(int from, int to, boolean asResults) {
    List<Column> columns = new ArrayList<>(table.keys(from, to, out));
    for (Accumulator accumulator : accumulators) {
      if (asResults) {
        columns.add(accumulator.results(from, to, out));
      } else {
        columns.addAll(accumulator.states(from, to, out));
      }
    }
    return columns;
  }

  /// The next groups: their keys, and results or states; null at the end. Valid until the next
  /// call.
  @Nullable List<Column> next() {
    if (!ended) {
      end();
    }
    while (true) {
      if (emitted < table.count() && (spilled == null || complete)) {
        int to = Math.min(table.count(), emitted + BATCH_ROWS);
        out.reset();
        List<Column> columns = columns(emitted, to, results);
        emitted = to;
        return columns;
      }
      if (spilled == null || !join(spilled)) {
        return null;
      }
    }
  }

  /// Whether all groups in the table are through: no more rows of them come.
  private boolean complete;

  private void end() {
    ended = true;
    if (keyTypes.isEmpty() && table.count() == 0 && spilled == null) {
      locate(List.of(), 1);
    }
    if (spilled != null && table.count() > 0) {
      spill();
    }
  }

  /// Joins the next states that were handed over, as far as their groups are complete.
  ///
  /// @return whether there may be more
  private boolean join(RowSorter sorter) {
    Batch rest = waiting;
    if (complete) {
      clear();
      emitted = 0;
      complete = false;
      if (rest != null) {
        joinStates(rest);
        waiting = null;
      }
    }
    Batch batch = sorter.next();
    if (batch == null) {
      complete = true;
      return table.count() > 0 && emitted == 0;
    }
    KeyOrderedRows keys = new KeyOrderedRows(RowSorter.keys(batch));
    int last = batch.rowCount() - 1;
    int split = last;
    while (split > 0 && keys.compare(split - 1, keys, last) == 0) {
      split--;
    }
    if (split == 0) {
      joinStates(batch);
      return true;
    }
    joinStates(batch.slice(0, split));
    waiting = batch.slice(split, batch.rowCount() - split);
    complete = true;
    return true;
  }

  private void joinStates(Batch batch) {
    List<List<Column>> own = new ArrayList<>();
    int at = keyTypes.size();
    for (Accumulator accumulator : accumulators) {
      int width = accumulator.stateTypes().size();
      own.add(batch.columns().subList(at, at + width));
      at += width;
    }
    merge(batch.columns().subList(0, keyTypes.size()), own, own.size(), batch.rowCount());
  }

  @Override
  public void close() {
    table.close();
    out.close();
    if (spilled != null) {
      spilled.close();
    }
  }
}
