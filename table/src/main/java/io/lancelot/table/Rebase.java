package io.lancelot.table;

/// A change that can be stated again for a later version of the table.
interface Rebase {

  /// The operation that makes the change on top of `latest`; equal to the one before if nothing
  /// that it touches has changed.
  ///
  /// @throws io.lancelot.base.CommitConflictException if it has to be run again from the start
  Operation over(Snapshot latest);
}
