package io.lancelot;

import io.lancelot.base.AlreadyExistsException;
import io.lancelot.base.Context;
import io.lancelot.base.InvalidInputException;
import io.lancelot.base.NotFoundException;
import io.lancelot.columnar.BatchStream;
import io.lancelot.columnar.Schema;
import io.lancelot.file.FileVersion;
import io.lancelot.storage.ObjectStore;
import io.lancelot.table.BackupReport;
import io.lancelot.table.CheckReport;
import io.lancelot.table.CreateOptions;
import io.lancelot.table.RepairReport;
import java.util.List;
import java.util.regex.Pattern;

/// A folder of tables that this process reads and writes.
final class LocalDatabase extends Database {

  private static final String SUFFIX = ".lance";
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_.-]{1,200}");

  private final ObjectStore store;
  private final Context context;
  private final ConnectOptions options;
  private final boolean ownsContext;

  /// @param ownsContext whether the context ends with the connection
  LocalDatabase(ObjectStore store, Context context, boolean ownsContext, ConnectOptions options) {
    this.store = store;
    this.context = context;
    this.ownsContext = ownsContext;
    this.options = options;
  }

  @Override
  public String uri() {
    return store.uri();
  }

  @Override
  public List<String> tableNames() {
    return store.listFolders("").stream()
        .filter(folder -> folder.endsWith(SUFFIX) && folder.length() > SUFFIX.length())
        // A creation that was cut off before its first version leaves a folder, and no table.
        .filter(folder -> io.lancelot.table.Table.exists(store, folder))
        .map(folder -> folder.substring(0, folder.length() - SUFFIX.length()))
        .sorted()
        .toList();
  }

  @Override
  protected Table create(String name, BatchStream rows, TableOptions how) {
    String path = path(name);
    if (io.lancelot.table.Table.exists(store, path)) {
      return switch (how.existing()) {
        case FAIL -> throw new AlreadyExistsException("table already exists (table=" + name + ")");
        case OPEN -> openTable(name);
        case OVERWRITE -> {
          Table table = openTable(name);
          table.replace(rows);
          yield table;
        }
      };
    }
    CreateOptions create =
        CreateOptions.DEFAULT.withFileVersion(FileVersion.ofText(how.dataStorageVersion()));
    if (how.stableRowIds()) {
      create = create.withStableRowIds();
    }
    try (BatchStream stored = StoredRows.of(rows, Schema.of(), context.memory())) {
      return new LocalTable(
          name,
          io.lancelot.table.Table.create(store, path, stored, create, context),
          context,
          options);
    }
  }

  @Override
  public Table openTable(String name) {
    String path = path(name);
    try {
      return new LocalTable(
          name, io.lancelot.table.Table.open(store, path, context), context, options);
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

  @Override
  public Table cloneTable(String name, Table source) {
    local(source).cloneTo(store, path(name));
    return openTable(name);
  }

  @Override
  public CheckReport checkTable(String name) {
    return io.lancelot.table.Table.check(store, path(name), context);
  }

  @Override
  public RepairReport repairTable(String name) {
    return io.lancelot.table.Table.repair(store, path(name));
  }

  @Override
  public BackupReport backupTable(String name, Database target) {
    if (!(target instanceof LocalDatabase local)) {
      throw new InvalidInputException("backup: expected=a database on disk, found=" + target.uri());
    }
    try (LocalTable table = local(openTable(name))) {
      return table.backupTo(local.store, path(name));
    }
  }

  @Override
  public void dropTable(String name) {
    String path = path(name);
    if (!io.lancelot.table.Table.exists(store, path)) {
      throw new NotFoundException("table not found (table=" + name + ", uri=" + uri() + ")");
    }
    io.lancelot.table.Table.drop(store, path);
  }

  private static LocalTable local(Table table) {
    if (table instanceof LocalTable local) {
      return local;
    }
    throw new InvalidInputException("table: expected=one on disk, found=" + table.uri());
  }

  private static String path(String name) {
    if (!NAME.matcher(name).matches() || name.startsWith(".") || name.contains("..")) {
      throw new InvalidInputException(
          "table name: expected=letters, digits, '_', '-' and '.', found=" + name);
    }
    return name + SUFFIX;
  }

  @Override
  protected Context context() {
    return context;
  }

  @Override
  public void close() {
    store.close();
    if (ownsContext) {
      context.close();
    }
  }
}
