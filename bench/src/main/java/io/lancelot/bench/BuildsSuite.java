package io.lancelot.bench;

import io.lancelot.Database;
import io.lancelot.Index;
import io.lancelot.Lancelot;
import io.lancelot.Table;
import io.lancelot.VectorQuery;
import io.lancelot.columnar.Batch;
import io.lancelot.columnar.BatchStream;
import io.lancelot.columnar.Field;
import io.lancelot.columnar.FixedColumn;
import io.lancelot.columnar.FixedListColumn;
import io.lancelot.columnar.Schema;
import io.lancelot.columnar.Types;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Indices over more rows than fit in memory: the rows go to disk as they are made, each kind of
/// index is built from there, and what that took of time and memory is told. Run it with a small
/// heap (`-Xmx512m`), which bounds the native memory as well.
final class BuildsSuite {

  /// What `--only` may name.
  enum Part {
    IVF_PQ,
    IVF_RQ,
    IVF_SQ,
    IVF_FLAT,
    IVF_HNSW_SQ,
    IVF_HNSW_PQ,
    IVF_HNSW_FLAT
  }

  private static final String SUITE = "builds";
  private static final String TABLE = "rows";
  private static final String COLUMN = "vector";
  private static final int CENTRES = 256;
  private static final int BATCH_ROWS = 8192;
  private static final int QUERIES = 10;
  private static final int K = 10;

  private final int rows;
  private final int dim;
  private final Path folder;
  private final Versions versions;
  private final List<Part> parts;

  BuildsSuite(int rows, int dim, Path folder, Versions versions, List<Part> parts) {
    this.rows = rows;
    this.dim = dim;
    this.folder = folder;
    this.versions = versions;
    this.parts = parts;
  }

  void run(Consumer<Result> results, Consumer<String> progress) {
    Made made = new Made(Long.getLong("lancelot.seed", 1));
    List<long[]> truth;
    Stopwatch writing = new Stopwatch();
    try (Database database = Lancelot.connect(folder.toString());
        Table table = database.createTable(TABLE, made)) {
      results.accept(result("write", "s", writing.seconds(), params()));
      progress.accept("searching all rows");
      truth = search(table, made.queries(), true);
    }
    for (Part part : parts) {
      progress.accept("building " + part);
      // Each with a budget of its own, whose peak is then that of the build.
      try (Database database = Lancelot.connect(folder.toString());
          Table table = database.openTable(TABLE)) {
        results.accept(build(database, table, part.name()));
        results.accept(recall(table, part.name(), made.queries(), truth));
        table.dropIndex(table.indices().getFirst().name());
      }
    }
  }

  private Result build(Database database, Table table, String kind) {
    Map<String, Object> params = params();
    heapPools().forEach(MemoryPoolMXBean::resetPeakUsage);
    Stopwatch watch = new Stopwatch();
    double peak;
    try (PeakMemory memory = new PeakMemory()) {
      table.createIndex(COLUMN, Index.of(kind, Map.of()));
      peak = memory.wholeMegabytes();
    }
    double seconds = watch.seconds();
    params.put("cpu", watch.cpuMillis() / 1e3);
    params.put("anonymous_mb", peak);
    params.put(
        "heap_mb",
        heapPools().stream().mapToLong(pool -> pool.getPeakUsage().getUsed()).sum() / 1e6);
    params.put("heap_limit_mb", Runtime.getRuntime().maxMemory() / 1e6);
    params.put("native_mb", database.memoryPeak() / 1e6);
    params.put("bytes", table.indices().getFirst().sizeBytes());
    return result(kind, "s", seconds, params);
  }

  private static List<MemoryPoolMXBean> heapPools() {
    return ManagementFactory.getMemoryPoolMXBeans().stream()
        .filter(pool -> pool.getType() == MemoryType.HEAP)
        .toList();
  }

  private Result recall(Table table, String kind, float[][] queries, List<long[]> truth) {
    search(table, queries, false);
    Stopwatch watch = new Stopwatch();
    List<long[]> found = search(table, queries, false);
    double millis = 1e3 * watch.seconds() / queries.length;
    int hits = 0;
    for (int i = 0; i < queries.length; i++) {
      for (long id : found.get(i)) {
        for (long right : truth.get(i)) {
          hits += id == right ? 1 : 0;
        }
      }
    }
    return new Result(
        SUITE,
        kind + ", search",
        "lancelot",
        versions.of("lancelot"),
        "latency",
        millis,
        "ms",
        OptionalDouble.of((double) hits / (queries.length * K)),
        1,
        params());
  }

  private static List<long[]> search(Table table, float[][] queries, boolean exactly) {
    List<long[]> found = new ArrayList<>();
    for (float[] query : queries) {
      VectorQuery asked = table.search(query).select("id").limit(K);
      if (exactly) {
        asked.bypassVectorIndex();
      }
      try (BatchStream stream = asked.stream()) {
        long[] ids = new long[K];
        int count = 0;
        for (Batch batch = stream.next(); batch != null; batch = stream.next()) {
          FixedColumn column = (FixedColumn) batch.column("id");
          for (int i = 0; i < batch.rowCount(); i++) {
            ids[count++] = column.longAt(i);
          }
        }
        found.add(ids);
      }
    }
    return found;
  }

  private Map<String, Object> params() {
    Map<String, Object> params = new LinkedHashMap<>();
    params.put("rows", rows);
    params.put("dim", dim);
    return params;
  }

  private Result result(String work, String unit, double value, Map<String, Object> params) {
    return new Result(
        SUITE,
        work,
        "lancelot",
        versions.of("lancelot"),
        "build",
        value,
        unit,
        OptionalDouble.empty(),
        1,
        params);
  }

  /// Vectors around common centres, made as they are asked for.
  private final class Made implements BatchStream {
    private final Schema schema =
        Schema.of(Field.nullable("id", Types.INT64), Field.nullable(COLUMN, Types.vector(dim)));
    private final Arena arena = Arena.ofAuto();
    private final MemorySegment ids = arena.allocate(8L * BATCH_ROWS, 64);
    private final MemorySegment vectors = arena.allocate(4L * BATCH_ROWS * dim, 64);
    private final SplittableRandom random;
    private final float[][] centres = new float[CENTRES][];
    private final float[][] queries = new float[QUERIES][];
    private int made;

    Made(long seed) {
      this.random = new SplittableRandom(seed);
      for (int i = 0; i < CENTRES; i++) {
        centres[i] = around(new float[dim], 1);
      }
      for (int i = 0; i < QUERIES; i++) {
        queries[i] = around(centres[random.nextInt(CENTRES)], 0.5f);
      }
    }

    float[][] queries() {
      return queries;
    }

    /// Sums of four even numbers are near enough to normal ones, and made much faster.
    private float[] around(float[] centre, float spread) {
      float[] vector = centre.clone();
      for (int d = 0; d < dim; d++) {
        long bits = random.nextLong();
        int sum = 0;
        for (int shift = 0; shift < 64; shift += 16) {
          sum += (short) (bits >>> shift);
        }
        vector[d] += spread * 0.866f * sum / (1 << 15);
      }
      return vector;
    }

    @Override
    public Schema schema() {
      return schema;
    }

    @Override
    public @Nullable Batch next() {
      int count = Math.min(BATCH_ROWS, rows - made);
      if (count == 0) {
        return null;
      }
      for (int i = 0; i < count; i++) {
        ids.set(FixedColumn.LONG, 8L * i, made + i);
        float[] vector = around(centres[random.nextInt(CENTRES)], 0.5f);
        MemorySegment.copy(vector, 0, vectors, FixedColumn.FLOAT, 4L * i * dim, dim);
      }
      made += count;
      FixedColumn items = new FixedColumn(Types.FLOAT32, count * dim, vectors, null);
      return new Batch(
          schema,
          count,
          List.of(
              new FixedColumn(Types.INT64, count, ids, null),
              new FixedListColumn(Types.vector(dim), count, items, null)));
    }

    @Override
    public void close() {}
  }
}
