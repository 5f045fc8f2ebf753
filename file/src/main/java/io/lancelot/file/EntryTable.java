package io.lancelot.file;

import io.lancelot.base.Memory;
import io.lancelot.columnar.FixedColumn;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/// Distinct byte strings, numbered in the order they first appear.
final class EntryTable implements AutoCloseable {

  private static final long MULTIPLIER = 0x9E3779B97F4A7C15L;

  private final WriteBuffer offsets;
  private final WriteBuffer data;
  private int[] slots = new int[256];
  private int[] hashes = new int[128];
  private int count;

  EntryTable(Memory memory) {
    this.offsets = new WriteBuffer(memory);
    this.data = new WriteBuffer(memory);
    Arrays.fill(slots, -1);
  }

  int count() {
    return count;
  }

  /// Bytes of all entries.
  long bytes() {
    return data.size();
  }

  /// Where each entry starts in [#data], and the last ends, 32 bits each.
  MemorySegment offsets() {
    return offsets.bytes();
  }

  MemorySegment data() {
    return data.bytes();
  }

  /// The number of the entry with the bytes `source[from, to)`, which becomes one if it is new.
  int add(MemorySegment source, long from, long to) {
    int hash = hash(source, from, to);
    int mask = slots.length - 1;
    for (int slot = hash & mask; ; slot = (slot + 1) & mask) {
      int entry = slots[slot];
      if (entry < 0) {
        return insert(source, from, to, hash, slot);
      }
      if (hashes[entry] == hash && matches(entry, source, from, to)) {
        return entry;
      }
    }
  }

  private boolean matches(int entry, MemorySegment source, long from, long to) {
    long start = offsets.segment().get(FixedColumn.INT, 4L * entry);
    long end = offsets.segment().get(FixedColumn.INT, 4L * entry + 4);
    return end - start == to - from
        && MemorySegment.mismatch(data.segment(), start, end, source, from, to) < 0;
  }

  private int insert(MemorySegment source, long from, long to, int hash, int slot) {
    data.append(source, from, to - from);
    if (count == 0) {
      offsets.appendInt(0);
    }
    offsets.appendInt((int) data.size());
    if (count == hashes.length) {
      hashes = Arrays.copyOf(hashes, count * 2);
    }
    hashes[count] = hash;
    slots[slot] = count++;
    if (count * 2 > slots.length) {
      rehash();
    }
    return count - 1;
  }

  private void rehash() {
    int[] larger = new int[slots.length * 2];
    Arrays.fill(larger, -1);
    int mask = larger.length - 1;
    for (int i = 0; i < count; i++) {
      int slot = hashes[i] & mask;
      while (larger[slot] >= 0) {
        slot = (slot + 1) & mask;
      }
      larger[slot] = i;
    }
    slots = larger;
  }

  private static int hash(MemorySegment source, long from, long to) {
    long hash = (to - from) * MULTIPLIER;
    long at = from;
    for (; at + 8 <= to; at += 8) {
      hash = Long.rotateLeft((hash ^ source.get(FixedColumn.LONG, at)) * MULTIPLIER, 29);
    }
    long tail = 0;
    for (; at < to; at++) {
      tail = tail << 8 | source.get(ValueLayout.JAVA_BYTE, at) & 0xFF;
    }
    hash = (hash ^ tail) * MULTIPLIER;
    return (int) (hash ^ hash >>> 32);
  }

  void clear() {
    data.clear();
    offsets.clear();
    count = 0;
    Arrays.fill(slots, -1);
  }

  @Override
  public void close() {
    offsets.close();
    data.close();
  }
}
