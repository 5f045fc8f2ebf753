package io.lancelot.file;

import io.lancelot.columnar.Column;

/// Slots of the null type: only their number matters.
final class AbsentSlotBuffer extends SlotBuffer {

  private int count;

  @Override
  void append(Column column, LevelItems items) {
    count = Math.addExact(count, items.live());
  }

  @Override
  PageSlots slots() {
    return new PageSlots.Absent(count);
  }

  @Override
  long bytes() {
    return 0;
  }

  @Override
  void clear() {
    count = 0;
  }

  @Override
  public void close() {}
}
