package io.lancelot.server;

/// What a request needs to be allowed, and what a key allows; each includes those before it.
public enum Access {
  /// Rows, schemas, plans and figures.
  READ,
  /// Also rows, tables, columns, indices, tags and branches.
  WRITE,
  /// Also namespaces.
  ADMIN
}
