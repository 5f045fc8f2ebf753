package io.lancelot;

/// How `db://` databases are reached. The module `lancelot-client` brings one; [Lancelot#connect]
/// finds it by `java.util.ServiceLoader`.
public interface RemoteConnector {

  /// Opens a database of a server. Nothing is sent yet.
  ///
  /// @param name what stands behind `db://`
  Database connect(String name, RemoteOptions options);
}
