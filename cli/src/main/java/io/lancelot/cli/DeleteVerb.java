package io.lancelot.cli;

import io.lancelot.Database;
import io.lancelot.Table;
import java.io.PrintStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(description = "Deletes rows: URI TABLE --where PREDICATE")
final class DeleteVerb extends Verb {

  @Option(names = "--where", required = true, description = "rows for which this is true", paramLabel = "PREDICATE")
  String where = "";

  private final PrintStream out;

  DeleteVerb(PrintStream out) {
    this.out = out;
  }

  @Override
  public Integer call() {
    Target target = target(0);
    try (Database database = connect(target);
        Table table = open(database, target)) {
      Table.DeleteResult result = table.delete(where);
      out.println("{\"rows\":" + result.rows() + ",\"version\":" + result.version() + "}");
    }
    return 0;
  }
}
