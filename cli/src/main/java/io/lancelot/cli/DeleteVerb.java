package io.lancelot.cli;

import io.lancelot.Database;
import io.lancelot.Table;
import java.io.PrintStream;

final class DeleteVerb extends Verb {

  private String where = "";

  private final PrintStream out;

  DeleteVerb(PrintStream out) {
    this.out = out;
  }

  @Override
  String description() {
    return "Deletes rows: URI TABLE --where PREDICATE";
  }

  @Override
  void declare(Arguments arguments) {
    super.declare(arguments);
    arguments.required(
        "--where", "PREDICATE", "rows for which this is true", value -> where = value);
  }

  @Override
  int call() {
    Target target = target(0);
    try (Database database = connect(target);
        Table table = open(database, target)) {
      Table.DeleteResult result = table.delete(where);
      out.println("{\"rows\":" + result.rows() + ",\"version\":" + result.version() + "}");
    }
    return 0;
  }
}
