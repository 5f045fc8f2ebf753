package io.lancelot.file;

import io.lancelot.base.InvalidInputException;
import io.lancelot.base.Memory;
import io.lancelot.base.UnsupportedFeatureException;
import io.lancelot.columnar.Bits;
import io.lancelot.columnar.Column;
import io.lancelot.columnar.DataType;
import io.lancelot.columnar.Field;
import io.lancelot.columnar.FixedListColumn;
import io.lancelot.columnar.StructColumn;
import java.util.ArrayList;
import java.util.List;

/// Structs that are stored as one column of rows.
///
/// The format has no place for a null field of such a row. The real Lance stores some value in its
/// stead; here it is an error, because nobody would notice the loss.
final class PackedSlotBuffer extends SlotBuffer {

  private final String path;
  private final List<Field> fields;
  private final List<SlotBuffer> children = new ArrayList<>();
  private int count;

  /// @param mixed whether the version can pack fields of varying size
  PackedSlotBuffer(DataType.Struct type, boolean mixed, String path, Memory memory) {
    this.path = path;
    this.fields = type.fields();
    boolean variable = fields.stream().anyMatch(field -> variable(field.type()));
    for (Field field : fields) {
      boolean list = field.type() instanceof DataType.FixedSizeList;
      boolean bits = field.type().fixedBits().orElse(8) % 8 != 0;
      boolean holds =
          variable(field.type())
              ? mixed
              : !bits && (list ? variable : field.type().fixedBits().isPresent());
      // A packed row is made of whole bytes, of texts from 2.2 on: the format has no place in it
      // for single bits, lists and dictionaries.
      if (!holds || field.type() instanceof DataType.Dictionary) {
        throw new UnsupportedFeatureException(
            "packed struct with a field of "
                + field.type().arrowName()
                + " is not supported by the file version (column="
                + path
                + "."
                + field.name()
                + ")");
      }
      children.add(SlotBuffer.of(field.type(), path + "." + field.name(), memory));
    }
  }

  private static boolean variable(DataType type) {
    return type instanceof DataType.Utf8 || type instanceof DataType.Binary;
  }

  @Override
  boolean mustFlushBefore(Column column) {
    StructColumn struct = (StructColumn) column;
    for (int i = 0; i < children.size(); i++) {
      if (children.get(i).mustFlushBefore(struct.children().get(i))) {
        return true;
      }
    }
    return false;
  }

  @Override
  void append(Column column, LevelItems items) {
    StructColumn struct = (StructColumn) column;
    for (int i = 0; i < children.size(); i++) {
      Column child = struct.children().get(i);
      requireNoNull(fields.get(i), child, items);
      children.get(i).append(child, items);
    }
    count = Math.addExact(count, items.live());
  }

  private void requireNoNull(Field field, Column child, LevelItems items) {
    Bits validity = child.validity();
    if (child instanceof FixedListColumn list && list.items().nullCount() > 0) {
      throw nullIn(field);
    }
    if (validity == null || validity.count() == validity.length()) {
      return;
    }
    short[] defs = items.slotDefs();
    int[] positions = items.positions();
    for (int i = 0; i < items.live(); i++) {
      if ((defs == null || defs[i] == 0) && !validity.get(positions == null ? i : positions[i])) {
        throw nullIn(field);
      }
    }
  }

  private InvalidInputException nullIn(Field field) {
    return new InvalidInputException(
        "null in a field of a packed struct, which has no place for it: expected=no nulls"
            + " (column="
            + path
            + "."
            + field.name()
            + ")");
  }

  @Override
  PageSlots slots() {
    return new PageSlots.Packed(count, children.stream().map(SlotBuffer::slots).toList());
  }

  @Override
  long bytes() {
    long bytes = 0;
    for (SlotBuffer child : children) {
      bytes += child.bytes();
    }
    return bytes;
  }

  @Override
  void clear() {
    count = 0;
    children.forEach(SlotBuffer::clear);
  }

  @Override
  public void close() {
    children.forEach(SlotBuffer::close);
  }
}
