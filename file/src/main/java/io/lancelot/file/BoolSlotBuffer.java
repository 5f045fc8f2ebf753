package io.lancelot.file;

import io.lancelot.base.Memory;
import io.lancelot.columnar.Bits;
import io.lancelot.columnar.BoolColumn;
import io.lancelot.columnar.Column;
import java.util.List;

/// Booleans, one bit each.
final class BoolSlotBuffer extends SlotBuffer {

  private final WriteBuffer data;
  private int count;

  BoolSlotBuffer(Memory memory) {
    this.data = new WriteBuffer(memory);
  }

  @Override
  void append(Column column, LevelItems items) {
    Bits values = ((BoolColumn) column).values();
    int[] positions = items.positions();
    int live = items.live();
    Math.addExact(count, live);
    for (int i = 0; i < live; i += 64) {
      int bits = Math.min(64, live - i);
      long word = 0;
      if (positions == null) {
        word = values.word(i);
      } else {
        for (int j = 0; j < bits; j++) {
          word |= values.get(positions[i + j]) ? 1L << j : 0;
        }
      }
      data.appendBits(count, word, bits);
      count += bits;
    }
  }

  @Override
  PageSlots slots() {
    return new PageSlots.Fixed(count, 1, data.segment().asSlice(0, (count + 7L) / 8), List.of());
  }

  @Override
  long bytes() {
    return data.size();
  }

  @Override
  void clear() {
    data.clear();
    count = 0;
  }

  @Override
  public void close() {
    data.close();
  }
}
