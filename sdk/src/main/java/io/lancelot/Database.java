package io.lancelot;

import io.lancelot.base.AlreadyExistsException;
import io.lancelot.base.Context;
import io.lancelot.base.InvalidInputException;
import io.lancelot.base.NotFoundException;
import io.lancelot.base.Scratch;
import io.lancelot.columnar.Batch;
import io.lancelot.columnar.BatchStream;
import io.lancelot.columnar.Schema;
import io.lancelot.table.BackupReport;
import io.lancelot.table.CheckReport;
import io.lancelot.table.RepairReport;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// A set of tables in one place: a folder, or a database of a server. Thread-safe.
public abstract class Database implements AutoCloseable {

  /// Where the database lies.
  public abstract String uri();

  /// The names of all tables, sorted.
  public abstract List<String> tableNames();

  /// Creates a table without rows.
  ///
  /// @throws AlreadyExistsException if there is one of that name
  public Table createTable(String name, Schema schema) {
    return createTable(name, BatchStream.of(schema, List.of()), TableOptions.defaults());
  }

  /// Creates a table without rows whose columns are the components of a record class.
  public Table createTable(String name, Class<? extends Record> recordClass) {
    return createTable(name, RecordMapping.schemaOf(recordClass));
  }

  /// Creates a table from rows, which are records of one class or maps. The first version of the
  /// table has them all.
  ///
  /// @throws InvalidInputException if there are no rows, or they do not fit one schema
  public Table createTable(String name, Collection<?> rows) {
    return createTable(name, rows, TableOptions.defaults());
  }

  /// Creates a table from rows, which are records of one class or maps.
  public Table createTable(String name, Collection<?> rows, TableOptions how) {
    Schema schema = schemaOf(rows);
    BadVectors badVectors = how.badVectors().in(RecordMapping.vectorsOf(rows));
    try (Scratch scratch = context().memory().scratch()) {
      Batch batch = RecordMapping.toBatch(schema, rows, scratch);
      return createTable(
          name, BatchStream.of(schema, List.of(batch)), how.onBadVectors(badVectors));
    }
  }

  @SuppressWarnings("unchecked")
  private static Schema schemaOf(Collection<?> rows) {
    if (rows.isEmpty()) {
      throw new InvalidInputException("a table from no rows: expected=at least one, or a schema");
    }
    Object first = rows.iterator().next();
    return first instanceof Record
        ? RecordMapping.schemaOf(first.getClass())
        : RecordMapping.schemaOfMaps(new ArrayList<>((Collection<Map<String, ?>>) rows));
  }

  /// Creates a table from a stream of batches, such as an Arrow IPC file
  /// ([io.lancelot.columnar.ipc.IpcReader]). The stream is read to its end and closed.
  public Table createTable(String name, BatchStream rows) {
    return createTable(name, rows, TableOptions.defaults());
  }

  /// Creates a table from a stream of batches, which is read to its end and closed. Nothing is left
  /// behind if it fails.
  public Table createTable(String name, BatchStream rows, TableOptions how) {
    // The checked stream closes `rows` and its own memory.
    try (rows;
        BatchStream checked =
            CheckedVectors.of(rows, Optional.empty(), how.badVectors(), context())) {
      return create(name, checked, how);
    }
  }

  /// Opens a table.
  ///
  /// @throws NotFoundException if there is none of that name
  public abstract Table openTable(String name);

  /// Makes a table that begins with the rows that another handle reads and refers to its files: no
  /// data is copied, and the clone can be read as long as those files are there. A tag on the
  /// source's version keeps them.
  ///
  /// @throws AlreadyExistsException if there is a table of that name
  public abstract Table cloneTable(String name, Table source);

  /// Looks at every file that a table's versions refer to: whether it is there and as it should be.
  ///
  /// @throws NotFoundException if there is no table of that name
  public abstract CheckReport checkTable(String name);

  /// Goes back to the newest version that can be read, if newer ones are empty or torn. Nobody else
  /// may write meanwhile.
  ///
  /// @throws io.lancelot.base.CorruptDataException if none can be read
  public abstract RepairReport repairTable(String name);

  /// Copies all versions of a table to another database, or what is new since the last time.
  /// Writers may go on. To restore, back up the copy to where the table shall be.
  ///
  /// @throws InvalidInputException if there is another table of that name
  public abstract BackupReport backupTable(String name, Database target);

  /// Removes a table with all its versions.
  ///
  /// @throws NotFoundException if there is none of that name
  public abstract void dropTable(String name);

  /// Memory and processors of the connection.
  protected abstract Context context();

  /// Creates a table from rows whose vectors were looked at.
  protected abstract Table create(String name, BatchStream rows, TableOptions how);

  /// Bytes of native memory in use by queries and writes under way: zero when there are none.
  public long memoryInUse() {
    return context().memory().usedBytes();
  }

  /// The most native memory that was in use at once since the connection was opened.
  public long memoryPeak() {
    return context().memory().peakBytes();
  }

  /// Releases files and memory. Tables and streams of this connection end with it.
  @Override
  public abstract void close();
}
