package io.lancelot.table;

import java.util.ArrayList;
import java.util.List;

/// Rows in data files that no version refers to yet.
public final class StagedRows {

  private final List<Fragment> fragments;
  private final WrittenFiles written;

  StagedRows(List<Fragment> fragments, WrittenFiles written) {
    this.fragments = fragments;
    this.written = written;
  }

  /// One for each file, without an id.
  public List<Fragment> fragments() {
    return fragments;
  }

  /// The same rows, the first of which keep what they had before they moved.
  StagedRows with(MovedRows moved) {
    List<Fragment> given = new ArrayList<>();
    long from = 0;
    for (Fragment fragment : fragments) {
      given.add(moved.giveTo(fragment, from));
      from += fragment.physicalRows();
    }
    return new StagedRows(given, written);
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
