package io.lancelot.cli;

import io.lancelot.Database;
import io.lancelot.Table;
import io.lancelot.UpdateBuilder;
import io.lancelot.base.InvalidInputException;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

final class UpdateVerb extends Verb {

  private @Nullable String where;

  private final List<String> assignments = new ArrayList<>();

  private final PrintStream out;

  UpdateVerb(PrintStream out) {
    this.out = out;
  }

  @Override
  String description() {
    return "Gives rows new values: URI TABLE --where PREDICATE --set COLUMN=EXPRESSION";
  }

  @Override
  void declare(Arguments arguments) {
    super.declare(arguments);
    arguments.option(
        "--where", "PREDICATE", "rows for which this is true (default: all)", v -> where = v);
    arguments.required(
        "--set", "COLUMN=EXPR", "the column's new value; repeatable", assignments::add);
  }

  @Override
  int call() {
    Target target = target(0);
    try (Database database = connect(target);
        Table table = open(database, target)) {
      UpdateBuilder update = table.update();
      if (where != null) {
        update.where(where);
      }
      for (String assignment : assignments) {
        int equals = assignment.indexOf('=');
        if (equals < 1) {
          throw new InvalidInputException("--set: expected=column=expression, found=" + assignment);
        }
        update.setSql(assignment.substring(0, equals).strip(), assignment.substring(equals + 1));
      }
      Table.UpdateResult result = update.execute();
      out.println("{\"rows\":" + result.rowsUpdated() + ",\"version\":" + result.version() + "}");
    }
    return 0;
  }
}
