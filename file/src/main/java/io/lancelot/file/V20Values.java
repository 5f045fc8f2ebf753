package io.lancelot.file;

import io.lancelot.columnar.Bits;
import io.lancelot.columnar.Column;
import io.lancelot.columnar.FixedColumn;
import io.lancelot.kernels.Fsst;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// How a page of a 2.0 file stores the values of a leaf. Immutable; shared by all readers of the
/// file.
///
/// Format: lance-format section 2.8.
sealed interface V20Values {

  /// Appends values `[from, to)` of the page.
  void read(long from, long to, V20Slots slots, V20State state);

  /// Nothing is stored: all are null.
  record Nothing() implements V20Values {
    @Override
    public void read(long from, long to, V20Slots slots, V20State state) {
      int count = Math.toIntExact(to - from);
      GrowingMemory.check(count, state.scratch());
      slots.nulls.add(slots.count(), count);
      slots.sink.appendNothing(count);
    }
  }

  /// A bit per value says whether it is valid.
  record SomeNulls(V20Bitmap validity, V20Values values) implements V20Values {
    @Override
    public void read(long from, long to, V20Slots slots, V20State state) {
      int first = slots.count();
      values.read(from, to, slots, state);
      slots.nulls.addZeros(validity.read(from, to, state), first);
    }
  }

  /// Values of a fixed number of bytes.
  record Fixed(V20Words words) implements V20Values {
    @Override
    public void read(long from, long to, V20Slots slots, V20State state) {
      append(words.read(from, to, state), (int) (to - from), (PageSink.Fixed) slots.sink, slots);
    }

    static void append(MemorySegment source, int count, PageSink.Fixed sink, V20Slots slots) {
      if (slots.lasting()) {
        sink.append(source, 0, count);
      } else {
        sink.appendLasting(source, count);
      }
    }
  }

  /// Booleans.
  record Flags(V20Bitmap flags) implements V20Values {
    @Override
    public void read(long from, long to, V20Slots slots, V20State state) {
      Bits bits = flags.read(from, to, state);
      ((PageSink.Bitmap) slots.sink).append(bits.segment(), bits.offset(), bits.length());
    }
  }

  /// Fixed-size lists of primitives.
  ///
  /// @param layers what is known of the items at each level of nesting, outermost first
  /// @param words the primitives; null if they are flags or none are stored
  /// @param flags the primitives as bits
  /// @param items primitives of one value of the leaf
  record Lists(List<Layer> layers, @Nullable V20Words words, @Nullable V20Bitmap flags, int items)
      implements V20Values {

    /// @param itemsPerSlot items of one value of the leaf at this level
    /// @param validity a bit per item; null if no item is null, or all are
    record Layer(int itemsPerSlot, boolean allNull, @Nullable V20Bitmap validity) {}

    public Lists {
      layers = List.copyOf(layers);
    }

    @Override
    public void read(long from, long to, V20Slots slots, V20State state) {
      int count = Math.toIntExact(to - from);
      var sink = (PageSink.Items) slots.sink;
      for (int i = 0; i < layers.size(); i++) {
        Layer layer = layers.get(i);
        if (layer.allNull()) {
          GrowingMemory.check((long) count * layer.itemsPerSlot() / 8, state.scratch());
          sink.startValidity(i).append(false, count);
        } else if (layer.validity() != null) {
          long each = layer.itemsPerSlot();
          Bits bits =
              layer
                  .validity()
                  .read(Math.multiplyExact(from, each), Math.multiplyExact(to, each), state);
          sink.startValidity(i).append(bits.segment(), bits.offset(), count);
        }
      }
      if (words != null) {
        MemorySegment source =
            words.read(
                Math.multiplyExact(from, (long) items),
                Math.multiplyExact(to, (long) items),
                state);
        Fixed.append(source, count, (PageSink.Fixed) sink.values(), slots);
      } else if (flags != null) {
        Bits bits =
            flags.read(
                Math.multiplyExact(from, (long) items),
                Math.multiplyExact(to, (long) items),
                state);
        ((PageSink.Bitmap) sink.values()).append(bits.segment(), bits.offset(), count);
      } else {
        sink.values().appendNothing(count);
      }
      sink.settle();
    }
  }

  /// Text and bytes: where each value ends, and the bytes. An end beyond the adjustment is that of
  /// a null, by so much too high.
  record Texts(V20Words ends, V20Words bytes, long adjustment, PageContext page)
      implements V20Values {

    @Override
    public void read(long from, long to, V20Slots slots, V20State state) {
      var sink = (PageSink.Var) slots.sink;
      int count = Math.toIntExact(to - from);
      if (count == 0) {
        return;
      }
      int width = ends.width();
      int before = from > 0 ? 1 : 0;
      MemorySegment words = ends.read(from - before, to, state);
      long first = before == 0 ? 0 : end(V20Words.at(words, width, 0));
      long last = end(V20Words.at(words, width, before + count - 1L));
      page.require(first >= 0 && last >= first, "ends of values", "rising", first + ".." + last);
      MemorySegment data = bytes.read(first, last, state);
      MemorySegment target = sink.reserveData(last - first);
      MemorySegment offsets = sink.reserveOffsets(count);
      long shift = sink.used() - first;
      long previous = first;
      long wrong = 0;
      int slot = sink.count();
      boolean large = sink.large();
      for (int i = 0; i < count; i++) {
        long word = V20Words.at(words, width, before + (long) i);
        if (Long.compareUnsigned(word, adjustment) >= 0) {
          slots.nulls.add(slot + i);
        }
        long end = end(word);
        wrong |= end - previous | last - end;
        previous = end;
        if (large) {
          offsets.set(FixedColumn.LONG, 8L * (slot + i + 1L), end + shift);
        } else {
          offsets.set(FixedColumn.INT, 4L * (slot + i + 1L), (int) (end + shift));
        }
      }
      page.require(wrong >= 0, "ends of values", "rising", "falling");
      MemorySegment.copy(data, 0, target, sink.used(), last - first);
      sink.advance(count, sink.used() + last - first);
    }

    private long end(long word) {
      return Long.compareUnsigned(word, adjustment) >= 0 ? word - adjustment : word;
    }
  }

  /// Text coded with the symbols of the page, each value by itself.
  record Symbols(V20Values coded, FsstTable table) implements V20Values {
    @Override
    public void read(long from, long to, V20Slots slots, V20State state) {
      var target = (PageSink.Var) slots.sink;
      int count = Math.toIntExact(to - from);
      var inner = new V20Slots(new PageSink.Var(target.large()), false);
      inner.start(state.scratch(), count);
      coded.read(from, to, inner, state);
      Bits validity = inner.nulls.validity(count);
      if (validity != null) {
        slots.nulls.addZeros(validity, target.count());
      }
      var source = (PageSink.Var) inner.sink;
      int width = target.offsetWidth();
      MemorySegment offsets = target.reserveOffsets(count);
      MemorySegment data = target.reserveData(Fsst.maxDecodedBytes(source.used()));
      long end =
          state
              .codecs()
              .fsst(table)
              .decode(
                  width * 8,
                  source.data(),
                  source.offsets(),
                  count,
                  data,
                  target.used(),
                  offsets.asSlice((long) target.count() * width, (count + 1L) * width));
      target.advance(count, end);
    }
  }

  /// Text and bytes that are all of the same length.
  record SameLength(V20Words bytes, int length) implements V20Values {
    @Override
    public void read(long from, long to, V20Slots slots, V20State state) {
      var sink = (PageSink.Var) slots.sink;
      MemorySegment data =
          bytes.read(
              Math.multiplyExact(from, (long) length),
              Math.multiplyExact(to, (long) length),
              state);
      for (int i = 0; i < to - from; i++) {
        sink.append(data, (long) i * length, length);
      }
    }
  }

  /// Structs row by row.
  ///
  /// @param widths bytes of each child
  record Rows(V20Buffer buffer, int[] widths, long rowBytes) implements V20Values {
    @Override
    public void read(long from, long to, V20Slots slots, V20State state) {
      var sink = (PageSink.Rows) slots.sink;
      int count = Math.toIntExact(to - from);
      long first = Math.multiplyExact(from, rowBytes);
      MemorySegment rows = buffer.bytes(first, Math.multiplyExact(to, rowBytes) - first, state);
      long at = 0;
      for (int i = 0; i < widths.length; i++) {
        PageSink child = sink.children()[i];
        PageSink values = child instanceof PageSink.Items items ? items.values() : child;
        ((PageSink.Fixed) values).appendStrided(rows, at, rowBytes, count);
        at += widths[i];
      }
      sink.advance(count);
    }
  }

  /// Indices into distinct values of the page.
  ///
  /// @param fromOne whether index 0 means null and the first value has index 1: where the writer
  ///   chose a dictionary for plain text. Otherwise the column is one of a dictionary type.
  /// @param nulls which indices are null, where the page says so
  /// @param count number of distinct values
  record Coded(
      V20Words indices,
      @Nullable V20Bitmap nulls,
      boolean fromOne,
      V20Values items,
      int count,
      LeafShape shape,
      PageContext page)
      implements V20Values {

    @Override
    public void read(long from, long to, V20Slots slots, V20State state) {
      int rows = Math.toIntExact(to - from);
      V20Items values = state.items(this);
      MemorySegment words = indices.read(from, to, state);
      Bits validity = nulls == null ? null : nulls.read(from, to, state);
      int first = slots.count();
      int[] at = new int[rows];
      for (int i = 0; i < rows; i++) {
        long index = index(words, i) - (fromOne ? 1 : 0);
        boolean isNull = validity != null && !validity.get(i) || fromOne && index == -1;
        if (!isNull) {
          page.require(index >= 0 && index < count, "dictionary index", "below " + count, index);
          isNull = values.isNull((int) index);
        }
        if (isNull) {
          slots.nulls.add(first + i);
        }
        at[i] = isNull ? count : (int) index;
      }
      if (slots.keepsDictionaries) {
        keep(at, values, slots);
        return;
      }
      switch (slots.sink) {
        case PageSink.Var var -> var.gather((PageSink.Var) values.sink(), at, rows);
        case PageSink.Fixed fixed ->
            fixed.gather(((PageSink.Fixed) values.sink()).data(), at, rows);
        case PageSink.Bitmap _, PageSink.Items _, PageSink.Rows _, PageSink.Nothing _ ->
            throw page.unsupported("dictionary of such values");
      }
    }

    private static void keep(int[] at, V20Items values, V20Slots slots) {
      slots.startDictionary(values);
      var sink = (PageSink.Fixed) slots.sink;
      MemorySegment target = sink.reserve(at.length, 0);
      long position = sink.position();
      for (int i = 0; i < at.length; i++) {
        int index = at[i] == values.count() ? 0 : at[i];
        switch ((int) sink.width()) {
          case 1 -> target.set(ValueLayout.JAVA_BYTE, position + i, (byte) index);
          case 2 -> target.set(FixedColumn.SHORT, position + i * 2L, (short) index);
          case 4 -> target.set(FixedColumn.INT, position + i * 4L, index);
          default -> target.set(FixedColumn.LONG, position + i * 8L, index);
        }
      }
      sink.advance(at.length);
    }

    private long index(MemorySegment words, int i) {
      return switch (indices.width()) {
        case 1 -> words.get(ValueLayout.JAVA_BYTE, i) & 0xFF;
        case 2 -> words.get(FixedColumn.SHORT, i * 2L) & 0xFFFF;
        default -> V20Words.at(words, indices.width(), i);
      };
    }

    /// Decodes the distinct values.
    V20Items readItems(V20State state) {
      var slots = new V20Slots(shape.newSink(), false);
      slots.startLasting(Arena.ofAuto(), count + 1);
      items.read(0, count, slots, state);
      page.require(slots.count() == count, "dictionary items", count, slots.count());
      Bits validity = slots.nulls.validity(count);
      Column column = shape.column(slots.sink, null);
      ValueChecks.check(column, page.place());
      slots.sink.appendNothing(1);
      return new V20Items(count, slots.sink, validity, column);
    }
  }

  /// Bytes that lie elsewhere in the file: the page holds their positions and sizes. Reading it
  /// reads the bytes, or their [descriptors][BlobDescriptor] if the column is to have that type.
  record Blobs(Rows slots, PageContext page) implements V20Values {

    /// The position that, with a size of zero, stands for null.
    private static final long NULL_POSITION = 1;

    @Override
    public void read(long from, long to, V20Slots target, V20State state) {
      int count = Math.toIntExact(to - from);
      MemorySegment descriptors = descriptors(from, to, state);
      if (target.sink instanceof PageSink.Rows sink) {
        describe(descriptors, count, sink, target, state);
        return;
      }
      long total = 0;
      for (int i = 0; i < count; i++) {
        long position = descriptors.get(FixedColumn.LONG, i * 16L);
        long size = descriptors.get(FixedColumn.LONG, i * 16L + 8);
        boolean inside =
            size >= 0
                && size <= page.file().sizeBytes()
                && position >= 0
                && (size == 0 || position <= page.file().sizeBytes() - size);
        page.require(
            inside,
            "blob",
            "inside " + page.file().sizeBytes() + " bytes",
            Long.toUnsignedString(position) + "+" + Long.toUnsignedString(size));
        total += size;
      }
      GrowingMemory.check(total, state.scratch());
      var sink = (PageSink.Var) target.sink;
      sink.reserveData(total);
      for (int i = 0; i < count; i++) {
        long position = descriptors.get(FixedColumn.LONG, i * 16L);
        long size = descriptors.get(FixedColumn.LONG, i * 16L + 8);
        if (size == 0) {
          if (position == NULL_POSITION) {
            target.nulls.add(sink.count());
          }
          sink.appendNothing(1);
        } else {
          sink.append(page.file().view(position, size, state.scratch()), 0, size);
        }
      }
    }

    private static void describe(
        MemorySegment descriptors, int count, PageSink.Rows sink, V20Slots target, V20State state) {
      MemorySegment work = state.scratch().allocateBytes(8);
      for (int i = 0; i < count; i++) {
        long position = descriptors.get(FixedColumn.LONG, i * 16L);
        long size = descriptors.get(FixedColumn.LONG, i * 16L + 8);
        if (size == 0 && position == NULL_POSITION) {
          target.nulls.add(sink.count());
          sink.appendNothing(1);
        } else {
          BlobDescriptor.appendInline(sink, position, size, work);
        }
      }
    }

    /// Pairs of position and size.
    MemorySegment descriptors(long from, long to, V20State state) {
      long first = Math.multiplyExact(from, 16L);
      return slots.buffer().bytes(first, Math.multiplyExact(to, 16L) - first, state);
    }
  }
}
