package io.lancelot.columnar;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Columns put end to end, see [Columns#concat].
final class Concatenation {

  private Concatenation() {}

  static Column concat(DataType type, List<? extends Column> parts, SegmentAllocator allocator) {
    if (parts.isEmpty()) {
      return Columns.empty(type);
    }
    if (parts.size() == 1) {
      return parts.getFirst();
    }
    long total = 0;
    for (Column part : parts) {
      total += part.length();
    }
    return concatAll(type, parts, Columns.itemCount(total), allocator);
  }

  private static Column concatAll(
      DataType type, List<? extends Column> parts, int total, SegmentAllocator allocator) {
    Bits validity = concatValidity(parts, total, allocator);
    return switch (type) {
      case DataType.Null _ -> new NullColumn(total);
      case DataType.Bool _ ->
          new BoolColumn(
              concatBits(
                  parts.stream().map(part -> ((BoolColumn) part).values()).toList(),
                  total,
                  allocator),
              validity);
      case DataType.Int _,
          DataType.Floating _,
          DataType.Decimal _,
          DataType.FixedSizeBinary _,
          DataType.Date _,
          DataType.Time _,
          DataType.Timestamp _,
          DataType.Duration _ -> {
        int width = type.byteWidth();
        MemorySegment data = allocator.allocate((long) total * width, 8);
        long at = 0;
        for (Column part : parts) {
          long bytes = (long) part.length() * width;
          MemorySegment.copy(((FixedColumn) part).data(), 0, data, at, bytes);
          at += bytes;
        }
        yield new FixedColumn(type, total, data, validity);
      }
      case DataType.Utf8 _, DataType.Binary _ -> concatVar(type, parts, total, validity, allocator);
      case DataType.ListOf(Field item, _) ->
          concatList(type, item.type(), parts, total, validity, allocator);
      case DataType.MapOf map ->
          concatList(type, map.entries().type(), parts, total, validity, allocator);
      case DataType.FixedSizeList list ->
          new FixedListColumn(
              list,
              total,
              concat(
                  list.item().type(),
                  parts.stream().map(part -> ((FixedListColumn) part).items()).toList(),
                  allocator),
              validity);
      case DataType.Struct struct -> {
        List<Column> children = new ArrayList<>();
        for (int i = 0; i < struct.fields().size(); i++) {
          int child = i;
          children.add(
              concat(
                  struct.fields().get(i).type(),
                  parts.stream().map(part -> ((StructColumn) part).children().get(child)).toList(),
                  allocator));
        }
        yield new StructColumn(struct, total, children, validity);
      }
      case DataType.Dictionary dictionary ->
          concatDictionary(dictionary, parts, total, validity, allocator);
    };
  }

  private static @Nullable Bits concatValidity(
      List<? extends Column> parts, int total, SegmentAllocator allocator) {
    boolean any = false;
    for (Column part : parts) {
      any |= part.validity() != null;
    }
    if (!any) {
      return null;
    }
    List<Bits> bits = new ArrayList<>();
    for (Column part : parts) {
      Bits own = part.validity();
      bits.add(own == null ? Bits.ones(part.length(), allocator) : own);
    }
    return concatBits(bits, total, allocator);
  }

  /// Bitmaps end to end.
  static Bits concatBits(List<Bits> parts, int total, SegmentAllocator allocator) {
    MemorySegment bits = Columns.zeros((total + 63L) / 64 * 8, allocator);
    int at = 0;
    for (Bits part : parts) {
      for (long i = 0; i < part.length(); i += 64) {
        orBits(bits, at + (int) i, part.word((int) i));
      }
      at += part.length();
    }
    return new Bits(bits, 0, total);
  }

  private static void orBits(MemorySegment bits, int at, long word) {
    if (word == 0) {
      return;
    }
    long slot = at / 64 * 8L;
    int shift = at % 64;
    bits.set(FixedColumn.LONG, slot, bits.get(FixedColumn.LONG, slot) | word << shift);
    if (shift != 0 && word >>> (64 - shift) != 0) {
      bits.set(
          FixedColumn.LONG, slot + 8, bits.get(FixedColumn.LONG, slot + 8) | word >>> (64 - shift));
    }
  }

  static VarColumn concatVar(
      DataType type,
      List<? extends Column> parts,
      int total,
      @Nullable Bits validity,
      SegmentAllocator allocator) {
    long bytes = 0;
    for (Column part : parts) {
      VarColumn var = (VarColumn) part;
      bytes += var.offset(var.length()) - var.offset(0);
    }
    int width = ((VarColumn) parts.getFirst()).large() ? 8 : 4;
    if (width == 4 && bytes > Integer.MAX_VALUE) {
      throw Columns.tooMany("bytes in a column with 32-bit offsets", bytes);
    }
    MemorySegment offsets = allocator.allocate((total + 1L) * width, 8);
    MemorySegment data = allocator.allocate(bytes, 8);
    Columns.setOffset(offsets, width, 0, 0);
    long at = 0;
    int row = 0;
    for (Column part : parts) {
      VarColumn var = (VarColumn) part;
      long first = var.offset(0);
      for (int i = 0; i < var.length(); i++) {
        Columns.setOffset(offsets, width, ++row, at + var.offset(i + 1) - first);
      }
      long length = var.offset(var.length()) - first;
      MemorySegment.copy(var.data(), first, data, at, length);
      at += length;
    }
    return new VarColumn(type, total, offsets, data, validity);
  }

  private static ListColumn concatList(
      DataType type,
      DataType itemType,
      List<? extends Column> parts,
      int total,
      @Nullable Bits validity,
      SegmentAllocator allocator) {
    int width = ((ListColumn) parts.getFirst()).large() ? 8 : 4;
    MemorySegment offsets = allocator.allocate((total + 1L) * width, 8);
    Columns.setOffset(offsets, width, 0, 0);
    List<Column> items = new ArrayList<>();
    long at = 0;
    int row = 0;
    for (Column part : parts) {
      ListColumn list = (ListColumn) part;
      int first = list.offset(0);
      for (int i = 0; i < list.length(); i++) {
        Columns.setOffset(offsets, width, ++row, at + list.offset(i + 1) - first);
      }
      int length = list.offset(list.length()) - first;
      items.add(list.items().slice(first, length));
      at += length;
    }
    return new ListColumn(type, total, offsets, concat(itemType, items, allocator), validity);
  }

  /// Dictionaries are put behind each other, each once. If that makes too many values for the index
  /// type, equal values are merged.
  private static DictionaryColumn concatDictionary(
      DataType.Dictionary type,
      List<? extends Column> parts,
      int total,
      @Nullable Bits validity,
      SegmentAllocator allocator) {
    IdentityHashMap<Column, Integer> bases = new IdentityHashMap<>();
    List<Column> dictionaries = new ArrayList<>();
    long size = 0;
    for (Column part : parts) {
      Column values = ((DictionaryColumn) part).values();
      if (!bases.containsKey(values)) {
        bases.put(values, Columns.itemCount(size));
        dictionaries.add(values);
        size += values.length();
      }
    }
    int width = type.index().byteWidth();
    MemorySegment data = allocator.allocate((long) total * width, 8);
    Column values = concat(type.value(), dictionaries, allocator);
    int[] merged = null;
    if (size > capacity(type.index())) {
      merged = new int[values.length()];
      values = mergeEqual(values, merged, allocator);
      if (values.length() > capacity(type.index())) {
        throw Columns.tooMany(
            "dictionary values under " + type.index().bits() + "-bit indices", values.length());
      }
    }
    long at = 0;
    for (Column part : parts) {
      DictionaryColumn dictionary = (DictionaryColumn) part;
      int base = bases.getOrDefault(dictionary.values(), 0);
      for (int i = 0; i < part.length(); i++, at += width) {
        int index = part.isNull(i) ? 0 : dictionary.indexAt(i) + base;
        setInteger(data, at, width, merged == null || part.isNull(i) ? index : merged[index]);
      }
    }
    return new DictionaryColumn(type, new FixedColumn(type.index(), total, data, validity), values);
  }

  /// The distinct values; `merged[i]` becomes the new position of value `i`.
  private static Column mergeEqual(Column values, int[] merged, SegmentAllocator allocator) {
    Map<@Nullable Object, Integer> known = new HashMap<>();
    int[] kept = new int[values.length()];
    for (int i = 0; i < values.length(); i++) {
      Integer before = known.putIfAbsent(Values.key(values, i), known.size());
      merged[i] = before == null ? known.size() - 1 : before;
      kept[merged[i]] = before == null ? i : kept[merged[i]];
    }
    return Columns.gather(values, kept, known.size(), allocator);
  }

  /// How many values indices of a type can tell apart.
  static long capacity(DataType.Int index) {
    int bits = index.signed() ? index.bits() - 1 : index.bits();
    return bits >= 31 ? Integer.MAX_VALUE : 1L << bits;
  }

  static void setInteger(MemorySegment data, long at, int width, long value) {
    switch (width) {
      case 1 -> data.set(ValueLayout.JAVA_BYTE, at, (byte) value);
      case 2 -> data.set(FixedColumn.SHORT, at, (short) value);
      case 4 -> data.set(FixedColumn.INT, at, (int) value);
      case 8 -> data.set(FixedColumn.LONG, at, value);
      default -> throw new IllegalArgumentException("integer width: " + width);
    }
  }
}
