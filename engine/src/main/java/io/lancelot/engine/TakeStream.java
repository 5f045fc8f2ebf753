package io.lancelot.engine;

import io.lancelot.base.Scratch;
import io.lancelot.columnar.Batch;
import io.lancelot.columnar.BatchStream;
import io.lancelot.columnar.Column;
import io.lancelot.columnar.Field;
import io.lancelot.columnar.FixedColumn;
import io.lancelot.columnar.Schema;
import io.lancelot.table.TableScan;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Adds columns to rows known by their address, in the rows' order.
final class TakeStream implements BatchStream {

  private final Execution execution;
  private final BatchStream input;
  private final Schema schema;
  private final List<String> names;
  private final Scratch scratch;

  TakeStream(Execution execution, Plan.Take plan, BatchStream input) {
    this.execution = execution;
    this.input = input;
    this.schema = plan.schema();
    this.names = new ArrayList<>(plan.columns().stream().map(Field::name).toList());
    if (plan.withRowId()) {
      names.add(TableScan.ROW_ID);
    }
    this.scratch = execution.context().memory().scratch();
  }

  @Override
  public Schema schema() {
    return schema;
  }

  @Override
  public @Nullable Batch next() {
    scratch.reset();
    Batch batch = input.next();
    if (batch == null) {
      return null;
    }
    FixedColumn addresses = (FixedColumn) batch.column(Plan.ROW_ADDRESS.name());
    int count = batch.rowCount();
    long[] wanted = new long[count];
    for (int i = 0; i < count; i++) {
      wanted[i] = addresses.longAt(i);
    }
    List<Column> taken =
        names.isEmpty()
            ? List.of()
            : execution.table().take(execution.snapshot(), wanted, count, names, scratch).columns();
    int fromTable = names.contains(TableScan.ROW_ID) ? taken.size() - 1 : taken.size();
    List<Column> columns = new ArrayList<>(taken.subList(0, fromTable));
    for (int i = 0; i < batch.columns().size(); i++) {
      if (!batch.schema().fields().get(i).equals(Plan.ROW_ADDRESS)) {
        columns.add(batch.column(i));
      }
    }
    columns.addAll(taken.subList(fromTable, taken.size()));
    return new Batch(schema, count, columns);
  }

  @Override
  public void close() {
    input.close();
    scratch.close();
  }
}
