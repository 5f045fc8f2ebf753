package io.lancelot.columnar;

import org.jspecify.annotations.Nullable;

/// Lists of one fixed size, such as vectors: value `i` is `items[i × size, (i + 1) × size)`, also
/// where it is null.
public record FixedListColumn(
    DataType.FixedSizeList type, int length, Column items, @Nullable Bits validity)
    implements Column {

  public FixedListColumn {
    Column.checkLength(length);
    if (items.length() != (long) length * type.size()) {
      throw new IllegalArgumentException(
          "list items: expected=" + (long) length * type.size() + ", found=" + items.length());
    }
    Column.checkValidity(validity, length);
  }

  /// Items per value.
  public int size() {
    return type.size();
  }

  public Column itemsAt(int index) {
    return items.slice(index * size(), size());
  }

  @Override
  public FixedListColumn slice(int from, int count) {
    Column.checkRange(from, count, length);
    return new FixedListColumn(
        type,
        count,
        items.slice(from * size(), count * size()),
        Column.sliceValidity(validity, from, count));
  }
}
