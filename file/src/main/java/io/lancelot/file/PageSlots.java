package io.lancelot.file;

import io.lancelot.base.Scratch;
import io.lancelot.columnar.Bits;
import io.lancelot.columnar.FixedColumn;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The value slots of a page before they are encoded.
sealed interface PageSlots {

  /// Number of slots.
  int count();

  /// Slots `[from, from + slots)`.
  PageSlots slice(int from, int slots, Scratch scratch);

  /// Slots without memory: a page of nulls.
  record Absent(int count) implements PageSlots {
    @Override
    public Absent slice(int from, int slots, Scratch scratch) {
      return new Absent(slots);
    }
  }

  /// Slots of one size.
  ///
  /// @param bits bits of a slot, its lists' items together
  /// @param data values one after the other; bits least significant first
  /// @param lists the fixed-size lists around each value, outer-most first; empty for plain values
  record Fixed(int count, int bits, MemorySegment data, List<FixedLists> lists)
      implements PageSlots {

    public Fixed {
      lists = List.copyOf(lists);
    }

    /// Bytes of a slot; of a bit, the byte it needs on its own.
    int width() {
      return (bits + 7) / 8;
    }

    @Override
    public Fixed slice(int from, int slots, Scratch scratch) {
      List<FixedLists> parts = new ArrayList<>();
      int items = 1;
      for (FixedLists layer : lists) {
        items *= layer.size();
        MemorySegment validity = layer.validity();
        parts.add(
            new FixedLists(
                layer.size(),
                validity == null
                    ? null
                    : bits(validity, (long) from * items, (long) slots * items, scratch)));
      }
      MemorySegment part = bits(data, (long) from * bits, (long) slots * bits, scratch);
      return new Fixed(slots, bits, part, parts);
    }

    private static MemorySegment bits(
        MemorySegment data, long fromBit, long bitCount, Scratch scratch) {
      if (fromBit % 8 == 0) {
        return data.asSlice(fromBit / 8, (bitCount + 7) / 8);
      }
      Bits part = new Bits(data, fromBit, Math.toIntExact(bitCount));
      return part.compact(scratch).segment().asSlice(0, (bitCount + 7) / 8);
    }
  }

  /// A layer of fixed-size lists.
  ///
  /// @param size items per list
  /// @param validity a bit per item, null if no item is null
  record FixedLists(int size, @Nullable MemorySegment validity) {}

  /// Slots of varying size.
  ///
  /// @param offsetBits bits of an offset in the file: 32, or 64 for large types
  /// @param text whether the bytes are text
  /// @param offsets where each value starts in `data`, and where the last ends, 32 bits each
  record Variable(
      int count, int offsetBits, boolean text, MemorySegment offsets, MemorySegment data)
      implements PageSlots {

    long from(int slot) {
      return offsets.get(FixedColumn.INT, 4L * slot);
    }

    long end(int slot) {
      return offsets.get(FixedColumn.INT, 4L * slot + 4);
    }

    long totalBytes() {
      return from(count) - from(0);
    }

    long maxBytes() {
      long max = 0;
      long previous = from(0);
      for (int i = 0; i < count; i++) {
        long end = end(i);
        max = Math.max(max, end - previous);
        previous = end;
      }
      return max;
    }

    @Override
    public Variable slice(int from, int slots, Scratch scratch) {
      return new Variable(
          slots, offsetBits, text, offsets.asSlice(4L * from, 4L * slots + 4), data);
    }
  }

  /// Slots that are positions in a dictionary.
  ///
  /// @param indices positions
  /// @param values the dictionary's entries
  record Coded(Fixed indices, PageSlots values) implements PageSlots {
    @Override
    public int count() {
      return indices.count();
    }

    @Override
    public Coded slice(int from, int slots, Scratch scratch) {
      return new Coded(indices.slice(from, slots, scratch), values);
    }
  }

  /// Slots that hold a whole struct each.
  ///
  /// @param children the values of each field
  record Packed(int count, List<PageSlots> children) implements PageSlots {

    public Packed {
      children = List.copyOf(children);
    }

    /// Whether all rows have one size.
    boolean fixed() {
      return children.stream().allMatch(Fixed.class::isInstance);
    }

    @Override
    public Packed slice(int from, int slots, Scratch scratch) {
      List<PageSlots> parts = new ArrayList<>();
      for (PageSlots child : children) {
        parts.add(child.slice(from, slots, scratch));
      }
      return new Packed(slots, parts);
    }
  }
}
