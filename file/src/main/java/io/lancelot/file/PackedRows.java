package io.lancelot.file;

import io.lancelot.base.InvalidInputException;
import io.lancelot.base.Scratch;
import io.lancelot.columnar.FixedColumn;
import io.lancelot.file.proto.VariablePackedStruct.FieldEncoding;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The fields of structs, put together row by row. Format: lance-format section 2.6.11.
final class PackedRows {

  private final Scratch scratch;
  private final List<Field> fields = new ArrayList<>();
  private final List<FieldEncoding> encodings = new ArrayList<>();

  /// @param values one after the other
  /// @param offsets where they begin, null if all are `width` bytes
  /// @param width bytes of a value, or of the length in front of one
  private record Field(MemorySegment values, @Nullable MemorySegment offsets, int width) {

    long from(int row) {
      return offsets == null ? (long) row * width : offsets.get(FixedColumn.INT, 4L * row);
    }
  }

  PackedRows(Scratch scratch) {
    this.scratch = scratch;
  }

  /// Rows of one size in chunks.
  static ValueChunks fixed(PageSlots.Packed slots, Scratch scratch) {
    int width = 0;
    for (PageSlots child : slots.children()) {
      width += ((PageSlots.Fixed) child).width();
    }
    MemorySegment rows = scratch.allocateBytes((long) slots.count() * width);
    long at = 0;
    for (PageSlots child : slots.children()) {
      PageSlots.Fixed field = (PageSlots.Fixed) child;
      int size = field.width();
      for (int i = 0; i < slots.count(); i++) {
        long to = at + (long) i * width;
        if (size == 8) {
          rows.set(FixedColumn.LONG, to, field.data().get(FixedColumn.LONG, 8L * i));
        } else {
          MemorySegment.copy(field.data(), (long) i * size, rows, to, size);
        }
      }
      at += size;
    }
    ValueChunks plain =
        ValueChunks.flat(new PageSlots.Fixed(slots.count(), width * 8, rows, List.of()), scratch);
    return new ValueChunks(
        Encodings.packedStruct(slots.children()), 1, plain.counts(), plain.sizes(), plain.bytes());
  }

  /// The next field: values of one size.
  void add(PageSlots.Fixed values) {
    fields.add(new Field(values.data(), null, values.width()));
    encodings.add(
        FieldEncoding.newBuilder()
            .setValue(Encodings.fixed(values))
            .setBitsPerValue(values.bits())
            .build());
  }

  /// The next field: values of varying size.
  void add(TextEncoder.Coded values) {
    PageSlots.Variable slots = values.slots();
    fields.add(new Field(slots.data(), slots.offsets(), slots.offsetBits() / 8));
    encodings.add(
        FieldEncoding.newBuilder()
            .setValue(values.encoding())
            .setBitsPerLength(slots.offsetBits())
            .build());
  }

  io.lancelot.file.proto.CompressiveEncoding encoding() {
    return Encodings.variablePackedStruct(encodings);
  }

  /// The rows, each a value of varying size.
  PageSlots.Variable rows(int count) {
    long total = 0;
    for (Field field : fields) {
      total += (long) count * field.width();
      total += field.offsets() == null ? 0 : field.from(count) - field.from(0);
    }
    if (total > Integer.MAX_VALUE) {
      throw new InvalidInputException(
          "packed structs of a page: expected<=" + Integer.MAX_VALUE + " bytes, found=" + total);
    }
    MemorySegment rows = scratch.allocateBytes(total);
    MemorySegment offsets = scratch.allocateBytes(4L * count + 4);
    long at = 0;
    offsets.set(FixedColumn.INT, 0, 0);
    for (int i = 0; i < count; i++) {
      for (Field field : fields) {
        long from = field.from(i);
        long length = field.from(i + 1) - from;
        if (field.offsets() != null) {
          if (field.width() == 4) {
            rows.set(FixedColumn.INT, at, (int) length);
          } else {
            rows.set(FixedColumn.LONG, at, length);
          }
          at += field.width();
        }
        MemorySegment.copy(field.values(), from, rows, at, length);
        at += length;
      }
      offsets.set(FixedColumn.INT, 4L * i + 4, (int) at);
    }
    return new PageSlots.Variable(count, 32, false, offsets, rows);
  }
}
