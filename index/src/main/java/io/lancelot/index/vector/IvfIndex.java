package io.lancelot.index.vector;

import io.lancelot.base.Context;
import io.lancelot.base.ResourceExhaustedException;
import io.lancelot.base.Scratch;
import io.lancelot.base.UnsupportedFeatureException;
import io.lancelot.columnar.Column;
import io.lancelot.columnar.Field;
import io.lancelot.columnar.FixedColumn;
import io.lancelot.columnar.FixedListColumn;
import io.lancelot.columnar.ListColumn;
import io.lancelot.file.DataFileReader;
import io.lancelot.file.LanceField;
import io.lancelot.file.LanceSchema;
import io.lancelot.index.IndexFiles;
import io.lancelot.index.RowMapping;
import io.lancelot.index.VectorIndex;
import io.lancelot.kernels.ByteDistances;
import io.lancelot.kernels.CodeScan;
import io.lancelot.kernels.Metric;
import io.lancelot.kernels.NeighbourScan;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/// An open segment of a vector index. Partitions are loaded, some neighbouring ones together, when
/// a search first looks into them.
final class IvfIndex implements VectorIndex {

  /// Partitions loaded together have about so many bytes.
  private static final long CHUNK_BYTES = 1 << 20;

  private final IndexFiles files;
  private final IvfModel model;
  private final DataFileReader codes;
  private final @Nullable DataFileReader graphFile;
  private final long[] offsets;
  private final int[] lengths;
  private final Wire.Ivf graphTable;
  private final List<String> graphTexts;
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

  /// Blocks of the partitions' graphs, as far as they are laid out, and the memory they live in.
  private final AtomicReferenceArray<@Nullable GraphBlocks> graphBlocks;

  /// How wide walks are that nothing is said about: what graphs that were tried out want.
  private volatile int usualWidth = GraphTrial.WIDTH;

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
    this.graphTable = parts.graphTable();
    this.graphTexts = parts.graphTexts();
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

  /// The first block of a partition within its chunk.
  int blockStart(int partition, Chunk.Blocks blocks) {
    return blocks.starts()[partition - chunkStarts[chunkOf[partition]]];
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
    return held;
  }

  @Override
  public void prewarm() {
    for (int p = 0; p < lengths.length; p++) {
      derive(p, chunk(p));
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
    if (known == null && asked.add(partition)) {
      Thread thread = new Thread(() -> derive(partition, chunk), "lancelot-graph-layout");
      thread.setDaemon(true);
      thread.start();
    }
    return known;
  }

  /// Tries a partition's graph out and lays it out, once; whoever comes meanwhile waits.
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
      if (closed || !derived.add(partition)) {
        return;
      }
      GraphCodes.Coded coded = GraphCodes.of(model, partition, chunk.data(), rows, work);
      GraphTrial trial = new GraphTrial(links, coded.bytes(), rows, dim);
      usualWidth = Math.max(usualWidth, trial.usualWidth());
      lay(partition, links, coded, trial, work);
    } catch (ResourceExhaustedException _) {
      // Searches go on without.
    } finally {
      deriving.unlock();
    }
  }

  /// Lays a graph out in blocks, if there is room for them and they serve.
  @SuppressWarnings("NonAtomicVolatileUpdate") // Written under locks alone.
  private void lay(
      int partition, GraphLinks links, GraphCodes.Coded coded, GraphTrial trial, Scratch work) {
    int rows = lengths[partition];
    Context context = files.context();
    if (blockBytes + GraphBlocks.bytes(rows, dim()) > context.memory().limitBytes() / 4) {
      return;
    }
    GraphBlocks blocks =
        GraphBlocks.of(context, links, coded.codec(), coded.bytes(), rows, work, () -> closed);
    if (blocks == null) {
      return;
    }
    if (!trial.served(blocks)) {
      blocks.close();
      return;
    }
    blockBytes += blocks.heldBytes();
    loading.lock();
    try {
      held += blocks.heldBytes();
    } finally {
      loading.unlock();
    }
    graphBlocks.setRelease(chunkOf[partition], blocks);
  }

  /// Whether a partition is in memory.
  boolean isLoaded(int partition) {
    return chunks.getAcquire(chunkOf[partition]) != null;
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
        chunk = load(number);
        held +=
            chunk.memory().heldBytes() + (chunk.graph() == null ? 0 : chunk.graph().heldBytes());
        chunks.setRelease(number, chunk);
      }
      return chunk;
    } finally {
      loading.unlock();
    }
  }

  private Chunk load(int number) {
    int first = chunkStarts[number];
    int end = chunkStarts[number + 1];
    long firstRow = offsets[first];
    int rows = Math.toIntExact(offsets[end - 1] + lengths[end - 1] - firstRow);
    Scratch scratch = files.context().memory().scratch();
    try (Scratch work = files.context().memory().scratch()) {
      FixedColumn ids =
          (FixedColumn) column(codes, IvfWriter.ROW_ID.name(), firstRow, rows, scratch);
      MemorySegment data = MemorySegment.NULL;
      Chunk.Blocks blocks = null;
      switch (model.codec()) {
        case FlatCodec _ -> data = values(FlatCodec.COLUMN, firstRow, rows, scratch);
        case SqCodec _ -> data = values(SqCodec.COLUMN, firstRow, rows, scratch);
        case PqCodec pq -> {
          MemorySegment packed = values(PqCodec.COLUMN, firstRow, rows, work);
          if (model.graph()) {
            data = scratch.allocateBytes((long) rows * pq.recordBytes());
            for (int p = first; p < end; p++) {
              long at = (offsets[p] - firstRow) * pq.recordBytes();
              transpose(packed, at, pq.recordBytes(), lengths[p], data, at);
            }
          } else {
            blocks = BlockLoader.ofPq(this, pq, first, end, packed, scratch);
          }
        }
        case RqCodec rq -> {
          MemorySegment packed = values(RqCodec.CODES, firstRow, rows, work);
          blocks =
              BlockLoader.ofRq(
                  this,
                  first,
                  end,
                  packed,
                  packedSigns,
                  floats(RqCodec.ADD, firstRow, rows, work),
                  floats(RqCodec.SCALE, firstRow, rows, work),
                  hasErrors ? floats(RqCodec.ERROR, firstRow, rows, work) : null,
                  rq.dim() / 8,
                  scratch);
        }
      }
      GraphLinks graph = model.graph() && rows > 0 ? loadGraph(first, scratch) : null;
      return new Chunk(scratch, firstRow, ids.data(), data, blocks, graph);
    } catch (RuntimeException | Error e) {
      scratch.close();
      throw e;
    }
  }

  private GraphLinks loadGraph(int partition, Scratch scratch) {
    DataFileReader file = graphFile;
    if (file == null) {
      throw new IllegalStateException("no graph file");
    }
    long from = graphTable.offsets()[partition];
    int rows = graphTable.lengths()[partition];
    FixedColumn ids = (FixedColumn) column(file, "__vector_id", from, rows, scratch);
    ListColumn neighbours = (ListColumn) column(file, "__neighbors", from, rows, scratch);
    return new GraphLinks(
        ids, neighbours, lengths[partition], graphTexts.get(partition), file.path());
  }

  private static void transpose(
      MemorySegment from, long at, int bytes, int rows, MemorySegment out, long to) {
    for (int b = 0; b < bytes; b++) {
      for (int r = 0; r < rows; r++) {
        out.set(
            ValueLayout.JAVA_BYTE,
            to + (long) r * bytes + b,
            from.get(ValueLayout.JAVA_BYTE, at + (long) b * rows + r));
      }
    }
  }

  private MemorySegment floats(String name, long from, int rows, Scratch scratch) {
    return ((FixedColumn) column(codes, name, from, rows, scratch)).data();
  }

  private MemorySegment values(String name, long from, int rows, Scratch scratch) {
    FixedListColumn lists = (FixedListColumn) column(codes, name, from, rows, scratch);
    return ((FixedColumn) lists.items()).data();
  }

  private static Column column(
      DataFileReader file, String name, long from, int rows, Scratch scratch) {
    LanceSchema schema = file.schema();
    LanceField field =
        schema
            .field(name)
            .orElseThrow(
                () -> Wire.corrupt("index column", name, schema.arrow().names(), file.path()));
    return file.column(field, file.columnsOf(field)).read(from, rows, scratch);
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
          (FixedColumn) column(codes, IvfWriter.ROW_ID.name(), first, rows, scratch);
      List<Column> columns = new ArrayList<>();
      for (Field field : model.codec().fields()) {
        columns.add(column(codes, field.name(), first, rows, scratch));
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
          (FixedColumn) column(codes, IvfWriter.ROW_ID.name(), offsets[partition], rows, scratch);
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
        GraphBlocks blocks = graphBlocks.getAndSet(i, null);
        if (blocks != null) {
          blocks.close();
        }
      }
    } finally {
      deriving.unlock();
    }
    for (int i = 0; i < chunks.length(); i++) {
      Chunk chunk = chunks.getAndSet(i, null);
      if (chunk != null) {
        chunk.memory().close();
      }
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
