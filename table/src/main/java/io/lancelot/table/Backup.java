package io.lancelot.table;

import io.lancelot.base.AlreadyExistsException;
import io.lancelot.base.Context;
import io.lancelot.base.InvalidInputException;
import io.lancelot.base.NotFoundException;
import io.lancelot.storage.ObjectReader;
import io.lancelot.storage.ObjectStore;
import io.lancelot.storage.ObjectWriter;
import io.lancelot.table.proto.TableProto;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// Copies a table's versions and branches with everything they refer to. Manifests come last and in
/// order: at any moment the copy is a table with the versions copied so far. A second run copies
/// what is new. Writers may go on; what they commit after the start is left for the next run.
///
/// The copy stands by itself: branches refer to the copied table, and what a clone has from another
/// table is copied into its own folder.
final class Backup {

  private static final long CHUNK = 8L << 20;

  private final TableRoot from;
  private final TableRoot to;
  private final Branches branches;
  private final Branches copies;

  /// The folders of the table and its branches by their addresses, and where their copies lie.
  private final Map<String, TableRoot> homes = new HashMap<>();

  /// The files of folders seen before, below these.
  private final Map<Bases.Location, Set<String>> listed = new HashMap<>();

  private int copied;
  private int there;
  private long bytes;

  Backup(TableRoot from, TableRoot to, Context context) {
    this.from = from;
    this.to = to;
    this.branches = new Branches(from, context);
    this.copies = new Branches(to, context);
  }

  /// A version and the manifest that its copy has; null if that is the same.
  private record Copied(Snapshot snapshot, ManifestFile.@Nullable Built rewritten) {
    TableProto.Manifest manifest() {
      return rewritten == null ? snapshot.manifest() : rewritten.manifest();
    }
  }

  /// @throws InvalidInputException if there is another table
  BackupReport run() {
    List<String> names = List.copyOf(branches.list().keySet());
    homes.put(Bases.withoutScheme(from.absolute()), to);
    names.forEach(
        name -> homes.put(Bases.withoutScheme(branches.root(name).absolute()), copies.root(name)));
    List<Copied> main = copyLine(from, to);
    int versions = main.size();
    for (String name : names) {
      versions += copyLine(branches.root(name), copies.root(name)).size();
      replace(branches.entry(name), copies.entry(name));
    }
    for (TagInfo tag : new Tags(from).list().values()) {
      String file = tag.name() + ".json";
      replace(from.tagsFolder() + "/" + file, to.tagsFolder() + "/" + file);
    }
    return new BackupReport(main.getLast().snapshot().version(), versions, copied, bytes, there);
  }

  private List<Copied> copyLine(TableRoot source, TableRoot target) {
    Versions versions = new Versions(source);
    List<Copied> line = new ArrayList<>();
    Map<String, Bases.Location> files = new TreeMap<>();
    try (Bases bases = new Bases(source)) {
      for (Versions.Entry entry : versions.list()) {
        Snapshot snapshot = versions.find(entry.version(), entry.naming());
        if (snapshot != null) {
          line.add(new Copied(snapshot, rewritten(versions, snapshot)));
          addFiles(snapshot, source, target, bases, files);
        }
      }
      if (line.isEmpty()) {
        throw new NotFoundException("table not found (path=" + source + ")");
      }
      checkSame(line, target);
      files.forEach((path, location) -> copy(location, target.store(), path));
    }
    line.forEach(version -> copyManifest(version, target));
    long last = line.getLast().snapshot().version();
    byte[] hint = ("{\"version\":" + last + "}").getBytes(StandardCharsets.UTF_8);
    target.store().put(target.versionHint(), MemorySegment.ofArray(hint));
    return line;
  }

  /// Notes the files of a version, by the paths of their copies.
  private void addFiles(
      Snapshot snapshot,
      TableRoot source,
      TableRoot target,
      Bases bases,
      Map<String, Bases.Location> files) {
    for (Fragment fragment : snapshot.fragments()) {
      for (DataFile file : fragment.files()) {
        TableRoot home = home(snapshot, file.baseId(), target);
        Bases.Location location = bases.data(snapshot, file);
        files.put(home.data(file.path()), location);
        // The bytes of large values lie beside their data file, in a folder of its name.
        String folder = location.path().replaceFirst("\\.lance$", "");
        String copy = home.data(file.path()).replaceFirst("\\.lance$", "");
        addFolder(new Bases.Location(location.store(), folder), copy, files);
      }
      fragment
          .deletionFile()
          .ifPresent(file ->
              files.put(
                  home(snapshot, file.baseId(), target).deletion(file.fileName(fragment.id())),
                  bases.deletion(snapshot, fragment, file)));
    }
    for (IndexEntry index : snapshot.indices()) {
      TableRoot home = home(snapshot, index.baseId(), target);
      addFolder(bases.index(snapshot, index), home.index(index.uuid()), files);
    }
    String transaction = snapshot.manifest().getTransactionFile();
    if (!transaction.isEmpty()) {
      files.put(
          target.transaction(transaction),
          new Bases.Location(source.store(), source.transaction(transaction)));
    }
  }

  private void addFolder(Bases.Location folder, String copy, Map<String, Bases.Location> files) {
    Set<String> names =
        listed.computeIfAbsent(
            folder,
            _ -> {
              Set<String> found = new HashSet<>();
              for (ObjectStore.ObjectInfo file : folder.store().list(folder.path())) {
                found.add(file.path().substring(folder.path().length()));
              }
              return found;
            });
    for (String name : names) {
      files.put(copy + name, new Bases.Location(folder.store(), folder.path() + name));
    }
  }

  /// The folder that the copy of a file goes to.
  ///
  /// @param base under which the file lies; empty for the table's own folder
  private TableRoot home(Snapshot snapshot, OptionalInt base, TableRoot target) {
    TableProto.BasePath path = base.isEmpty() ? null : snapshot.basePath(base.getAsInt());
    return path == null ? target : homes.getOrDefault(Bases.withoutScheme(path.getPath()), target);
  }

  /// The manifest of the copy of a version that refers to other folders; null if it does not.
  private ManifestFile.@Nullable Built rewritten(Versions versions, Snapshot snapshot) {
    if (snapshot.manifest().getBasePathsCount() == 0) {
      return null;
    }
    snapshot.checkWritable();
    TableProto.Manifest.Builder next = snapshot.manifest().toBuilder().clearBasePaths();
    Set<Integer> kept = new HashSet<>();
    for (TableProto.BasePath base : snapshot.manifest().getBasePathsList()) {
      TableRoot home = homes.get(Bases.withoutScheme(base.getPath()));
      if (home != null) {
        next.addBasePaths(base.toBuilder().setPath(home.absolute()));
        kept.add(base.getId());
      }
    }
    for (TableProto.DataFragment.Builder fragment : next.getFragmentsBuilderList()) {
      for (TableProto.DataFile.Builder file : fragment.getFilesBuilderList()) {
        if (file.hasBaseId() && !kept.contains(file.getBaseId())) {
          file.clearBaseId();
        }
      }
      if (fragment.hasDeletionFile()
          && fragment.getDeletionFile().hasBaseId()
          && !kept.contains(fragment.getDeletionFile().getBaseId())) {
        fragment.getDeletionFileBuilder().clearBaseId();
      }
    }
    List<TableProto.IndexMetadata> indices = new ArrayList<>();
    for (IndexEntry index : snapshot.indices()) {
      boolean own = !index.proto().hasBaseId() || kept.contains(index.proto().getBaseId());
      indices.add(own ? index.proto() : index.proto().toBuilder().clearBaseId().build());
    }
    FeatureFlags.set(next, snapshot.manifest());
    return ManifestFile.build(
        next,
        indices,
        TransactionCodec.encode(versions.transaction(snapshot)),
        EncodedFragments.NONE);
  }

  /// A copy of another table must not be mixed with this one.
  private static void checkSame(List<Copied> line, TableRoot target) {
    Versions known = new Versions(target);
    for (Versions.Entry entry : known.list()) {
      for (Copied version : line) {
        if (version.snapshot().version() == entry.version()
            && !known.load(entry).manifest().equals(version.manifest())) {
          throw new InvalidInputException(
              "backup: expected=no table or an earlier backup, found=another version "
                  + entry.version()
                  + " (path="
                  + target
                  + ")");
        }
      }
    }
  }

  private void copyManifest(Copied version, TableRoot target) {
    Snapshot snapshot = version.snapshot();
    String path = target.version(snapshot.naming().fileName(snapshot.version()));
    ManifestFile.Built rewritten = version.rewritten();
    try {
      if (rewritten != null) {
        target.store().putIfAbsent(path, MemorySegment.ofArray(rewritten.bytes()));
        bytes += rewritten.bytes().length;
      } else {
        try (ObjectReader reader = from.store().open(snapshot.file().path());
            Arena arena = Arena.ofConfined()) {
          target.store().putIfAbsent(path, reader.view(0, reader.sizeBytes(), arena));
          bytes += reader.sizeBytes();
        }
      }
      copied++;
    } catch (AlreadyExistsException _) {
      there++;
    }
  }

  private void replace(String source, String target) {
    try (ObjectReader reader = from.store().open(source);
        Arena arena = Arena.ofConfined()) {
      to.store().put(target, reader.view(0, reader.sizeBytes(), arena));
    }
  }

  private void copy(Bases.Location source, ObjectStore store, String path) {
    OptionalLong size = source.store().size(source.path());
    if (size.isEmpty()) {
      if (path.endsWith(".txn")) {
        // The manifest has it too.
        return;
      }
      throw new NotFoundException("backup: file is missing (path=" + source.path() + ")");
    }
    if (store.size(path).equals(size)) {
      there++;
      return;
    }
    try (ObjectReader reader = source.store().open(source.path());
        ObjectWriter writer = store.create(path)) {
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
