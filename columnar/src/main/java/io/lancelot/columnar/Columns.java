package io.lancelot.columnar;

import io.lancelot.base.ResourceExhaustedException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.ValueLayout;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Operations that make new columns of any type: all nulls, a choice of rows, several columns end
/// to end, a copy.
public final class Columns {

  private Columns() {}

  /// A row number that stands for "null" in [#gather].
  public static final int NO_ROW = -1;

  /// A column without rows.
  public static Column empty(DataType type) {
    return nulls(type, 0, (bytes, _) -> MemorySegment.ofArray(new byte[(int) bytes]));
  }

  /// `length` nulls of any type.
  public static Column nulls(DataType type, int length, SegmentAllocator allocator) {
    if (type instanceof DataType.Null) {
      return new NullColumn(length);
    }
    Bits none = new Bits(zeros((length + 63L) / 64 * 8, allocator), 0, length);
    Bits validity = length == 0 ? null : none;
    return switch (type) {
      case DataType.Null _ -> new NullColumn(length);
      case DataType.Bool _ -> new BoolColumn(none, validity);
      case DataType.Int _,
          DataType.Floating _,
          DataType.Decimal _,
          DataType.FixedSizeBinary _,
          DataType.Date _,
          DataType.Time _,
          DataType.Timestamp _,
          DataType.Duration _ ->
          new FixedColumn(
              type, length, zeros((long) length * type.byteWidth(), allocator), validity);
      case DataType.Utf8(boolean large) -> nullVar(type, large, length, validity, allocator);
      case DataType.Binary(boolean large) -> nullVar(type, large, length, validity, allocator);
      case DataType.ListOf(Field item, boolean large) ->
          new ListColumn(
              type,
              length,
              zeros((length + 1L) * (large ? 8 : 4), allocator),
              empty(item.type()),
              validity);
      case DataType.MapOf map ->
          new ListColumn(
              map,
              length,
              zeros((length + 1L) * 4, allocator),
              empty(map.entries().type()),
              validity);
      case DataType.FixedSizeList list ->
          new FixedListColumn(
              list,
              length,
              nulls(list.item().type(), itemCount((long) length * list.size()), allocator),
              validity);
      case DataType.Struct struct ->
          new StructColumn(
              struct,
              length,
              struct.fields().stream()
                  .map(field -> nulls(field.type(), length, allocator))
                  .toList(),
              validity);
      case DataType.Dictionary dictionary ->
          new DictionaryColumn(
              dictionary,
              (FixedColumn) nulls(dictionary.index(), length, allocator),
              empty(dictionary.value()));
    };
  }

  private static VarColumn nullVar(
      DataType type,
      boolean large,
      int length,
      @Nullable Bits validity,
      SegmentAllocator allocator) {
    MemorySegment offsets = zeros((length + 1L) * (large ? 8 : 4), allocator);
    return new VarColumn(type, length, offsets, MemorySegment.NULL, validity);
  }

  /// Rows `rows[0 .. count)` of a column, in that order and as often as they are named; [#NO_ROW]
  /// gives null. All of the result is in memory of `allocator`, of dictionaries the values in use.
  ///
  /// @throws ResourceExhaustedException if the result is too long for a column of that type
  public static Column gather(Column column, int[] rows, int count, SegmentAllocator allocator) {
    if (column instanceof NullColumn) {
      return new NullColumn(count);
    }
    Bits validity = gatherValidity(column, rows, count, allocator);
    return switch (column) {
      case NullColumn _ -> new NullColumn(count);
      case BoolColumn bool ->
          new BoolColumn(gatherBits(bool.values(), rows, count, allocator), validity);
      case FixedColumn fixed -> gatherFixed(fixed, rows, count, validity, allocator);
      case VarColumn var -> gatherVar(var, rows, count, validity, allocator);
      case ListColumn list -> gatherList(list, rows, count, validity, allocator);
      case FixedListColumn list -> {
        int size = list.size();
        if (list.items() instanceof FixedColumn items && items.validity() == null) {
          MemorySegment gathered =
              gatherBytes(items.data(), (long) size * items.width(), rows, count, allocator);
          yield new FixedListColumn(
              list.type(),
              count,
              new FixedColumn(items.type(), itemCount((long) count * size), gathered, null),
              validity);
        }
        int[] items = new int[itemCount((long) count * size)];
        for (int i = 0, o = 0; i < count; i++) {
          for (int j = 0; j < size; j++) {
            items[o++] = rows[i] == NO_ROW ? NO_ROW : rows[i] * size + j;
          }
        }
        yield new FixedListColumn(
            list.type(), count, gather(list.items(), items, items.length, allocator), validity);
      }
      case StructColumn struct ->
          new StructColumn(
              struct.type(),
              count,
              struct.children().stream()
                  .map(child -> gather(child, rows, count, allocator))
                  .toList(),
              validity);
      case DictionaryColumn dictionary ->
          gatherDictionary(dictionary, rows, count, validity, allocator);
    };
  }

  /// The values come along, or as many of them as are used where these are fewer: the result must
  /// not look into memory of its source.
  private static DictionaryColumn gatherDictionary(
      DictionaryColumn column,
      int[] rows,
      int count,
      @Nullable Bits validity,
      SegmentAllocator allocator) {
    FixedColumn indices = gatherFixed(column.indices(), rows, count, validity, allocator);
    int[] used = new int[count];
    int[] place = new int[column.values().length()];
    for (int i = 0; i < count; i++) {
      if (!indices.isNull(i)) {
        place[Math.toIntExact(indices.integerAt(i))] = 1;
      }
    }
    int kept = 0;
    for (int value = 0; value < place.length; value++) {
      if (place[value] != 0) {
        used[kept] = value;
        place[value] = kept++;
      }
    }
    int width = indices.width();
    for (int i = 0; i < count; i++) {
      int index = indices.isNull(i) ? 0 : place[Math.toIntExact(indices.integerAt(i))];
      Concatenation.setInteger(indices.data(), (long) i * width, width, index);
    }
    return new DictionaryColumn(
        column.type(), indices, gather(column.values(), used, kept, allocator));
  }

  private static @Nullable Bits gatherValidity(
      Column column, int[] rows, int count, SegmentAllocator allocator) {
    Bits source = column.validity();
    boolean missing = false;
    for (int i = 0; i < count; i++) {
      missing |= rows[i] == NO_ROW;
    }
    if (source == null && !missing) {
      return null;
    }
    MemorySegment bits = zeros((count + 63L) / 64 * 8, allocator);
    int valid = 0;
    for (int i = 0; i < count; i++) {
      if (rows[i] != NO_ROW && (source == null || source.get(rows[i]))) {
        valid++;
        setBit(bits, i);
      }
    }
    return valid == count ? null : new Bits(bits, 0, count);
  }

  private static Bits gatherBits(Bits source, int[] rows, int count, SegmentAllocator allocator) {
    MemorySegment bits = zeros((count + 63L) / 64 * 8, allocator);
    for (int i = 0; i < count; i++) {
      if (rows[i] != NO_ROW && source.get(rows[i])) {
        setBit(bits, i);
      }
    }
    return new Bits(bits, 0, count);
  }

  private static FixedColumn gatherFixed(
      FixedColumn column,
      int[] rows,
      int count,
      @Nullable Bits validity,
      SegmentAllocator allocator) {
    return new FixedColumn(
        column.type(),
        count,
        gatherBytes(column.data(), column.width(), rows, count, allocator),
        validity);
  }

  /// Values of `width` bytes; zeros where there is no row.
  private static MemorySegment gatherBytes(
      MemorySegment source, long width, int[] rows, int count, SegmentAllocator allocator) {
    MemorySegment target = allocator.allocate(Math.multiplyExact(count, width), 8);
    switch ((int) Math.min(width, 16)) {
      case 1 -> {
        for (int i = 0; i < count; i++) {
          target.set(
              ValueLayout.JAVA_BYTE,
              i,
              rows[i] == NO_ROW ? 0 : source.get(ValueLayout.JAVA_BYTE, rows[i]));
        }
      }
      case 2 -> {
        for (int i = 0; i < count; i++) {
          target.set(
              FixedColumn.SHORT,
              2L * i,
              rows[i] == NO_ROW ? 0 : source.get(FixedColumn.SHORT, 2L * rows[i]));
        }
      }
      case 4 -> {
        for (int i = 0; i < count; i++) {
          target.set(
              FixedColumn.INT,
              4L * i,
              rows[i] == NO_ROW ? 0 : source.get(FixedColumn.INT, 4L * rows[i]));
        }
      }
      case 8 -> {
        for (int i = 0; i < count; i++) {
          target.set(
              FixedColumn.LONG,
              8L * i,
              rows[i] == NO_ROW ? 0 : source.get(FixedColumn.LONG, 8L * rows[i]));
        }
      }
      default -> {
        for (int i = 0; i < count; i++) {
          if (rows[i] == NO_ROW) {
            target.asSlice(i * width, width).fill((byte) 0);
          } else {
            MemorySegment.copy(source, rows[i] * width, target, i * width, width);
          }
        }
      }
    }
    return target;
  }

  private static VarColumn gatherVar(
      VarColumn column,
      int[] rows,
      int count,
      @Nullable Bits validity,
      SegmentAllocator allocator) {
    int width = column.large() ? 8 : 4;
    MemorySegment offsets = allocator.allocate((count + 1L) * width, 8);
    long end = 0;
    setOffset(offsets, width, 0, 0);
    for (int i = 0; i < count; i++) {
      if (rows[i] != NO_ROW && !column.isNull(rows[i])) {
        end += column.byteLength(rows[i]);
      }
      setOffset(offsets, width, i + 1, end);
    }
    MemorySegment data = allocator.allocate(end, 8);
    long at = 0;
    for (int i = 0; i < count; i++) {
      if (rows[i] != NO_ROW && !column.isNull(rows[i])) {
        long from = column.offset(rows[i]);
        long bytes = column.offset(rows[i] + 1) - from;
        MemorySegment.copy(column.data(), from, data, at, bytes);
        at += bytes;
      }
    }
    return new VarColumn(column.type(), count, offsets, data, validity);
  }

  private static ListColumn gatherList(
      ListColumn column,
      int[] rows,
      int count,
      @Nullable Bits validity,
      SegmentAllocator allocator) {
    int width = column.large() ? 8 : 4;
    MemorySegment offsets = allocator.allocate((count + 1L) * width, 8);
    long end = 0;
    setOffset(offsets, width, 0, 0);
    for (int i = 0; i < count; i++) {
      if (rows[i] != NO_ROW && !column.isNull(rows[i])) {
        end += column.offset(rows[i] + 1) - column.offset(rows[i]);
      }
      setOffset(offsets, width, i + 1, end);
    }
    int[] items = new int[itemCount(end)];
    int o = 0;
    for (int i = 0; i < count; i++) {
      if (rows[i] != NO_ROW && !column.isNull(rows[i])) {
        int to = column.offset(rows[i] + 1);
        for (int j = column.offset(rows[i]); j < to; j++) {
          items[o++] = j;
        }
      }
    }
    return new ListColumn(
        column.type(), count, offsets, gather(column.items(), items, o, allocator), validity);
  }

  /// Columns of one type end to end. A single column is returned as it is, without a copy.
  ///
  /// @throws ResourceExhaustedException if together they are too long for a column of that type
  public static Column concat(
      DataType type, List<? extends Column> parts, SegmentAllocator allocator) {
    return Concatenation.concat(type, parts, allocator);
  }

  /// A column with the same values in memory of `allocator`, without slack from slicing.
  public static Column copy(Column column, SegmentAllocator allocator) {
    Bits validity = column.validity() == null ? null : column.validity().compact(allocator);
    return switch (column) {
      case NullColumn nulls -> nulls;
      case BoolColumn bool -> new BoolColumn(bool.values().compact(allocator), validity);
      case FixedColumn fixed ->
          new FixedColumn(
              fixed.type(),
              fixed.length(),
              copyBytes(fixed.data(), (long) fixed.length() * fixed.width(), allocator),
              validity);
      case VarColumn var ->
          Concatenation.concatVar(var.type(), List.of(var), var.length(), validity, allocator);
      case ListColumn list -> {
        int width = list.large() ? 8 : 4;
        MemorySegment offsets = allocator.allocate((list.length() + 1L) * width, 8);
        int first = list.offset(0);
        for (int i = 0; i <= list.length(); i++) {
          setOffset(offsets, width, i, list.offset(i) - first);
        }
        Column items = list.items().slice(first, list.offset(list.length()) - first);
        yield new ListColumn(list.type(), list.length(), offsets, copy(items, allocator), validity);
      }
      case FixedListColumn list ->
          new FixedListColumn(list.type(), list.length(), copy(list.items(), allocator), validity);
      case StructColumn struct ->
          new StructColumn(
              struct.type(),
              struct.length(),
              struct.children().stream().map(child -> copy(child, allocator)).toList(),
              validity);
      case DictionaryColumn dictionary ->
          new DictionaryColumn(
              dictionary.type(),
              (FixedColumn) copy(dictionary.indices(), allocator),
              copy(dictionary.values(), allocator));
    };
  }

  /// The same values with the dictionary, if it is one, replaced by what its indices stand for.
  /// Only the top level is looked at.
  public static Column decodeDictionary(Column column, SegmentAllocator allocator) {
    if (!(column instanceof DictionaryColumn dictionary)) {
      return column;
    }
    int[] rows = new int[dictionary.length()];
    for (int i = 0; i < rows.length; i++) {
      rows[i] = dictionary.isNull(i) ? NO_ROW : dictionary.indexAt(i);
    }
    return gather(dictionary.values(), rows, rows.length, allocator);
  }

  private static MemorySegment copyBytes(
      MemorySegment source, long bytes, SegmentAllocator allocator) {
    MemorySegment target = allocator.allocate(bytes, 8);
    MemorySegment.copy(source, 0, target, 0, bytes);
    return target;
  }

  static MemorySegment zeros(long bytes, SegmentAllocator allocator) {
    return allocator.allocate(bytes, 8).fill((byte) 0);
  }

  static void setBit(MemorySegment bits, int index) {
    long at = index >>> 3;
    bits.set(
        ValueLayout.JAVA_BYTE, at, (byte) (bits.get(ValueLayout.JAVA_BYTE, at) | 1 << (index & 7)));
  }

  static void setOffset(MemorySegment offsets, int width, int index, long value) {
    if (width == 8) {
      offsets.set(FixedColumn.LONG, 8L * index, value);
    } else {
      if (value > Integer.MAX_VALUE) {
        throw tooMany("items under 32-bit offsets", value);
      }
      offsets.set(FixedColumn.INT, 4L * index, (int) value);
    }
  }

  static int itemCount(long items) {
    if (items > Integer.MAX_VALUE - 8) {
      throw tooMany("values in one batch", items);
    }
    return (int) items;
  }

  static ResourceExhaustedException tooMany(String what, long found) {
    return new ResourceExhaustedException(
        "too many " + what + ": found=" + found + "; use smaller batches");
  }
}
