package io.lancelot.engine;

import io.lancelot.base.Context;
import io.lancelot.base.Scratch;
import io.lancelot.columnar.Column;
import io.lancelot.columnar.Columns;
import io.lancelot.columnar.DataType;
import io.lancelot.columnar.FixedColumn;
import io.lancelot.columnar.VarColumn;
import io.lancelot.expr.KeyBytes;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// Numbers groups of rows by their keys, in the order in which they are first seen, and keeps the
/// key columns of the first row of each.
final class GroupTable implements AutoCloseable {

  private static final long SEED = 0x9E3779B97F4A7C15L;
  private static final int CHUNK = 1 << 16;

  private final List<DataType> types;
  private final Scratch memory;
  private final Scratch encoded;
  private final List<List<Column>> firsts = new ArrayList<>();
  private final List<MemorySegment> chunks = new ArrayList<>();
  private long chunkUsed;

  /// Of each group: chunk and offset of its key, the key's length, and its hash.
  private long[] places = new long[64];

  private int[] lengths = new int[64];
  private long[] hashes = new long[64];
  private int[] slots = new int[128];
  private int count;

  GroupTable(List<DataType> types, Context context) {
    this.types = types;
    this.memory = context.memory().scratch();
    this.encoded = context.memory().scratch();
    Arrays.fill(slots, -1);
  }

  int count() {
    return count;
  }

  long heldBytes() {
    return memory.heldBytes() + 20L * places.length + 4L * slots.length;
  }

  /// Writes the group of each row.
  ///
  /// @param keys columns of the table's types
  void locate(List<Column> keys, int rows, int[] groups) {
    encoded.reset();
    VarColumn bytes =
        KeyBytes.encode(
            keys.stream().map(column -> new KeyBytes.Part(column, true, false)).toList(),
            rows,
            encoded);
    MemorySegment data = bytes.data();
    int[] fresh = new int[rows];
    int freshCount = 0;
    for (int row = 0; row < rows; row++) {
      long from = bytes.offset(row);
      long to = bytes.offset(row + 1);
      int before = count;
      groups[row] = locate(data, from, to, hash(data, from, to));
      if (count > before) {
        fresh[freshCount++] = row;
      }
    }
    if (freshCount > 0) {
      int[] rowsOfFirsts = fresh;
      int firstsCount = freshCount;
      firsts.add(
          keys.stream()
              .map(column -> Columns.gather(column, rowsOfFirsts, firstsCount, memory))
              .toList());
    }
  }

  private int locate(MemorySegment data, long from, long to, long hash) {
    int mask = slots.length - 1;
    int slot = (int) hash & mask;
    while (slots[slot] >= 0) {
      int group = slots[slot];
      if (hashes[group] == hash && isKey(group, data, from, to)) {
        return group;
      }
      slot = slot + 1 & mask;
    }
    int group = add(data, from, to, hash);
    slots[slot] = group;
    if (2 * count > slots.length) {
      rehash();
    }
    return group;
  }

  private boolean isKey(int group, MemorySegment data, long from, long to) {
    int length = lengths[group];
    if (to - from != length) {
      return false;
    }
    MemorySegment chunk = chunks.get((int) (places[group] >>> 32));
    long at = places[group] & 0xFFFF_FFFFL;
    return MemorySegment.mismatch(chunk, at, at + length, data, from, to) < 0;
  }

  private int add(MemorySegment data, long from, long to, long hash) {
    if (count == places.length) {
      places = Arrays.copyOf(places, 2 * count);
      lengths = Arrays.copyOf(lengths, 2 * count);
      hashes = Arrays.copyOf(hashes, 2 * count);
    }
    long length = to - from;
    if (chunks.isEmpty() || chunkUsed + length > chunks.getLast().byteSize()) {
      chunks.add(memory.allocateBytes(Math.max(CHUNK, length)));
      chunkUsed = 0;
    }
    MemorySegment.copy(data, from, chunks.getLast(), chunkUsed, length);
    places[count] = (long) (chunks.size() - 1) << 32 | chunkUsed;
    lengths[count] = (int) length;
    hashes[count] = hash;
    chunkUsed += length;
    return count++;
  }

  private void rehash() {
    int[] larger = new int[2 * slots.length];
    Arrays.fill(larger, -1);
    for (int group = 0; group < count; group++) {
      int slot = (int) hashes[group] & larger.length - 1;
      while (larger[slot] >= 0) {
        slot = slot + 1 & larger.length - 1;
      }
      larger[slot] = group;
    }
    slots = larger;
  }

  private static long hash(MemorySegment data, long from, long to) {
    long hash = to - from;
    long at = from;
    for (; at + 8 <= to; at += 8) {
      hash = mix(hash * SEED + data.get(FixedColumn.LONG, at));
    }
    long tail = 0;
    for (; at < to; at++) {
      tail = tail << 8 | data.get(ValueLayout.JAVA_BYTE, at) & 0xFFL;
    }
    return mix(hash * SEED + tail);
  }

  private static long mix(long value) {
    long mixed = (value ^ value >>> 32) * 0xFF51AFD7ED558CCDL;
    return mixed ^ mixed >>> 29;
  }

  /// The keys of groups `[from, to)`.
  List<Column> keys(int from, int to, Scratch scratch) {
    List<Column> keys = new ArrayList<>();
    for (int i = 0; i < types.size(); i++) {
      List<Column> parts = new ArrayList<>();
      int before = 0;
      for (List<Column> first : firsts) {
        Column part = first.get(i);
        int low = Math.max(from, before);
        int high = Math.min(to, before + part.length());
        if (low < high) {
          parts.add(part.slice(low - before, high - low));
        }
        before += part.length();
      }
      keys.add(
          parts.isEmpty()
              ? Columns.empty(types.get(i))
              : Columns.copy(Columns.concat(types.get(i), parts, scratch), scratch));
    }
    return keys;
  }

  /// Forgets all groups.
  void clear() {
    count = 0;
    chunks.clear();
    chunkUsed = 0;
    firsts.clear();
    memory.reset();
    encoded.reset();
    Arrays.fill(slots, -1);
  }

  @Override
  public void close() {
    memory.close();
    encoded.close();
  }
}
