package io.lancelot.columnar.ipc;

import io.lancelot.base.CorruptDataException;
import io.lancelot.base.Scratch;
import io.lancelot.base.UnsupportedFeatureException;
import io.lancelot.columnar.Bits;
import io.lancelot.columnar.BoolColumn;
import io.lancelot.columnar.Column;
import io.lancelot.columnar.Columns;
import io.lancelot.columnar.DataType;
import io.lancelot.columnar.DictionaryColumn;
import io.lancelot.columnar.Field;
import io.lancelot.columnar.FixedColumn;
import io.lancelot.columnar.FixedListColumn;
import io.lancelot.columnar.ListColumn;
import io.lancelot.columnar.NullColumn;
import io.lancelot.columnar.StructColumn;
import io.lancelot.columnar.VarColumn;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.arrow.flatbuf.RecordBatch;
import org.jspecify.annotations.Nullable;

/// The columns of one record batch: nodes and buffers taken in order, each checked against the
/// body.
final class IpcBody {

  private final RecordBatch header;
  private final MemorySegment body;
  private final Scratch scratch;
  private final Map<Long, Column> dictionaries;
  private int nextNode;
  private int nextBuffer;
  private int nextVariadic;

  IpcBody(RecordBatch header, MemorySegment body, Scratch scratch, Map<Long, Column> dictionaries) {
    this.header = header;
    this.body = body;
    this.scratch = scratch;
    this.dictionaries = dictionaries;
  }

  static int count(long found, String what) {
    if (found < 0 || found > Integer.MAX_VALUE - 8) {
      throw new CorruptDataException(
          "Arrow IPC: number of " + what + " in a batch: found=" + found);
    }
    return (int) found;
  }

  /// The next column.
  Column column(IpcSchemas.Node node) {
    if (node.dictionaryId().isEmpty()) {
      return column(node.field().type(), node);
    }
    DataType.Dictionary type = (DataType.Dictionary) node.field().type();
    FixedColumn indices = (FixedColumn) column(type.index(), node);
    Column values = dictionaries.get(node.dictionaryId().get());
    if (values == null) {
      if (indices.nullCount() < indices.length()) {
        throw new CorruptDataException(
            "Arrow IPC: dictionary missing before its first use (column="
                + node.field().name()
                + ")");
      }
      values = Columns.empty(type.value());
    }
    @Nullable MemorySegment valid =
        values.nullCount() > 0
            ? scratch.allocateBytes((indices.length() + 7L) / 8).fill((byte) 0)
            : null;
    for (int i = 0; i < indices.length(); i++) {
      if (!indices.isNull(i)) {
        long index = indices.integerAt(i);
        if (index < 0 || index >= values.length()) {
          throw new CorruptDataException(
              "Arrow IPC: dictionary index: expected below "
                  + values.length()
                  + ", found="
                  + index
                  + " (column="
                  + node.field().name()
                  + ", row="
                  + i
                  + ")");
        }
        if (valid != null && !values.isNull((int) index)) {
          byte bits = valid.get(ValueLayout.JAVA_BYTE, i >>> 3);
          valid.set(ValueLayout.JAVA_BYTE, i >>> 3, (byte) (bits | 1 << (i & 7)));
        }
      }
    }
    // Nulls among the values become nulls of the column, so that its validity is the whole truth.
    return new DictionaryColumn(
        type,
        valid == null
            ? indices
            : new FixedColumn(
                indices.type(), indices.length(), indices.data(), Bits.of(valid, indices.length())),
        values);
  }

  /// The values that a dictionary batch carries for a field.
  Column dictionaryValues(IpcSchemas.Node node) {
    return column(((DataType.Dictionary) node.field().type()).value(), node);
  }

  private Column column(DataType type, IpcSchemas.Node schema) {
    if (nextNode >= header.nodesLength()) {
      throw new CorruptDataException(
          "Arrow IPC: too few field nodes: found=" + header.nodesLength());
    }
    var node = header.nodes(nextNode++);
    int length = count(node.length(), "values");
    if (type instanceof DataType.Null) {
      return new NullColumn(length);
    }
    Bits validity = validity(length, node.nullCount(), schema.field());
    return switch (type) {
      case DataType.Null _ -> new NullColumn(length);
      case DataType.Bool _ ->
          new BoolColumn(Bits.of(buffer((length + 7L) / 8, schema), length), validity);
      case DataType.Int _,
          DataType.Floating _,
          DataType.Decimal _,
          DataType.FixedSizeBinary _,
          DataType.Date _,
          DataType.Time _,
          DataType.Timestamp _,
          DataType.Duration _ ->
          new FixedColumn(type, length, buffer((long) length * type.byteWidth(), schema), validity);
      case DataType.Utf8(boolean large) -> variable(type, large, length, validity, schema);
      case DataType.Binary(boolean large) -> variable(type, large, length, validity, schema);
      case DataType.ListOf(_, boolean large) -> list(type, large, length, validity, schema);
      case DataType.MapOf _ -> list(type, false, length, validity, schema);
      case DataType.FixedSizeList list -> {
        Column items = column(schema.children().getFirst());
        long expected = (long) length * list.size();
        if (items.length() < expected) {
          throw shorter("items", expected, items.length(), schema);
        }
        yield new FixedListColumn(list, length, items.slice(0, count(expected, "items")), validity);
      }
      case DataType.Struct struct -> {
        List<Column> children = new ArrayList<>();
        for (IpcSchemas.Node child : schema.children()) {
          Column column = column(child);
          if (column.length() < length) {
            throw shorter("values", length, column.length(), child);
          }
          children.add(column.slice(0, length));
        }
        yield new StructColumn(struct, length, children, validity);
      }
      case DataType.Dictionary _ ->
          throw new UnsupportedFeatureException(
              "Arrow IPC: dictionary of dictionaries (column=" + schema.field().name() + ")");
    };
  }

  private @Nullable Bits validity(int length, long nullCount, Field field) {
    MemorySegment bits = nextBuffer(field.name());
    if (nullCount == 0 || length == 0) {
      return null;
    }
    if (bits.byteSize() == 0 && nullCount < 0) {
      return null;
    }
    if (bits.byteSize() < (length + 7L) / 8) {
      throw new CorruptDataException(
          "Arrow IPC: validity bitmap: expected="
              + (length + 7L) / 8
              + " bytes, found="
              + bits.byteSize()
              + " (column="
              + field.name()
              + ")");
    }
    return new Bits(bits, 0, length);
  }

  private Column variable(
      DataType type, boolean large, int length, @Nullable Bits validity, IpcSchemas.Node schema) {
    if (schema.layout() == IpcSchemas.Layout.VIEW) {
      return views(type, length, validity, schema);
    }
    int width = large ? 8 : 4;
    MemorySegment offsets = offsets(length, width, schema);
    MemorySegment data = nextBuffer(schema.field().name());
    checkOffsets(offsets, width, length, data.byteSize(), schema);
    return new VarColumn(type, length, offsets, data, validity);
  }

  private ListColumn list(
      DataType type, boolean large, int length, @Nullable Bits validity, IpcSchemas.Node schema) {
    int width = large ? 8 : 4;
    MemorySegment offsets = offsets(length, width, schema);
    Column items = column(schema.children().getFirst());
    checkOffsets(offsets, width, length, items.length(), schema);
    return new ListColumn(type, length, offsets, items, validity);
  }

  /// A column without rows may come without offsets.
  private MemorySegment offsets(int length, int width, IpcSchemas.Node schema) {
    MemorySegment offsets = nextBuffer(schema.field().name());
    long expected = (length + 1L) * width;
    if (length == 0 && offsets.byteSize() < expected) {
      return scratch.allocateBytes(width).fill((byte) 0);
    }
    if (offsets.byteSize() < expected) {
      throw shorter("offset bytes", expected, offsets.byteSize(), schema);
    }
    return offsets;
  }

  private static void checkOffsets(
      MemorySegment offsets, int width, int length, long limit, IpcSchemas.Node schema) {
    long before = 0;
    for (int i = 0; i <= length; i++) {
      long offset =
          width == 8 ? offsets.get(FixedColumn.LONG, 8L * i) : offsets.get(FixedColumn.INT, 4L * i);
      if (offset < before || offset > limit) {
        throw new CorruptDataException(
            "Arrow IPC: offset: expected="
                + before
                + ".."
                + limit
                + ", found="
                + offset
                + " (column="
                + schema.field().name()
                + ", row="
                + i
                + ")");
      }
      before = offset;
    }
  }

  /// Views: 16 bytes a value, short values in place, longer ones as (buffer, offset). They become
  /// plain values.
  private VarColumn views(
      DataType type, int length, @Nullable Bits validity, IpcSchemas.Node schema) {
    MemorySegment views = buffer(16L * length, schema);
    if (nextVariadic >= header.variadicBufferCountsLength()) {
      throw new CorruptDataException("Arrow IPC: buffer count of a view column missing");
    }
    long bufferCount = header.variadicBufferCounts(nextVariadic++);
    List<MemorySegment> buffers = new ArrayList<>();
    for (long i = 0; i < bufferCount; i++) {
      buffers.add(nextBuffer(schema.field().name()));
    }
    MemorySegment offsets = scratch.allocateBytes((length + 1L) * 4);
    long total = 0;
    offsets.set(FixedColumn.INT, 0, 0);
    for (int i = 0; i < length; i++) {
      total +=
          validity == null || validity.get(i)
              ? views.get(FixedColumn.INT, 16L * i) & 0xFFFF_FFFFL
              : 0;
      offsets.set(FixedColumn.INT, 4L * (i + 1), count(total, "bytes"));
    }
    MemorySegment data = scratch.allocateBytes(total);
    for (int i = 0; i < length; i++) {
      int at = offsets.get(FixedColumn.INT, 4L * i);
      int size = offsets.get(FixedColumn.INT, 4L * (i + 1)) - at;
      if (size <= 12) {
        MemorySegment.copy(views, 16L * i + 4, data, at, size);
      } else {
        int buffer = views.get(FixedColumn.INT, 16L * i + 8);
        int offset = views.get(FixedColumn.INT, 16L * i + 12);
        if (buffer < 0
            || buffer >= buffers.size()
            || offset < 0
            || offset > buffers.get(buffer).byteSize() - size) {
          throw new CorruptDataException(
              "Arrow IPC: view outside its buffer (column="
                  + schema.field().name()
                  + ", row="
                  + i
                  + ")");
        }
        MemorySegment.copy(buffers.get(buffer), offset, data, at, size);
      }
    }
    return new VarColumn(type, length, offsets, data, validity);
  }

  private MemorySegment buffer(long expected, IpcSchemas.Node schema) {
    MemorySegment buffer = nextBuffer(schema.field().name());
    if (buffer.byteSize() < expected) {
      throw shorter("bytes", expected, buffer.byteSize(), schema);
    }
    return buffer;
  }

  private MemorySegment nextBuffer(String column) {
    if (nextBuffer >= header.buffersLength()) {
      throw new CorruptDataException(
          "Arrow IPC: too few buffers: found="
              + header.buffersLength()
              + " (column="
              + column
              + ")");
    }
    var buffer = header.buffers(nextBuffer++);
    long offset = buffer.offset();
    long length = buffer.length();
    if (length == 0) {
      return MemorySegment.NULL;
    }
    if (offset < 0 || length < 0 || offset > body.byteSize() - length) {
      throw new CorruptDataException(
          "Arrow IPC: buffer outside the body: expected at most "
              + body.byteSize()
              + ", found="
              + offset
              + "+"
              + length
              + " (column="
              + column
              + ")");
    }
    MemorySegment bytes = body.asSlice(offset, length);
    var compression = header.compression();
    return compression == null ? bytes : IpcCompression.decompress(compression, bytes, scratch);
  }

  private static CorruptDataException shorter(
      String what, long expected, long found, IpcSchemas.Node schema) {
    return new CorruptDataException(
        "Arrow IPC: too few "
            + what
            + ": expected="
            + expected
            + ", found="
            + found
            + " (column="
            + schema.field().name()
            + ")");
  }
}
