package io.lancelot.index.scalar;

import io.lancelot.base.Scratch;
import io.lancelot.columnar.Column;
import io.lancelot.columnar.Columns;
import io.lancelot.columnar.DataType;
import io.lancelot.columnar.FixedColumn;
import io.lancelot.columnar.NullColumn;
import io.lancelot.columnar.Types;
import io.lancelot.index.BuildProgress;
import io.lancelot.index.IndexFiles;
import io.lancelot.index.RowSet;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/// Collects the rows of each distinct value: in memory while values are few and their rows fit into
/// a share of the budget, from then on by sorting, which spills.
final class ValueRows implements AutoCloseable {

  private static final int MOST_VALUES = 1 << 16;

  /// What a row takes in a set, roughly.
  private static final int ROW_BYTES = 2;

  private static final int MOVED_ROWS = 1 << 16;

  /// Values after which memory is used anew.
  private static final int MANY = 1024;

  /// Takes what comes out.
  @FunctionalInterface
  interface Sink {
    /// @param value a column of one, valid during the call
    void accept(Column value, RowSet rows);
  }

  private final DataType type;
  private final IndexFiles files;
  private final BuildProgress progress;
  private final long mostRows;
  private final Scratch kept;
  private final ValueTable table;

  /// Key 0 stands for null, the others for the values of the table.
  private KeyedRows rows = new KeyedRows();

  private @Nullable KeySorter sorter;

  ValueRows(DataType type, IndexFiles files, BuildProgress progress) {
    this.type = type;
    this.files = files;
    this.progress = progress;
    this.mostRows = files.context().memory().limitBytes() / 6 / ROW_BYTES;
    this.kept = files.context().memory().scratch();
    this.table = new ValueTable(kept);
  }

  /// Takes values and the rows they stand in; copies what it needs.
  void add(Column values, FixedColumn numbers) {
    if (sorter != null) {
      sorter.add(values, numbers);
      return;
    }
    boolean allNull = values instanceof NullColumn;
    for (int i = 0; i < values.length(); i++) {
      int key = allNull || values.isNull(i) ? 0 : 1 + table.number(values, i);
      rows.add(key, numbers.longAt(i));
    }
    progress.report("collect", rows.rowCount(), 0);
    if (table.size() > MOST_VALUES || rows.rowCount() > mostRows) {
      sort();
    }
  }

  /// Goes on by sorting: hands over what was collected.
  private void sort() {
    KeySorter into = new KeySorter(type, files, progress);
    sorter = into;
    try (Scratch work = files.context().memory().scratch()) {
      for (int key = 0; key <= table.size(); key++) {
        if (key % MANY == 0) {
          work.reset();
        }
        Column value = key == 0 ? Columns.nulls(type, 1, work) : table.value(key - 1);
        long[] numbers = rows.take(key).toArray();
        for (int from = 0; from < numbers.length; from += MOVED_ROWS) {
          int count = Math.min(MOVED_ROWS, numbers.length - from);
          MemorySegment part = work.allocateBytes(8L * count);
          MemorySegment.copy(numbers, from, part, FixedColumn.LONG, 0, count);
          into.add(
              Columns.gather(value, new int[count], count, work),
              new FixedColumn(Types.UINT64, count, part, null));
        }
      }
    }
    rows = new KeyedRows();
  }

  /// Hands on every value with its rows: null first, then ascending.
  void finish(Sink sink) {
    if (sorter != null) {
      grouped(sorter, sink);
      return;
    }
    RowSet nulls = rows.take(0);
    if (!nulls.isEmpty()) {
      sink.accept(Columns.nulls(type, 1, kept), nulls);
    }
    if (table.size() == 0) {
      return;
    }
    for (int number : SortKeys.order(Columns.concat(type, table.values(), kept))) {
      sink.accept(table.value(number), rows.take(1 + number));
    }
  }

  private void grouped(KeySorter sorted, Sink sink) {
    RowSet.Builder collected = new RowSet.Builder();
    Column[] open = new Column[1];
    int[] keys = {0};
    sorted.finish((values, numbers) -> {
      for (int from = 0; from < values.length(); ) {
        int to = from + 1;
        while (to < values.length() && SortKeys.compare(values, from, values, to) == 0) {
          to++;
        }
        Column before = open[0];
        if (before == null || SortKeys.compare(before, 0, values, from) != 0) {
          if (before != null) {
            sink.accept(before, collected.build());
          }
          if (++keys[0] % MANY == 0) {
            kept.reset();
          }
          open[0] = Columns.copy(values.slice(from, 1), kept);
        }
        collected.addAll(numbers, from, to);
        from = to;
      }
    });
    if (open[0] != null) {
      sink.accept(open[0], collected.build());
    }
  }

  /// Gives memory back and removes the files of sorting.
  @Override
  public void close() {
    if (sorter != null) {
      sorter.close();
    }
    kept.close();
  }
}
