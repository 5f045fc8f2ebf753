package io.lancelot.columnar;

import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/// Lists of any length, and maps (lists of key-value structs): value `i` is `items[offset(i),
/// offset(i + 1))`.
///
/// @param offsets `length + 1` offsets into `items`, 32 or (large lists) 64 bits; the first need
///   not be zero
public record ListColumn(
    DataType type, int length, MemorySegment offsets, Column items, @Nullable Bits validity)
    implements Column {

  public ListColumn {
    Column.checkLength(length);
    int width = offsetWidth(type);
    Column.checkBytes("offsets", offsets, length == 0 ? 0 : (length + 1L) * width);
    Column.checkValidity(validity, length);
  }

  private static int offsetWidth(DataType type) {
    return switch (type) {
      case DataType.ListOf(_, boolean large) -> large ? 8 : 4;
      case DataType.MapOf _ -> 4;
      default -> throw new IllegalArgumentException("not a list type: " + type.arrowName());
    };
  }

  /// Whether offsets have 64 bits.
  public boolean large() {
    return offsetWidth(type) == 8;
  }

  /// Position in [#items()] of the first item of value `index`; `index` may be [#length()].
  public int offset(int index) {
    if (length == 0) {
      return 0;
    }
    return large()
        ? Math.toIntExact(offsets.get(FixedColumn.LONG, 8L * index))
        : offsets.get(FixedColumn.INT, 4L * index);
  }

  public Column itemsAt(int index) {
    int from = offset(index);
    return items.slice(from, offset(index + 1) - from);
  }

  @Override
  public ListColumn slice(int from, int count) {
    Column.checkRange(from, count, length);
    int width = offsetWidth(type);
    MemorySegment part =
        length == 0 ? offsets : offsets.asSlice((long) from * width, (count + 1L) * width);
    return new ListColumn(type, count, part, items, Column.sliceValidity(validity, from, count));
  }
}
