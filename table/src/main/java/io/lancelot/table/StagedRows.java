package io.lancelot.table;

import io.lancelot.base.Context;
import io.lancelot.columnar.BatchStream;
import java.util.ArrayList;
import java.util.List;

/// Rows in data files that no version refers to yet. Serves one thread.
public final class StagedRows {

  private final TableRoot root;
  private final Snapshot base;
  private final Bases bases;
  private final Context context;
  private final WrittenFiles written;
  private final List<Fragment> fragments = new ArrayList<>();

  StagedRows(TableRoot root, Snapshot base, Bases bases, Context context) {
    this.root = root;
    this.base = base;
    this.bases = bases;
    this.context = context;
    this.written = new WrittenFiles(root.store());
  }

  /// Writes rows into new fragments, behind those that are here. If it fails, all are removed.
  ///
  /// @param moved what the first of these rows keep; asked for after the last of them was read, and
  ///   used by tables with stable row ids only
  public void add(BatchStream rows, MovedRows moved) {
    long from = 0;
    for (Fragment fragment :
        FragmentWriter.writeAll(
            root,
            base.schema(),
            base.fileVersion(),
            context,
            written,
            rows,
            BlobRules.moving(bases))) {
      fragments.add(base.stableRowIds() ? moved.giveTo(fragment, from) : fragment);
      from += fragment.physicalRows();
    }
  }

  /// The fragments, without ids, for an operation of one's own; makes them durable.
  public List<Fragment> fragments() {
    written.force();
    return staged();
  }

  List<Fragment> staged() {
    return List.copyOf(fragments);
  }

  WrittenFiles written() {
    return written;
  }

  /// Removes the files again. Not to be called once an operation with them may have been committed.
  ///
  /// @param cause takes the errors of removing as suppressed ones
  public void discard(Throwable cause) {
    written.discard(cause);
  }
}
