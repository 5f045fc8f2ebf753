package io.lancelot.file;

import io.lancelot.columnar.DataType;
import io.lancelot.columnar.Field;
import io.lancelot.file.proto.Encodings20.ArrayEncoding;
import io.lancelot.file.proto.Encodings20.Binary;
import io.lancelot.file.proto.Encodings20.Bitpacked;
import io.lancelot.file.proto.Encodings20.BitpackedForNonNeg;
import io.lancelot.file.proto.Encodings20.Dictionary;
import io.lancelot.file.proto.Encodings20.FixedSizeList;
import io.lancelot.file.proto.Encodings20.Flat;
import io.lancelot.file.proto.Encodings20.Nullable.NullabilityCase;
import io.lancelot.file.proto.Encodings20.PackedStruct;
import io.lancelot.kernels.Fsst;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Matches the encodings that a page of a 2.0 file names with the type of its column.
///
/// Format: lance-format section 2.8.
final class V20Encodings {

  private V20Encodings() {}

  /// How a page of a leaf stores its values.
  ///
  /// @param dictionary whether the leaf is of a dictionary type; `shape` is then that of its values
  static V20Values values(
      ArrayEncoding encoding, LeafShape shape, @Nullable LeafShape dictionary, V20Page page) {
    PageContext context = page.context();
    return switch (encoding.getArrayEncodingCase()) {
      case NULLABLE -> nullable(encoding, shape, dictionary, page);
      case DICTIONARY -> coded(encoding.getDictionary(), shape, dictionary, page);
      case FLAT, BITPACKED, BITPACKED_FOR_NON_NEG, CONSTANT -> {
        requireValues(dictionary, encoding, context);
        context.require(
            shape.dimensions().length == 0, "encoding of lists", "fixed-size list", "flat");
        yield shape.isBool()
            ? new V20Values.Flags(bitmap(encoding, page))
            : new V20Values.Fixed(words(encoding, shape.valueBits(), page));
      }
      case FIXED_SIZE_LIST -> {
        requireValues(dictionary, encoding, context);
        yield lists(encoding.getFixedSizeList(), shape, page);
      }
      case BINARY -> {
        requireValues(dictionary, encoding, context);
        PageEncodings.requireVariable(shape, context);
        yield texts(encoding.getBinary(), page);
      }
      case FSST -> {
        requireValues(dictionary, encoding, context);
        PageEncodings.requireVariable(shape, context);
        byte[] table = encoding.getFsst().getSymbolTable().toByteArray();
        context.require(
            table.length == Fsst.TABLE_BYTES, "symbol table bytes", Fsst.TABLE_BYTES, table.length);
        ArrayEncoding coded = encoding.getFsst().getBinary();
        context.require(coded.hasBinary(), "coded text", "binary", coded.getArrayEncodingCase());
        yield new V20Values.Symbols(
            texts(coded.getBinary(), page), new FsstTable(MemorySegment.ofArray(table)));
      }
      case FIXED_SIZE_BINARY -> {
        requireValues(dictionary, encoding, context);
        PageEncodings.requireVariable(shape, context);
        int length = encoding.getFixedSizeBinary().getByteWidth();
        context.require(length >= 0, "value bytes", "an int", Integer.toUnsignedString(length));
        yield new V20Values.SameLength(
            words(encoding.getFixedSizeBinary().getBytes(), 8, page), length);
      }
      case PACKED_STRUCT -> {
        requireValues(dictionary, encoding, context);
        yield rows(encoding.getPackedStruct(), shape, page);
      }
      case LIST, STRUCT, ARRAYENCODING_NOT_SET ->
          throw context.corrupt(
              "encoding of " + shape.type().arrowName(),
              "one of values",
              encoding.getArrayEncodingCase());
    };
  }

  /// The positions and sizes of blobs.
  static V20Values.Blobs blobs(ArrayEncoding encoding, V20Page page) {
    page.context()
        .require(
            encoding.hasPackedStruct(),
            "encoding of blobs",
            "packed struct",
            encoding.getArrayEncodingCase());
    LeafShape pair =
        LeafShape.of(
            new DataType.Struct(
                List.of(
                    Field.required("position", io.lancelot.columnar.Types.UINT64),
                    Field.required("size", io.lancelot.columnar.Types.UINT64))));
    return new V20Values.Blobs(rows(encoding.getPackedStruct(), pair, page), page.context());
  }

  private static void requireValues(
      @Nullable LeafShape dictionary, ArrayEncoding encoding, PageContext page) {
    page.require(
        dictionary == null,
        "encoding of a dictionary column",
        "dictionary",
        encoding.getArrayEncodingCase());
  }

  private static V20Values nullable(
      ArrayEncoding encoding, LeafShape shape, @Nullable LeafShape dictionary, V20Page page) {
    var nullable = encoding.getNullable();
    return switch (nullable.getNullabilityCase()) {
      case NO_NULLS -> values(nullable.getNoNulls().getValues(), shape, dictionary, page);
      case SOME_NULLS ->
          new V20Values.SomeNulls(
              bitmap(nullable.getSomeNulls().getValidity(), page),
              values(nullable.getSomeNulls().getValues(), shape, dictionary, page));
      case ALL_NULLS -> new V20Values.Nothing();
      case NULLABILITY_NOT_SET ->
          throw page.context().corrupt("nullability", "no, some or all nulls", "none");
    };
  }

  /// A bit per value.
  static V20Bitmap bitmap(ArrayEncoding encoding, V20Page page) {
    ArrayEncoding flat = valid(encoding, page);
    page.context()
        .require(
            flat.hasFlat() && flat.getFlat().getBitsPerValue() == 1,
            "encoding of bits",
            "flat, 1 bit",
            flat.getArrayEncodingCase());
    return new V20Bitmap(buffer(flat.getFlat(), page));
  }

  private static V20Buffer buffer(Flat flat, V20Page page) {
    return page.buffer(flat.getBuffer(), flat.hasCompression() ? flat.getCompression() : null);
  }

  /// The encoding below one that says that there are no nulls.
  private static ArrayEncoding valid(ArrayEncoding encoding, V20Page page) {
    if (!encoding.hasNullable()) {
      return encoding;
    }
    page.context()
        .require(
            encoding.getNullable().getNullabilityCase() == NullabilityCase.NO_NULLS,
            "nulls among indices, offsets or bits",
            "none",
            encoding.getNullable().getNullabilityCase());
    return encoding.getNullable().getNoNulls().getValues();
  }

  /// Values of a fixed number of bytes.
  ///
  /// @param bits what a value must have; 0 for 8, 16, 32 or 64
  static V20Words words(ArrayEncoding encoding, long bits, V20Page page) {
    PageContext context = page.context();
    ArrayEncoding inner = valid(encoding, page);
    V20Words words =
        switch (inner.getArrayEncodingCase()) {
          case FLAT -> {
            long found = inner.getFlat().getBitsPerValue();
            context.require(
                found > 0 && found % 8 == 0 && found <= 8L * Integer.MAX_VALUE,
                "bits per value",
                "whole bytes",
                Long.toUnsignedString(found));
            yield new V20Words.Flat(buffer(inner.getFlat(), page), (int) (found / 8));
          }
          case BITPACKED -> {
            Bitpacked packed = inner.getBitpacked();
            int width =
                packed(
                    packed.getCompressedBitsPerValue(),
                    packed.getUncompressedBitsPerValue(),
                    context);
            context.require(
                packed.getCompressedBitsPerValue() > 0, "packed bits", "more than 0", 0);
            yield new V20Words.Packed(
                page.buffer(packed.getBuffer(), null),
                (int) packed.getCompressedBitsPerValue(),
                width,
                packed.getSigned());
          }
          case BITPACKED_FOR_NON_NEG -> {
            BitpackedForNonNeg packed = inner.getBitpackedForNonNeg();
            int width =
                packed(
                    packed.getCompressedBitsPerValue(),
                    packed.getUncompressedBitsPerValue(),
                    context);
            yield new V20Words.Blocks(
                page.buffer(packed.getBuffer(), null),
                (int) packed.getCompressedBitsPerValue(),
                width);
          }
          case CONSTANT -> {
            byte[] value = inner.getConstant().getValue().toByteArray();
            context.require(value.length > 0, "constant bytes", "more than 0", 0);
            MemorySegment own = java.lang.foreign.Arena.ofAuto().allocate(value.length, 8);
            MemorySegment.copy(value, 0, own, ValueLayout.JAVA_BYTE, 0, value.length);
            yield new V20Words.Same(own);
          }
          case NULLABLE,
              FIXED_SIZE_LIST,
              LIST,
              STRUCT,
              BINARY,
              DICTIONARY,
              FSST,
              PACKED_STRUCT,
              FIXED_SIZE_BINARY,
              ARRAYENCODING_NOT_SET ->
              throw context.corrupt(
                  "encoding of values of fixed width", "flat", inner.getArrayEncodingCase());
        };
    boolean fits =
        bits == 0
            ? Integer.bitCount(words.width()) == 1 && words.width() <= 8
            : bits == 8L * words.width();
    context.require(
        fits, "bits per value", bits == 0 ? "8, 16, 32 or 64" : bits, 8L * words.width());
    return words;
  }

  /// Bytes of the plain values.
  private static int packed(long bits, long plainBits, PageContext page) {
    page.require(
        plainBits == 8 || plainBits == 16 || plainBits == 32 || plainBits == 64,
        "plain bits",
        "8, 16, 32 or 64",
        Long.toUnsignedString(plainBits));
    page.require(bits >= 0 && bits <= plainBits, "packed bits", "at most " + plainBits, bits);
    return (int) plainBits / 8;
  }

  /// Offsets of 4 or 8 bytes.
  static V20Words offsets(ArrayEncoding encoding, V20Page page) {
    V20Words words = words(encoding, 0, page);
    page.context().require(words.width() >= 4, "offset bits", "32 or 64", 8 * words.width());
    return words;
  }

  private static V20Values texts(Binary encoding, V20Page page) {
    return new V20Values.Texts(
        offsets(encoding.getIndices(), page),
        words(encoding.getBytes(), 8, page),
        encoding.getNullAdjustment(),
        page.context());
  }

  private static V20Values lists(FixedSizeList outermost, LeafShape shape, V20Page page) {
    PageContext context = page.context();
    int[] dimensions = shape.dimensions();
    context.require(dimensions.length > 0, "encoding", shape.type().arrowName(), "fixed-size list");
    List<V20Values.Lists.Layer> layers = new ArrayList<>();
    FixedSizeList list = outermost;
    long itemsPerSlot = 1;
    for (int i = 0; ; i++) {
      context.require(
          list.getDimension() == dimensions[i],
          "fixed-size list items",
          dimensions[i],
          Integer.toUnsignedString(list.getDimension()));
      itemsPerSlot = Math.multiplyExact(itemsPerSlot, dimensions[i]);
      ArrayEncoding items = list.getItems();
      V20Bitmap validity = null;
      boolean allNull = false;
      if (items.hasNullable()) {
        var nullable = items.getNullable();
        allNull = nullable.hasAllNulls();
        if (nullable.hasSomeNulls()) {
          validity = bitmap(nullable.getSomeNulls().getValidity(), page);
          items = nullable.getSomeNulls().getValues();
        } else {
          items = nullable.getNoNulls().getValues();
        }
      }
      layers.add(new V20Values.Lists.Layer(Math.toIntExact(itemsPerSlot), allNull, validity));
      if (allNull) {
        return new V20Values.Lists(layers, null, null, shape.itemsPerValue());
      }
      if (i + 1 == dimensions.length) {
        return shape.isBool()
            ? new V20Values.Lists(layers, null, bitmap(items, page), shape.itemsPerValue())
            : new V20Values.Lists(
                layers,
                words(items, shape.primitive().fixedBits().orElse(0), page),
                null,
                shape.itemsPerValue());
      }
      context.require(
          items.hasFixedSizeList(),
          "fixed-size list values",
          "fixed-size list",
          items.getArrayEncodingCase());
      list = items.getFixedSizeList();
    }
  }

  private static V20Values.Rows rows(PackedStruct encoding, LeafShape shape, V20Page page) {
    PageContext context = page.context();
    if (!(shape.type() instanceof DataType.Struct(List<Field> fields))) {
      throw context.corrupt("encoding", shape.type().arrowName(), "packed struct");
    }
    int[] widths = new int[fields.size()];
    long rowBytes = 0;
    for (int i = 0; i < widths.length; i++) {
      LeafShape child = LeafShape.of(fields.get(i).type());
      if (child.valueBits() == 0 || child.isBool()) {
        throw context.unsupported("packed struct with a child of " + child.type().arrowName());
      }
      widths[i] = Math.toIntExact(child.valueBits() / 8);
      rowBytes += widths[i];
    }
    return new V20Values.Rows(page.buffer(encoding.getBuffer(), null), widths, rowBytes);
  }

  private static V20Values coded(
      Dictionary encoding, LeafShape shape, @Nullable LeafShape dictionary, V20Page page) {
    PageContext context = page.context();
    context.require(
        shape.dimensions().length == 0 && !(shape.type() instanceof DataType.Struct),
        "encoding of " + shape.type().arrowName(),
        "no dictionary",
        "dictionary");
    ArrayEncoding indices = encoding.getIndices();
    V20Bitmap nulls = null;
    if (indices.hasNullable() && indices.getNullable().hasSomeNulls()) {
      nulls = bitmap(indices.getNullable().getSomeNulls().getValidity(), page);
      indices = indices.getNullable().getSomeNulls().getValues();
    }
    // Items take space, unless all are null; more than the page has room for are not there.
    long room = 64;
    for (long size : context.sizes()) {
      room += size;
    }
    long count = Integer.toUnsignedLong(encoding.getNumDictionaryItems());
    context.require(
        count <= Math.min(room * 8, Integer.MAX_VALUE - 64), "dictionary items", "fewer", count);
    return new V20Values.Coded(
        words(indices, dictionary == null ? 0 : dictionary.valueBits(), page),
        nulls,
        dictionary == null,
        values(encoding.getItems(), shape, null, page),
        (int) count,
        shape,
        context);
  }
}
