package io.lancelot.file;

import io.lancelot.columnar.FixedColumn;
import io.lancelot.file.proto.FullZipLayout;
import io.lancelot.storage.ObjectReader.Range;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

/// A page of large values, each stored next to its levels.
///
/// Format: lance-format sections 2.4 and A.8.
final class FullZipPage implements PageDecoder {

  private static final int INDEX = 1;

  private final PageContext page;
  private final LevelLayers layers;
  private final short[] translation;
  private final ZippedValues values;
  private final int repBits;
  private final int defBits;
  private final int controlBytes;

  /// Bytes of a value, or 0 if values have lengths.
  private final long valueBytes;

  private final int lengthBytes;
  private final int indexWidth;

  FullZipPage(PageContext page, FullZipLayout layout, LevelLayers layers, LeafShape shape) {
    this.page = page;
    this.layers = layers;
    translation = layers.translation(layout.getLayersList(), page);
    repBits = layout.getBitsRep();
    defBits = layout.getBitsDef();
    if (!(repBits >= 0 && repBits <= 16 && defBits >= 0 && defBits <= 16)) {
      throw page.corrupt("level bits", "0..16", repBits + ", " + defBits);
    }
    int bits = repBits + defBits;
    controlBytes = bits == 0 ? 0 : bits <= 8 ? 1 : bits <= 16 ? 2 : 4;
    values = ZippedValues.of(layout.getValueCompression(), shape, page);
    boolean repeated = layers.listCount() > 0;
    if (layout.hasBitsPerValue()) {
      long valueBits = Integer.toUnsignedLong(layout.getBitsPerValue());
      // Lance 0.39 and 1.0 wrote pages of null fixed-size lists without values.
      boolean absent = values instanceof ZippedValues.Absent && controlBytes > 0;
      if (!(valueBits % 8 == 0 && (valueBits > 0 || absent))) {
        throw page.corrupt("value bits", "whole bytes", valueBits);
      }
      valueBytes = valueBits / 8;
      lengthBytes = 0;
      if (values.valueBytes() != valueBytes) {
        throw page.corrupt("value bytes", values.valueBytes(), valueBytes);
      }
    } else {
      int lengthBits = layout.getBitsPerOffset();
      if (!(lengthBits == 32 || lengthBits == 64)) {
        throw page.corrupt("length bits", "32 or 64", lengthBits);
      }
      if (values.valueBytes() != 0 || values instanceof ZippedValues.Absent) {
        throw page.corrupt("values with lengths", "variable width", "fixed");
      }
      valueBytes = 0;
      lengthBytes = lengthBits / 8;
    }
    if (repeated || lengthBytes > 0) {
      long entries = page.rows() + 1;
      long width = page.size(INDEX) / entries;
      if (!(page.size(INDEX) % entries == 0
          && (width == 1 || width == 2 || width == 4 || width == 8))) {
        throw page.corrupt(
            "repetition index bytes", entries + " entries of 1, 2, 4 or 8", page.size(INDEX));
      }
      indexWidth = (int) width;
    } else {
      indexWidth = 0;
      long items = Integer.toUnsignedLong(layout.getNumItems());
      if (items != page.rows()) {
        throw page.corrupt("items", page.rows(), items);
      }
      long stride = controlBytes + valueBytes;
      if (!(page.size(0) / stride == items && page.size(0) % stride == 0)) {
        throw page.corrupt("zipped bytes", items + " × " + stride, page.size(0));
      }
    }
  }

  @Override
  public void read(long from, long to, PageState state) {
    if (from == to) {
      return;
    }
    if (indexWidth == 0) {
      readFixed(from, Math.toIntExact(to - from), state);
    } else {
      readIndexed(from, to, state);
    }
  }

  @Override
  public void take(long[] rows, int from, int to, long firstRow, PageState state) {
    if (page.file().mayBeCold()) {
      List<Range> wanted = new ArrayList<>(to - from);
      for (int i = from; i < to; i++) {
        wanted.add(place(rows[i] - firstRow));
      }
      page.file().expect(wanted);
    }
    PageDecoder.super.take(rows, from, to, firstRow, state);
  }

  /// Where a row lies in the file, or what the index says of it.
  private Range place(long row) {
    if (indexWidth == 0) {
      long stride = controlBytes + valueBytes;
      return page.range(0, row * stride, stride);
    }
    return page.range(INDEX, row * indexWidth, 2L * indexWidth);
  }

  /// Values of one width without lists: at a known place.
  private void readFixed(long from, int count, PageState state) {
    long stride = controlBytes + valueBytes;
    MemorySegment items = page.buffer(0, from * stride, count * stride, state.scratch());
    if (controlBytes == 0) {
      state.levels.append((short) 0, count);
      values.appendLasting(items, count, state, page);
      return;
    }
    for (int i = 0; i < count; i++) {
      int word = control(items, i * stride);
      state.levels.append((short) 0, definition(word & (1 << defBits) - 1));
    }
    values.append(items, controlBytes, stride, count, state, page);
  }

  private void readIndexed(long from, long to, PageState state) {
    int rows = Math.toIntExact(to - from);
    long start;
    long end;
    // Both ends are read from one piece of the index: few bytes for single rows, and in a scan the
    // entries between are next to each other anyway.
    MemorySegment index =
        page.buffer(INDEX, from * indexWidth, (rows + 1L) * indexWidth, state.scratch());
    start = entry(index, 0);
    end = entry(index, rows);
    if (!(start >= 0 && start <= end && end <= page.size(0))) {
      throw page.corrupt(
          "repetition index entries " + from + " and " + to,
          "rising inside " + page.size(0),
          start + ", " + end);
    }
    MemorySegment items = page.buffer(0, start, end - start, state.scratch());
    int started = zipped(items, state);
    if (started != rows) {
      throw page.corrupt("rows between index entries", rows, started);
    }
  }

  private long entry(MemorySegment index, long at) {
    return switch (indexWidth) {
      case 1 -> index.get(ValueLayout.JAVA_BYTE, at) & 0xFFL;
      case 2 -> index.get(FixedColumn.SHORT, at * 2) & 0xFFFFL;
      case 4 -> index.get(FixedColumn.INT, at * 4) & 0xFFFF_FFFFL;
      default -> index.get(FixedColumn.LONG, at * 8);
    };
  }

  /// Reads items one after the other; returns the number of rows that start.
  private int zipped(MemorySegment items, PageState state) {
    int outermost = layers.listCount();
    int below = layers.visibleBelow(0);
    int defMask = (1 << defBits) - 1;
    long size = items.byteSize();
    long at = 0;
    int rows = 0;
    boolean first = true;
    while (at < size) {
      requireLeft(items, at, controlBytes);
      int word = controlBytes == 0 ? 0 : control(items, at);
      at += controlBytes;
      int rep = word >>> defBits;
      short def = definition(word & defMask);
      if (rep > outermost) {
        throw page.corrupt("repetition level", "at most " + outermost, rep);
      }
      if (!(!first || rep == outermost)) {
        throw page.corrupt("first repetition level", outermost, rep);
      }
      first = false;
      rows += rep == outermost ? 1 : 0;
      state.levels.append((short) rep, def);
      if (def >= below) {
        continue;
      }
      if (lengthBytes == 0) {
        requireLeft(items, at, valueBytes);
        values.append(items, at, valueBytes, 1, state, page);
        at += valueBytes;
      } else if (def != 0) {
        state.sink.appendNothing(1);
      } else {
        requireLeft(items, at, lengthBytes);
        long length =
            lengthBytes == 4
                ? items.get(FixedColumn.INT, at) & 0xFFFF_FFFFL
                : items.get(FixedColumn.LONG, at);
        at += lengthBytes;
        if (!(length >= 0 && length <= size - at)) {
          throw page.corrupt(
              "value length", "at most " + (size - at), Long.toUnsignedString(length));
        }
        values.append(items, at, length, 1, state, page);
        at += length;
      }
    }
    return rows;
  }

  private void requireLeft(MemorySegment items, long at, long bytes) {
    if (bytes > items.byteSize() - at) {
      throw page.corrupt("bytes of an item", bytes, items.byteSize() - at);
    }
  }

  private int control(MemorySegment items, long at) {
    return switch (controlBytes) {
      case 1 -> items.get(ValueLayout.JAVA_BYTE, at) & 0xFF;
      case 2 -> items.get(FixedColumn.SHORT, at) & 0xFFFF;
      default -> items.get(FixedColumn.INT, at);
    };
  }

  private short definition(int level) {
    if (level >= translation.length) {
      throw page.corrupt("definition level", "below " + translation.length, level);
    }
    return translation[level];
  }
}
