package io.lancelot.file;

import io.lancelot.base.InvalidInputException;
import io.lancelot.base.Memory;
import io.lancelot.base.UnsupportedFeatureException;
import io.lancelot.columnar.Column;
import io.lancelot.columnar.DataType;
import io.lancelot.columnar.DictionaryColumn;
import io.lancelot.columnar.FixedColumn;
import io.lancelot.columnar.VarColumn;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;

/// Slots of an Arrow dictionary type. Each page gets a dictionary of its own, made of the entries
/// that its rows use, so that batches may come with different dictionaries.
final class CodedSlotBuffer extends SlotBuffer {

  private final DataType.Dictionary type;
  private final String path;
  private final EntryTable entries;
  private final WriteBuffer indices;
  private final int indexBytes;
  private int count;

  CodedSlotBuffer(DataType.Dictionary type, String path, Memory memory) {
    DataType value = type.value();
    boolean variable = value instanceof DataType.Utf8 || value instanceof DataType.Binary;
    boolean wholeBytes = value.fixedBits().filter(bits -> bits % 8 == 0 && bits > 0).isPresent();
    if (!variable && !wholeBytes) {
      throw new UnsupportedFeatureException(
          "dictionary values not supported: found=" + value.arrowName() + " (column=" + path + ")");
    }
    this.type = type;
    this.path = path;
    this.entries = new EntryTable(memory);
    this.indices = new WriteBuffer(memory);
    this.indexBytes = type.index().bits() / 8;
  }

  private long maxEntries() {
    int bits = type.index().bits() - (type.index().signed() ? 1 : 0);
    return bits >= 31 ? Integer.MAX_VALUE : 1L << bits;
  }

  @Override
  boolean mustFlushBefore(Column column) {
    DictionaryColumn coded = (DictionaryColumn) column;
    return count > 0 && (long) entries.count() + coded.values().length() > maxEntries();
  }

  @Override
  void append(Column column, LevelItems items) {
    DictionaryColumn coded = (DictionaryColumn) column;
    int live = items.live();
    Math.addExact(count, live);
    short[] defs = items.slotDefs();
    int[] positions = items.positions();
    int[] entryOf = new int[coded.values().length()];
    Arrays.fill(entryOf, -1);
    long at = indices.extend((long) live * indexBytes);
    MemorySegment target = indices.segment();
    for (int i = 0; i < live; i++, at += indexBytes) {
      int entry = 0;
      if (defs == null || defs[i] == 0) {
        int index = checkedIndex(coded, positions == null ? i : positions[i], entryOf.length);
        entry = entryOf[index];
        if (entry < 0) {
          entry = add(coded.values(), index);
          entryOf[index] = entry;
        }
      }
      switch (indexBytes) {
        case 1 -> target.set(ValueLayout.JAVA_BYTE, at, (byte) entry);
        case 2 -> target.set(FixedColumn.SHORT, at, (short) entry);
        case 4 -> target.set(FixedColumn.INT, at, entry);
        default -> target.set(FixedColumn.LONG, at, entry);
      }
    }
    count += live;
  }

  private int checkedIndex(DictionaryColumn coded, int position, int entryCount) {
    long index = coded.indices().integerAt(position);
    if (index < 0 || index >= entryCount) {
      throw new InvalidInputException(
          "dictionary index out of range: expected=0 to "
              + (entryCount - 1)
              + ", found="
              + index
              + " (column="
              + path
              + ")");
    }
    return (int) index;
  }

  private int add(Column values, int index) {
    if (values instanceof VarColumn variable) {
      return entries.add(variable.data(), variable.offset(index), variable.offset(index + 1));
    }
    FixedColumn fixed = (FixedColumn) values;
    long width = fixed.width();
    return entries.add(fixed.data(), index * width, (index + 1) * width);
  }

  @Override
  PageSlots slots() {
    if (entries.count() == 0) {
      // Slots of missing structs point at the first entry, even if no row has one.
      MemorySegment any = MemorySegment.ofArray(new byte[type.value().fixedBits().orElse(0) / 8]);
      entries.add(any, 0, any.byteSize());
    }
    PageSlots.Fixed codes = new PageSlots.Fixed(count, indexBytes * 8, indices.bytes(), List.of());
    return new PageSlots.Coded(codes, dictionary(type.value(), entries));
  }

  private static PageSlots dictionary(DataType value, EntryTable entries) {
    return switch (value) {
      case DataType.Utf8(boolean large) -> variable(large, true, entries);
      case DataType.Binary(boolean large) -> variable(large, false, entries);
      default ->
          new PageSlots.Fixed(entries.count(), value.byteWidth() * 8, entries.data(), List.of());
    };
  }

  private static PageSlots variable(boolean large, boolean text, EntryTable entries) {
    return new PageSlots.Variable(
        entries.count(), large ? 64 : 32, text, entries.offsets(), entries.data());
  }

  @Override
  long bytes() {
    return indices.size() + entries.bytes();
  }

  @Override
  void clear() {
    indices.clear();
    entries.clear();
    count = 0;
  }

  @Override
  public void close() {
    indices.close();
    entries.close();
  }
}
