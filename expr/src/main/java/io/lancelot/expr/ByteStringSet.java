package io.lancelot.expr;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A set of byte strings: open addressing, never more than half full.
final class ByteStringSet {

  private final @Nullable MemorySegment[] slots;
  private final int[] hashes;

  ByteStringSet(List<byte[]> values) {
    int size = Integer.highestOneBit(Math.max(8, values.size() * 2)) * 2;
    slots = new MemorySegment[size];
    hashes = new int[size];
    for (byte[] value : values) {
      int hash = Arrays.hashCode(value);
      int at = mix(hash) & (size - 1);
      while (slots[at] != null) {
        at = (at + 1) & (size - 1);
      }
      slots[at] = MemorySegment.ofArray(value);
      hashes[at] = hash;
    }
  }

  boolean contains(ByteStrings values, int row) {
    int hash = 1;
    long to = values.from(row + 1);
    for (long i = values.from(row); i < to; i++) {
      hash = 31 * hash + values.at(i);
    }
    int at = mix(hash) & (slots.length - 1);
    for (MemorySegment slot = slots[at]; slot != null; slot = slots[at]) {
      if (hashes[at] == hash && values.equal(row, slot)) {
        return true;
      }
      at = (at + 1) & (slots.length - 1);
    }
    return false;
  }

  /// The values, in no order.
  List<byte[]> values() {
    List<byte[]> values = new ArrayList<>();
    for (MemorySegment slot : slots) {
      if (slot != null) {
        values.add(slot.toArray(ValueLayout.JAVA_BYTE));
      }
    }
    return values;
  }

  private static int mix(int hash) {
    int mixed = hash * 0x9E37_79B9;
    return mixed ^ mixed >>> 15;
  }
}
