package io.lancelot.client;

import io.lancelot.Database;
import io.lancelot.RemoteConnector;
import io.lancelot.RemoteOptions;

/// What `Lancelot.connect("db://…")` finds.
public final class WireConnector implements RemoteConnector {

  @Override
  public Database connect(String name, RemoteOptions options) {
    return new RemoteDatabase(name, options);
  }
}
