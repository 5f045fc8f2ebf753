package io.lancelot.file;

import com.google.protobuf.Any;
import io.lancelot.base.InvalidInputException;
import io.lancelot.base.Memory;
import io.lancelot.base.Scratch;
import io.lancelot.base.UnsupportedFeatureException;
import io.lancelot.columnar.Column;
import io.lancelot.columnar.Columns;
import io.lancelot.columnar.DataType;
import io.lancelot.columnar.ListColumn;
import io.lancelot.columnar.StructColumn;
import io.lancelot.file.proto.ColumnMetadata;
import io.lancelot.file.proto.Encodings20.ArrayEncoding;
import io.lancelot.file.proto.Encodings20.SimpleStruct;
import io.lancelot.file.proto.StoredEncoding;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/// Columns of version 2.0, which tables of old releases go on with: one for each field, structs and
/// lists among them, each page an Arrow array. Structs cannot be null there.
///
/// Format: lance-format section 2.8.
final class V20Columns implements ColumnsWriter {

  private static final String PAGE_URL = "/lance.encodings.ArrayEncoding";

  private final AlignedWriter sink;
  private final long pageBytes;
  private final List<Top> fields = new ArrayList<>();

  /// @throws UnsupportedFeatureException for types that the version does not hold
  V20Columns(LanceSchema schema, AlignedWriter sink, Memory memory, long pageBytes) {
    this.sink = sink;
    this.pageBytes = pageBytes;
    for (LanceField field : schema.fields()) {
      fields.add(new Top(Node.of(field, field.name()), memory.scratch()));
    }
  }

  /// A field with those below it.
  private record Node(
      LanceField field, String path, List<ColumnMetadata.Page> pages, List<Node> children) {

    static Node of(LanceField field, String path) {
      boolean inside =
          field.type() instanceof DataType.Struct || field.type() instanceof DataType.ListOf;
      if (field.blob() || field.packed() || !inside && !field.children().isEmpty()) {
        String way = field.blob() ? "blob of " : field.packed() ? "packed " : "";
        throw new UnsupportedFeatureException(
            "type not supported in file version 2.0: found="
                + way
                + field.type().arrowName()
                + " (column="
                + path
                + ")");
      }
      return new Node(
          field,
          path,
          new ArrayList<>(),
          field.children().stream().map(child -> of(child, path + "." + child.name())).toList());
    }

    void addTo(List<Written> all) {
      all.add(new Written(field, pages));
      children.forEach(child -> child.addTo(all));
    }
  }

  /// A top-level field and its rows that are no page yet.
  private static final class Top {
    final Node node;
    final Scratch scratch;
    final List<Column> held = new ArrayList<>();
    long heldBytes;
    long heldRows;
    long firstRow;

    Top(Node node, Scratch scratch) {
      this.node = node;
      this.scratch = scratch;
    }
  }

  @Override
  public void append(int field, Column column) {
    append(fields.get(field), column);
  }

  private void append(Top top, Column column) {
    int rows = column.length();
    if (rows == 0) {
      return;
    }
    long bytes = ColumnsWriter.sizeOf(column);
    if (rows > 1 && bytes > pageBytes) {
      int half = rows / 2;
      append(top, column.slice(0, half));
      append(top, column.slice(half, rows - half));
      return;
    }
    top.held.add(Columns.copy(column, top.scratch));
    top.heldBytes += bytes;
    top.heldRows += rows;
    if (top.heldBytes >= pageBytes) {
      flush(top);
    }
  }

  private void flush(Top top) {
    if (top.heldRows == 0) {
      return;
    }
    Column rows = Columns.concat(top.node.field.type(), top.held, top.scratch);
    write(top.node, rows, top.firstRow, top.scratch);
    top.firstRow += top.heldRows;
    top.heldRows = 0;
    top.heldBytes = 0;
    top.held.clear();
    top.scratch.reset();
  }

  private void write(Node node, Column column, long firstRow, Scratch scratch) {
    if (!node.field.field().nullable() && column.nullCount() > 0) {
      throw new InvalidInputException(
          "null in a non-nullable field: expected=no nulls (column=" + node.path + ")");
    }
    switch (column) {
      case StructColumn struct -> {
        if (struct.nullCount() > 0) {
          throw new UnsupportedFeatureException(
              "file version 2.0 holds no null structs: expected=no nulls, found="
                  + struct.nullCount()
                  + " (column="
                  + node.path
                  + ")");
        }
        ArrayEncoding header =
            ArrayEncoding.newBuilder().setStruct(SimpleStruct.getDefaultInstance()).build();
        addPage(node, struct.length(), header, List.of(), firstRow);
        for (int i = 0; i < node.children.size(); i++) {
          write(node.children.get(i), struct.children().get(i), firstRow, scratch);
        }
      }
      case ListColumn list -> {
        var arrays = new V20Arrays(node.path, scratch);
        Column items = itemsOf(list, scratch);
        ArrayEncoding encoding = arrays.list(list, items.length());
        addPage(node, list.length(), encoding, arrays.buffers(), firstRow);
        write(node.children.getFirst(), items, firstRow, scratch);
      }
      default -> {
        ValueChecks.checkInput(column, node.path);
        var arrays = new V20Arrays(node.path, scratch);
        ArrayEncoding encoding = arrays.values(column);
        addPage(node, column.length(), encoding, arrays.buffers(), firstRow);
      }
    }
  }

  /// The items of all lists that are not null.
  private static Column itemsOf(ListColumn list, Scratch scratch) {
    int from = list.offset(0);
    int to = list.offset(list.length());
    int[] kept = null;
    int count = 0;
    for (int i = 0; i < list.length(); i++) {
      int length = list.offset(i + 1) - list.offset(i);
      if (kept == null && list.isNull(i) && length > 0) {
        kept = new int[to - from];
        for (int before = from; before < list.offset(i); before++) {
          kept[count++] = before;
        }
      }
      if (kept != null && !list.isNull(i)) {
        for (int item = list.offset(i); item < list.offset(i + 1); item++) {
          kept[count++] = item;
        }
      }
    }
    return kept == null
        ? list.items().slice(from, to - from)
        : Columns.gather(list.items(), kept, count, scratch);
  }

  private void addPage(
      Node node, long length, ArrayEncoding encoding, List<MemorySegment> buffers, long firstRow) {
    ColumnMetadata.Page.Builder page =
        ColumnMetadata.Page.newBuilder().setLength(length).setPriority(firstRow);
    for (MemorySegment buffer : buffers) {
      page.addBufferOffsets(sink.writeAligned(buffer)).addBufferSizes(buffer.byteSize());
    }
    Any any = Any.newBuilder().setTypeUrl(PAGE_URL).setValue(encoding.toByteString()).build();
    node.pages.add(
        page.setEncoding(
                StoredEncoding.newBuilder()
                    .setDirect(StoredEncoding.Direct.newBuilder().setEncoding(any.toByteString())))
            .build());
  }

  @Override
  public long bufferedBytes() {
    long bytes = 0;
    for (Top field : fields) {
      bytes += field.heldBytes;
    }
    return bytes;
  }

  @Override
  public void finish() {
    fields.forEach(this::flush);
  }

  @Override
  public List<Written> columns() {
    List<Written> all = new ArrayList<>();
    fields.forEach(field -> field.node.addTo(all));
    return all;
  }

  @Override
  public void close() {
    fields.forEach(field -> field.scratch.close());
  }
}
