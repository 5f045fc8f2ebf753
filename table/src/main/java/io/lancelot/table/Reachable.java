package io.lancelot.table;

import java.util.HashSet;
import java.util.Set;

/// The files of a table's own folder that some of its versions refer to, by their paths in the
/// store. Files under other bases belong to somebody else.
///
/// @param files data and deletion files and transactions
/// @param folders of index segments; everything in them belongs to the segment
record Reachable(Set<String> files, Set<String> folders) {

  Reachable() {
    this(new HashSet<>(), new HashSet<>());
  }

  /// Adds what a version refers to.
  void add(TableRoot root, Snapshot snapshot) {
    for (Fragment fragment : snapshot.fragments()) {
      for (DataFile file : fragment.files()) {
        if (file.baseId().isEmpty()) {
          files.add(root.data(file.path()));
        }
      }
      fragment
          .deletionFile()
          .filter(file -> file.baseId().isEmpty())
          .ifPresent(file -> files.add(root.deletion(file.fileName(fragment.id()))));
    }
    for (IndexEntry index : snapshot.indices()) {
      if (index.baseId().isEmpty()) {
        folders.add(root.resolve("_indices/" + index.uuid()));
      }
    }
    String transaction = snapshot.manifest().getTransactionFile();
    if (!transaction.isEmpty()) {
      files.add(root.transaction(transaction));
    }
  }

  /// Adds what a version of a branch or clone refers to in the folder that it came from.
  ///
  /// @param root the folder
  void addFrom(Bases bases, TableRoot root, Snapshot branch) {
    String home = root.resolve("");
    for (Fragment fragment : branch.fragments()) {
      for (DataFile file : fragment.files()) {
        if (file.baseId().isPresent()) {
          add(bases.data(branch, file), root, home);
        }
      }
      fragment
          .deletionFile()
          .filter(file -> file.baseId().isPresent())
          .ifPresent(file -> add(bases.deletion(branch, fragment, file), root, home));
    }
    for (IndexEntry index : branch.indices()) {
      if (index.baseId().isPresent()) {
        Bases.Location folder = bases.index(branch, index);
        if (folder.store() == root.store()) {
          folders.add(folder.path());
        }
      }
    }
  }

  private void add(Bases.Location location, TableRoot root, String home) {
    if (location.store() == root.store() && location.path().startsWith(home)) {
      files.add(location.path());
    }
  }

  /// Whether a version refers to a file.
  boolean contains(String path) {
    if (files.contains(path)) {
      return true;
    }
    for (int slash = path.lastIndexOf('/'); slash > 0; slash = path.lastIndexOf('/', slash - 1)) {
      String folder = path.substring(0, slash);
      // The bytes of large values lie beside their data file, in a folder of its name.
      if (folders.contains(folder) || files.contains(folder + ".lance")) {
        return true;
      }
    }
    return false;
  }
}
