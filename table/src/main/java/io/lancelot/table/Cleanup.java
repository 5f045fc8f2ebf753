package io.lancelot.table;

import io.lancelot.base.Context;
import io.lancelot.base.CorruptDataException;
import io.lancelot.base.NotFoundException;
import io.lancelot.storage.ObjectStore;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Removes old versions and the files that only they refer to. Everything that stays is read first:
/// a file goes only if no version of the table or its branches refers to it. Format: lance-format
/// section 3.15.
final class Cleanup {

  /// A file that no version refers to may belong to a commit under way for so long.
  private static final Duration GRACE = Duration.ofDays(7);

  /// Where files lie that only versions tell the use of.
  private static final List<String> FOLDERS =
      List.of("data", "_deletions", "_indices", "_transactions");

  private final TableRoot root;
  private final TableRoot main;
  private final Context context;
  private final CleanupOptions options;
  private final Versions versions;
  private final Instant now;
  private final Reachable reachable = new Reachable();
  private final Reachable old = new Reachable();
  private final List<Versions.Entry> going = new ArrayList<>();
  private long bytes;
  private int dataFiles;
  private int otherFiles;

  /// @param root the line to clean up
  /// @param main the main line: the same, unless that is a branch
  Cleanup(TableRoot root, TableRoot main, Context context, CleanupOptions options) {
    this.root = root;
    this.main = main;
    this.context = context;
    this.options = options;
    this.versions = new Versions(root);
    this.now = context.clock().instant();
  }

  /// @throws CorruptDataException if a version cannot be read: what it refers to is not known
  /// @throws io.lancelot.base.UnsupportedFeatureException if the table uses what this version of
  ///   Lancelot does not know
  CleanupReport run() {
    List<Versions.Entry> entries = versions.list();
    if (entries.isEmpty()) {
      throw new NotFoundException("table not found (path=" + root + ")");
    }
    Snapshot latest = versions.load(entries.getLast());
    latest.checkWritable();
    if (allYoung(entries)) {
      removeAbandoned();
      return new CleanupReport(0, 0, 0, 0, entries.size());
    }
    Set<Long> needed = needed(latest);
    for (int i = 0; i < entries.size(); i++) {
      Versions.Entry entry = entries.get(i);
      Snapshot snapshot = load(entry, latest);
      if (snapshot == null) {
        continue;
      }
      boolean among = options.keep().isPresent() && entries.size() - i <= options.keep().getAsInt();
      boolean young = snapshot.timestamp().isAfter(now.minus(options.olderThan()));
      boolean stays =
          entry.version() == latest.version() || needed.contains(entry.version()) || among || young;
      if (stays) {
        reachable.add(root, snapshot);
      } else {
        going.add(entry);
        old.add(root, snapshot);
      }
    }
    addBranches();
    removeVersions(needed(latest));
    addNew(latest.version());
    removeFiles();
    removeAbandoned();
    return new CleanupReport(
        bytes, going.size(), dataFiles, otherFiles, entries.size() - going.size());
  }

  /// Whether nothing is old enough to go, seen without reading every version: what runs after each
  /// few appends must not cost more with every version. Time does not run backwards from version to
  /// version.
  private boolean allYoung(List<Versions.Entry> entries) {
    Snapshot oldest = versions.find(entries.getFirst().version(), entries.getFirst().naming());
    if (options.unverified()
        || oldest == null
        || !oldest.timestamp().isAfter(now.minus(options.olderThan()))) {
      return false;
    }
    long young = now.minus(GRACE).toEpochMilli();
    return FOLDERS.stream()
        .flatMap(folder -> root.store().list(root.resolve(folder)).stream())
        .allMatch(file -> file.modifiedMillis() >= young);
  }

  private void removeAbandoned() {
    if (!options.dryRun()) {
      root.store().deleteAbandoned(root.path(), now.minus(GRACE).toEpochMilli());
    }
  }

  /// Null if another cleanup took it in between.
  private @Nullable Snapshot load(Versions.Entry entry, Snapshot latest) {
    if (entry.version() == latest.version()) {
      return latest;
    }
    Snapshot snapshot = versions.find(entry.version(), entry.naming());
    if (snapshot != null) {
      snapshot.checkWritable();
    }
    return snapshot;
  }

  /// Versions of this line that tags and branches stand on.
  private Set<Long> needed(Snapshot latest) {
    Set<Long> needed = new HashSet<>();
    Optional<String> line = latest.branch();
    for (TagInfo tag : new Tags(main).list().values()) {
      if (tag.branch().equals(line)) {
        needed.add(tag.version());
      }
    }
    for (BranchInfo branch : new Branches(main, context).list().values()) {
      if (branch.parent().equals(line)) {
        needed.add(branch.parentVersion());
      }
    }
    return needed;
  }

  /// What the versions of branches refer to in this line's folder.
  private void addBranches() {
    Branches branches = new Branches(main, context);
    for (String name : branches.list().keySet()) {
      TableRoot folder = branches.root(name);
      if (folder.equals(root)) {
        continue;
      }
      try (Bases bases = new Bases(folder)) {
        Versions line = new Versions(folder);
        for (Versions.Entry entry : line.list()) {
          Snapshot snapshot = line.find(entry.version(), entry.naming());
          if (snapshot != null) {
            reachable.addFrom(bases, root, snapshot);
          }
        }
      }
    }
  }

  /// Manifests first: should this end early, there are files too many and never too few.
  private void removeVersions(Set<Long> neededNow) {
    going.removeIf(entry -> {
      // A tag or branch that somebody made meanwhile.
      boolean needed = neededNow.contains(entry.version());
      if (needed) {
        reachable.add(root, versions.load(entry));
      }
      return needed;
    });
    Map<String, Long> sizes = new HashMap<>();
    for (ObjectStore.ObjectInfo file : root.store().list(root.versionsFolder())) {
      sizes.put(file.path(), file.sizeBytes());
    }
    for (Versions.Entry entry : going) {
      String path = root.version(entry.naming().fileName(entry.version()));
      bytes += sizes.getOrDefault(path, 0L);
      if (!options.dryRun()) {
        root.store().delete(path);
      }
    }
  }

  /// What was committed since: a restore may have brought old files back.
  private void addNew(long known) {
    for (Versions.Entry entry : versions.list()) {
      if (entry.version() > known) {
        reachable.add(root, versions.load(entry));
      }
    }
  }

  private void removeFiles() {
    long young = now.minus(GRACE).toEpochMilli();
    for (String folder : FOLDERS) {
      for (ObjectStore.ObjectInfo file : root.store().list(root.resolve(folder))) {
        if (!candidate(folder, file.path()) || reachable.contains(file.path())) {
          continue;
        }
        boolean abandoned = file.modifiedMillis() < young || options.unverified();
        if (abandoned || old.contains(file.path())) {
          bytes += file.sizeBytes();
          if (folder.equals("data")) {
            dataFiles++;
          } else {
            otherFiles++;
          }
          if (!options.dryRun()) {
            root.store().delete(file.path());
          }
        }
      }
    }
  }

  /// Whether a file looks like one of the table's: others are somebody's notes.
  private static boolean candidate(String folder, String path) {
    return switch (folder) {
      case "data" -> path.endsWith(".lance") || path.endsWith(".blob");
      case "_deletions" -> path.endsWith(".arrow") || path.endsWith(".bin");
      case "_transactions" -> path.endsWith(".txn");
      default -> true;
    };
  }
}
