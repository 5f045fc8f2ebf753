package io.lancelot.table;

import io.lancelot.base.InvalidInputException;
import io.lancelot.base.Scratch;
import io.lancelot.base.UnsupportedFeatureException;
import io.lancelot.columnar.Batch;
import io.lancelot.columnar.BatchStream;
import io.lancelot.columnar.FixedColumn;
import io.lancelot.columnar.Schema;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.roaringbitmap.PeekableIntIterator;
import org.roaringbitmap.RoaringBitmap;
import org.roaringbitmap.longlong.Roaring64Bitmap;

/// The rows that came, changed and went between two versions of a table, told by their ids and by
/// the versions that last changed them. Format: lance-format section 3.7.
public final class ChangeFeed {

  private static final int BATCH_ROWS = 4096;

  private final Table table;
  private final Snapshot from;
  private final Snapshot to;

  ChangeFeed(Table table, Snapshot from, Snapshot to) {
    if (from.version() > to.version()) {
      throw new InvalidInputException(
          "changes: expected=an older and a newer version, found="
              + from.version()
              + " and "
              + to.version());
    }
    if (!from.stableRowIds() || !to.stableRowIds()) {
      throw new UnsupportedFeatureException(
          "changes of a table without stable row ids (path=" + table.uri() + ")");
    }
    this.table = table;
    this.from = from;
    this.to = to;
  }

  /// The rows of the later version that are not there in the earlier one.
  ///
  /// @param columns names as in [ScanOptions]
  public BatchStream inserted(List<String> columns) {
    return new Rows(table, to, select(Kind.INSERTED), columns);
  }

  /// The rows of the earlier version that have new values in the later one, with these.
  ///
  /// @param columns names as in [ScanOptions]
  public BatchStream updated(List<String> columns) {
    return new Rows(table, to, select(Kind.UPDATED), columns);
  }

  /// The rows of the earlier version that are not there in the later one, as they were.
  ///
  /// @param columns names as in [ScanOptions]
  public BatchStream deleted(List<String> columns) {
    Roaring64Bitmap there = new Roaring64Bitmap();
    forEachChanged(to, from, (_, _, id, _) -> there.addLong(id));
    Map<Long, RoaringBitmap> gone = new TreeMap<>();
    forEachChanged(
        from,
        to,
        (fragment, row, id, _) -> {
          if (!there.contains(id)) {
            gone.computeIfAbsent(fragment.id(), _ -> new RoaringBitmap()).add(row);
          }
        });
    return new Rows(table, from, gone, columns);
  }

  private enum Kind {
    INSERTED,
    UPDATED
  }

  private interface Row {
    /// @param version that last changed the row
    void at(Fragment fragment, int row, long id, long version);
  }

  /// Visits the live rows of the fragments that another version does not have just so.
  private void forEachChanged(Snapshot snapshot, Snapshot other, Row visitor) {
    for (Fragment fragment : snapshot.fragments()) {
      if (other.fragment(fragment.id()).filter(fragment::equals).isPresent()) {
        continue;
      }
      try (FragmentReader reader =
              table.reader(snapshot, fragment, List.of(LineageReader.UPDATED_AT));
          Scratch scratch = table.scratch()) {
        for (long first = 0; first < fragment.physicalRows(); first += BATCH_ROWS) {
          scratch.reset();
          int count = (int) Math.min(BATCH_ROWS, fragment.physicalRows() - first);
          visit(reader, first, count, scratch, visitor);
        }
      }
    }
  }

  private static void visit(
      FragmentReader reader, long first, int count, Scratch scratch, Row visitor) {
    FixedColumn ids = (FixedColumn) reader.rowIds(first, count, scratch);
    FixedColumn updated = (FixedColumn) reader.read(0, first, count, scratch);
    for (int i = 0; i < count; i++) {
      int row = (int) (first + i);
      if (!reader.deletions().contains(row)) {
        visitor.at(reader.fragment(), row, ids.longAt(i), updated.longAt(i));
      }
    }
  }

  /// Rows are compared by id and by the version of their last change: a version that was restored
  /// brings back rows older than those of the version before it.
  private Map<Long, RoaringBitmap> select(Kind kind) {
    Map<Long, Roaring64Bitmap> before = new HashMap<>();
    Roaring64Bitmap there = new Roaring64Bitmap();
    forEachChanged(
        from,
        to,
        (_, _, id, version) -> {
          there.addLong(id);
          before.computeIfAbsent(version, _ -> new Roaring64Bitmap()).addLong(id);
        });
    Map<Long, RoaringBitmap> selected = new TreeMap<>();
    forEachChanged(
        to,
        from,
        (fragment, row, id, version) -> {
          boolean known = there.contains(id);
          boolean hit =
              switch (kind) {
                case INSERTED -> !known;
                case UPDATED -> {
                  Roaring64Bitmap same = before.get(version);
                  yield known && (same == null || !same.contains(id));
                }
              };
          if (hit) {
            selected.computeIfAbsent(fragment.id(), _ -> new RoaringBitmap()).add(row);
          }
        });
    return selected;
  }

  /// Chosen rows of a version, fragment by fragment.
  private static final class Rows implements BatchStream {

    private record Chosen(long fragment, PeekableIntIterator rows) {}

    private final Table table;
    private final Snapshot snapshot;
    private final List<String> columns;
    private final Schema schema;
    private final Deque<Chosen> left = new ArrayDeque<>();
    private final Scratch scratch;

    Rows(Table table, Snapshot snapshot, Map<Long, RoaringBitmap> rows, List<String> columns) {
      this.table = table;
      this.snapshot = snapshot;
      this.columns = new ArrayList<>(columns);
      this.schema = TableScan.schema(snapshot, columns);
      this.scratch = table.scratch();
      rows.forEach((fragment, chosen) -> left.add(new Chosen(fragment, chosen.getIntIterator())));
    }

    @Override
    public Schema schema() {
      return schema;
    }

    @Override
    public @Nullable Batch next() {
      scratch.reset();
      long[] addresses = new long[BATCH_ROWS];
      int count = 0;
      while (count < BATCH_ROWS && !left.isEmpty()) {
        Chosen chosen = left.getFirst();
        if (!chosen.rows().hasNext()) {
          left.removeFirst();
          continue;
        }
        addresses[count++] = chosen.fragment() << 32 | Integer.toUnsignedLong(chosen.rows().next());
      }
      return count == 0 ? null : table.take(snapshot, addresses, count, columns, scratch);
    }

    @Override
    public void close() {
      scratch.close();
    }
  }
}
