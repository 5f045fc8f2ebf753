package io.lancelot.table;

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
