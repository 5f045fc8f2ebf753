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
    @Override
    public void append(
        ChunkBuffers chunk, int from, int to, PageState state, PageSink sink, PageContext page) {
      if (to - from != 1 || chunk.isDecoded) {
        Whole.super.append(chunk, from, to, state, sink, page);
        return;
      }
      // A row taken by itself.
      check(chunk, page);
      long value = BlockDecoder.inlineValue(bits, chunk.buffers[0], from, page);
      ((PageSink.Fixed) sink).appendLow(value, bits);
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
        eachValue(buffer, at, count, fsst, target, page);
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

    private void eachValue(
        MemorySegment buffer,
        long at,
        int count,
        Fsst fsst,
        PageSink.Var target,
        PageContext page) {
      for (int i = 0; i < count; i++) {
        long from = offset(buffer, at + (long) i * offsetWidth);
        long to = offset(buffer, at + (i + 1L) * offsetWidth);
        if (!(from >= 0 && from <= to && to <= buffer.byteSize())) {
          throw page.corrupt("offsets", "rising", from + ".." + to);
        }
        appendDecoded(buffer, from, to, fsst, target);
      }
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
      int[] at = readIndices(indices, chunk, from, to, dictionary.items(), state, page);
      int count = to - from;
      switch (sink) {
        case PageSink.Fixed fixed ->
            fixed.gather(((PageSink.Fixed) dictionary.sink()).data(), at, count);
        case PageSink.Var var -> var.gather((PageSink.Var) dictionary.sink(), at, count);
        case PageSink.Bitmap _, PageSink.Items _, PageSink.Rows _, PageSink.Nothing _ ->
            throw page.unsupported("dictionary of such values");
      }
    }

    static int[] readIndices(
        Whole indices,
        ChunkBuffers chunk,
        int from,
        int to,
        int items,
        PageState state,
        PageContext page) {
      MemorySegment values = indices.decoded(chunk, state, page);
      int count = to - from;
      if (chunk.indices.length < count) {
        chunk.indices = new int[Math.max(1024, count)];
      }
      int[] target = chunk.indices;
      switch (indices.bits()) {
        case 8 -> {
          for (int i = 0; i < count; i++) {
            target[i] = values.get(ValueLayout.JAVA_BYTE, from + (long) i) & 0xFF;
          }
        }
        case 16 -> {
          for (int i = 0; i < count; i++) {
            target[i] = values.get(FixedColumn.SHORT, (from + (long) i) * 2) & 0xFFFF;
          }
        }
        case 32 -> MemorySegment.copy(values, FixedColumn.INT, from * 4L, target, 0, count);
        default -> {
          for (int i = 0; i < count; i++) {
            long index = values.get(FixedColumn.LONG, (from + (long) i) * 8);
            target[i] = index < 0 || index > Integer.MAX_VALUE ? -1 : (int) index;
          }
        }
      }
      int wrong = 0;
      for (int i = 0; i < count; i++) {
        int index = target[i];
        wrong |= index | (items - 1 - index);
      }
      if (wrong < 0) {
        throw page.corrupt("dictionary index", "below " + items, "others");
      }
      return target;
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
      Indexed.readIndices(indices, chunk, from, to, dictionary.items(), state, page);
      int width = indices.bits() / 8;
      ((PageSink.Fixed) sink)
          .append(indices.decoded(chunk, state, page), (long) from * width, to - from);
    }
  }
}
