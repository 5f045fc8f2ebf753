package io.lancelot.client;

import io.lancelot.Database;
import io.lancelot.RemoteOptions;
import io.lancelot.Table;
import io.lancelot.TableOptions;
import io.lancelot.base.AlreadyExistsException;
import io.lancelot.base.Context;
import io.lancelot.base.InvalidInputException;
import io.lancelot.base.LancelotException;
import io.lancelot.base.UnsupportedFeatureException;
import io.lancelot.columnar.BatchStream;
import io.lancelot.table.BackupReport;
import io.lancelot.table.CheckReport;
import io.lancelot.table.RepairReport;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A database of a server.
final class RemoteDatabase extends Database {

  private final String name;
  private final Wire wire;
  private final Context context;
  private final RemoteOptions options;

  RemoteDatabase(String name, RemoteOptions options) {
    this.name = name;
    this.options = options;
    this.wire = new Wire(name, options);
    this.context = Context.ofMemory(options.connection().memoryBytes());
  }

  @Override
  public String uri() {
    return "db://" + name;
  }

  @Override
  public List<String> tableNames() {
    List<String> names = new ArrayList<>();
    String after = "";
    while (true) {
      Map<?, ?> page =
          wire.get("/v1/table/" + (after.isEmpty() ? "" : "?page_token=" + Wire.part(after)));
      if (page.get("tables") instanceof List<?> tables) {
        tables.forEach(table -> names.add(String.valueOf(table)));
      }
      Object next = page.get("page_token");
      if (next == null || next.toString().isEmpty() || next.toString().equals(after)) {
        return names.stream().sorted().toList();
      }
      after = next.toString();
    }
  }

  @Override
  protected Table create(String table, BatchStream rows, TableOptions how) {
    if (how.stableRowIds()
        || !how.dataStorageVersion().equals(TableOptions.defaults().dataStorageVersion())) {
      throw new UnsupportedFeatureException(
          "storage options of a table on a server: expected=the defaults, found=" + how);
    }
    String mode =
        switch (how.existing()) {
          case FAIL -> "create";
          case OPEN -> "exist_ok";
          case OVERWRITE -> "overwrite";
        };
    try {
      wire.sendRows(
          "/v1/table/" + Wire.part(table) + "/create/?mode=" + mode, rows, context.memory());
    } catch (LancelotException e) {
      String text = String.valueOf(e.getMessage()).toLowerCase(Locale.ROOT);
      throw e instanceof InvalidInputException && text.contains("already exists")
          ? new AlreadyExistsException(String.valueOf(e.getMessage()), e)
          : e;
    }
    return openTable(table);
  }

  @Override
  public Table openTable(String table) {
    RemoteTable opened = new RemoteTable(table, "", wire, context, options);
    opened.schema();
    return opened;
  }

  @Override
  public Table cloneTable(String target, Table source) {
    Map<String, @Nullable Object> body = new LinkedHashMap<>();
    body.put("source_location", source.uri());
    body.put("source_version", source.version());
    body.put("is_shallow", true);
    wire.ask(Wire.Kind.WRITE, "/v1/table/" + Wire.part(target) + "/clone", body);
    return openTable(target);
  }

  @Override
  public CheckReport checkTable(String table) {
    throw onDisk("checking a table");
  }

  @Override
  public RepairReport repairTable(String table) {
    throw onDisk("repairing a table");
  }

  @Override
  public BackupReport backupTable(String table, Database target) {
    throw onDisk("backup");
  }

  static UnsupportedFeatureException onDisk(String what) {
    return new UnsupportedFeatureException(
        what + ": expected=a database on disk, found=one of a server, which looks after itself");
  }

  @Override
  public void dropTable(String table) {
    wire.ask(Wire.Kind.WRITE, "/v1/table/" + Wire.part(table) + "/drop/", null);
  }

  @Override
  protected Context context() {
    return context;
  }

  @Override
  public void close() {
    wire.close();
    context.close();
  }
}
