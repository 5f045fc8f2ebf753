package io.lancelot.engine;

import io.lancelot.base.Context;
import io.lancelot.base.Scratch;
import io.lancelot.columnar.Batch;
import io.lancelot.columnar.BatchStream;
import io.lancelot.columnar.Batches;
import io.lancelot.columnar.Column;
import io.lancelot.columnar.Columns;
import io.lancelot.columnar.Field;
import io.lancelot.columnar.Schema;
import io.lancelot.columnar.Types;
import io.lancelot.columnar.VarColumn;
import io.lancelot.expr.KeyBytes;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Sorts rows by their keys; rows of equal keys stay in the order they came. Takes a share of the
/// memory budget: what does not fit is sorted piece by piece into [SpilledRows], which are merged
/// when rows are pulled. Where only the first rows are wanted, the others are dropped on the way.
///
/// Rows are added first, then pulled; the stream's schema has the keys behind the columns.
final class RowSorter implements BatchStream {

  private static final int BATCH_ROWS = 8192;
  private static final Field KEY = Field.required("\0key", Types.BINARY);

  /// Runs that are merged into one when so many of a size have come together.
  private static final int RUNS = 16;

  /// Below so many rows none are dropped.
  private static final int PRUNE_ROWS = 1 << 15;

  private final Schema schema;
  private final Context context;
  private final long most;
  private final long budget;
  private Scratch held;
  private final Scratch arriving;
  private final Scratch out;
  private List<Batch> batches = new ArrayList<>();
  private long heldRows;

  /// A key that none of the rows wanted is above; null while all rows are.
  private byte @Nullable [] bound;

  private final List<SpilledRows> runs = new ArrayList<>();

  /// How often the rows of each run were merged.
  private final List<Integer> levels = new ArrayList<>();

  private @Nullable Sorted sorted;
  private @Nullable RunMerge merge;
  private long left;

  /// @param most rows that will be pulled at the most
  RowSorter(Schema schema, long most, Context context) {
    List<Field> fields = new ArrayList<>(schema.fields());
    fields.add(KEY);
    this.schema = new Schema(fields, schema.metadata());
    this.context = context;
    this.most = most;
    this.left = most;
    // Blocks of memory double, and beside the rows all of them are there again in one piece.
    this.budget = context.memory().limitBytes() / 12;
    this.held = context.memory().scratch();
    this.arriving = context.memory().scratch();
    this.out = context.memory().scratch();
  }

  @Override
  public Schema schema() {
    return schema;
  }

  /// Adds rows, copying them.
  void add(Batch batch, List<KeyBytes.Part> keys) {
    if (batch.rowCount() == 0 || most == 0) {
      return;
    }
    arriving.reset();
    List<Column> columns = new ArrayList<>(batch.columns());
    columns.add(KeyBytes.encode(keys, batch.rowCount(), arriving));
    add(new Batch(schema, batch.rowCount(), columns));
  }

  private void add(Batch batch) {
    Batch wanted = bound == null ? batch : below(batch, bound);
    if (wanted.rowCount() == 0) {
      return;
    }
    batches.add(Batches.copy(wanted, held));
    heldRows += wanted.rowCount();
    if (most < heldRows / 2 && heldRows >= PRUNE_ROWS) {
      prune((int) most);
    }
    if (held.heldBytes() > budget) {
      spill();
    }
  }

  /// The rows that are among the first of those seen so far.
  private Batch below(Batch batch, byte[] most) {
    KeyOrderedRows rows = new KeyOrderedRows(keys(batch));
    int[] kept = new int[batch.rowCount()];
    int count = 0;
    for (int i = 0; i < kept.length; i++) {
      if (rows.isBelow(i, most)) {
        kept[count++] = i;
      }
    }
    return count == kept.length ? batch : Batches.gather(batch, kept, count, arriving);
  }

  /// Keeps the first rows of those seen so far.
  private void prune(int count) {
    Scratch fresh = context.memory().scratch();
    try {
      Sorted all = sort();
      Batch kept = Batches.gather(all.batch(), all.rows(), count, fresh);
      KeyOrderedRows order = new KeyOrderedRows(keys(kept));
      bound = order.bytes(count - 1);
      batches = new ArrayList<>(List.of(kept));
      heldRows = count;
    } catch (RuntimeException e) {
      fresh.close();
      throw e;
    }
    held.close();
    held = fresh;
  }

  private record Sorted(Batch batch, int[] rows) {}

  private Sorted sort() {
    Batch joined = Batches.concat(schema, batches, held);
    return new Sorted(joined, new KeyOrderedRows(keys(joined)).sorted());
  }

  static VarColumn keys(Batch batch) {
    return (VarColumn) batch.columns().getLast();
  }

  /// Writes what is in memory to a file, in order.
  private void spill() {
    Sorted all = sort();
    SpilledRows run = SpilledRows.create(schema, context);
    runs.add(run);
    levels.add(0);
    int count = (int) Math.min(most, all.rows().length);
    for (int from = 0; from < count; from += BATCH_ROWS) {
      out.reset();
      int[] part =
          java.util.Arrays.copyOfRange(all.rows(), from, Math.min(count, from + BATCH_ROWS));
      run.write(Batches.gather(all.batch(), part, part.length, out));
    }
    run.finish();
    batches = new ArrayList<>();
    heldRows = 0;
    held.close();
    mergeRuns();
  }

  /// Keeps the number of files small.
  private void mergeRuns() {
    while (true) {
      int last = levels.size();
      int level = levels.getLast();
      int first = last;
      while (first > 0 && levels.get(first - 1) == level) {
        first--;
      }
      if (last - first < RUNS) {
        return;
      }
      SpilledRows merged = SpilledRows.create(schema, context);
      List<SpilledRows> parts = runs.subList(first, last);
      try (RunMerge rows = new RunMerge(List.copyOf(parts), context)) {
        long wanted = most;
        for (Batch batch = rows.next(); batch != null && wanted > 0; batch = rows.next()) {
          Batch part = wanted < batch.rowCount() ? batch.slice(0, (int) wanted) : batch;
          merged.write(part);
          wanted -= part.rowCount();
        }
        merged.finish();
      } catch (RuntimeException e) {
        merged.close();
        throw e;
      }
      parts.clear();
      levels.subList(first, last).clear();
      runs.add(merged);
      levels.add(level + 1);
    }
  }

  /// The next rows in order.
  @Override
  public @Nullable Batch next() {
    if (sorted == null && merge == null) {
      begin();
    }
    out.reset();
    Batch batch = merge != null ? merge.next() : nextSorted();
    if (batch == null || left == 0) {
      return null;
    }
    int count = (int) Math.min(left, batch.rowCount());
    left -= count;
    return count == batch.rowCount() ? batch : batch.slice(0, count);
  }

  private void begin() {
    if (runs.isEmpty()) {
      sorted = sort();
      return;
    }
    if (heldRows > 0) {
      spill();
    }
    merge = new RunMerge(List.copyOf(runs), context);
  }

  private int position;

  private @Nullable Batch nextSorted() {
    Sorted all = sorted;
    if (all == null || position == all.rows().length) {
      return null;
    }
    int end = (int) Math.min(position + (long) BATCH_ROWS, all.rows().length);
    int[] part = java.util.Arrays.copyOfRange(all.rows(), position, end);
    position = end;
    return Batches.gather(all.batch(), part, part.length, out);
  }

  @Override
  public void close() {
    if (merge != null) {
      merge.close();
    }
    runs.forEach(SpilledRows::close);
    held.close();
    arriving.close();
    out.close();
  }

  /// Merges sorted runs, of which a block each is at hand. Of equal keys those of earlier runs come
  /// first. Closes the runs.
  private static final class RunMerge implements AutoCloseable {
    private final List<SpilledRows> runs;
    private final Scratch scratch;
    private final @Nullable Batch[] blocks;
    private final KeyOrderedRows[] keys;
    private final int[] at;
    private final java.util.PriorityQueue<Integer> order =
        new java.util.PriorityQueue<>(this::compare);

    RunMerge(List<SpilledRows> runs, Context context) {
      this.runs = runs;
      this.scratch = context.memory().scratch();
      this.blocks = new Batch[runs.size()];
      this.keys = new KeyOrderedRows[runs.size()];
      this.at = new int[runs.size()];
      for (int run = 0; run < runs.size(); run++) {
        fill(run);
      }
    }

    private int compare(int a, int b) {
      int found = keys[a].compare(at[a], keys[b], at[b]);
      return found != 0 ? found : Integer.compare(a, b);
    }

    /// Takes the next block of a run; without one, the run is through.
    private void fill(int run) {
      Batch block = runs.get(run).next();
      while (block != null && block.rowCount() == 0) {
        block = runs.get(run).next();
      }
      blocks[run] = block;
      at[run] = 0;
      if (block != null) {
        keys[run] = new KeyOrderedRows(RowSorter.keys(block));
        order.add(run);
      }
    }

    /// The next rows, up to the end of the block that ends first; null at the end.
    @Nullable Batch next() {
      scratch.reset();
      int[] from = at.clone();
      int[] picked = new int[BATCH_ROWS];
      int count = 0;
      int through = -1;
      while (through < 0 && count < BATCH_ROWS && !order.isEmpty()) {
        int run = order.poll();
        picked[count++] = run;
        at[run]++;
        Batch block = java.util.Objects.requireNonNull(blocks[run]);
        if (at[run] == block.rowCount()) {
          through = run;
        } else {
          order.add(run);
        }
      }
      if (count == 0) {
        return null;
      }
      Batch merged = gather(from, picked, count);
      if (through >= 0) {
        fill(through);
      }
      return merged;
    }

    /// The rows taken from each block, side by side, brought into the order they were picked in.
    private Batch gather(int[] from, int[] picked, int count) {
      List<Batch> parts = new ArrayList<>();
      int[] next = new int[runs.size()];
      int base = 0;
      for (int run = 0; run < from.length; run++) {
        Batch block = blocks[run];
        next[run] = base;
        if (block != null && at[run] > from[run]) {
          parts.add(block.slice(from[run], at[run] - from[run]));
          base += at[run] - from[run];
        }
      }
      int[] rows = new int[count];
      for (int i = 0; i < count; i++) {
        rows[i] = next[picked[i]]++;
      }
      Schema schema = parts.getFirst().schema();
      List<Column> columns = new ArrayList<>();
      for (int i = 0; i < schema.fields().size(); i++) {
        int index = i;
        Column joined =
            Columns.concat(
                schema.fields().get(i).type(),
                parts.stream().map(part -> part.column(index)).toList(),
                scratch);
        columns.add(Columns.gather(joined, rows, count, scratch));
      }
      return new Batch(schema, count, columns);
    }

    @Override
    public void close() {
      runs.forEach(SpilledRows::close);
      scratch.close();
    }
  }
}
