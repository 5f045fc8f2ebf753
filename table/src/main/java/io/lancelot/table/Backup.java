package io.lancelot.table;

import io.lancelot.base.AlreadyExistsException;
import io.lancelot.base.InvalidInputException;
import io.lancelot.base.NotFoundException;
import io.lancelot.base.UnsupportedFeatureException;
import io.lancelot.storage.ObjectReader;
import io.lancelot.storage.ObjectStore;
import io.lancelot.storage.ObjectWriter;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.TreeSet;

/// Copies a table's versions with everything they refer to. Manifests come last and in order: at
/// any moment the copy is a table with the versions copied so far. A second run copies what is new.
/// Writers may go on; what they commit after the start is left for the next run.
final class Backup {

  private static final long CHUNK = 8L << 20;

  private final TableRoot from;
  private final TableRoot to;
  private int copied;
  private int there;
  private long bytes;

  Backup(TableRoot from, TableRoot to) {
    this.from = from;
    this.to = to;
  }

  /// @throws InvalidInputException if there is another table
  /// @throws UnsupportedFeatureException for clones and branches, whose files lie elsewhere
  BackupReport run() {
    Versions versions = new Versions(from);
    List<Versions.Entry> entries = versions.list();
    if (entries.isEmpty()) {
      throw new NotFoundException("table not found (path=" + from + ")");
    }
    List<Snapshot> snapshots = new ArrayList<>();
    Reachable reachable = new Reachable();
    for (Versions.Entry entry : entries) {
      Snapshot snapshot = versions.find(entry.version(), entry.naming());
      if (snapshot != null) {
        checkOwn(snapshot);
        snapshots.add(snapshot);
        reachable.add(from, snapshot);
      }
    }
    checkSame(snapshots);
    TreeSet<String> files = new TreeSet<>(reachable.files());
    for (String folder : reachable.folders()) {
      from.store().list(folder).forEach(file -> files.add(file.path()));
    }
    for (ObjectStore.ObjectInfo file : from.store().list(from.resolve("data"))) {
      if (file.path().endsWith(".blob") && reachable.contains(file.path())) {
        files.add(file.path());
      }
    }
    files.forEach(this::copy);
    for (Snapshot snapshot : snapshots) {
      copyManifest(snapshot);
    }
    long last = snapshots.getLast().version();
    for (TagInfo tag : new Tags(from).list().values()) {
      if (tag.branch().isEmpty()) {
        replace(from.tagsFolder() + "/" + tag.name() + ".json");
      }
    }
    byte[] hint = ("{\"version\":" + last + "}").getBytes(StandardCharsets.UTF_8);
    to.store().put(to.versionHint(), MemorySegment.ofArray(hint));
    return new BackupReport(last, snapshots.size(), copied, bytes, there);
  }

  private static void checkOwn(Snapshot snapshot) {
    if (snapshot.manifest().getBasePathsCount() > 0) {
      throw new UnsupportedFeatureException(
          "backup of a clone or branch, whose files lie elsewhere (path="
              + snapshot.file().path()
              + ")");
    }
  }

  /// A copy of another table must not be mixed with this one.
  private void checkSame(List<Snapshot> snapshots) {
    Versions copies = new Versions(to);
    for (Versions.Entry entry : copies.list()) {
      for (Snapshot snapshot : snapshots) {
        if (snapshot.version() == entry.version()
            && !copies.load(entry).manifest().equals(snapshot.manifest())) {
          throw new InvalidInputException(
              "backup: expected=no table or an earlier backup, found=another version "
                  + entry.version()
                  + " (path="
                  + to
                  + ")");
        }
      }
    }
  }

  private String target(String path) {
    return to.resolve(path.substring(from.resolve("").length()));
  }

  private void copyManifest(Snapshot snapshot) {
    String path = snapshot.file().path();
    try (ObjectReader reader = from.store().open(path);
        Arena arena = Arena.ofConfined()) {
      to.store().putIfAbsent(target(path), reader.view(0, reader.sizeBytes(), arena));
      copied++;
      bytes += reader.sizeBytes();
    } catch (AlreadyExistsException _) {
      there++;
    }
  }

  private void replace(String path) {
    try (ObjectReader reader = from.store().open(path);
        Arena arena = Arena.ofConfined()) {
      to.store().put(target(path), reader.view(0, reader.sizeBytes(), arena));
    }
  }

  private void copy(String path) {
    OptionalLong size = from.store().size(path);
    if (size.isEmpty()) {
      if (path.endsWith(".txn")) {
        // The manifest has it too.
        return;
      }
      throw new NotFoundException("backup: file is missing (path=" + path + ")");
    }
    if (to.store().size(target(path)).equals(size)) {
      there++;
      return;
    }
    try (ObjectReader reader = from.store().open(path);
        ObjectWriter writer = to.store().create(target(path))) {
      for (long at = 0; at < reader.sizeBytes(); at += CHUNK) {
        try (Arena arena = Arena.ofConfined()) {
          writer.write(reader.view(at, Math.min(CHUNK, reader.sizeBytes() - at), arena));
        }
      }
      writer.finish();
      copied++;
      bytes += reader.sizeBytes();
    }
  }
}
