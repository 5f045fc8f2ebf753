package io.lancelot;

import io.lancelot.table.BranchInfo;
import io.lancelot.table.Refs;
import io.lancelot.table.Snapshot;
import java.util.Map;
import java.util.function.Function;
import java.util.function.LongFunction;
import java.util.function.Supplier;

/// The branches of a table that this process reads and writes.
final class LocalBranches implements Branches {

  private final Refs refs;
  private final Supplier<Snapshot> current;
  private final LongFunction<Snapshot> versions;
  private final Function<io.lancelot.table.Table, Table> opening;

  /// @param current the version that the handle reads
  /// @param versions a version by its number
  /// @param opening makes a handle like the one these are the branches of
  LocalBranches(
      Refs refs,
      Supplier<Snapshot> current,
      LongFunction<Snapshot> versions,
      Function<io.lancelot.table.Table, Table> opening) {
    this.refs = refs;
    this.current = current;
    this.versions = versions;
    this.opening = opening;
  }

  @Override
  public Map<String, BranchInfo> list() {
    return refs.branches();
  }

  @Override
  public Table open(String branch) {
    return opening.apply(refs.branch(branch));
  }

  @Override
  public Table create(String branch) {
    return opening.apply(refs.createBranch(branch, current.get()));
  }

  @Override
  public Table create(String branch, long version) {
    return opening.apply(refs.createBranch(branch, versions.apply(version)));
  }

  @Override
  public void delete(String branch) {
    refs.deleteBranch(branch);
  }
}
