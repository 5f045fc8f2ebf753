package io.lancelot.table;

import io.lancelot.base.CorruptDataException;
import io.lancelot.base.NotFoundException;
import io.lancelot.storage.ObjectReader;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/// Brings a table back whose newest manifests are empty or torn, as writers leave them that do not
/// force their files to disk: sets these aside, so that the newest readable version is the latest.
final class Repair {

  private Repair() {}

  /// @throws CorruptDataException if no version can be read
  static RepairReport run(TableRoot root) {
    Versions versions = new Versions(root);
    List<Versions.Entry> entries = versions.list();
    if (entries.isEmpty()) {
      throw new NotFoundException("table not found (path=" + root + ")");
    }
    List<RepairReport.Damaged> damaged = new ArrayList<>();
    CorruptDataException last = null;
    for (Versions.Entry entry : entries.reversed()) {
      try {
        versions.load(entry);
        damaged.forEach(version -> setAside(root, version));
        if (!damaged.isEmpty()) {
          byte[] hint = ("{\"version\":" + entry.version() + "}").getBytes(StandardCharsets.UTF_8);
          root.store().put(root.versionHint(), MemorySegment.ofArray(hint));
        }
        return new RepairReport(entry.version(), damaged);
      } catch (CorruptDataException e) {
        String name = entry.naming().fileName(entry.version());
        damaged.add(
            new RepairReport.Damaged(
                entry.version(),
                root.version(name),
                root.resolve("_damaged/" + name),
                String.valueOf(e.getMessage())));
        last = e;
      }
    }
    throw new CorruptDataException(
        "table cannot be repaired: expected=one readable version, found=none of "
            + entries.size()
            + " (path="
            + root
            + ")",
        last);
  }

  private static void setAside(TableRoot root, RepairReport.Damaged version) {
    try (ObjectReader reader = root.store().open(version.path());
        Arena arena = Arena.ofConfined()) {
      root.store().put(version.keptAt(), reader.view(0, reader.sizeBytes(), arena));
    }
    root.store().delete(version.path());
  }
}
