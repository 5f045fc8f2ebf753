package io.lancelot.server;

import java.util.ArrayList;
import java.util.List;

/// A table as a request names it.
///
/// @param branch empty for the main line
record TableRef(Databases.Place place, String name, String branch) {

  /// The parts of its identifier.
  List<String> id() {
    List<String> id = new ArrayList<>(place.namespace());
    id.add(name);
    return id;
  }

  /// As clients write it: `films`, `archive$films`.
  String text() {
    return String.join("$", id());
  }

  TableRef onBranch(String line) {
    return new TableRef(place, name, line.equals("main") ? "" : line);
  }

  TableRef main() {
    return new TableRef(place, name, "");
  }
}
