package io.lancelot.file;

import io.lancelot.base.Memory;
import io.lancelot.base.UnsupportedFeatureException;
import io.lancelot.columnar.Column;
import io.lancelot.columnar.DataType;
import io.lancelot.columnar.Field;

/// Collects the value slots of a leaf until a page is full.
abstract sealed class SlotBuffer implements AutoCloseable
    permits FixedSlotBuffer,
        BoolSlotBuffer,
        VariableSlotBuffer,
        CodedSlotBuffer,
        PackedSlotBuffer,
        BlobSlotBuffer,
        AbsentSlotBuffer {

  /// The buffer for a leaf of the type.
  static SlotBuffer of(DataType type, String path, Memory memory) {
    return switch (type) {
      case DataType.Null _ -> new AbsentSlotBuffer();
      case DataType.Bool _ -> new BoolSlotBuffer(memory);
      case DataType.Int _,
          DataType.Floating _,
          DataType.Decimal _,
          DataType.FixedSizeBinary _,
          DataType.Date _,
          DataType.Time _,
          DataType.Timestamp _,
          DataType.Duration _,
          DataType.FixedSizeList _ ->
          new FixedSlotBuffer(type, path, memory);
      case DataType.Utf8(boolean large) -> new VariableSlotBuffer(large, true, path, memory);
      case DataType.Binary(boolean large) -> new VariableSlotBuffer(large, false, path, memory);
      case DataType.Dictionary dictionary -> new CodedSlotBuffer(dictionary, path, memory);
      case DataType.ListOf(Field _, boolean _), DataType.Struct _, DataType.MapOf _ ->
          throw new UnsupportedFeatureException(
              "type not supported inside a fixed-size list or dictionary: found="
                  + type.arrowName()
                  + " (column="
                  + path
                  + ")");
    };
  }

  /// Appends a slot for each live item. Slots whose code is not 0 hold nothing.
  abstract void append(Column column, LevelItems items);

  /// Whether the page has to be written before this column's rows can be appended to it.
  boolean mustFlushBefore(Column column) {
    return false;
  }

  /// The slots so far, valid until the next append.
  abstract PageSlots slots();

  /// Bytes held for the page.
  abstract long bytes();

  abstract void clear();

  @Override
  public abstract void close();
}
