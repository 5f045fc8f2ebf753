package io.lancelot.file;

import io.lancelot.base.Memory;
import io.lancelot.columnar.Column;
import io.lancelot.columnar.FixedColumn;
import io.lancelot.columnar.VarColumn;
import java.lang.foreign.MemorySegment;
import java.util.List;

/// Large values, which go to the file at once; what is collected is where they lie. Format:
/// lance-format section 2.5, blob v1.
final class BlobSlotBuffer extends SlotBuffer {

  private final AlignedWriter sink;
  private final WriteBuffer positions;
  private final WriteBuffer sizes;
  private int count;

  BlobSlotBuffer(AlignedWriter sink, Memory memory) {
    this.sink = sink;
    this.positions = new WriteBuffer(memory);
    this.sizes = new WriteBuffer(memory);
  }

  @Override
  void append(Column column, LevelItems items) {
    VarColumn values = (VarColumn) column;
    short[] defs = items.slotDefs();
    int[] at = items.positions();
    int live = items.live();
    long target = positions.extend(8L * live);
    sizes.extend(8L * live);
    for (int i = 0; i < live; i++) {
      int slot = at == null ? i : at[i];
      long from = values.offset(slot);
      long size = defs == null || defs[i] == 0 ? values.offset(slot + 1) - from : 0;
      long position = size == 0 ? 0 : sink.writeAligned(values.data().asSlice(from, size));
      positions.segment().set(FixedColumn.LONG, target + 8L * i, position);
      sizes.segment().set(FixedColumn.LONG, target + 8L * i, size);
    }
    count = Math.addExact(count, live);
  }

  /// The descriptors with the reason of each missing value where its position would be.
  static void markMissing(PageSlots.Packed slots, LevelStreams levels) {
    if (levels.def() == null) {
      return;
    }
    MemorySegment positions = ((PageSlots.Fixed) slots.children().getFirst()).data();
    for (int i = 0; i < slots.count(); i++) {
      if (levels.defAt(i) != 0) {
        positions.set(FixedColumn.LONG, 8L * i, (long) levels.defAt(i) << 16);
      }
    }
  }

  @Override
  PageSlots slots() {
    return new PageSlots.Packed(
        count,
        List.of(
            new PageSlots.Fixed(count, 64, positions.bytes(), List.of()),
            new PageSlots.Fixed(count, 64, sizes.bytes(), List.of())));
  }

  @Override
  long bytes() {
    return positions.size() + sizes.size();
  }

  @Override
  void clear() {
    positions.clear();
    sizes.clear();
    count = 0;
  }

  @Override
  public void close() {
    positions.close();
    sizes.close();
  }
}
