package io.lancelot.file;

import io.lancelot.columnar.FixedColumn;
import io.lancelot.file.proto.CompressiveEncoding;
import io.lancelot.file.proto.ConstantLayout;
import io.lancelot.file.proto.RepDefLayer;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/// A page whose values are all equal, or all null.
///
/// Format: lance-format section 2.5.
final class ConstantPage implements PageDecoder {

  private static final int MAX_SCALAR_BYTES = 1 << 30;

  private final PageContext page;
  private final ConstantLayout layout;
  private final LevelLayers layers;
  private final short[] translation;
  private final LeafShape shape;

  /// The value; null if there is none and all is null or empty.
  private final @Nullable MemorySegment value;

  /// Number of the buffer of repetition levels, the next one holds definition levels; -1 if there
  /// are no levels.
  private final int levelBuffer;

  /// For a dictionary column the value, or nothing, as a dictionary.
  private final @Nullable PageDictionary dictionary;

  private final Arena arena = Arena.ofAuto();

  /// @param dictionary whether the column is a dictionary column
  ConstantPage(
      PageContext page,
      ConstantLayout layout,
      LevelLayers layers,
      LeafShape shape,
      boolean dictionary) {
    this.page = page;
    this.layout = layout;
    this.layers = layers;
    this.shape = shape;
    translation = layers.translation(layout.getLayersList(), page);
    int buffers = page.bufferCount();
    boolean inline = layout.hasInlineValue();
    page.require(
        inline ? buffers == 0 || buffers == 2 : buffers <= 3,
        "buffers of a constant page",
        inline ? "0 or 2" : "0 to 3",
        buffers);
    levelBuffer = buffers == 2 ? 0 : buffers == 3 ? 1 : -1;
    if (inline) {
      byte[] bytes = layout.getInlineValue().toByteArray();
      page.require(bytes.length == scalarBytes(), "constant bytes", scalarBytes(), bytes.length);
      value = copy(bytes);
    } else if (buffers == 1 || buffers == 3) {
      value = scalar();
    } else {
      value = null;
    }
    if (levelBuffer < 0) {
      page.require(layers.listCount() == 0, "levels of a list column", "2 buffers", "none");
      page.require(
          value != null
              || layout.getLayersCount() == 1
                  && layout.getLayers(0) == RepDefLayer.REPDEF_NULLABLE_ITEM,
          "page without value and levels",
          "all null",
          layout.getLayersList());
    }
    this.dictionary = dictionary ? PageDictionary.of(value, shape, arena) : null;
  }

  private long scalarBytes() {
    return (shape.valueBits() + 7) / 8;
  }

  private MemorySegment copy(byte[] bytes) {
    MemorySegment copy = arena.allocate(bytes.length, 8);
    MemorySegment.copy(bytes, 0, copy, ValueLayout.JAVA_BYTE, 0, bytes.length);
    return copy;
  }

  /// The value of a scalar buffer: the Arrow buffers of an array with one item.
  private MemorySegment scalar() {
    long size = page.size(0);
    page.require(size >= 4 && size <= MAX_SCALAR_BYTES, "scalar bytes", "4 to 2^30", size);
    MemorySegment bytes = page.buffer(0, arena);
    int expected = shape.isVariable() ? 2 : 1;
    long buffers = bytes.get(FixedColumn.INT, 0) & 0xFFFF_FFFFL;
    page.require(buffers == expected, "scalar buffers", expected, buffers);
    long head = 4 + 4L * expected;
    page.require(size >= head, "scalar bytes", "at least " + head, size);
    long first = bytes.get(FixedColumn.INT, 4) & 0xFFFF_FFFFL;
    long second = expected == 1 ? 0 : bytes.get(FixedColumn.INT, 8) & 0xFFFF_FFFFL;
    page.require(head + first + second <= size, "scalar bytes", head + first + second, size);
    if (expected == 1) {
      page.require(first == scalarBytes(), "constant bytes", scalarBytes(), first);
      return bytes.asSlice(head, first);
    }
    page.require(first == 8 || first == 16, "scalar offset bytes", "8 or 16", first);
    boolean wide = first == 16;
    long from = wide ? bytes.get(FixedColumn.LONG, head) : bytes.get(FixedColumn.INT, head);
    long to = wide ? bytes.get(FixedColumn.LONG, head + 8) : bytes.get(FixedColumn.INT, head + 4);
    page.require(
        from >= 0 && from <= to && to <= second,
        "scalar offsets",
        "inside " + second,
        from + ".." + to);
    return bytes.asSlice(head + first + from, to - from);
  }

  @Override
  public void read(long from, long to, PageState state) {
    if (from == to) {
      return;
    }
    if (dictionary != null) {
      state.startDictionary(dictionary);
    }
    if (levelBuffer < 0) {
      int count = Math.toIntExact(to - from);
      state.levels.append(value == null ? (short) layers.firstLevel(0) : 0, count);
      append(count, state.sink);
      return;
    }
    PageState.PageLevelArrays levels = state.pageLevels(this);
    int a = levels.rowStart(from);
    int b = levels.rowStart(to);
    int slots = b - a;
    short[] def = levels.def();
    if (def != null) {
      int below = layers.visibleBelow(0);
      slots = 0;
      for (int i = a; i < b; i++) {
        slots += def[i] < below ? 1 : 0;
      }
    }
    state.levels.append(levels.rep(), def, a, b);
    append(slots, state.sink);
  }

  /// Decodes the page's levels.
  PageState.PageLevelArrays readLevels(PageState state) {
    short[] rep =
        levels(
            levelBuffer,
            layout.hasRepCompression(),
            layout.getRepCompression(),
            layout.getNumRepValues(),
            state);
    short[] def =
        levels(
            levelBuffer + 1,
            layout.hasDefCompression(),
            layout.getDefCompression(),
            layout.getNumDefValues(),
            state);
    if (def != null) {
      PageLevels.translate(def, def.length, translation, page);
    }
    if (layers.listCount() == 0) {
      page.require(rep == null, "repetition levels", "none without lists", "some");
      page.require(
          def != null && def.length == page.rows(),
          "definition levels",
          page.rows(),
          def == null ? 0 : def.length);
      return new PageState.PageLevelArrays(null, def, null);
    }
    if (rep == null || def != null && def.length != rep.length) {
      throw page.corrupt(
          "repetition levels",
          def == null ? "some" : def.length,
          rep == null ? "none" : rep.length);
    }
    int outermost = layers.listCount();
    long rows = PageLevels.countRows(rep, rep.length, outermost, page);
    page.require(rows == page.rows(), "rows in levels", page.rows(), rows);
    page.require(
        rep.length == 0 || rep[0] == outermost, "first repetition level", outermost, "another");
    int[] starts = new int[(int) rows + 1];
    int row = 0;
    for (int i = 0; i < rep.length; i++) {
      if (rep[i] == outermost) {
        starts[row++] = i;
      }
    }
    starts[row] = rep.length;
    return new PageState.PageLevelArrays(rep, def, starts);
  }

  private short @Nullable [] levels(
      int buffer,
      boolean compressed,
      CompressiveEncoding encoding,
      long compressedCount,
      PageState state) {
    long size = page.size(buffer);
    long count = compressed ? compressedCount : size / 2;
    if (count == 0) {
      page.require(size == 0, "bytes of no levels", 0, size);
      return null;
    }
    page.require(compressed || size % 2 == 0, "level bytes", "an even number", size);
    page.require(count > 0 && count < 1L << 30, "levels", "at most 2^30", count);
    GrowingMemory.check(count * 2, state.scratch());
    MemorySegment bytes = page.buffer(buffer, state.scratch());
    short[] levels;
    if (compressed) {
      MemorySegment plain =
          BlockDecoder.fixed(
              encoding, 16, bytes, count, state, state.levelBytes, state.levelPlain, page);
      levels = new short[(int) count];
      MemorySegment.copy(plain, FixedColumn.SHORT, 0, levels, 0, levels.length);
    } else {
      levels = new short[(int) count];
      MemorySegment.copy(bytes, FixedColumn.SHORT, 0, levels, 0, levels.length);
    }
    return levels;
  }

  private void append(int slots, PageSink sink) {
    MemorySegment bytes = value;
    if (bytes == null || dictionary != null) {
      sink.appendNothing(slots);
      return;
    }
    switch (sink) {
      case PageSink.Fixed fixed -> fixed.appendRepeated(bytes, slots);
      case PageSink.Var var -> var.appendRepeated(bytes, slots);
      case PageSink.Bitmap bits -> {
        if (bits.bits() == 1) {
          bits.append((bytes.get(ValueLayout.JAVA_BYTE, 0) & 1) != 0, slots);
        } else {
          for (int i = 0; i < slots; i++) {
            bits.append(bytes, 0, 1);
          }
        }
      }
      case PageSink.Items items -> append(slots, items.values());
      case PageSink.Rows _, PageSink.Nothing _ ->
          throw page.unsupported("constant page of " + shape.type().arrowName());
    }
  }
}
