package io.lancelot.file;

import com.google.protobuf.Any;
import io.lancelot.base.InvalidInputException;
import io.lancelot.base.Scratch;
import io.lancelot.columnar.Bits;
import io.lancelot.columnar.Column;
import io.lancelot.columnar.DictionaryColumn;
import io.lancelot.columnar.FixedColumn;
import io.lancelot.columnar.NullColumn;
import io.lancelot.file.proto.ColumnMetadata;
import io.lancelot.file.proto.StoredEncoding;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// One column of a data file: collects levels and values, and writes a page when it has enough.
final class LeafWriter implements AutoCloseable {

  private static final String PAGE_URL = "/lance.encodings21.PageLayout";

  private final LanceField field;
  private final String path;
  private final List<LevelLayer> layers;
  private final boolean hasLists;
  private final boolean nullable;
  private final PageEncoder.Leaf leaf;
  private final PageQueue queue;
  private final long pageBytes;
  private final Supplier<SlotBuffer> newSlots;
  private final List<ColumnMetadata.Page> pages = new ArrayList<>();

  /// Collects the page under construction; the spare one waits for its next turn.
  private PageBuffers buffers;

  private @Nullable PageBuffers spare;
  private int levels;
  private long rowsTaken;
  private int rows;
  private int queued;

  /// @param layers outer-most first; the last is the leaf's own
  /// @param newSlots makes a buffer that collects values
  /// @param pageBytes size at which a page is written
  LeafWriter(
      LanceField field,
      List<LevelLayer> layers,
      PageEncoder.Leaf leaf,
      Supplier<SlotBuffer> newSlots,
      PageQueue queue,
      long pageBytes) {
    this.field = field;
    this.layers = List.copyOf(layers);
    this.path = layers.getLast().path();
    this.hasLists = layers.stream().anyMatch(layer -> layer.kind() == LevelLayer.Kind.LIST);
    this.nullable = field.field().nullable();
    this.leaf = leaf;
    this.newSlots = newSlots;
    this.queue = queue;
    this.pageBytes = pageBytes;
    this.buffers = newBuffers();
  }

  private PageBuffers newBuffers() {
    return new PageBuffers(
        newSlots.get(), new WriteBuffer(queue.memory()), new WriteBuffer(queue.memory()));
  }

  /// What a page is made of.
  ///
  /// @param starts where lists begin
  /// @param codes why items are missing; empty until one is
  private record PageBuffers(SlotBuffer slots, WriteBuffer starts, WriteBuffer codes) {
    long bytes() {
      return slots.bytes() + starts.size() + codes.size();
    }

    void clear() {
      slots.clear();
      starts.clear();
      codes.clear();
    }

    void close() {
      slots.close();
      starts.close();
      codes.close();
    }
  }

  LanceField field() {
    return field;
  }

  String path() {
    return path;
  }

  List<ColumnMetadata.Page> pages() {
    return pages;
  }

  /// Bytes held for the page under construction.
  long bufferedBytes() {
    return buffers.bytes();
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
    ValueChecks.checkInput(values, path);
    if (buffers.slots().mustFlushBefore(values)
        || (long) levels + marked.levels() > Integer.MAX_VALUE / 4) {
      flush();
    }
    if (appendDirect(values, marked, rowCount)) {
      return;
    }
    buffers.slots().append(values, marked);
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
        || !(buffers.slots() instanceof FixedSlotBuffer fixed)) {
      return false;
    }
    MemorySegment bytes = leaf.storesRaw(fixed.slotBits()) ? fixed.direct(values) : null;
    if (bytes == null || bytes.byteSize() < Math.min(pageBytes / 8, 1L << 20)) {
      return false;
    }
    // Pages of a column stand in the order of their rows.
    while (queued > 0) {
      queue.finishFirst();
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
              ((PageSlots.Fixed) fixed.slots()).lists());
      LevelStreams plain = LevelStreams.of(layers, count, null, null);
      try (Scratch scratch = queue.memory().scratch()) {
        write(new PageEncoder(leaf, scratch).encode(plain, part, count, rowsTaken));
      }
      rowsTaken += count;
    }
    return true;
  }

  private void appendLevels(LevelItems items) {
    if (hasLists) {
      appendShorts(buffers.starts(), items.starts(), items.levels());
    }
    WriteBuffer codes = buffers.codes();
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

  /// Hands on what has been collected as a page.
  void flush() {
    if (rows == 0) {
      return;
    }
    PageBuffers full = buffers;
    int levelCount = levels;
    int rowCount = rows;
    long firstRow = rowsTaken;
    buffers = spare == null ? newBuffers() : spare;
    spare = null;
    rowsTaken += rows;
    rows = 0;
    levels = 0;
    queued++;
    queue.add(
        new PageQueue.Work() {
          @Override
          public List<PageEncoder.Rows> encode(Scratch scratch) {
            LevelStreams pageLevels =
                LevelStreams.of(
                    layers,
                    levelCount,
                    hasLists ? full.starts().bytes() : null,
                    full.codes().size() > 0 ? full.codes().bytes() : null);
            return new PageEncoder(leaf, scratch)
                .encode(pageLevels, full.slots().slots(), rowCount, firstRow);
          }

          @Override
          public void write(List<PageEncoder.Rows> encoded) {
            LeafWriter.this.write(encoded);
          }

          @Override
          public void release() {
            queued--;
            if (spare == null) {
              full.clear();
              spare = full;
            } else {
              full.close();
            }
          }
        });
  }

  private void write(List<PageEncoder.Rows> encoded) {
    for (PageEncoder.Rows part : encoded) {
      ColumnMetadata.Page.Builder message =
          ColumnMetadata.Page.newBuilder()
              .setLength(part.count())
              .setPriority(part.firstRow() / leaf.rowUnit());
      for (MemorySegment buffer : part.page().buffers()) {
        message
            .addBufferOffsets(queue.sink().writeAligned(buffer))
            .addBufferSizes(buffer.byteSize());
      }
      Any layout =
          Any.newBuilder()
              .setTypeUrl(PAGE_URL)
              .setValue(part.page().layout().toByteString())
              .build();
      pages.add(
          message
              .setEncoding(
                  StoredEncoding.newBuilder()
                      .setDirect(
                          StoredEncoding.Direct.newBuilder().setEncoding(layout.toByteString())))
              .build());
    }
  }

  /// Gives memory back. No page of this leaf may be in the queue any more.
  @Override
  public void close() {
    buffers.close();
    if (spare != null) {
      spare.close();
      spare = null;
    }
  }
}
