package io.lancelot.file;

import io.lancelot.columnar.FixedColumn;
import io.lancelot.kernels.BitPacking;
import io.lancelot.kernels.Fsst;
import io.lancelot.kernels.RunLengths;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// How the value buffers of a mini-block chunk are turned into values.
///
/// Format: lance-format sections 2.6.1 to 2.6.11.
sealed interface ChunkValues {

  /// Appends values `[from, to)` of a chunk.
  void append(
      ChunkBuffers chunk, int from, int to, PageState state, PageSink sink, PageContext page);

  /// Appends values `at[0 .. count)` of a chunk, ascending and perhaps repeating.
  default void gather(
      ChunkBuffers chunk, int[] at, int count, PageState state, PageSink sink, PageContext page) {
    for (int i = 0; i < count; ) {
      int from = at[i];
      int to = from + 1;
      i++;
      while (i < count && at[i] == to) {
        to++;
        i++;
      }
      append(chunk, from, to, state, sink, page);
    }
  }

  /// Value buffers a chunk has.
  default int bufferCount() {
    return 1;
  }

  private static void requireBytes(MemorySegment buffer, long bytes, PageContext page) {
    if (buffer.byteSize() < bytes) {
      throw page.corrupt("chunk value bytes", bytes, buffer.byteSize());
    }
  }

  /// Contiguous values of whole bytes.
  record Flat(long width) implements ChunkValues {
    @Override
    public void append(
        ChunkBuffers chunk, int from, int to, PageState state, PageSink sink, PageContext page) {
      MemorySegment buffer = chunk.buffers[0];
      requireBytes(buffer, chunk.valueCount * width, page);
      ((PageSink.Fixed) sink).append(buffer, from * width, to - from);
    }

    @Override
    public void gather(
        ChunkBuffers chunk, int[] at, int count, PageState state, PageSink sink, PageContext page) {
      MemorySegment buffer = chunk.buffers[0];
      requireBytes(buffer, chunk.valueCount * width, page);
      ((PageSink.Fixed) sink).gather(buffer, at, count);
    }
  }

  /// Contiguous values of a number of bits.
  record FlatBits(int bits) implements ChunkValues {
    @Override
    public void append(
        ChunkBuffers chunk, int from, int to, PageState state, PageSink sink, PageContext page) {
      MemorySegment buffer = chunk.buffers[0];
      requireBytes(buffer, ((long) chunk.valueCount * bits + 7) / 8, page);
      ((PageSink.Bitmap) sink).append(buffer, (long) from * bits, to - from);
    }
  }

  /// Fixed-size lists: a bitmap for each level of nesting whose items may be null, then the values.
  ///
  /// @param hasValidity by level of nesting, outermost first
  /// @param values of whole lists
  record Lists(boolean[] hasValidity, ChunkValues values) implements ChunkValues {
    @Override
    public int bufferCount() {
      int count = 1;
      for (boolean present : hasValidity) {
        count += present ? 1 : 0;
      }
      return count;
    }

    @Override
    public void append(
        ChunkBuffers chunk, int from, int to, PageState state, PageSink sink, PageContext page) {
      var items = (PageSink.Items) sink;
      MemorySegment[] buffers = chunk.buffers;
      int next = 0;
      for (int level = 0; level < hasValidity.length; level++) {
        if (hasValidity[level]) {
          PageSink.Bitmap bitmap = items.startValidity(level);
          MemorySegment buffer = buffers[next++];
          requireBytes(buffer, ((long) chunk.valueCount * bitmap.bits() + 7) / 8, page);
          bitmap.append(buffer, (long) from * bitmap.bits(), to - from);
        }
      }
      MemorySegment first = buffers[0];
      buffers[0] = buffers[next];
      values.append(chunk, from, to, state, items.values(), page);
      buffers[0] = first;
    }
  }

  /// Structs row by row.
  ///
  /// @param widths bytes of each child
  record Rows(int[] widths, long rowBytes) implements ChunkValues {
    @Override
    public void append(
        ChunkBuffers chunk, int from, int to, PageState state, PageSink sink, PageContext page) {
      MemorySegment buffer = chunk.buffers[0];
      requireBytes(buffer, chunk.valueCount * rowBytes, page);
      append(buffer, from * rowBytes, rowBytes, to - from, (PageSink.Rows) sink);
    }

    /// Appends rows that lie `stride` bytes apart.
    void append(MemorySegment source, long position, long stride, int count, PageSink.Rows rows) {
      long at = position;
      for (int i = 0; i < widths.length; i++) {
        PageSink child = rows.children()[i];
        var fixed =
            (PageSink.Fixed) (child instanceof PageSink.Items items ? items.values() : child);
        fixed.appendStrided(source, at, stride, count);
        at += widths[i];
      }
      rows.advance(count);
    }
  }

  /// Codecs that can only decode a chunk as a whole, to values of whole bytes.
  sealed interface Whole extends ChunkValues {

    int bits();

    /// Decodes all values of the chunk. The target has room for whole blocks of 1,024 values.
    void decode(
        ChunkBuffers chunk, MemorySegment target, long offset, PageState state, PageContext page);

    /// The values of the chunk, decoded once.
    default MemorySegment decoded(ChunkBuffers chunk, PageState state, PageContext page) {
      long bytes = roundedUp(chunk.valueCount) * (bits() / 8);
      if (!chunk.isDecoded) {
        chunk.decodedValues = chunk.decoded.take(bytes, state.scratch());
        decode(chunk, chunk.decodedValues, 0, state, page);
        chunk.isDecoded = true;
      }
      return chunk.decodedValues;
    }

    private static long roundedUp(int count) {
      return (count + BitPacking.BLOCK - 1L) / BitPacking.BLOCK * BitPacking.BLOCK;
    }

    @Override
    default void append(
        ChunkBuffers chunk, int from, int to, PageState state, PageSink sink, PageContext page) {
      var fixed = (PageSink.Fixed) sink;
      int width = bits() / 8;
      int count = chunk.valueCount;
      if (from == 0 && to == count && !chunk.isDecoded) {
        MemorySegment target = fixed.reserve(count, (roundedUp(count) - count) * width);
        decode(chunk, target, fixed.position(), state, page);
        fixed.advance(count);
        return;
      }
      fixed.append(decoded(chunk, state, page), (long) from * width, to - from);
    }

    @Override
    default void gather(
        ChunkBuffers chunk, int[] at, int count, PageState state, PageSink sink, PageContext page) {
      if (count > 0) {
        ((PageSink.Fixed) sink).gather(decoded(chunk, state, page), at, count);
      }
    }
  }

  /// Contiguous values that serve as indices.
  record FlatWhole(int bits) implements Whole {
    @Override
    public MemorySegment decoded(ChunkBuffers chunk, PageState state, PageContext page) {
      requireBytes(chunk.buffers[0], chunk.valueCount * (bits / 8L), page);
      return chunk.buffers[0];
    }

    @Override
    public void decode(
        ChunkBuffers chunk, MemorySegment target, long offset, PageState state, PageContext page) {
      MemorySegment.copy(
          decoded(chunk, state, page), 0, target, offset, chunk.valueCount * (bits / 8L));
    }
  }

  /// One block of bit-packed values, its width first.
  record Packed(int bits) implements Whole {
    /// Values up to which unpacking one by one costs less than unpacking the block.
    private static final int FEW = 4;

    @Override
    public void gather(
        ChunkBuffers chunk, int[] at, int count, PageState state, PageSink sink, PageContext page) {
      if (count > FEW || chunk.isDecoded) {
        Whole.super.gather(chunk, at, count, state, sink, page);
        return;
      }
      check(chunk, page);
      for (int i = 0; i < count; i++) {
        long value = BlockDecoder.inlineValue(bits, chunk.buffers[0], at[i], page);
        ((PageSink.Fixed) sink).appendLow(value, bits);
      }
    }

    private static void check(ChunkBuffers chunk, PageContext page) {
      if (chunk.valueCount > BitPacking.BLOCK) {
        throw page.corrupt("packed values of a chunk", "at most 1024", chunk.valueCount);
      }
    }

    @Override
    public void decode(
        ChunkBuffers chunk, MemorySegment target, long offset, PageState state, PageContext page) {
      check(chunk, page);
      BlockDecoder.inlineUnpack(bits, chunk.buffers[0], target, offset, state, page);
    }
  }

  /// Run values and run lengths.
  record Runs(int bits) implements Whole {
    @Override
    public int bufferCount() {
      return 2;
    }

    @Override
    public void decode(
        ChunkBuffers chunk, MemorySegment target, long offset, PageState state, PageContext page) {
      RunLengths.expand(bits, chunk.buffers[0], chunk.buffers[1], target, offset, chunk.valueCount);
    }
  }

  /// All first bytes, then all second bytes, and so on.
  record ByteStreams(int bits) implements Whole {
    @Override
    public void decode(
        ChunkBuffers chunk, MemorySegment target, long offset, PageState state, PageContext page) {
      state.byteStreamSplit().join(bits, chunk.buffers[0], chunk.valueCount, target, offset);
    }
  }

  /// Offsets into the buffer, then bytes.
  record Variable(int offsetWidth) implements ChunkValues {
    @Override
    public void append(
        ChunkBuffers chunk, int from, int to, PageState state, PageSink sink, PageContext page) {
      MemorySegment buffer = chunk.buffers[0];
      requireBytes(buffer, (chunk.valueCount + 1L) * offsetWidth, page);
      if (!((PageSink.Var) sink)
          .append(buffer, (long) from * offsetWidth, offsetWidth, 0, to - from)) {
        throw page.corrupt("offsets of chunk " + chunk.number, "rising inside it", "others");
      }
    }

    @Override
    public void gather(
        ChunkBuffers chunk, int[] at, int count, PageState state, PageSink sink, PageContext page) {
      MemorySegment buffer = chunk.buffers[0];
      requireBytes(buffer, (chunk.valueCount + 1L) * offsetWidth, page);
      if (!((PageSink.Var) sink).gather(buffer, offsetWidth, at, count)) {
        throw page.corrupt("offsets of chunk " + chunk.number, "rising inside it", "others");
      }
    }
  }

  /// The same, each value coded with the page's symbols.
  record Symbols(FsstTable table, int offsetWidth) implements ChunkValues {
    @Override
    public void append(
        ChunkBuffers chunk, int from, int to, PageState state, PageSink sink, PageContext page) {
      MemorySegment buffer = chunk.buffers[0];
      requireBytes(buffer, (chunk.valueCount + 1L) * offsetWidth, page);
      var target = (PageSink.Var) sink;
      int count = to - from;
      long at = (long) from * offsetWidth;
      long first = offset(buffer, at);
      long last = offset(buffer, at + (long) count * offsetWidth);
      if (!(first >= 0 && first <= last && last <= buffer.byteSize())) {
        throw page.corrupt(
            "offsets of chunk " + chunk.number,
            "rising inside " + buffer.byteSize(),
            first + ".." + last);
      }
      Fsst fsst = state.fsst(table);
      if (offsetWidth != target.offsetWidth()) {
        for (int i = from; i < to; i++) {
          value(buffer, i, fsst, target, page);
        }
        return;
      }
      MemorySegment offsets = target.reserveOffsets(count);
      MemorySegment data = target.reserveData(Fsst.maxDecodedBytes(last - first));
      long end =
          fsst.decode(
              offsetWidth * 8,
              buffer,
              buffer.asSlice(at, (count + 1L) * offsetWidth),
              count,
              data,
              target.used(),
              offsets.asSlice((long) target.count() * offsetWidth, (count + 1L) * offsetWidth));
      target.advance(count, end);
    }

    @Override
    public void gather(
        ChunkBuffers chunk, int[] at, int count, PageState state, PageSink sink, PageContext page) {
      MemorySegment buffer = chunk.buffers[0];
      requireBytes(buffer, (chunk.valueCount + 1L) * offsetWidth, page);
      for (int i = 0; i < count; i++) {
        value(buffer, at[i], state.fsst(table), (PageSink.Var) sink, page);
      }
    }

    private void value(
        MemorySegment buffer, int index, Fsst fsst, PageSink.Var target, PageContext page) {
      long from = offset(buffer, (long) index * offsetWidth);
      long to = offset(buffer, (index + 1L) * offsetWidth);
      if (!(from >= 0 && from <= to && to <= buffer.byteSize())) {
        throw page.corrupt("offsets", "rising", from + ".." + to);
      }
      appendDecoded(buffer, from, to, fsst, target);
    }

    /// Decodes one value into a sink.
    static void appendDecoded(
        MemorySegment source, long from, long to, Fsst fsst, PageSink.Var target) {
      MemorySegment data = target.reserveData(Fsst.maxDecodedBytes(to - from));
      long length = fsst.decodeValue(source, from, to, data, target.used());
      target.appendWritten(length);
    }

    private long offset(MemorySegment buffer, long at) {
      return offsetWidth == 4 ? buffer.get(FixedColumn.INT, at) : buffer.get(FixedColumn.LONG, at);
    }
  }

  /// Indices into the page's dictionary, replaced by its values.
  record Indexed(Whole indices, MiniBlockPage owner) implements ChunkValues {
    @Override
    public int bufferCount() {
      return indices.bufferCount();
    }

    @Override
    public void append(
        ChunkBuffers chunk, int from, int to, PageState state, PageSink sink, PageContext page) {
      PageDictionary dictionary = state.dictionary(owner);
      int[] found = readIndices(indices, chunk, from, to, state, page);
      lookUp(dictionary, found, to - from, sink, page);
    }

    @Override
    public void gather(
        ChunkBuffers chunk, int[] at, int count, PageState state, PageSink sink, PageContext page) {
      PageDictionary dictionary = state.dictionary(owner);
      MemorySegment values = indices.decoded(chunk, state, page);
      int[] found = chunk.indices(count);
      for (int i = 0; i < count; i++) {
        found[i] = index(values, indices.bits(), at[i]);
      }
      lookUp(dictionary, found, count, sink, page);
    }

    private static void lookUp(
        PageDictionary dictionary, int[] found, int count, PageSink sink, PageContext page) {
      requireInside(found, count, dictionary.items(), page);
      switch (sink) {
        case PageSink.Fixed fixed ->
            fixed.gather(((PageSink.Fixed) dictionary.sink()).data(), found, count);
        case PageSink.Var var -> var.gather((PageSink.Var) dictionary.sink(), found, count);
        case PageSink.Bitmap _, PageSink.Items _, PageSink.Rows _, PageSink.Nothing _ ->
            throw page.unsupported("dictionary of such values");
      }
    }

    /// Indices `[from, to)` of a chunk, not checked.
    static int[] readIndices(
        Whole indices, ChunkBuffers chunk, int from, int to, PageState state, PageContext page) {
      MemorySegment values = indices.decoded(chunk, state, page);
      int count = to - from;
      int bits = indices.bits();
      int[] target = chunk.indices(count);
      if (bits == 32) {
        MemorySegment.copy(values, FixedColumn.INT, from * 4L, target, 0, count);
        return target;
      }
      for (int i = 0; i < count; i++) {
        target[i] = index(values, bits, from + i);
      }
      return target;
    }

    /// An index; -1 for one that no dictionary has.
    private static int index(MemorySegment values, int bits, long at) {
      return switch (bits) {
        case 8 -> values.get(ValueLayout.JAVA_BYTE, at) & 0xFF;
        case 16 -> values.get(FixedColumn.SHORT, at * 2) & 0xFFFF;
        case 32 -> values.get(FixedColumn.INT, at * 4);
        default -> {
          long index = values.get(FixedColumn.LONG, at * 8);
          yield index < 0 || index > Integer.MAX_VALUE ? -1 : (int) index;
        }
      };
    }

    static void requireInside(int[] found, int count, int items, PageContext page) {
      int wrong = 0;
      for (int i = 0; i < count; i++) {
        wrong |= found[i] | (items - 1 - found[i]);
      }
      if (wrong < 0) {
        throw page.corrupt("dictionary index", "below " + items, "others");
      }
    }
  }

  /// Indices into the page's dictionary, kept as they are.
  record Indices(Whole indices, MiniBlockPage owner) implements ChunkValues {
    @Override
    public int bufferCount() {
      return indices.bufferCount();
    }

    @Override
    public void append(
        ChunkBuffers chunk, int from, int to, PageState state, PageSink sink, PageContext page) {
      PageDictionary dictionary = state.dictionary(owner);
      int[] found = Indexed.readIndices(indices, chunk, from, to, state, page);
      Indexed.requireInside(found, to - from, dictionary.items(), page);
      int width = indices.bits() / 8;
      ((PageSink.Fixed) sink)
          .append(indices.decoded(chunk, state, page), (long) from * width, to - from);
    }
  }
}
