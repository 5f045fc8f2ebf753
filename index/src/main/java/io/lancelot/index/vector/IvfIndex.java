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
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/// An open segment of a vector index. Partitions are loaded, some neighbouring ones together, when
/// a search first looks into them.
final class IvfIndex implements VectorIndex {

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
  private final IvfSearch searching;

  /// Blocks of the partitions' graphs, as far as they are laid out.
  private final AtomicReferenceArray<@Nullable GraphBlocks> graphBlocks;

  /// The memory they live in.
  private final Map<Integer, Scratch> blockMemory = new HashMap<>();

  private final ReentrantLock deriving = new ReentrantLock();
  private final Set<Integer> derived = ConcurrentHashMap.newKeySet();
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
    this.searching = new IvfSearch(this);
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
    return chunks.heldBytes();
  }

  @Override
  public void prewarm() {
    for (int p = 0; p < lengths.length; p++) {
      Chunk chunk = chunks.chunk(p);
      if (chunk == null) {
        break;
      }
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

  /// The blocks of a partition's graph; null as long as, or if, there are none. They are laid out
  /// in the background, as that takes longer than a search without them.
  @Nullable GraphBlocks graphBlocks(int partition, Chunk chunk) {
    GraphBlocks known = graphBlocks.getAcquire(chunks.chunkOf(partition));
    if (known == null && derived.add(partition)) {
      Thread thread = new Thread(() -> derive(partition, chunk), "lancelot-graph-layout");
      thread.setDaemon(true);
      thread.start();
    }
    return known;
  }

  private void derive(int partition, Chunk chunk) {
    GraphLinks links = chunk.graph();
    int dim = model.type().dim();
    if (links == null || model.metric() == Metric.DOT || !GraphBlocks.fits(dim)) {
      return;
    }
    NeighbourScan.warm();
    ByteDistances.warm();
    deriving.lock();
    try {
      long bytes = GraphBlocks.bytes(lengths[partition], dim);
      if (!closed
          && chunks.keeps(chunk)
          && blockBytes + bytes <= files.context().memory().limitBytes() / 4
          && chunks.reserve(bytes)) {
        blockBytes += bytes;
        if (!laidOut(partition, chunk, links)) {
          hold(-bytes);
        }
      }
    } finally {
      deriving.unlock();
    }
  }

  /// Lays a graph out; false if that came to nothing.
  private boolean laidOut(int partition, Chunk chunk, GraphLinks links) {
    Context context = files.context();
    int rows = lengths[partition];
    Scratch own = context.memory().scratch();
    boolean done = false;
    try (Scratch work = context.memory().scratch()) {
      GraphCodes.Coded coded = GraphCodes.of(model, partition, chunk.data(), rows, work);
      GraphBlocks blocks =
          GraphBlocks.of(
              context, links, coded.codec(), coded.bytes(), rows, own, work, () -> closed);
      done = blocks != null;
      if (blocks != null) {
        blockMemory.put(partition, own);
        hold(own.heldBytes() - GraphBlocks.bytes(rows, model.type().dim()));
        graphBlocks.setRelease(chunks.chunkOf(partition), blocks);
      }
    } catch (ResourceExhaustedException _) {
      // Searches go on without.
    } finally {
      if (!done) {
        own.close();
      }
    }
    return done;
  }

  /// Counts memory of blocks beyond what was reserved for them.
  private void hold(long bytes) {
    blockBytes += bytes;
    chunks.hold(bytes);
  }

  private long giveBackBlocks(int partition) {
    Scratch own = blockMemory.remove(partition);
    if (own == null) {
      return 0;
    }
    graphBlocks.setRelease(chunks.chunkOf(partition), null);
    long bytes = own.heldBytes();
    own.close();
    hold(-bytes);
    return bytes;
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
      long free = 0;
      for (int number = chunks.count() - 1; number >= 0 && free < bytes; number--) {
        if (model.graph()) {
          // A chunk is a partition then.
          free += giveBackBlocks(number);
          derived.remove(number);
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
      blockMemory.values().forEach(Scratch::close);
    } finally {
      deriving.unlock();
    }
    for (int i = 0; i < chunks.count(); i++) {
      chunks.drop(i);
    }
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
