package io.lancelot.table;

import com.google.protobuf.ByteString;
import io.lancelot.base.CorruptDataException;
import io.lancelot.base.NotFoundException;
import io.lancelot.storage.ObjectReader;
import io.lancelot.storage.ObjectStore;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The versions of one table in its store: finds them, reads them, and reads what made them.
/// Format: lance-format sections 3.2 and 3.10.
///
/// Opening follows the hint file that Lance keeps beside the manifests, and looks for versions
/// above it. Before a commit the versions are listed ([VersionWatch]): a version that the hint
/// points at may be all that a cleanup left of its time, and a commit on top of it would fork the
/// history.
record Versions(TableRoot root) {

  private static final int MAX_HINT_STEPS = 16;

  /// A manifest that is there.
  record Entry(long version, VersionNaming naming) {}

  /// All versions that are there, oldest first.
  List<Entry> list() {
    String folder = root.versionsFolder() + "/";
    List<Entry> entries = new ArrayList<>();
    for (ObjectStore.ObjectInfo object : root.store().list(root.versionsFolder())) {
      String name = object.path().substring(folder.length());
      VersionNaming naming = VersionNaming.of(name);
      if (naming != null) {
        entries.add(new Entry(naming.versionOf(name), naming));
      }
    }
    entries.sort(Comparator.comparingLong(Entry::version));
    return entries;
  }

  /// @throws NotFoundException if there is no table
  Snapshot latest() {
    Snapshot hinted = hinted();
    if (hinted != null) {
      return hinted;
    }
    List<Entry> entries = list();
    if (entries.isEmpty()) {
      throw new NotFoundException("table not found (path=" + root + ")");
    }
    return loadLatest(entries);
  }

  /// The newest version as far as the hint leads to it, without listing all; null if it does not.
  private @Nullable Snapshot hinted() {
    try {
      long version = RefFile.number(RefFile.read(root.store(), root.versionHint()), "version", "");
      long newest = version;
      // Whoever wrote these did not come to write the hint.
      while (exists(newest + 1)) {
        newest++;
        if (newest - version > MAX_HINT_STEPS) {
          return null;
        }
      }
      return version < 1 ? null : find(newest, VersionNaming.V2);
    } catch (NotFoundException | CorruptDataException _) {
      return null;
    }
  }

  private boolean exists(long version) {
    return root.store().size(root.version(VersionNaming.V2.fileName(version))).isPresent();
  }

  /// The newest of the versions that are there.
  ///
  /// @throws CorruptDataException if it is damaged, naming the newest that is not
  Snapshot loadLatest(List<Entry> entries) {
    try {
      return load(entries.getLast());
    } catch (CorruptDataException e) {
      throw new CorruptDataException(
          "newest version cannot be read: "
              + e.getMessage()
              + "; "
              + wayOut(entries)
              + " (version="
              + entries.getLast().version()
              + ", path="
              + root
              + ")",
          e);
    }
  }

  private String wayOut(List<Entry> entries) {
    for (Entry entry : entries.reversed()) {
      try {
        load(entry);
        return "version "
            + entry.version()
            + " is sound: check it out to read it, or call repair to make it the latest";
      } catch (CorruptDataException _) {
        // An older one, then.
      }
    }
    return "no older version is sound: restore a backup";
  }

  /// @throws NotFoundException if there is no such version, naming those that there are
  Snapshot load(long version) {
    List<Entry> entries = list();
    for (Entry entry : entries) {
      if (entry.version() == version) {
        return load(entry);
      }
    }
    if (entries.isEmpty()) {
      throw new NotFoundException("table not found (path=" + root + ")");
    }
    throw new NotFoundException(
        "version not found: expected="
            + entries.getFirst().version()
            + " to "
            + entries.getLast().version()
            + ", found="
            + version
            + " (path="
            + root
            + ")");
  }

  Snapshot load(Entry entry) {
    String path = root.version(entry.naming().fileName(entry.version()));
    try (ObjectReader reader = root.store().open(path)) {
      return Snapshot.of(ManifestFile.read(reader, entry.version()), entry.naming());
    }
  }

  /// The version of that number under the given naming, null if there is none.
  @Nullable Snapshot find(long version, VersionNaming naming) {
    try {
      return load(new Entry(version, naming));
    } catch (NotFoundException _) {
      return null;
    }
  }

  /// The transaction that made a version.
  ///
  /// @throws CorruptDataException if it is stored neither in the manifest nor in a file
  Transaction transaction(Snapshot snapshot) {
    ManifestFile file = snapshot.file();
    if (file.transaction() != null) {
      return TransactionCodec.decode(file.transaction(), file.path());
    }
    String name = file.manifest().getTransactionFile();
    if (name.isEmpty() || name.contains("/")) {
      throw new CorruptDataException(
          "version has no transaction: expected=one in the manifest or in a file, found="
              + (name.isEmpty() ? "none" : name)
              + " (path="
              + file.path()
              + ")");
    }
    String path = root.transaction(name);
    try (ObjectReader reader = root.store().open(path);
        Arena arena = Arena.ofConfined()) {
      byte[] bytes = reader.view(0, reader.sizeBytes(), arena).toArray(ValueLayout.JAVA_BYTE);
      return TransactionCodec.decode(ByteString.copyFrom(bytes), path);
    } catch (NotFoundException e) {
      throw new CorruptDataException(
          "transaction file is missing (path=" + path + ", version=" + snapshot.version() + ")", e);
    }
  }
}
