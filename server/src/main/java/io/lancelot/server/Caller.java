package io.lancelot.server;

import java.util.List;
import java.util.Optional;

/// Who asks, and what that key allows.
///
/// @param databases names or patterns with `*`
/// @param tables identifiers or patterns with `*`, such as `films*` or `archive$*`
/// @param rowFilter rows that there are for this caller: it reads no others, nor their number, and
///   writes nothing
record Caller(
    String name,
    Access role,
    List<String> databases,
    List<String> tables,
    Optional<String> rowFilter) {

  private static final List<String> ALL = List.of("*");

  /// Everybody, where no keys are configured.
  static final Caller ANYONE = new Caller("anyone", Access.ADMIN, ALL, ALL, Optional.empty());

  Caller {
    databases = List.copyOf(databases);
    tables = List.copyOf(tables);
  }

  boolean may(Access access) {
    return role.compareTo(access) >= 0 && (access == Access.READ || rowFilter.isEmpty());
  }

  boolean reaches(String database) {
    return matches(databases, database);
  }

  boolean reaches(String database, String table) {
    return reaches(database) && matches(tables, table);
  }

  /// Whether it is limited to some tables.
  boolean limited() {
    return !tables.contains("*");
  }

  private static boolean matches(List<String> patterns, String name) {
    for (String pattern : patterns) {
      if (pattern.equals("*")
          || pattern.equals(name)
          || pattern.contains("*")
              && name.matches(
                  "\\Q" + pattern.replace("\\E", "").replace("*", "\\E.*\\Q") + "\\E")) {
        return true;
      }
    }
    return false;
  }
}
