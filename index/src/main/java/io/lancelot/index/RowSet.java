package io.lancelot.index;

import io.lancelot.base.CorruptDataException;
import io.lancelot.columnar.FixedColumn;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;
import org.roaringbitmap.BatchIterator;
import org.roaringbitmap.BitSetUtil;
import org.roaringbitmap.PeekableIntIterator;
import org.roaringbitmap.RoaringBitmap;

/// A set of rows, the currency between filters and indices: row addresses (fragment id in the
/// upper, row in the lower 32 bits), or row ids where a table keeps stable ones. Immutable; the
/// bitmaps it hands out must not be changed.
public final class RowSet {

  public static final RowSet EMPTY = new RowSet(new TreeMap<>());

  private final SortedMap<Integer, RoaringBitmap> parts;

  private RowSet(SortedMap<Integer, RoaringBitmap> parts) {
    this.parts = parts;
  }

  /// Rows by the upper halves of their numbers; takes the bitmaps over.
  public static RowSet of(Map<Integer, RoaringBitmap> parts) {
    TreeMap<Integer, RoaringBitmap> sorted = new TreeMap<>(Integer::compareUnsigned);
    parts.forEach((high, low) -> {
      if (!low.isEmpty()) {
        sorted.put(high, low);
      }
    });
    return new RowSet(sorted);
  }

  public static RowSet of(long... rows) {
    Builder builder = new Builder();
    for (long row : rows) {
      builder.add(row);
    }
    return builder.build();
  }

  /// Collects rows in any order, fastest ascending.
  public static final class Builder {
    private static final int FEW = 1024;
    private static final long DENSE = 1 << 24;
    private static final int MAX_DENSE = 64;

    private final TreeMap<Integer, RoaringBitmap> parts = new TreeMap<>(Integer::compareUnsigned);

    /// Rows of up to [#MAX_DENSE] fragments on their way into [#parts]: a table of hashes.
    private int[] denseFragments = {};

    private @Nullable BitSet[] dense = {};
    private int denseCount;

    private int high;
    private @Nullable RoaringBitmap current;

    public void add(long row) {
      part((int) (row >>> 32)).add((int) row);
    }

    /// Rows `[from, to)` of one fragment.
    public void addRange(int fragment, long from, long to) {
      part(fragment).add(from, to);
    }

    /// The numbers in a column of them, in any order.
    public void addAll(FixedColumn rows, int from, int to) {
      MemorySegment data = rows.data();
      if (to - from < FEW) {
        for (int i = from; i < to; i++) {
          add(data.get(FixedColumn.LONG, 8L * i));
        }
        return;
      }
      // Many numbers in no order: setting bits beats searching containers.
      if (dense.length == 0) {
        denseFragments = new int[2 * MAX_DENSE];
        dense = new BitSet[2 * MAX_DENSE];
      }
      for (int i = from; i < to; i++) {
        long row = data.get(FixedColumn.LONG, 8L * i);
        BitSet bits = row << 32 >>> 32 < DENSE ? bits((int) (row >>> 32)) : null;
        if (bits == null) {
          add(row);
        } else {
          bits.set((int) row);
        }
      }
    }

    /// The bits of a fragment; null if there are enough of others.
    private @Nullable BitSet bits(int fragment) {
      int slot = fragment & dense.length - 1;
      while (dense[slot] != null && denseFragments[slot] != fragment) {
        slot = slot + 1 & dense.length - 1;
      }
      BitSet bits = dense[slot];
      if (bits == null && denseCount < MAX_DENSE) {
        bits = new BitSet();
        dense[slot] = bits;
        denseFragments[slot] = fragment;
        denseCount++;
      }
      return bits;
    }

    private void settle() {
      for (int i = 0; denseCount > 0 && i < dense.length; i++) {
        BitSet bits = dense[i];
        if (bits != null) {
          parts.merge(
              denseFragments[i], BitSetUtil.bitmapOf(bits), (a, b) -> RoaringBitmap.or(a, b));
          dense[i] = null;
          denseCount--;
        }
      }
      current = null;
    }

    /// Rows of one fragment, fastest ascending: the numbers `[from, to)` of an array.
    public void addAll(int fragment, int[] rows, int from, int to) {
      part(fragment).addN(rows, from, to - from);
    }

    public void addAll(RowSet rows) {
      rows.parts.forEach((part, low) -> part(part).or(low));
    }

    private RoaringBitmap part(int wanted) {
      RoaringBitmap part = current;
      if (part == null || wanted != high) {
        part = parts.computeIfAbsent(wanted, _ -> new RoaringBitmap());
        current = part;
        high = wanted;
      }
      return part;
    }

    /// The set; the builder starts over.
    public RowSet build() {
      settle();
      RowSet built = of(parts);
      parts.clear();
      current = null;
      return built;
    }
  }

  public boolean isEmpty() {
    return parts.isEmpty();
  }

  public long size() {
    long size = 0;
    for (RoaringBitmap part : parts.values()) {
      size += part.getLongCardinality();
    }
    return size;
  }

  public boolean contains(long row) {
    RoaringBitmap part = parts.get((int) (row >>> 32));
    return part != null && part.contains((int) row);
  }

  /// The upper halves of the numbers, ascending: fragment ids, if the numbers are addresses.
  public List<Integer> fragments() {
    return new ArrayList<>(parts.keySet());
  }

  /// The rows of one fragment; null if there are none.
  public @Nullable RoaringBitmap ofFragment(int fragment) {
    return parts.get(fragment);
  }

  /// Every row, ascending.
  public void forEach(LongConsumer each) {
    parts.forEach((high, low) -> {
      long base = Integer.toUnsignedLong(high) << 32;
      PeekableIntIterator rows = low.getIntIterator();
      while (rows.hasNext()) {
        each.accept(base | Integer.toUnsignedLong(rows.next()));
      }
    });
  }

  public long[] toArray() {
    long[] all = new long[Math.toIntExact(size())];
    int[] at = {0};
    forEach(row -> all[at[0]++] = row);
    return all;
  }

  public RowSet and(RowSet other) {
    TreeMap<Integer, RoaringBitmap> both = new TreeMap<>(Integer::compareUnsigned);
    parts.forEach((high, low) -> {
      RoaringBitmap theirs = other.parts.get(high);
      if (theirs != null) {
        both.put(high, RoaringBitmap.and(low, theirs));
      }
    });
    return of(both);
  }

  public RowSet or(RowSet other) {
    if (isEmpty()) {
      return other;
    }
    if (other.isEmpty()) {
      return this;
    }
    TreeMap<Integer, RoaringBitmap> either = new TreeMap<>(Integer::compareUnsigned);
    either.putAll(parts);
    other.parts.forEach((high, low) -> either.merge(high, low, (a, b) -> RoaringBitmap.or(a, b)));
    return new RowSet(either);
  }

  public RowSet andNot(RowSet other) {
    TreeMap<Integer, RoaringBitmap> rest = new TreeMap<>(Integer::compareUnsigned);
    parts.forEach((high, low) -> {
      RoaringBitmap theirs = other.parts.get(high);
      rest.put(high, theirs == null ? low : RoaringBitmap.andNot(low, theirs));
    });
    return of(rest);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof RowSet set && set.parts.equals(parts);
  }

  @Override
  public int hashCode() {
    return parts.hashCode();
  }

  @Override
  public String toString() {
    return "RowSet[" + size() + " rows of fragments " + parts.keySet() + "]";
  }

  /// As bitmap indices store it. Format: lance-format section 4.2, `RowAddrTreeMap`.
  public byte[] toTreeMap() {
    long bytes = 4;
    for (RoaringBitmap part : parts.values()) {
      bytes += 8 + part.serializedSizeInBytes();
    }
    ByteBuffer out = ByteBuffer.allocate(Math.toIntExact(bytes)).order(ByteOrder.LITTLE_ENDIAN);
    out.putInt(parts.size());
    parts.forEach((high, low) -> {
      out.putInt(high).putInt(low.serializedSizeInBytes());
      low.serialize(out);
    });
    return out.array();
  }

  /// Reads a `RowAddrTreeMap`. A part without bytes stands for a whole fragment.
  ///
  /// @param where for messages
  /// @throws CorruptDataException if the bytes are damaged
  public static RowSet fromTreeMap(ByteBuffer bytes, String where) {
    ByteBuffer in = bytes.slice().order(ByteOrder.LITTLE_ENDIAN);
    need(in, 4, where);
    int count = in.getInt();
    if (count < 0 || count > in.remaining() / 8) {
      throw new CorruptDataException(
          "row set: expected=at most "
              + in.remaining() / 8
              + " parts, found="
              + count
              + " (path="
              + where
              + ")");
    }
    TreeMap<Integer, RoaringBitmap> parts = new TreeMap<>(Integer::compareUnsigned);
    for (int i = 0; i < count; i++) {
      need(in, 8, where);
      int high = in.getInt();
      int size = in.getInt();
      RoaringBitmap low = new RoaringBitmap();
      if (size == 0) {
        low.add(0L, 1L << 32);
      } else {
        need(in, size, where);
        low = bitmap(in.slice(in.position(), size), where);
        in.position(in.position() + size);
      }
      parts.put(high, low);
    }
    return of(parts);
  }

  /// As n-gram indices store it. Format: lance-format section 4.2, `RoaringTreemap`.
  public byte[] toRoaringTreemap() {
    long bytes = 8;
    for (RoaringBitmap part : parts.values()) {
      bytes += 4 + part.serializedSizeInBytes();
    }
    ByteBuffer out = ByteBuffer.allocate(Math.toIntExact(bytes)).order(ByteOrder.LITTLE_ENDIAN);
    out.putLong(parts.size());
    parts.forEach((high, low) -> {
      out.putInt(high);
      low.serialize(out);
    });
    return out.array();
  }

  /// Reads a `RoaringTreemap`.
  ///
  /// @param where for messages
  /// @throws CorruptDataException if the bytes are damaged
  public static RowSet fromRoaringTreemap(ByteBuffer bytes, String where) {
    ByteBuffer in = bytes.slice().order(ByteOrder.LITTLE_ENDIAN);
    need(in, 8, where);
    long count = in.getLong();
    if (count < 0 || count > in.remaining() / 8) {
      throw new CorruptDataException(
          "row set: expected=at most "
              + in.remaining() / 8
              + " parts, found="
              + count
              + " (path="
              + where
              + ")");
    }
    TreeMap<Integer, RoaringBitmap> parts = new TreeMap<>(Integer::compareUnsigned);
    for (long i = 0; i < count; i++) {
      need(in, 4, where);
      int high = in.getInt();
      RoaringBitmap low = bitmap(in.slice(), where);
      in.position(in.position() + low.serializedSizeInBytes());
      parts.put(high, low);
    }
    return of(parts);
  }

  private static void need(ByteBuffer in, int bytes, String where) {
    if (bytes < 0 || in.remaining() < bytes) {
      throw new CorruptDataException(
          "row set: expected="
              + Integer.toUnsignedLong(bytes)
              + " more bytes, found="
              + in.remaining()
              + " (path="
              + where
              + ")");
    }
  }

  private static RoaringBitmap bitmap(ByteBuffer bytes, String where) {
    RoaringBitmap bitmap = new RoaringBitmap();
    try {
      bitmap.deserialize(bytes.order(ByteOrder.LITTLE_ENDIAN));
      if (isSound(bitmap)) {
        return bitmap;
      }
    } catch (IOException | RuntimeException e) {
      throw new CorruptDataException(
          "roaring bitmap: expected=the portable format, found=broken bytes (path=" + where + ")",
          e);
    }
    throw new CorruptDataException(
        "roaring bitmap: expected=as many ascending rows as it says, found=others (path="
            + where
            + ")");
  }

  /// The library takes the rows of a container and their number as they are stored; what is built
  /// on both would go wrong far from here.
  private static boolean isSound(RoaringBitmap bitmap) {
    int[] rows = new int[256];
    long last = -1;
    long count = 0;
    BatchIterator all = bitmap.getBatchIterator();
    while (all.hasNext()) {
      int found = all.nextBatch(rows);
      for (int i = 0; i < found; i++) {
        long row = Integer.toUnsignedLong(rows[i]);
        if (row <= last) {
          return false;
        }
        last = row;
      }
      count += found;
    }
    return count == bitmap.getLongCardinality();
  }
}
