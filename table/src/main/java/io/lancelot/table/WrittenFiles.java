package io.lancelot.table;

import io.lancelot.base.LancelotException;
import io.lancelot.storage.ObjectStore;
import java.util.ArrayList;
import java.util.List;

/// The files that one write has made and that nobody refers to until it commits. Thread-safe.
final class WrittenFiles {

  private final ObjectStore store;
  private final List<String> paths = new ArrayList<>();

  WrittenFiles(ObjectStore store) {
    this.store = store;
  }

  /// Notes a file before it is written, so that half a file is found too.
  synchronized void add(String path) {
    if (!paths.contains(path)) {
      paths.add(path);
    }
  }

  /// Removes the files of a write that surely failed. What cannot be removed stays for the cleanup
  /// of old versions.
  synchronized void discard(Throwable cause) {
    for (String path : paths) {
      try {
        store.delete(path);
      } catch (LancelotException e) {
        cause.addSuppressed(e);
      }
    }
    paths.clear();
  }
}
