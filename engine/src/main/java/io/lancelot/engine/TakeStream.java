package io.lancelot.engine;

import io.lancelot.base.Scratch;
import io.lancelot.columnar.Batch;
import io.lancelot.columnar.BatchStream;
import io.lancelot.columnar.Column;
import io.lancelot.columnar.Field;
import io.lancelot.columnar.FixedColumn;
import io.lancelot.columnar.Schema;
import io.lancelot.file.LanceField;
import io.lancelot.table.Fragment;
import io.lancelot.table.FragmentReader;
import io.lancelot.table.RowReaders;
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
  private final boolean withRowAddress;

  TakeStream(Execution execution, Plan.Take plan, BatchStream input) {
    this.execution = execution;
    this.input = input;
    this.schema = plan.schema();
    this.withRowAddress = plan.withRowAddress();
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
            : execution
                .table()
                .take(execution.snapshot(), wanted, count, names, scratch, new Readers())
                .columns();
    int fromTable = names.contains(TableScan.ROW_ID) ? taken.size() - 1 : taken.size();
    List<Column> columns = new ArrayList<>(taken.subList(0, fromTable));
    for (int i = 0; i < batch.columns().size(); i++) {
      if (!batch.schema().fields().get(i).equals(Plan.ROW_ADDRESS)) {
        columns.add(batch.column(i));
      }
    }
    columns.addAll(taken.subList(fromTable, taken.size()));
    if (withRowAddress) {
      columns.add(addresses);
    }
    return new Batch(schema, count, columns);
  }

  /// Readers that searches of the same version leave for each other.
  private final class Readers implements RowReaders {
    private List<String> columns = List.of();

    @Override
    public FragmentReader open(Fragment fragment, List<LanceField> fields) {
      columns = fields.stream().map(LanceField::name).toList();
      FragmentReader idle = execution.indices().readers().take(fragment.id(), columns);
      return idle == null ? execution.table().reader(execution.snapshot(), fragment, fields) : idle;
    }

    @Override
    public void done(FragmentReader reader) {
      execution.indices().readers().give(reader.fragment().id(), columns, reader);
    }
  }

  @Override
  public void close() {
    input.close();
    scratch.close();
  }
}
