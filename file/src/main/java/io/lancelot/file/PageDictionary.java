package io.lancelot.file;

import io.lancelot.base.UnsupportedFeatureException;
import io.lancelot.columnar.Column;
import io.lancelot.columnar.DataType;
import io.lancelot.columnar.FixedColumn;
import io.lancelot.file.proto.CompressiveEncoding;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/// The distinct values of a page, in memory that lives as long as this object.
///
/// Format: lance-format section 2.3.4; block form of variable-width values, section 2.6.2.
///
/// @param items number of values
/// @param sink the values, as if read from a page without levels
record PageDictionary(int items, PageSink sink) {

  /// Decodes the dictionary buffer of a page.
  ///
  /// @param shape of the values
  static PageDictionary read(
      CompressiveEncoding encoding,
      long items,
      int buffer,
      LeafShape shape,
      PageState state,
      PageContext page) {
    page.require(items >= 0 && items < Integer.MAX_VALUE, "dictionary items", "an int", items);
    int count = (int) items;
    // Small or compressed as it is, the dictionary is read whole.
    Arena arena = Arena.ofAuto();
    MemorySegment source = page.buffer(buffer, arena);
    CompressiveEncoding inner = encoding;
    while (inner.hasGeneral()
        && (inner.getGeneral().getValues().hasVariable()
            || inner.getGeneral().getValues().hasGeneral())) {
      source =
          BlockDecoder.decompress(
              inner.getGeneral().getCompression(), source, state, GrowingMemory.lasting(), page);
      inner = inner.getGeneral().getValues();
    }
    if (shape.isVariable()) {
      page.require(
          inner.hasVariable(), "dictionary of " + shape.type().arrowName(), "variable", inner);
      return new PageDictionary(count, variable(source, count, shape, arena, page));
    }
    long bits = shape.valueBits();
    page.require(bits > 0, "dictionary of " + shape.type().arrowName(), "fixed width", "none");
    MemorySegment values =
        BlockDecoder.fixed(
            inner,
            Math.toIntExact(bits),
            source,
            items,
            state,
            GrowingMemory.lasting(),
            GrowingMemory.lasting(),
            page);
    if (bits % 8 != 0) {
      var flags = new PageSink.Bitmap(Math.toIntExact(bits));
      flags.start(arena, count);
      flags.append(values, 0, count);
      return new PageDictionary(count, flags);
    }
    var sink = new PageSink.Fixed(bits / 8);
    sink.start(arena, 0);
    sink.appendLasting(values.asSlice(0, items * (bits / 8)), count);
    return new PageDictionary(count, sink);
  }

  /// A dictionary of one value, or of none.
  static PageDictionary of(@Nullable MemorySegment value, LeafShape shape, Arena arena) {
    PageSink sink = shape.newSink();
    sink.start(arena, 1);
    if (value == null) {
      return new PageDictionary(0, sink);
    }
    switch (sink) {
      case PageSink.Fixed fixed -> fixed.append(value, 0, 1);
      case PageSink.Var var -> var.append(value, 0, value.byteSize());
      case PageSink.Bitmap bits -> bits.append(value, 0, 1);
      case PageSink.Items _, PageSink.Rows _, PageSink.Nothing _ ->
          throw new UnsupportedFeatureException("dictionary of " + shape.type().arrowName());
    }
    return new PageDictionary(1, sink);
  }

  private static PageSink.Var variable(
      MemorySegment source, int count, LeafShape shape, Arena arena, PageContext page) {
    page.require(source.byteSize() >= 8, "dictionary bytes", "at least 8", source.byteSize());
    int bits = source.get(FixedColumn.INT, 0);
    // Releases before 2.1 was stable wrote a single byte of bits, and then the number of values.
    boolean early = (bits & 0xFFFF_FF00) != 0;
    bits = early ? bits & 0xFF : bits;
    page.require(bits == 32 || bits == 64, "dictionary offset bits", "32 or 64", bits);
    int width = bits / 8;
    long startAt = early ? 1L + width : width;
    long offsetsAt = startAt + width;
    long offsetBytes = (count + 1L) * width;
    page.require(
        source.byteSize() >= offsetsAt + offsetBytes,
        "dictionary bytes",
        "at least " + (offsetsAt + offsetBytes),
        source.byteSize());
    long start =
        width == 4
            ? source.get(FixedColumn.INT, startAt) & 0xFFFF_FFFFL
            : source.get(FixedColumn.LONG, startAt);
    page.require(
        start >= 0 && start <= source.byteSize(),
        "dictionary bytes start",
        "inside " + source.byteSize(),
        Long.toUnsignedString(start));
    boolean large =
        shape.type() instanceof DataType.Utf8(boolean l) && l
            || shape.type() instanceof DataType.Binary(boolean b) && b;
    var sink = new PageSink.Var(large);
    sink.start(arena, count);
    page.require(
        sink.append(source, offsetsAt, width, start, count),
        "dictionary offsets",
        "rising inside " + (source.byteSize() - start),
        "others");
    return sink;
  }

  /// The values as a column.
  Column column(LeafShape shape) {
    return shape.column(sink, null);
  }
}
