package io.lancelot.file;

import io.lancelot.base.ResourceExhaustedException;
import io.lancelot.columnar.FixedColumn;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.ValueLayout;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// Where pages put the value slots they decode: growing memory of one allocator.
sealed interface PageSink {

  long ALIGNMENT = 64;

  /// Starts anew in memory of `memory`, with room for about `slots`.
  void start(SegmentAllocator memory, int slots);

  /// Slots filled so far.
  int count();

  /// Appends empty slots where a page stores nothing, under nulls.
  void appendNothing(int slots);

  private static long grown(long capacity, long needed) {
    return Math.max(needed, capacity + (capacity >> 1));
  }

  private static int added(int count, int slots) {
    if (slots > Integer.MAX_VALUE - 64 - count) {
      throw new ResourceExhaustedException(
          "too many values in one read: found="
              + ((long) count + slots)
              + "; read fewer rows at once");
    }
    return count + slots;
  }

  /// Slots of a fixed number of whole bytes.
  final class Fixed implements PageSink {

    private final long width;
    private MemorySegment data = MemorySegment.NULL;
    private @Nullable SegmentAllocator memory;
    private boolean borrowed;
    private int count;

    Fixed(long width) {
      this.width = width;
    }

    long width() {
      return width;
    }

    @Override
    public void start(SegmentAllocator newMemory, int slots) {
      memory = newMemory;
      data = MemorySegment.NULL;
      borrowed = false;
      count = 0;
      expected = slots;
    }

    private int expected;

    @Override
    public int count() {
      return count;
    }

    /// The bytes of all slots.
    MemorySegment data() {
      return data;
    }

    /// Makes room for `slots` and `slackBytes` more; the next slot starts at [#position()] of the
    /// result.
    MemorySegment reserve(int slots, long slackBytes) {
      long needed = added(count, slots) * width + slackBytes;
      if (borrowed || data.byteSize() < needed) {
        long capacity =
            count == 0
                ? Math.max(needed, expected * width + slackBytes)
                : grown(data.byteSize(), needed);
        MemorySegment larger = Objects.requireNonNull(memory).allocate(capacity, ALIGNMENT);
        MemorySegment.copy(data, 0, larger, 0, count * width);
        data = larger;
        borrowed = false;
      }
      return data;
    }

    /// Where the next slot starts.
    long position() {
      return count * width;
    }

    /// Says that `slots` were written at [#position()].
    void advance(int slots) {
      count += slots;
    }

    /// Appends a slot: the low bits of a number.
    void appendLow(long value, int bits) {
      MemorySegment target = reserve(1, 0);
      long at = count * width;
      switch (bits) {
        case 8 -> target.set(ValueLayout.JAVA_BYTE, at, (byte) value);
        case 16 -> target.set(FixedColumn.SHORT, at, (short) value);
        case 32 -> target.set(FixedColumn.INT, at, (int) value);
        default -> target.set(FixedColumn.LONG, at, value);
      }
      count++;
    }

    /// Appends contiguous slots.
    void append(MemorySegment source, long position, int slots) {
      MemorySegment target = reserve(slots, 0);
      MemorySegment.copy(source, position, target, count * width, slots * width);
      count += slots;
    }

    /// Appends slots that stay readable as long as the sink's memory does: without a copy if they
    /// are the only ones.
    void appendLasting(MemorySegment source, int slots) {
      if (count == 0 && !borrowed && slots > 0) {
        data = source;
        borrowed = true;
        count = slots;
        return;
      }
      append(source, 0, slots);
    }

    /// Appends `source` slots of numbers `at[0 .. slots)`, which lie inside it.
    void gather(MemorySegment source, int[] at, int slots) {
      MemorySegment target = reserve(slots, 0);
      long to = count * width;
      switch ((int) Math.min(width, 16)) {
        case 1 -> {
          for (int i = 0; i < slots; i++) {
            target.set(ValueLayout.JAVA_BYTE, to + i, source.get(ValueLayout.JAVA_BYTE, at[i]));
          }
        }
        case 2 -> {
          for (int i = 0; i < slots; i++) {
            target.set(FixedColumn.SHORT, to + i * 2L, source.get(FixedColumn.SHORT, at[i] * 2L));
          }
        }
        case 4 -> {
          for (int i = 0; i < slots; i++) {
            target.set(FixedColumn.INT, to + i * 4L, source.get(FixedColumn.INT, at[i] * 4L));
          }
        }
        case 8 -> {
          for (int i = 0; i < slots; i++) {
            target.set(FixedColumn.LONG, to + i * 8L, source.get(FixedColumn.LONG, at[i] * 8L));
          }
        }
        default -> {
          for (int i = 0; i < slots; i++) {
            MemorySegment.copy(source, at[i] * width, target, to + i * width, width);
          }
        }
      }
      count += slots;
    }

    /// Appends `slots` times the same bytes.
    void appendRepeated(MemorySegment value, int slots) {
      MemorySegment target = reserve(slots, 0);
      long to = count * width;
      for (int i = 0; i < slots; i++) {
        MemorySegment.copy(value, 0, target, to + i * width, width);
      }
      count += slots;
    }

    /// Appends slots that lie `stride` bytes apart.
    void appendStrided(MemorySegment source, long position, long stride, int slots) {
      if (stride == width) {
        append(source, position, slots);
        return;
      }
      MemorySegment target = reserve(slots, 0);
      long at = count * width;
      for (int i = 0; i < slots; i++) {
        MemorySegment.copy(source, position + i * stride, target, at + i * width, width);
      }
      count += slots;
    }

    @Override
    public void appendNothing(int slots) {
      reserve(slots, 0).asSlice(count * width, slots * width).fill((byte) 0);
      count += slots;
    }
  }

  /// Slots of a fixed number of bits, packed without gaps.
  final class Bitmap implements PageSink {

    private final int bits;
    private MemorySegment data = MemorySegment.NULL;
    private @Nullable SegmentAllocator memory;
    private int expected;
    private int count;

    Bitmap(int bits) {
      this.bits = bits;
    }

    int bits() {
      return bits;
    }

    @Override
    public void start(SegmentAllocator newMemory, int slots) {
      memory = newMemory;
      data = MemorySegment.NULL;
      count = 0;
      expected = slots;
    }

    @Override
    public int count() {
      return count;
    }

    MemorySegment data() {
      return data;
    }

    private void reserve(int slots) {
      // One word more than needed, so that a whole word can always be written.
      long needed = ((long) added(count, slots) * bits + 63) / 64 * 8 + 8;
      if (data.byteSize() < needed) {
        long capacity =
            count == 0
                ? Math.max(needed, (long) expected * bits / 8 + 16)
                : grown(data.byteSize(), needed);
        MemorySegment larger =
            Objects.requireNonNull(memory).allocate((capacity + 7) / 8 * 8, ALIGNMENT);
        MemorySegment.copy(data, 0, larger, 0, Math.min(data.byteSize(), larger.byteSize()));
        data = larger;
      }
    }

    /// Appends slots whose first bit is bit `firstBit` of `source`.
    void append(MemorySegment source, long firstBit, int slots) {
      reserve(slots);
      long left = (long) slots * bits;
      long from = firstBit;
      long to = (long) count * bits;
      while (left > 0) {
        int step = (int) Math.min(64, left);
        put(to, word(source, from, step), step);
        from += step;
        to += step;
        left -= step;
      }
      count += slots;
    }

    /// Appends slots whose bits are all equal.
    void append(boolean value, int slots) {
      reserve(slots);
      long left = (long) slots * bits;
      long to = (long) count * bits;
      while (left > 0) {
        int step = (int) Math.min(64, left);
        put(to, value ? -1L >>> (64 - step) : 0, step);
        to += step;
        left -= step;
      }
      count += slots;
    }

    /// Appends one slot a byte: 0 is a zero bit.
    void appendBytes(MemorySegment source, long position, long stride, int slots) {
      reserve(slots);
      for (int i = 0; i < slots; i++) {
        byte value = source.get(ValueLayout.JAVA_BYTE, position + i * stride);
        put(count + (long) i, value == 0 ? 0 : 1, 1);
      }
      count += slots;
    }

    /// Writes the low `step` bits of `word`, whose other bits are zero, and zeros after them.
    private void put(long bit, long word, int step) {
      long at = bit >>> 6 << 3;
      int shift = (int) (bit & 63);
      long kept = shift == 0 ? 0 : data.get(FixedColumn.LONG, at) & (1L << shift) - 1;
      data.set(FixedColumn.LONG, at, kept | word << shift);
      if (shift + step > 64) {
        data.set(FixedColumn.LONG, at + 8, word >>> (64 - shift));
      }
    }

    /// `step` bits from `bit` on, the rest zero.
    private static long word(MemorySegment source, long bit, int step) {
      long at = bit >>> 3;
      int shift = (int) (bit & 7);
      int bytes = (shift + step + 7) >>> 3;
      long low = 0;
      long high = 0;
      if (source.byteSize() - at >= 8) {
        low = source.get(FixedColumn.LONG, at);
      } else {
        for (int i = 0; i < Math.min(8, bytes); i++) {
          low |= (source.get(ValueLayout.JAVA_BYTE, at + i) & 0xFFL) << (8 * i);
        }
      }
      if (bytes > 8) {
        high = source.get(ValueLayout.JAVA_BYTE, at + 8) & 0xFFL;
      }
      long word = shift == 0 ? low : low >>> shift | high << (64 - shift);
      return step == 64 ? word : word & (1L << step) - 1;
    }

    @Override
    public void appendNothing(int slots) {
      append(false, slots);
    }
  }

  /// Slots of any number of bytes.
  final class Var implements PageSink {

    private static final long MAX_LIKELY_BYTES = 64L << 20;

    private final boolean large;
    private @Nullable SegmentAllocator memory;
    private MemorySegment offsets = MemorySegment.NULL;
    private MemorySegment data = MemorySegment.NULL;
    private int count;
    private long used;
    private long likelyBytes;

    Var(boolean large) {
      this.large = large;
    }

    boolean large() {
      return large;
    }

    int offsetWidth() {
      return large ? 8 : 4;
    }

    @Override
    public void start(SegmentAllocator newMemory, int slots) {
      memory = newMemory;
      offsets = newMemory.allocate((slots + 1L) * offsetWidth(), ALIGNMENT);
      data = MemorySegment.NULL;
      // Reads of equal size follow each other: the next may need as much as the last.
      likelyBytes = Math.min(used + used / 8, MAX_LIKELY_BYTES);
      count = 0;
      used = 0;
      setOffset(0, 0);
    }

    @Override
    public int count() {
      return count;
    }

    MemorySegment offsets() {
      return offsets;
    }

    /// The bytes of all slots.
    MemorySegment data() {
      return data.asSlice(0, used);
    }

    /// Makes room for offsets of `slots` more.
    MemorySegment reserveOffsets(int slots) {
      long needed = (added(count, slots) + 1L) * offsetWidth();
      if (offsets.byteSize() < needed) {
        MemorySegment larger =
            Objects.requireNonNull(memory).allocate(grown(offsets.byteSize(), needed), ALIGNMENT);
        MemorySegment.copy(offsets, 0, larger, 0, (count + 1L) * offsetWidth());
        offsets = larger;
      }
      return offsets;
    }

    /// Makes room for `bytes` more, to be written at [#used()].
    MemorySegment reserveData(long bytes) {
      long needed = used + bytes;
      if (!large && needed > Integer.MAX_VALUE) {
        throw new ResourceExhaustedException(
            "text or bytes of one read exceed 2^31 bytes: found="
                + needed
                + "; read fewer rows at once");
      }
      if (data.byteSize() < needed) {
        long capacity = Math.max(likelyBytes, grown(data.byteSize(), needed));
        MemorySegment larger = Objects.requireNonNull(memory).allocate(capacity, ALIGNMENT);
        MemorySegment.copy(data, 0, larger, 0, used);
        data = larger;
      }
      return data;
    }

    /// Bytes of all slots so far.
    long used() {
      return used;
    }

    /// Says that the offsets and bytes of `slots` more were written, the bytes up to `end`.
    void advance(int slots, long end) {
      count += slots;
      used = end;
    }

    void append(MemorySegment source, long position, long length) {
      MemorySegment.copy(source, position, reserveData(length), used, length);
      appendWritten(length);
    }

    /// Says that one value of `length` bytes was written at [#used()].
    void appendWritten(long length) {
      used += length;
      reserveOffsets(1);
      count++;
      setOffset(count, used);
    }

    /// Appends values `at[0 .. slots)` of another sink, which lie inside it.
    void gather(Var source, int[] at, int slots) {
      reserveOffsets(slots);
      long length = 0;
      for (int i = 0; i < slots; i++) {
        length += source.offset(at[i] + 1) - source.offset(at[i]);
      }
      MemorySegment target = reserveData(length);
      MemorySegment from = source.data;
      long end = used;
      for (int i = 0; i < slots; i++) {
        long start = source.offset(at[i]);
        long bytes = source.offset(at[i] + 1) - start;
        MemorySegment.copy(from, start, target, end, bytes);
        end += bytes;
        setOffset(count + i + 1, end);
      }
      advance(slots, end);
    }

    private long offset(int index) {
      return offset(offsets, (long) index * offsetWidth(), offsetWidth());
    }

    /// Appends `slots` times the same bytes.
    void appendRepeated(MemorySegment value, int slots) {
      long length = value.byteSize();
      MemorySegment target = reserveData(length * slots);
      reserveOffsets(slots);
      for (int i = 0; i < slots; i++) {
        MemorySegment.copy(value, 0, target, used + i * length, length);
        setOffset(count + i + 1, used + (i + 1) * length);
      }
      advance(slots, used + length * slots);
    }

    /// Appends neighbouring values.
    ///
    /// @param offsetsAt position of the first of `slots + 1` offsets in `source`
    /// @param sourceWidth 4 or 8 bytes an offset
    /// @param base position in `source` that offset 0 stands for
    /// @return false if the offsets decrease or leave `source`
    boolean append(MemorySegment source, long offsetsAt, int sourceWidth, long base, int slots) {
      MemorySegment target = reserveOffsets(slots);
      long first = offset(source, offsetsAt, sourceWidth);
      long last = offset(source, offsetsAt + (long) slots * sourceWidth, sourceWidth);
      if (first < 0 || last < first || last > source.byteSize() - base) {
        return false;
      }
      long shift = used - first;
      long bad = 0;
      long previous = first;
      reserveData(last - first);
      if (sourceWidth == 4 && !large) {
        long at = (count + 1L) * 4;
        int delta = (int) shift;
        int before = (int) first;
        int wrong = 0;
        for (int i = 0; i < slots; i++) {
          int o = source.get(FixedColumn.INT, offsetsAt + (i + 1L) * 4);
          wrong |= o | o - before;
          before = o;
          target.set(FixedColumn.INT, at + i * 4L, o + delta);
        }
        bad = wrong;
      } else {
        for (int i = 1; i <= slots; i++) {
          long o = offset(source, offsetsAt + (long) i * sourceWidth, sourceWidth);
          bad |= o | o - previous;
          previous = o;
          setOffset(count + i, o + shift);
        }
      }
      if (bad < 0) {
        return false;
      }
      MemorySegment.copy(source, base + first, data, used, last - first);
      used += last - first;
      count += slots;
      return true;
    }

    /// Appends values `at[0 .. slots)` of a buffer that begins with its offsets.
    ///
    /// @param sourceWidth 4 or 8 bytes an offset
    /// @return false if offsets decrease or leave `source`
    boolean gather(MemorySegment source, int sourceWidth, int[] at, int slots) {
      reserveOffsets(slots);
      long bad = 0;
      long length = 0;
      for (int i = 0; i < slots; i++) {
        long from = offset(source, (long) at[i] * sourceWidth, sourceWidth);
        long to = offset(source, (at[i] + 1L) * sourceWidth, sourceWidth);
        bad |= from | to - from | source.byteSize() - to;
        length += to - from;
      }
      if (bad < 0) {
        return false;
      }
      MemorySegment target = reserveData(length);
      long end = used;
      for (int i = 0; i < slots; i++) {
        long from = offset(source, (long) at[i] * sourceWidth, sourceWidth);
        long to = offset(source, (at[i] + 1L) * sourceWidth, sourceWidth);
        MemorySegment.copy(source, from, target, end, to - from);
        end += to - from;
        setOffset(count + i + 1, end);
      }
      advance(slots, end);
      return true;
    }

    private static long offset(MemorySegment source, long at, int width) {
      return width == 4 ? source.get(FixedColumn.INT, at) : source.get(FixedColumn.LONG, at);
    }

    private void setOffset(int index, long value) {
      if (large) {
        offsets.set(FixedColumn.LONG, 8L * index, value);
      } else {
        offsets.set(FixedColumn.INT, 4L * index, (int) value);
      }
    }

    @Override
    public void appendNothing(int slots) {
      reserveOffsets(slots);
      for (int i = 1; i <= slots; i++) {
        setOffset(count + i, used);
      }
      count += slots;
    }
  }

  /// Fixed-size lists of primitives whose items may be null: the values, and per level of nesting a
  /// bitmap, which is absent until a page has one.
  final class Items implements PageSink {

    private final PageSink values;
    private final Bitmap[] validity;
    private final boolean[] present;

    /// @param values a [Fixed] or [Bitmap] of whole lists
    /// @param itemsPerSlot items of a slot at each level of nesting, outermost first
    Items(PageSink values, int[] itemsPerSlot) {
      this.values = values;
      validity = new Bitmap[itemsPerSlot.length];
      for (int i = 0; i < validity.length; i++) {
        validity[i] = new Bitmap(itemsPerSlot[i]);
      }
      present = new boolean[validity.length];
    }

    PageSink values() {
      return values;
    }

    /// The bitmap of a level of nesting; null if all its items are valid.
    @Nullable Bitmap validity(int level) {
      return present[level] ? validity[level] : null;
    }

    /// The bitmap of a level of nesting, with ones for the slots so far if it was absent.
    Bitmap startValidity(int level) {
      present[level] = true;
      int missing = values.count() - validity[level].count();
      if (missing > 0) {
        validity[level].append(true, missing);
      }
      return validity[level];
    }

    /// Fills bitmaps that a page did not have up to the number of values.
    void settle() {
      for (int i = 0; i < validity.length; i++) {
        int missing = values.count() - validity[i].count();
        if (present[i] && missing > 0) {
          validity[i].append(true, missing);
        }
      }
    }

    @Override
    public void start(SegmentAllocator memory, int slots) {
      values.start(memory, slots);
      for (int i = 0; i < validity.length; i++) {
        validity[i].start(memory, slots);
        present[i] = false;
      }
    }

    @Override
    public int count() {
      return values.count();
    }

    @Override
    public void appendNothing(int slots) {
      values.appendNothing(slots);
      settle();
    }
  }

  /// Structs stored row by row: one sink per child.
  final class Rows implements PageSink {

    private final PageSink[] children;
    private int count;

    Rows(PageSink[] children) {
      this.children = children;
    }

    PageSink[] children() {
      return children;
    }

    void advance(int slots) {
      count += slots;
    }

    @Override
    public void start(SegmentAllocator memory, int slots) {
      count = 0;
      for (PageSink child : children) {
        child.start(memory, slots);
      }
    }

    @Override
    public int count() {
      return count;
    }

    @Override
    public void appendNothing(int slots) {
      for (PageSink child : children) {
        child.appendNothing(slots);
      }
      count += slots;
    }
  }

  /// Slots without any content: the null type.
  final class Nothing implements PageSink {

    private int count;

    @Override
    public void start(SegmentAllocator memory, int slots) {
      count = 0;
    }

    @Override
    public int count() {
      return count;
    }

    @Override
    public void appendNothing(int slots) {
      count = added(count, slots);
    }
  }
}
