package io.lancelot.bench;

import io.lancelot.Database;
import io.lancelot.Distance;
import io.lancelot.Index;
import io.lancelot.Lancelot;
import io.lancelot.Table;
import io.lancelot.VectorQuery;
import io.lancelot.columnar.Batch;
import io.lancelot.columnar.BatchStream;
import io.lancelot.columnar.FixedColumn;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Lancelot's indices, as its users ask them.
final class LancelotIndices implements NeighbourIndex {

  static final List<String> KINDS =
      List.of(
          "IVF_HNSW_SQ", "IVF_RQ", "IVF_PQ", "IVF_HNSW_FLAT", "IVF_HNSW_PQ", "IVF_SQ", "IVF_FLAT");
  static final String TABLE = "rows";

  private final DataSet data;
  private final Distance distance;
  private Path folder = Path.of("");
  private @Nullable Database database;
  private @Nullable Table table;

  LancelotIndices(DataSet data, Similarity similarity) {
    this.data = data;
    this.distance = Distance.valueOf(similarity.name());
  }

  @Override
  public String name() {
    return "lancelot";
  }

  @Override
  public List<String> kinds() {
    return KINDS;
  }

  @Override
  public void load(Path folder) {
    this.folder = folder;
    Database connected = Lancelot.connect(folder.toString());
    database = connected;
    table = connected.createTable(TABLE, BatchStream.of(data.schema(), data.batches()));
  }

  private Table table() {
    Table open = table;
    if (open == null) {
      throw new IllegalStateException("no table yet");
    }
    return open;
  }

  @Override
  public void build(String kind) {
    table().indices().forEach(index -> table().dropIndex(index.name()));
    table()
        .createIndex(
            data.vectors().orElseThrow().column(),
            Index.of(kind, Map.of("distance_type", distance.name().toLowerCase(Locale.ROOT))));
  }

  @Override
  public long bytes() {
    table().prewarmIndex(table().indices().getFirst().name());
    return FolderSize.newest(folder.resolve(TABLE + ".lance/_indices"));
  }

  @Override
  public long[] nearest(float[] query, int k, Setting setting, Optional<Passing> filter) {
    VectorQuery asked = table().search(query).select("id").limit(k);
    if (setting.probes() > 0) {
      asked.nprobes(setting.probes());
    }
    if (setting.ef() > 0) {
      asked.ef(setting.ef());
    }
    if (setting.refine() > 0) {
      asked.refineFactor(setting.refine());
    }
    filter.ifPresent(passing -> asked.where(passing.predicate()));
    long[] found = new long[k];
    int count = 0;
    try (BatchStream stream = asked.stream()) {
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
