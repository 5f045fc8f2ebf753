package io.lancelot;

import io.lancelot.base.AlreadyExistsException;
import io.lancelot.base.Context;
import io.lancelot.base.InvalidInputException;
import io.lancelot.base.NotFoundException;
import io.lancelot.base.Scratch;
import io.lancelot.columnar.Batch;
import io.lancelot.columnar.BatchStream;
import io.lancelot.columnar.Schema;
import io.lancelot.file.FileVersion;
import io.lancelot.storage.ObjectStore;
import io.lancelot.table.BackupReport;
import io.lancelot.table.CheckReport;
import io.lancelot.table.CreateOptions;
import io.lancelot.table.RepairReport;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/// A set of tables in one place. Thread-safe.
public final class Database implements AutoCloseable {

  private static final String SUFFIX = ".lance";
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_.-]{1,200}");

  private final ObjectStore store;
  private final Context context;
  private final ConnectOptions options;
  private final boolean ownsContext;

  /// @param ownsContext whether the context ends with the connection
  Database(ObjectStore store, Context context, boolean ownsContext, ConnectOptions options) {
    this.store = store;
    this.context = context;
    this.ownsContext = ownsContext;
    this.options = options;
  }

  /// Where the database lies.
  public String uri() {
    return store.uri();
  }

  /// The names of all tables, sorted.
  public List<String> tableNames() {
    return store.listFolders("").stream()
        .filter(folder -> folder.endsWith(SUFFIX) && folder.length() > SUFFIX.length())
        // A creation that was cut off before its first version leaves a folder, and no table.
        .filter(folder -> io.lancelot.table.Table.exists(store, folder))
        .map(folder -> folder.substring(0, folder.length() - SUFFIX.length()))
        .sorted()
        .toList();
  }

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
    try (Scratch scratch = context.memory().scratch()) {
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
    String path = path(name);
    try (rows) {
      if (io.lancelot.table.Table.exists(store, path)) {
        return switch (how.existing()) {
          case FAIL ->
              throw new AlreadyExistsException("table already exists (table=" + name + ")");
          case OPEN -> openTable(name);
          case OVERWRITE -> {
            Table table = openTable(name);
            table.overwrite(rows, how.badVectors());
            yield table;
          }
        };
      }
      CreateOptions create =
          CreateOptions.DEFAULT.withFileVersion(FileVersion.ofText(how.dataStorageVersion()));
      if (how.stableRowIds()) {
        create = create.withStableRowIds();
      }
      // The checked stream closes `rows` and its own memory.
      BatchStream checked = CheckedVectors.of(rows, Optional.empty(), how.badVectors(), context);
      return new Table(name, create(path, checked, create), context, options);
    }
  }

  private io.lancelot.table.Table create(String path, BatchStream rows, CreateOptions options) {
    try (rows) {
      return io.lancelot.table.Table.create(store, path, rows, options, context);
    }
  }

  /// Opens a table.
  ///
  /// @throws NotFoundException if there is none of that name
  public Table openTable(String name) {
    String path = path(name);
    try {
      return new Table(name, io.lancelot.table.Table.open(store, path, context), context, options);
    } catch (NotFoundException e) {
      throw new NotFoundException(
          "table not found: expected one of "
              + tableNames()
              + ", found="
              + name
              + " (uri="
              + uri()
              + ")",
          e);
    }
  }

  /// Makes a table that begins with the rows that another handle reads and refers to its files: no
  /// data is copied, and the clone can be read as long as those files are there. A tag on the
  /// source's version keeps them.
  ///
  /// @throws AlreadyExistsException if there is a table of that name
  public Table cloneTable(String name, Table source) {
    source.cloneTo(store, path(name));
    return openTable(name);
  }

  /// Looks at every file that a table's versions refer to: whether it is there and as it should be.
  ///
  /// @throws NotFoundException if there is no table of that name
  public CheckReport checkTable(String name) {
    return io.lancelot.table.Table.check(store, path(name), context);
  }

  /// Goes back to the newest version that can be read, if newer ones are empty or torn. Nobody else
  /// may write meanwhile.
  ///
  /// @throws io.lancelot.base.CorruptDataException if none can be read
  public RepairReport repairTable(String name) {
    return io.lancelot.table.Table.repair(store, path(name));
  }

  /// Copies all versions of a table to another database, or what is new since the last time.
  /// Writers may go on. To restore, back up the copy to where the table shall be.
  ///
  /// @throws InvalidInputException if there is another table of that name
  public BackupReport backupTable(String name, Database target) {
    try (Table table = openTable(name)) {
      return table.backupTo(target.store, path(name));
    }
  }

  /// Removes a table with all its versions.
  ///
  /// @throws NotFoundException if there is none of that name
  public void dropTable(String name) {
    String path = path(name);
    if (!io.lancelot.table.Table.exists(store, path)) {
      throw new NotFoundException("table not found (table=" + name + ", uri=" + uri() + ")");
    }
    io.lancelot.table.Table.drop(store, path);
  }

  private static String path(String name) {
    if (!NAME.matcher(name).matches() || name.startsWith(".") || name.contains("..")) {
      throw new InvalidInputException(
          "table name: expected=letters, digits, '_', '-' and '.', found=" + name);
    }
    return name + SUFFIX;
  }

  /// Bytes of native memory in use by queries and writes under way: zero when there are none.
  public long memoryInUse() {
    return context.memory().usedBytes();
  }

  /// Releases files and memory. Tables and streams of this connection end with it.
  @Override
  public void close() {
    store.close();
    if (ownsContext) {
      context.close();
    }
  }
}
