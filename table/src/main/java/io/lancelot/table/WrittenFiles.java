package io.lancelot.table;

import io.lancelot.base.LancelotException;
import io.lancelot.storage.ObjectStore;
import io.lancelot.storage.ObjectWriter;
import java.lang.foreign.MemorySegment;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/// The files that one write has made and that nobody refers to until it commits: only then they
/// have to be durable, and are made so all at once. Thread-safe.
final class WrittenFiles {

  private final ObjectStore store;
  private final Set<String> paths = new LinkedHashSet<>();
  private final Set<String> unforced = new LinkedHashSet<>();

  WrittenFiles(ObjectStore store) {
    this.store = store;
  }

  /// Notes a file before it is written, so that half a file is found too.
  synchronized void add(String path) {
    paths.add(path);
  }

  /// Starts a file that the commit makes durable.
  ObjectWriter create(String path) {
    note(path);
    return store.createUnforced(path);
  }

  /// Writes a small file that the commit makes durable.
  void put(String path, MemorySegment bytes) {
    note(path);
    store.putUnforced(path, bytes);
  }

  private synchronized void note(String path) {
    paths.add(path);
    unforced.add(path);
  }

  /// What has to be durable before anything refers to it.
  synchronized List<String> unforced() {
    return List.copyOf(unforced);
  }

  /// Makes all files durable.
  void force() {
    store.force(unforced());
  }

  /// Removes a file that is of no use any more. One that cannot be removed stays for the cleanup of
  /// old versions.
  synchronized void remove(String path) {
    unforced.remove(path);
    try {
      store.delete(path);
      paths.remove(path);
    } catch (LancelotException _) {
      // Tried again if the write fails.
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
    unforced.clear();
  }
}
