package io.lancelot.file;

import io.lancelot.base.Scratch;
import io.lancelot.columnar.FixedColumn;
import java.lang.foreign.MemorySegment;

/// Writes the entries of dictionaries. Format: lance-format sections 2.3.4 and 2.6.2.
final class DictionaryEncoder {

  private DictionaryEncoder() {}

  static MiniBlockEncoder.Dictionary encode(PageSlots entries, Scratch scratch) {
    return switch (entries) {
      case PageSlots.Fixed fixed ->
          new MiniBlockEncoder.Dictionary(
              Encodings.flat(fixed.bits()), fixed.count(), fixed.data());
      case PageSlots.Variable variable ->
          new MiniBlockEncoder.Dictionary(
              Encodings.variable(variable.offsetBits()),
              variable.count(),
              block(variable, scratch));
      case PageSlots.Coded _, PageSlots.Absent _ ->
          throw new IllegalArgumentException("not dictionary entries: " + entries.getClass());
    };
  }

  /// Offset width, start of the bytes, offsets, bytes.
  private static MemorySegment block(PageSlots.Variable entries, Scratch scratch) {
    int width = entries.offsetBits() / 8;
    long head = (entries.count() + 3L) * width;
    MemorySegment block = scratch.allocateBytes(head + entries.totalBytes());
    put(block, width, 0, entries.offsetBits());
    put(block, width, 1, head);
    put(block, width, 2, 0);
    for (int i = 0; i < entries.count(); i++) {
      put(block, width, i + 3, entries.end(i) - entries.from(0));
    }
    MemorySegment.copy(entries.data(), entries.from(0), block, head, entries.totalBytes());
    return block;
  }

  private static void put(MemorySegment target, int width, int index, long value) {
    if (width == 4) {
      target.set(FixedColumn.INT, 4L * index, (int) value);
    } else {
      target.set(FixedColumn.LONG, 8L * index, value);
    }
  }
}
