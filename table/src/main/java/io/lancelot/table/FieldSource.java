package io.lancelot.table;

import io.lancelot.base.Scratch;
import io.lancelot.columnar.Column;

/// Gives the values of one field for rows of one fragment.
sealed interface FieldSource permits FieldReader, LineageReader {

  /// Rows `[firstRow, firstRow + count)`.
  Column read(long firstRow, int count, Scratch scratch);

  /// Rows by ascending number.
  Column take(long[] ascendingRows, int count, Scratch scratch);

  /// Where the page of a row ends, in rows.
  ///
  /// @param rows of the fragment
  long pageEnd(long row, long rows);
}
