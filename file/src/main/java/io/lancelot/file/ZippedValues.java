package io.lancelot.file;

import io.lancelot.columnar.DataType;
import io.lancelot.columnar.Field;
import io.lancelot.columnar.FixedColumn;
import io.lancelot.file.proto.BufferCompression;
import io.lancelot.file.proto.CompressiveEncoding;
import io.lancelot.file.proto.CompressiveEncoding.CompressionCase;
import io.lancelot.file.proto.FixedSizeListEncoding;
import io.lancelot.file.proto.VariablePackedStruct;
import java.lang.foreign.MemorySegment;
import java.util.List;

/// How a full-zip page holds a value.
///
/// Format: lance-format sections 2.4, 2.6.10 and 2.6.11.
sealed interface ZippedValues {

  /// Appends `count` values that start `stride` bytes apart; values with lengths come one at a time
  /// and `stride` is the length.
  void append(
      MemorySegment items, long at, long stride, int count, PageState state, PageContext page);

  /// Appends values that lie next to each other in memory that outlives the read.
  default void appendLasting(MemorySegment items, int count, PageState state, PageContext page) {
    append(items, 0, valueBytes(), count, state, page);
  }

  /// Bytes of a value; 0 if values have lengths.
  long valueBytes();

  static ZippedValues of(CompressiveEncoding encoding, LeafShape shape, PageContext page) {
    return switch (encoding.getCompressionCase()) {
      case FLAT -> {
        long bits = encoding.getFlat().getBitsPerValue();
        if (shape.isBool() && shape.itemsPerValue() == 1) {
          BlockDecoder.requireBits(8, bits, page);
          yield new BoolBytes();
        }
        PageEncodings.requireFixed(shape, bits, page);
        if (!(!shape.isBool() && bits % 8 == 0)) {
          throw page.corrupt("value bits", "whole bytes", bits);
        }
        yield new Flat(bits / 8);
      }
      case FIXED_SIZE_LIST -> Lists.of(encoding, shape, page);
      case PACKED_STRUCT -> new PackedRows(PageEncodings.rows(encoding, shape, page));
      case VARIABLE -> {
        PageEncodings.requireVariable(shape, page);
        yield new Raw();
      }
      case FSST -> {
        PageEncodings.requireVariable(shape, page);
        yield new Symbols(PageEncodings.symbols(encoding, page));
      }
      case GENERAL -> {
        PageEncodings.requireVariable(shape, page);
        if (!encoding.getGeneral().getValues().hasVariable()) {
          throw page.corrupt(
              "compressed values",
              "variable",
              encoding.getGeneral().getValues().getCompressionCase());
        }
        yield new Compressed(encoding.getGeneral().getCompression());
      }
      case VARIABLE_PACKED_STRUCT ->
          VariableRows.of(encoding.getVariablePackedStruct(), shape, page);
      case CONSTANT -> {
        if (!encoding.getConstant().getValue().isEmpty()) {
          throw page.unsupported("full-zip page of one value");
        }
        yield new Absent();
      }
      case OUT_OF_LINE_BITPACKING,
          INLINE_BITPACKING,
          DICTIONARY,
          RLE,
          BYTE_STREAM_SPLIT,
          COMPRESSION_NOT_SET ->
          throw page.unsupported("full-zip encoding " + encoding.getCompressionCase());
    };
  }

  private static PageSink.Fixed fixed(PageSink sink) {
    return (PageSink.Fixed) (sink instanceof PageSink.Items items ? items.values() : sink);
  }

  /// Values of whole bytes.
  record Flat(long valueBytes) implements ZippedValues {
    @Override
    public void append(
        MemorySegment items, long at, long stride, int count, PageState state, PageContext page) {
      fixed(state.sink).appendStrided(items, at, stride, count);
    }

    @Override
    public void appendLasting(MemorySegment items, int count, PageState state, PageContext page) {
      fixed(state.sink).appendLasting(items, count);
    }
  }

  /// No values, since all are null.
  record Absent() implements ZippedValues {
    @Override
    public long valueBytes() {
      return 0;
    }

    @Override
    public void append(
        MemorySegment items, long at, long stride, int count, PageState state, PageContext page) {
      state.sink.appendNothing(count);
    }
  }

  /// Booleans, a byte each.
  record BoolBytes() implements ZippedValues {
    @Override
    public long valueBytes() {
      return 1;
    }

    @Override
    public void append(
        MemorySegment items, long at, long stride, int count, PageState state, PageContext page) {
      PageSink sink = state.sink instanceof PageSink.Items lists ? lists.values() : state.sink;
      ((PageSink.Bitmap) sink).appendBytes(items, at, stride, count);
    }
  }

  /// Fixed-size lists: bitmaps of the levels whose items may be null, then the values, which are
  /// left out where all items of the page are null.
  ///
  /// @param hasValidity by level of nesting, outermost first
  /// @param bitmapBytes bytes of each level's bitmap
  /// @param listBytes bytes of the values; 0 if they are left out
  record Lists(boolean[] hasValidity, int[] bitmapBytes, long listBytes, long valueBytes)
      implements ZippedValues {

    static Lists of(CompressiveEncoding encoding, LeafShape shape, PageContext page) {
      FixedSizeListEncoding list = encoding.getFixedSizeList();
      boolean itemless = PageEncodings.hasNoItems(list);
      boolean[] hasValidity =
          PageEncodings.listValidity(
              list, itemless ? CompressionCase.CONSTANT : CompressionCase.FLAT, shape, page);
      int[] bytes = new int[hasValidity.length];
      long items = 1;
      long total = 0;
      for (int i = 0; i < bytes.length; i++) {
        items *= shape.dimensions()[i];
        bytes[i] = hasValidity[i] ? Math.toIntExact((items + 7) / 8) : 0;
        total += bytes[i];
      }
      if (itemless) {
        return new Lists(hasValidity, bytes, 0, total);
      }
      if (shape.valueBits() % 8 != 0 || shape.isBool()) {
        throw page.unsupported("full-zip page of " + shape.type().arrowName());
      }
      long listBytes = shape.valueBits() / 8;
      return new Lists(hasValidity, bytes, listBytes, listBytes + total);
    }

    @Override
    public void append(
        MemorySegment items, long at, long stride, int count, PageState state, PageContext page) {
      var sink = (PageSink.Items) state.sink;
      long inside = at;
      for (int level = 0; level < hasValidity.length; level++) {
        if (hasValidity[level]) {
          PageSink.Bitmap bitmap = sink.startValidity(level);
          for (int i = 0; i < count; i++) {
            bitmap.append(items, (inside + i * stride) * 8, 1);
          }
          inside += bitmapBytes[level];
        }
      }
      if (listBytes == 0) {
        sink.values().appendNothing(count);
      } else {
        fixed(sink).appendStrided(items, inside, stride, count);
      }
    }

    @Override
    public void appendLasting(MemorySegment items, int count, PageState state, PageContext page) {
      if (valueBytes == listBytes) {
        fixed(state.sink).appendLasting(items, count);
      } else {
        append(items, 0, valueBytes, count, state, page);
      }
    }
  }

  /// Structs of fixed width.
  record PackedRows(ChunkValues.Rows rows) implements ZippedValues {
    @Override
    public long valueBytes() {
      return rows.rowBytes();
    }

    @Override
    public void append(
        MemorySegment items, long at, long stride, int count, PageState state, PageContext page) {
      rows.append(items, at, stride, count, (PageSink.Rows) state.sink);
    }
  }

  /// Bytes as they are.
  record Raw() implements ZippedValues {
    @Override
    public long valueBytes() {
      return 0;
    }

    @Override
    public void append(
        MemorySegment items, long at, long length, int count, PageState state, PageContext page) {
      ((PageSink.Var) state.sink).append(items, at, length);
    }
  }

  /// Bytes coded with the page's symbols.
  record Symbols(FsstTable table) implements ZippedValues {
    @Override
    public long valueBytes() {
      return 0;
    }

    @Override
    public void append(
        MemorySegment items, long at, long length, int count, PageState state, PageContext page) {
      ChunkValues.Symbols.appendDecoded(
          items, at, at + length, state.fsst(table), (PageSink.Var) state.sink);
    }
  }

  /// Bytes compressed value by value; nothing stored is an empty value.
  record Compressed(BufferCompression compression) implements ZippedValues {
    @Override
    public long valueBytes() {
      return 0;
    }

    @Override
    public void append(
        MemorySegment items, long at, long length, int count, PageState state, PageContext page) {
      if (length == 0) {
        state.sink.appendNothing(1);
        return;
      }
      MemorySegment plain =
          BlockDecoder.decompress(
              compression, items.asSlice(at, length), state, state.chunk.plain, page);
      ((PageSink.Var) state.sink).append(plain, 0, plain.byteSize());
    }
  }

  /// A child of a struct stored row by row with lengths.
  ///
  /// @param width bytes of a fixed value or of a length
  /// @param table symbols of the values, null if they are plain
  record Child(boolean fixed, int width, @org.jspecify.annotations.Nullable FsstTable table) {}

  /// Structs with children of any width: in each row the children's values one after the other,
  /// those of variable width after their length.
  record VariableRows(Child[] children) implements ZippedValues {

    static VariableRows of(VariablePackedStruct encoding, LeafShape shape, PageContext page) {
      if (!(shape.type() instanceof DataType.Struct(List<Field> fields))) {
        throw page.corrupt("encoding", shape.type().arrowName(), "packed struct");
      }
      if (encoding.getFieldsCount() != fields.size()) {
        throw page.corrupt("packed children", fields.size(), encoding.getFieldsCount());
      }
      Child[] children = new Child[fields.size()];
      for (int i = 0; i < children.length; i++) {
        children[i] = child(encoding.getFields(i), LeafShape.of(fields.get(i).type()), page);
      }
      return new VariableRows(children);
    }

    private static Child child(
        VariablePackedStruct.FieldEncoding field, LeafShape shape, PageContext page) {
      CompressiveEncoding value = field.getValue();
      if (field.hasBitsPerLength()) {
        long bits = field.getBitsPerLength();
        PageEncodings.requireVariable(shape, page);
        if (!(bits == 32 || bits == 64)) {
          throw page.corrupt("length bits", "32 or 64", bits);
        }
        if (!value.hasVariable() && !value.hasFsst()) {
          throw page.unsupported("packed child encoding " + value.getCompressionCase());
        }
        FsstTable table = value.hasFsst() ? PageEncodings.symbols(value, page) : null;
        return new Child(false, (int) bits / 8, table);
      }
      if (value.hasFixedSizeList() && !shape.isBool()) {
        for (boolean present : PageEncodings.listValidity(value.getFixedSizeList(), shape, page)) {
          if (present) {
            throw page.unsupported("packed child of fixed-size lists with null items");
          }
        }
      } else if (!value.hasFlat() || shape.isBool()) {
        throw page.unsupported(
            "packed child of " + shape.type().arrowName() + " as " + value.getCompressionCase());
      }
      PageEncodings.requireFixed(shape, field.getBitsPerValue(), page);
      return new Child(true, Math.toIntExact(field.getBitsPerValue() / 8), null);
    }

    @Override
    public long valueBytes() {
      return 0;
    }

    @Override
    public void append(
        MemorySegment items, long at, long length, int count, PageState state, PageContext page) {
      var rows = (PageSink.Rows) state.sink;
      long end = at + length;
      long next = at;
      for (int i = 0; i < children.length; i++) {
        Child child = children[i];
        if (child.width > end - next) {
          throw page.corrupt("packed row bytes", child.width, end - next);
        }
        if (child.fixed) {
          ZippedValues.fixed(rows.children()[i]).append(items, next, 1);
          next += child.width;
          continue;
        }
        long bytes =
            child.width == 4
                ? items.get(FixedColumn.INT, next) & 0xFFFF_FFFFL
                : items.get(FixedColumn.LONG, next);
        next += child.width;
        if (!(bytes >= 0 && bytes <= end - next)) {
          throw page.corrupt("packed value length", "at most " + (end - next), bytes);
        }
        var sink = (PageSink.Var) rows.children()[i];
        if (child.table == null) {
          sink.append(items, next, bytes);
        } else {
          ChunkValues.Symbols.appendDecoded(
              items, next, next + bytes, state.fsst(child.table), sink);
        }
        next += bytes;
      }
      if (next != end) {
        throw page.corrupt("packed row end", end, next);
      }
      rows.advance(1);
    }
  }
}
