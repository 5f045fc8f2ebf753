package io.lancelot.index.vector;

import io.lancelot.base.Context;
import io.lancelot.base.ResourceExhaustedException;
import io.lancelot.base.Scratch;
import io.lancelot.base.UnsupportedFeatureException;
import io.lancelot.columnar.Column;
import io.lancelot.columnar.Field;
import io.lancelot.columnar.FixedColumn;
import io.lancelot.file.DataFileReader;
import io.lancelot.index.IndexFiles;
import io.lancelot.index.RowMapping;
import io.lancelot.index.VectorIndex;
import io.lancelot.kernels.ByteDistances;
import io.lancelot.kernels.CodeScan;
import io.lancelot.kernels.Metric;
import io.lancelot.kernels.NeighbourScan;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/// An open segment of a vector index. Partitions are loaded, some neighbouring ones together, when
/// a search first looks into them.
final class IvfIndex implements VectorIndex {

  /// A search waits until chunks of so many rows are loaded.
  private static final long FEW_ROWS = 4096;

  /// As many searches go on without what is being loaded; later ones wait for it. Graphs take long.
  private static final int SEARCHES_BEFORE_GRAPH = 3;

  /// A partition whose vectors take more is loaded, and not compared vector by vector.
  private static final long MOST_BYTES = 512L << 20;

  private final IndexFiles files;
  private final IvfModel model;
  private final DataFileReader codes;
  private final @Nullable DataFileReader graphFile;
  private final long[] offsets;
  private final int[] lengths;
  private final boolean packedSigns;
  private final boolean hasErrors;
  private final MemorySegment centres;
  private final Scratch memory;
  private final LoadedChunks chunks;
  private final @Nullable RowBytes rowBytes;
  private final IvfSearch searching;

  /// Partitions that searches went without, to be loaded in the background.
  private final Set<Integer> wanted = ConcurrentHashMap.newKeySet();

  private final AtomicBoolean loadingWanted = new AtomicBoolean();
  private final AtomicInteger searchesBefore = new AtomicInteger();

  /// Blocks of the partitions' graphs, as far as they are laid out.
  private final AtomicReferenceArray<@Nullable GraphBlocks> graphBlocks;

  /// How wide walks are that nothing is said about: what graphs that were tried out want.
  private volatile int usualWidth = GraphTrial.WIDTH;

  /// How many times as wide walks over blocks are.
  private volatile double blockWidening;

  private final ReentrantLock deriving = new ReentrantLock();
  private final Set<Integer> asked = ConcurrentHashMap.newKeySet();
  private final Set<Integer> derived = new HashSet<>();
  private long blockBytes;
  private volatile boolean closed;

  /// What the two files say, checked.
  record Parts(
      IvfModel model,
      DataFileReader codes,
      @Nullable DataFileReader graphFile,
      long[] offsets,
      int[] lengths,
      Wire.Ivf graphTable,
      List<String> graphTexts,
      boolean packedSigns,
      boolean hasErrors) {}

  IvfIndex(IndexFiles files, Parts parts) {
    this.files = files;
    this.model = parts.model();
    this.codes = parts.codes();
    this.graphFile = parts.graphFile();
    this.offsets = parts.offsets();
    this.lengths = parts.lengths();
    this.packedSigns = parts.packedSigns();
    this.hasErrors = parts.hasErrors();
    this.memory = files.context().memory().scratch();
    this.centres = memory.allocateBytes(4L * model.centres().length);
    MemorySegment.copy(model.centres(), 0, centres, FixedColumn.FLOAT, 0, model.centres().length);
    this.chunks = new LoadedChunks(this, parts, files.context(), memory.heldBytes());
    this.graphBlocks = new AtomicReferenceArray<>(model.graph() ? chunks.count() : 0);
    this.rowBytes =
        RowBytes.serve(model.type(), model.metric(), model.codec().coding(), model.graph())
            ? new RowBytes(
                chunks,
                files.context().memory(),
                rowCount(),
                dim(),
                rowCount() * (model.codec().recordBytes() + 8L))
            : null;
    this.searching = new IvfSearch(this);
    if (!model.graph() && (model.codec() instanceof PqCodec || model.codec() instanceof RqCodec)) {
      CodeScan.warmSoon();
    }
    if (model.graph() || model.codec() instanceof SqCodec) {
      ByteDistances.warmSoon();
    }
  }

  IvfModel model() {
    return model;
  }

  MemorySegment centres() {
    return centres;
  }

  boolean hasErrors() {
    return hasErrors;
  }

  int partitionRows(int partition) {
    return lengths[partition];
  }

  long partitionStart(int partition) {
    return offsets[partition];
  }

  @Override
  public Metric metric() {
    return model.metric();
  }

  @Override
  public int dim() {
    return model.type().dim();
  }

  @Override
  public int partitionCount() {
    return lengths.length;
  }

  @Override
  public long rowCount() {
    return codes.rowCount();
  }

  @Override
  public String type() {
    return model.typeName();
  }

  @Override
  public int walkWidth(int ef, int k) {
    if (!model.graph()) {
      return 0;
    }
    // Codes of product quantisation are too coarse for a narrow walk.
    int usual = model.codec().coding() == Coding.PQ ? 400 : usualWidth;
    return ef > 0 ? Math.max(ef, k) : Math.max(usual, 2 * k);
  }

  @Override
  public Searched search(Search search) {
    return searching.search(search);
  }

  @Override
  public long heldBytes() {
    return chunks.heldBytes();
  }

  @Override
  public void prewarm() {
    for (int p = 0; p < lengths.length; p++) {
      Chunk chunk = chunks.chunk(p);
      if (chunk == null) {
        break;
      }
      derive(p, chunk);
    }
    CodeScan.warm();
    ByteDistances.warm();
  }

  @Override
  public Map<String, Object> statistics() {
    Map<String, Object> figures = new LinkedHashMap<>();
    String metric = model.metric().name().toLowerCase(Locale.ROOT);
    figures.put("index_type", type());
    figures.put("metric_type", metric);
    figures.put("distance_type", metric);
    figures.put("num_partitions", lengths.length);
    figures.put("num_rows", rowCount());
    model.loss().ifPresent(loss -> figures.put("loss", loss));
    figures.put("held_bytes", heldBytes());
    figures.put("loaded_partitions", chunks.partitions());
    figures.put("partition_loads", chunks.partitionLoads());
    Map<String, Object> sub = new LinkedHashMap<>();
    sub.put("index_type", model.graph() ? "HNSW" : model.codec().coding().name());
    sub.put("dimension", dim());
    switch (model.codec()) {
      case PqCodec pq -> {
        sub.put("nbits", pq.bits());
        sub.put("num_sub_vectors", pq.subVectors());
      }
      case SqCodec sq -> {
        sub.put("num_bits", 8);
        sub.put("bounds", Map.of("start", sq.start(), "end", sq.end()));
      }
      case RqCodec rq -> sub.put("num_bits", rq.bits());
      case FlatCodec _ -> {}
    }
    if (model.graph()) {
      sub.put("m", model.m());
      sub.put("ef_construction", model.efConstruction());
    }
    figures.put("sub_index", sub);
    List<Object> partitions = new ArrayList<>();
    for (int length : lengths) {
      partitions.add(Map.of("size", length));
    }
    figures.put("partitions", partitions);
    return figures;
  }

  /// Rows as bytes, if they are of use.
  @Nullable RowBytes rowBytes() {
    return rowBytes;
  }

  /// The blocks of a partition's graph; null as long as, or if, there are none. They are laid out
  /// in the background, as that takes longer than a search without them.
  @Nullable GraphBlocks graphBlocks(int partition, Chunk chunk) {
    GraphBlocks known = graphBlocks.getAcquire(chunks.chunkOf(partition));
    if (known == null && asked.add(partition)) {
      Thread thread = new Thread(() -> derive(partition, chunk), "lancelot-graph-layout");
      thread.setDaemon(true);
      thread.start();
    }
    return known;
  }

  /// Tries a partition's graph out and lays it out, once; whoever comes meanwhile waits.
  @SuppressWarnings("NonAtomicVolatileUpdate") // Written under the lock alone.
  private void derive(int partition, Chunk chunk) {
    GraphLinks links = chunk.graph();
    int dim = model.type().dim();
    if (links == null || model.metric() == Metric.DOT || !GraphBlocks.fits(dim)) {
      return;
    }
    NeighbourScan.warm();
    ByteDistances.warm();
    deriving.lock();
    try (Scratch work = files.context().memory().scratch()) {
      if (closed || !chunks.keeps(chunk) || !derived.add(partition)) {
        return;
      }
      GraphCodes.Coded coded =
          GraphCodes.of(model, partition, chunk.data(), lengths[partition], work);
      GraphTrial trial = new GraphTrial(links, coded.bytes(), lengths[partition], dim);
      usualWidth = Math.max(usualWidth, trial.usualWidth());
      lay(partition, links, coded, trial, work);
    } catch (ResourceExhaustedException _) {
      // Searches go on without.
    } finally {
      deriving.unlock();
    }
  }

  /// How many times as wide walks over the blocks must be as others.
  double blockWidening() {
    return blockWidening;
  }

  /// Lays a graph out in blocks, if there is room for them and they serve.
  @SuppressWarnings("NonAtomicVolatileUpdate") // Written under the lock alone.
  private void lay(
      int partition, GraphLinks links, GraphCodes.Coded coded, GraphTrial trial, Scratch work) {
    int rows = lengths[partition];
    Context context = files.context();
    long bytes = GraphBlocks.bytes(rows, dim());
    if (blockBytes + bytes > context.memory().limitBytes() / 4 || !chunks.reserve(bytes)) {
      return;
    }
    blockBytes += bytes;
    GraphBlocks blocks = null;
    try {
      blocks =
          GraphBlocks.of(context, links, coded.codec(), coded.bytes(), rows, work, () -> closed);
      double widening = blocks == null ? 0 : trial.wider(blocks);
      if (blocks != null && widening == 0) {
        blocks.close();
        blocks = null;
      }
      blockWidening = Math.max(blockWidening, widening);
    } finally {
      hold((blocks == null ? 0 : blocks.heldBytes()) - bytes);
    }
    graphBlocks.setRelease(chunks.chunkOf(partition), blocks);
  }

  /// Counts memory of blocks beyond what was reserved for them.
  private void hold(long bytes) {
    blockBytes += bytes;
    chunks.hold(bytes);
  }

  private long giveBackBlocks(int partition) {
    GraphBlocks blocks = graphBlocks.getAndSet(partition, null);
    if (blocks == null) {
      return 0;
    }
    long bytes = blocks.heldBytes();
    blocks.close();
    hold(-bytes);
    return bytes;
  }

  /// For a search that goes without partitions.
  UnloadedRows unloadedRows() {
    return new UnloadedRows(chunks.reader(), files.context().memory().scratch());
  }

  /// Whether a search does not wait for a partition to be loaded, as that is large. It is loaded by
  /// [#loadWanted] then.
  boolean goesWithout(int partition) {
    int most = model.graph() ? SEARCHES_BEFORE_GRAPH : 1;
    if (searchesBefore.get() >= most
        || chunks.isLoaded(partition)
        || chunks.rowsBeside(partition) <= FEW_ROWS
        || 4L * lengths[partition] * model.width() > MOST_BYTES) {
      return false;
    }
    wanted.add(partition);
    return true;
  }

  /// Loads in the background what searches went without. To be called after such a search, which
  /// would have to share the processors with it.
  void loadWanted() {
    searchesBefore.incrementAndGet();
    if (!wanted.isEmpty() && loadingWanted.compareAndSet(false, true)) {
      Thread thread = new Thread(this::loadInTurn, "lancelot-index-loading");
      thread.setDaemon(true);
      thread.start();
    }
  }

  private void loadInTurn() {
    try {
      for (Integer partition : List.copyOf(wanted)) {
        Chunk chunk = chunks.chunk(partition);
        wanted.remove(partition);
        if (chunk != null && chunk.graph() != null) {
          graphBlocks(partition, chunk);
        }
      }
    } catch (RuntimeException _) {
      // The next search tries for itself, and can say why that does not work.
      searchesBefore.set(SEARCHES_BEFORE_GRAPH);
    } finally {
      loadingWanted.set(false);
    }
  }

  /// Whether a partition is in memory.
  boolean isLoaded(int partition) {
    return chunks.isLoaded(partition);
  }

  /// The chunk that a partition lies in; null if there is no room for it in memory.
  @Nullable Chunk chunk(int partition) {
    return chunks.chunk(partition);
  }

  /// Reads a partition for one search, which closes its memory.
  Chunk read(int partition) {
    return chunks.read(partition);
  }

  @Override
  public long giveBack(long bytes) {
    if (!deriving.tryLock()) {
      return 0;
    }
    try {
      long free = rowBytes == null ? 0 : rowBytes.giveBack();
      for (int number = chunks.count() - 1; number >= 0 && free < bytes; number--) {
        if (model.graph()) {
          // A chunk is a partition then.
          free += giveBackBlocks(number);
          derived.remove(number);
          asked.remove(number);
        }
        if (free < bytes) {
          free += chunks.drop(number);
        }
      }
      return free;
    } finally {
      deriving.unlock();
    }
  }

  /// Copies the records of a partition's rows that are still there, with their numbers of now.
  ///
  /// @return how many there are
  int copyRecords(int partition, RowMapping moved, long[] ids, int at, MemorySegment out) {
    int rows = lengths[partition];
    if (rows == 0) {
      return 0;
    }
    long first = offsets[partition];
    int recordBytes = model.codec().recordBytes();
    try (Scratch scratch = files.context().memory().scratch()) {
      FixedColumn stored =
          (FixedColumn)
              ChunkReader.column(codes, IvfWriter.ROW_ID.name()).read(first, rows, scratch);
      List<Column> columns = new ArrayList<>();
      for (Field field : model.codec().fields()) {
        columns.add(ChunkReader.column(codes, field.name()).read(first, rows, scratch));
      }
      MemorySegment records = scratch.allocateBytes((long) rows * recordBytes);
      Records.of(model.codec(), columns, rows, records, packedSigns);
      int kept = 0;
      for (int r = 0; r < rows; r++) {
        long id = moved.map(stored.longAt(r));
        if (id != RowMapping.GONE) {
          ids[at + kept] = id;
          MemorySegment.copy(
              records, (long) r * recordBytes, out, (long) kept * recordBytes, recordBytes);
          kept++;
        }
      }
      return kept;
    }
  }

  /// The ids of a partition's rows that are still there, as they are now.
  LongStream liveIds(int partition, RowMapping moved) {
    int rows = lengths[partition];
    if (rows == 0) {
      return LongStream.empty();
    }
    try (Scratch scratch = files.context().memory().scratch()) {
      FixedColumn stored =
          (FixedColumn)
              ChunkReader.column(codes, IvfWriter.ROW_ID.name())
                  .read(offsets[partition], rows, scratch);
      long[] ids = new long[rows];
      for (int r = 0; r < rows; r++) {
        ids[r] = moved.map(stored.longAt(r));
      }
      return Arrays.stream(ids).filter(id -> id != RowMapping.GONE);
    }
  }

  /// Whether another segment has the same centres and coding, so that their records mix.
  boolean sameModel(IvfIndex other) {
    return model.typeName().equals(other.model.typeName())
        && java.util.Arrays.equals(model.centres(), other.model.centres())
        && model.codec().metadata(0).equals(other.model.codec().metadata(0))
        && (!(model.codec() instanceof PqCodec a)
            || !(other.model.codec() instanceof PqCodec b)
            || java.util.Arrays.equals(a.codebook(), b.codebook()));
  }

  /// Whether records can be copied out, which those of older layouts cannot.
  boolean copyable() {
    for (Field field : model.codec().fields()) {
      if (codes.schema().field(field.name()).isEmpty()) {
        return false;
      }
    }
    return !(model.codec() instanceof RqCodec) || packedSigns;
  }

  @Override
  public void close() {
    closed = true;
    deriving.lock();
    try {
      for (int i = 0; i < graphBlocks.length(); i++) {
        giveBackBlocks(i);
      }
    } finally {
      deriving.unlock();
    }
    if (rowBytes != null) {
      rowBytes.close();
    }
    chunks.close();
    memory.close();
    codes.close();
    if (graphFile != null) {
      graphFile.close();
    }
  }

  static UnsupportedFeatureException unsupported(String what, String path) {
    return new UnsupportedFeatureException(
        "vector index: " + what + " cannot be read (path=" + path + ")");
  }
}
