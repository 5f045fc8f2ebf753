package io.lancelot.server;

import io.lancelot.Table;
import io.lancelot.base.Memory;
import io.lancelot.base.NotFoundException;
import java.util.Map;
import java.util.OptionalLong;

/// What the routes of one server share.
record Services(ServerOptions options, Databases databases, Memory memory, Jobs jobs, Upkeep upkeep)
    implements AutoCloseable {

  /// Something done with a table that is open.
  @FunctionalInterface
  interface Read {
    void at(Table table);
  }

  /// The table that a request names, on the branch it names, at its latest version.
  Table table(Exchange exchange, TableRef ref) {
    return databases.table(branched(ref, exchange.body()));
  }

  /// The same where the body is not JSON: the branch stands in the address.
  Table tableOfStream(TableRef ref) {
    return databases.table(ref);
  }

  static TableRef branched(TableRef ref, Map<?, ?> body) {
    return QueryBody.text(body, "branch")
        .filter(branch -> !branch.isEmpty())
        .map(ref::onBranch)
        .orElse(ref);
  }

  /// Reads a table at the version that a body names; at the latest if it names none.
  void reading(TableRef ref, Map<?, ?> body, Read read) {
    reading(branched(ref, body), QueryBody.number(body, "version"), read);
  }

  void reading(TableRef ref, OptionalLong version, Read read) {
    if (version.isEmpty()) {
      read.at(databases.table(ref));
      return;
    }
    try (Table pinned = databases.open(ref)) {
      try {
        pinned.checkout(version.getAsLong());
      } catch (NotFoundException e) {
        throw new Failures.Coded(Failures.Code.VERSION_NOT_FOUND, String.valueOf(e.getMessage()));
      }
      read.at(pinned);
    }
  }

  @Override
  public void close() {
    upkeep.close();
    jobs.close();
    databases.close();
  }
}
