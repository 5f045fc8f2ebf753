package io.lancelot.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
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
import org.lance.index.scalar.ScalarIndexParams;
import org.lance.ipc.LanceScanner;
import org.lance.ipc.Query;
import org.lance.ipc.ScanOptions;

/// lance-core: the Rust engine of LanceDB through its Java binding, Arrow in and out.
final class LanceContender implements Contender {

  private final ArrowPeer arrow;
  private final Optional<Vectors> vectors;
  private @Nullable Dataset table;
  private String uri = "";

  LanceContender(DataSet data) {
    arrow = new ArrowPeer(data);
    vectors = data.vectors();
  }

  @Override
  public String name() {
    return "lance";
  }

  @Override
  public boolean tables() {
    return true;
  }

  @Override
  public void ingest(Path folder) {
    closeTable();
    uri = folder.resolve("rows.lance").toString();
    try (ArrowArrayStream stream = arrow.export()) {
      table = Dataset.write().allocator(arrow.allocator()).stream(stream).uri(uri).execute();
    }
  }

  @Override
  public void reopen() {
    closeTable();
    table = Dataset.open().allocator(arrow.allocator()).uri(uri).build();
  }

  private Dataset table() {
    Dataset open = table;
    if (open == null) {
      throw new IllegalStateException("no table yet");
    }
    return open;
  }

  @Override
  public long scan(List<String> columns) {
    return read(new ScanOptions.Builder().columns(columns).build());
  }

  @Override
  public long scan(List<String> columns, String predicate) {
    return read(new ScanOptions.Builder().columns(columns).filter(predicate).build());
  }

  private long read(ScanOptions options) {
    return scanning(options, ArrowPeer::read);
  }

  @Override
  public long count(String predicate) {
    return table().countRows(predicate);
  }

  @Override
  public boolean index(String column, String kind) {
    IndexParams params =
        IndexParams.builder()
            .setScalarIndexParams(
                ScalarIndexParams.create(kind.replace("_", "").toLowerCase(Locale.ROOT)))
            .build();
    table()
        .createIndex(
            IndexOptions.builder(List.of(column), IndexType.valueOf(kind), params)
                .withIndexName(column)
                .replace(true)
                .build());
    return true;
  }

  @Override
  public boolean delete(String predicate) {
    table().delete(predicate);
    return true;
  }

  @Override
  public long take(long[] positions, List<String> columns) {
    List<Long> rows = Arrays.stream(positions).boxed().toList();
    try (ArrowReader reader = table().take(rows, columns)) {
      return ArrowPeer.read(reader);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public long[] nearest(Similarity similarity, float[] query, int k) {
    Query nearest =
        new Query.Builder()
            .setColumn(vectors.orElseThrow().column())
            .setKey(query)
            .setK(k)
            .setDistanceType(
                switch (similarity) {
                  case L2 -> DistanceType.L2;
                  case COSINE -> DistanceType.Cosine;
                  case DOT -> DistanceType.Dot;
                })
            .setUseIndex(false)
            .build();
    ScanOptions options =
        new ScanOptions.Builder().nearest(nearest).columns(List.of("id", "_distance")).build();
    return scanning(options, reader -> ids(reader, k));
  }

  private static long[] ids(ArrowReader reader, int k) throws IOException {
    long[] found = new long[k];
    int count = 0;
    while (reader.loadNextBatch()) {
      BigIntVector ids = (BigIntVector) reader.getVectorSchemaRoot().getVector("id");
      for (int i = 0; i < ids.getValueCount(); i++) {
        found[count++] = ids.get(i);
      }
    }
    return Arrays.copyOf(found, count);
  }

  private interface Reading<T> {
    T read(ArrowReader reader) throws IOException;
  }

  /// Closing a scanner may be interrupted, which javac warns of; nobody interrupts here.
  @SuppressWarnings("try")
  private <T> T scanning(ScanOptions options, Reading<T> reading) {
    try (LanceScanner scanner = table().newScan(options);
        ArrowReader reader = scanner.scanBatches()) {
      return reading.read(reader);
    } catch (RuntimeException e) {
      throw e;
    } catch (Exception e) {
      throw new IllegalStateException("lance-core failed", e);
    }
  }

  private void closeTable() {
    if (table != null) {
      table.close();
      table = null;
    }
  }

  @Override
  public void close() {
    closeTable();
    arrow.close();
  }
}
