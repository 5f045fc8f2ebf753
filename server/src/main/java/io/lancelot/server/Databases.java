package io.lancelot.server;

import io.lancelot.ConnectOptions;
import io.lancelot.Database;
import io.lancelot.Lancelot;
import io.lancelot.Table;
import io.lancelot.base.Context;
import io.lancelot.base.InvalidInputException;
import io.lancelot.base.NotFoundException;
import io.lancelot.base.StorageException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// The databases of a server and the tables that are open in them. A namespace is a folder in its
/// database's folder. Thread-safe.
final class Databases implements AutoCloseable {

  static final String DEFAULT = "default";
  static final String NAMESPACE_MARKER = ".namespace.json";
  private static final String TABLE_SUFFIX = ".lance";
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_-][A-Za-z0-9_.-]{0,127}");
  private static final int OPEN_TABLES = 1000;

  /// How long a table that was let go stays open, for requests that still read it.
  private static final Duration GRACE = Duration.ofMinutes(5);

  private final ServerOptions options;
  private final Context context;
  private final Context background;
  private final Map<Path, Database> open = new ConcurrentHashMap<>();
  private final Map<Path, Database> openForJobs = new ConcurrentHashMap<>();
  private final ReentrantLock lock = new ReentrantLock();
  private final LinkedHashMap<TableRef, Held> tables = new LinkedHashMap<>(16, 0.75f, true);
  private volatile Consumer<TableRef> onOpen = _ -> {};
  private final Map<Table, Boolean> retired = new ConcurrentHashMap<>();
  private final ScheduledExecutorService closer =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("lancelot-closer").factory());

  /// A table that is open, and what its folder was when it was opened: another server may have
  /// dropped it since, and made one of the same name.
  private record Held(Table table, Optional<Identity> folder) {}

  /// What tells a table's folder from another one that has its name later.
  private record Identity(@Nullable Object key, FileTime created) {}

  Databases(ServerOptions options, Context context) {
    this.options = options;
    this.context = context;
    this.background =
        new Context(
            context.memory(),
            context.cpu(),
            Math.max(1, context.parallelism() * 3 / 4),
            context.clock(),
            context.random());
  }

  /// Tells of each table that is opened: what was left undone in it can be done.
  void onOpen(Consumer<TableRef> listener) {
    onOpen = listener;
  }

  /// Where a request's tables lie.
  ///
  /// @param database from the request's header; empty for the default one
  record Place(String database, List<String> namespace) {
    TableRef table(String name) {
      return new TableRef(this, name, "");
    }
  }

  /// The name under which keys know a place's database.
  String databaseName(Place place) {
    return options
        .database()
        .orElseGet(() -> place.database().isEmpty() ? DEFAULT : place.database());
  }

  /// The folder of a namespace, or of the database for the root namespace.
  Path folder(Place place) {
    String name = place.database().isEmpty() ? DEFAULT : place.database();
    Path folder = options.root();
    if (options.database().isEmpty()) {
      for (String part : name.split("/", -1)) {
        folder = folder.resolve(checked("database name", part));
      }
    } else if (!place.database().isEmpty() && !options.database().get().equals(name)) {
      throw new InvalidInputException(
          "database: expected=" + options.database().get() + ", found=" + name);
    }
    for (String part : place.namespace()) {
      folder = folder.resolve(checked("namespace name", part));
    }
    return folder;
  }

  private static String checked(String what, String name) {
    if (!NAME.matcher(name).matches() || name.contains("..") || name.endsWith(".lance")) {
      throw new InvalidInputException(
          what
              + ": expected=letters, digits, '_', '-' and '.', found="
              + name.substring(0, Math.min(200, name.length())));
    }
    return name;
  }

  /// The folder of a namespace that was made; that of the root needs no making.
  Path requireNamespace(Place place) {
    Path folder = folder(place);
    if (!place.namespace().isEmpty() && !Files.exists(folder.resolve(NAMESPACE_MARKER))) {
      throw new Failures.Coded(
          Failures.Code.NAMESPACE_NOT_FOUND,
          "namespace not found: " + String.join("$", place.namespace()));
    }
    return folder;
  }

  /// The table of this server, in the database of a place, that lies somewhere.
  ///
  /// @throws InvalidInputException if there can be none
  TableRef at(Place place, String location) {
    Path root = folder(new Place(place.database(), List.of())).toAbsolutePath().normalize();
    Path path;
    try {
      path =
          Path.of(location.startsWith("file://") ? location.substring(7) : location)
              .toAbsolutePath()
              .normalize();
    } catch (InvalidPathException e) {
      throw new InvalidInputException("location: expected=a path, found=" + location, e);
    }
    if (!path.startsWith(root) || !path.toString().endsWith(TABLE_SUFFIX)) {
      throw new InvalidInputException(
          "location: expected=that of a table in the same database, found=" + location);
    }
    List<String> names = new ArrayList<>();
    root.relativize(path).forEach(part -> names.add(part.toString()));
    String file = names.removeLast();
    return new Place(place.database(), List.copyOf(names))
        .table(file.substring(0, file.length() - TABLE_SUFFIX.length()));
  }

  /// Gives a table another name, or another namespace.
  void rename(TableRef from, TableRef to) {
    Path target =
        requireNamespace(to.place()).resolve(checked("table name", to.name()) + TABLE_SUFFIX);
    Path source = folder(from.place()).resolve(checked("table name", from.name()) + TABLE_SUFFIX);
    // Opened to be told if it is not there.
    table(from.main());
    lock.lock();
    try {
      if (Files.exists(target)) {
        throw new Failures.Coded(
            Failures.Code.TABLE_EXISTS, 400, "table " + to.text() + " already exists");
      }
      forget(from);
      Files.move(source, target, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw new StorageException("cannot rename " + from.text() + ": " + e.getMessage(), e);
    } finally {
      lock.unlock();
    }
  }

  Database database(Place place) {
    return database(place, open, context);
  }

  private Database database(Place place, Map<Path, Database> known, Context with) {
    return known.computeIfAbsent(
        folder(place),
        folder ->
            Lancelot.connect(
                folder.toString(),
                ConnectOptions.defaults().withReadConsistency(Duration.ZERO),
                with));
  }

  /// Opens a table, on its branch; the caller closes it.
  Table open(TableRef ref) {
    return open(ref, database(ref.place()));
  }

  /// Opens a table for work that goes on beside requests, and leaves a quarter of the processors,
  /// at least one, to those. The caller closes it.
  Table openForJob(TableRef ref) {
    return open(ref, database(ref.place(), openForJobs, background));
  }

  private static Table open(TableRef ref, Database database) {
    Table main = database.openTable(ref.name());
    if (ref.branch().isEmpty()) {
      return main;
    }
    try (main) {
      return main.branches().open(ref.branch());
    } catch (NotFoundException e) {
      throw new Failures.Coded(Failures.Code.BRANCH_NOT_FOUND, String.valueOf(e.getMessage()));
    }
  }

  /// A table at its latest version, open for others too: not to be closed.
  Table table(TableRef ref) {
    Optional<Identity> folder = identity(ref);
    lock.lock();
    try {
      Held known = tables.get(ref);
      if (known != null && known.folder().equals(folder)) {
        return known.table();
      }
      if (known != null) {
        tables.remove(ref);
        retire(known.table());
      }
    } finally {
      lock.unlock();
    }
    Table opened = open(ref);
    lock.lock();
    try {
      Held first = tables.putIfAbsent(ref, new Held(opened, folder));
      if (tables.size() > OPEN_TABLES) {
        retire(tables.pollFirstEntry().getValue().table());
      }
      if (first == null) {
        onOpen.accept(ref);
        return opened;
      }
      opened.close();
      return first.table();
    } finally {
      lock.unlock();
    }
  }

  private Optional<Identity> identity(TableRef ref) {
    try {
      Path folder = folder(ref.place()).resolve(ref.name() + TABLE_SUFFIX);
      BasicFileAttributes about = Files.readAttributes(folder, BasicFileAttributes.class);
      return Optional.of(new Identity(about.fileKey(), about.creationTime()));
    } catch (IOException | InvalidPathException e) {
      // Opening it tells what is wrong.
      return Optional.empty();
    }
  }

  /// How many tables are open.
  int openTables() {
    lock.lock();
    try {
      return tables.size();
    } finally {
      lock.unlock();
    }
  }

  /// Lets go of a table that was dropped or renamed, with its branches.
  void forget(TableRef gone) {
    forget(ref -> ref.place().equals(gone.place()) && ref.name().equals(gone.name()));
  }

  /// Lets go of all tables of a namespace and of those below it.
  void forget(Place gone) {
    int depth = gone.namespace().size();
    forget(ref ->
        ref.place().database().equals(gone.database())
            && ref.place().namespace().size() >= depth
            && ref.place().namespace().subList(0, depth).equals(gone.namespace()));
  }

  private void forget(Predicate<TableRef> gone) {
    lock.lock();
    try {
      tables
          .entrySet()
          .removeIf(entry -> {
            boolean matches = gone.test(entry.getKey());
            if (matches) {
              retire(entry.getValue().table());
            }
            return matches;
          });
    } finally {
      lock.unlock();
    }
  }

  private void retire(Table table) {
    retired.put(table, true);
    var _ = closer.schedule(() -> closeRetired(table), GRACE.toSeconds(), TimeUnit.SECONDS);
  }

  private void closeRetired(Table table) {
    if (retired.remove(table) != null) {
      table.close();
    }
  }

  @Override
  public void close() {
    closer.shutdownNow();
    List<AutoCloseable> all = new ArrayList<>(retired.keySet());
    tables.values().forEach(held -> all.add(held.table()));
    all.addAll(open.values());
    all.addAll(openForJobs.values());
    retired.clear();
    tables.clear();
    open.clear();
    openForJobs.clear();
    for (AutoCloseable each : all) {
      try {
        each.close();
      } catch (Exception e) {
        System.getLogger(Databases.class.getName())
            .log(System.Logger.Level.WARNING, "while closing", e);
      }
    }
  }
}
