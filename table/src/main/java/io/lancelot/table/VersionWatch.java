package io.lancelot.table;

import io.lancelot.base.NotFoundException;
import io.lancelot.storage.ObjectReader;
import io.lancelot.storage.ObjectStore;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/// Looks for versions newer than a known one without listing them all each time: asks for the next
/// numbers. Once in a while it lists all the same, for a cleanup may have taken the next numbers
/// away while a tag kept the known one. Thread-safe.
final class VersionWatch {

  private static final long LIST_EVERY_NANOS = Duration.ofMinutes(1).toNanos();

  /// So many versions behind, listing is cheaper.
  private static final int MAX_STEPS = 64;

  private final Versions versions;
  private volatile long listedAt;
  private volatile boolean listed;

  VersionWatch(Versions versions) {
    this.versions = versions;
  }

  /// The newest version; `known` itself if there is none newer.
  ///
  /// @throws NotFoundException if there is no table
  Snapshot latest(Snapshot known) {
    long now = System.nanoTime();
    if (!listed || now - listedAt > LIST_EVERY_NANOS) {
      listedAt = now;
      listed = true;
      return list(known);
    }
    long newest = known.version();
    while (newest - known.version() < MAX_STEPS && exists(newest + 1, known.naming())) {
      newest++;
    }
    if (newest - known.version() == MAX_STEPS) {
      return list(known);
    }
    Snapshot found = load(new Versions.Entry(newest, known.naming()), known);
    return found == null ? list(known) : found;
  }

  private Snapshot list(Snapshot known) {
    var entries = versions.list();
    if (entries.isEmpty()) {
      throw new NotFoundException("table not found (path=" + versions.root() + ")");
    }
    if (entries.getLast().version() == known.version()) {
      Snapshot same = load(entries.getLast(), known);
      if (same != null) {
        return same;
      }
    }
    return versions.loadLatest(entries);
  }

  private boolean exists(long version, VersionNaming naming) {
    TableRoot root = versions.root();
    return root.store().size(root.version(naming.fileName(version))).isPresent();
  }

  /// Null if it is gone.
  private @Nullable Snapshot load(Versions.Entry entry, Snapshot known) {
    String path = versions.root().version(entry.naming().fileName(entry.version()));
    ObjectStore store = versions.root().store();
    try {
      if (entry.version() == known.version()
          && entry.naming() == known.naming()
          && known.file().same(store)) {
        return known;
      }
    } catch (NotFoundException _) {
      return null;
    }
    try (ObjectReader reader = store.open(path)) {
      return Snapshot.of(ManifestFile.read(reader, entry.version()), entry.naming());
    } catch (NotFoundException _) {
      return null;
    }
  }
}
