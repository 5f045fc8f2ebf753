package io.lancelot.file;

import io.lancelot.columnar.Bits;
import io.lancelot.columnar.Column;
import org.jspecify.annotations.Nullable;

/// The distinct values of a 2.0 page, in memory that lives as long as this object.
///
/// @param count number of values
/// @param sink the values, and behind them an empty one for nulls to point at
/// @param validity which of them are not null; null if all
/// @param column the values as a column, where nulls are empty
record V20Items(int count, PageSink sink, @Nullable Bits validity, Column column) {

  boolean isNull(int item) {
    return validity != null && !validity.get(item);
  }
}
