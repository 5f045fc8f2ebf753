package io.lancelot.table;

/// Files of new columns that no version refers to yet. Thread-safe.
public final class StagedColumns {

  private final WrittenFiles written;

  StagedColumns(WrittenFiles written) {
    this.written = written;
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
