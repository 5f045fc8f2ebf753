package io.lancelot.engine;

import io.lancelot.base.Scratch;
import io.lancelot.columnar.Batch;
import io.lancelot.columnar.Column;
import io.lancelot.columnar.Field;
import io.lancelot.columnar.Schema;
import io.lancelot.file.LanceField;
import io.lancelot.table.DataFile;
import io.lancelot.table.Fragment;
import io.lancelot.table.FragmentReader;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;

/// Reads columns of one fragment by name, a few at a time: the filter's first, the others for what
/// is left.
final class ColumnsOfFragment implements AutoCloseable {

  private static final long READ_BYTES = 16L << 20;

  private final FragmentReader reader;
  private final List<String> names;
  private final IdleReaders idle;
  private boolean closed;

  /// @param names all columns that will be read
  ColumnsOfFragment(Execution execution, Fragment fragment, List<String> names) {
    this.names = List.copyOf(new LinkedHashSet<>(names));
    this.idle = execution.indices().readers();
    FragmentReader known = idle.take(fragment.id(), this.names);
    if (known == null) {
      List<LanceField> fields =
          this.names.stream()
              .map(name -> execution.snapshot().readable(name).orElseThrow())
              .toList();
      known = execution.table().reader(execution.snapshot(), fragment, fields);
    }
    this.reader = known;
  }

  FragmentReader reader() {
    return reader;
  }

  long physicalRows() {
    return reader.physicalRows();
  }

  /// How many rows to read at once so that they stay small in memory, by what all columns take on
  /// disk.
  int rowsPerRead(int most) {
    return rowsPerRead(reader.fragment(), most);
  }

  static int rowsPerRead(Fragment fragment, int most) {
    long bytes = 0;
    for (DataFile file : fragment.files()) {
      bytes += file.sizeBytes();
    }
    long rowBytes = Math.max(1, bytes / Math.max(1, fragment.physicalRows()));
    return Math.clamp(READ_BYTES / rowBytes, 1, most);
  }

  /// Rows `[first, first + count)` of some columns.
  Batch read(List<String> wanted, long first, int count, Scratch scratch) {
    List<Column> columns = new ArrayList<>();
    for (String name : wanted) {
      columns.add(reader.read(names.indexOf(name), first, count, scratch));
    }
    return new Batch(schema(wanted), count, columns);
  }

  /// Rows of some columns by ascending number.
  Batch take(List<String> wanted, long[] rows, int count, Scratch scratch) {
    List<Column> columns = new ArrayList<>();
    for (String name : wanted) {
      columns.add(reader.take(names.indexOf(name), rows, count, scratch));
    }
    return new Batch(schema(wanted), count, columns);
  }

  /// Columns read as rows take them along into another fragment.
  Batch moving(Batch read, Scratch scratch) {
    List<Column> columns = new ArrayList<>();
    for (int i = 0; i < read.columns().size(); i++) {
      int column = names.indexOf(read.schema().fields().get(i).name());
      columns.add(reader.moving(column, read.column(i), scratch));
    }
    return new Batch(read.schema(), read.rowCount(), columns);
  }

  private Schema schema(List<String> wanted) {
    if (wanted.equals(names)) {
      return reader.schema();
    }
    List<Field> fields = new ArrayList<>();
    for (String name : wanted) {
      fields.add(reader.schema().fields().get(names.indexOf(name)));
    }
    return Schema.of(fields);
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      idle.give(reader.fragment().id(), names, reader);
    }
  }
}
