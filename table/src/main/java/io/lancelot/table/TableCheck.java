package io.lancelot.table;

import io.lancelot.base.Context;
import io.lancelot.base.LancelotException;
import io.lancelot.base.NotFoundException;
import io.lancelot.file.DataFileReader;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;

/// Looks at every file that the versions of a table refer to: whether it is there, has the size
/// that was written down, and can be read as far as its metadata; whether counts agree. Changes
/// nothing.
final class TableCheck {

  private final TableRoot root;
  private final Versions versions;
  private final Bases bases;
  private final DeletionReader deletions;
  private final List<CheckReport.Finding> findings = new ArrayList<>();
  private final Set<String> seen = new HashSet<>();
  private int checkedVersions;

  /// Looks at the main line and all branches.
  static CheckReport run(TableRoot main, Context context) {
    Map<String, TagInfo> tags = new Tags(main).list();
    CheckReport report = line(main, tags, context);
    Branches branches = new Branches(main, context);
    for (String name : branches.list().keySet()) {
      report = report.plus(line(branches.root(name), Map.of(), context));
    }
    return report;
  }

  private static CheckReport line(TableRoot root, Map<String, TagInfo> tags, Context context) {
    try (Bases bases = new Bases(root)) {
      return new TableCheck(root, bases, new DeletionReader(bases, context.memory())).run(tags);
    }
  }

  TableCheck(TableRoot root, Bases bases, DeletionReader deletions) {
    this.root = root;
    this.versions = new Versions(root);
    this.bases = bases;
    this.deletions = deletions;
  }

  /// Looks at all versions, the newest first, so that a file is named with the newest that needs
  /// it.
  CheckReport run(Map<String, TagInfo> tags) {
    List<Versions.Entry> entries = versions.list();
    if (entries.isEmpty()) {
      throw new NotFoundException("table not found (path=" + root + ")");
    }
    Set<Long> there = new HashSet<>();
    for (Versions.Entry entry : entries.reversed()) {
      there.add(entry.version());
      String path = root.version(entry.naming().fileName(entry.version()));
      try {
        check(versions.load(entry));
      } catch (LancelotException e) {
        note(entry.version(), path, e);
      }
      checkedVersions++;
    }
    for (TagInfo tag : tags.values()) {
      if (tag.branch().isEmpty() && !there.contains(tag.version())) {
        note(
            tag.version(),
            root.tagsFolder() + "/" + tag.name() + ".json",
            "tag of a version that is not there");
      }
    }
    return new CheckReport(checkedVersions, seen.size(), findings);
  }

  private void check(Snapshot snapshot) {
    for (Fragment fragment : snapshot.fragments()) {
      for (DataFile file : fragment.files()) {
        attempt(
            snapshot,
            bases.data(snapshot, file),
            location -> checkData(snapshot, fragment, file, location));
      }
      fragment
          .deletionFile()
          .ifPresent(file ->
              attempt(
                  snapshot,
                  bases.deletion(snapshot, fragment, file),
                  _ -> deletions.read(snapshot, fragment)));
      if (snapshot.stableRowIds() && fragment.proto().hasInlineRowIds()) {
        checkRowIds(snapshot, fragment);
      }
    }
    for (IndexEntry index : snapshot.indices()) {
      checkIndex(snapshot, index);
    }
  }

  private interface Look {
    void at(Bases.Location location);
  }

  private void attempt(Snapshot snapshot, Bases.Location location, Look look) {
    if (!seen.add(location.store().uri() + "/" + location.path())) {
      return;
    }
    try {
      look.at(location);
    } catch (LancelotException e) {
      note(snapshot.version(), location.path(), e);
    }
  }

  private void checkData(
      Snapshot snapshot, Fragment fragment, DataFile file, Bases.Location location) {
    OptionalLong size = location.store().size(location.path());
    if (size.isEmpty()) {
      note(snapshot.version(), location.path(), "missing");
      return;
    }
    if (file.sizeBytes() != 0 && file.sizeBytes() != size.getAsLong()) {
      note(
          snapshot.version(),
          location.path(),
          "size: expected=" + file.sizeBytes() + ", found=" + size.getAsLong());
      return;
    }
    try (DataFileReader reader = DataFileReader.open(location.store().open(location.path()))) {
      if (reader.rowCount() != fragment.physicalRows()) {
        note(
            snapshot.version(),
            location.path(),
            "rows: expected=" + fragment.physicalRows() + ", found=" + reader.rowCount());
      }
      if (reader.version() != file.version()) {
        note(
            snapshot.version(),
            location.path(),
            "file version: expected="
                + file.version().text()
                + ", found="
                + reader.version().text());
      }
      for (int column : file.columnIndices()) {
        if (column >= reader.columnCount()) {
          note(
              snapshot.version(),
              location.path(),
              "columns: expected=more than " + column + ", found=" + reader.columnCount());
        }
      }
    }
  }

  private void checkRowIds(Snapshot snapshot, Fragment fragment) {
    String where = snapshot.file().path() + ", fragment=" + fragment.id();
    long rows = fragment.physicalRows();
    var proto = fragment.proto();
    try {
      RowIdSequence.parse(proto.getInlineRowIds(), rows, where);
      RowVersions.parse(proto.getInlineCreatedAtVersions(), rows, where);
      RowVersions.parse(proto.getInlineLastUpdatedAtVersions(), rows, where);
    } catch (LancelotException e) {
      note(snapshot.version(), snapshot.file().path(), e);
    }
  }

  private void checkIndex(Snapshot snapshot, IndexEntry index) {
    Bases.Location folder = bases.index(snapshot, index);
    if (!seen.add(folder.store().uri() + "/" + folder.path())) {
      return;
    }
    try {
      index.fragments();
      if (index.name().equals(FragmentReuse.NAME)) {
        FragmentReuse.of(snapshot, bases);
      }
      Map<String, Long> files = index.files();
      if (files.isEmpty() && !index.system() && folder.store().list(folder.path()).isEmpty()) {
        note(snapshot.version(), folder.path(), "index " + index.name() + ": no files");
      }
      files.forEach((name, size) -> {
        String path = folder.path() + "/" + name;
        OptionalLong found = folder.store().size(path);
        if (found.isEmpty()) {
          note(snapshot.version(), path, "missing (index=" + index.name() + ")");
        } else if (size != 0 && size != found.getAsLong()) {
          note(
              snapshot.version(),
              path,
              "size: expected="
                  + size
                  + ", found="
                  + found.getAsLong()
                  + " (index="
                  + index.name()
                  + ")");
        }
      });
    } catch (LancelotException e) {
      note(snapshot.version(), folder.path(), e);
    }
  }

  private void note(long version, String path, LancelotException e) {
    note(
        version, path, e instanceof NotFoundException ? "missing" : String.valueOf(e.getMessage()));
  }

  private void note(long version, String path, String problem) {
    findings.add(new CheckReport.Finding(version, path, problem));
  }
}
