package io.lancelot.index.vector;

import io.lancelot.base.Context;
import io.lancelot.base.Scratch;
import io.lancelot.columnar.FixedColumn;
import io.lancelot.columnar.FixedListColumn;
import io.lancelot.columnar.ListColumn;
import io.lancelot.file.ColumnReader;
import io.lancelot.file.DataFileReader;
import io.lancelot.file.LanceField;
import io.lancelot.file.LanceSchema;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HashMap;
import java.util.Map;

/// Reads partitions from a segment's files and lays them out for searching. One thread.
final class ChunkReader {

  private final IvfIndex index;
  private final IvfIndex.Parts parts;
  private final Context context;
  private final Map<String, ColumnReader> columns = new HashMap<>();

  ChunkReader(IvfIndex index, IvfIndex.Parts parts, Context context) {
    this.index = index;
    this.parts = parts;
    this.context = context;
  }

  /// Reads some neighbouring partitions, without graphs.
  ///
  /// @param scratch where they live; theirs from now on
  Chunk chunk(int first, int end, Scratch scratch) {
    try {
      return read(first, end, rows(first, end), scratch);
    } catch (RuntimeException | Error e) {
      scratch.close();
      throw e;
    }
  }

  /// Reads the graph of the only partition of a chunk, which is closed if that fails.
  Chunk withGraph(Chunk chunk) {
    if (parts.lengths()[chunk.first()] == 0) {
      return chunk;
    }
    try {
      return chunk.with(graph(chunk.first(), chunk.memory()));
    } catch (RuntimeException | Error e) {
      chunk.memory().close();
      throw e;
    }
  }

  /// The numbers of a partition's rows, and nothing else of it.
  FixedColumn rowIds(int partition, Scratch scratch) {
    return rowIds(parts.offsets()[partition], parts.lengths()[partition], scratch);
  }

  private FixedColumn rowIds(long firstRow, int rows, Scratch scratch) {
    return (FixedColumn) column(IvfWriter.ROW_ID.name()).read(firstRow, rows, scratch);
  }

  private int rows(int first, int end) {
    return Math.toIntExact(
        parts.offsets()[end - 1] + parts.lengths()[end - 1] - parts.offsets()[first]);
  }

  private Chunk read(int first, int end, int rows, Scratch scratch) {
    long firstRow = parts.offsets()[first];
    try (Scratch work = context.memory().scratch()) {
      // Decoding takes several times the memory of what comes out.
      MemorySegment ids = scratch.allocateBytes(8L * rows);
      ids.copyFrom(rowIds(firstRow, rows, work).data().asSlice(0, 8L * rows));
      MemorySegment data = MemorySegment.NULL;
      Chunk.Blocks blocks = null;
      switch (parts.model().codec()) {
        case FlatCodec _ -> data = records(FlatCodec.COLUMN, firstRow, rows, work, scratch);
        case SqCodec _ -> data = records(SqCodec.COLUMN, firstRow, rows, work, scratch);
        case PqCodec pq -> {
          MemorySegment packed = values(PqCodec.COLUMN, firstRow, rows, work);
          if (parts.model().graph()) {
            data = scratch.allocateBytes((long) rows * pq.recordBytes());
            for (int p = first; p < end; p++) {
              long at = (parts.offsets()[p] - firstRow) * pq.recordBytes();
              transpose(packed, at, pq.recordBytes(), parts.lengths()[p], data, at);
            }
          } else {
            blocks = BlockLoader.ofPq(index, pq, first, end, packed, scratch);
          }
        }
        case RqCodec rq ->
            blocks =
                BlockLoader.ofRq(
                    index,
                    first,
                    end,
                    values(RqCodec.CODES, firstRow, rows, work),
                    parts.packedSigns(),
                    floats(RqCodec.ADD, firstRow, rows, work),
                    floats(RqCodec.SCALE, firstRow, rows, work),
                    parts.hasErrors() ? floats(RqCodec.ERROR, firstRow, rows, work) : null,
                    rq.dim() / 8,
                    scratch);
      }
      return new Chunk(scratch, first, firstRow, ids, data, blocks, null);
    }
  }

  private GraphLinks graph(int partition, Scratch scratch) {
    DataFileReader file = parts.graphFile();
    if (file == null) {
      throw new IllegalStateException("no graph file");
    }
    long from = parts.graphTable().offsets()[partition];
    int rows = parts.graphTable().lengths()[partition];
    FixedColumn ids = (FixedColumn) column(file, "__vector_id").read(from, rows, scratch);
    ListColumn neighbours = (ListColumn) column(file, "__neighbors").read(from, rows, scratch);
    String text = parts.graphTexts().get(partition);
    return new GraphLinks(ids, neighbours, parts.lengths()[partition], text, file.path());
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
    return ((FixedColumn) column(name).read(from, rows, scratch)).data();
  }

  /// Records of whole rows. Those of a graph are many: they are copied out of what they are decoded
  /// into, which has several times their size; others may be views of the file.
  private MemorySegment records(String name, long from, int rows, Scratch work, Scratch scratch) {
    if (!parts.model().graph()) {
      return values(name, from, rows, scratch);
    }
    long bytes = (long) rows * parts.model().codec().recordBytes();
    return scratch.allocateBytes(bytes).copyFrom(values(name, from, rows, work).asSlice(0, bytes));
  }

  private MemorySegment values(String name, long from, int rows, Scratch scratch) {
    FixedListColumn lists = (FixedListColumn) column(name).read(from, rows, scratch);
    return ((FixedColumn) lists.items()).data();
  }

  private ColumnReader column(String name) {
    ColumnReader known = columns.get(name);
    if (known == null) {
      known = column(parts.codes(), name);
      columns.put(name, known);
    }
    return known;
  }

  /// A reader of a column that an index must have.
  static ColumnReader column(DataFileReader file, String name) {
    LanceSchema schema = file.schema();
    LanceField field =
        schema
            .field(name)
            .orElseThrow(
                () -> Wire.corrupt("index column", name, schema.arrow().names(), file.path()));
    return file.column(field, file.columnsOf(field));
  }
}
