package io.lancelot.server;

import io.lancelot.ConnectOptions;
import io.lancelot.Database;
import io.lancelot.Lancelot;
import io.lancelot.Table;
import io.lancelot.base.InvalidInputException;
import java.nio.file.Path;
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
  record Place(String database, List<String> namespace) {}

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
    return open.computeIfAbsent(
        folder(place),
        folder ->
            Lancelot.connect(
                folder.toString(), new ConnectOptions(options.memoryBytes(), Duration.ZERO)));
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
