package io.lancelot.table;

import com.google.protobuf.ByteString;
import io.lancelot.base.CommitConflictException;
import io.lancelot.base.Context;
import io.lancelot.base.LancelotException;
import io.lancelot.columnar.Batch;
import io.lancelot.columnar.BatchStream;
import io.lancelot.storage.ObjectStore.ObjectInfo;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import org.roaringbitmap.RoaringBitmap;

/// Writes the rows of small and hollow fragments together, in bounded memory. Every gigabyte or so
/// is committed by itself: what is done stays done when the process ends. A second run finds
/// nothing to do. Format: lance-format section 3.14.
final class Compaction {

  /// What is written before it is committed.
  private static final long BYTES_PER_COMMIT = 1L << 30;

  private static final long BYTES_PER_BATCH = 4L << 20;

  /// Each round merges the results of the one before, which now lie side by side.
  private static final int MAX_ROUNDS = 8;

  private static final int MAX_COMMIT_ATTEMPTS = 10;

  /// Commits a change made from a version.
  interface Commit {
    Snapshot commit(Snapshot base, Rebase change, WrittenFiles written);
  }

  private final Table table;
  private final TableRoot root;
  private final Context context;
  private final CompactionOptions options;
  private final Bases bases;
  private final DeletionReader deletions;
  private final Commit commit;
  private CompactionReport report;

  Compaction(
      Table table,
      TableRoot root,
      Context context,
      CompactionOptions options,
      Bases bases,
      DeletionReader deletions,
      Commit commit) {
    this.table = table;
    this.root = root;
    this.context = context;
    this.options = options;
    this.bases = bases;
    this.deletions = deletions;
    this.commit = commit;
    this.report = CompactionReport.nothing(table.snapshot().version());
  }

  CompactionReport run() {
    for (int round = 0; round < MAX_ROUNDS; round++) {
      Snapshot base = table.latest();
      base.checkWritable();
      List<List<Fragment>> bins = CompactionPlan.of(base, FragmentReuse.of(base, bases), options);
      if (bins.isEmpty() || !compact(base, bins)) {
        break;
      }
    }
    return report.plus(CompactionReport.nothing(table.snapshot().version()));
  }

  /// Whether anything was committed.
  private boolean compact(Snapshot base, List<List<Fragment>> bins) {
    boolean committed = false;
    List<RewrittenRows> ready = new ArrayList<>();
    long bytes = 0;
    try {
      for (List<Fragment> bin : bins) {
        RewrittenRows rows = rewrite(base, bin);
        ready.add(rows);
        bytes += rows.bytesWritten();
        if (bytes >= BYTES_PER_COMMIT) {
          committed |= publish(base, ready);
          ready.clear();
          bytes = 0;
        }
      }
    } catch (RuntimeException | Error e) {
      ready.forEach(rows -> discard(rows, e));
      throw e;
    }
    return publish(base, ready) || committed;
  }

  /// Writes the live rows of some fragments into new ones.
  private RewrittenRows rewrite(Snapshot base, List<Fragment> bin) {
    NavigableMap<Long, RoaringBitmap> moved = new TreeMap<>();
    Set<Long> ids = new LinkedHashSet<>();
    long rows = 0;
    long bytes = 0;
    for (Fragment fragment : bin) {
      RoaringBitmap live = RoaringBitmap.bitmapOfRange(0, fragment.physicalRows());
      live.andNot(deletions.read(base, fragment));
      live.runOptimize();
      moved.put(fragment.id(), live);
      ids.add(fragment.id());
      rows += fragment.physicalRows();
      bytes += CompactionPlan.bytes(fragment);
    }
    int batchRows =
        Math.clamp(
            BYTES_PER_BATCH * Math.max(rows, 1) / Math.max(bytes, 1),
            1,
            ScanOptions.DEFAULT_BATCH_ROWS);
    ScanOptions options =
        ScanOptions.of(base.schema().arrow().names()).withFragments(ids).withBatchRows(batchRows);
    WrittenFiles written = new WrittenFiles(root.store());
    try (BatchStream scan = table.scanMoving(base, options);
        FragmentWriter writer =
            new FragmentWriter(
                root,
                base.schema(),
                base.fileVersion(),
                context,
                written,
                this.options.targetRows(),
                this.options.targetBytes(),
                BlobRules.moving(bases))) {
      for (Batch batch = scan.next(); batch != null; batch = scan.next()) {
        writer.write(batch);
      }
      List<Fragment> after = writer.finish();
      // It is committed with others, perhaps in several attempts.
      written.force();
      return new RewrittenRows(
          bin, moved, base.stableRowIds() ? withLineage(base, bin, moved, after) : after);
    } catch (RuntimeException | Error e) {
      written.discard(e);
      throw e;
    }
  }

  /// Gives the new fragments the ids of their rows, and the versions that made and changed them.
  private static List<Fragment> withLineage(
      Snapshot base,
      List<Fragment> bin,
      NavigableMap<Long, RoaringBitmap> moved,
      List<Fragment> after) {
    int total = Math.toIntExact(bin.stream().mapToLong(Fragment::liveRows).sum());
    long[] ids = new long[total];
    RowVersions created = new RowVersions();
    RowVersions updated = new RowVersions();
    int at = 0;
    for (Fragment fragment : bin) {
      String where = base.file().path() + ", fragment=" + fragment.id();
      long rows = fragment.physicalRows();
      var proto = fragment.proto();
      RowIdSequence sequence = RowIdSequence.parse(proto.getInlineRowIds(), rows, where);
      RowVersions createdOf = RowVersions.parse(proto.getInlineCreatedAtVersions(), rows, where);
      RowVersions updatedOf =
          RowVersions.parse(proto.getInlineLastUpdatedAtVersions(), rows, where);
      for (int row : moved.getOrDefault(fragment.id(), new RoaringBitmap())) {
        ids[at++] = sequence.at(row);
        created.add(createdOf.at(row), 1);
        updated.add(updatedOf.at(row), 1);
      }
    }
    List<Fragment> complete = new ArrayList<>();
    int from = 0;
    for (Fragment fragment : after) {
      int to = from + (int) fragment.physicalRows();
      ByteString rowIds = RowIdSequence.of(ids, from, to);
      complete.add(
          fragment.withLineage(rowIds, created.encode(from, to), updated.encode(from, to)));
      from = to;
    }
    return complete;
  }

  /// Commits what was written. What a concurrent commit has made useless is left out.
  private boolean publish(Snapshot base, List<RewrittenRows> ready) {
    List<RewrittenRows> groups = new ArrayList<>(ready);
    Snapshot from = base;
    for (int attempt = 0; !groups.isEmpty(); attempt++) {
      WrittenFiles written = new WrittenFiles(root.store());
      RewriteChange change =
          new RewriteChange(root, context, base, List.copyOf(groups), deletions, bases, written);
      try {
        Snapshot committed = commit.commit(from, change, written);
        note(change.stated(), committed.version());
        return true;
      } catch (CommitConflictException e) {
        from = table.latest();
        Snapshot latest = from;
        List<RewrittenRows> lost =
            groups.stream().filter(rows -> !e.retryable() || !change.fits(latest, rows)).toList();
        lost.forEach(rows -> discard(rows, e));
        groups.removeAll(lost);
        if (attempt >= MAX_COMMIT_ATTEMPTS && !groups.isEmpty()) {
          groups.forEach(rows -> discard(rows, e));
          throw e;
        }
      }
    }
    return false;
  }

  private void note(Operation.Rewrite done, long version) {
    int removed = 0;
    int added = 0;
    int filesRemoved = 0;
    int filesAdded = 0;
    long bytes = 0;
    for (Operation.Rewrite.Group group : done.groups()) {
      removed += group.before().size();
      added += group.after().size();
      filesRemoved += group.before().stream().mapToInt(Compaction::files).sum();
      filesAdded += group.after().stream().mapToInt(Compaction::files).sum();
      bytes += group.after().stream().mapToLong(CompactionPlan::bytes).sum();
    }
    report =
        report.plus(new CompactionReport(removed, added, filesRemoved, filesAdded, bytes, version));
  }

  private static int files(Fragment fragment) {
    return fragment.files().size() + (fragment.deletionFile().isPresent() ? 1 : 0);
  }

  private void discard(RewrittenRows rows, Throwable cause) {
    for (Fragment fragment : rows.after()) {
      for (DataFile file : fragment.files()) {
        try {
          root.store().delete(root.data(file.path()));
          for (ObjectInfo blob :
              root.store().list(root.data(BlobObjects.folder(file.path())) + "/")) {
            root.store().delete(blob.path());
          }
        } catch (LancelotException e) {
          cause.addSuppressed(e);
        }
      }
    }
  }
}
