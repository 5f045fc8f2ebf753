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
import io.lancelot.expr.Projection;
import io.lancelot.expr.RowOrder;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Sorts its input in memory of the budget; beyond it, the request for memory ends in a
/// [io.lancelot.base.ResourceExhaustedException]. Where only the first rows are wanted, the others
/// are dropped from time to time.
final class SortStream implements BatchStream {

  private static final int BATCH_ROWS = 8192;
  private static final int PRUNE_ROWS = 1 << 16;

  private final BatchStream input;
  private final Plan.Sort plan;
  private final Context context;
  private final Scratch out;
  private Scratch held;
  private List<Batch> batches = new ArrayList<>();
  private long heldRows;
  private @Nullable Batch all;
  private int[] rows = new int[0];
  private int position;

  SortStream(BatchStream input, Plan.Sort plan, Context context) {
    this.input = input;
    this.plan = plan;
    this.context = context;
    this.out = context.memory().scratch();
    this.held = context.memory().scratch();
  }

  @Override
  public Schema schema() {
    return input.schema();
  }

  @Override
  public @Nullable Batch next() {
    if (all == null) {
      collect();
    }
    Batch sorted = all;
    int count = Math.min(BATCH_ROWS, rows.length - position);
    if (sorted == null || count <= 0) {
      return null;
    }
    out.reset();
    int[] part = java.util.Arrays.copyOfRange(rows, position, position + count);
    position += count;
    return Batches.gather(sorted, part, count, out);
  }

  private void collect() {
    long most = plan.most().orElse(Long.MAX_VALUE);
    for (Batch batch = input.next(); batch != null; batch = input.next()) {
      batches.add(Batches.copy(batch, held));
      heldRows += batch.rowCount();
      if (most < heldRows / 4 && heldRows > PRUNE_ROWS) {
        prune((int) most);
      }
    }
    sort(held);
    if (rows.length > most) {
      rows = java.util.Arrays.copyOf(rows, (int) most);
    }
  }

  /// Keeps the first rows of those seen so far.
  private void prune(int most) {
    Scratch fresh = context.memory().scratch();
    try {
      sort(held);
      Batch sorted = java.util.Objects.requireNonNull(all);
      Batch kept = Batches.gather(sorted, rows, Math.min(most, rows.length), fresh);
      batches = new ArrayList<>(List.of(kept));
      heldRows = kept.rowCount();
      all = null;
    } catch (RuntimeException e) {
      fresh.close();
      throw e;
    }
    held.close();
    held = fresh;
  }

  private void sort(Scratch memory) {
    Schema schema = input.schema();
    List<Column> columns = new ArrayList<>();
    for (int i = 0; i < schema.fields().size(); i++) {
      Field field = schema.fields().get(i);
      int index = i;
      List<Column> parts = batches.stream().map(batch -> batch.column(index)).toList();
      columns.add(
          parts.isEmpty()
              ? Columns.empty(field.type())
              : parts.size() == 1 ? parts.getFirst() : Columns.concat(field.type(), parts, memory));
    }
    Batch joined = new Batch(schema, Math.toIntExact(heldRows), columns);
    List<RowOrder.Key> keys = new ArrayList<>();
    for (int i = 0; i < plan.keys().size(); i++) {
      Projection key = plan.keys().get(i);
      Query.Ordering ordering = plan.order().get(i);
      keys.add(
          new RowOrder.Key(
              key.evaluate(joined, memory), ordering.ascending(), ordering.nullsFirst()));
    }
    rows = RowOrder.of(keys).sorted(joined.rowCount());
    all = joined;
  }

  @Override
  public void close() {
    input.close();
    held.close();
    out.close();
  }
}
