package io.lancelot;

import io.lancelot.table.BranchInfo;
import io.lancelot.table.Refs;
import io.lancelot.table.Snapshot;
import java.util.Map;
import java.util.function.Function;
import java.util.function.LongFunction;
import java.util.function.Supplier;

/// The branches of a table, lines of versions of their own: [Table#branches()]. Thread-safe.
public final class Branches {

  private final Refs refs;
  private final Supplier<Snapshot> current;
  private final LongFunction<Snapshot> versions;
  private final Function<io.lancelot.table.Table, Table> opening;

  /// @param current the version that the handle reads
  /// @param versions a version by its number
  /// @param opening makes a handle like the one these are the branches of
  Branches(
      Refs refs,
      Supplier<Snapshot> current,
      LongFunction<Snapshot> versions,
      Function<io.lancelot.table.Table, Table> opening) {
    this.refs = refs;
    this.current = current;
    this.versions = versions;
    this.opening = opening;
  }

  /// All of them by name.
  public Map<String, BranchInfo> list() {
    return refs.branches();
  }

  /// Opens a branch, to be read and written without the others. The caller closes it.
  ///
  /// @throws io.lancelot.base.NotFoundException if there is no such branch
  public Table open(String branch) {
    return opening.apply(refs.branch(branch));
  }

  /// Begins a branch at the version that the handle reads, and opens it. No data is copied.
  ///
  /// @throws io.lancelot.base.AlreadyExistsException if there is one of that name
  public Table create(String branch) {
    return opening.apply(refs.createBranch(branch, current.get()));
  }

  /// Begins a branch at a version, and opens it. No data is copied.
  ///
  /// @throws io.lancelot.base.AlreadyExistsException if there is one of that name
  public Table create(String branch, long version) {
    return opening.apply(refs.createBranch(branch, versions.apply(version)));
  }

  /// Removes a branch with all its versions.
  ///
  /// @throws io.lancelot.base.NotFoundException if there is no such branch
  /// @throws io.lancelot.base.InvalidInputException if other branches or tags stand on it
  public void delete(String branch) {
    refs.deleteBranch(branch);
  }
}
