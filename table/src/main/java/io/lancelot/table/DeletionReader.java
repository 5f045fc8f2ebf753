package io.lancelot.table;

import io.lancelot.base.Memory;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.roaringbitmap.RoaringBitmap;

/// Reads the deleted rows of fragments and keeps them: a deletion file never changes, and every
/// scan and search asks for it.
final class DeletionReader {

  /// Bitmaps are small beside the rows they hide, but a table rewritten for months has many.
  private static final int MAX_KEPT = 4096;

  private final Bases bases;
  private final Memory memory;
  private final Map<Bases.Location, RoaringBitmap> kept = new ConcurrentHashMap<>();

  DeletionReader(Bases bases, Memory memory) {
    this.bases = bases;
    this.memory = memory;
  }

  /// The deleted rows of a fragment; empty if it has none. Shared: not to be changed.
  RoaringBitmap read(Snapshot snapshot, Fragment fragment) {
    if (fragment.deletionFile().isEmpty()) {
      return new RoaringBitmap();
    }
    DeletionFile file = fragment.deletionFile().get();
    Bases.Location location = bases.deletion(snapshot, fragment, file);
    RoaringBitmap rows = kept.get(location);
    if (rows == null) {
      rows =
          DeletionVectors.read(
              location.store(), location.path(), file, fragment.physicalRows(), memory);
      if (kept.size() >= MAX_KEPT) {
        kept.clear();
      }
      kept.put(location, rows);
    }
    return rows;
  }
}
