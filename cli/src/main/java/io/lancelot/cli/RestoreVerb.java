package io.lancelot.cli;

import io.lancelot.Database;
import io.lancelot.Table;
import java.io.PrintStream;

final class RestoreVerb extends Verb {

  private final PrintStream out;

  RestoreVerb(PrintStream out) {
    this.out = out;
  }

  @Override
  String description() {
    return "Makes an older version the newest: URI TABLE VERSION|TAG";
  }

  @Override
  int call() {
    Target target = target(1);
    String wanted = target.rest(0, "the version to restore");
    try (Database database = connect(target);
        Table table = open(database, target)) {
      out.println(
          "{\"version\":"
              + (wanted.matches("\\d{1,18}")
                  ? table.restore(Long.parseLong(wanted))
                  : table.restore(wanted))
              + "}");
    }
    return 0;
  }
}
