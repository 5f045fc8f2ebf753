package io.lancelot.index.text;

import io.lancelot.base.Parallel;
import io.lancelot.base.Scratch;
import io.lancelot.columnar.Batch;
import io.lancelot.columnar.Column;
import io.lancelot.columnar.DataType;
import io.lancelot.columnar.Field;
import io.lancelot.columnar.Schema;
import io.lancelot.columnar.Types;
import io.lancelot.file.DataFileWriter;
import io.lancelot.index.IndexFiles;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/// Writes the files of a segment, partition by partition. Format: lance-format section 4.12.1.
final class SegmentWriter {

  static final String METADATA = "metadata.lance";
  static final String TOKEN = "_token";
  static final String TOKEN_ID = "_token_id";
  static final String ROW_ID = "_rowid";
  static final String NUM_TOKENS = "_num_tokens";
  static final String POSTING = "_posting";
  static final String MAX_SCORE = "_max_score";
  static final String LENGTH = "_length";
  static final String IMPACTS = "_impacts";
  static final String POSITIONS = "_compressed_position";
  static final String POSITION_OFFSETS = "_position_block_offset";

  /// Most values are a few bytes, so what stands before each weighs as much as they do, and
  /// compresses well together with them.
  private static final Map<String, String> PACKED =
      Map.of(
          "lance-encoding:compression",
          "zstd",
          "lance-encoding:structural-encoding",
          "miniblock",
          "lance-encoding:dict-size-ratio",
          "0");

  private static final DataType BLOBS =
      new DataType.ListOf(new Field("item", Types.LARGE_BINARY, true, PACKED), false);
  private static final DataType NUMBERS = Types.listOf(Types.UINT32);
  private static final Schema TOKENS =
      Schema.of(
          new Field(TOKEN, Types.UTF8, false, PACKED), Field.required(TOKEN_ID, Types.UINT32));
  private static final Schema DOCS =
      Schema.of(Field.required(ROW_ID, Types.UINT64), Field.required(NUM_TOKENS, Types.UINT32));
  private static final int CHUNK_ROWS = 1 << 14;
  private static final int CHUNK_BYTES = 8 << 20;

  private final IndexFiles files;
  private final TextParams params;
  private int partitions;

  SegmentWriter(IndexFiles files, TextParams params) {
    this.files = files;
    this.params = params;
  }

  static String file(int partition, String what) {
    return "part_" + partition + "_" + what + ".lance";
  }

  /// Writes the documents collected as a partition.
  void write(PartitionBuilder builder) {
    int n = partitions++;
    List<Runnable> parts =
        List.of(
            () -> writePostings(builder, n),
            () -> writeTokens(builder, n),
            () -> writeDocs(builder, n));
    Parallel.run(
        files.context(),
        parts,
        part -> {
          part.run();
          return n;
        },
        _ -> {});
  }

  private void writeTokens(PartitionBuilder builder, int n) {
    int count = builder.termCount();
    byte[][] terms = new byte[count][];
    Integer[] order = new Integer[count];
    for (int i = 0; i < count; i++) {
      terms[i] = builder.term(i).getBytes(StandardCharsets.UTF_8);
      order[i] = i;
    }
    Arrays.sort(order, (a, b) -> Arrays.compareUnsigned(terms[a], terms[b]));
    try (DataFileWriter out = files.create(file(n, "tokens"), TOKENS)) {
      for (int from = 0; from < count; from += CHUNK_ROWS) {
        int size = Math.min(CHUNK_ROWS, count - from);
        try (Scratch scratch = files.context().memory().scratch()) {
          List<byte[]> texts = new ArrayList<>(size);
          int[] ids = new int[size];
          for (int i = 0; i < size; i++) {
            ids[i] = order[from + i];
            texts.add(terms[ids[i]]);
          }
          out.write(
              new Batch(
                  TOKENS,
                  size,
                  List.of(
                      Rows.bytes(Types.UTF8, texts, scratch), Rows.ints(ids, 0, size, scratch))));
        }
      }
      out.finish();
    }
  }

  private void writeDocs(PartitionBuilder builder, int n) {
    int count = builder.docCount();
    try (DataFileWriter out = files.create(file(n, "docs"), DOCS)) {
      for (int from = 0; from < count; from += 1 << 16) {
        int size = Math.min(1 << 16, count - from);
        try (Scratch scratch = files.context().memory().scratch()) {
          out.write(
              new Batch(
                  DOCS,
                  size,
                  List.of(
                      Rows.longs(builder.rowIds(), from, size, scratch),
                      Rows.ints(builder.lengths(), from, size, scratch))));
        }
      }
      out.putMetadata("total_tokens", Long.toString(builder.totalTokens()));
      out.finish();
    }
  }

  private static Schema postings(boolean positions) {
    List<Field> fields =
        new ArrayList<>(
            List.of(
                Field.required(POSTING, BLOBS),
                Field.required(MAX_SCORE, Types.FLOAT32),
                Field.required(LENGTH, Types.UINT32),
                Field.required(IMPACTS, BLOBS)));
    if (positions) {
      fields.add(new Field(POSITIONS, Types.LARGE_BINARY, false, PACKED));
      fields.add(Field.required(POSITION_OFFSETS, NUMBERS));
    }
    return Schema.of(fields);
  }

  private void writePostings(PartitionBuilder builder, int n) {
    Schema schema = postings(builder.positions());
    PostingEncoder encoder =
        new PostingEncoder(
            PostingFormat.of(params), builder.lengths(), builder.docCount(), builder.totalTokens());
    PartitionBuilder.Buffers buffers = new PartitionBuilder.Buffers();
    try (DataFileWriter out = files.create(file(n, "invert"), schema)) {
      List<PostingEncoder.Encoded> chunk = new ArrayList<>();
      long bytes = 0;
      for (int id = 0; id < builder.termCount(); id++) {
        PostingEncoder.Encoded list = builder.encode(id, encoder, buffers);
        chunk.add(list);
        bytes += list.posting().heldBytes();
        if (chunk.size() == CHUNK_ROWS || bytes > CHUNK_BYTES) {
          write(out, schema, chunk);
          chunk.clear();
          bytes = 0;
        }
      }
      write(out, schema, chunk);
      formatMetadata(out);
      out.finish();
    }
  }

  private void write(DataFileWriter out, Schema schema, List<PostingEncoder.Encoded> lists) {
    int count = lists.size();
    if (count == 0) {
      return;
    }
    float[] max = new float[count];
    int[] lengths = new int[count];
    int[] blockCounts = new int[count];
    int[] impactCounts = new int[count];
    List<byte[]> blocks = new ArrayList<>();
    List<byte[]> impacts = new ArrayList<>();
    List<byte[]> positions = new ArrayList<>();
    GrowingInts offsets = new GrowingInts();
    for (int i = 0; i < count; i++) {
      PostingEncoder.Encoded list = lists.get(i);
      Posting posting = list.posting();
      max[i] = list.maxScore();
      lengths[i] = posting.docCount();
      blockCounts[i] = posting.blockCount();
      for (int b = 0; b < posting.blockCount(); b++) {
        blocks.add(
            Arrays.copyOfRange(posting.data(), posting.starts()[b], posting.starts()[b + 1]));
      }
      impactCounts[i] = list.impacts().size();
      impacts.addAll(list.impacts());
      byte[] where = posting.positions();
      int[] starts = posting.positionStarts();
      if (where != null && starts != null) {
        positions.add(where);
        offsets.add(starts, posting.blockCount());
      }
    }
    try (Scratch scratch = files.context().memory().scratch()) {
      List<Column> columns = new ArrayList<>();
      Column blobs = Rows.bytes(Types.LARGE_BINARY, blocks, scratch);
      columns.add(Rows.lists(BLOBS, blockCounts, count, blobs, scratch));
      columns.add(Rows.floats(max, count, scratch));
      columns.add(Rows.ints(lengths, 0, count, scratch));
      Column bounds = Rows.bytes(Types.LARGE_BINARY, impacts, scratch);
      columns.add(Rows.lists(BLOBS, impactCounts, count, bounds, scratch));
      if (schema.indexOf(POSITIONS) >= 0) {
        columns.add(Rows.bytes(Types.LARGE_BINARY, positions, scratch));
        columns.add(
            Rows.lists(
                NUMBERS,
                blockCounts,
                count,
                Rows.ints(offsets.values, 0, offsets.length, scratch),
                scratch));
      }
      out.write(new Batch(schema, count, columns));
    }
  }

  private static final class GrowingInts {
    private int[] values = new int[64];
    private int length;

    void add(int[] more, int count) {
      if (values.length < length + count) {
        values = Arrays.copyOf(values, 2 * (length + count));
      }
      System.arraycopy(more, 0, values, length, count);
      length += count;
    }
  }

  private void formatMetadata(DataFileWriter out) {
    out.putMetadata("format_version", Integer.toString(params.formatVersion()));
    out.putMetadata("posting_tail_codec", "varint_delta_v1");
    out.putMetadata("posting_block_size", Integer.toString(params.blockSize()));
    if (params.withPosition()) {
      out.putMetadata("positions_layout", "shared_stream_v2");
      out.putMetadata("positions_codec", "packed_delta_v1");
    }
  }

  /// Writes what holds for all partitions.
  void finish() {
    Schema schema = Schema.of(Field.required("deleted_fragments", Types.BINARY));
    byte[] none = {0x3a, 0x30, 0, 0, 0, 0, 0, 0};
    try (DataFileWriter out = files.create(METADATA, schema);
        Scratch scratch = files.context().memory().scratch()) {
      out.write(new Batch(schema, 1, List.of(Rows.bytes(Types.BINARY, List.of(none), scratch))));
      out.putMetadata(
          "partitions",
          IntStream.range(0, partitions)
              .mapToObj(Integer::toString)
              .collect(Collectors.joining(",", "[", "]")));
      out.putMetadata("params", params.toJson());
      out.putMetadata("token_set_format", "arrow");
      formatMetadata(out);
      out.finish();
    }
  }
}
