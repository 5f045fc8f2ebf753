package io.lancelot.index.vector;

import io.lancelot.base.Scratch;
import io.lancelot.columnar.Batch;
import io.lancelot.columnar.Column;
import io.lancelot.columnar.Field;
import io.lancelot.columnar.FixedColumn;
import io.lancelot.columnar.Schema;
import io.lancelot.columnar.Types;
import io.lancelot.file.DataFileWriter;
import io.lancelot.index.BuildProgress;
import io.lancelot.index.IndexFiles;
import io.lancelot.kernels.ByteDistances;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/// Writes the two files of a segment, partition by partition. Format: lance-format section 4.4.
final class IvfWriter implements AutoCloseable {

  static final String INDEX_FILE = "index.idx";
  static final String AUXILIARY_FILE = "auxiliary.idx";

  /// What a model was trained for. Lance's files may say more than the real Lance looks at.
  static final String TRAINED = "lancelot:trained";

  static final Field ROW_ID = Field.nullable("_rowid", Types.UINT64);
  private static final Field MARKER = Field.required("__flat_marker", Types.UINT64);
  private static final Schema GRAPH =
      Schema.of(
          Field.nullable("__vector_id", Types.UINT32),
          Field.nullable("__neighbors", Types.listOf(Types.UINT32)),
          Field.nullable("_distance", Types.listOf(Types.FLOAT32)));

  /// Rows of a large partition that are written together.
  static final int STEP_ROWS = 1 << 15;

  private final IvfModel model;
  private final IndexFiles files;
  private final BuildProgress progress;
  private final DataFileWriter codes;
  private final DataFileWriter index;
  private final Schema schema;
  private final List<String> partitions = new ArrayList<>();
  private final long[] offsets;
  private final int[] lengths;
  private final long rows;
  private final long[] graphOffsets;
  private final int[] graphLengths;

  /// @param rows about how many will be written
  IvfWriter(IvfModel model, long rows, IndexFiles files, BuildProgress progress) {
    this.model = model;
    this.rows = rows;
    this.files = files;
    this.progress = progress;
    List<Field> fields = new ArrayList<>(List.of(ROW_ID));
    fields.addAll(model.codec().fields());
    this.schema = Schema.of(fields);
    this.codes = files.create(AUXILIARY_FILE, schema);
    try {
      this.index = files.create(INDEX_FILE, model.graph() ? GRAPH : Schema.of(MARKER));
    } catch (RuntimeException | Error e) {
      codes.close();
      throw e;
    }
    this.offsets = new long[model.partitions()];
    this.lengths = new int[model.partitions()];
    this.graphOffsets = new long[model.partitions()];
    this.graphLengths = new int[model.partitions()];
  }

  /// Writes the next partition.
  void write(long[] ids, MemorySegment records) {
    int p = partitions.size();
    offsets[p] = codes.rowCount();
    lengths[p] = ids.length;
    try (Scratch scratch = files.context().memory().scratch()) {
      MemorySegment nodes = MemorySegment.NULL;
      if (model.graph()) {
        nodes = GraphCodes.of(model, p, records, ids.length, scratch).bytes();
        // Product quantisation makes near rows equal: one after the other they lose sight of
        // others.
        if (ids.length >= NearOrder.MIN_ROWS && !(model.codec() instanceof PqCodec)) {
          int dim = model.type().dim();
          int[] order = NearOrder.of(files.context(), nodes, ids.length, dim, partition(p));
          ids = ordered(ids, order);
          records = ordered(records, model.codec().recordBytes(), order, scratch);
          nodes = model.codec() instanceof SqCodec ? records : ordered(nodes, dim, order, scratch);
        }
      }
      writeRecords(ids, records);
      partitions.add(model.graph() ? graph(nodes, ids.length) : "");
    }
  }

  private void writeRecords(long[] ids, MemorySegment records) {
    long bytes = model.codec().recordBytes();
    // Where a partition's columns do not depend on each other's rows, a part of them at a time:
    // the columns are copies.
    boolean apart = model.codec() instanceof FlatCodec || model.codec() instanceof SqCodec;
    int step = apart ? STEP_ROWS : Math.max(1, ids.length);
    for (int first = 0; first < ids.length; first += step) {
      int count = Math.min(step, ids.length - first);
      try (Scratch scratch = files.context().memory().scratch()) {
        MemorySegment rowIds = scratch.allocateBytes(8L * count);
        MemorySegment.copy(ids, first, rowIds, FixedColumn.LONG, 0, count);
        List<Column> columns = new ArrayList<>();
        columns.add(new FixedColumn(Types.UINT64, count, rowIds, null));
        MemorySegment some = records.asSlice(first * bytes, count * bytes);
        columns.addAll(model.codec().columns(some, count, scratch));
        codes.write(new Batch(schema, count, columns));
      }
    }
  }

  private static long[] ordered(long[] ids, int[] order) {
    return Arrays.stream(order).mapToLong(row -> ids[row]).toArray();
  }

  /// Fixed-size records in another order.
  private static MemorySegment ordered(
      MemorySegment records, int bytes, int[] order, Scratch scratch) {
    MemorySegment out = scratch.allocateBytes((long) order.length * bytes);
    for (int i = 0; i < order.length; i++) {
      MemorySegment.copy(records, (long) order[i] * bytes, out, (long) i * bytes, bytes);
    }
    return out;
  }

  /// Tells of a partition's rows as a part of all.
  private BuildProgress partition(int partition) {
    long before = offsets[partition];
    return (stage, done, _) -> progress.report(stage, before + done, rows);
  }

  /// @param nodes bytes of the partition's rows
  private String graph(MemorySegment nodes, int rows) {
    int p = partitions.size();
    graphOffsets[p] = index.rowCount();
    if (rows == 0) {
      return "";
    }
    Graph graph =
        new GraphBuilder(
                files.context(), nodes, rows, model.type().dim(), model.m(), model.efConstruction())
            .build(partition(p));
    for (int level = 0; level < graph.levels().length; level++) {
      writeLevel(graph, level, nodes);
    }
    graphLengths[p] = graph.rows();
    return graph.metadata(model.m(), model.efConstruction());
  }

  /// @param codes bytes of all nodes
  private void writeLevel(Graph graph, int level, MemorySegment codes) {
    int step = STEP_ROWS;
    int[] nodes = graph.levels()[level];
    byte[] node = new byte[model.type().dim()];
    for (int first = 0; first < nodes.length; first += step) {
      int end = Math.min(nodes.length, first + step);
      try (Scratch scratch = files.context().memory().scratch()) {
        int count = end - first;
        MemorySegment ids = scratch.allocateBytes(4L * count);
        MemorySegment.copy(nodes, first, ids, FixedColumn.INT, 0, count);
        int[][] neighbours = new int[count][];
        float[][] distances = new float[count][];
        for (int i = 0; i < count; i++) {
          neighbours[i] = graph.neighbours()[level][first + i];
          distances[i] = new float[neighbours[i].length];
          long at = (long) nodes[first + i] * node.length;
          MemorySegment.copy(codes, ValueLayout.JAVA_BYTE, at, node, 0, node.length);
          ByteDistances.squares(node, codes, neighbours[i], neighbours[i].length, distances[i]);
        }
        index.write(
            new Batch(
                GRAPH,
                count,
                List.of(
                    new FixedColumn(Types.UINT32, count, ids, null),
                    IvfBuilder.lists(
                        GRAPH.fields().get(1).type(), neighbours, scratch, false, distances),
                    IvfBuilder.lists(
                        GRAPH.fields().get(2).type(), neighbours, scratch, true, distances))));
      }
    }
  }

  /// Writes what the files say of themselves, and makes them visible.
  void finish() {
    String distance = model.metric().name().toLowerCase(Locale.ROOT);
    Wire.Tensor centres =
        Wire.Tensor.ofFloats(
            model.type(), model.metric(), model.centres(), model.partitions(), model.type().dim());
    index.addGlobalBuffer(
        MemorySegment.ofArray(
            new Wire.Ivf(graphOffsets, graphLengths, centres, model.loss()).toBytes()));
    index.putMetadata("lance:ivf", "1");
    index.putMetadata(
        "lance:index",
        "{\"type\":\"" + model.typeName() + "\",\"distance_type\":\"" + distance + "\"}");
    model
        .trained()
        .ifPresent(trained ->
            index.putMetadata(
                TRAINED,
                "{\"rows\":"
                    + trained.rows()
                    + ",\"partitions\":"
                    + trained.partitions()
                    + ",\"loss\":"
                    + trained.loss()
                    + "}"));
    index.putMetadata(model.graph() ? "lance:hnsw" : "lance:flat", Wire.strings(partitions));
    codes.addGlobalBuffer(
        MemorySegment.ofArray(new Wire.Ivf(offsets, lengths, null, Optional.empty()).toBytes()));
    int buffer = 0;
    Optional<Wire.Tensor> book = model.codec().buffer();
    if (book.isPresent()) {
      buffer = codes.addGlobalBuffer(MemorySegment.ofArray(book.get().toBytes()));
    }
    codes.putMetadata("lance:ivf", "1");
    codes.putMetadata("distance_type", distance);
    codes.putMetadata("storage_metadata", Wire.strings(List.of(model.codec().metadata(buffer))));
    codes.finish();
    index.finish();
  }

  @Override
  public void close() {
    codes.close();
    index.close();
  }
}
