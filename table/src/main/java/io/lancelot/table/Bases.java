package io.lancelot.table;

import io.lancelot.base.CorruptDataException;
import io.lancelot.base.UnsupportedFeatureException;
import io.lancelot.storage.ObjectStore;
import io.lancelot.storage.ObjectStores;
import io.lancelot.table.proto.TableProto;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalInt;
import java.util.concurrent.locks.ReentrantLock;

/// Where the files of a table lie: in its own folder, or, for clones and branches, under the folder
/// of the table they came from. Format: lance-format section 3.8.
final class Bases implements AutoCloseable {

  /// A file of the table, wherever it is.
  record Location(ObjectStore store, String path) {}

  private final TableRoot root;
  private final ReentrantLock lock = new ReentrantLock();
  private final Map<String, ObjectStore> opened = new HashMap<>();

  Bases(TableRoot root) {
    this.root = root;
  }

  Location data(Snapshot snapshot, DataFile file) {
    return locate(snapshot, file.baseId(), "data", file.path());
  }

  Location deletion(Snapshot snapshot, Fragment fragment, DeletionFile file) {
    return locate(snapshot, file.baseId(), "_deletions", file.fileName(fragment.id()));
  }

  /// The folder of an index segment's files.
  Location index(Snapshot snapshot, IndexEntry entry) {
    return locate(snapshot, entry.baseId(), "_indices", entry.uuid().toString());
  }

  /// An object by its own address.
  Location external(String uri) {
    String absolute = withoutScheme(uri);
    int slash = absolute.lastIndexOf('/');
    if (slash < 0 || absolute.endsWith("/")) {
      throw new CorruptDataException(
          "external object: expected=an absolute address, found=" + uri + " (table=" + root + ")");
    }
    return resolve(slash == 0 ? "/" : absolute.substring(0, slash), absolute.substring(slash + 1));
  }

  /// An object below a base path.
  Location relative(Snapshot snapshot, int baseId, String path) {
    TableProto.BasePath base = snapshot.basePath(baseId);
    if (base == null) {
      throw new CorruptDataException(
          "base path: expected=an entry of the manifest, found="
              + baseId
              + " (path="
              + path
              + ", table="
              + root
              + ")");
    }
    return resolve(withoutScheme(base.getPath()), path);
  }

  private Location locate(Snapshot snapshot, OptionalInt baseId, String folder, String name) {
    if (baseId.isEmpty()) {
      return new Location(root.store(), root.resolve(folder + "/" + name));
    }
    TableProto.BasePath base = snapshot.basePath(baseId.getAsInt());
    if (base == null) {
      throw new CorruptDataException(
          "base path: expected=an entry of the manifest, found="
              + baseId.getAsInt()
              + " (path="
              + name
              + ", table="
              + root
              + ")");
    }
    String relative = base.getIsDatasetRoot() ? folder + "/" + name : name;
    return resolve(withoutScheme(base.getPath()), relative);
  }

  private Location resolve(String absolute, String relative) {
    String home = withoutScheme(root.store().uri());
    if (absolute.equals(home)) {
      return new Location(root.store(), relative);
    }
    if (absolute.startsWith(home + "/")) {
      // The home of a store in memory is written with more slashes.
      String inside = absolute.substring(home.length() + 1).replaceFirst("^/+", "");
      return new Location(root.store(), inside + "/" + relative);
    }
    lock.lock();
    try {
      ObjectStore store = opened.computeIfAbsent(absolute, Bases::open);
      return new Location(store, relative);
    } finally {
      lock.unlock();
    }
  }

  private static ObjectStore open(String absolute) {
    if (absolute.startsWith("memory:")) {
      throw new UnsupportedFeatureException(
          "base path in another store in memory: found=" + absolute);
    }
    return ObjectStores.open(absolute);
  }

  static String withoutScheme(String uri) {
    String path = uri.startsWith("file://") ? uri.substring("file://".length()) : uri;
    while (path.length() > 1 && path.endsWith("/")) {
      path = path.substring(0, path.length() - 1);
    }
    return path;
  }

  @Override
  public void close() {
    lock.lock();
    try {
      opened.values().forEach(ObjectStore::close);
      opened.clear();
    } finally {
      lock.unlock();
    }
  }
}
