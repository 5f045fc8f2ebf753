package io.lancelot.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.apache.arrow.c.ArrowArrayStream;
import org.apache.arrow.vector.BigIntVector;
import org.apache.arrow.vector.ipc.ArrowReader;
import org.jspecify.annotations.Nullable;
import org.lance.Dataset;
import org.lance.index.DistanceType;
import org.lance.index.IndexOptions;
import org.lance.index.IndexParams;
import org.lance.index.IndexType;
import org.lance.index.vector.HnswBuildParams;
import org.lance.index.vector.IvfBuildParams;
import org.lance.index.vector.PQBuildParams;
import org.lance.index.vector.RQBuildParams;
import org.lance.index.vector.SQBuildParams;
import org.lance.index.vector.VectorIndexParams;
import org.lance.ipc.LanceScanner;
import org.lance.ipc.Query;
import org.lance.ipc.ScanOptions;

/// The indices of lance-core. Graphs get one partition, others one for about 400 rows.
final class LanceIndices implements NeighbourIndex {

  private static final int PARTITION_ROWS = 400;
  private static final int SUB_VECTOR = 8;

  private final ArrowPeer arrow;
  private final Vectors vectors;
  private final DistanceType distance;
  private String uri = "";
  private @Nullable Dataset table;

  LanceIndices(DataSet data, Similarity similarity) {
    arrow = new ArrowPeer(data);
    vectors = data.vectors().orElseThrow();
    distance =
        switch (similarity) {
          case L2 -> DistanceType.L2;
          case COSINE -> DistanceType.Cosine;
          case DOT -> DistanceType.Dot;
        };
  }

  @Override
  public String name() {
    return "lance";
  }

  @Override
  public List<String> kinds() {
    return List.of("IVF_HNSW_SQ", "IVF_RQ", "IVF_PQ");
  }

  @Override
  public void load(Path folder) {
    uri = folder.resolve("rows.lance").toString();
    try (ArrowArrayStream stream = arrow.export()) {
      table = Dataset.write().allocator(arrow.allocator()).stream(stream).uri(uri).execute();
    }
  }

  private Dataset table() {
    Dataset open = table;
    if (open == null) {
      throw new IllegalStateException("no table yet");
    }
    return open;
  }

  @Override
  public void build(String kind) {
    int partitions =
        kind.contains("HNSW") ? 1 : (int) Math.max(1, vectors.count() / PARTITION_ROWS);
    VectorIndexParams.Builder params =
        new VectorIndexParams.Builder(
                new IvfBuildParams.Builder().setNumPartitions(partitions).build())
            .setDistanceType(distance);
    if (kind.contains("HNSW")) {
      params.setHnswParams(new HnswBuildParams.Builder().build());
    }
    switch (kind.substring(kind.lastIndexOf('_') + 1)) {
      case "PQ" ->
          params.setPqParams(
              new PQBuildParams.Builder().setNumSubVectors(vectors.dim() / SUB_VECTOR).build());
      case "SQ" -> params.setSqParams(new SQBuildParams.Builder().build());
      case "RQ" -> params.setRqParams(new RQBuildParams.Builder().build());
      default -> throw new IllegalArgumentException(kind);
    }
    IndexParams all = IndexParams.builder().setVectorIndexParams(params.build()).build();
    table()
        .createIndex(
            IndexOptions.builder(List.of(vectors.column()), IndexType.valueOf(kind), all)
                .withIndexName("vector")
                .replace(true)
                .build());
  }

  @Override
  public long bytes() {
    return FolderSize.newest(Path.of(uri, "_indices"));
  }

  @Override
  public long[] nearest(float[] query, int k, Setting setting, Optional<Passing> filter) {
    Query.Builder nearest =
        new Query.Builder()
            .setColumn(vectors.column())
            .setKey(query)
            .setK(k)
            .setDistanceType(distance)
            .setUseIndex(true);
    if (setting.probes() > 0) {
      nearest.setMinimumNprobes(setting.probes());
    }
    if (setting.ef() > 0) {
      nearest.setEf(setting.ef());
    }
    if (setting.refine() > 0) {
      nearest.setRefineFactor(setting.refine());
    }
    ScanOptions.Builder options =
        new ScanOptions.Builder()
            .nearest(nearest.build())
            .columns(List.of("id", "_distance"))
            .prefilter(true);
    filter.ifPresent(passing -> options.filter(passing.predicate()));
    return ids(options.build(), k);
  }

  /// Closing a scanner may be interrupted, which javac warns of; nobody interrupts here.
  @SuppressWarnings("try")
  private long[] ids(ScanOptions options, int k) {
    try (LanceScanner scanner = table().newScan(options);
        ArrowReader reader = scanner.scanBatches()) {
      long[] found = new long[k];
      int count = 0;
      while (reader.loadNextBatch()) {
        BigIntVector ids = (BigIntVector) reader.getVectorSchemaRoot().getVector("id");
        for (int i = 0; i < ids.getValueCount(); i++) {
          found[count++] = ids.get(i);
        }
      }
      return Arrays.copyOf(found, count);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    } catch (RuntimeException e) {
      throw e;
    } catch (Exception e) {
      throw new IllegalStateException("lance-core failed", e);
    }
  }

  @Override
  public void close() {
    if (table != null) {
      table.close();
      table = null;
    }
    arrow.close();
  }
}
