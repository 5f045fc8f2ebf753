package io.lancelot.columnar;

import org.jspecify.annotations.Nullable;

/// Booleans, one bit each.
public record BoolColumn(Bits values, @Nullable Bits validity) implements Column {

  public BoolColumn {
    Column.checkValidity(validity, values.length());
  }

  @Override
  public DataType type() {
    return Types.BOOL;
  }

  @Override
  public int length() {
    return values.length();
  }

  /// The bit of a value; anything where the value is null.
  public boolean booleanAt(int index) {
    return values.get(index);
  }

  @Override
  public BoolColumn slice(int from, int count) {
    Column.checkRange(from, count, length());
    return new BoolColumn(values.slice(from, count), Column.sliceValidity(validity, from, count));
  }
}
