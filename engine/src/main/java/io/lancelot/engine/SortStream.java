package io.lancelot.engine;

import io.lancelot.base.Context;
import io.lancelot.base.Scratch;
import io.lancelot.columnar.Batch;
import io.lancelot.columnar.BatchStream;
import io.lancelot.columnar.Schema;
import io.lancelot.expr.KeyBytes;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The rows of its input in order. Takes a share of the memory budget, whatever their number.
final class SortStream implements BatchStream {

  private final BatchStream input;
  private final Plan.Sort plan;
  private final Scratch keyMemory;
  private final RowSorter sorter;
  private boolean collected;

  SortStream(BatchStream input, Plan.Sort plan, Context context) {
    this.input = input;
    this.plan = plan;
    this.keyMemory = context.memory().scratch();
    this.sorter = new RowSorter(input.schema(), plan.most().orElse(Long.MAX_VALUE), context);
  }

  @Override
  public Schema schema() {
    return input.schema();
  }

  @Override
  public @Nullable Batch next() {
    if (!collected) {
      collect();
      collected = true;
    }
    Batch batch = sorter.next();
    return batch == null
        ? null
        : new Batch(
            schema(), batch.rowCount(), batch.columns().subList(0, schema().fields().size()));
  }

  private void collect() {
    for (Batch batch = input.next(); batch != null; batch = input.next()) {
      keyMemory.reset();
      List<KeyBytes.Part> keys = new ArrayList<>();
      for (int i = 0; i < plan.keys().size(); i++) {
        Query.Ordering ordering = plan.order().get(i);
        keys.add(
            new KeyBytes.Part(
                plan.keys().get(i).evaluate(batch, keyMemory),
                ordering.ascending(),
                ordering.nullsFirst()));
      }
      sorter.add(batch, keys);
    }
    keyMemory.close();
  }

  @Override
  public void close() {
    input.close();
    keyMemory.close();
    sorter.close();
  }
}
