package io.lancelot.file;

import io.lancelot.base.Scratch;
import io.lancelot.columnar.FixedColumn;
import io.lancelot.file.proto.FullZipLayout;
import io.lancelot.file.proto.PageLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Writes pages of large values: each value with its levels in front. Format: lance-format section
/// 2.4.
final class FullZipEncoder {

  private FullZipEncoder() {}

  static EncodedPage encode(LevelStreams levels, PageSlots slots, Scratch scratch) {
    return switch (slots) {
      case PageSlots.Fixed fixed -> fixed(levels, fixed, scratch);
      case PageSlots.Variable variable ->
          variable(levels, variable, Encodings.variable(variable.offsetBits()), scratch);
      case PageSlots.Coded _, PageSlots.Absent _, PageSlots.Packed _ ->
          throw new IllegalArgumentException("no full-zip form: " + slots.getClass());
    };
  }

  private static FullZipLayout.Builder layout(LevelStreams levels, int visible) {
    return FullZipLayout.newBuilder()
        .setBitsRep(bits(levels.maxRep()))
        .setBitsDef(bits(levels.maxDef()))
        .setNumItems(levels.count())
        .setNumVisibleItems(visible)
        .addAllLayers(levels.layers());
  }

  private static int bits(int max) {
    return Integer.SIZE - Integer.numberOfLeadingZeros(max);
  }

  private static int controlBytes(LevelStreams levels) {
    int bits = bits(levels.maxRep()) + bits(levels.maxDef());
    if (bits == 0) {
      return 0;
    }
    return bits <= 8 ? 1 : bits <= 16 ? 2 : 4;
  }

  private static EncodedPage fixed(LevelStreams levels, PageSlots.Fixed given, Scratch scratch) {
    PageSlots.Fixed slots = given.bits() % 8 == 0 ? given : widenBits(given, scratch);
    MemorySegment values = withValidity(slots, scratch);
    int count = slots.count();
    long width = count == 0 ? slots.width() : values.byteSize() / count;
    FullZipLayout.Builder layout =
        layout(levels, count)
            .setBitsPerValue(Math.toIntExact(8 * width))
            .setValueCompression(Encodings.fixed(slots));
    List<MemorySegment> buffers = new ArrayList<>();
    if (!levels.present()) {
      buffers.add(values);
    } else {
      int control = controlBytes(levels);
      MemorySegment zipped =
          scratch.allocateBytes((long) levels.count() * control + values.byteSize());
      RowOffsets rows = levels.rep() == null ? null : new RowOffsets(levels);
      long at = 0;
      long from = 0;
      for (int i = 0; i < levels.count(); i++) {
        if (rows != null) {
          rows.item(i, at);
        }
        at = putControl(zipped, at, control, levels, i);
        if (levels.defAt(i) <= levels.maxVisibleDef()) {
          MemorySegment.copy(values, from, zipped, at, width);
          from += width;
          at += width;
        }
      }
      buffers.add(zipped.asSlice(0, at));
      if (rows != null) {
        buffers.add(rows.index(at, scratch));
      }
    }
    return page(layout, buffers);
  }

  /// Values of varying size, already coded one by one if `encoding` says so.
  static EncodedPage variable(
      LevelStreams levels,
      PageSlots.Variable slots,
      io.lancelot.file.proto.CompressiveEncoding encoding,
      Scratch scratch) {
    int lengthBytes = slots.offsetBits() / 8;
    int control = controlBytes(levels);
    MemorySegment zipped =
        scratch.allocateBytes((long) levels.count() * (control + lengthBytes) + slots.totalBytes());
    RowOffsets rows = new RowOffsets(levels);
    long at = 0;
    int slot = 0;
    for (int i = 0; i < levels.count(); i++) {
      rows.item(i, at);
      at = putControl(zipped, at, control, levels, i);
      int def = levels.defAt(i);
      if (def == 0) {
        long from = slots.from(slot);
        long length = slots.end(slot) - from;
        if (lengthBytes == 4) {
          zipped.set(FixedColumn.INT, at, (int) length);
        } else {
          zipped.set(FixedColumn.LONG, at, length);
        }
        MemorySegment.copy(slots.data(), from, zipped, at + lengthBytes, length);
        at += lengthBytes + length;
      }
      slot += def <= levels.maxVisibleDef() ? 1 : 0;
    }
    FullZipLayout.Builder layout =
        layout(levels, slots.count())
            .setBitsPerOffset(slots.offsetBits())
            .setValueCompression(encoding);
    return page(layout, List.of(zipped.asSlice(0, at), rows.index(at, scratch)));
  }

  private static EncodedPage page(FullZipLayout.Builder layout, List<MemorySegment> buffers) {
    return new EncodedPage(PageLayout.newBuilder().setFullZipLayout(layout).build(), buffers);
  }

  private static long putControl(
      MemorySegment target, long at, int bytes, LevelStreams levels, int item) {
    int word = levels.repAt(item) << bits(levels.maxDef()) | levels.defAt(item);
    switch (bytes) {
      case 0 -> {}
      case 1 -> target.set(ValueLayout.JAVA_BYTE, at, (byte) word);
      case 2 -> target.set(FixedColumn.SHORT, at, (short) word);
      default -> target.set(FixedColumn.INT, at, word);
    }
    return at + bytes;
  }

  /// Single bits as bytes: values here are whole bytes.
  private static PageSlots.Fixed widenBits(PageSlots.Fixed slots, Scratch scratch) {
    if (slots.bits() != 1) {
      return slots;
    }
    MemorySegment bytes = scratch.allocateBytes(slots.count());
    for (int i = 0; i < slots.count(); i++) {
      int bit = slots.data().get(ValueLayout.JAVA_BYTE, i >> 3) >> (i & 7) & 1;
      bytes.set(ValueLayout.JAVA_BYTE, i, (byte) bit);
    }
    return new PageSlots.Fixed(slots.count(), 8, bytes, List.of());
  }

  /// The slots with the validity of their items in front of each.
  private static MemorySegment withValidity(PageSlots.Fixed slots, Scratch scratch) {
    int extra = 0;
    int items = 1;
    for (PageSlots.FixedLists layer : slots.lists()) {
      items *= layer.size();
      extra += layer.validity() == null ? 0 : (items + 7) / 8;
    }
    if (extra == 0 && slots.bits() % 8 == 0) {
      return slots.data();
    }
    int width = slots.width();
    MemorySegment bytes = scratch.allocateBytes((long) slots.count() * (extra + width));
    long at = 0;
    for (int i = 0; i < slots.count(); i++) {
      items = 1;
      for (PageSlots.FixedLists layer : slots.lists()) {
        items *= layer.size();
        MemorySegment validity = layer.validity();
        if (validity != null) {
          at = putBits(validity, (long) i * items, items, bytes, at);
        }
      }
      if (slots.bits() % 8 == 0) {
        MemorySegment.copy(slots.data(), (long) i * width, bytes, at, width);
        at += width;
      } else {
        at = putBits(slots.data(), (long) i * slots.bits(), slots.bits(), bytes, at);
      }
    }
    return bytes;
  }

  private static long putBits(
      MemorySegment source, long fromBit, int count, MemorySegment target, long at) {
    for (int i = 0; i < count; i += 8) {
      int value = 0;
      for (int j = 0; j < 8 && i + j < count; j++) {
        long bit = fromBit + i + j;
        value |= (source.get(ValueLayout.JAVA_BYTE, bit >> 3) >> (bit & 7) & 1) << j;
      }
      target.set(ValueLayout.JAVA_BYTE, at + i / 8, (byte) value);
    }
    return at + (count + 7) / 8;
  }

  /// Where rows begin in the zipped buffer.
  private static final class RowOffsets {
    private final LevelStreams levels;
    private final long[] offsets;
    private int rows;

    RowOffsets(LevelStreams levels) {
      this.levels = levels;
      this.offsets = new long[levels.count() + 1];
    }

    void item(int item, long at) {
      if (levels.rep() == null || levels.repAt(item) == levels.maxRep()) {
        offsets[rows++] = at;
      }
    }

    MemorySegment index(long end, Scratch scratch) {
      offsets[rows] = end;
      int width = end <= 0xFF ? 1 : end <= 0xFFFF ? 2 : end <= 0xFFFF_FFFFL ? 4 : 8;
      MemorySegment index = scratch.allocateBytes((rows + 1L) * width);
      for (int i = 0; i <= rows; i++) {
        switch (width) {
          case 1 -> index.set(ValueLayout.JAVA_BYTE, i, (byte) offsets[i]);
          case 2 -> index.set(FixedColumn.SHORT, 2L * i, (short) offsets[i]);
          case 4 -> index.set(FixedColumn.INT, 4L * i, (int) offsets[i]);
          default -> index.set(FixedColumn.LONG, 8L * i, offsets[i]);
        }
      }
      return index;
    }
  }

  /// Whether slots have a full-zip form.
  static boolean handles(@Nullable PageSlots slots) {
    return slots instanceof PageSlots.Fixed || slots instanceof PageSlots.Variable;
  }
}
