package io.lancelot.index.vector;

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
import org.jspecify.annotations.Nullable;

/// An open segment of a vector index. Partitions are loaded, some neighbouring ones together, when
/// a search first looks into them.
final class IvfIndex implements VectorIndex {

  /// Partitions loaded together have about so many bytes.
  private static final long CHUNK_BYTES = 1 << 20;

  /// A search waits until chunks of so many rows are loaded.
  private static final long FEW_ROWS = 4096;

  /// As many searches go on without what is being loaded; later ones wait for it. Graphs take long.
  private static final int SEARCHES_BEFORE_GRAPH = 3;

  /// A partition whose vectors take more is loaded, and not compared vector by vector.
  private static final long MOST_BYTES = 512L << 20;

  private final IndexFiles files;
  private final IvfModel model;
  private final DataFileReader codes;
  private final Parts parts;
  private final long[] offsets;
  private final int[] lengths;
  private final boolean packedSigns;
  private final boolean hasErrors;
  private final MemorySegment centres;
  private final Scratch memory;
  private final int[] chunkOf;
  private final int[] chunkStarts;
  private final AtomicReferenceArray<@Nullable Chunk> chunks;
  private final ReentrantLock loading = new ReentrantLock();
  private final IvfSearch searching;
  private volatile long held;

  /// Chunks that searches looked for, to be loaded in the background.
  private final Set<Integer> wanted = ConcurrentHashMap.newKeySet();

  private final AtomicBoolean loadingWanted = new AtomicBoolean();
  private final AtomicInteger searchesBefore = new AtomicInteger();

  /// Blocks of the partitions' graphs, as far as they are laid out, and the memory they live in.
  private final AtomicReferenceArray<@Nullable GraphBlocks> graphBlocks;

  private final ReentrantLock deriving = new ReentrantLock();
  private final Set<Integer> derived = ConcurrentHashMap.newKeySet();
  private final Scratch blockMemory;
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
    this.parts = parts;
    this.offsets = parts.offsets();
    this.lengths = parts.lengths();
    this.packedSigns = parts.packedSigns();
    this.hasErrors = parts.hasErrors();
    this.memory = files.context().memory().scratch();
    this.centres = memory.allocateBytes(4L * model.centres().length);
    MemorySegment.copy(model.centres(), 0, centres, FixedColumn.FLOAT, 0, model.centres().length);
    this.chunkOf = new int[lengths.length];
    List<Integer> starts = new ArrayList<>();
    long bytes = 0;
    for (int p = 0; p < lengths.length; p++) {
      if (p == 0 || bytes > CHUNK_BYTES || model.graph()) {
        starts.add(p);
        bytes = 0;
      }
      bytes += (long) lengths[p] * (model.codec().recordBytes() + 8);
      chunkOf[p] = starts.size() - 1;
    }
    starts.add(lengths.length);
    this.chunkStarts = starts.stream().mapToInt(Integer::intValue).toArray();
    this.chunks = new AtomicReferenceArray<>(chunkStarts.length - 1);
    this.graphBlocks = new AtomicReferenceArray<>(model.graph() ? chunkStarts.length - 1 : 0);
    this.blockMemory = files.context().memory().scratch();
    this.searching = new IvfSearch(this);
    this.held = memory.heldBytes();
    if (!model.graph() && (model.codec() instanceof PqCodec || model.codec() instanceof RqCodec)) {
      CodeScan.warmSoon();
    }
    if (model.graph()) {
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
    int usual = model.codec().coding() == Coding.PQ ? 400 : 64;
    return ef > 0 ? Math.max(ef, k) : Math.max(usual, 2 * k);
  }

  @Override
  public Searched search(Search search) {
    return searching.search(search);
  }

  @Override
  public long heldBytes() {
    return held;
  }

  @Override
  public void prewarm() {
    for (int p = 0; p < lengths.length; p++) {
      Chunk chunk = chunk(p);
      if (derived.add(p)) {
        derive(p, chunk);
      }
    }
    // Under this lock, so that what searches have begun to lay out is there afterwards.
    deriving.lock();
    try {
      CodeScan.warm();
      ByteDistances.warm();
    } finally {
      deriving.unlock();
    }
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

  /// The blocks of a partition's graph; null as long as, or if, there are none. They are laid out
  /// in the background, as that takes longer than a search without them.
  @Nullable GraphBlocks graphBlocks(int partition, Chunk chunk) {
    GraphBlocks known = graphBlocks.getAcquire(chunkOf[partition]);
    if (known == null && derived.add(partition)) {
      Thread thread = new Thread(() -> derive(partition, chunk), "lancelot-graph-layout");
      thread.setDaemon(true);
      thread.start();
    }
    return known;
  }

  @SuppressWarnings("NonAtomicVolatileUpdate") // Written under locks alone.
  private void derive(int partition, Chunk chunk) {
    GraphLinks links = chunk.graph();
    int rows = lengths[partition];
    int dim = model.type().dim();
    if (links == null || model.metric() == Metric.DOT || !GraphBlocks.fits(dim)) {
      return;
    }
    NeighbourScan.warm();
    ByteDistances.warm();
    deriving.lock();
    try (Scratch work = files.context().memory().scratch()) {
      long bytes = GraphBlocks.bytes(rows, dim);
      if (closed || blockMemory.heldBytes() + bytes > files.context().memory().limitBytes() / 4) {
        return;
      }
      GraphCodes.Coded coded = GraphCodes.of(model, partition, chunk.data(), rows, work);
      GraphBlocks blocks =
          GraphBlocks.of(
              files.context(),
              links,
              coded.codec(),
              coded.bytes(),
              rows,
              blockMemory,
              work,
              () -> closed);
      if (blocks != null) {
        loading.lock();
        try {
          held += bytes;
        } finally {
          loading.unlock();
        }
        graphBlocks.setRelease(chunkOf[partition], blocks);
      }
    } catch (ResourceExhaustedException _) {
      // Searches go on without.
    } finally {
      deriving.unlock();
    }
  }

  /// For a search that looks into partitions whose chunks are not loaded.
  UnloadedRows unloadedRows() {
    return new UnloadedRows(reader(), files.context().memory().scratch());
  }

  private ChunkReader reader() {
    return new ChunkReader(this, parts, files.context());
  }

  /// The chunk that a partition lies in, if a search need not wait for it; null if it is large and
  /// not loaded yet. Then it is loaded by [#loadWanted].
  @Nullable Chunk chunkAtOnce(int partition) {
    int number = chunkOf[partition];
    Chunk chunk = chunks.getAcquire(number);
    if (chunk != null) {
      return chunk;
    }
    int last = chunkStarts[number + 1] - 1;
    long rows = offsets[last] + lengths[last] - offsets[chunkStarts[number]];
    int most = model.graph() ? SEARCHES_BEFORE_GRAPH : 1;
    if (rows <= FEW_ROWS
        || searchesBefore.get() >= most
        || 4L * lengths[partition] * model.width() > MOST_BYTES) {
      return chunk(partition);
    }
    wanted.add(number);
    return null;
  }

  /// Loads in the background what searches looked for. To be called after a search that went
  /// without, which would have to share the processors with it.
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
      for (Integer number : List.copyOf(wanted)) {
        if (closed) {
          return;
        }
        int first = chunkStarts[number];
        Chunk chunk = chunk(first);
        wanted.remove(number);
        if (chunk.graph() != null) {
          graphBlocks(first, chunk);
        }
      }
    } catch (RuntimeException _) {
      // The next search tries for itself, and can say why that does not work.
      searchesBefore.set(SEARCHES_BEFORE_GRAPH);
    } finally {
      loadingWanted.set(false);
    }
  }

  /// The chunk that a partition lies in.
  @SuppressWarnings("NonAtomicVolatileUpdate") // Written under the lock alone.
  Chunk chunk(int partition) {
    int number = chunkOf[partition];
    Chunk chunk = chunks.getAcquire(number);
    if (chunk != null) {
      return chunk;
    }
    loading.lock();
    try {
      chunk = chunks.getAcquire(number);
      if (chunk == null) {
        if (closed) {
          throw new IllegalStateException("closed");
        }
        chunk =
            reader()
                .chunk(
                    chunkStarts[number],
                    chunkStarts[number + 1],
                    files.context().memory().scratch());
        held +=
            chunk.memory().heldBytes() + (chunk.graph() == null ? 0 : chunk.graph().heldBytes());
        chunks.setRelease(number, chunk);
      }
      return chunk;
    } finally {
      loading.unlock();
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
      blockMemory.close();
    } finally {
      deriving.unlock();
    }
    loading.lock();
    try {
      for (int i = 0; i < chunks.length(); i++) {
        Chunk chunk = chunks.getAndSet(i, null);
        if (chunk != null) {
          chunk.memory().close();
        }
      }
    } finally {
      loading.unlock();
    }
    memory.close();
    codes.close();
    if (parts.graphFile() != null) {
      parts.graphFile().close();
    }
  }

  static UnsupportedFeatureException unsupported(String what, String path) {
    return new UnsupportedFeatureException(
        "vector index: " + what + " cannot be read (path=" + path + ")");
  }
}
