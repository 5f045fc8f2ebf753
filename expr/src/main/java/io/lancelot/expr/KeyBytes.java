package io.lancelot.expr;

import io.lancelot.base.ResourceExhaustedException;
import io.lancelot.columnar.BoolColumn;
import io.lancelot.columnar.Column;
import io.lancelot.columnar.DataType;
import io.lancelot.columnar.DictionaryColumn;
import io.lancelot.columnar.FixedColumn;
import io.lancelot.columnar.FixedListColumn;
import io.lancelot.columnar.ListColumn;
import io.lancelot.columnar.NullColumn;
import io.lancelot.columnar.StructColumn;
import io.lancelot.columnar.Types;
import io.lancelot.columnar.VarColumn;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/// Keys of rows as bytes: two rows compare as the unsigned bytes of their keys do, and are equal
/// where these are. Numbers go by value with NaN above all and both zeros equal, text by its bytes,
/// false before true, lists and structs by their first items that differ. So sorting and grouping
/// by any columns is sorting and grouping by one.
public final class KeyBytes {

  private static final ValueLayout.OfLong BIG_LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
  private static final ValueLayout.OfInt BIG_INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
  private static final ValueLayout.OfShort BIG_SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

  private static final byte NULL_FIRST = 0;
  private static final byte VALUE = 1;
  private static final byte NULL_LAST = 2;
  private static final byte END = 0;
  private static final byte ESCAPED = (byte) 0xFF;

  private KeyBytes() {}

  /// A part of the key of every row.
  public record Part(Column column, boolean ascending, boolean nullsFirst) {}

  /// The keys of rows `[0, rows)`, in memory of `allocator`.
  ///
  /// @throws ResourceExhaustedException if a batch has more than two gigabytes of keys
  public static VarColumn encode(List<Part> parts, int rows, SegmentAllocator allocator) {
    List<Writer> writers = new ArrayList<>();
    for (Part part : parts) {
      writers.add(nullable(part.column(), part.nullsFirst()));
    }
    MemorySegment offsets = allocator.allocate(4L * (rows + 1), 8);
    long[] at = new long[rows + 1];
    for (Writer writer : writers) {
      for (int row = 0; row < rows; row++) {
        at[row + 1] += writer.size(row);
      }
    }
    offsets.set(FixedColumn.INT, 0, 0);
    for (int row = 0; row < rows; row++) {
      at[row + 1] += at[row];
      offsets.set(FixedColumn.INT, 4L * (row + 1), (int) at[row + 1]);
    }
    if (at[rows] > Integer.MAX_VALUE) {
      throw new ResourceExhaustedException(
          "keys of a batch: expected at most "
              + Integer.MAX_VALUE
              + " bytes, found="
              + at[rows]
              + " (rows="
              + rows
              + ")");
    }
    MemorySegment data = allocator.allocate(at[rows], 8);
    for (int i = 0; i < writers.size(); i++) {
      put(writers.get(i), parts.get(i).ascending(), data, at, rows);
    }
    return new VarColumn(Types.BINARY, rows, offsets, data, null);
  }

  private static void put(
      Writer writer, boolean ascending, MemorySegment data, long[] at, int rows) {
    for (int row = 0; row < rows; row++) {
      long from = at[row];
      long to = writer.put(row, data, from);
      at[row] = to;
      if (!ascending) {
        // The first byte says whether there is a value; where nulls go does not depend on it.
        for (long i = from + 1; i < to; i++) {
          data.set(ValueLayout.JAVA_BYTE, i, (byte) ~data.get(ValueLayout.JAVA_BYTE, i));
        }
      }
    }
  }

  /// Writes the values of one column.
  private interface Writer {
    int size(int row);

    /// @return the position after the value
    long put(int row, MemorySegment out, long at);
  }

  /// A byte that tells nulls from values, and the value.
  private static Writer nullable(Column column, boolean nullsFirst) {
    byte none = nullsFirst ? NULL_FIRST : NULL_LAST;
    Writer values = values(column);
    boolean never =
        column.validity() == null
            && !(column instanceof NullColumn)
            && !(column instanceof DictionaryColumn);
    return new Writer() {
      @Override
      public int size(int row) {
        return never || !column.isNull(row) ? 1 + values.size(row) : 1;
      }

      @Override
      public long put(int row, MemorySegment out, long at) {
        boolean valid = never || !column.isNull(row);
        out.set(ValueLayout.JAVA_BYTE, at, valid ? VALUE : none);
        return valid ? values.put(row, out, at + 1) : at + 1;
      }
    };
  }

  private static Writer values(Column column) {
    return switch (column) {
      case NullColumn _ -> new Raw(MemorySegment.NULL, 0);
      case BoolColumn bool -> new Bools(bool);
      case FixedColumn fixed -> fixed(fixed);
      case VarColumn var -> new Text(ByteStrings.of(var));
      case DictionaryColumn dictionary -> new Indirect(dictionary, values(dictionary.values()));
      case ListColumn list -> new Items(list, nullable(list.items(), false));
      case FixedListColumn list -> new FixedItems(list.size(), nullable(list.items(), false));
      case StructColumn struct ->
          new Fields(struct.children().stream().map(child -> nullable(child, false)).toList());
    };
  }

  private static Writer fixed(FixedColumn column) {
    return switch (column.type()) {
      case DataType.FixedSizeBinary _ -> new Raw(column.data(), column.width());
      case DataType.Decimal _ -> new Decimals(column.data(), column.width());
      case DataType.Floating _ -> new Floats(Numbers.of(column), column.width());
      default -> {
        Numbers numbers = Numbers.of(column);
        yield new Integers(numbers, column.width(), numbers.unsigned());
      }
    };
  }

  private record Bools(BoolColumn column) implements Writer {
    @Override
    public int size(int row) {
      return 1;
    }

    @Override
    public long put(int row, MemorySegment out, long at) {
      out.set(ValueLayout.JAVA_BYTE, at, (byte) (column.values().get(row) ? 1 : 0));
      return at + 1;
    }
  }

  private static void putWord(long ordered, int width, MemorySegment out, long at) {
    switch (width) {
      case 1 -> out.set(ValueLayout.JAVA_BYTE, at, (byte) ordered);
      case 2 -> out.set(BIG_SHORT, at, (short) ordered);
      case 4 -> out.set(BIG_INT, at, (int) ordered);
      default -> out.set(BIG_LONG, at, ordered);
    }
  }

  /// With the sign turned, so that negative numbers come first.
  private record Integers(Numbers numbers, int width, boolean unsigned) implements Writer {
    @Override
    public int size(int row) {
      return width;
    }

    @Override
    public long put(int row, MemorySegment out, long at) {
      long value = numbers.integer(row);
      putWord(unsigned ? value : value ^ 1L << 8 * width - 1, width, out, at);
      return at + width;
    }
  }

  /// One NaN, one zero; negative numbers with all bits turned, so that those far from zero come
  /// first.
  private record Floats(Numbers numbers, int width) implements Writer {
    @Override
    public int size(int row) {
      return width == 8 ? 8 : 4;
    }

    @Override
    public long put(int row, MemorySegment out, long at) {
      double value = numbers.floating(row) + 0.0;
      if (width == 8) {
        long bits = Double.doubleToLongBits(value);
        out.set(BIG_LONG, at, bits ^ (bits >> 63 | Long.MIN_VALUE));
        return at + 8;
      }
      int bits = Float.floatToIntBits((float) value);
      out.set(BIG_INT, at, bits ^ (bits >> 31 | Integer.MIN_VALUE));
      return at + 4;
    }
  }

  /// Two's complement, little-endian in the column.
  private record Decimals(MemorySegment data, int width) implements Writer {
    @Override
    public int size(int row) {
      return width;
    }

    @Override
    public long put(int row, MemorySegment out, long at) {
      long from = (long) row * width;
      for (int i = 0; i < width; i += 8) {
        long word = data.get(FixedColumn.LONG, from + width - 8 - i);
        out.set(BIG_LONG, at + i, i == 0 ? word ^ Long.MIN_VALUE : word);
      }
      return at + width;
    }
  }

  private record Raw(MemorySegment data, int width) implements Writer {
    @Override
    public int size(int row) {
      return width;
    }

    @Override
    public long put(int row, MemorySegment out, long at) {
      MemorySegment.copy(data, (long) row * width, out, at, width);
      return at + width;
    }
  }

  /// Ends with two zeros; a zero inside is followed by a one that no end has.
  private record Text(ByteStrings bytes) implements Writer {
    @Override
    public int size(int row) {
      long to = bytes.from(row + 1);
      int size = 2;
      for (long i = bytes.from(row); i < to; i++) {
        size += bytes.at(i) == END ? 2 : 1;
      }
      return size;
    }

    @Override
    public long put(int row, MemorySegment out, long at) {
      long to = bytes.from(row + 1);
      long next = at;
      for (long i = bytes.from(row); i < to; i++) {
        byte value = bytes.at(i);
        out.set(ValueLayout.JAVA_BYTE, next++, value);
        if (value == END) {
          out.set(ValueLayout.JAVA_BYTE, next++, ESCAPED);
        }
      }
      out.set(ValueLayout.JAVA_BYTE, next, END);
      out.set(ValueLayout.JAVA_BYTE, next + 1, END);
      return next + 2;
    }
  }

  private record Indirect(DictionaryColumn column, Writer entries) implements Writer {
    @Override
    public int size(int row) {
      return entries.size(column.indexAt(row));
    }

    @Override
    public long put(int row, MemorySegment out, long at) {
      return entries.put(column.indexAt(row), out, at);
    }
  }

  /// Items, each with a byte before it, and an end that is below that byte.
  private record Items(ListColumn column, Writer items) implements Writer {
    @Override
    public int size(int row) {
      int size = 1;
      for (int i = column.offset(row); i < column.offset(row + 1); i++) {
        size += 1 + items.size(i);
      }
      return size;
    }

    @Override
    public long put(int row, MemorySegment out, long at) {
      long next = at;
      for (int i = column.offset(row); i < column.offset(row + 1); i++) {
        out.set(ValueLayout.JAVA_BYTE, next, VALUE);
        next = items.put(i, out, next + 1);
      }
      out.set(ValueLayout.JAVA_BYTE, next, END);
      return next + 1;
    }
  }

  private record FixedItems(int count, Writer items) implements Writer {
    @Override
    public int size(int row) {
      int size = 0;
      for (int i = 0; i < count; i++) {
        size += items.size(row * count + i);
      }
      return size;
    }

    @Override
    public long put(int row, MemorySegment out, long at) {
      long next = at;
      for (int i = 0; i < count; i++) {
        next = items.put(row * count + i, out, next);
      }
      return next;
    }
  }

  private record Fields(List<Writer> fields) implements Writer {
    @Override
    public int size(int row) {
      int size = 0;
      for (Writer field : fields) {
        size += field.size(row);
      }
      return size;
    }

    @Override
    public long put(int row, MemorySegment out, long at) {
      long next = at;
      for (Writer field : fields) {
        next = field.put(row, out, next);
      }
      return next;
    }
  }
}
