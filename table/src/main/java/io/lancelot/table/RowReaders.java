package io.lancelot.table;

import io.lancelot.file.LanceField;
import java.util.List;

/// Where those who fetch single rows get readers, and where these go once the rows are copied:
/// opening one costs more than fetching a few rows.
public interface RowReaders {

  /// A reader of exactly these top-level columns.
  FragmentReader open(Fragment fragment, List<LanceField> fields);

  /// Takes a reader back.
  void done(FragmentReader reader);
}
