package io.lancelot.table;

import io.lancelot.base.AlreadyExistsException;
import io.lancelot.base.Context;
import io.lancelot.base.CorruptDataException;
import io.lancelot.base.InvalidInputException;
import io.lancelot.base.NotFoundException;
import io.lancelot.base.Scratch;
import io.lancelot.columnar.Batch;
import io.lancelot.columnar.BatchStream;
import io.lancelot.columnar.Schema;
import io.lancelot.file.LanceField;
import io.lancelot.file.LanceSchema;
import io.lancelot.storage.ObjectStore;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.roaringbitmap.RoaringBitmap;

/// A handle on a table: reads its versions and commits new ones. Thread-safe.
///
/// The handle remembers the newest version it has seen ([#snapshot()]) and moves on when asked
/// ([#latest()]) and after its own commits. Reads name the [Snapshot] they want.
public final class Table implements AutoCloseable {

  /// Data files kept open though nobody reads them.
  private static final int MAX_IDLE_FILES = 2048;

  private final TableRoot root;

  /// Of the main line: the same, unless this is a branch.
  private final TableRoot main;

  private final Context context;
  private final Versions versions;
  private final VersionWatch watch;
  private final Committer committer;
  private final Bases bases;
  private final DeletionReader deletions;
  private final OpenFiles files;
  private final AtomicReference<Snapshot> newest;

  Table(TableRoot root, TableRoot main, Context context, Snapshot snapshot) {
    this.root = root;
    this.main = main;
    this.context = context;
    this.versions = new Versions(root);
    this.watch = new VersionWatch(versions);
    this.committer = new Committer(root, context);
    this.bases = new Bases(root);
    this.deletions = new DeletionReader(bases, context.memory());
    this.files = new OpenFiles(MAX_IDLE_FILES);
    this.newest = new AtomicReference<>(snapshot);
  }

  /// Opens a table at its latest version.
  ///
  /// @param path the table's folder in the store
  /// @throws NotFoundException if there is none
  public static Table open(ObjectStore store, String path, Context context) {
    TableRoot root = new TableRoot(store, path);
    return new Table(root, root, context, new Versions(root).latest());
  }

  /// Whether there is a table.
  public static boolean exists(ObjectStore store, String path) {
    TableRoot root = new TableRoot(store, path);
    return store.size(root.versionHint()).isPresent() || !new Versions(root).list().isEmpty();
  }

  /// Removes a table with all its versions. Whoever still reads it may fail.
  ///
  /// @throws NotFoundException if there is none
  public static void drop(ObjectStore store, String path) {
    TableRoot root = new TableRoot(store, path);
    if (new Versions(root).list().isEmpty()) {
      throw new NotFoundException("table not found (path=" + root + ")");
    }
    store.deleteAll(path);
  }

  /// Creates a table without rows.
  ///
  /// @throws io.lancelot.base.AlreadyExistsException if there is one
  public static Table create(
      ObjectStore store, String path, Schema schema, CreateOptions options, Context context) {
    return create(
        store,
        path,
        LanceSchema.of(schema, 0),
        List.of(),
        options,
        context,
        new WrittenFiles(store));
  }

  /// Creates a table with rows.
  ///
  /// @param rows closed by the caller
  /// @throws io.lancelot.base.AlreadyExistsException if there is one
  public static Table create(
      ObjectStore store, String path, BatchStream rows, CreateOptions options, Context context) {
    if (exists(store, path)) {
      // Seen again when it commits; here it saves writing the data.
      throw new AlreadyExistsException(
          "table already exists (path=" + new TableRoot(store, path) + ")");
    }
    LanceSchema schema = LanceSchema.of(rows.schema(), 0);
    WrittenFiles written = new WrittenFiles(store);
    List<Fragment> fragments =
        FragmentWriter.writeAll(
            new TableRoot(store, path),
            schema,
            options.fileVersion(),
            context,
            written,
            rows,
            BlobRules.BYTES);
    return create(store, path, schema, fragments, options, context, written);
  }

  private static Table create(
      ObjectStore store,
      String path,
      LanceSchema schema,
      List<Fragment> fragments,
      CreateOptions options,
      Context context,
      WrittenFiles written) {
    TableRoot root = new TableRoot(store, path);
    Operation.Overwrite contents =
        new Operation.Overwrite(fragments, schema, options.config(), Optional.empty());
    Snapshot first =
        new Committer(root, context)
            .create(
                contents,
                options.stableRowIds(),
                options.fileVersion(),
                options.tableMetadata(),
                written);
    return new Table(root, root, context, first);
  }

  /// The newest version that this handle has seen.
  public Snapshot snapshot() {
    return newest.get();
  }

  /// Looks for newer versions; afterwards [#snapshot()] is the latest one.
  public Snapshot latest() {
    Snapshot known = newest.get();
    Snapshot found = watch.latest(known);
    remember(found);
    if (known.version() > found.version()) {
      // The table was dropped and created anew.
      newest.compareAndSet(known, found);
    }
    return found;
  }

  /// An older version.
  ///
  /// @throws NotFoundException if there is no such version, naming those that there are
  public Snapshot checkout(long version) {
    return versions.load(version);
  }

  /// The table's history, oldest first.
  public List<VersionInfo> versions() {
    return new History(versions).list(refs().tags());
  }

  /// The newest version that was committed at a time or before it.
  ///
  /// @throws NotFoundException if the table has none so old
  public Snapshot checkout(Instant asOf) {
    return new History(versions).at(asOf);
  }

  /// The tags and branches of the table.
  public Refs refs() {
    return new Refs(root, main, context);
  }

  /// The transaction that made a version.
  public Transaction transaction(Snapshot snapshot) {
    return versions.transaction(snapshot);
  }

  /// Commits an operation whose files are written already.
  ///
  /// @param base the version that the operation was made from
  /// @return the new version
  /// @throws io.lancelot.base.CommitConflictException if a concurrent commit got in the way
  /// @throws io.lancelot.base.CommitUnknownException if the store cannot say what happened
  public Snapshot commit(Snapshot base, Operation operation) {
    if (operation instanceof Operation.Delete
        || operation instanceof Operation.Update
        || operation instanceof Operation.Rewrite) {
      throw new InvalidInputException(
          "deletions are committed as rows: expected=a call of delete, update or compact, found="
              + operation.label());
    }
    return remember(committer.commit(base, _ -> operation, new WrittenFiles(root.store())));
  }

  /// Adds rows.
  ///
  /// @param rows of columns of the table, by name, in any order; columns that may be null may be
  ///   missing. Closed by the caller
  /// @throws InvalidInputException if names, types or nulls do not fit
  public Snapshot append(BatchStream rows) {
    return append(rows, false);
  }

  /// As above.
  ///
  /// @param externalBlobs whether large values may stay outside the table, where nothing keeps them
  ///   from changing or going away
  public Snapshot append(BatchStream rows, boolean externalBlobs) {
    Snapshot base = latest();
    base.checkWritable();
    WrittenFiles written = new WrittenFiles(root.store());
    Operation operation =
        new Operation.Append(
            FragmentWriter.writeAll(
                root,
                base.schema(),
                base.fileVersion(),
                context,
                written,
                rows,
                new BlobRules(externalBlobs, Optional.empty())));
    return remember(committer.commit(base, _ -> operation, written));
  }

  /// Replaces schema and rows. Older versions stay readable; indices are dropped.
  ///
  /// @param rows closed by the caller
  public Snapshot overwrite(BatchStream rows) {
    Snapshot base = latest();
    base.checkWritable();
    LanceSchema schema = LanceSchema.of(rows.schema(), 0);
    WrittenFiles written = new WrittenFiles(root.store());
    Operation operation =
        new Operation.Overwrite(
            FragmentWriter.writeAll(
                root, schema, base.fileVersion(), context, written, rows, BlobRules.BYTES),
            schema,
            Map.of(),
            Optional.empty());
    return remember(committer.commit(base, _ -> operation, written));
  }

  /// For rows in new fragments that belong to no version yet, for an operation to commit. Rows that
  /// move must have [their large values'][FragmentReader#moving] addresses.
  public StagedRows stage(Snapshot base) {
    base.checkWritable();
    return new StagedRows(root, base, bases, context);
  }

  /// Marks rows as deleted.
  ///
  /// @param base the version in which the rows were found
  /// @param rows for each fragment its physical rows
  /// @param predicate the filter that found them, for the history
  public Snapshot delete(Snapshot base, Map<Long, RoaringBitmap> rows, String predicate) {
    WrittenFiles written = new WrittenFiles(root.store());
    DeletionChange change =
        new DeletionChange(
            root,
            context,
            base,
            rows,
            (updated, removed) -> new Operation.Delete(updated, removed, predicate),
            written,
            deletions);
    return remember(committer.commit(base, change, written));
  }

  /// Replaces rows: marks the old ones as deleted and adds the new ones, in one commit. The staged
  /// files are removed if it fails.
  ///
  /// @param base the version in which the rows were found
  /// @param rows for each fragment its physical rows to replace or delete
  /// @param replacement the new rows
  /// @param changed ids of the fields that have new values
  /// @param recheck is shown each later version that the change is to be committed on, and throws a
  ///   [io.lancelot.base.CommitConflictException] if it must not be
  public Snapshot update(
      Snapshot base,
      Map<Long, RoaringBitmap> rows,
      StagedRows replacement,
      Set<Integer> changed,
      Consumer<Snapshot> recheck) {
    WrittenFiles written = replacement.written();
    DeletionChange change =
        new DeletionChange(
            root,
            context,
            base,
            rows,
            (updated, removed) ->
                new Operation.Update(
                    removed,
                    updated,
                    replacement.staged(),
                    Set.of(),
                    changed,
                    Operation.Update.Mode.REWRITE_ROWS,
                    false),
            written,
            deletions);
    Rebase rebase =
        latest -> {
          if (latest != base) {
            recheck.accept(latest);
          }
          return change.over(latest);
        };
    return remember(committer.commit(base, rebase, written));
  }

  /// The folder of a new index segment, for an [IndexEntry] to be committed with
  /// [Operation.CreateIndex].
  public IndexFolder newIndexFolder(UUID uuid) {
    return new IndexFolder(root.store(), root.index(uuid));
  }

  /// The folder of an index segment's files.
  public IndexFolder indexFolder(Snapshot snapshot, IndexEntry entry) {
    Bases.Location folder = bases.index(snapshot, entry);
    return new IndexFolder(folder.store(), folder.path());
  }

  /// Where the files of an index segment lie.
  public record IndexFolder(ObjectStore store, String path) {}

  /// Writes small fragments together and drops deleted rows from files, commit by commit, until
  /// nothing is left to do. Content and order of the rows stay; their addresses change.
  ///
  /// @throws io.lancelot.base.CommitConflictException if others kept changing the same fragments
  public CompactionReport compact(CompactionOptions options) {
    return new Compaction(
            this,
            root,
            context,
            options,
            bases,
            deletions,
            (base, change, written) -> remember(committer.commit(base, change, written)))
        .run();
  }

  /// Removes old versions of this line, and files that no version refers to.
  public CleanupReport cleanup(CleanupOptions options) {
    return new Cleanup(root, main, context, options).run();
  }

  /// Looks at every file that the versions and branches refer to.
  ///
  /// @throws NotFoundException if there is no table
  public static CheckReport check(ObjectStore store, String path, Context context) {
    return TableCheck.run(new TableRoot(store, path), context);
  }

  /// Goes back to the newest version that can be read, if newer manifests are empty or torn. Nobody
  /// else may write meanwhile.
  ///
  /// @throws CorruptDataException if none can be read
  public static RepairReport repair(ObjectStore store, String path) {
    return Repair.run(new TableRoot(store, path));
  }

  /// Copies all versions, branches and tags to another place, or what is new since the last time.
  ///
  /// @throws InvalidInputException if there is another table
  public BackupReport backup(ObjectStore store, String path) {
    return new Backup(main, new TableRoot(store, path), context).run();
  }

  /// What [#compact] would write anew, without doing it.
  public CompactionReport planCompaction(CompactionOptions options) {
    Snapshot snapshot = latest();
    List<List<Fragment>> bins =
        CompactionPlan.of(snapshot, FragmentReuse.of(snapshot, bases), options);
    int fragments = bins.stream().mapToInt(List::size).sum();
    return new CompactionReport(fragments, bins.size(), 0, 0, 0, snapshot.version());
  }

  /// What became of rows between two versions; for tables with stable row ids.
  ///
  /// @param from rows of this version are known
  /// @param to a later version
  /// @throws UnsupportedFeatureException if rows have no stable ids to follow them by
  public ChangeFeed changes(Snapshot from, Snapshot to) {
    return new ChangeFeed(this, from, to);
  }

  /// How many fragments a compaction of the newest version seen would write anew.
  public int compactable(CompactionOptions options) {
    Snapshot snapshot = snapshot();
    return CompactionPlan.of(snapshot, FragmentReuse.of(snapshot, bases), options).stream()
        .mapToInt(List::size)
        .sum();
  }

  /// Where rows went that indices of a version know by old addresses.
  public FragmentReuse fragmentReuse(Snapshot snapshot) {
    return FragmentReuse.of(snapshot, bases);
  }

  /// Writes new columns of a fragment into a data file that belongs to no version yet.
  ///
  /// @param columns the new fields, under the structs that they lie in
  /// @param rows a value of each new column for every physical row, deleted ones included
  /// @return the fragment with the file
  public Fragment stageColumns(
      Snapshot base,
      Fragment fragment,
      LanceSchema columns,
      BatchStream rows,
      StagedColumns staged) {
    base.checkWritable();
    List<Fragment> files =
        FragmentWriter.writeColumns(
            root, columns, base.fileVersion(), context, staged.written(), rows);
    if (files.size() != 1 || files.getFirst().physicalRows() != fragment.physicalRows()) {
      throw new InvalidInputException(
          "new columns: expected="
              + fragment.physicalRows()
              + " rows, found="
              + files.stream().mapToLong(Fragment::physicalRows).sum()
              + " (fragment="
              + fragment.id()
              + ")");
    }
    return fragment.withFile(files.getFirst().files().getFirst());
  }

  /// Notes the files of new columns until they are committed.
  public StagedColumns newStagedColumns() {
    return new StagedColumns(new WrittenFiles(root.store()));
  }

  /// Changes columns by new data files, or adds some that are null everywhere. The staged files are
  /// removed if it fails.
  ///
  /// @param fragments all fragments of `base`, with the new files
  /// @param preservesNullability whether rows made for the old schema still fit the new one
  public Snapshot mergeColumns(
      Snapshot base,
      LanceSchema schema,
      List<Fragment> fragments,
      StagedColumns staged,
      boolean preservesNullability) {
    Operation operation = new Operation.Merge(fragments, schema, preservesNullability);
    return remember(committer.commit(base, _ -> operation, staged.written()));
  }

  /// Brings back the content of an older version, as a new one.
  public Snapshot restore(long version) {
    Snapshot base = latest();
    versions.load(version);
    Operation operation = new Operation.Restore(version);
    return remember(committer.commit(base, _ -> operation, new WrittenFiles(root.store())));
  }

  /// Takes the latest commit back: brings back the content of the version before it, as a new one.
  ///
  /// @throws NotFoundException if no older version is left
  public Snapshot rollback() {
    long latest = latest().version();
    List<Versions.Entry> older =
        versions.list().stream().filter(entry -> entry.version() < latest).toList();
    if (older.isEmpty()) {
      throw new NotFoundException(
          "rollback: expected=a version before " + latest + ", found=none (path=" + root + ")");
    }
    return restore(older.getLast().version());
  }

  /// Reads the live rows of a version.
  public BatchStream scan(Snapshot snapshot, ScanOptions options) {
    return new TableScan(
        snapshot,
        options,
        context.memory(),
        (fragment, fields) -> reader(snapshot, fragment, fields),
        false);
  }

  /// The same for rows that are to be written again.
  BatchStream scanMoving(Snapshot snapshot, ScanOptions options) {
    return new TableScan(
        snapshot,
        options,
        context.memory(),
        (fragment, fields) -> reader(snapshot, fragment, fields),
        true);
  }

  /// Fetches rows by address, in the order asked for and as often; whether they are deleted is not
  /// checked.
  ///
  /// @param addresses fragment id in the upper, row in the lower 32 bits
  /// @param columns names as in [ScanOptions]
  /// @return rows in memory of `scratch`
  public Batch take(
      Snapshot snapshot, long[] addresses, int count, List<String> columns, Scratch scratch) {
    RowReaders fresh =
        new RowReaders() {
          @Override
          public FragmentReader open(Fragment fragment, List<LanceField> fields) {
            return reader(snapshot, fragment, fields);
          }

          @Override
          public void done(FragmentReader reader) {
            reader.close();
          }
        };
    return take(snapshot, addresses, count, columns, scratch, fresh);
  }

  /// The same with readers from elsewhere.
  public Batch take(
      Snapshot snapshot,
      long[] addresses,
      int count,
      List<String> columns,
      Scratch scratch,
      RowReaders readers) {
    return new RowTaking(snapshot, columns, context, readers).take(addresses, count, scratch);
  }

  /// Opens the values of a column of blobs, without reading them. The caller closes them.
  ///
  /// @param rowIds as `_rowid` gives them, in any order
  /// @return one handle per id, null where the value is null
  /// @throws io.lancelot.base.InvalidInputException if the column is not one of blobs, or an id is
  ///   none of a row that is there
  public List<@Nullable Blob> takeBlobs(Snapshot snapshot, String column, long[] rowIds) {
    return new BlobTaking(
            snapshot,
            column,
            bases,
            context.memory(),
            (fragment, field) -> reader(snapshot, fragment, List.of(field)))
        .take(rowIds);
  }

  /// Opens one fragment for reading by physical row.
  ///
  /// @param fields top-level fields of the snapshot's schema
  public FragmentReader reader(Snapshot snapshot, Fragment fragment, List<LanceField> fields) {
    return new FragmentReader(snapshot, fragment, fields, bases, files, deletions);
  }

  /// The deleted rows of a fragment; empty if there are none. Shared: not to be changed.
  public RoaringBitmap deletions(Snapshot snapshot, Fragment fragment) {
    return deletions.read(snapshot, fragment);
  }

  Scratch scratch() {
    return context.memory().scratch();
  }

  private Snapshot remember(Snapshot snapshot) {
    newest.accumulateAndGet(
        snapshot, (known, found) -> found.version() >= known.version() ? found : known);
    return snapshot;
  }

  /// The table's folder as a user would write it.
  public String uri() {
    return root.toString();
  }

  @Override
  public void close() {
    files.close();
    bases.close();
  }
}
