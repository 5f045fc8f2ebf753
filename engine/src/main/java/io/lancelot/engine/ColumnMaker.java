package io.lancelot.engine;

import io.lancelot.base.Scratch;
import io.lancelot.columnar.Batch;
import io.lancelot.columnar.Column;
import java.util.List;

/// Makes the values of new columns for rows that exist.
interface ColumnMaker {

  /// Columns of the table that it reads.
  List<String> inputs();

  /// One column for each new one, in order.
  ///
  /// @param batch live rows: [#inputs()] of each
  List<Column> make(Batch batch, Scratch scratch);
}
