package io.lancelot.index.text;

import io.lancelot.base.CorruptDataException;
import io.lancelot.base.Scratch;
import io.lancelot.base.UnsupportedFeatureException;
import io.lancelot.columnar.Column;
import io.lancelot.columnar.FixedColumn;
import io.lancelot.columnar.ListColumn;
import io.lancelot.columnar.VarColumn;
import io.lancelot.file.ColumnReader;
import io.lancelot.file.DataFileReader;
import io.lancelot.file.LanceField;
import io.lancelot.index.IndexFiles;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/// Reads the files of a segment. Thread-safe. Format: lance-format section 4.12.1.
final class SegmentReader implements AutoCloseable {

  private static final int READ_ROWS = 1 << 14;

  private final IndexFiles files;
  private final TextParams params;
  private final List<Long> numbers = new ArrayList<>();
  private final boolean fst;
  private final PostingFormat format;
  private final boolean positions;
  private final List<PostingFile> open = new ArrayList<>();

  /// @throws UnsupportedFeatureException if it is of a form that we do not read
  SegmentReader(IndexFiles files) {
    this.files = files;
    if (!files.has(SegmentWriter.METADATA)) {
      throw new UnsupportedFeatureException(
          "text index without metadata, as very old releases wrote it (path=" + files.path() + ")");
    }
    try (DataFileReader file = files.open(SegmentWriter.METADATA)) {
      Map<String, String> metadata = file.schema().metadata();
      String path = file.path();
      String json = metadata.get("params");
      this.params = json == null ? TextParams.DEFAULT : TextParams.fromJson(json, path);
      for (String part :
          metadata.getOrDefault("partitions", "[]").replaceAll("[\\[\\]\\s]", "").split(",", -1)) {
        if (!part.isEmpty()) {
          numbers.add(partition(part, path));
        }
      }
      this.fst = metadata.getOrDefault("token_set_format", "arrow").equals("fst");
      String version = metadata.getOrDefault("format_version", "1");
      if (!List.of("1", "2", "3").contains(version)) {
        throw new UnsupportedFeatureException(
            "text index: format_version=" + version + " (path=" + path + ")");
      }
      String tail = metadata.getOrDefault("posting_tail_codec", "fixed32_v1");
      String block = metadata.getOrDefault("posting_block_size", "128");
      if (!List.of("fixed32_v1", "varint_delta_v1").contains(tail)
          || !List.of("128", "256").contains(block)) {
        throw new UnsupportedFeatureException(
            "text index: posting_tail_codec="
                + tail
                + ", posting_block_size="
                + block
                + " (path="
                + path
                + ")");
      }
      this.format =
          new PostingFormat(
              Integer.parseInt(block),
              tail.equals("varint_delta_v1"),
              !perDocument(metadata)
                  && metadata
                      .getOrDefault("positions_codec", "packed_delta_v1")
                      .equals("packed_delta_v1"));
      this.positions = params.withPosition();
    }
  }

  /// Whether positions are kept document by document, as in format 1.
  private static boolean perDocument(Map<String, String> metadata) {
    return !metadata.getOrDefault("positions_layout", "").equals("shared_stream_v2");
  }

  private static long partition(String text, String path) {
    try {
      return Long.parseLong(text);
    } catch (NumberFormatException e) {
      throw new CorruptDataException(
          "text index partitions: expected=numbers, found=" + text + " (path=" + path + ")", e);
    }
  }

  TextParams params() {
    return params;
  }

  boolean hasPositions() {
    return positions;
  }

  /// Reads the tokens and documents of all partitions.
  List<Partition> partitions() {
    List<Partition> partitions = new ArrayList<>();
    for (long number : numbers) {
      String prefix = "part_" + number + "_";
      Dictionary tokens = tokens(prefix + "tokens.lance");
      long[] rowIds;
      int[] lengths;
      try (DataFileReader docs = files.open(prefix + "docs.lance")) {
        rowIds = longs(docs, SegmentWriter.ROW_ID);
        lengths = ints(docs, SegmentWriter.NUM_TOKENS);
      }
      PostingFile lists = new PostingFile(files.open(prefix + "invert.lance"));
      open.add(lists);
      partitions.add(
          new Partition(
              tokens,
              rowIds,
              lengths,
              format,
              positions,
              lists,
              lists.docCounts.length,
              Partition.ROOM,
              lists.file.path()));
    }
    return List.copyOf(partitions);
  }

  private Dictionary tokens(String name) {
    try (DataFileReader file = files.open(name);
        Scratch scratch = files.context().memory().scratch()) {
      if (fst) {
        Column bytes = column(file, "_token_fst_bytes").read(0, size(file), scratch);
        if (bytes.length() != 1 || !(bytes instanceof VarColumn var)) {
          throw new CorruptDataException(
              "token set: expected=1 row, found=" + bytes.length() + " (path=" + file.path() + ")");
        }
        return Fst.read(bytes(var, 0), file.path());
      }
      Dictionary.Builder tokens = new Dictionary.Builder(file.path());
      ColumnReader texts = column(file, SegmentWriter.TOKEN);
      ColumnReader ids = column(file, SegmentWriter.TOKEN_ID);
      for (long from = 0; from < file.rowCount(); from += READ_ROWS) {
        scratch.reset();
        int count = (int) Math.min(READ_ROWS, file.rowCount() - from);
        VarColumn text = (VarColumn) texts.read(from, count, scratch);
        FixedColumn id = (FixedColumn) ids.read(from, count, scratch);
        for (int i = 0; i < count; i++) {
          byte[] token = bytes(text, i);
          tokens.add(token, 0, token.length, id.integerAt(i));
        }
      }
      return tokens.build();
    }
  }

  private static byte[] bytes(VarColumn column, int index) {
    return column.bytesAt(index).toArray(java.lang.foreign.ValueLayout.JAVA_BYTE);
  }

  private static ColumnReader column(DataFileReader file, String name) {
    LanceField field =
        file.schema().fields().stream()
            .filter(each -> each.name().equals(name))
            .findFirst()
            .orElseThrow(() ->
                new CorruptDataException(
                    "index column: expected="
                        + name
                        + ", found="
                        + file.schema().arrow().names()
                        + " (path="
                        + file.path()
                        + ")"));
    return file.column(field, file.columnsOf(field));
  }

  private static boolean has(DataFileReader file, String name) {
    return file.schema().fields().stream().anyMatch(field -> field.name().equals(name));
  }

  private static int size(DataFileReader file) {
    if (file.rowCount() > Integer.MAX_VALUE / 2) {
      throw new CorruptDataException(
          "index rows: expected=at most 2^30, found="
              + file.rowCount()
              + " (path="
              + file.path()
              + ")");
    }
    return (int) file.rowCount();
  }

  private long[] longs(DataFileReader file, String name) {
    long[] values = new long[size(file)];
    ColumnReader reader = column(file, name);
    try (Scratch scratch = files.context().memory().scratch()) {
      for (int from = 0; from < values.length; from += READ_ROWS) {
        scratch.reset();
        int count = Math.min(READ_ROWS, values.length - from);
        FixedColumn column = (FixedColumn) reader.read(from, count, scratch);
        for (int i = 0; i < count; i++) {
          values[from + i] = column.integerAt(i);
        }
      }
    }
    return values;
  }

  private int[] ints(DataFileReader file, String name) {
    long[] wide = longs(file, name);
    int[] values = new int[wide.length];
    for (int i = 0; i < wide.length; i++) {
      if (wide[i] < 0 || wide[i] > Integer.MAX_VALUE) {
        throw new CorruptDataException(
            "index numbers: expected=below 2^31, found="
                + wide[i]
                + " (column="
                + name
                + ", path="
                + file.path()
                + ")");
      }
      values[i] = (int) wide[i];
    }
    return values;
  }

  @Override
  public void close() {
    open.forEach(PostingFile::close);
  }

  /// The posting lists of a partition, read one by one.
  private final class PostingFile implements Partition.Lists, AutoCloseable {
    private final DataFileReader file;
    private final int[] docCounts;
    private final ReentrantLock lock = new ReentrantLock();
    private final ColumnReader postings;
    private final @Nullable ColumnReader where;
    private final @Nullable ColumnReader offsets;
    private final @Nullable ColumnReader perDocument;

    PostingFile(DataFileReader file) {
      this.file = file;
      this.docCounts = ints(file, SegmentWriter.LENGTH);
      this.postings = column(file, SegmentWriter.POSTING);
      boolean shared = positions && has(file, SegmentWriter.POSITIONS);
      this.where = shared ? column(file, SegmentWriter.POSITIONS) : null;
      this.offsets = shared ? column(file, SegmentWriter.POSITION_OFFSETS) : null;
      this.perDocument = positions && !shared ? column(file, OldPositions.COLUMN) : null;
    }

    @Override
    public int docCount(int id) {
      return docCounts[id];
    }

    @Override
    public Posting load(int id) {
      lock.lock();
      try (Scratch scratch = files.context().memory().scratch()) {
        int docs = docCounts[id];
        int blocks = (docs + format.blockSize() - 1) / format.blockSize();
        ListColumn list = (ListColumn) postings.read(id, 1, scratch);
        VarColumn items = (VarColumn) list.items();
        int first = list.offset(0);
        check("posting blocks", blocks, list.offset(1) - first, id);
        int[] starts = new int[blocks + 1];
        for (int b = 0; b < blocks; b++) {
          starts[b + 1] = Math.toIntExact(starts[b] + items.byteLength(first + b));
        }
        byte[] data = new byte[starts[blocks]];
        for (int b = 0; b < blocks; b++) {
          byte[] block = bytes(items, first + b);
          System.arraycopy(block, 0, data, starts[b], block.length);
        }
        Posting posting = new Posting(format, docs, data, starts, null, null);
        if (perDocument != null) {
          return OldPositions.of(
              posting, (ListColumn) perDocument.read(id, 1, scratch), file.path());
        }
        if (where == null || offsets == null) {
          return posting;
        }
        byte[] positionBytes = bytes((VarColumn) where.read(id, 1, scratch), 0);
        ListColumn offsetList = (ListColumn) offsets.read(id, 1, scratch);
        check("position blocks", blocks, offsetList.offset(1) - offsetList.offset(0), id);
        int[] positionStarts = new int[blocks + 1];
        for (int b = 0; b < blocks; b++) {
          positionStarts[b] = ((FixedColumn) offsetList.items()).intAt(offsetList.offset(0) + b);
        }
        positionStarts[blocks] = positionBytes.length;
        return new Posting(format, docs, data, starts, positionBytes, positionStarts);
      } finally {
        lock.unlock();
      }
    }

    private void check(String what, int expected, int found, int id) {
      if (expected != found) {
        throw new CorruptDataException(
            what
                + ": expected="
                + expected
                + ", found="
                + found
                + " (token="
                + id
                + ", path="
                + file.path()
                + ")");
      }
    }

    @Override
    public void close() {
      file.close();
    }
  }
}
