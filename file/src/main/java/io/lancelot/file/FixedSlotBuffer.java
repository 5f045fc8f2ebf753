package io.lancelot.file;

import io.lancelot.base.InvalidInputException;
import io.lancelot.base.Memory;
import io.lancelot.base.UnsupportedFeatureException;
import io.lancelot.columnar.Bits;
import io.lancelot.columnar.BoolColumn;
import io.lancelot.columnar.Column;
import io.lancelot.columnar.DataType;
import io.lancelot.columnar.FixedColumn;
import io.lancelot.columnar.FixedListColumn;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Slots of one size: numbers, and fixed-size lists of them, however deep.
final class FixedSlotBuffer extends SlotBuffer {

  private final String path;
  private final WriteBuffer data;
  private final List<ListLayer> layers = new ArrayList<>();
  private final int itemBits;
  private final int itemsPerSlot;
  private int count;

  FixedSlotBuffer(DataType type, String path, Memory memory) {
    this.path = path;
    this.data = new WriteBuffer(memory);
    DataType item = type;
    long items = 1;
    while (item instanceof DataType.FixedSizeList list) {
      items *= list.size();
      layers.add(
          new ListLayer(
              list.size(),
              Math.toIntExact(items),
              list.item().nullable(),
              new WriteBuffer(memory)));
      item = list.item().type();
    }
    DataType leaf = item;
    this.itemBits =
        leaf.fixedBits()
            .orElseThrow(() ->
                new UnsupportedFeatureException(
                    "type not supported inside a fixed-size list: found="
                        + leaf.arrowName()
                        + " (column="
                        + path
                        + ")"));
    if (items * itemBits > Integer.MAX_VALUE - 64 || items * itemBits == 0) {
      throw new UnsupportedFeatureException(
          "value size not supported: expected=1 bit to 256 MiB, found="
              + items * itemBits
              + " bits (column="
              + path
              + ")");
    }
    this.itemsPerSlot = (int) items;
  }

  /// A layer of lists with the validity of its items, kept only once an item is null.
  private static final class ListLayer {
    final int size;
    final int itemsPerSlot;
    final boolean nullable;
    final WriteBuffer validity;
    boolean used;

    ListLayer(int size, int itemsPerSlot, boolean nullable, WriteBuffer validity) {
      this.size = size;
      this.itemsPerSlot = itemsPerSlot;
      this.nullable = nullable;
      this.validity = validity;
    }
  }

  /// Bits of a slot.
  int slotBits() {
    return itemsPerSlot * itemBits;
  }

  @Override
  void append(Column column, LevelItems items) {
    int live = items.live();
    Math.addExact(count, live);
    short[] defs = items.slotDefs();
    Column values = column;
    for (ListLayer layer : layers) {
      values = ((FixedListColumn) values).items();
      appendValidity(layer, values.validity(), items, defs);
    }
    if (values instanceof BoolColumn bools) {
      appendBits(bools.values(), items);
    } else {
      appendBytes(((FixedColumn) values).data(), items, defs);
    }
    count += live;
  }

  /// The values as they lie in a column, without a copy; null if they do not lie together or some
  /// are null.
  @Nullable MemorySegment direct(Column column) {
    Column values = column;
    while (values instanceof FixedListColumn list) {
      values = list.items();
      Bits validity = values.validity();
      if (validity != null && validity.count() != validity.length()) {
        return null;
      }
    }
    return values instanceof FixedColumn fixed
        ? fixed.data().asSlice(0, (long) column.length() * (slotBits() / 8))
        : null;
  }

  private void appendBytes(MemorySegment source, LevelItems items, short @Nullable [] defs) {
    long width = slotBits() / 8;
    int[] positions = items.positions();
    int live = items.live();
    long at = data.extend(live * width);
    MemorySegment target = data.segment();
    if (positions == null) {
      MemorySegment.copy(source, 0, target, at, live * width);
    } else {
      for (int from = 0; from < live; ) {
        int to = from + 1;
        while (to < live && positions[to] == positions[to - 1] + 1) {
          to++;
        }
        MemorySegment.copy(
            source, positions[from] * width, target, at + from * width, (to - from) * width);
        from = to;
      }
    }
    if (defs == null) {
      return;
    }
    // What lies under a null is anything; zeros compress and make equal rows equal files.
    for (int i = 0; i < live; i++) {
      if (defs[i] != 0) {
        zero(target, at + i * width, (int) width);
      }
    }
  }

  private static void zero(MemorySegment target, long at, int width) {
    switch (width) {
      case 4 -> target.set(FixedColumn.INT, at, 0);
      case 8 -> target.set(FixedColumn.LONG, at, 0L);
      default -> target.asSlice(at, width).fill((byte) 0);
    }
  }

  private void appendBits(Bits source, LevelItems items) {
    long held = (long) count * itemsPerSlot;
    for (int i = 0; i < items.live(); i++) {
      int from = (items.positions() == null ? i : items.positions()[i]) * itemsPerSlot;
      for (int j = 0; j < itemsPerSlot; j += 64) {
        int bits = Math.min(64, itemsPerSlot - j);
        long word = source.word(from + j);
        data.appendBits(held, bits == 64 ? word : word & ((1L << bits) - 1), bits);
        held += bits;
      }
    }
  }

  private void appendValidity(
      ListLayer layer, @Nullable Bits source, LevelItems items, short @Nullable [] defs) {
    boolean nulls = source != null && hasNull(layer, source, items, defs);
    if (nulls && !layer.nullable) {
      throw new InvalidInputException(
          "null in a non-nullable field: expected=no null items (column=" + path + ")");
    }
    if (!nulls && !layer.used) {
      return;
    }
    if (!layer.used) {
      layer.used = true;
      appendOnes(layer, 0, (long) count * layer.itemsPerSlot);
    }
    long held = (long) count * layer.itemsPerSlot;
    if (!nulls || source == null) {
      appendOnes(layer, held, (long) items.live() * layer.itemsPerSlot);
      return;
    }
    for (int i = 0; i < items.live(); i++, held += layer.itemsPerSlot) {
      if (defs != null && defs[i] != 0) {
        appendOnes(layer, held, layer.itemsPerSlot);
        continue;
      }
      int from = (items.positions() == null ? i : items.positions()[i]) * layer.itemsPerSlot;
      for (int j = 0; j < layer.itemsPerSlot; j += 64) {
        int bits = Math.min(64, layer.itemsPerSlot - j);
        long word = source.word(from + j);
        layer.validity.appendBits(held + j, bits == 64 ? word : word & ((1L << bits) - 1), bits);
      }
    }
  }

  /// Whether an item is null in a slot that is not.
  private static boolean hasNull(
      ListLayer layer, Bits source, LevelItems items, short @Nullable [] defs) {
    if (source.count() == source.length()) {
      return false;
    }
    if (defs == null && items.positions() == null) {
      return true;
    }
    for (int i = 0; i < items.live(); i++) {
      if (defs != null && defs[i] != 0) {
        continue;
      }
      int from = (items.positions() == null ? i : items.positions()[i]) * layer.itemsPerSlot;
      Bits slot = source.slice(from, layer.itemsPerSlot);
      if (slot.count() != layer.itemsPerSlot) {
        return true;
      }
    }
    return false;
  }

  private static void appendOnes(ListLayer layer, long held, long bits) {
    for (long i = 0; i < bits; i += 64) {
      int n = (int) Math.min(64, bits - i);
      layer.validity.appendBits(held + i, n == 64 ? -1L : (1L << n) - 1, n);
    }
  }

  @Override
  PageSlots slots() {
    List<PageSlots.FixedLists> lists = new ArrayList<>();
    for (ListLayer layer : layers) {
      long bytes = ((long) count * layer.itemsPerSlot + 7) / 8;
      lists.add(
          new PageSlots.FixedLists(
              layer.size, layer.used ? layer.validity.segment().asSlice(0, bytes) : null));
    }
    long bytes = ((long) count * slotBits() + 7) / 8;
    return new PageSlots.Fixed(count, slotBits(), data.segment().asSlice(0, bytes), lists);
  }

  @Override
  long bytes() {
    return data.size();
  }

  @Override
  void clear() {
    data.clear();
    count = 0;
    for (ListLayer layer : layers) {
      layer.validity.clear();
      layer.used = false;
    }
  }

  @Override
  public void close() {
    data.close();
    layers.forEach(layer -> layer.validity.close());
  }
}
