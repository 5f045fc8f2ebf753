package io.lancelot;

import io.lancelot.base.Context;
import io.lancelot.base.InvalidInputException;
import io.lancelot.base.UnsupportedFeatureException;
import io.lancelot.storage.ObjectStore;
import io.lancelot.storage.ObjectStores;
import java.util.ServiceLoader;

/// The way in: `Lancelot.connect("data/films")`.
public final class Lancelot {

  private static final String REMOTE = "db://";

  private Lancelot() {}

  /// Opens the database at `uri`, which need not exist yet: a folder on disk (`data/films`,
  /// `/srv/films`, `file:///srv/films`) or `memory://` for a new database that lives as long as the
  /// connection.
  ///
  /// Close the database to release its files and memory.
  ///
  /// @throws io.lancelot.base.UnsupportedFeatureException for a store this version does not know
  public static Database connect(String uri) {
    return connect(uri, ConnectOptions.defaults());
  }

  /// Opens the database at `uri` with options.
  public static Database connect(String uri, ConnectOptions options) {
    if (uri.startsWith(REMOTE)) {
      throw new InvalidInputException(
          uri + ": expected=an API key and a host too: connect(uri, apiKey, host)");
    }
    ClassesAhead.begin();
    ObjectStore store = ObjectStores.open(uri, options.durability());
    return new LocalDatabase(store, Context.ofMemory(options.memoryBytes()), true, options);
  }

  /// Opens a database that shares memory and processors with others: the context's budget holds for
  /// all of them, and the options' is not used. The context is closed by the caller, after the
  /// databases.
  public static Database connect(String uri, ConnectOptions options, Context shared) {
    ClassesAhead.begin();
    return new LocalDatabase(ObjectStores.open(uri, options.durability()), shared, false, options);
  }

  /// Opens a database of a server: `connect("db://films", apiKey, "http://127.0.0.1:10024")`. The
  /// tables lie there, and what is done with them is done there.
  ///
  /// @param host empty for LanceDB Cloud
  public static Database connect(String uri, String apiKey, String host) {
    return connect(uri, RemoteOptions.of(apiKey, host));
  }

  /// Opens a database of a server.
  ///
  /// @param uri `db://` and its name
  /// @throws UnsupportedFeatureException if the module `lancelot-client` is not there
  public static Database connect(String uri, RemoteOptions options) {
    if (!uri.startsWith(REMOTE) || uri.length() == REMOTE.length()) {
      throw new InvalidInputException("database of a server: expected=db://NAME, found=" + uri);
    }
    return ServiceLoader.load(RemoteConnector.class)
        .findFirst()
        .orElseThrow(() ->
            new UnsupportedFeatureException(
                "db:// databases: expected=the module lancelot-client on the class path"))
        .connect(uri.substring(REMOTE.length()), options);
  }
}
