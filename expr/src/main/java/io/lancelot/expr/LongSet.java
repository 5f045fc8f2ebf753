package io.lancelot.expr;

/// A set of 64-bit values: open addressing, never more than half full.
final class LongSet {

  private final long[] slots;
  private final int shift;
  private boolean zero;

  LongSet(int expected) {
    int bits = 64 - Long.numberOfLeadingZeros(Math.max(8, expected * 2L));
    slots = new long[1 << bits];
    shift = 64 - bits;
  }

  void add(long value) {
    if (value == 0) {
      zero = true;
      return;
    }
    int at = start(value);
    while (slots[at] != 0 && slots[at] != value) {
      at = (at + 1) & (slots.length - 1);
    }
    slots[at] = value;
  }

  boolean contains(long value) {
    if (value == 0) {
      return zero;
    }
    int at = start(value);
    while (slots[at] != 0) {
      if (slots[at] == value) {
        return true;
      }
      at = (at + 1) & (slots.length - 1);
    }
    return false;
  }

  /// The values, in no order.
  long[] toArray() {
    long[] values = new long[slots.length + 1];
    int count = 0;
    if (zero) {
      values[count++] = 0;
    }
    for (long slot : slots) {
      if (slot != 0) {
        values[count++] = slot;
      }
    }
    return java.util.Arrays.copyOf(values, count);
  }

  private int start(long value) {
    return (int) ((value ^ value >>> 32) * 0x9E37_79B9_7F4A_7C15L >>> shift);
  }
}
