package io.lancelot.columnar;

import org.jspecify.annotations.Nullable;

/// `length` nulls without any memory.
public record NullColumn(int length) implements Column {

  public NullColumn {
    Column.checkLength(length);
  }

  @Override
  public DataType type() {
    return Types.NULL;
  }

  @Override
  public @Nullable Bits validity() {
    return null;
  }

  @Override
  public boolean isNull(int index) {
    return true;
  }

  @Override
  public int nullCount() {
    return length;
  }

  @Override
  public NullColumn slice(int from, int count) {
    Column.checkRange(from, count, length);
    return new NullColumn(count);
  }
}
