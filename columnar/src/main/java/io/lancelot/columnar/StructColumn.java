package io.lancelot.columnar;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// Structs: one child column per field, all of this column's length. Where the struct is null, its
/// children's values mean nothing.
public record StructColumn(
    DataType.Struct type, int length, List<Column> children, @Nullable Bits validity)
    implements Column {

  public StructColumn {
    Column.checkLength(length);
    children = List.copyOf(children);
    if (children.size() != type.fields().size()) {
      throw new IllegalArgumentException(
          "struct children: expected=" + type.fields().size() + ", found=" + children.size());
    }
    for (Column child : children) {
      if (child.length() != length) {
        throw new IllegalArgumentException(
            "struct child rows: expected=" + length + ", found=" + child.length());
      }
    }
    Column.checkValidity(validity, length);
  }

  @Override
  public StructColumn slice(int from, int count) {
    Column.checkRange(from, count, length);
    return new StructColumn(
        type,
        count,
        children.stream().map(child -> child.slice(from, count)).toList(),
        Column.sliceValidity(validity, from, count));
  }
}
