package io.lancelot.file;

import io.lancelot.columnar.FixedColumn;
import io.lancelot.file.proto.BufferCompression;
import io.lancelot.file.proto.CompressiveEncoding;
import io.lancelot.file.proto.MiniBlockLayout;
import io.lancelot.storage.ObjectReader.Range;
import io.lancelot.storage.ReadRanges;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A page of small values in chunks of a few KiB.
///
/// Format: lance-format sections 2.3 and A.6.
final class MiniBlockPage implements PageDecoder {

  private static final int DATA = 1;

  /// Slots of a row from which on it is copied by itself, and not gathered with others.
  private static final int LONG_ROW = 64;

  private final PageContext page;
  private final MiniBlockLayout layout;
  private final LevelLayers layers;
  private final int visibleBelow;
  private final short[] translation;
  private final LeafShape shape;
  private final ChunkValues values;
  private final @Nullable BufferCompression compression;
  private volatile @Nullable Chunks chunks;
  private volatile WeakReference<@Nullable PageDictionary> dictionary = new WeakReference<>(null);

  /// @param shape of the values, for a dictionary column of the dictionary's values
  /// @param indices for a dictionary column the shape of its indices
  MiniBlockPage(
      PageContext page,
      MiniBlockLayout layout,
      LevelLayers layers,
      LeafShape shape,
      @Nullable LeafShape indices) {
    this.page = page;
    this.layout = layout;
    this.layers = layers;
    this.shape = shape;
    visibleBelow = layers.visibleBelow(0);
    translation = layers.translation(layout.getLayersList(), page);
    CompressiveEncoding encoding = layout.getValueCompression();
    compression = encoding.hasGeneral() ? encoding.getGeneral().getCompression() : null;
    if (compression != null) {
      encoding = encoding.getGeneral().getValues();
    }
    if (layout.hasDictionary()) {
      ChunkValues.Whole whole = PageEncodings.whole(encoding, page);
      if (indices == null) {
        values = new ChunkValues.Indexed(whole, this);
      } else {
        PageEncodings.requireFixed(indices, whole.bits(), page);
        values = new ChunkValues.Indices(whole, this);
      }
    } else if (indices != null) {
      throw page.unsupported("dictionary column in a page without a dictionary");
    } else {
      values = PageEncodings.chunkValues(encoding, shape, page);
    }
    if (layout.getNumBuffers() != values.bufferCount()) {
      throw page.corrupt("value buffers", values.bufferCount(), layout.getNumBuffers());
    }
    boolean repeated = layers.listCount() > 0;
    if (layout.hasRepCompression() != repeated) {
      throw page.corrupt("repetition levels", repeated, !repeated);
    }
    if (repeated && layout.getRepetitionIndexDepth() != 1) {
      throw page.unsupported("repetition index of depth " + layout.getRepetitionIndexDepth());
    }
  }

  /// Where chunks lie and what they hold.
  ///
  /// @param start position in the data buffer, one more than chunks
  /// @param firstValue value slots before each chunk, one more than chunks
  /// @param rowsDone rows finished before each chunk, one more than chunks; without lists the same
  ///   as `firstValue`
  /// @param continued whether a chunk starts in the middle of a row
  private record Chunks(long[] start, long[] firstValue, long[] rowsDone, boolean[] continued) {

    int count() {
      return start.length - 1;
    }

    /// Rows whose first level lies before a chunk.
    long rowsStarted(int chunk) {
      return rowsDone[chunk] + (chunk < continued.length && continued[chunk] ? 1 : 0);
    }
  }

  private Chunks chunks() {
    Chunks known = chunks;
    if (known == null) {
      known = readChunks();
      chunks = known;
    }
    return known;
  }

  private Chunks readChunks() {
    try (Arena arena = Arena.ofConfined()) {
      int width = layout.getHasLargeChunk() ? 4 : 2;
      long bytes = page.size(0);
      if (!(bytes % width == 0 && bytes / width < Integer.MAX_VALUE - 8)) {
        throw page.corrupt("chunk table bytes", "a multiple of " + width, bytes);
      }
      MemorySegment words = page.buffer(0, arena);
      int count = (int) (bytes / width);
      long[] start = new long[count + 1];
      long[] firstValue = new long[count + 1];
      long items = layout.getNumItems();
      if (items < 0) {
        throw page.corrupt("items", "not negative", items);
      }
      for (int i = 0; i < count; i++) {
        long word =
            width == 4
                ? words.get(FixedColumn.INT, i * 4L) & 0xFFFF_FFFFL
                : words.get(FixedColumn.SHORT, i * 2L) & 0xFFFFL;
        start[i + 1] = start[i] + ((word >>> 4) + 1) * 8;
        long left = items - firstValue[i];
        int log = (int) (word & 15);
        long slots = log == 0 && i + 1 == count ? left : 1L << log;
        boolean fits = i + 1 == count ? slots == left : log != 0 && slots <= left;
        if (!fits) {
          throw page.corrupt("values of chunk " + i, "at most " + left, slots);
        }
        firstValue[i + 1] = firstValue[i] + slots;
      }
      if (firstValue[count] != items) {
        throw page.corrupt("values of all chunks", items, firstValue[count]);
      }
      if (start[count] != page.size(DATA)) {
        throw page.corrupt("bytes of all chunks", page.size(DATA), start[count]);
      }
      if (layers.listCount() == 0) {
        if (items != page.rows()) {
          throw page.corrupt("items", page.rows(), items);
        }
        return new Chunks(start, firstValue, firstValue, new boolean[0]);
      }
      return withRows(start, firstValue, arena);
    }
  }

  private Chunks withRows(long[] start, long[] firstValue, Arena arena) {
    int count = start.length - 1;
    int buffer = layout.hasDictionary() ? 3 : 2;
    if (page.size(buffer) != count * 16L) {
      throw page.corrupt("repetition index bytes", count * 16L, page.size(buffer));
    }
    MemorySegment index = page.buffer(buffer, arena);
    long[] rowsDone = new long[count + 1];
    boolean[] continued = new boolean[count + 1];
    for (int i = 0; i < count; i++) {
      long rows = index.get(FixedColumn.LONG, i * 16L);
      long left = page.rows() - rowsDone[i];
      if (!(rows >= 0 && rows <= left)) {
        throw page.corrupt("rows of chunk " + i, "at most " + left, rows);
      }
      rowsDone[i + 1] = rowsDone[i] + rows;
      continued[i + 1] = index.get(FixedColumn.LONG, i * 16L + 8) != 0;
    }
    if (!(rowsDone[count] == page.rows() && !continued[count])) {
      throw page.corrupt("rows of all chunks", page.rows(), rowsDone[count]);
    }
    return new Chunks(start, firstValue, rowsDone, continued);
  }

  @Override
  public void read(long from, long to, PageState state) {
    if (from == to) {
      return;
    }
    if (state.keepsDictionaries()) {
      state.startDictionary(state.dictionary(this));
    }
    Chunks known = chunks();
    if (layers.listCount() == 0) {
      readValues(known, from, to, state);
    } else {
      readRows(known, from, to, state);
    }
  }

  /// Without lists a row is a value.
  private void readValues(Chunks known, long from, long to, PageState state) {
    int first = chunkOf(known.firstValue, known.count(), from);
    int last = chunkOf(known.firstValue, known.count(), to - 1);
    MemorySegment data = data(known, first, last, state);
    for (int c = first; c <= last; c++) {
      load(known, c, data, known.start[first], state);
      int a = (int) Math.max(0, from - known.firstValue[c]);
      int b = (int) Math.min(state.chunk.valueCount, to - known.firstValue[c]);
      values.append(state.chunk, a, b, state, state.sink, page);
      state.levels.append(null, layout.hasDefCompression() ? state.chunk.def : null, a, b);
    }
  }

  private void readRows(Chunks known, long from, long to, PageState state) {
    int first = firstChunkOf(known, from);
    int last = first;
    while (last + 1 < known.count() && known.rowsDone[last + 1] < to) {
      last++;
    }
    MemorySegment data = data(known, first, last, state);
    for (int c = first; c <= last; c++) {
      load(known, c, data, known.start[first], state);
      ChunkBuffers chunk = state.chunk;
      // The first level belongs to row rowsDone[c], whether the row starts there or goes on.
      int a = known.rowsDone[c] >= from ? 0 : levelOf(chunk, from - known.rowsStarted(c));
      int b =
          known.rowsStarted(c + 1) <= to
              ? chunk.levelCount
              : levelOf(chunk, to - known.rowsStarted(c));
      int skipped = visibleBefore(chunk, a);
      int taken = a == 0 && b == chunk.levelCount ? chunk.valueCount : visible(chunk, a, b);
      values.append(chunk, skipped, skipped + taken, state, state.sink, page);
      state.levels.append(chunk.rep, layout.hasDefCompression() ? chunk.def : null, a, b);
    }
  }

  @Override
  public void take(long[] rows, int from, int to, long firstRow, PageState state) {
    if (state.keepsDictionaries()) {
      state.startDictionary(state.dictionary(this));
    }
    Chunks known = chunks();
    if (page.file().mayBeCold()) {
      expect(known, rows, from, to, firstRow);
    }
    state.chunk.reservePositions(to - from);
    int at = from;
    while (at < to) {
      at =
          layers.listCount() == 0
              ? takeValues(known, rows, at, to, firstRow, state)
              : takeRows(known, rows, at, to, firstRow, state);
    }
  }

  /// Says which chunks will be read, those near each other together.
  private void expect(Chunks known, long[] rows, int from, int to, long firstRow) {
    boolean lists = layers.listCount() > 0;
    List<Range> wanted = new ArrayList<>();
    long start = -1;
    long end = -1;
    for (int i = from; i < to; i++) {
      long row = rows[i] - firstRow;
      int number = lists ? firstChunkOf(known, row) : chunkOf(known.firstValue, known.count(), row);
      if (start >= 0 && known.start[number] - end > ReadRanges.LOCAL_GAP_BYTES) {
        wanted.add(page.range(DATA, start, end - start));
        start = -1;
      }
      start = start < 0 ? known.start[number] : start;
      end = Math.max(end, known.start[number + 1]);
    }
    wanted.add(page.range(DATA, start, end - start));
    page.file().expect(wanted);
  }

  /// Takes the rows that lie in the chunk of the first one, where a row is a value.
  ///
  /// @return the number of the first row after them
  private int takeValues(
      Chunks known, long[] rows, int from, int to, long firstRow, PageState state) {
    int number = chunkOf(known.firstValue, known.count(), rows[from] - firstRow);
    ChunkBuffers chunk = loaded(known, number, state);
    long first = firstRow + known.firstValue[number];
    long end = firstRow + known.firstValue[number + 1];
    int[] positions = chunk.positions;
    int next = from;
    while (next < to && rows[next] < end) {
      positions[next - from] = (int) (rows[next] - first);
      next++;
    }
    int count = next - from;
    values.gather(chunk, positions, count, state, state.sink, page);
    state.levels.gather(layout.hasDefCompression() ? chunk.def : null, positions, count);
    return next;
  }

  /// Takes the rows that lie in the chunk of the first one, or that row alone if it goes on in the
  /// next chunk.
  ///
  /// @return the number of the first row after them
  private int takeRows(
      Chunks known, long[] rows, int from, int to, long firstRow, PageState state) {
    long row = rows[from] - firstRow;
    int number = firstChunkOf(known, row);
    if (row >= known.rowsDone[number + 1]) {
      readRows(known, row, row + 1, state);
      return from + 1;
    }
    ChunkBuffers chunk = loaded(known, number, state);
    int[] starts = chunk.rowStarts(layers.listCount());
    long first = firstRow + known.rowsStarted(number);
    long end = firstRow + known.rowsDone[number + 1];
    short[] def = layout.hasDefCompression() ? chunk.def : null;
    int next = from;
    int taken = 0;
    while (next < to && rows[next] < end) {
      int index = (int) (rows[next++] - first);
      int a = starts[index];
      int b = starts[index + 1];
      int slot = visibleBefore(chunk, a);
      int slots = visible(chunk, a, b);
      state.levels.append(chunk.rep, def, a, b);
      if (slots > LONG_ROW) {
        gather(chunk, taken, state);
        taken = 0;
        values.append(chunk, slot, slot + slots, state, state.sink, page);
        continue;
      }
      chunk.reservePositions(taken + slots);
      for (int i = 0; i < slots; i++) {
        chunk.positions[taken++] = slot + i;
      }
    }
    gather(chunk, taken, state);
    return next;
  }

  private void gather(ChunkBuffers chunk, int count, PageState state) {
    if (count > 0) {
      values.gather(chunk, chunk.positions, count, state, state.sink, page);
    }
  }

  private ChunkBuffers loaded(Chunks known, int number, PageState state) {
    load(known, number, data(known, number, number, state), known.start[number], state);
    return state.chunk;
  }

  /// The chunk in which a row has its first level.
  private static int firstChunkOf(Chunks known, long row) {
    int low = 0;
    int high = known.count() - 1;
    while (low < high) {
      int middle = (low + high + 1) >>> 1;
      if (known.rowsStarted(middle) <= row) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    return low;
  }

  /// The level at which the row starts that is number `index` of those starting in the chunk.
  private int levelOf(ChunkBuffers chunk, long index) {
    int outermost = layers.listCount();
    short[] rep = chunk.rep;
    // Rows are asked for in ascending order: go on where the last one was found.
    boolean onwards = chunk.foundRow <= index;
    long left = onwards ? index - chunk.foundRow : index;
    for (int i = onwards ? chunk.foundLevel : 0; i < chunk.levelCount; i++) {
      if (rep[i] == outermost && left-- == 0) {
        chunk.foundRow = index;
        chunk.foundLevel = i;
        return i;
      }
    }
    return chunk.levelCount;
  }

  private int visibleBefore(ChunkBuffers chunk, int level) {
    boolean onwards = chunk.countedLevels <= level;
    int from = onwards ? chunk.countedLevels : 0;
    chunk.countedValues = (onwards ? chunk.countedValues : 0) + visible(chunk, from, level);
    chunk.countedLevels = level;
    return chunk.countedValues;
  }

  /// Value slots among levels `[from, to)`.
  private int visible(ChunkBuffers chunk, int from, int to) {
    if (!layout.hasDefCompression()) {
      return to - from;
    }
    return PageLevels.countBelow(chunk.def, from, to, visibleBelow);
  }

  private static int chunkOf(long[] firstValue, int count, long value) {
    int at = Arrays.binarySearch(firstValue, 0, count, value);
    return at >= 0 ? at : -at - 2;
  }

  private MemorySegment data(Chunks known, int first, int last, PageState state) {
    ChunkBuffers chunk = state.chunk;
    if (first == last && chunk.page == this && chunk.number == first) {
      return MemorySegment.NULL;
    }
    long start = known.start[first];
    long length = known.start[last + 1] - start;
    page.expect(DATA, start, length);
    return page.buffer(DATA, start, length, state.scratch());
  }

  /// Takes a chunk apart unless it is the one at hand.
  private void load(Chunks known, int number, MemorySegment data, long dataStart, PageState state) {
    ChunkBuffers chunk = state.chunk;
    if (chunk.page == this && chunk.number == number) {
      return;
    }
    chunk.clear();
    long slots = known.firstValue[number + 1] - known.firstValue[number];
    if (!(slots <= 1 << 24)) {
      throw page.corrupt("values of chunk " + number, "at most 2^24", slots);
    }
    chunk.valueCount = (int) slots;
    chunk.number = number;
    split(
        data.asSlice(
            known.start[number] - dataStart, known.start[number + 1] - known.start[number]),
        chunk,
        state);
    if (layers.listCount() == 0) {
      if (!(!layout.hasDefCompression() || chunk.levelCount == chunk.valueCount)) {
        throw page.corrupt("levels of chunk " + number, chunk.valueCount, chunk.levelCount);
      }
    } else {
      checkRows(known, number, chunk);
    }
    chunk.page = this;
  }

  private void split(MemorySegment bytes, ChunkBuffers chunk, PageState state) {
    boolean hasRep = layout.hasRepCompression();
    boolean hasDef = layout.hasDefCompression();
    int buffers = values.bufferCount();
    int sizeWidth = layout.getHasLargeChunk() ? 4 : 2;
    long head = 2L + (hasRep ? 2 : 0) + (hasDef ? 2 : 0) + (long) buffers * sizeWidth;
    if (head > bytes.byteSize()) {
      throw page.corrupt("chunk header bytes", head, bytes.byteSize());
    }
    chunk.levelCount = bytes.get(FixedColumn.SHORT, 0) & 0xFFFF;
    long at = 2;
    int repBytes = 0;
    int defBytes = 0;
    if (hasRep) {
      repBytes = bytes.get(FixedColumn.SHORT, at) & 0xFFFF;
      at += 2;
    }
    if (hasDef) {
      defBytes = bytes.get(FixedColumn.SHORT, at) & 0xFFFF;
      at += 2;
    }
    long sizesAt = at;
    at = aligned(head);
    if (hasRep) {
      chunk.rep = room(chunk.rep, chunk.levelCount);
      at = levels(layout.getRepCompression(), bytes, at, repBytes, chunk.rep, chunk, state);
    }
    if (hasDef) {
      chunk.def = room(chunk.def, chunk.levelCount);
      at = levels(layout.getDefCompression(), bytes, at, defBytes, chunk.def, chunk, state);
      translate(chunk);
    }
    if (chunk.buffers.length != buffers) {
      chunk.buffers = new MemorySegment[buffers];
    }
    for (int i = 0; i < buffers; i++) {
      long size =
          sizeWidth == 4
              ? bytes.get(FixedColumn.INT, sizesAt + i * 4L) & 0xFFFF_FFFFL
              : bytes.get(FixedColumn.SHORT, sizesAt + i * 2L) & 0xFFFFL;
      chunk.buffers[i] = part(bytes, at, size, chunk);
      at = aligned(at + size);
    }
    if (at != bytes.byteSize()) {
      throw page.corrupt("bytes of chunk " + chunk.number, bytes.byteSize(), at);
    }
    if (compression != null) {
      chunk.buffers[0] =
          BlockDecoder.decompress(compression, chunk.buffers[0], state, chunk.plain, page);
    }
  }

  private static short[] room(short[] levels, int count) {
    return levels.length >= count ? levels : new short[Math.max(4096, count)];
  }

  private static long aligned(long position) {
    return (position + 7) & -8;
  }

  private MemorySegment part(MemorySegment bytes, long at, long size, ChunkBuffers chunk) {
    if (!(at <= bytes.byteSize() && size <= bytes.byteSize() - at)) {
      throw page.corrupt(
          "buffer end in chunk " + chunk.number, "at most " + bytes.byteSize(), at + size);
    }
    return bytes.asSlice(at, size);
  }

  private long levels(
      CompressiveEncoding encoding,
      MemorySegment bytes,
      long at,
      int size,
      short[] target,
      ChunkBuffers chunk,
      PageState state) {
    MemorySegment source = part(bytes, at, size, chunk);
    BlockDecoder.levels(encoding, source, chunk.levelCount, target, state, page);
    return aligned(at + size);
  }

  /// Replaces the page's definition levels by the column's.
  private void translate(ChunkBuffers chunk) {
    PageLevels.translate(chunk.def, chunk.levelCount, translation, page);
  }

  /// Checks that levels, values and repetition index of a chunk tell the same story.
  private void checkRows(Chunks known, int number, ChunkBuffers chunk) {
    int outermost = layers.listCount();
    int started = PageLevels.countRows(chunk.rep, chunk.levelCount, outermost, page);
    long expected = known.rowsStarted(number + 1) - known.rowsStarted(number);
    if (started != expected) {
      throw page.corrupt("rows starting in chunk " + number, expected, started);
    }
    boolean continued = chunk.levelCount > 0 && chunk.rep[0] != outermost;
    if (!(chunk.levelCount == 0 || continued == known.continued[number])) {
      throw page.corrupt(
          "chunk " + number + " starting within a row", known.continued[number], continued);
    }
    int slots = visible(chunk, 0, chunk.levelCount);
    if (slots != chunk.valueCount) {
      throw page.corrupt("values of chunk " + number, chunk.valueCount, slots);
    }
  }

  /// The page's dictionary, decoded for the first reader and shared by all others as long as one of
  /// them holds it: looking up rows costs less than decoding it. Its memory, which no budget
  /// counts, goes with the next collection when nobody does.
  PageDictionary dictionary(PageState state) {
    PageDictionary known = dictionary.get();
    if (known == null) {
      known =
          PageDictionary.read(
              layout.getDictionary(), layout.getNumDictionaryItems(), 2, shape, state, page);
      dictionary = new WeakReference<>(known);
    }
    return known;
  }
}
