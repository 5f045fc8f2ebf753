package io.lancelot.file;

import io.lancelot.columnar.DataType;
import io.lancelot.columnar.Field;
import io.lancelot.file.proto.CompressiveEncoding;
import io.lancelot.file.proto.CompressiveEncoding.CompressionCase;
import io.lancelot.file.proto.FixedSizeListEncoding;
import io.lancelot.kernels.Fsst;
import java.lang.foreign.MemorySegment;
import java.util.List;

/// Matches the encodings that a page names with the type of its column.
final class PageEncodings {

  private PageEncodings() {}

  /// How the chunks of a mini-block page without a dictionary hold values of `shape`. General
  /// compression around it is not looked at here.
  static ChunkValues chunkValues(CompressiveEncoding encoding, LeafShape shape, PageContext page) {
    return switch (encoding.getCompressionCase()) {
      case FLAT -> flat(encoding.getFlat().getBitsPerValue(), shape, page);
      case FIXED_SIZE_LIST -> lists(encoding.getFixedSizeList(), shape, page);
      case INLINE_BITPACKING, RLE, BYTE_STREAM_SPLIT -> {
        ChunkValues.Whole whole = whole(encoding, page);
        requireFixed(shape, whole.bits(), page);
        page.require(shape.dimensions().length == 0, "encoding of lists", "flat", encoding);
        yield whole;
      }
      case VARIABLE -> {
        requireVariable(shape, page);
        yield new ChunkValues.Variable(offsetWidth(encoding, page));
      }
      case FSST -> {
        requireVariable(shape, page);
        yield new ChunkValues.Symbols(
            symbols(encoding, page), offsetWidth(encoding.getFsst().getValues(), page));
      }
      case PACKED_STRUCT -> rows(encoding, shape, page);
      case CONSTANT,
          OUT_OF_LINE_BITPACKING,
          DICTIONARY,
          GENERAL,
          VARIABLE_PACKED_STRUCT,
          COMPRESSION_NOT_SET ->
          throw page.unsupported("mini-block encoding " + encoding.getCompressionCase());
    };
  }

  private static ChunkValues flat(long bits, LeafShape shape, PageContext page) {
    requireFixed(shape, bits, page);
    return shape.isBool()
        ? new ChunkValues.FlatBits(Math.toIntExact(bits))
        : new ChunkValues.Flat(bits / 8);
  }

  /// Encodings of integers: values or indices.
  static ChunkValues.Whole whole(CompressiveEncoding encoding, PageContext page) {
    return switch (encoding.getCompressionCase()) {
      case FLAT -> new ChunkValues.FlatWhole(wordBits(encoding.getFlat().getBitsPerValue(), page));
      case INLINE_BITPACKING ->
          new ChunkValues.Packed(
              wordBits(encoding.getInlineBitpacking().getUncompressedBitsPerValue(), page));
      case RLE -> {
        int bits = wordBits(encoding.getRle().getValues().getFlat().getBitsPerValue(), page);
        BlockDecoder.checkRle(encoding.getRle(), bits, page);
        yield new ChunkValues.Runs(bits);
      }
      case BYTE_STREAM_SPLIT -> {
        int bits =
            wordBits(encoding.getByteStreamSplit().getValues().getFlat().getBitsPerValue(), page);
        page.require(bits == 32 || bits == 64, "byte stream bits", "32 or 64", bits);
        yield new ChunkValues.ByteStreams(bits);
      }
      case CONSTANT,
          OUT_OF_LINE_BITPACKING,
          DICTIONARY,
          GENERAL,
          FSST,
          VARIABLE,
          FIXED_SIZE_LIST,
          PACKED_STRUCT,
          VARIABLE_PACKED_STRUCT,
          COMPRESSION_NOT_SET ->
          throw page.unsupported("mini-block encoding " + encoding.getCompressionCase());
    };
  }

  private static int wordBits(long bits, PageContext page) {
    page.require(
        bits == 8 || bits == 16 || bits == 32 || bits == 64, "word bits", "8, 16, 32 or 64", bits);
    return (int) bits;
  }

  private static ChunkValues lists(
      FixedSizeListEncoding encoding, LeafShape shape, PageContext page) {
    boolean[] hasValidity = listValidity(encoding, shape, page);
    ChunkValues values =
        shape.isBool()
            ? new ChunkValues.FlatBits(shape.itemsPerValue())
            : new ChunkValues.Flat(shape.valueBits() / 8);
    return new ChunkValues.Lists(hasValidity, values);
  }

  /// Whether a fixed-size list keeps no items since all of them are null.
  static boolean hasNoItems(FixedSizeListEncoding encoding) {
    FixedSizeListEncoding list = encoding;
    while (list.getValues().hasFixedSizeList()) {
      list = list.getValues().getFixedSizeList();
    }
    return list.getHasValidity() && list.getValues().hasConstant();
  }

  /// Which levels of nesting of a fixed-size list have item validity, outermost first.
  static boolean[] listValidity(FixedSizeListEncoding encoding, LeafShape shape, PageContext page) {
    return listValidity(encoding, CompressionCase.FLAT, shape, page);
  }

  /// The same, where the items are coded as `items` says.
  static boolean[] listValidity(
      FixedSizeListEncoding encoding, CompressionCase items, LeafShape shape, PageContext page) {
    int[] dimensions = shape.dimensions();
    boolean[] hasValidity = new boolean[dimensions.length];
    page.require(dimensions.length > 0, "encoding", shape.type().arrowName(), "fixed-size list");
    FixedSizeListEncoding list = encoding;
    for (int i = 0; i < dimensions.length; i++) {
      page.require(
          list.getItemsPerValue() == dimensions[i],
          "fixed-size list items",
          dimensions[i],
          list.getItemsPerValue());
      hasValidity[i] = list.getHasValidity();
      boolean last = i + 1 == dimensions.length;
      page.require(
          list.getValues().getCompressionCase() == (last ? items : CompressionCase.FIXED_SIZE_LIST),
          "fixed-size list values",
          last ? items : CompressionCase.FIXED_SIZE_LIST,
          list.getValues().getCompressionCase());
      if (last && items == CompressionCase.FLAT) {
        BlockDecoder.requireBits(
            shape.primitive().fixedBits().orElse(0),
            list.getValues().getFlat().getBitsPerValue(),
            page);
      }
      list = list.getValues().getFixedSizeList();
    }
    return hasValidity;
  }

  /// Structs of fixed-width children, row by row.
  static ChunkValues.Rows rows(CompressiveEncoding encoding, LeafShape shape, PageContext page) {
    if (!(shape.type() instanceof DataType.Struct(List<Field> fields))) {
      throw page.corrupt("encoding", shape.type().arrowName(), "packed struct");
    }
    List<Long> bits = encoding.getPackedStruct().getBitsPerValueList();
    page.require(bits.size() == fields.size(), "packed children", fields.size(), bits.size());
    int[] widths = new int[bits.size()];
    long rowBytes = 0;
    for (int i = 0; i < widths.length; i++) {
      LeafShape child = LeafShape.of(fields.get(i).type());
      if (child.valueBits() == 0 || child.isBool()) {
        throw page.unsupported("packed struct with a child of " + child.type().arrowName());
      }
      BlockDecoder.requireBits(child.valueBits(), bits.get(i), page);
      widths[i] = Math.toIntExact(child.valueBits() / 8);
      rowBytes += widths[i];
    }
    BlockDecoder.requireBits(
        rowBytes * 8, encoding.getPackedStruct().getValues().getFlat().getBitsPerValue(), page);
    return new ChunkValues.Rows(widths, rowBytes);
  }

  static void requireFixed(LeafShape shape, long bits, PageContext page) {
    boolean holds = bits > 0 && shape.valueBits() == bits;
    page.require(holds, "bits per value of " + shape.type().arrowName(), shape.valueBits(), bits);
  }

  static void requireVariable(LeafShape shape, PageContext page) {
    page.require(shape.isVariable(), "encoding", shape.type().arrowName(), "variable width");
  }

  static int offsetWidth(CompressiveEncoding variable, PageContext page) {
    page.require(
        variable.hasVariable() && variable.getVariable().getOffsets().hasFlat(),
        "values with flat offsets",
        "variable",
        variable.getCompressionCase());
    long bits = variable.getVariable().getOffsets().getFlat().getBitsPerValue();
    page.require(bits == 32 || bits == 64, "offset bits", "32 or 64", bits);
    return (int) bits / 8;
  }

  static FsstTable symbols(CompressiveEncoding encoding, PageContext page) {
    byte[] table = encoding.getFsst().getSymbolTable().toByteArray();
    page.require(
        table.length == Fsst.TABLE_BYTES, "symbol table bytes", Fsst.TABLE_BYTES, table.length);
    return new FsstTable(MemorySegment.ofArray(table));
  }
}
