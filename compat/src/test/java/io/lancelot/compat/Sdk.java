package io.lancelot.compat;

import io.lancelot.Database;
import io.lancelot.Distance;
import io.lancelot.Lancelot;
import io.lancelot.Table;
import io.lancelot.TableOptions;
import io.lancelot.base.Memory;
import io.lancelot.columnar.Batch;
import io.lancelot.columnar.BatchStream;
import io.lancelot.columnar.ipc.IpcReader;
import io.lancelot.columnar.ipc.IpcWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/// Ours, through the SDK. Every call connects anew, as another process would, and must leave no
/// memory behind.
final class Sdk implements Ours {

  /// Room for the Arrow side of a test; the SDK has its own budget.
  private static final long MEMORY = 1L << 30;

  @Override
  public void importArrow(Path db, String table, Path arrow, Mode mode, String format) {
    try (Arena arena = Arena.ofConfined();
        Memory memory = Memory.ofLimit(MEMORY);
        Database database = connect(db);
        BatchStream rows = IpcReader.open(arrow.toString(), map(arrow, arena), memory)) {
      TableOptions options = TableOptions.defaults().withDataStorageVersion(format);
      switch (mode) {
        case CREATE -> database.createTable(table, rows, options).close();
        case APPEND -> {
          try (Table open = database.openTable(table)) {
            open.add(rows);
          }
        }
        case OVERWRITE -> {
          try (Table open = database.openTable(table)) {
            open.overwrite(rows);
          }
        }
      }
    }
  }

  private static Database connect(Path db) {
    return Lancelot.connect(db.toString());
  }

  private static MemorySegment map(Path file, Arena arena) {
    try (FileChannel channel = FileChannel.open(file)) {
      return channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void exportArrow(Path db, String table, OptionalLong version, Path out) {
    try (Database database = connect(db);
        Table open = open(database, table, version);
        BatchStream rows = open.query().stream();
        Memory memory = Memory.ofLimit(MEMORY);
        FileChannel channel =
            FileChannel.open(
                out,
                StandardOpenOption.CREATE,
                StandardOpenOption.WRITE,
                StandardOpenOption.TRUNCATE_EXISTING);
        IpcWriter writer = IpcWriter.file(channel, rows.schema(), memory)) {
      for (Batch batch = rows.next(); batch != null; batch = rows.next()) {
        writer.write(batch);
      }
      writer.finish();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Table open(Database database, String name, OptionalLong version) {
    Table table = database.openTable(name);
    version.ifPresent(table::checkout);
    return table;
  }

  @Override
  public void delete(Path db, String table, String filter) {
    try (Database database = connect(db);
        Table open = database.openTable(table)) {
      open.delete(filter);
    }
  }

  @Override
  public long count(Path db, String table, OptionalLong version) {
    try (Database database = connect(db);
        Table open = open(database, table, version)) {
      return open.countRows();
    }
  }

  @Override
  public long countWhere(Path db, String table, String filter) {
    try (Database database = connect(db);
        Table open = database.openTable(table)) {
      return open.countRows(filter);
    }
  }

  @Override
  public List<Version> versions(Path db, String table) {
    try (Database database = connect(db);
        Table open = database.openTable(table)) {
      return open.versions().stream().map(v -> new Version(v.version(), v.rowCount())).toList();
    }
  }

  @Override
  public void restore(Path db, String table, long version) {
    try (Database database = connect(db);
        Table open = database.openTable(table)) {
      open.restore(version);
    }
  }

  @Override
  public List<Hit> nearest(Path db, String table, float[] query, int k, String metric) {
    try (Database database = connect(db);
        Table open = database.openTable(table)) {
      List<Map<String, @Nullable Object>> rows =
          open.search(query)
              .column("vector")
              .distanceType(Distance.valueOf(metric.toUpperCase(Locale.ROOT)))
              .select("id", "_distance")
              .limit(k)
              .toMaps();
      return rows.stream()
          .map(
              row -> new Hit(number(row, "id").longValue(), number(row, "_distance").doubleValue()))
          .toList();
    }
  }

  private static Number number(Map<String, @Nullable Object> row, String column) {
    if (row.get(column) instanceof Number number) {
      return number;
    }
    throw new AssertionError(column + ": expected=a number, found=" + row.get(column));
  }
}
