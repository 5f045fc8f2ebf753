package io.lancelot.columnar;

import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/// An immutable column of values of one type. Exactly eight physical shapes exist; code that cares
/// about speed switches over them and works on their segments, code at the edges uses [Values].
///
/// Lifetime: a column is a view of memory it does not own; see the package comment.
public sealed interface Column
    permits NullColumn,
        BoolColumn,
        FixedColumn,
        VarColumn,
        ListColumn,
        FixedListColumn,
        StructColumn,
        DictionaryColumn {

  DataType type();

  /// Number of values, nulls included.
  int length();

  /// One bit per value, 1 = valid; null when no value is null. [NullColumn] has no bitmap: all its
  /// values are null.
  @Nullable Bits validity();

  default boolean isNull(int index) {
    Bits bits = validity();
    return bits != null && !bits.get(index);
  }

  default int nullCount() {
    Bits bits = validity();
    return bits == null ? 0 : length() - bits.count();
  }

  /// Values `[from, from + count)`, sharing memory with this column.
  Column slice(int from, int count);

  /// Checks that a range lies inside a column.
  static void checkRange(int from, int count, int length) {
    if (from < 0 || count < 0 || from > length - count) {
      throw new IndexOutOfBoundsException("rows [" + from + ", +" + count + ") of " + length);
    }
  }

  static void checkLength(int length) {
    if (length < 0) {
      throw new IllegalArgumentException("column length: found=" + length);
    }
  }

  /// Checks that a validity bitmap, where there is one, has one bit per value.
  static void checkValidity(@Nullable Bits validity, int length) {
    if (validity != null && validity.length() != length) {
      throw new IllegalArgumentException(
          "validity bits: expected=" + length + ", found=" + validity.length());
    }
  }

  /// Checks that a buffer holds at least `bytes`.
  static void checkBytes(String what, MemorySegment segment, long bytes) {
    if (segment.byteSize() < bytes) {
      throw new IllegalArgumentException(
          what + " bytes: expected>=" + bytes + ", found=" + segment.byteSize());
    }
  }

  /// The validity of a slice.
  static @Nullable Bits sliceValidity(@Nullable Bits validity, int from, int count) {
    return validity == null ? null : validity.slice(from, count);
  }
}
