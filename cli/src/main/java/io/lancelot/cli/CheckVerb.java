package io.lancelot.cli;

import io.lancelot.Database;
import io.lancelot.base.LancelotException;
import io.lancelot.table.CheckReport;
import java.io.PrintStream;
import java.util.List;

final class CheckVerb extends Verb {

  private final PrintStream out;

  CheckVerb(PrintStream out) {
    this.out = out;
  }

  @Override
  String description() {
    return "Looks at every file of a table, or of all tables: URI [TABLE]";
  }

  @Override
  int call() {
    Target target = target(0);
    boolean sound = true;
    try (Database database = connect(target)) {
      List<String> tables =
          target.table() == null ? database.tableNames() : List.of(target.tableName());
      for (String table : tables) {
        sound &= check(database, table);
      }
    }
    return sound ? 0 : 1;
  }

  private boolean check(Database database, String table) {
    CheckReport report;
    try {
      report = database.checkTable(table);
    } catch (LancelotException e) {
      out.println(table + ": " + Main.oneLine(String.valueOf(e.getMessage())));
      return false;
    }
    for (CheckReport.Finding finding : report.findings()) {
      out.println(
          table
              + ": version "
              + finding.version()
              + ": "
              + finding.path()
              + ": "
              + Main.oneLine(finding.problem()));
    }
    out.println(
        table
            + ": "
            + report.versions()
            + " versions, "
            + report.files()
            + " files, "
            + (report.sound() ? "sound" : report.findings().size() + " problems"));
    return report.sound();
  }
}
