package io.lancelot.server;

import io.lancelot.ConnectOptions;
import io.lancelot.Database;
import io.lancelot.Lancelot;
import io.lancelot.Table;
import io.lancelot.base.AlreadyExistsException;
import io.lancelot.base.InvalidInputException;
import io.lancelot.base.StorageException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;

/// The databases of a server and the tables that are open in them. A namespace is a folder in its
/// database's folder. Thread-safe.
final class Databases implements AutoCloseable {

  private static final String DEFAULT = "default";
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_-][A-Za-z0-9_.-]{0,127}");

  private final ServerOptions options;
  private final Map<Path, Database> open = new ConcurrentHashMap<>();
  private final Map<Path, Table> tables = new ConcurrentHashMap<>();

  Databases(ServerOptions options) {
    this.options = options;
  }

  /// Where a request's tables lie.
  ///
  /// @param database from the request's header; empty for the default one
  record Place(String database, List<String> namespace) {
    /// The database itself.
    Place root() {
      return new Place(database, List.of());
    }
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
          what + ": expected=letters, digits, '_', '-' and '.', found=" + name);
    }
    return name;
  }

  Database database(Place place) {
    return database(folder(place));
  }

  private Database database(Path at) {
    return open.computeIfAbsent(
        at,
        folder ->
            Lancelot.connect(
                folder.toString(),
                ConnectOptions.defaults()
                    .withMemoryBytes(options.memoryBytes())
                    .withReadConsistency(Duration.ZERO)
                    .withAutoOptimize()));
  }

  /// A table at its latest version, open for as long as the server runs.
  Table table(Place place, String name) {
    Path path = folder(place).resolve(name);
    Table known = tables.get(path);
    if (known != null) {
      return known;
    }
    Table opened = database(place).openTable(name);
    Table first = tables.putIfAbsent(path, opened);
    if (first == null) {
      return opened;
    }
    opened.close();
    return first;
  }

  /// Opens a table by the location that a description of it gave; the caller closes it.
  ///
  /// @throws InvalidInputException if it is not a table of this server
  Table tableAt(String location) {
    String suffix = ".lance";
    String path =
        location.startsWith("file://") ? location.substring("file://".length()) : location;
    Path found;
    try {
      found = Path.of(path).toAbsolutePath().normalize();
    } catch (InvalidPathException e) {
      throw new InvalidInputException("location: expected=a path, found=" + location, e);
    }
    Path root = options.root().toAbsolutePath().normalize();
    String name = String.valueOf(found.getFileName());
    if (!found.startsWith(root) || found.equals(root) || !name.endsWith(suffix)) {
      throw new InvalidInputException(
          "location: expected=that of a table of this server, found=" + location);
    }
    Path folder = options.root().resolve(root.relativize(found.getParent()));
    return database(folder).openTable(name.substring(0, name.length() - suffix.length()));
  }

  /// Gives a table another name, and maybe another namespace.
  ///
  /// @throws AlreadyExistsException if the name is taken
  /// @throws io.lancelot.base.NotFoundException if there is no such table
  void rename(Place from, String name, Place to, String newName) {
    if (!NAME.matcher(newName).matches() || newName.contains("..")) {
      throw new InvalidInputException(
          "table name: expected=letters, digits, '_', '-' and '.', found=" + newName);
    }
    String uri = table(from, name).uri();
    Path source = folder(from).resolve(name + ".lance");
    Path folder = folder(to);
    Path target = folder.resolve(newName + ".lance");
    if (!Files.isDirectory(folder)) {
      throw new Failures.Coded(
          Failures.Code.NAMESPACE_NOT_FOUND,
          "namespace not found: " + String.join("$", to.namespace()));
    }
    if (Files.exists(target)) {
      throw new AlreadyExistsException("table already exists (table=" + newName + ")");
    }
    forget(from, name);
    try {
      Files.move(source, target, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw new StorageException("cannot rename " + uri + ": " + e.getMessage(), e);
    }
  }

  /// Lets go of a table that was dropped or replaced.
  void forget(Place place, String name) {
    Table table = tables.remove(folder(place).resolve(name));
    if (table != null) {
      table.close();
    }
  }

  @Override
  public void close() {
    List<AutoCloseable> all = new ArrayList<>(tables.values());
    all.addAll(open.values());
    tables.clear();
    open.clear();
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
