package io.lancelot.server;

import java.util.List;

/// Who asks, and what that key allows.
///
/// @param databases names or patterns with `*`
/// @param tables identifiers or patterns with `*`, such as `films*` or `archive$*`
record Caller(String name, Access role, List<String> databases, List<String> tables) {

  private static final List<String> ALL = List.of("*");

  /// Everybody, where no keys are configured.
  static final Caller ANYONE = new Caller("anyone", Access.ADMIN, ALL, ALL);

  Caller {
    databases = List.copyOf(databases);
    tables = List.copyOf(tables);
  }

  boolean may(Access access) {
    return role.compareTo(access) >= 0;
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
