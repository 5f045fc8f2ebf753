package io.lancelot;

import io.lancelot.base.Context;
import io.lancelot.storage.ObjectStore;
import io.lancelot.storage.ObjectStores;

/// The way in: `Lancelot.connect("data/films")`.
public final class Lancelot {

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
    ObjectStore store = ObjectStores.open(uri);
    return new Database(store, Context.ofMemory(options.memoryBytes()), true, options);
  }

  /// Opens a database that shares memory and processors with others: the context's budget holds for
  /// all of them, and the options' is not used. The context is closed by the caller, after the
  /// databases.
  public static Database connect(String uri, ConnectOptions options, Context shared) {
    return new Database(ObjectStores.open(uri), shared, false, options);
  }
}
