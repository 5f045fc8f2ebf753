package io.lancelot.table;

import io.lancelot.base.Context;
import io.lancelot.base.CorruptDataException;
import io.lancelot.base.InvalidInputException;
import io.lancelot.base.NotFoundException;
import io.lancelot.columnar.Schema;
import io.lancelot.file.LanceSchema;
import io.lancelot.storage.ObjectStore;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.roaringbitmap.RoaringBitmap;

/// A handle on a table: reads its versions and commits new ones. Thread-safe.
///
/// The handle remembers the newest version it has seen ([#snapshot()]) and moves on when asked
/// ([#latest()]) and after its own commits. Reads name the [Snapshot] they want.
public final class Table implements AutoCloseable {

  private final TableRoot root;
  private final Context context;
  private final Versions versions;
  private final Committer committer;
  private final Bases bases;
  private final DeletionReader deletions;
  private final AtomicReference<Snapshot> newest;

  private Table(TableRoot root, Context context, Snapshot snapshot) {
    this.root = root;
    this.context = context;
    this.versions = new Versions(root);
    this.committer = new Committer(root, context);
    this.bases = new Bases(root);
    this.deletions = new DeletionReader(bases, context.memory());
    this.newest = new AtomicReference<>(snapshot);
  }

  /// Opens a table at its latest version.
  ///
  /// @param path the table's folder in the store
  /// @throws NotFoundException if there is none
  public static Table open(ObjectStore store, String path, Context context) {
    TableRoot root = new TableRoot(store, path);
    return new Table(root, context, new Versions(root).latest());
  }

  /// Whether there is a table.
  public static boolean exists(ObjectStore store, String path) {
    return !new Versions(new TableRoot(store, path)).list().isEmpty();
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
    return new Table(root, context, first);
  }

  /// The newest version that this handle has seen.
  public Snapshot snapshot() {
    return newest.get();
  }

  /// Looks for newer versions; afterwards [#snapshot()] is the latest one.
  public Snapshot latest() {
    List<Versions.Entry> entries = versions.list();
    if (entries.isEmpty()) {
      throw new NotFoundException("table not found (path=" + root + ")");
    }
    Snapshot found = remember(versions.load(entries.getLast()));
    Snapshot known = newest.get();
    if (known.version() > found.version()
        && versions.find(known.version(), known.naming()) == null) {
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
    return versions.list().stream().map(versions::load).map(this::info).toList();
  }

  private VersionInfo info(Snapshot snapshot) {
    String operation;
    try {
      operation = versions.transaction(snapshot).operation().label();
    } catch (CorruptDataException _) {
      // A history with a hole is still a history.
      operation = "Unknown";
    }
    return new VersionInfo(
        snapshot.version(), snapshot.timestamp(), operation, snapshot.rowCount());
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
    if (operation instanceof Operation.Delete) {
      throw new InvalidInputException("deletions are committed as rows: expected=a call of delete");
    }
    return remember(committer.commit(base, _ -> operation, new WrittenFiles(root.store())));
  }

  /// Marks rows as deleted.
  ///
  /// @param base the version in which the rows were found
  /// @param rows for each fragment its physical rows
  /// @param predicate the filter that found them, for the history
  public Snapshot delete(Snapshot base, Map<Long, RoaringBitmap> rows, String predicate) {
    WrittenFiles written = new WrittenFiles(root.store());
    DeletionChange change =
        new DeletionChange(root, context, base, rows, predicate, written, deletions);
    return remember(committer.commit(base, change, written));
  }

  /// Brings back the content of an older version, as a new one.
  public Snapshot restore(long version) {
    Snapshot base = latest();
    versions.load(version);
    Operation operation = new Operation.Restore(version);
    return remember(committer.commit(base, _ -> operation, new WrittenFiles(root.store())));
  }

  /// The deleted rows of a fragment; empty if there are none. Shared: not to be changed.
  public RoaringBitmap deletions(Snapshot snapshot, Fragment fragment) {
    return deletions.read(snapshot, fragment);
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
    bases.close();
  }
}
