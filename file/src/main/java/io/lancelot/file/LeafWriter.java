package io.lancelot.file;

import io.lancelot.base.InvalidInputException;
import io.lancelot.base.Memory;
import io.lancelot.columnar.Bits;
import io.lancelot.columnar.Column;
import io.lancelot.columnar.DictionaryColumn;
import io.lancelot.columnar.FixedColumn;
import io.lancelot.columnar.NullColumn;
import io.lancelot.file.proto.ColumnMetadata;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// One column of a data file: collects levels and values, and writes a page when it has enough.
final class LeafWriter implements AutoCloseable {

  private final LanceField field;
  private final String path;
  private final List<LevelLayer> layers;
  private final boolean hasLists;
  private final boolean nullable;
  private final SlotBuffer slots;
  private final WriteBuffer starts;
  private final WriteBuffer codes;
  private final PageEncoder encoder;
  private final long pageBytes;
  private final List<ColumnMetadata.Page> pages = new ArrayList<>();
  private int levels;
  private long rowsWritten;
  private int rows;

  /// @param layers outer-most first; the last is the leaf's own
  /// @param slots collects the values; the writer closes it
  /// @param encoder writes the pages
  /// @param pageBytes size at which a page is written
  LeafWriter(
      LanceField field,
      List<LevelLayer> layers,
      SlotBuffer slots,
      PageEncoder encoder,
      Memory memory,
      long pageBytes) {
    this.field = field;
    this.layers = List.copyOf(layers);
    this.path = layers.getLast().path();
    this.hasLists = layers.stream().anyMatch(layer -> layer.kind() == LevelLayer.Kind.LIST);
    this.nullable = field.field().nullable();
    this.slots = slots;
    this.starts = new WriteBuffer(memory);
    this.codes = new WriteBuffer(memory);
    this.encoder = encoder;
    this.pageBytes = pageBytes;
  }

  LanceField field() {
    return field;
  }

  List<ColumnMetadata.Page> pages() {
    return pages;
  }

  /// Bytes held for the page under construction.
  long bufferedBytes() {
    return slots.bytes() + starts.size() + codes.size();
  }

  /// Appends the leaf's part of `rowCount` rows.
  void append(Column column, LevelItems items, int rowCount) {
    int leafCode = layers.getLast().code();
    LevelItems marked = markNulls(column, items, leafCode);
    int from = marked.contiguousFrom();
    Column values = column;
    if (from >= 0) {
      values = column.slice(from, marked.live());
      marked = marked.withoutPositions();
    }
    if (slots.mustFlushBefore(values) || (long) levels + marked.levels() > Integer.MAX_VALUE / 4) {
      flush();
    }
    if (appendDirect(values, marked, rowCount)) {
      return;
    }
    slots.append(values, marked);
    appendLevels(marked);
    levels += marked.levels();
    rows += rowCount;
    if (bufferedBytes() >= pageBytes) {
      flush();
    }
  }

  private LevelItems markNulls(Column column, LevelItems items, int leafCode) {
    if (column instanceof NullColumn) {
      return items.markAll(leafCode);
    }
    LevelItems marked = items.mark(column.validity(), leafCode);
    if (column instanceof DictionaryColumn coded && coded.values().nullCount() > 0) {
      marked = marked.mark(validityOfValues(coded), leafCode);
    }
    if (!nullable && marked != items && marked.uses(leafCode)) {
      throw new InvalidInputException(
          "null in a non-nullable field: expected=no nulls (column=" + path + ")");
    }
    return marked;
  }

  private static Bits validityOfValues(DictionaryColumn coded) {
    long[] words = new long[(coded.length() + 63) / 64];
    for (int i = 0; i < coded.length(); i++) {
      if (!coded.isNull(i) && !coded.values().isNull(coded.indexAt(i))) {
        words[i >> 6] |= 1L << i;
      }
    }
    MemorySegment bits = MemorySegment.ofArray(new long[words.length]);
    for (int i = 0; i < words.length; i++) {
      bits.set(FixedColumn.LONG, 8L * i, words[i]);
    }
    return Bits.of(bits, coded.length());
  }

  /// Writes a large run of wide values, which a page stores as they are, without copying them.
  private boolean appendDirect(Column values, LevelItems items, int rowCount) {
    if (levels > 0
        || items.starts() != null
        || items.defs() != null
        || !(slots instanceof FixedSlotBuffer fixed)) {
      return false;
    }
    MemorySegment bytes = encoder.storesRaw(fixed.slotBits()) ? fixed.direct(values) : null;
    if (bytes == null || bytes.byteSize() < Math.min(pageBytes / 8, 1L << 20)) {
      return false;
    }
    int width = fixed.slotBits() / 8;
    int perPage = (int) Math.max(1, pageBytes / width);
    for (int from = 0; from < rowCount; from += perPage) {
      int count = Math.min(perPage, rowCount - from);
      PageSlots.Fixed part =
          new PageSlots.Fixed(
              count,
              fixed.slotBits(),
              bytes.asSlice((long) from * width, (long) count * width),
              ((PageSlots.Fixed) slots.slots()).lists());
      LevelStreams plain = LevelStreams.of(layers, count, null, null);
      pages.addAll(encoder.encode(plain, part, count, rowsWritten));
      rowsWritten += count;
    }
    return true;
  }

  private void appendLevels(LevelItems items) {
    if (hasLists) {
      appendShorts(starts, items.starts(), items.levels());
    }
    short[] defs = items.defs();
    if (defs == null && codes.size() == 0) {
      return;
    }
    long missing = 2L * levels - codes.size();
    if (missing > 0) {
      codes.appendZeros(missing);
    }
    appendShorts(codes, defs, items.levels());
  }

  private static void appendShorts(WriteBuffer buffer, short @Nullable [] values, int count) {
    if (values == null) {
      buffer.appendZeros(2L * count);
      return;
    }
    long at = buffer.extend(2L * count);
    MemorySegment.copy(values, 0, buffer.segment(), FixedColumn.SHORT, at, count);
  }

  /// Writes what has been collected as a page.
  void flush() {
    if (rows == 0) {
      return;
    }
    LevelStreams pageLevels =
        LevelStreams.of(
            layers,
            levels,
            hasLists ? starts.bytes() : null,
            codes.size() > 0 ? codes.bytes() : null);
    pages.addAll(encoder.encode(pageLevels, slots.slots(), rows, rowsWritten));
    rowsWritten += rows;
    rows = 0;
    levels = 0;
    slots.clear();
    starts.clear();
    codes.clear();
  }

  @Override
  public void close() {
    slots.close();
    starts.close();
    codes.close();
  }
}
