package io.lancelot.index;

import io.lancelot.base.Scratch;
import io.lancelot.columnar.Batch;
import io.lancelot.columnar.BatchStream;
import io.lancelot.columnar.Field;
import java.util.List;

/// The rows that a build reads: live rows of some fragments of one version, as often as it wants.
public interface IndexSource {

  /// The column of row ids: stable ones if the table has them, else addresses.
  String ROW_ID = "_rowid";

  /// The column of row addresses.
  String ROW_ADDRESS = "_rowaddr";

  /// The indexed column. A nested one comes as a column of its leaf's type, null where any struct
  /// around it is.
  Field field();

  /// The fragments, ascending.
  List<Part> parts();

  /// @param id of the fragment
  /// @param physicalRows including deleted ones
  /// @param liveRows those that the streams deliver
  record Part(long id, long physicalRows, long liveRows) {}

  /// How many rows the streams deliver.
  long rowCount();

  /// Whether row ids differ from addresses.
  boolean stableRowIds();

  /// Every row in physical order: the indexed column, then `_rowid`, then `_rowaddr`. Closed by the
  /// caller; a batch is valid until the next one is pulled. May be opened again, and by several
  /// threads, each its own.
  BatchStream rows();

  /// The same for one of the fragments.
  BatchStream rows(Part part);

  /// The rows of [#rows()] and those that some segments speak for, if the source was made for an
  /// update of these: what a kind reads to build anew instead of taking records over.
  IndexSource with(List<? extends OpenIndex> segments);

  /// Live rows by their ids, in any order: as [#rows()] gives them. Ids of dead rows are left out.
  BatchStream rows(long[] ids);

  /// Some rows by position in [#rows()], ascending, without reading the others.
  Batch sample(long[] positions, int count, Scratch scratch);
}
