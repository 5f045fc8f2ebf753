package io.lancelot.index.scalar;

import io.lancelot.base.Scratch;
import io.lancelot.columnar.Batch;
import io.lancelot.columnar.Column;
import io.lancelot.columnar.Columns;
import io.lancelot.columnar.DataType;
import io.lancelot.columnar.Field;
import io.lancelot.columnar.FixedColumn;
import io.lancelot.columnar.Schema;
import io.lancelot.columnar.Types;
import io.lancelot.columnar.VarColumn;
import io.lancelot.file.ColumnReader;
import io.lancelot.file.DataFileWriter;
import io.lancelot.index.BuildProgress;
import io.lancelot.index.IndexFiles;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Sorts values with their row numbers in the order of [SortKeys], rows of equal values as they
/// came. What does not fit into its share of the memory budget is sorted piece by piece into files
/// of the segment's folder, which are merged and removed.
final class KeySorter implements AutoCloseable {

  static final int OUT_ROWS = 1 << 16;

  private static final String VALUES = "values";
  private static final String ROWS = "ids";
  private static final int MAX_RUN_ROWS = 1 << 24;

  /// Takes what comes out; memory is valid during the call.
  @FunctionalInterface
  interface Sink {
    void accept(Column values, FixedColumn rows);
  }

  private final DataType type;
  private final IndexFiles files;
  private final BuildProgress progress;
  private final long budget;
  private final Scratch held;
  private final List<Column> values = new ArrayList<>();
  private final List<Column> rows = new ArrayList<>();
  private final List<String> runs = new ArrayList<>();
  private long heldRows;
  private long heldBytes;
  private long total;
  private long totalBytes;

  KeySorter(DataType type, IndexFiles files, BuildProgress progress) {
    this.type = type;
    this.files = files;
    this.progress = progress;
    // Beside the pieces: their concatenation, and what is gathered and written.
    this.budget = files.context().memory().limitBytes() / 6;
    this.held = files.context().memory().scratch();
  }

  private Schema schema() {
    return Schema.of(Field.nullable(VALUES, type), Field.required(ROWS, Types.UINT64));
  }

  /// Takes values and the rows they stand in; copies both.
  void add(Column newValues, Column newRows) {
    if (newValues.length() == 0) {
      return;
    }
    long bytes = bytes(newValues) + 8L * newValues.length();
    if (heldRows > 0
        && (heldBytes + bytes > budget || heldRows + newValues.length() > MAX_RUN_ROWS)) {
      spill();
    }
    values.add(Columns.copy(newValues, held));
    rows.add(Columns.copy(newRows, held));
    heldRows += newValues.length();
    heldBytes += bytes;
    total += newValues.length();
    totalBytes += bytes;
    progress.report("sort", total, 0);
  }

  long count() {
    return total;
  }

  private static long bytes(Column column) {
    return switch (column) {
      case VarColumn var -> 8L * var.length() + var.offset(var.length()) - var.offset(0);
      case FixedColumn fixed -> (long) fixed.length() * fixed.width();
      default -> column.length();
    };
  }

  /// Hands everything on in order, in pieces of [#OUT_ROWS] rows but for the last.
  void finish(Sink sink) {
    if (runs.isEmpty()) {
      sorted(sink);
      return;
    }
    if (heldRows > 0) {
      spill();
    }
    try (Scratch work = files.context().memory().scratch();
        Regrouped regrouped = new Regrouped(sink)) {
      merge(regrouped, work);
      regrouped.flush();
    }
  }

  private void sorted(Sink sink) {
    if (heldRows == 0) {
      return;
    }
    try (Scratch whole = files.context().memory().scratch();
        Scratch work = files.context().memory().scratch()) {
      Column allValues = Columns.concat(type, values, whole);
      Column allRows = Columns.concat(Types.UINT64, rows, whole);
      emit(allValues, allRows, SortKeys.order(allValues), sink, work);
    }
  }

  private static void emit(Column values, Column rows, int[] order, Sink sink, Scratch work) {
    for (int from = 0; from < order.length; from += OUT_ROWS) {
      work.reset();
      int count = Math.min(OUT_ROWS, order.length - from);
      int[] part = Arrays.copyOfRange(order, from, from + count);
      sink.accept(
          Columns.gather(values, part, count, work),
          (FixedColumn) Columns.gather(rows, part, count, work));
    }
  }

  private void spill() {
    String name = "sort-run-" + runs.size() + ".lance";
    runs.add(name);
    try (DataFileWriter writer = files.create(name, schema())) {
      sorted((sortedValues, sortedRows) ->
          writer.write(
              new Batch(schema(), sortedRows.length(), List.of(sortedValues, sortedRows))));
      writer.finish();
    }
    values.clear();
    rows.clear();
    heldRows = 0;
    heldBytes = 0;
    held.reset();
  }

  /// A sorted file, of which a block is in memory.
  private final class Run implements AutoCloseable {
    private final SegmentFile file;
    private final ColumnReader valueReader;
    private final ColumnReader rowReader;
    private final Scratch scratch = files.context().memory().scratch();
    private long next;
    private Column block = Columns.empty(type);
    private Column blockRows = Columns.empty(Types.UINT64);
    private int at;

    Run(String name) {
      file = SegmentFile.open(files, name);
      valueReader = file.column(VALUES, type);
      rowReader = file.column(ROWS, Types.UINT64);
    }

    void fill(int blockSize) {
      if (at < block.length() || next == file.rowCount()) {
        return;
      }
      scratch.reset();
      int count = (int) Math.min(blockSize, file.rowCount() - next);
      block = valueReader.read(next, count, scratch);
      blockRows = rowReader.read(next, count, scratch);
      next += count;
      at = 0;
    }

    boolean more() {
      return next < file.rowCount();
    }

    /// The end of what is below the value of another block, or not above it.
    int upTo(Column other, int row, boolean equalToo) {
      int low = at;
      int high = block.length();
      while (low < high) {
        int middle = (low + high) >>> 1;
        int found = SortKeys.compare(block, middle, other, row);
        if (found < 0 || equalToo && found == 0) {
          low = middle + 1;
        } else {
          high = middle;
        }
      }
      return low;
    }

    @Override
    public void close() {
      scratch.close();
      file.close();
    }
  }

  private void merge(Sink sink, Scratch work) {
    List<Run> open = new ArrayList<>();
    try {
      for (String name : runs) {
        open.add(new Run(name));
      }
      long rowBytes = 16 + totalBytes / Math.max(1, total);
      int block = Math.clamp(budget / (runs.size() * rowBytes), 256, OUT_ROWS);
      while (true) {
        Run lowest = null;
        boolean any = false;
        for (Run run : open) {
          run.fill(block);
          any |= run.at < run.block.length();
          if (run.more()
              && (lowest == null
                  || SortKeys.compare(
                          run.block, run.block.length() - 1,
                          lowest.block, lowest.block.length() - 1)
                      < 0)) {
            lowest = run;
          }
        }
        if (!any) {
          return;
        }
        mergeUpTo(lowest, open, sink, work);
      }
    } finally {
      open.forEach(Run::close);
    }
  }

  /// Everything in memory that is not above the last value of one block: later blocks have nothing
  /// below that.
  private void mergeUpTo(@Nullable Run bound, List<Run> open, Sink sink, Scratch work) {
    work.reset();
    List<Column> valueParts = new ArrayList<>();
    List<Column> rowParts = new ArrayList<>();
    boolean equalToo = true;
    for (Run run : open) {
      int end = run.block.length();
      int to = end;
      if (bound != null) {
        int last = bound.block.length() - 1;
        to = run.upTo(bound.block, last, equalToo);
        // Rows of later runs wait for equal ones that this run may have still to come.
        equalToo &= !run.more() || SortKeys.compare(run.block, end - 1, bound.block, last) != 0;
      }
      if (to > run.at) {
        valueParts.add(run.block.slice(run.at, to - run.at));
        rowParts.add(run.blockRows.slice(run.at, to - run.at));
        run.at = to;
      }
    }
    Column allValues = Columns.concat(type, valueParts, work);
    Column allRows = Columns.concat(Types.UINT64, rowParts, work);
    try (Scratch pieces = files.context().memory().scratch()) {
      emit(allValues, allRows, SortKeys.order(allValues), sink, pieces);
    }
  }

  /// Cuts what comes in pieces of any size into pieces of [#OUT_ROWS].
  private final class Regrouped implements Sink, AutoCloseable {
    private final Sink out;
    private final Scratch kept = files.context().memory().scratch();
    private final List<Column> keptValues = new ArrayList<>();
    private final List<Column> keptRows = new ArrayList<>();
    private int count;

    Regrouped(Sink out) {
      this.out = out;
    }

    @Override
    public void accept(Column newValues, FixedColumn newRows) {
      for (int from = 0; from < newValues.length(); ) {
        int part = Math.min(OUT_ROWS - count, newValues.length() - from);
        keptValues.add(Columns.copy(newValues.slice(from, part), kept));
        keptRows.add(Columns.copy(newRows.slice(from, part), kept));
        count += part;
        from += part;
        if (count == OUT_ROWS) {
          flush();
        }
      }
    }

    void flush() {
      if (count == 0) {
        return;
      }
      Column all = Columns.concat(type, keptValues, kept);
      out.accept(all, (FixedColumn) Columns.concat(Types.UINT64, keptRows, kept));
      keptValues.clear();
      keptRows.clear();
      count = 0;
      kept.reset();
    }

    @Override
    public void close() {
      kept.close();
    }
  }

  /// Gives memory back and removes its files.
  @Override
  public void close() {
    held.close();
    for (String name : runs) {
      files.store().delete(files.path() + "/" + name);
    }
    runs.clear();
  }
}
