package io.lancelot.columnar;

import org.jspecify.annotations.Nullable;

/// Indices into a column of values; value `i` is `values[indices[i]]`, null where the index is
/// null.
///
/// Whoever makes such a column from foreign data sees to it that no valid index lies outside the
/// values or points at a null there, so that [#validity()] tells the whole truth.
public record DictionaryColumn(DataType.Dictionary type, FixedColumn indices, Column values)
    implements Column {

  public DictionaryColumn {
    if (!indices.type().equals(type.index())) {
      throw new IllegalArgumentException(
          "dictionary indices: expected="
              + type.index().arrowName()
              + ", found="
              + indices.type().arrowName());
    }
  }

  @Override
  public int length() {
    return indices.length();
  }

  @Override
  public @Nullable Bits validity() {
    return indices.validity();
  }

  /// Position of value `index` in [#values()].
  public int indexAt(int index) {
    return Math.toIntExact(indices.integerAt(index));
  }

  @Override
  public DictionaryColumn slice(int from, int count) {
    return new DictionaryColumn(type, indices.slice(from, count), values);
  }
}
