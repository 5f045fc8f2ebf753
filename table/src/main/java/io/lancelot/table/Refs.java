package io.lancelot.table;

import io.lancelot.base.AlreadyExistsException;
import io.lancelot.base.Context;
import io.lancelot.storage.ObjectStore;
import java.util.Map;
import java.util.Optional;

/// What refers to versions of a table: names for them, and lines of versions that begin at them.
public final class Refs {

  private final TableRoot root;
  private final TableRoot main;
  private final Context context;
  private final Tags tags;
  private final Branches branches;

  /// @param root the line at hand
  /// @param main the main line: the same, unless that is a branch
  Refs(TableRoot root, TableRoot main, Context context) {
    this.root = root;
    this.main = main;
    this.context = context;
    this.tags = new Tags(main);
    this.branches = new Branches(main, context);
  }

  /// The names given to versions of the table and its branches.
  public Map<String, TagInfo> tags() {
    return tags.list();
  }

  /// What a name stands for.
  ///
  /// @throws io.lancelot.base.NotFoundException if there is no such tag, naming those that there
  ///   are
  public TagInfo tag(String name) {
    return tags.get(name);
  }

  /// Gives a version a name. Named versions are not cleaned up.
  ///
  /// @throws AlreadyExistsException if the name is taken
  public void createTag(String name, Snapshot snapshot) {
    tags.create(
        name,
        snapshot.branch(),
        snapshot.version(),
        snapshot.file().sizeBytes(),
        context.clock().instant());
  }

  /// Lets a name stand for another version.
  ///
  /// @throws io.lancelot.base.NotFoundException if there is no such tag
  public void updateTag(String name, Snapshot snapshot) {
    tags.update(
        name,
        snapshot.branch(),
        snapshot.version(),
        snapshot.file().sizeBytes(),
        context.clock().instant());
  }

  /// Takes a name away; the version stays.
  ///
  /// @throws io.lancelot.base.NotFoundException if there is no such tag
  public void deleteTag(String name) {
    tags.delete(name);
  }

  /// The branches of the table.
  public Map<String, BranchInfo> branches() {
    return branches.list();
  }

  /// Opens a branch: a line of versions of its own.
  ///
  /// @throws io.lancelot.base.NotFoundException if there is no such branch, naming those that there
  ///   are
  public Table branch(String name) {
    branches.get(name);
    TableRoot folder = branches.root(name);
    return new Table(folder, main, context, new Versions(folder).latest());
  }

  /// Begins a branch at a version, which costs one small file, and opens it.
  ///
  /// @param snapshot a version of the line at hand
  /// @throws AlreadyExistsException if there is a branch of that name
  public Table createBranch(String name, Snapshot snapshot) {
    snapshot.checkWritable();
    branches.create(name, root, snapshot);
    return branch(name);
  }

  /// Removes a branch with all its versions.
  ///
  /// @throws io.lancelot.base.NotFoundException if there is no such branch
  /// @throws io.lancelot.base.InvalidInputException if other branches or tags stand on it
  public void deleteBranch(String name) {
    branches.delete(name);
  }

  /// Makes a table elsewhere that begins with the rows of a version and refers to its files: it can
  /// be read as long as they are there.
  ///
  /// @throws AlreadyExistsException if there is a table
  public void cloneTo(Snapshot snapshot, ObjectStore store, String path) {
    snapshot.checkWritable();
    if (Table.exists(store, path)) {
      throw new AlreadyExistsException(
          "table already exists (path=" + new TableRoot(store, path) + ")");
    }
    branches.cloneInto(new TableRoot(store, path), root, snapshot, Optional.empty());
  }
}
