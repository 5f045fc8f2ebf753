package io.lancelot.bench;

import io.lancelot.ConnectOptions;
import io.lancelot.Database;
import io.lancelot.Lancelot;
import io.lancelot.OptimizeOptions;
import io.lancelot.Table;
import io.lancelot.columnar.Batch;
import io.lancelot.columnar.BatchStream;
import io.lancelot.storage.Durability;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/// Lancelot, as its users call it; also without forcing anything to the disk, as upstream does it.
final class LancelotMutator implements Mutator {

  static final String TABLE = "rows";

  private final Durability durability;
  private @Nullable Database database;
  private @Nullable Table table;

  LancelotMutator(Durability durability) {
    this.durability = durability;
  }

  @Override
  public String name() {
    return durability == Durability.SYNC ? "lancelot" : "unforced";
  }

  private Database connect(Path folder) {
    return Lancelot.connect(
        folder.toString(), ConnectOptions.defaults().withDurability(durability));
  }

  @Override
  public void create(Path folder, DataSet rows) {
    close();
    Database connected = connect(folder);
    database = connected;
    table = connected.createTable(TABLE, stream(rows));
  }

  @Override
  public void open(Path folder) {
    close();
    Database connected = connect(folder);
    database = connected;
    table = connected.openTable(TABLE);
  }

  private static BatchStream stream(DataSet rows) {
    return BatchStream.of(rows.schema(), rows.batches());
  }

  private Table table() {
    Table open = table;
    if (open == null) {
      throw new IllegalStateException("no table yet");
    }
    return open;
  }

  @Override
  public void append(DataSet rows) {
    table().add(stream(rows));
  }

  @Override
  public long scan() {
    ReadBytes reading = new ReadBytes();
    long rows = 0;
    try (BatchStream stream = table().query().stream()) {
      for (Batch batch = stream.next(); batch != null; batch = stream.next()) {
        reading.read(batch);
        rows += batch.rowCount();
      }
    }
    return reading.rows(rows);
  }

  @Override
  public boolean updates() {
    return true;
  }

  @Override
  public void update(String predicate) {
    table().update().where(predicate).setSql("price", "price + 1").execute();
  }

  @Override
  public void delete(String predicate) {
    table().delete(predicate);
  }

  @Override
  public void merge(DataSet rows) {
    table()
        .mergeInsert("id")
        .whenMatchedUpdateAll()
        .whenNotMatchedInsertAll()
        .execute(stream(rows));
  }

  @Override
  public void compact() {
    table().optimize(OptimizeOptions.defaults());
  }

  /// Commits small changes to a table until it has so many versions.
  void growTo(long versions) {
    for (long version = table().version(); version < versions; version++) {
      table().updateConfig(java.util.Map.of("round", Long.toString(version)));
    }
  }

  @Override
  public void close() {
    if (table != null) {
      table.close();
      table = null;
    }
    if (database != null) {
      database.close();
      database = null;
    }
  }
}
