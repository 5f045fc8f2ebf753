package io.lancelot;

import io.lancelot.table.BranchInfo;
import java.util.Map;

/// The branches of a table, lines of versions of their own: [Table#branches()]. Thread-safe.
public interface Branches {

  /// All of them by name.
  Map<String, BranchInfo> list();

  /// Opens a branch, to be read and written without the others. The caller closes it.
  ///
  /// @throws io.lancelot.base.NotFoundException if there is no such branch
  Table open(String branch);

  /// Begins a branch at the version that the handle reads, and opens it. No data is copied.
  ///
  /// @throws io.lancelot.base.AlreadyExistsException if there is one of that name
  Table create(String branch);

  /// Begins a branch at a version, and opens it. No data is copied.
  ///
  /// @throws io.lancelot.base.AlreadyExistsException if there is one of that name
  Table create(String branch, long version);

  /// Removes a branch with all its versions.
  ///
  /// @throws io.lancelot.base.NotFoundException if there is no such branch
  /// @throws io.lancelot.base.InvalidInputException if other branches or tags stand on it
  void delete(String branch);
}
