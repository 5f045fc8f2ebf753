package io.lancelot.bench;

import io.lancelot.ConnectOptions;
import io.lancelot.Database;
import io.lancelot.Distance;
import io.lancelot.Index;
import io.lancelot.Lancelot;
import io.lancelot.Table;
import io.lancelot.base.Context;
import io.lancelot.base.Scratch;
import io.lancelot.columnar.Batch;
import io.lancelot.columnar.BatchStream;
import io.lancelot.columnar.FixedColumn;
import io.lancelot.file.LanceField;
import io.lancelot.storage.Durability;
import io.lancelot.storage.ObjectStore;
import io.lancelot.storage.ObjectStores;
import io.lancelot.table.Fragment;
import io.lancelot.table.FragmentReader;
import io.lancelot.table.RowReaders;
import io.lancelot.table.Snapshot;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Lancelot, as its users call it. Only `take` goes one floor down, to the table module, because
/// the SDK has no word for it yet.
final class LancelotContender implements Contender {

  private static final String TABLE = "rows";

  private final DataSet data;
  private Path folder = Path.of("");
  private @Nullable Database database;
  private @Nullable Table table;
  private @Nullable RowSource rows;

  LancelotContender(DataSet data) {
    this.data = data;
  }

  @Override
  public String name() {
    return "lancelot";
  }

  @Override
  public boolean tables() {
    return true;
  }

  @Override
  public void ingest(Path folder) {
    ingest(folder, Durability.SYNC);
  }

  @Override
  public boolean ingestUnforced(Path folder) {
    ingest(folder, Durability.NONE);
    return true;
  }

  private void ingest(Path folder, Durability durability) {
    close();
    this.folder = folder;
    Database connected =
        Lancelot.connect(folder.toString(), ConnectOptions.defaults().withDurability(durability));
    database = connected;
    table = connected.createTable(TABLE, BatchStream.of(data.schema(), data.batches()));
  }

  @Override
  public void reopen() {
    close();
    Database connected = Lancelot.connect(folder.toString());
    database = connected;
    table = connected.openTable(TABLE);
  }

  private Table table() {
    Table open = table;
    if (open == null) {
      throw new IllegalStateException("no table yet");
    }
    return open;
  }

  @Override
  public long scan(List<String> columns) {
    return read(table().query().select(columns).stream());
  }

  @Override
  public long scan(List<String> columns, String predicate) {
    return read(table().query().where(predicate).select(columns).stream());
  }

  private static long read(BatchStream stream) {
    ReadBytes reading = new ReadBytes();
    long rows = 0;
    try (stream) {
      for (Batch batch = stream.next(); batch != null; batch = stream.next()) {
        reading.read(batch);
        rows += batch.rowCount();
      }
    }
    return reading.rows(rows);
  }

  @Override
  public long count(String predicate) {
    return table().countRows(predicate);
  }

  @Override
  public boolean index(String column, String kind) {
    table().createIndex(column, Index.of(kind, Map.of()));
    return true;
  }

  @Override
  public boolean delete(String predicate) {
    table().delete(predicate);
    return true;
  }

  @Override
  public boolean update(String predicate, String column, String value) {
    table().update().where(predicate).setSql(column, value).execute();
    return true;
  }

  @Override
  public long take(long[] positions, List<String> columns) {
    RowSource source = rows;
    if (source == null) {
      source = new RowSource(folder);
      rows = source;
    }
    return source.take(positions, columns);
  }

  @Override
  public long[] nearest(Similarity similarity, float[] query, int k) {
    Distance distance =
        switch (similarity) {
          case L2 -> Distance.L2;
          case COSINE -> Distance.COSINE;
          case DOT -> Distance.DOT;
        };
    long[] found = new long[k];
    int count = 0;
    try (BatchStream stream =
        table().search(query).distanceType(distance).select("id").limit(k).stream()) {
      for (Batch batch = stream.next(); batch != null; batch = stream.next()) {
        FixedColumn ids = (FixedColumn) batch.column("id");
        for (int i = 0; i < batch.rowCount(); i++) {
          found[count++] = ids.longAt(i);
        }
      }
    }
    return Arrays.copyOf(found, count);
  }

  @Override
  public void close() {
    if (rows != null) {
      rows.close();
      rows = null;
    }
    if (table != null) {
      table.close();
      table = null;
    }
    if (database != null) {
      database.close();
      database = null;
    }
  }

  /// Fetches rows by position; the table has no deletions, so positions count straight through the
  /// fragments.
  private static final class RowSource implements AutoCloseable {
    private final ObjectStore store;
    private final Context context = Context.create();
    private final io.lancelot.table.Table table;
    private final Snapshot snapshot;
    private final KeptReaders kept = new KeptReaders();

    RowSource(Path folder) {
      store = ObjectStores.open(folder.toString());
      table = io.lancelot.table.Table.open(store, TABLE + ".lance", context);
      snapshot = table.snapshot();
    }

    long take(long[] positions, List<String> columns) {
      long[] addresses = new long[positions.length];
      for (int i = 0; i < addresses.length; i++) {
        addresses[i] = address(positions[i]);
      }
      ReadBytes reading = new ReadBytes();
      try (Scratch scratch = context.memory().scratch()) {
        Batch batch = table.take(snapshot, addresses, addresses.length, columns, scratch, kept);
        reading.read(batch);
        return reading.rows(batch.rowCount());
      }
    }

    /// Readers that stay open between calls, as those of searches do.
    private final class KeptReaders implements RowReaders {
      private final Map<List<Object>, FragmentReader> idle = new HashMap<>();

      private static List<Object> key(Fragment fragment, List<String> columns) {
        return List.of(fragment.id(), columns);
      }

      @Override
      public FragmentReader open(Fragment fragment, List<LanceField> fields) {
        List<String> names = fields.stream().map(LanceField::name).toList();
        FragmentReader known = idle.remove(key(fragment, names));
        return known == null ? table.reader(snapshot, fragment, fields) : known;
      }

      @Override
      public void done(FragmentReader reader) {
        FragmentReader other = idle.put(key(reader.fragment(), reader.schema().names()), reader);
        if (other != null) {
          other.close();
        }
      }

      void close() {
        idle.values().forEach(FragmentReader::close);
        idle.clear();
      }
    }

    private long address(long position) {
      long row = position;
      for (Fragment fragment : snapshot.fragments()) {
        if (row < fragment.physicalRows()) {
          return fragment.id() << 32 | row;
        }
        row -= fragment.physicalRows();
      }
      throw new IllegalArgumentException("no such row: " + position);
    }

    @Override
    public void close() {
      kept.close();
      table.close();
      store.close();
      context.close();
    }
  }
}
